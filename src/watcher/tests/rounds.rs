//! One look at each of some sessions, by the same watcher.

use super::super::round::Round;
use super::*;

/// The desk of a command that was given all sessions of the service.
fn given(service: impl IntoIterator<Item = (SessionRef, Stored)>) -> (Desk, Round) {
    let mut desk = Desk::new(service);
    let questions = desk.service.keys().cloned().map(Question::State).collect::<Vec<_>>();
    let sessions: Vec<_> = questions
        .iter()
        .map(|question| match desk.answer(question, false) {
            Ok(Answer::State(session)) => *session,
            other => panic!("{other:?}"),
        })
        .collect();
    let round = Round::over(&sessions);
    desk.census = Census::of_all(sessions, at(desk.now));
    desk.watcher = Watcher::new(AMPLE, Scope::Known);
    (desk, round)
}

/// Goes on until the round is over; when that was.
fn finish(desk: &mut Desk, round: &mut Round, limit: i64) -> Option<i64> {
    let mut taken = 0;
    while !round.is_over() {
        let seen = desk.learnt.len();
        let more = desk.run_until(limit, |desk| desk.learnt.len() > seen);
        let all: Vec<_> = desk.census.iter().map(|(session, _)| session.clone()).collect();
        for (_, learnt) in &desk.learnt[taken..] {
            round.note(learnt);
        }
        taken = desk.learnt.len();
        round.settle(&all, &desk.census, &desk.watcher);
        more?;
    }
    Some(desk.now)
}

#[test]
fn a_round_ends_when_every_session_was_looked_at_with_its_calls_and_their_inputs() {
    let mut buried = Stored::idle(Vec::new());
    for call in 0..10 {
        buried.park(&format!("aev_{call}"));
    }
    buried.events.extend((0..40).map(said));
    let others = [(name("a", "z"), buried), parked("b", "p")];
    let (mut desk, mut round) = given(many(30, "a").into_iter().chain(others));
    let end = finish(&mut desk, &mut round, 10_000).unwrap();
    assert!(end < 200, "nobody waits for what is asked again later: {end} ms");
    assert!(round.problems().is_empty());
    let deep = name("a", "z");
    let inputs = desk.census.calls_of(&deep).filter(|(_, input)| input.is_some());
    assert_eq!(inputs.count(), 10);
    assert!(desk.finds(&name("b", "p"), "aev_1"));
    let told = desk.census.iter().filter(|(_, entry)| {
        entry.probe.as_ref().is_some_and(|probe| probe.calls == CallsAnswer::Told)
    });
    assert_eq!(told.count(), 32);
    let lists = desk.sent.iter().filter(|(_, question)| {
        matches!(question, Question::Agents { .. } | Question::Sessions { .. })
    });
    assert_eq!(lists.count(), 0);
}

#[test]
fn whoever_may_not_read_events_still_learns_who_waits() {
    let (mut desk, mut round) = given(many(20, "a").into_iter().chain([parked("a", "p")]));
    desk.faults =
        |question, _| matches!(question, Question::Events { .. }).then_some(Fault::Refuse(403));
    finish(&mut desk, &mut round, 10_000).unwrap();
    assert!(desk.finds(&name("a", "p"), "aev_1"));
    assert!(round.problems().is_empty(), "{:?}", round.problems());
    let told = desk.census.iter().filter(|(_, entry)| {
        entry.probe.as_ref().is_some_and(|probe| probe.calls == CallsAnswer::Told)
    });
    assert_eq!(told.count(), 21);
}

#[test]
fn one_session_that_fails_every_time_or_is_gone_does_not_hold_up_the_others() {
    let (mut desk, mut round) = given(many(20, "a"));
    desk.service.remove(&name("a", "s0003"));
    desk.faults = |question, _| match question {
        Question::Events { session, .. } | Question::Calls(session)
            if session.key.as_str() == "s0007" =>
        {
            Some(Fault::Refuse(500))
        }
        _ => None,
    };
    let end = finish(&mut desk, &mut round, 30_000).unwrap();
    assert!(end < 2_000, "{end} ms");
    let mut failed: Vec<_> = round.problems().keys().map(ToString::to_string).collect();
    failed.sort();
    assert_eq!(failed, ["a/s0003", "a/s0007"]);
}

#[test]
fn a_service_that_is_gone_ends_a_round_in_words() {
    let (mut desk, mut round) = given(many(20, "a"));
    desk.faults = |_, now| (now > 6).then_some(Fault::TimeOut(1_000));
    let end = finish(&mut desk, &mut round, 60_000).unwrap();
    assert!(end < 20_000, "{end} ms");
    let unknown = desk.census.iter().filter(|(_, entry)| entry.probe.is_none()).count();
    assert!(unknown > 0 && round.problems().len() >= unknown);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, ..ProptestConfig::default() })]

    #[test]
    fn one_look_finds_an_outstanding_call_whatever_the_events_are(
        before in around(),
        after in around(),
        shown in any::<bool>(),
        running in any::<bool>(),
        others in 0_usize..20,
    ) {
        let (of, stored) = waiting(&before, &after, shown, running);
        let service = many(others, "a").into_iter().chain([(of.clone(), stored)]);
        let (mut desk, mut round) = given(service);
        prop_assert!(finish(&mut desk, &mut round, 5_000).is_some());
        prop_assert!(desk.finds(&of, "aev_w"));
        let with_input = desk.census.calls_of(&of).any(|(_, input)| input.is_some());
        prop_assert_eq!(with_input, shown);
        prop_assert_eq!(desk.attention(&of), Attention::NeedsYou);
    }
}
