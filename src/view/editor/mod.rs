//! Text editing: keys come in as [`Edit`], text goes out as lines.
//!
//! Owns the texts that people write, their cursors, and the way back. How they look is up to the
//! drawing. Start with [`Editor`]. The invariant: undoing everything gives the text that was there before
//! the first edit, and doing it all again the last one.

mod history;
mod text;

use unicode_segmentation::UnicodeSegmentation as _;

use crate::text::width::width;
use history::{History, Step};
use text::{Place, Text};

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

#[derive(Debug, Clone)]
pub struct Editor {
    text: Text,
    cursor: Place,
    /// The column that going up and down keeps to where lines are long enough.
    column: Option<usize>,
    history: History,
    /// Goes on with every change, so that what is known about a text can be told to be old.
    version: u64,
}

impl Default for Editor {
    fn default() -> Self {
        Self::new("")
    }
}

impl Editor {
    /// With the cursor at the start.
    pub fn new(text: &str) -> Self {
        Self {
            text: Text::new(text),
            cursor: Place::default(),
            column: None,
            history: History::default(),
            version: 0,
        }
    }

    pub fn lines(&self) -> &[String] {
        self.text.lines()
    }

    pub fn text(&self) -> String {
        self.lines().join("\n")
    }

    /// Length of [`Self::text`], without making it.
    pub fn bytes(&self) -> usize {
        let lines = self.lines();
        lines.iter().map(String::len).sum::<usize>() + lines.len() - 1
    }

    pub fn is_empty(&self) -> bool {
        self.bytes() == 0
    }

    /// Another number means that the text has changed.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// Row and column, both from zero, in characters.
    pub fn cursor(&self) -> (usize, usize) {
        (self.cursor.row, self.text.characters_before(self.cursor))
    }

    /// Puts the cursor there, or as near as the text allows.
    pub fn move_to(&mut self, (row, column): (usize, usize)) {
        self.go(self.text.place_at(row, column));
    }

    /// Replaces everything, the way back included; the cursor goes to the end.
    pub fn set_text(&mut self, text: &str) {
        let version = self.version + 1;
        *self = Self { version, ..Self::new(text) };
        self.cursor = self.text.end();
    }

    /// Replaces everything as one step, which can be taken back. Says whether it changed anything.
    pub fn replace(&mut self, text: &str) -> bool {
        let text = unix_lines(text);
        if self.text() == text {
            return false;
        }
        let (row, column) = self.cursor();
        self.change(Place::default(), self.text.end(), &text);
        self.cursor = self.text.place_at(row, column);
        true
    }

    /// Puts a text in the place of so many characters from there on; the cursor goes behind it.
    pub fn replace_word(&mut self, (row, column): (usize, usize), characters: usize, text: &str) {
        let [from, to] = [column, column + characters].map(|at| self.text.place_at(row, at));
        self.change(from, to, text);
    }

    /// Applies one edit; says whether the text changed.
    pub fn apply(&mut self, edit: &Edit) -> bool {
        let version = self.version;
        match edit {
            Edit::Insert(letter) => self.type_in(*letter),
            Edit::Paste(text) => self.insert(&unix_lines(text)),
            Edit::Newline => self.insert("\n"),
            Edit::NewlineIndented => self.insert(&format!("\n{}", self.indent())),
            Edit::Backspace => self.delete_to(self.text.before(self.cursor)),
            Edit::Delete => self.delete_to(self.text.after(self.cursor)),
            Edit::DeleteWord => self.delete_to(Some(self.text.word_before(self.cursor))),
            Edit::DeleteNextWord => self.delete_to(Some(self.text.word_end_after(self.cursor))),
            Edit::DeleteToLineStart => {
                let start = Place { byte: 0, ..self.cursor };
                let beyond = || self.text.before(self.cursor);
                self.delete_to(Some(start).filter(|start| *start != self.cursor).or_else(beyond));
            }
            Edit::DeleteToLineEnd => {
                let end = self.text.end_of_line(self.cursor.row);
                let beyond = || self.text.after(self.cursor);
                self.delete_to(Some(end).filter(|end| *end != self.cursor).or_else(beyond));
            }
            Edit::Undo => self.step(History::undo),
            Edit::Redo => self.step(History::redo),
            Edit::Up => self.go_to_row(self.cursor.row.checked_sub(1)),
            Edit::Down => self.go_to_row(Some(self.cursor.row + 1)),
            Edit::Left => self.go(self.text.before(self.cursor).unwrap_or(self.cursor)),
            Edit::Right => self.go(self.text.after(self.cursor).unwrap_or(self.cursor)),
            Edit::WordLeft => self.go(self.text.word_before(self.cursor)),
            Edit::WordRight => self.go(self.text.word_after(self.cursor)),
            Edit::LineStart => self.go(Place { byte: 0, ..self.cursor }),
            Edit::LineEnd => self.go(self.text.end_of_line(self.cursor.row)),
            Edit::TextStart => self.go(Place::default()),
            Edit::TextEnd => self.go(self.text.end()),
        }
        self.version != version
    }

