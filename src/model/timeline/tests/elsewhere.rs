use super::*;
use crate::api::EventId;

fn asked(id: &str, second: u32, text: &str) -> Event {
    let said = json!({"type": "input_message", "messages": [{"type": "text", "content": text}]});
    event(id, second, said)
}

/// What each row says beside its words.
fn asides(timeline: &Timeline) -> Vec<String> {
    let aside = |unit: Unit| {
        let rows = timeline.rows(&unit, &Clock::default());
        let rows = rows.into_iter().filter(|row| row.part != Part::Rule);
        rows.map(|row| row.detail).collect::<String>()
    };
    units(timeline).into_iter().map(aside).collect()
}

/// A call waits; all that there is was there when the session was opened.
fn parked() -> (Timeline, Vec<Event>) {
    let events = vec![asked("aev_1", 1, "go"), said("aev_2", 2), tool("aev_3", 3, "call")];
    let mut timeline = Timeline::default();
    timeline.apply_window(whole(events.clone(), &[]));
    timeline.set_situation(false, HashSet::from([EventId::from("aev_3")]));
    timeline.settle(76, 20, 60);
    (timeline, events)
}

fn answered(mut events: Vec<Event>) -> Window {
    events.extend([result("aev_4", 4, "call", false), asked("aev_5", 5, "and now?")]);
    whole(events, &[])
}

#[test]
fn what_comes_without_having_left_from_here_is_from_elsewhere() {
    let (mut timeline, events) = parked();
    // The queue says before the listing does that nothing waits any more.
    timeline.set_situation(true, HashSet::new());
    timeline.apply_window(answered(events));
    assert_eq!(asides(&timeline)[2..], ["answered elsewhere", "from elsewhere"]);
    assert_eq!(asides(&timeline)[..2], ["", ""], "who said that was never known");
}

#[test]
fn what_left_from_here_is_ours() {
    let (mut timeline, events) = parked();
    timeline.note_answered([EventId::from("aev_3")]);
    let at = "2026-05-03T14:00:05Z".parse().unwrap();
    timeline.send("and now?", "", at, Fate::BeginsTurn);
    timeline.apply_window(answered(events.clone()));
    assert_eq!(asides(&timeline)[2..], ["", ""]);

    // A refusal means that the output is of somebody who was faster.
    let (mut timeline, _) = parked();
    timeline.note_answered([EventId::from("aev_3")]);
    timeline.note_unanswered();
    timeline.apply_window(answered(events));
    assert!(asides(&timeline)[2].starts_with("answered elsewhere"));
}

#[test]
fn what_is_older_or_still_on_its_way_is_nobodys() {
    let mut timeline = Timeline::default();
    let late = vec![asked("aev_8", 8, "late"), said("aev_9", 9)];
    let window = |events, start| Window { reaches_start: start, ..whole(events, &[]) };
    timeline.apply_window(window(late.clone(), false));
    // The page before it is only read now.
    let older = Window {
        reaches_end: false,
        ..window(vec![asked("aev_1", 1, "early"), asked("aev_8", 8, "late")], true)
    };
    timeline.apply_window(older);
    assert_eq!(asides(&timeline), ["", "", ""]);
    // Ours may come back in other words than it left.
    timeline.send("two  blanks", "", "2026-05-03T14:00:10Z".parse().unwrap(), Fate::BeginsTurn);
    let mut more = late;
    more.push(asked("aev_10", 10, "two blanks"));
    timeline.apply_window(window(more, false));
    assert!(asides(&timeline).iter().all(|aside| aside != "from elsewhere"));
}

/// A listing without hidden events, made to tell which those are.
fn tell(timeline: &mut Timeline, visible: &[&str]) {
    let visible = visible.iter().map(|id| EventId::from(*id)).collect();
    timeline.apply_visible(&visible, None, &EventId::from("aev_3"));
}

#[test]
fn a_hide_that_nobody_here_asked_for_says_so_until_it_is_shown_again() {
    let (mut timeline, _) = parked();
    // It was hidden before anybody looked.
    tell(&mut timeline, &["aev_1", "aev_3"]);
    assert_eq!(asides(&timeline)[..2], ["", "hidden"]);
    tell(&mut timeline, &["aev_1", "aev_2", "aev_3"]);
    timeline.mark_hiding(&[EventId::from("aev_1")], true);
    tell(&mut timeline, &["aev_3"]);
    assert_eq!(asides(&timeline)[..2], ["hidden", "hidden elsewhere"]);
    tell(&mut timeline, &["aev_3"]);
    assert_eq!(asides(&timeline)[..2], ["hidden", "hidden elsewhere"], "told twice is the same");
    tell(&mut timeline, &["aev_1", "aev_2", "aev_3"]);
    assert_eq!(asides(&timeline)[..2], ["", ""]);
}

#[test]
fn a_hide_of_ours_that_was_answered_before_it_was_listed_is_ours() {
    let (mut timeline, _) = parked();
    tell(&mut timeline, &["aev_1", "aev_2", "aev_3"]);
    timeline.mark_hiding(&[EventId::from("aev_2")], true);
    timeline.resolve_hiding(&[EventId::from("aev_2")], true);
    tell(&mut timeline, &["aev_1", "aev_3"]);
    assert_eq!(asides(&timeline)[1], "hidden");
}

#[test]
fn a_text_that_fills_its_rows_still_says_who_it_is_from() {
    let (mut timeline, events) = parked();
    timeline.set_situation(true, HashSet::new());
    let long = "and what of it ".repeat(40);
    let mut more = events;
    more.extend([result("aev_4", 4, "call", false), asked("aev_5", 5, &long)]);
    timeline.apply_window(whole(more, &[]));
    let unit = units(&timeline).pop().unwrap();
    let row = timeline.rows(&unit, &Clock::default()).pop().unwrap();
    assert_eq!(row.detail, "");
    assert!(row.more.starts_with("from elsewhere · +"), "{}", row.more);
}
