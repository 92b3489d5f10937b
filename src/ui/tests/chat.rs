//! The timeline as a chat.

use super::fixture::model;
use super::{assert_looks, press, screen};
use crate::view::{Focus, View};

#[test]
fn a_chat_has_a_line_for_each_turn_and_says_which_key_ends_it() {
    for size in [(80, 24), (120, 36), (40, 20)] {
        let mut model = model(size, View::Triage, Focus::Timeline);
        press(&mut model, "z t");
        assert_looks("chat", &model);
        let chat = screen(&model);
        assert!(chat.contains("chat, zt ends it") && !chat.contains("triage → refund"), "{chat}");
        let cursor = model.open.as_ref().unwrap().timeline.scroll().cursor.clone();
        press(&mut model, "z t");
        let all = screen(&model);
        assert!(!all.contains("chat, zt") && !all.contains("── turn"), "{all}");
        assert_eq!(model.open.as_ref().unwrap().timeline.scroll().cursor, cursor);
        press(&mut model, "z t g g");
        assert!(screen(&model).contains("── turn 1 ──"), "{}", screen(&model));
    }
}