    fn type_in(&mut self, letter: char) {
        self.note(self.cursor, self.cursor, letter.encode_utf8(&mut [0; 4]), true);
    }

    fn insert(&mut self, text: &str) {
        if !text.is_empty() {
            self.change(self.cursor, self.cursor, text);
        }
    }

    fn delete_to(&mut self, place: Option<Place>) {
        if let Some(place) = place.filter(|place| *place != self.cursor) {
            self.change(place.min(self.cursor), place.max(self.cursor), "");
        }
    }

    fn change(&mut self, from: Place, to: Place, put: &str) {
        self.note(from, to, put, false);
    }

    fn note(&mut self, from: Place, to: Place, put: &str, typed: bool) {
        let gone = self.text.replace(from, to, put);
        let end = from.behind(put);
        let cursor = (std::mem::replace(&mut self.cursor, end), end);
        self.history.note(Step { from, gone, put: put.to_owned(), cursor }, typed);
        self.column = None;
        self.version += 1;
    }

    fn step(&mut self, step: impl FnOnce(&mut History, &mut Text) -> Option<Place>) {
        if let Some(cursor) = step(&mut self.history, &mut self.text) {
            self.go(cursor);
            self.version += 1;
        }
    }

    fn go(&mut self, place: Place) {
        self.history.pause();
        self.cursor = place;
        self.column = None;
    }

    /// To the column where going up and down began, or as near as the row allows.
    fn go_to_row(&mut self, row: Option<usize>) {
        let Some(row) = row.filter(|row| *row < self.lines().len()) else { return };
        let before = || width(&self.text.line(self.cursor.row)[..self.cursor.byte]);
        let column = self.column.unwrap_or_else(before);
        let line = self.text.line(row);
        let mut columns = 0;
        let letters = line.graphemes(true).take_while(|letter| {
            columns += width(letter);
            columns <= column
        });
        let byte = letters.map(str::len).sum();
        self.go(Place { row, byte });
        self.column = Some(column);
    }

    /// What the new line of [`Edit::NewlineIndented`] begins with.
    fn indent(&self) -> String {
        let before = &self.text.line(self.cursor.row)[..self.cursor.byte];
        let mut indent: String = before.chars().take_while(|c| *c == ' ' || *c == '\t').collect();
        if before.trim_end().ends_with(['{', '[']) {
            indent.push_str("  ");
        }
        indent
    }
}

