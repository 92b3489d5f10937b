//! A text that is being written, as lines, and places in it.

use unicode_segmentation::UnicodeSegmentation as _;

/// Between two characters. Moves go on to the next letter as a reader sees them: never into an accented
/// one, a flag, or a family of emoji.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) struct Place {
    pub(super) row: usize,
    pub(super) byte: usize,
}

impl Place {
    /// Where a text ends that begins here.
    pub(super) fn behind(self, text: &str) -> Self {
        match text.rsplit_once('\n') {
            None => Self { byte: self.byte + text.len(), ..self },
            Some((before, last)) => {
                let rows = 1 + before.matches('\n').count();
                Self { row: self.row + rows, byte: last.len() }
            }
        }
    }
}

#[derive(Debug, Clone)]
pub(super) struct Text {
    /// At least one.
    lines: Vec<String>,
}

impl Text {
    pub(super) fn new(text: &str) -> Self {
        Self { lines: text.split('\n').map(str::to_owned).collect() }
    }

    pub(super) fn lines(&self) -> &[String] {
        &self.lines
    }

    pub(super) fn line(&self, row: usize) -> &str {
        &self.lines[row]
    }

    pub(super) fn end(&self) -> Place {
        self.end_of_line(self.lines.len() - 1)
    }

    pub(super) fn end_of_line(&self, row: usize) -> Place {
        Place { row, byte: self.line(row).len() }
    }

    /// How many characters of its line are before a place.
    pub(super) fn characters_before(&self, place: Place) -> usize {
        self.line(place.row)[..place.byte].chars().count()
    }

    /// Where so many characters of a row are before, or as near as the text allows.
    pub(super) fn place_at(&self, row: usize, characters: usize) -> Place {
        let row = row.min(self.lines.len() - 1);
        let line = self.line(row);
        let byte = line.char_indices().nth(characters).map_or(line.len(), |(byte, _)| byte);
        self.whole(row, byte)
    }

    /// The last place of a row that is no further than so many bytes.
    pub(super) fn whole(&self, row: usize, byte: usize) -> Place {
        let line = self.line(row);
        let starts = line.grapheme_indices(true).map(|(at, _)| at).chain([line.len()]);
        let byte = starts.take_while(|at| *at <= byte).last().unwrap_or_default();
        Place { row, byte }
    }

    /// One letter or line end further; `None` at the end.
    pub(super) fn after(&self, place: Place) -> Option<Place> {
        let Place { row, byte } = place;
        if let Some(letter) = self.line(row)[byte..].graphemes(true).next() {
            return Some(Place { row, byte: byte + letter.len() });
        }
        (row + 1 < self.lines.len()).then_some(Place { row: row + 1, byte: 0 })
    }

    /// One letter or line end back; `None` at the start.
    pub(super) fn before(&self, place: Place) -> Option<Place> {
        let Place { row, byte } = place;
        if let Some(letter) = self.line(row)[..byte].graphemes(true).next_back() {
            return Some(Place { row, byte: byte - letter.len() });
        }
        row.checked_sub(1).map(|row| self.end_of_line(row))
    }

    /// Puts `put` where the text from one place to another is; tells what was there.
    pub(super) fn replace(&mut self, from: Place, to: Place, put: &str) -> String {
        let tail = self.lines[to.row].split_off(to.byte);
        let whole: Vec<String> = self.lines.drain(from.row + 1..=to.row).collect();
        let mut gone = self.lines[from.row].split_off(from.byte);
        for line in whole {
            gone.push('\n');
            gone.push_str(&line);
        }
        let mut lines = put.split('\n');
        self.lines[from.row].push_str(lines.next().unwrap_or_default());
        let below = from.row + 1;
        self.lines.splice(below..below, lines.map(str::to_owned));
        self.lines[from.behind(put).row].push_str(&tail);
        gone
    }

    /// The start of the next word, or of the next line.
    pub(super) fn word_after(&self, place: Place) -> Place {
        let line = &self.line(place.row)[place.byte..];
        let mut letters = line.grapheme_indices(true).map(|(at, letter)| (at, Kind::of(letter)));
        let here = letters.next().map(|(_, kind)| kind);
        let mut others = letters.skip_while(|(_, kind)| Some(*kind) == here);
        let start = if here == Some(Kind::Blank) {
            others.next()
        } else {
            others.find(|(_, kind)| *kind != Kind::Blank)
        };
        match start {
            Some((at, _)) => Place { byte: place.byte + at, ..place },
            None if place.row + 1 < self.lines.len() => Place { row: place.row + 1, byte: 0 },
            None => self.end_of_line(place.row),
        }
    }

    /// The end of the next word, or of the line; from there, the next line.
    pub(super) fn word_end_after(&self, place: Place) -> Place {
        let line = &self.line(place.row)[place.byte..];
        let letters = line.grapheme_indices(true).map(|(at, letter)| (at, Kind::of(letter)));
        let mut word = letters.skip_while(|(_, kind)| *kind == Kind::Blank).peekable();
        let kind = word.peek().map(|(_, kind)| *kind);
        let end = word.find(|(_, other)| Some(*other) != kind).map_or(line.len(), |(at, _)| at);
        if end == 0 {
            return self.after(place).unwrap_or(place);
        }
        Place { byte: place.byte + end, ..place }
    }

    /// The start of the word before, or of the line; from there, the line before.
    pub(super) fn word_before(&self, place: Place) -> Place {
        let line = &self.line(place.row)[..place.byte];
        if line.is_empty() {
            return self.before(place).unwrap_or(place);
        }
        let letters = line.grapheme_indices(true).rev();
        let mut word = letters.skip_while(|(_, letter)| Kind::of(letter) == Kind::Blank).peekable();
        let kind = word.peek().map(|(_, letter)| Kind::of(letter));
        let before = word.find(|(_, letter)| Some(Kind::of(letter)) != kind);
        Place { byte: before.map_or(0, |(at, letter)| at + letter.len()), ..place }
    }
}

/// Letters of one kind beside each other are a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Blank,
    Sign,
    Letter,
}

impl Kind {
    fn of(letter: &str) -> Self {
        match letter.chars().next() {
            Some(first) if first.is_whitespace() => Self::Blank,
            Some(first) if first.is_ascii_punctuation() && first != '_' => Self::Sign,
            _ => Self::Letter,
        }
    }
}
