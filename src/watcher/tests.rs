//! The watcher before a service in memory, with a proxy between that plays faults, under a clock that
//! the tests turn by hand.

mod desk;
mod rounds;

use std::cell::RefCell;
use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::model::attention::Attention;
use crate::model::sessions::CallsAnswer;
use desk::{
    AMPLE, Desk, Fault, SPENDING, Stored, at, event, input, many, name, output, parked, said,
    unreadable,
};

#[test]
fn ten_parallel_calls_are_found_with_their_inputs() {
    let mut stored = Stored::idle(Vec::new());
    for call in 0..10 {
        stored.park(&format!("aev_{call}"));
    }
    stored.events.extend((0..40).map(said));
    let of = name("a", "s");
    let mut desk = Desk::new([(of.clone(), stored)]);
    let all = |desk: &Desk| desk.census.calls_of(&of).filter(|(_, input)| input.is_some()).count();
    assert!(desk.run_until(1_000, |desk| all(desk) == 10).is_some(), "{}", all(&desk));
    let probe = desk.census.get(&of).unwrap().probe.clone().unwrap();
    assert!(probe.waiting_since.is_some(), "since when, though they lie behind the newest events");
}

#[test]
fn a_start_asks_first_who_waits_and_comes_to_an_end() {
    let mut service = many(265, "a");
    service[50].1.park("aev_1");
    let of = service[50].0.clone();
    let mut desk = Desk::new(service);
    let found = desk.run_until(60_000, |desk| desk.finds(&of, "aev_1")).unwrap();
    assert!(found <= 1_000, "the burst reaches the newest: {found} ms");
    assert!(!desk.census.is_whole());
    let whole = desk.run_until(600_000, |desk| desk.census.is_whole());
    assert!(whole.is_some(), "everything is asked once, within the budget");
}

#[test]
fn where_the_budget_is_ample_every_waiting_call_is_found_within_five_seconds() {
    for last in [0, 100, 264] {
        let mut service = many(265, "a");
        service[last].1.park("aev_1");
        let of = service[last].0.clone();
        let mut desk = Desk::new(service);
        desk.watcher = Watcher::new(AMPLE, Scope::Agents(Vec::new()));
        desk.latency = 100;
        let found = desk.run_until(60_000, |desk| desk.finds(&of, "aev_1")).unwrap();
        assert!(found <= 5_000, "{found} ms");
    }
}

#[test]
fn a_session_that_parks_again_is_known_within_three_seconds() {
    let mut service = many(49, "a");
    service.push(parked("a", "old"));
    let of = name("a", "old");
    let mut desk = Desk::new(service);
    desk.latency = 50;
    desk.run_until(5_000, |desk| desk.finds(&of, "aev_1")).unwrap();
    // An hour later everything has backed off as far as it goes.
    desk.run(3_600_000);
    for round in 0..5 {
        desk.service.get_mut(&of).unwrap().answer();
        let from = desk.now;
        desk.run_until(from + 3_000, |desk| !desk.finds(&of, "aev_1")).expect("answered");
        desk.run(desk.now + 777 * round);
        let call = format!("aev_again_{round}");
        desk.service.get_mut(&of).unwrap().park(&call);
        let from = desk.now;
        let found = desk.run_until(from + 3_000, |desk| desk.finds(&of, &call));
        assert!(found.is_some(), "round {round}: not within 3 s");
        desk.run(desk.now + 60_000);
    }
}

#[test]
fn one_that_parked_before_is_known_within_three_seconds_on_no_first_page() {
    let mut service = many(400, "a");
    service.push(parked("a", "zzz"));
    let of = name("a", "zzz");
    let mut desk = Desk::new(service);
    desk.run_until(600_000, |desk| desk.finds(&of, "aev_1")).unwrap();
    desk.run(desk.now + 120_000);
    desk.service.get_mut(&of).unwrap().answer();
    desk.run(desk.now + 4_000);
    desk.service.get_mut(&of).unwrap().park("aev_2");
    let from = desk.now;
    let found = desk.run_until(from + 3_000, |desk| desk.finds(&of, "aev_2"));
    assert!(found.is_some());
}

