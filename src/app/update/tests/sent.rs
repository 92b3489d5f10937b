//! What becomes of a message, in the timeline that it was written in.

use super::*;
use crate::model::timeline::Fate;

fn fates(desk: &Desk) -> Vec<Fate> {
    let open = desk.model.open.as_ref().unwrap();
    let units = (0..open.timeline.shown_len()).filter_map(|at| open.timeline.shown_unit(at));
    units.filter_map(|unit| unit.fate).collect()
}

fn answer(taken: bool) -> Msg {
    let (session, purpose) = (open(), InputKind::Message);
    Msg::Stream(if taken {
        StreamMsg::InputTaken { session, purpose }
    } else {
        StreamMsg::InputRefused { session, purpose, problem: problem() }
    })
}

#[test]
fn the_row_of_a_message_says_what_becomes_of_it() {
    let mut desk = Desk::with(&[]);
    desk.press("i h i <enter>");
    assert_eq!(fates(&desk), [Fate::Leaving]);
    desk.hears(answer(false));
    assert_eq!(fates(&desk), [Fate::Refused("no".to_owned())]);
    desk.press("<enter>");
    assert_eq!(fates(&desk), [Fate::Leaving], "the draft was back, and is sent again");
    desk.hears(Msg::Stream(StreamMsg::InputDoubtful { session: open(), problem: problem() }));
    assert_eq!(fates(&desk), [Fate::Doubtful]);
    desk.hears(Msg::Stream(StreamMsg::InputFound { session: open() }));
    assert_eq!(fates(&desk), [Fate::BeginsTurn]);
}

#[test]
fn whoever_leaves_meanwhile_finds_it_settled() {
    let mut desk = Desk::with(&[]);
    desk.lists(&["s", "other"]);
    desk.press("i h i <enter> <esc>");
    desk.press(": s e s s i o n <space> o t h e r <enter>");
    assert_eq!(desk.model.open.as_ref().unwrap().reference, SessionRef::new("a", "other"));
    assert_eq!(fates(&desk), []);
    desk.hears(answer(true));
    desk.press(": s e s s i o n <space> a / s <enter>");
    assert_eq!(desk.model.open.as_ref().unwrap().reference, open());
    assert_eq!(fates(&desk), [Fate::BeginsTurn]);
}

#[test]
fn an_interrupt_of_ours_leaves_a_row() {
    let mut desk = Desk::with(&[]);
    let purpose = InputKind::Interrupt;
    desk.hears(Msg::Stream(StreamMsg::InputTaken { session: open(), purpose }));
    let last = desk.model.open.as_ref().unwrap().timeline.units().last().unwrap();
    assert!(last.from_here && last.kind == crate::model::timeline::Kind::Interrupted, "{last:?}");
}
