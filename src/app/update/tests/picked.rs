//! Marking, hiding by plan, deleting, bookmarks, holding still, and the way back.

use crate::app::effect::Request;
use crate::app::msg::ServiceMsg;
use std::sync::Arc;

use super::commands::problem;
use super::*;
use crate::model::timeline::Filter;

/// A desk with a longer session: a turn, a call that is answered, one whose output is to come.
pub(super) fn desk() -> Desk {
    let mut desk = Desk::with(&[]);
    desk.hears(Msg::Service(ServiceMsg::EventsListed(Box::new(listing(&desk, 0)))));
    desk
}

fn listing(desk: &Desk, more: usize) -> EventWindow {
    let tool = |id: &str, call: &str, name: &str| {
        event(&json!({"id": id, "type": "tool_input", "tool_call_id": call, "tool_name": name,
            "tool_configuration_name": name, "tool_input": {"q": "x".repeat(400)}}))
    };
    let mut events = vec![
        event(&json!({"id": "aev_you", "type": "input_message",
            "messages": [{"type": "text", "content": "go"}]})),
        tool("aev_in", "1", "search"),
        event(&json!({"id": "aev_out", "type": "tool_output", "tool_call_id": "1",
            "tool_name": "search", "tool_configuration_name": "search",
            "tool_output": {"text": "y".repeat(3_000)}, "error": false})),
        tool("aev_open", "2", "search"),
        event(&json!({"id": "aev_said", "type": "agent_output", "content": "hello"})),
    ];
    events.extend((0..more).map(|n| {
        event(&json!({"id": format!("aev_more{n}"), "type": "agent_output", "content": "more"}))
    }));
    EventWindow { events, ..desk.window(&[]) }
}

pub(super) fn cursor(desk: &Desk) -> UnitId {
    desk.model.open.as_ref().unwrap().timeline.cursor_unit().unwrap().id
}

fn ids(names: &[&str]) -> Vec<EventId> {
    names.iter().map(|name| EventId::from(*name)).collect()
}

#[test]
fn a_whole_call_is_hidden_at_once_and_half_of_one_only_after_a_question() {
    let mut desk = desk();
    let effects = desk.press("g g j x");
    let both = ids(&["aev_in", "aev_out"]);
    assert_eq!(
        effects,
        [Effect::Service(Request::SetHidden { session: open(), events: both, hidden: true })]
    );
    assert_eq!(desk.press("j x"), []);
    let question = desk.question().to_owned();
    assert!(question.contains("half of 1 tool call"), "{question}");
    assert_eq!(desk.press("<esc>"), []);
    assert_eq!(desk.press("x <enter>").len(), 1);
}

#[test]
fn marks_by_hand_by_range_and_by_likeness_are_hidden_together_and_weighed_before() {
    let mut desk = desk();
    desk.press("g g <space> G <space>");
    let plan = desk.model.open.as_ref().unwrap().timeline.plan_hiding();
    assert_eq!(plan.events, ids(&["aev_you", "aev_said"]));
    assert!(plan.hide && plan.tokens > 0 && plan.halves == 0);
    desk.press("<esc> g g v G");
    assert_eq!(desk.model.open.as_ref().unwrap().timeline.marked_len(), 4);
    desk.press("<esc>");
    assert_eq!(desk.model.open.as_ref().unwrap().timeline.marked_len(), 0);
    desk.press("g g j *");
    let plan = desk.model.open.as_ref().unwrap().timeline.plan_hiding();
    assert_eq!(plan.events, ids(&["aev_in", "aev_out", "aev_open"]));
    assert_eq!((plan.halves, desk.model.focus), (1, crate::view::Focus::Timeline));
}

#[test]
fn many_events_are_hidden_after_a_question_with_the_number_and_the_weight() {
    let mut desk = desk();
    desk.hears(Msg::Service(ServiceMsg::EventsListed(Box::new(listing(&desk, 30)))));
    assert_eq!(desk.press("G * x"), []);
    let question = desk.question().to_owned();
    assert!(question.starts_with("Hide 31 events, about "), "{question}");
    let effects = desk.press("<enter>");
    assert!(
        matches!(&effects[..], [Effect::Service(Request::SetHidden { events, .. })] if events.len() == 31)
    );
}

#[test]
fn deleting_wants_the_end_of_the_name_typed_and_nothing_less() {
    let mut desk = desk();
    assert_eq!(desk.press("G X"), []);
    let question = desk.question().to_owned();
    assert!(question.contains("…said") && question.contains("no copy is kept"), "{question}");
    assert_eq!(desk.press("<enter>"), [], "nothing typed");
    assert_eq!(desk.press("s a i <enter>"), [], "not all of it");
    let effects = desk.press("d <enter>");
    let [Effect::Service(Request::DeleteEvents { session, events })] = &effects[..] else {
        panic!("{effects:?}")
    };
    assert_eq!(*session, open());
    let names: Vec<_> = events.iter().filter_map(|event: &Arc<Event>| event.id.clone()).collect();
    assert_eq!(names, ids(&["aev_said"]));
    let done = names;
    let msg = Msg::Service(ServiceMsg::EventsDeleted {
        session: open(),
        done,
        refused: Vec::new(),
        copy: None,
    });
    desk.hears(msg);
    assert_ne!(cursor(&desk), UnitId::named("aev_said"));
    desk.model.profile.production = true;
    desk.press("g g X");
    let question = desk.question().to_owned();
    assert!(question.contains("…aev_you"), "a production profile wants all of it: {question}");
}

