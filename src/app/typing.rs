//! What keys do to a text that is being typed.
//!
//! Owns the table of editing keys, the same in every field. Must not know the field, nor what the
//! keymap binds there, which comes first. Start with [`edit_of`]. The invariant: Alt with a key
//! edits by words or not at all, since otherwise it may have been Esc and then the key.

use crate::keymap::{Code, Key};
use crate::view::Edit;

/// What a key that is bound to nothing does to text.
pub(crate) fn edit_of(key: Key) -> Option<Edit> {
    if let Some(char) = key.typed() {
        return Some(Edit::Insert(char));
    }
    if key.alt {
        return if key.ctrl { None } else { by_words(key.code) };
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

/// With Alt.
fn by_words(code: Code) -> Option<Edit> {
    Some(match code {
        Code::Left | Code::Char('b') => Edit::WordLeft,
        Code::Right | Code::Char('f') => Edit::WordRight,
        Code::Backspace => Edit::DeleteWord,
        Code::Delete | Code::Char('d') => Edit::DeleteNextWord,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::Editor;

    /// The text after these keys, with a bar where the cursor is.
    fn typed(text: &str, keys: &str) -> String {
        let mut editor = Editor::default();
        editor.set_text(text);
        for key in Key::parse_sequence(keys).unwrap() {
            editor.apply(&edit_of(key).unwrap());
        }
        editor.apply(&Edit::Insert('|'));
        editor.text()
    }

    #[test]
    fn words_are_walked_and_deleted_with_alt_and_with_ctrl() {
        for (keys, expected) in [
            ("<a-b>", "one two |three"),
            ("<a-left> <c-left>", "one |two three"),
            ("<home> <a-f>", "one |two three"),
            ("<home> <a-right> <c-right>", "one two |three"),
            ("<a-bs>", "one two |"),
            ("<c-w> <a-bs>", "one |"),
            ("<home> <a-d>", "| two three"),
            ("<home> <right> <a-del> x", "ox| two three"),
        ] {
            assert_eq!(typed("one two three", keys), expected, "{keys}");
        }
    }

    #[test]
    fn alt_with_any_other_key_edits_nothing() {
        for keys in ["<a-x>", "<a-enter>", "<a-up>", "<a-tab>", "<a-space>", "<c-a-w>", "<a-esc>"] {
            assert_eq!(edit_of(Key::parse(keys).unwrap()), None, "{keys}");
        }
    }
}
