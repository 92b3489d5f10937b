//! Text editing. The only place of the model that knows a widget library, and it does not show:
//! keys come in as [`Edit`], text goes out as lines.

use ratatui_textarea::{CursorMove, TextArea};

/// One edit, free of any terminal library.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Edit {
    Insert(char),
    Paste(String),
    Newline,
    /// A new line that begins where the one before does, and further in behind a bracket.
    NewlineIndented,
    Backspace,
    Delete,
    DeleteWord,
    DeleteNextWord,
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

impl Edit {
    /// The same for a field of one line: of a paste only what fits there.
    #[must_use]
    pub fn first_line(&self) -> Self {
        match self {
            Self::Paste(text) => Self::Paste(text.lines().next().unwrap_or_default().to_owned()),
            edit => edit.clone(),
        }
    }
}

/// Steps that can be taken back. The library's own fifty are fifty letters.
const UNDO_STEPS: usize = 10_000;

#[derive(Debug, Clone)]
pub struct Editor {
    area: TextArea<'static>,
    /// Goes on with every change, so that what is known about a text can be told to be old.
    version: u64,
    /// What whole new texts took the place of, and what undoing that put away; the latest last.
    before: Vec<TextArea<'static>>,
    after: Vec<TextArea<'static>>,
}

impl Default for Editor {
    fn default() -> Self {
        Self::new("")
    }
}

fn area(text: &str) -> TextArea<'static> {
    let mut area = TextArea::new(text.split('\n').map(str::to_owned).collect());
    // The library's default of four spaces would shift pasted JSON.
    area.set_tab_length(2);
    area.set_max_histories(UNDO_STEPS);
    area
}

impl Editor {
    pub fn new(text: &str) -> Self {
        Self { area: area(text), version: 0, before: Vec::new(), after: Vec::new() }
    }

    pub fn lines(&self) -> &[String] {
        self.area.lines()
    }

    pub fn text(&self) -> String {
        self.area.lines().join("\n")
    }

    /// Length of [`Self::text`], without making it.
    pub fn bytes(&self) -> usize {
        let lines = self.area.lines();
        lines.iter().map(String::len).sum::<usize>() + lines.len().saturating_sub(1)
    }

    pub fn is_empty(&self) -> bool {
        self.area.is_empty()
    }

    /// Another number means that the text has changed.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// Row and column, both from zero, in characters.
    pub fn cursor(&self) -> (usize, usize) {
        let at = self.area.cursor();
        (at.0, at.1)
    }

    /// Puts the cursor there, or as near as the text allows.
    pub fn move_to(&mut self, (row, column): (usize, usize)) {
        let narrow = |at: usize| u16::try_from(at).unwrap_or(u16::MAX);
        self.area.move_cursor(CursorMove::Jump(narrow(row), narrow(column)));
    }

    /// Replaces everything, the way back included; the cursor goes to the end.
    pub fn set_text(&mut self, text: &str) {
        let version = self.version + 1;
        *self = Self { version, ..Self::new(text) };
        self.area.move_cursor(CursorMove::Bottom);
        self.area.move_cursor(CursorMove::End);
    }

    /// Replaces everything as one step, which can be taken back. Says whether it changed anything.
    pub fn replace(&mut self, text: &str) -> bool {
        let text = text.replace("\r\n", "\n").replace('\r', "\n");
        if self.text() == text {
            return false;
        }
        let cursor = self.cursor();
        self.before.push(std::mem::replace(&mut self.area, area(&text)));
        self.after.clear();
        self.move_to(cursor);
        self.version += 1;
        true
    }

    /// Puts a text in the place of so many characters from there on; the cursor goes behind it.
    pub fn replace_word(&mut self, at: (usize, usize), characters: usize, text: &str) {
        self.move_to(at);
        self.area.delete_str(characters);
        self.area.insert_str(text);
        self.after.clear();
        self.version += 1;
    }

    fn undo(&mut self) -> bool {
        if self.area.undo() {
            return true;
        }
        let Some(before) = self.before.pop() else { return false };
        self.after.push(std::mem::replace(&mut self.area, before));
        true
    }

