//! Keys with Alt, which may have been Esc and a key.

use super::*;

fn message(desk: &Desk) -> String {
    desk.model.composer.draft(&open()).unwrap().editor.text()
}

#[test]
fn esc_and_a_key_that_arrive_as_one_are_both_pressed() {
    let mut desk = Desk::with(&[]);
    desk.press("i h i <a-:>");
    assert_eq!(desk.model.mode(), Mode::Ask, "it is written no more, and a command is typed");
    assert_eq!(message(&desk), "hi");
    desk.press("<a-g> i");
    assert_eq!(desk.layer(), Some(LayerKind::Inside), "no command is typed any more");
}

#[test]
fn alt_edits_by_words_where_text_is_typed_and_is_esc_elsewhere() {
    let mut desk = Desk::with(&[]);
    desk.press("i o n e <space> t w o <a-bs> <a-b> <a-d>");
    assert_eq!((desk.model.mode(), message(&desk).as_str()), (Mode::Write, " "));
    desk.press("<esc> g i <a-d>");
    assert_eq!(desk.layer(), None);
}
