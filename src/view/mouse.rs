//! What a person does with the mouse, whose it is, and the text that it selects.
//!
//! Data only: what lies where is in [`super::hit`], what comes of it in the app. Start with [`Pointer`]. The
//! invariant: a selection holds the text as it was on the screen, so that what is masked there is masked
//! in the copy, and what scrolls away is still a part of it.

use std::ops::Range;

use serde::{Deserialize, Serialize};
use unicode_segmentation::UnicodeSegmentation as _;

use crate::text::width;
use crate::view::excerpt::{SeenLine, Spot};
use crate::view::{LayerKind, Pane};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PointerAct {
    Press,
    /// It moved while the button was down.
    Drag,
    Release,
    WheelDown,
    WheelUp,
}

/// Something done at a cell of the screen, counted from nought; it may lie beyond what is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pointer {
    pub act: PointerAct,
    pub column: u16,
    pub row: u16,
}

/// Whose the mouse is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mouse {
    /// It is ours, and not the terminal's.
    pub is_ours: bool,
    /// The configuration decides: what a key chooses is for this run.
    pub is_configured: bool,
    /// The terminal is on another machine.
    pub is_remote: bool,
    /// Rows that one notch of the wheel scrolls by.
    pub wheel_lines: u8,
}

/// The same where nobody chose another number.
const WHEEL_LINES: u8 = 3;

impl Default for Mouse {
    fn default() -> Self {
        Self { is_ours: false, is_configured: false, is_remote: false, wheel_lines: WHEEL_LINES }
    }
}

impl Mouse {
    /// By itself it is ours where a person sits at this machine: a line that breaks would leave a
    /// terminal elsewhere that goes on reporting.
    pub fn by_itself(is_remote: bool) -> Self {
        Self { is_ours: !is_remote, is_remote, ..Self::default() }
    }

    /// As it was configured.
    pub fn configured(is_ours: bool, is_remote: bool) -> Self {
        Self { is_ours, is_configured: true, is_remote, ..Self::default() }
    }

    /// With a wheel that goes by so many rows.
    #[must_use]
    pub fn scrolling(self, wheel_lines: u8) -> Self {
        Self { wheel_lines, ..self }
    }
}

/// Lines that are kept of what is selected.
const MOST_LINES: usize = 20_000;

/// Where text can be selected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Surface {
    Pane(Pane),
    /// A page over the panes.
    Layer(LayerKind),
}

/// Text of one surface, from one cell to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selection {
    pub on: Surface,
    /// All lines that were seen while it was made, without a gap.
    lines: Vec<SeenLine>,
    from: (Spot, u16),
    to: (Spot, u16),
}

impl Selection {
    /// Begins at a column of a line.
    pub fn new(on: Surface, seen: Vec<SeenLine>, at: (Spot, u16)) -> Self {
        Self { on, lines: seen, from: at.clone(), to: at }
    }

    /// Goes on to another place, by way of what is seen now.
    pub fn extend(&mut self, seen: &[SeenLine], to: (Spot, u16)) {
        self.note(seen);
        if self.place(&to.0).is_some() {
            self.to = to;
        }
    }

    /// Adds what has scrolled into sight.
    fn note(&mut self, seen: &[SeenLine]) {
        let in_seen = |spot: Option<&SeenLine>| {
            let spot = &spot?.spot;
            seen.iter().position(|line| line.spot == *spot)
        };
        if self.lines.len() + seen.len() > MOST_LINES {
            return;
        }
        let behind = in_seen(self.lines.last()).map(|at| at + 1);
        let before = in_seen(self.lines.first());
        self.lines.extend(seen.iter().skip(behind.unwrap_or(seen.len())).cloned());
        self.lines.splice(..0, seen.iter().take(before.unwrap_or(0)).cloned());
    }

    fn place(&self, spot: &Spot) -> Option<usize> {
        self.lines.iter().position(|line| line.spot == *spot)
    }

    /// The first and the last line, each with its column.
    fn ends(&self) -> Option<[(usize, u16); 2]> {
        let mut ends =
            [(self.place(&self.from.0)?, self.from.1), (self.place(&self.to.0)?, self.to.1)];
        ends.sort_unstable();
        Some(ends)
    }

    /// Columns of a line that are selected, counted from where its text begins.
    pub fn columns_of(&self, spot: &Spot) -> Option<Range<u16>> {
        let [(first, from), (last, to)] = self.ends()?;
        let at = self.place(spot)?;
        let from = if at == first { from } else { 0 };
        let to = if at == last { to.saturating_add(1) } else { u16::MAX };
        let columns = if self.lines[at].whole { 0..u16::MAX } else { from..to };
        (first..=last).contains(&at).then_some(columns)
    }

