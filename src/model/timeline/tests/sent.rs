use super::*;

fn asked(id: &str, second: u32, text: &str) -> Event {
    let said = json!({"type": "input_message", "messages": [{"type": "text", "content": text}]});
    event(id, second, said)
}

fn begun() -> Timeline {
    let mut timeline = Timeline::default();
    timeline.apply_window(whole(vec![asked("aev_1", 1, "go"), said("aev_2", 2)], &[]));
    timeline.set_situation(true, HashSet::new());
    timeline.settle(76, 20, 60);
    timeline
}

fn send(timeline: &mut Timeline, text: &str, then: Fate) {
    timeline.send(text, "", "2026-05-03T14:00:10Z".parse().unwrap(), then);
    timeline.newest();
    timeline.settle(76, 20, 60);
}

fn frame(timeline: &mut Timeline, event: Event) {
    timeline.apply_frame(&SessionKey::from("s"), Frame::Event(event));
    timeline.settle(76, 20, 60);
}

/// Every row: its kind, its words, and what is said beside them.
fn shown(timeline: &Timeline) -> Vec<String> {
    let units = (0..timeline.shown_len()).map(|at| timeline.shown_unit(at).unwrap());
    let row = |unit: Unit| {
        let rows = timeline.rows(&unit, &Clock::default());
        let head = rows.into_iter().find(|row| row.part == Part::Head).unwrap();
        format!("{} {} · {}{}", head.kind, head.subject, head.detail, head.more)
    };
    units.map(row).collect()
}