#[test]
fn one_of_the_newest_is_known_within_three_seconds_on_whichever_page() {
    let mut service = many(260, "a");
    let newest = event(&json!({"id": "late", "type": "agent_output", "content": "x",
        "created_at": "2023-11-14T23:00:00Z"}));
    service[259].1.events.push(newest);
    let of = service[259].0.clone();
    let mut desk = Desk::new(service);
    desk.latency = 50;
    desk.run(600_000);
    for round in 0..5 {
        // Each in a moment of its own of what goes round.
        desk.run(desk.now + 777 * round);
        let call = format!("aev_{round}");
        desk.service.get_mut(&of).unwrap().park(&call);
        let from = desk.now;
        let found = desk.run_until(from + 3_000, |desk| desk.finds(&of, &call));
        assert!(found.is_some(), "round {round}: not within 3 s");
        // What waited before is watched for its own sake.
        desk.service.get_mut(&of).unwrap().answer();
        desk.run(desk.now + 60_000);
        desk.watcher.parked.clear();
    }
}

#[test]
fn among_very_many_one_that_parks_again_is_known_within_three_seconds() {
    let mut service = many(1_200, "a");
    service.push(parked("a", "old"));
    let of = name("a", "old");
    let mut desk = Desk::new(service);
    desk.latency = 50;
    desk.run_until(5_000, |desk| desk.finds(&of, "aev_1")).unwrap();
    desk.run(60_000);
    desk.service.get_mut(&of).unwrap().answer();
    desk.run_until(desk.now + 3_000, |desk| !desk.finds(&of, "aev_1")).expect("answered");
    desk.service.get_mut(&of).unwrap().park("aev_2");
    let found = desk.run_until(desk.now + 3_000, |desk| desk.finds(&of, "aev_2"));
    assert!(found.is_some());
}

#[test]
fn news_of_very_many_are_told_to_the_plan_together_and_none_is_forgotten() {
    let mut desk = Desk::new(many(1_200, "a"));
    desk.watcher = Watcher::new(AMPLE, Scope::Agents(Vec::new()));
    desk.run_until(60_000, |desk| desk.census.iter().count() == 1_200).unwrap();
    let (from, heard) = (desk.now, desk.learnt.len());
    let told = RefCell::new(BTreeSet::new());
    desk.run_until(from + 2_000, |desk| {
        told.borrow_mut().extend(desk.watcher.viewed.as_ref().map(|(_, at)| *at));
        false
    });
    assert!(desk.learnt.len() - heard > 400, "many answers");
    assert!(told.borrow().len() <= 12, "{} times", told.borrow().len());
    desk.run(desk.now + 5_000);
    let (viewed, _) = desk.watcher.viewed.as_ref().unwrap();
    assert_eq!(viewed.sessions, desk.census.sessions().version());
    assert_eq!(desk.watcher.gathers_until, None);
}

#[test]
fn the_steady_rate_keeps_to_the_budget() {
    let mut desk = Desk::new(many(300, "a").into_iter().chain(many(60, "b")));
    desk.run(120_000);
    let asked = desk.sent.len();
    desk.run(180_000);
    let asked = desk.sent.len() - asked;
    assert!(asked <= 4 * 60 + 2, "{asked} requests in a minute");
}

#[test]
fn silence_is_said_within_five_seconds_and_once_and_ends_with_an_answer() {
    let mut desk = Desk::new([parked("a", "s")]);
    desk.run(2_000);
    desk.faults = |_, now| (now < 20_000).then_some(Fault::Late(20_000 - now));
    desk.run(19_000);
    let silences: Vec<_> =
        desk.learnt.iter().filter(|(_, learnt)| matches!(learnt, Learnt::Silent { .. })).collect();
    let [(told, Learnt::Silent { since })] = silences.as_slice() else { panic!("{silences:?}") };
    let asked = since.as_millisecond() - at(0).as_millisecond();
    assert!((*told - asked - 5_000).abs() <= 1, "told at {told}, asked at {asked}");
    let before = desk.learnt.len();
    desk.run(21_000);
    let works = |(_, learnt): &(i64, Learnt)| matches!(learnt, Learnt::LinkWorks { .. });
    assert!(desk.learnt[before..].iter().any(works));
}