#[test]
fn a_bookmark_with_a_note_is_found_again_and_taken_away() {
    let mut desk = desk();
    desk.model.remembers = true;
    desk.press("g g j m w h y <enter>");
    let kept = desk.model.memory.bookmarks.values().next().unwrap();
    assert_eq!(kept.value, Bookmark { note: "why".into() });
    desk.press("G");
    desk.press("[ b");
    assert_eq!(cursor(&desk), UnitId::named("aev_in"));
    let unit = desk.model.open.as_ref().unwrap().timeline.cursor_unit().unwrap();
    assert_eq!(unit.note.as_deref(), Some("why"));
    desk.press("m <c-u> - <enter>");
    assert!(desk.model.memory.bookmarks.is_empty());
}

#[test]
fn what_arrives_while_the_view_is_held_still_is_there_when_it_goes_on() {
    let mut desk = desk();
    desk.press("g g =");
    desk.hears(Msg::Service(ServiceMsg::EventsListed(Box::new(listing(&desk, 3)))));
    let shown = desk.model.open.as_ref().unwrap();
    assert_eq!((shown.timeline.event_count(), shown.waiting()), (5, 3));
    desk.press("x");
    desk.press("=");
    let shown = desk.model.open.as_ref().unwrap();
    assert_eq!((shown.timeline.event_count(), shown.is_paused()), (8, false));
    assert_eq!(cursor(&desk), UnitId::named("aev_you"));
    assert_eq!(shown.timeline.cursor_unit().unwrap().hiding, Some(true), "a hide is not lost");
}

#[test]
fn a_jump_can_be_taken_back_and_forward() {
    let mut desk = desk();
    desk.press("g g j");
    desk.press("G [ [");
    assert_eq!(cursor(&desk), UnitId::named("aev_in"));
    desk.press("] ]");
    assert_eq!(cursor(&desk), UnitId::named("aev_said"));
}

#[test]
fn a_turn_folds_behind_its_message_and_a_jump_into_it_unfolds_it() {
    let mut desk = desk();
    desk.press("G z c");
    let timeline = &desk.model.open.as_ref().unwrap().timeline;
    assert_eq!((cursor(&desk), timeline.shown_len()), (UnitId::named("aev_you"), 1));
    let folded = timeline.cursor_unit().unwrap().folded_behind.unwrap();
    assert_eq!((folded.rows, folded.calls, folded.errors), (3, 2, 0));
    desk.press("g g z o j");
    assert_eq!(desk.model.open.as_ref().unwrap().timeline.shown_len(), 4);
    desk.press("z C");
    assert_eq!(desk.model.open.as_ref().unwrap().timeline.shown_len(), 1);
    desk.press("[ [");
    assert_eq!(desk.model.open.as_ref().unwrap().timeline.shown_len(), 4, "the way back unfolds");
}

#[test]
fn the_agents_view_is_one_key() {
    let mut desk = desk();
    desk.hears(desk.visible(&["aev_you", "aev_said"]));
    desk.press("V");
    let timeline = &desk.model.open.as_ref().unwrap().timeline;
    assert_eq!((timeline.filter(), timeline.shown_len()), (Filter::AgentsView, 2));
    desk.press("V");
    assert_eq!(desk.model.open.as_ref().unwrap().timeline.shown_len(), 4);
}

#[test]
fn a_command_hides_what_a_query_finds_after_showing_and_weighing_it() {
    let mut desk = desk();
    assert_eq!(desk.press(": h i d e <space> t y p e : a g e n t _ o u t p u t <enter>"), []);
    let question = desk.question().to_owned();
    assert!(question.starts_with("Hide 1 event, about "), "{question}");
    assert_eq!(desk.model.open.as_ref().unwrap().timeline.shown_len(), 1, "the list is shown");
    let effects = desk.press("<enter>");
    let said = ids(&["aev_said"]);
    assert_eq!(
        effects,
        [Effect::Service(Request::SetHidden { session: open(), events: said, hidden: true })]
    );
    desk.press(": h i d e <space> t y p o : x <enter>");
    assert!(problem(&desk).contains("did you mean"), "{}", problem(&desk));
    assert_eq!(desk.typed(), "hide typo:x", "to be mended");
}

#[test]
fn every_action_is_a_command_that_is_completed_and_corrected() {
    let mut desk = desk();
    desk.press("g g : t i m <tab> <enter>");
    assert_eq!(desk.model.time_style, crate::model::timeline::TimeStyle::Ago);
    desk.press(": g o t o <space> a e v _ s a i d <enter>");
    assert_eq!(cursor(&desk), UnitId::named("aev_said"));
    desk.press(": a g e n t s _ v i e v <enter>");
    let problem = problem(&desk);
    assert!(problem.contains("did you mean \"agents_view\"?"), "{problem}");
    desk.press("<esc> : f i l t e r <space> i s : e r r o r <enter>");
    assert_eq!(desk.model.open.as_ref().unwrap().timeline.shown_len(), 0);
}
