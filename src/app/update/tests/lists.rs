//! Lists over the panes: their window is the model's, and only the cursor moves in it.

use serde_json::json;

use super::{Desk, event};
use crate::api::EventKind;
use crate::app::Msg;

#[test]
fn back_from_the_end_of_a_list_only_the_cursor_moves() {
    let mut desk = Desk::with(&[]);
    let mut window = desk.window(&[]);
    window.events = (10..)
        .zip(EventKind::ALL)
        .map(|(n, kind)| {
            event(&json!({"id": format!("aev_{n}"), "type": kind.wire(),
            "created_at": format!("2026-07-02T08:30:{n}Z")}))
        })
        .collect();
    desk.hears(Msg::EventsListed(Box::new(window)));
    desk.hears(Msg::Resize(80, 14));
    desk.press("f");
    let window = |desk: &Desk| {
        let menu = desk.model.types.as_ref().unwrap();
        (menu.at(), menu.seen())
    };
    assert_eq!(window(&desk), (0, 0..9));
    desk.press("j j j j j j j j j j j");
    assert_eq!(window(&desk), (11, 3..12));
    desk.press("k");
    assert_eq!(window(&desk), (10, 3..12), "the list stays where it is");
    desk.press("G");
    let len = desk.model.types.as_ref().unwrap().items().len();
    assert_eq!(window(&desk), (len - 1, len - 9..len));
}
