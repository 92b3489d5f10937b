//! Lists over the panes: their window is the model's, and only the cursor moves in it.

use serde_json::json;

use super::{Desk, event};
use crate::api::EventKind;
use crate::app::msg::{ServiceMsg, TerminalMsg};
use crate::view::{Layer, TypeMenu};

fn menu(desk: &Desk) -> &TypeMenu {
    let Some(Layer::Types(menu)) = desk.model.layers.top() else { panic!("no menu") };
    menu
}

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
    desk.hears(ServiceMsg::EventsListed(Box::new(window)).into());
    desk.hears(TerminalMsg::Resize(80, 14).into());
    desk.press("f");
    let window = |desk: &Desk| (menu(desk).at(), menu(desk).seen());
    assert_eq!(window(&desk), (0, 0..8));
    desk.press("j j j j j j j j j j j");
    assert_eq!(window(&desk), (11, 4..12));
    desk.press("k");
    assert_eq!(window(&desk), (10, 4..12), "the list stays where it is");
    desk.press("G");
    let len = menu(&desk).items().len();
    assert_eq!(window(&desk), (len - 1, len - 8..len));
}