    fn redo(&mut self) -> bool {
        if self.area.redo() {
            return true;
        }
        let Some(after) = self.after.pop() else { return false };
        self.before.push(std::mem::replace(&mut self.area, after));
        true
    }

    /// What the new line of [`Edit::NewlineIndented`] begins with.
    fn indent(&self) -> String {
        let (row, column) = self.cursor();
        let line = self.lines().get(row).map(String::as_str).unwrap_or_default();
        let before: String = line.chars().take(column).collect();
        let mut indent: String = before.chars().take_while(|c| *c == ' ' || *c == '\t').collect();
        if before.trim_end().ends_with(['{', '[']) {
            indent.push_str("  ");
        }
        indent
    }

    /// Applies one edit; says whether the text changed.
    pub fn apply(&mut self, edit: &Edit) -> bool {
        let changed = match edit {
            Edit::Undo => self.undo(),
            Edit::Redo => self.redo(),
            edit => {
                let changed = self.edit(edit);
                if changed {
                    self.after.clear();
                }
                changed
            }
        };
        self.version += u64::from(changed);
        changed
    }

    fn edit(&mut self, edit: &Edit) -> bool {
        let moved = match edit {
            Edit::Insert(c) => {
                self.area.insert_char(*c);
                return true;
            }
            Edit::Paste(text) => {
                let text = text.replace("\r\n", "\n").replace('\r', "\n");
                return self.area.insert_str(text);
            }
            Edit::NewlineIndented => {
                let indent = self.indent();
                return self.area.insert_str(format!("\n{indent}"));
            }
            Edit::Newline => {
                self.area.insert_newline();
                return true;
            }
            Edit::Backspace => return self.area.delete_char(),
            Edit::Delete => return self.area.delete_next_char(),
            Edit::DeleteWord => return self.area.delete_word(),
            Edit::DeleteNextWord => return self.area.delete_next_word(),
            Edit::DeleteToLineStart => return self.area.delete_line_by_head(),
            Edit::DeleteToLineEnd => return self.area.delete_line_by_end(),
            Edit::Undo | Edit::Redo => return false,
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
        editor.replace("theirs");
        assert_eq!(editor.text(), "theirs");
        editor.apply(&Edit::Undo);
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

    #[test]
    fn a_paste_and_a_whole_new_text_are_one_step_each() {
        let mut editor = Editor::new("a");
        editor.apply(&Edit::LineEnd);
        editor.apply(&Edit::Paste("1\n2\n3".into()));
        assert!(editor.replace("new"));
        assert!(!editor.replace("new"), "the same again is no step");
        editor.apply(&Edit::Insert('!'));
        let version = editor.version();
        let mut text_after = |edit| {
            editor.apply(&edit);
            editor.text()
        };
        let undone = [Edit::Undo, Edit::Undo, Edit::Undo].map(&mut text_after);
        assert_eq!(undone, ["new", "a1\n2\n3", "a"]);
        let redone = [Edit::Redo, Edit::Redo, Edit::Redo].map(&mut text_after);
        assert_eq!(redone, ["a1\n2\n3", "new", "n!ew"]);
        assert_eq!(editor.version(), version + 6);
        assert_eq!((editor.bytes(), Editor::new("ä\nb").bytes()), (4, 4));
    }

    #[test]
    fn a_word_becomes_another_one_and_the_rest_stays() {
        let mut editor = Editor::new("see @rä, please");
        editor.replace_word((0, 4), 3, "report.md");
        assert_eq!((editor.text().as_str(), editor.cursor()), ("see report.md, please", (0, 13)));
        editor.replace_word((0, 4), 9, "");
        assert_eq!(editor.text(), "see , please");
        for _ in 0..3 {
            editor.apply(&Edit::Undo);
        }
        assert_eq!(editor.text(), "see @rä, please");
    }

    #[test]
    fn a_new_line_begins_where_the_one_before_does() {
        let mut editor = Editor::new("  {\"a\": [");
        editor.apply(&Edit::LineEnd);
        editor.apply(&Edit::NewlineIndented);
        editor.apply(&Edit::Insert('1'));
        editor.apply(&Edit::NewlineIndented);
        assert_eq!(editor.lines(), ["  {\"a\": [", "    1", "    "]);
    }
}
