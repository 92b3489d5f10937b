//! What a key that is bound to nothing does to text.

use crate::keymap::{Code, Key};
use crate::model::Edit;

pub(crate) fn edit_of(key: Key) -> Option<Edit> {
    if let Some(c) = key.typed() {
        return Some(Edit::Insert(c));
    }
    Some(match (key.code, key.ctrl) {
        (Code::Enter, _) => Edit::Newline,
        (Code::Backspace, _) => Edit::Backspace,
        (Code::Delete, _) => Edit::Delete,
        (Code::Left, false) => Edit::Left,
        (Code::Right, false) => Edit::Right,
        (Code::Left, true) => Edit::WordLeft,
        (Code::Right, true) => Edit::WordRight,
        (Code::Up, _) => Edit::Up,
        (Code::Down, _) => Edit::Down,
        (Code::Home, _) => Edit::LineStart,
        (Code::End, _) | (Code::Char('e'), true) => Edit::LineEnd,
        (Code::PageUp, _) => Edit::TextStart,
        (Code::PageDown, _) => Edit::TextEnd,
        (Code::Tab, _) => Edit::Paste("  ".to_owned()),
        (Code::Char('w'), true) => Edit::DeleteWord,
        (Code::Char('u'), true) => Edit::DeleteToLineStart,
        (Code::Char('k'), true) => Edit::DeleteToLineEnd,
        _ => return None,
    })
}
