//! Lists over the panes: their window is the model's, and only the cursor moves in it.

use serde_json::json;

use super::{Desk, event};
use crate::api::EventKind;
use crate::app::msg::{ServiceMsg, TerminalMsg};
use crate::view::{Layer, Pane, TypeMenu};

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

/// What stands in the place of the timeline, and the keys that open it.
const COVERS: [&str; 2] = ["W", "g g <enter>"];

#[test]
fn the_timelines_own_key_and_q_lead_out_of_what_stands_in_its_place() {
    for cover in COVERS {
        for way in ["2", "q"] {
            let mut desk = Desk::with(&["aev_1"]);
            desk.press("2");
            desk.press(cover);
            assert_ne!(Pane::focused(&desk.model), Pane::Timeline, "{cover} opens something");
            desk.press(way);
            assert_eq!(Pane::focused(&desk.model), Pane::Timeline, "{cover} {way}");
            assert!(!desk.model.quit, "{cover} {way}");
        }
    }
}

#[test]
fn a_jump_lands_before_what_stands_in_the_place_of_the_timeline() {
    for cover in COVERS {
        let mut desk = Desk::with(&["aev_1"]);
        desk.press("2");
        desk.press(cover);
        desk.press(": g o t o <space> a e v _ 1 <enter>");
        assert_eq!(Pane::focused(&desk.model), Pane::Timeline, "{cover}: {:?}", desk.model.toast);
    }
}