fn unix_lines(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

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

    /// The text and the cursor after some edits.
    fn after(editor: &mut Editor, edits: &[Edit]) -> (String, (usize, usize)) {
        for edit in edits {
            editor.apply(edit);
        }
        (editor.text(), editor.cursor())
    }

    #[test]
    fn typing_is_taken_back_word_by_word() {
        let mut editor = Editor::default();
        for letter in "see  this".chars() {
            editor.apply(&Edit::Insert(letter));
        }
        assert_eq!(after(&mut editor, &[Edit::Undo]), ("see  ".into(), (0, 5)));
        editor.apply(&Edit::Insert('!'));
        let moved = [Edit::Left, Edit::Right, Edit::Insert('?')];
        assert_eq!(after(&mut editor, &moved).0, "see  !?");
        let mut back = |edit| after(&mut editor, &[edit]).0;
        let texts = [Edit::Undo, Edit::Undo, Edit::Undo, Edit::Undo].map(&mut back);
        assert_eq!(texts, ["see  !", "see  ", "", ""]);
        let texts = [Edit::Redo, Edit::Redo, Edit::Redo, Edit::Redo].map(&mut back);
        assert_eq!(texts, ["see  ", "see  !", "see  !?", "see  !?"]);
    }

    #[test]
    fn a_letter_is_what_a_reader_takes_for_one() {
        let mut editor = Editor::default();
        editor.set_text("é👩\u{200d}🚀e\u{301}漢");
        assert_eq!(editor.cursor(), (0, 7));
        let left = [Edit::Left, Edit::Left];
        assert_eq!(after(&mut editor, &left).1, (0, 4), "not between a letter and its accent");
        assert_eq!(after(&mut editor, &[Edit::Backspace]), ("ée\u{301}漢".into(), (0, 1)));
        assert_eq!(after(&mut editor, &[Edit::Delete]), ("é漢".into(), (0, 1)));
        editor.set_text("e\u{301}x");
        editor.move_to((0, 1));
        assert_eq!(editor.cursor(), (0, 0));
    }

    #[test]
    fn up_and_down_keep_their_column_over_shorter_lines() {
        let mut editor = Editor::new("日本語 text\nab\n0123456789");
        editor.move_to((0, 4));
        assert_eq!(after(&mut editor, &[Edit::Down]).1, (1, 2));
        assert_eq!(after(&mut editor, &[Edit::Down]).1, (2, 7), "columns, not characters");
        assert_eq!(after(&mut editor, &[Edit::Down]).1, (2, 7));
        assert_eq!(after(&mut editor, &[Edit::Up, Edit::Up, Edit::Up]).1, (0, 4));
        let end = [Edit::Down, Edit::LineStart, Edit::Up];
        assert_eq!(after(&mut editor, &end).1, (0, 0), "another move begins another column");
    }

    #[test]
    fn words_end_at_blanks_signs_and_lines() {
        let text = "  run make_all(now)\nthen";
        let stops = |edit: Edit, from: Edit| {
            let mut editor = Editor::new(text);
            editor.apply(&from);
            let step = |_| {
                editor.apply(&edit);
                editor.cursor()
            };
            (0..8).map(step).collect::<Vec<_>>()
        };
        let right = stops(Edit::WordRight, Edit::TextStart);
        let starts = [(0, 2), (0, 6), (0, 14), (0, 15), (0, 18), (1, 0), (1, 4), (1, 4)];
        assert_eq!(right, starts);
        let left = stops(Edit::WordLeft, Edit::TextEnd);
        let starts = [(1, 0), (0, 19), (0, 18), (0, 15), (0, 14), (0, 6), (0, 2), (0, 0)];
        assert_eq!(left, starts);
        let mut editor = Editor::new(text);
        let mut cut = |edit| after(&mut editor, &[edit]).0;
        assert_eq!(cut(Edit::DeleteNextWord), " make_all(now)\nthen");
        assert_eq!(cut(Edit::DeleteNextWord), "(now)\nthen");
        assert_eq!(cut(Edit::DeleteToLineEnd), "\nthen");
        assert_eq!(cut(Edit::DeleteToLineEnd), "then");
        assert_eq!(cut(Edit::DeleteWord), "then", "there is nothing before");
        editor.set_text(text);
        let mut cut = |edit| after(&mut editor, &[edit]).0;
        assert_eq!(cut(Edit::DeleteWord), "  run make_all(now)\n");
        assert_eq!(cut(Edit::DeleteToLineStart), "  run make_all(now)");
        assert_eq!(cut(Edit::DeleteWord), "  run make_all(now");
        assert_eq!(cut(Edit::DeleteToLineStart), "");
    }

    fn edit() -> impl Strategy<Value = Edit> {
        use Edit::*;
        prop_oneof![
            4 => "[a-c {_é漢\u{301}\u{200d}👩]".prop_map(|text| Insert(text.chars().next().unwrap())),
            2 => "[ab\n\r漢🇩🇪]{0,6}".prop_map(Paste),
            6 => proptest::sample::select(vec![
                Newline, NewlineIndented, Backspace, Delete, DeleteWord, DeleteNextWord,
                DeleteToLineStart, DeleteToLineEnd, Left, Right, Up, Down, WordLeft, WordRight,
                LineStart, LineEnd, TextStart, TextEnd,
            ]),
        ]
    }

    proptest! {
        #[test]
        fn everything_can_be_taken_back_and_done_again(
            edits in proptest::collection::vec(edit(), 0..40),
            whole in proptest::option::of("[a\n]{0,5}"),
        ) {
            let before = "see\nwhat is here";
            let mut editor = Editor::new(before);
            for (at, edit) in edits.iter().enumerate() {
                let (text, version) = (editor.text(), editor.version());
                let changed = editor.apply(edit);
                prop_assert_eq!(changed, editor.version() != version);
                prop_assert!(changed || editor.text() == text);
                prop_assert_eq!(editor.bytes(), editor.text().len());
                if let Some(text) = whole.as_ref().filter(|_| at == 20) {
                    editor.replace(text);
                }
                let (row, column) = editor.cursor();
                prop_assert!(column <= editor.lines()[row].chars().count());
            }
            let last = editor.text();
            while editor.apply(&Edit::Undo) {}
            prop_assert_eq!(editor.text(), before);
            while editor.apply(&Edit::Redo) {}
            prop_assert_eq!(editor.text(), last);
        }
    }
}