#[test]
fn a_message_has_its_row_at_once_and_its_event_takes_it_over_in_place() {
    let mut timeline = begun();
    send(&mut timeline, "and the invoice?", Fate::NextStep);
    assert_eq!(shown(&timeline)[2], "you and the invoice? · sending …");
    timeline.settle_sent(Outcome::Taken);
    assert_eq!(shown(&timeline)[2], "you and the invoice? · queued, taken at the next step");
    assert_eq!(timeline.scroll().cursor, timeline.shown_unit(2).map(|unit| unit.id));

    // What the agent says meanwhile comes above it.
    timeline.open_stream();
    let chunk = Frame::read("", r#"{"type":"streaming_agent_output","content":"wait"}"#).unwrap();
    timeline.apply_frame(&SessionKey::from("s"), chunk);
    timeline.settle(76, 20, 60);
    assert_eq!(
        shown(&timeline)[2..],
        ["agent wait · ", "you and the invoice? · queued, taken at the next step"]
    );
    frame(&mut timeline, said("aev_3", 11));
    let (place, scroll) = (timeline.shown_len() - 1, timeline.scroll().anchor.clone());
    frame(&mut timeline, asked("aev_4", 12, "and the invoice?"));
    assert_eq!(shown(&timeline)[place], "you and the invoice? · ");
    assert_eq!(timeline.shown_len(), place + 1, "one row, not two");
    assert_eq!(cursor(&timeline), "aev_4");
    assert_eq!(timeline.scroll().anchor, scroll);
}

#[test]
fn a_listing_brings_it_too_and_the_reader_elsewhere_stays_there() {
    let mut timeline = begun();
    send(&mut timeline, "next", Fate::AfterTurn);
    timeline.settle_sent(Outcome::Taken);
    timeline.first();
    timeline.settle(76, 20, 60);
    let events = vec![asked("aev_1", 1, "go"), said("aev_2", 2), asked("aev_3", 9, "next")];
    timeline.apply_window(whole(events, &[]));
    timeline.settle(76, 20, 60);
    assert_eq!(shown(&timeline)[2], "you next · ");
    assert_eq!((cursor(&timeline), timeline.scroll().new_below), ("aev_1".to_owned(), 0));
}

#[test]
fn the_same_words_twice_are_two_messages_and_older_ones_are_none_of_them() {
    let mut timeline = begun();
    send(&mut timeline, "go", Fate::AfterTurn);
    timeline.settle_sent(Outcome::Taken);
    send(&mut timeline, "go", Fate::AfterTurn);
    timeline.settle_sent(Outcome::Taken);
    let queued = "you go · queued, taken after this turn";
    assert_eq!(shown(&timeline)[2..], [queued, queued]);
    frame(&mut timeline, asked("aev_3", 12, "go"));
    frame(&mut timeline, said("aev_4", 13));
    assert_eq!(shown(&timeline)[2..], ["you go · ", "agent aev_4 · ", queued]);
    frame(&mut timeline, asked("aev_5", 14, "go"));
    assert_eq!(shown(&timeline)[4..], ["you go · "]);
}

#[test]
fn a_refusal_stays_until_the_next_try() {
    let mut timeline = begun();
    send(&mut timeline, "no", Fate::AfterTurn);
    timeline.settle_sent(Outcome::Refused("role\u{1b}[2J missing".to_owned()));
    let row = &shown(&timeline)[2];
    assert!(row.starts_with("you no · not sent, kept as the draft: role"), "{row}");
    assert!(!row.contains('\u{1b}'), "{row}");
    send(&mut timeline, "yes", Fate::AfterTurn);
    assert_eq!(shown(&timeline)[2..], ["you yes · sending …"]);
}

#[test]
fn what_the_service_took_and_never_shows_is_said_but_not_while_calls_wait() {
    let mut timeline = begun();
    send(&mut timeline, "later", Fate::AfterTurn);
    timeline.settle_sent(Outcome::Taken);
    let rest = |timeline: &mut Timeline, waiting: &[&str]| {
        timeline.set_situation(false, waiting.iter().map(|id| EventId::from(*id)).collect());
        for _ in 0..4 {
            let events = vec![asked("aev_1", 1, "go"), said("aev_2", 2)];
            timeline.apply_window(whole(events, &[]));
        }
    };
    rest(&mut timeline, &["aev_2"]);
    assert_eq!(shown(&timeline)[2], "you later · queued, taken after this turn");
    rest(&mut timeline, &[]);
    assert_eq!(shown(&timeline)[2], "you later · taken by the service, and not among its events");
    frame(&mut timeline, asked("aev_3", 12, "later"));
    assert_eq!(shown(&timeline)[2..], ["you later · "]);
}

#[test]
fn an_interrupt_from_here_is_one_row_whoever_says_it_first() {
    let stop = |id: &str| event(id, 12, json!({"type": "session_interrupted"}));
    for ours_first in [true, false] {
        let mut timeline = begun();
        send(&mut timeline, "then this", Fate::AfterTurn);
        timeline.settle_sent(Outcome::Taken);
        let now = "2026-05-03T14:00:12Z".parse().unwrap();
        if ours_first {
            timeline.note_interrupt(now);
            let from_here = "stop interrupted from here · not stored by the server";
            assert_eq!(shown(&timeline)[2], from_here);
            frame(&mut timeline, stop("aev_stop"));
        } else {
            frame(&mut timeline, stop("aev_stop"));
            assert_eq!(shown(&timeline)[2], "stop interrupted · not stored by the server");
            timeline.note_interrupt(now);
        }
        assert_eq!(
            shown(&timeline)[2..],
            [
                "stop interrupted from here · not stored by the server",
                "you then this · queued, taken after this turn"
            ]
        );
    }
}

#[test]
fn an_interrupt_that_the_service_stores_takes_over_ours() {
    let mut timeline = begun();
    timeline.note_interrupt("2026-05-03T14:00:12Z".parse().unwrap());
    frame(&mut timeline, event("aev_3", 12, json!({"type": "session_interrupted"})));
    timeline.settle(76, 20, 60);
    let stored = event("aev_3", 12, json!({"type": "session_interrupted"}));
    let events = vec![asked("aev_1", 1, "go"), said("aev_2", 2), stored, said("aev_4", 20)];
    timeline.apply_window(whole(events, &[]));
    assert_eq!(shown(&timeline)[2..], ["stop interrupted from here · ", "agent aev_4 · "]);
    // Another turn's is another one.
    frame(&mut timeline, asked("aev_5", 21, "again"));
    frame(&mut timeline, event("aev_6", 22, json!({"type": "session_interrupted"})));
    assert_eq!(shown(&timeline)[5], "stop interrupted · not stored by the server");
}