#[test]
fn silence_lasts_over_the_limit_of_a_request() {
    let mut desk = Desk::new([parked("a", "s")]);
    desk.faults = |_, _| Some(Fault::TimeOut(15_000));
    desk.run(60_000);
    let silences = |(_, learnt): &&(i64, Learnt)| matches!(learnt, Learnt::Silent { .. });
    assert_eq!(desk.learnt.iter().filter(silences).count(), 1, "it began once");
    let lost = |(_, learnt): &(i64, Learnt)| matches!(learnt, Learnt::LinkLost { .. });
    assert!(desk.learnt.iter().any(lost));
}

#[test]
fn whoever_asks_anew_need_not_wait_for_what_hangs() {
    let mut desk = Desk::new([parked("a", "s")]);
    desk.faults = |_, now| (now < 8_000).then_some(Fault::Late(60_000));
    desk.run(10_000);
    assert!(desk.census.get(&name("a", "s")).is_none());
    desk.watcher.ask_now(at(desk.now));
    let of = name("a", "s");
    assert!(desk.run_until(11_000, |desk| desk.finds(&of, "aev_1")).is_some());
    let learnt = desk.learnt.len();
    // The late ones land, and say nothing.
    desk.run(69_000);
    assert!(desk.finds(&of, "aev_1") && desk.learnt.len() > learnt);
}

#[test]
fn who_may_not_ask_for_calls_learns_that_it_is_not_known() {
    let mut desk = Desk::new([parked("a", "s"), parked("b", "s")]);
    desk.faults = |question, _| match question {
        Question::Calls(session) if session.agent.as_str() == "a" => Some(Fault::Refuse(403)),
        _ => None,
    };
    desk.run(10_000);
    let (of, other) = (name("a", "s"), name("b", "s"));
    let probe = desk.census.get(&of).unwrap().probe.clone().unwrap();
    assert_eq!(probe.calls, CallsAnswer::Forbidden);
    assert_eq!(desk.attention(&of), Attention::Unknown);
    assert!(desk.finds(&other, "aev_1"), "one agent does not fail the rest");
    assert!(desk.census.is_whole());
}

#[test]
fn who_may_not_read_events_still_finds_the_calls() {
    let mut desk = Desk::new([parked("a", "s")]);
    desk.faults = |question, _| {
        matches!(question, Question::Events { .. } | Question::Event(..))
            .then_some(Fault::Refuse(403))
    };
    let of = name("a", "s");
    assert!(desk.run_until(5_000, |desk| desk.finds(&of, "aev_1")).is_some());
    assert_eq!(desk.attention(&of), Attention::NeedsYou);
}

#[test]
fn an_agent_whose_sessions_may_not_be_listed_is_unknown_and_the_rest_is_known() {
    let mut desk = Desk::new([parked("a", "s"), parked("b", "s")]);
    desk.faults = |question, _| match question {
        Question::Sessions { agent, .. } if agent.as_str() == "b" => Some(Fault::Refuse(403)),
        _ => None,
    };
    desk.run(10_000);
    assert!(desk.finds(&name("a", "s"), "aev_1"));
    let counts = desk.census.sessions().counts();
    assert_eq!((counts.need_you, counts.unlisted), (1, 1));
    assert_eq!(counts.left_out().as_deref(), Some("1 agent not known"));
}

#[test]
fn truncated_answers_are_no_outage_and_pass() {
    let mut desk = Desk::new([parked("a", "s")]);
    desk.faults = |question, now| {
        (now < 3_000 && matches!(question, Question::Calls(_))).then_some(Fault::Truncate)
    };
    desk.run(2_900);
    let of = name("a", "s");
    assert_eq!(desk.attention(&of), Attention::Unknown, "asked, and not learnt");
    assert!(desk.run_until(30_000, |desk| desk.finds(&of, "aev_1")).is_some());
    assert!(!desk.learnt.iter().any(|(_, learnt)| matches!(learnt, Learnt::LinkLost { .. })));
}

#[test]
fn old_answers_do_not_hide_a_call_for_longer_than_they_come() {
    let mut desk = Desk::new(many(1, "a"));
    desk.run(5_000);
    let of = name("a", "s0000");
    desk.service.get_mut(&of).unwrap().park("aev_9");
    desk.faults = |question, now| {
        (now < 20_000 && matches!(question, Question::Calls(_) | Question::Events { .. }))
            .then_some(Fault::Stale)
    };
    desk.run(20_000);
    assert!(!desk.finds(&of, "aev_9"));
    assert!(desk.run_until(50_000, |desk| desk.finds(&of, "aev_9")).is_some());
}