    /// The text, in the lines of its author.
    pub fn text(&self) -> String {
        let Some([(first, _), (last, _)]) = self.ends() else { return String::new() };
        let mut out = String::new();
        for (at, line) in self.lines.iter().enumerate().take(last + 1).skip(first) {
            let columns = self.columns_of(&line.spot).unwrap_or(0..0);
            out.push_str(&part(&line.text, columns));
            if at < last {
                out.push_str(line.joins.unwrap_or("\n"));
            }
        }
        out.trim_end().to_owned()
    }
}

/// What stands in these columns. A letter of two columns belongs to both.
fn part(text: &str, columns: Range<u16>) -> String {
    let (from, to) = (usize::from(columns.start), usize::from(columns.end));
    let mut at = 0;
    let mut out = String::new();
    for grapheme in text.graphemes(true) {
        let end = at + width::width(grapheme);
        if end > from && at < to {
            out.push_str(grapheme);
        }
        at = end;
    }
    out
}

/// The address that a column of a line is in, if it is in one. `rest` is what the line goes on with.
pub fn link_at(text: &str, column: u16, rest: &str) -> Option<String> {
    let byte = {
        let (mut at, mut byte) = (0, None);
        for (start, grapheme) in text.grapheme_indices(true) {
            at += width::width(grapheme);
            if at > usize::from(column) {
                byte = Some(start);
                break;
            }
        }
        byte?
    };
    let whole = format!("{text}{rest}");
    let is_end = |c: char| c.is_whitespace() || matches!(c, '<' | '>' | '"' | '`' | '|');
    let starts = ["https://", "http://"].iter().flat_map(|scheme| whole.match_indices(*scheme));
    let found = starts.filter_map(|(start, _)| {
        let link = &whole[start..];
        let link = &link[..link.find(is_end).unwrap_or(link.len())];
        let link = link.trim_end_matches([',', '.', ';', ':', '!', '?', '\'', ')', ']', '}', '…']);
        (start..start + link.len()).contains(&byte).then(|| link.to_owned())
    });
    found.filter(|link| link.len() > "https://".len()).last()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ON: Surface = Surface::Pane(Pane::Timeline);

    fn line(at: usize, text: &str, joins: Option<&'static str>) -> SeenLine {
        let (y, spot) = (u16::try_from(at).unwrap(), Spot::Row(at));
        SeenLine { y, spot, column: 3, text: text.to_owned(), joins, whole: false }
    }

    fn lines() -> Vec<SeenLine> {
        vec![
            line(0, "one two", Some(" ")),
            line(1, "three", None),
            line(2, "日本語 text", Some("")),
            line(3, "more", None),
        ]
    }

    fn selected(from: (usize, u16), to: (usize, u16)) -> String {
        let mut selection = Selection::new(ON, lines(), (Spot::Row(from.0), from.1));
        selection.extend(&lines(), (Spot::Row(to.0), to.1));
        selection.text()
    }

    #[test]
    fn wrapped_lines_are_one_and_both_ends_count_whichever_way_it_was_drawn() {
        assert_eq!(selected((0, 4), (1, 4)), "two three");
        assert_eq!(selected((1, 4), (0, 4)), "two three");
        assert_eq!(selected((1, 0), (3, 90)), "three\n日本語 textmore");
        assert_eq!(selected((2, 1), (2, 2)), "日本", "half a letter is the letter");
        assert_eq!(selected((0, 3), (0, 3)), "");
    }

    #[test]
    fn what_scrolls_away_is_still_selected() {
        let mut selection = Selection::new(ON, lines()[2..].to_vec(), (Spot::Row(3), 3));
        selection.extend(&lines()[1..3], (Spot::Row(1), 0));
        selection.extend(&lines()[..2], (Spot::Row(0), 0));
        assert_eq!(selection.text(), "one two three\n日本語 textmore");
        assert_eq!(selection.columns_of(&Spot::Row(1)), Some(0..u16::MAX));
        assert_eq!(selection.columns_of(&Spot::Row(9)), None);
        selection.extend(&[line(40, "far away", None)], (Spot::Row(40), 0));
        assert_eq!(selection.text(), "one two three\n日本語 textmore", "there would be a gap");
    }

    #[test]
    fn an_address_is_found_where_the_pointer_is() {
        let text = "see https://a.example/x?y=1, or (http://b.example).";
        assert_eq!(link_at(text, 4, "").as_deref(), Some("https://a.example/x?y=1"));
        assert_eq!(link_at(text, 40, "").as_deref(), Some("http://b.example"));
        assert_eq!(link_at(text, 1, ""), None);
        assert_eq!(link_at(text, 200, ""), None);
        assert_eq!(
            link_at("at https://a.exam", 5, "ple/z now").as_deref(),
            Some("https://a.example/z")
        );
    }
}
