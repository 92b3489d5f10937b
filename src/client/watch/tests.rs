//! The plan under a clock that the tests turn by hand.

use super::*;

fn at(ms: i64) -> Timestamp {
    Timestamp::from_millisecond(1_700_000_000_000 + ms).unwrap()
}

fn session(key: &str) -> SessionRef {
    SessionRef::new("a", key)
}

fn probe(key: &str) -> Ask {
    Ask::Probe(session(key))
}

fn watched(key: &str, running: bool, changed: bool) -> Watched {
    Watched { session: session(key), running, changed }
}

fn view(sessions: impl IntoIterator<Item = Watched>) -> WatchView {
    WatchView { sessions: sessions.into_iter().collect(), ..WatchView::default() }
}

/// Runs the plan for so long, with instant answers; how often each ask was made.
fn run(plan: &mut WatchPlan, view: &WatchView, from: i64, to: i64) -> HashMap<Ask, usize> {
    let mut counts = HashMap::new();
    let mut now = at(from);
    while now < at(to) {
        for ask in plan.next(now, view) {
            *counts.entry(ask.clone()).or_default() += 1;
            plan.done(&ask, now);
        }
        let wake = plan.wake_at(now, view);
        assert!(wake > now, "would spin");
        now = wake;
    }
    counts
}

#[test]
fn every_ask_keeps_its_cadence_when_the_budget_is_ample() {
    let mut view = view([watched("busy", true, false), watched("idle", false, false)]);
    view.open = Some((session("busy"), true));
    view.agents = vec!["a".into()];
    let counts = run(&mut WatchPlan::new(100.0), &view, 0, 60_000);
    let open = Ask::Open(session("busy"));
    let expected = [
        (open.clone(), 60),
        (Ask::Sessions("a".into()), 20),
        (probe("busy"), 12),
        (probe("idle"), 2),
        (Ask::Agents, 2),
    ];
    assert_eq!(counts, HashMap::from(expected));
    view.open = Some((session("busy"), false));
    assert_eq!(run(&mut WatchPlan::new(100.0), &view, 0, 60_000)[&open], 30);
}

#[test]
fn the_first_round_comes_in_order_of_importance() {
    let mut view = view([watched("s", false, false)]);
    view.open = Some((session("s"), false));
    view.agents = vec!["a".into()];
    let asks = WatchPlan::new(10.0).next(at(0), &view);
    let lists = [Ask::Agents, Ask::Sessions("a".into())];
    assert_eq!(asks, [&[Ask::Open(session("s"))], &lists[..], &[probe("s")]].concat());
}

#[test]
fn a_changed_session_is_probed_at_once_but_not_in_a_loop() {
    let mut plan = WatchPlan::new(10.0);
    run(&mut plan, &view([watched("s", false, false)]), 0, 1000);
    let changed = view([watched("s", false, true)]);
    assert_eq!(plan.wake_at(at(1000), &changed), at(1000));
    assert_eq!(plan.next(at(1000), &changed), [probe("s")]);
    plan.done(&probe("s"), at(1000));
    assert_eq!(plan.next(at(1100), &changed), []);
}

#[test]
fn nothing_is_asked_twice_while_in_flight() {
    let mut plan = WatchPlan::new(10.0);
    let view = view([]);
    assert_eq!(plan.next(at(0), &view), [Ask::Agents]);
    assert_eq!(plan.next(at(90_000), &view), []);
    plan.dropped(&Ask::Agents);
    assert_eq!(plan.next(at(90_000), &view), [Ask::Agents]);
}

#[test]
fn the_budget_holds_and_is_shared_by_waiting_time() {
    let keys: Vec<String> = (0..20).map(|n| format!("s{n}")).collect();
    let mut view = view(keys.iter().map(|key| watched(key, true, false)));
    view.open = Some((session("s0"), true));
    let counts = run(&mut WatchPlan::new(4.0), &view, 0, 100_000);
    let cost: f64 =
        counts.iter().map(|(ask, n)| ask.cost() * f64::from(u32::try_from(*n).unwrap())).sum();
    assert!((390.0..=406.0).contains(&cost), "{cost}");
    let probes: Vec<usize> = keys.iter().map(|key| counts[&probe(key)]).collect();
    let (least, most) = (probes.iter().min().unwrap(), probes.iter().max().unwrap());
    assert!(most - least <= 1, "{probes:?}");
    assert!(counts[&Ask::Open(session("s0"))] > 5 * most, "{counts:?}");
}

#[test]
fn the_burst_is_one_second_and_a_slow_budget_still_moves() {
    let many = view((0..50).map(|n| watched(&n.to_string(), false, false)));
    // Ten tokens: the list of agents, and probes at two each, the last one on credit.
    assert_eq!(WatchPlan::new(10.0).next(at(0), &many).len(), 6);
    let mut slow = WatchPlan::new(0.0);
    let counts = run(&mut slow, &many, 0, 100_000);
    assert!((4..=12).contains(&counts.values().sum::<usize>()), "{counts:?}");
}

#[test]
fn failures_back_off_with_one_test_at_a_time_until_one_succeeds() {
    let mut plan = WatchPlan::new(100.0);
    let view = view([watched("s", true, false), watched("t", true, false)]);
    let first = plan.next(at(0), &view);
    assert_eq!(first.len(), 3);
    // One outage, though it meets all three.
    for ask in &first {
        plan.failed(ask, at(0));
    }
    let mut now = 0;
    let mut tests = Vec::new();
    for wait in [500, 1000, 2000, 4000, 8000, 8000] {
        assert_eq!(plan.wake_at(at(now), &view), at(now + wait));
        assert_eq!(plan.next(at(now + wait - 1), &view), []);
        now += wait;
        let asks = plan.next(at(now), &view);
        assert_eq!(asks.len(), 1);
        assert_eq!(plan.next(at(now + 1), &view), [], "a second test");
        plan.failed(&asks[0], at(now));
        tests.extend(asks);
    }
    assert_ne!(tests[0], tests[1], "the same ask is tested over and over");
    let asks = plan.next(at(now + 8000), &view);
    plan.done(&asks[0], at(now + 8000));
    assert_eq!(plan.next(at(now + 8000), &view).len(), 2);
}

#[test]
fn a_key_press_clears_waiting_times_once() {
    let mut plan = WatchPlan::new(10.0);
    let view = view([watched("s", false, false)]);
    run(&mut plan, &view, 0, 1000);
    assert_eq!(plan.next(at(2000), &view), []);
    plan.ask_now();
    assert_eq!(plan.wake_at(at(2000), &view), at(2000));
    let asks = plan.next(at(2000), &view);
    assert_eq!(asks.len(), 2);
    for ask in &asks {
        plan.done(ask, at(2100));
    }
    assert_eq!(plan.next(at(4000), &view), []);

    plan.failed(&Ask::Agents, at(5000));
    plan.ask_now();
    assert_eq!(plan.next(at(5001), &view).len(), 1, "the wait after a failure");
}

#[test]
fn a_session_that_comes_back_is_asked_at_once_and_a_clock_may_jump_back() {
    let mut plan = WatchPlan::new(10.0);
    let shown = view([watched("s", false, false)]);
    run(&mut plan, &shown, 0, 1000);
    assert_eq!(plan.next(at(2000), &view([])), []);
    assert_eq!(plan.next(at(3000), &shown), [probe("s")]);
    plan.done(&probe("s"), at(3000));
    let earlier = -3_600_000;
    assert_eq!(plan.next(at(earlier), &shown), []);
    assert_eq!(plan.next(at(earlier + 30_000), &shown).len(), 2);
}