#[test]
fn a_long_pause_that_was_asked_for_is_said_at_once_and_kept() {
    let mut desk = Desk::new(many(20, "a"));
    desk.run(5_000);
    desk.faults = |_, now| (now < 60_000).then_some(Fault::Limit(300));
    let lost = |desk: &Desk| {
        desk.learnt.iter().any(|(_, learnt)| matches!(learnt, Learnt::LinkLost { .. }))
    };
    let told = desk.run_until(30_000, lost).unwrap();
    let next = desk.learnt.iter().find_map(|(_, learnt)| match learnt {
        Learnt::LinkLost { next_try, .. } => Some(*next_try),
        _ => None,
    });
    assert!(next.unwrap() >= at(told + 299_000));
    let sent = desk.sent.len();
    desk.run(told + 290_000);
    assert_eq!(desk.sent.len(), sent, "nothing is asked meanwhile");
    desk.watcher.ask_now(at(desk.now));
    desk.run(desk.now + 3_000);
    assert!(desk.sent.len() > sent, "but R tries now");
}

#[test]
fn a_session_alone_is_watched_without_any_listing() {
    let (of, stored) = parked("a", "s");
    let mut desk = Desk::new([(of.clone(), stored)]);
    let Answer::State(session) = desk.answer(&Question::State(of.clone()), false).unwrap() else {
        panic!()
    };
    desk.census = Census::of(*session, at(desk.now));
    desk.watcher = Watcher::new(SPENDING, Scope::Known);
    assert!(desk.run_until(500, |desk| desk.finds(&of, "aev_1")).is_some());
    assert!(!desk.census.get(&of).unwrap().is_changed(), "one look is enough");
    desk.run(30_000);
    let lists = |(_, question): &&(i64, Question)| {
        matches!(question, Question::Agents { .. } | Question::Sessions { .. })
    };
    assert_eq!(desk.sent.iter().filter(lists).count(), 0);
}

/// Any events around a call that waits: answered calls, text, what cannot be read, too many of them.
fn around() -> impl Strategy<Value = Vec<u8>> {
    proptest::collection::vec(0_u8..4, 0..60)
}

fn events(kinds: &[u8], from: usize) -> Vec<Event> {
    let made = kinds.iter().enumerate().flat_map(|(at, kind)| {
        let id = from + at;
        match kind {
            0 => vec![said(id)],
            1 => vec![input(&format!("done_{id}")), output(&format!("done_{id}"))],
            2 => vec![unreadable(id)],
            // A call that was cancelled: no output, and it does not wait.
            _ => vec![input(&format!("gone_{id}"))],
        }
    });
    made.collect()
}

/// A session that waits with the call `aev_w`, whose input stands among its events or does not.
fn waiting(before: &[u8], after: &[u8], shown: bool, running: bool) -> (SessionRef, Stored) {
    let mut stored = Stored::idle(events(before, 0));
    if shown {
        stored.events.push(input("aev_w"));
    }
    stored.events.extend(events(after, 1_000));
    stored.waiting.push("aev_w".into());
    stored.status = if running { "running" } else { "idle" };
    (name("a", "s9999"), stored)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, ..ProptestConfig::default() })]

    #[test]
    fn an_outstanding_call_is_found_whatever_the_events_are(
        before in around(),
        after in around(),
        shown in any::<bool>(),
        running in any::<bool>(),
        others in 0_usize..40,
    ) {
        let (of, stored) = waiting(&before, &after, shown, running);
        let mut desk = Desk::new(many(others, "a").into_iter().chain([(of.clone(), stored)]));
        let found = desk.run_until(60_000, |desk| desk.finds(&of, "aev_w"));
        prop_assert!(found.is_some());
        prop_assert_eq!(desk.attention(&of), Attention::NeedsYou);
        let later = desk.now + 60_000;
        desk.run(later);
        prop_assert!(desk.finds(&of, "aev_w"), "and stays found");
    }
}
