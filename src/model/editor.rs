//! Text editing. The only place of the model that knows a widget library, and it does not show:
//! keys come in as [`Edit`], text goes out as lines.

use ratatui_textarea::{CursorMove, TextArea};

/// One edit, free of any terminal library.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Edit {
    Insert(char),
    Paste(String),
    Newline,
    Backspace,
    Delete,
    DeleteWord,
    DeleteToLineStart,
    DeleteToLineEnd,
    Left,
    Right,
    Up,
    Down,
    WordLeft,
    WordRight,
    LineStart,
    LineEnd,
    TextStart,
    TextEnd,
    Undo,
    Redo,
}

#[derive(Debug, Clone)]
pub struct Editor {
    area: TextArea<'static>,
}

impl Default for Editor {
    fn default() -> Self {
        Self::new("")
    }
}

impl Editor {
    pub fn new(text: &str) -> Self {
        let mut area = TextArea::new(text.split('\n').map(str::to_owned).collect());
        // The library's default of four spaces would shift pasted JSON.
        area.set_tab_length(2);
        Self { area }
    }

    pub fn lines(&self) -> &[String] {
        self.area.lines()
    }

    pub fn text(&self) -> String {
        self.area.lines().join("\n")
    }

    pub fn is_empty(&self) -> bool {
        self.area.is_empty()
    }

    /// Row and column, both from zero, in characters.
    pub fn cursor(&self) -> (usize, usize) {
        let at = self.area.cursor();
        (at.0, at.1)
    }

    /// Replaces everything; the cursor goes to the end.
    pub fn set_text(&mut self, text: &str) {
        *self = Self::new(text);
        self.area.move_cursor(CursorMove::Bottom);
        self.area.move_cursor(CursorMove::End);
    }

    /// Replaces everything as an edit, so that undoing brings back what stood there.
    pub fn replace_text(&mut self, text: &str) {
        self.area.select_all();
        self.area.cut();
        self.insert_str(text);
    }

    pub fn insert_str(&mut self, text: &str) {
        self.area.insert_str(text.replace("\r\n", "\n").replace('\r', "\n"));
    }

    /// Applies one edit; says whether the text changed.
    pub fn apply(&mut self, edit: &Edit) -> bool {
        let moved = match edit {
            Edit::Insert(c) => {
                self.area.insert_char(*c);
                return true;
            }
            Edit::Paste(text) => {
                self.insert_str(text);
                return true;
            }
            Edit::Newline => {
                self.area.insert_newline();
                return true;
            }
            Edit::Backspace => return self.area.delete_char(),
            Edit::Delete => return self.area.delete_next_char(),
            Edit::DeleteWord => return self.area.delete_word(),
            Edit::DeleteToLineStart => return self.area.delete_line_by_head(),
            Edit::DeleteToLineEnd => return self.area.delete_line_by_end(),
            Edit::Undo => return self.area.undo(),
            Edit::Redo => return self.area.redo(),
            Edit::Left => CursorMove::Back,
            Edit::Right => CursorMove::Forward,
            Edit::Up => CursorMove::Up,
            Edit::Down => CursorMove::Down,
            Edit::WordLeft => CursorMove::WordBack,
            Edit::WordRight => CursorMove::WordForward,
            Edit::LineStart => CursorMove::Head,
            Edit::LineEnd => CursorMove::End,
            Edit::TextStart => CursorMove::Top,
            Edit::TextEnd => CursorMove::Bottom,
        };
        self.area.move_cursor(moved);
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_was_replaced_can_be_brought_back() {
        let mut editor = Editor::default();
        editor.set_text("mine\nall mine");
        editor.replace_text("theirs");
        assert_eq!(editor.text(), "theirs");
        for _ in 0..2 {
            editor.apply(&Edit::Undo);
        }
        assert_eq!(editor.text(), "mine\nall mine");
    }

    #[test]
    fn edits_change_text_and_moves_do_not() {
        let mut editor = Editor::default();
        assert!(editor.apply(&Edit::Paste("ab\r\ncd".into())));
        assert_eq!(editor.lines(), ["ab", "cd"]);
        assert!(!editor.apply(&Edit::Up));
        assert!(editor.apply(&Edit::Backspace));
        assert_eq!((editor.text().as_str(), editor.cursor()), ("a\ncd", (0, 1)));
        editor.set_text("x\ny");
        assert_eq!(editor.cursor(), (1, 1));
    }
}
