//! A listing as lines of a table: which columns it has, how wide they are, and what stands out.
//!
//! Owns the layout and prints nothing. It must not lose what programs and `-o wide` are promised:
//! without a room every value is whole. Start with [`lines`]. The invariant: where there is a room,
//! no line is wider than it, as a terminal measures, and the last column, for which people look,
//! has a good part of it.

use std::collections::HashSet;

use super::output::Listing;
use super::printer::Style;
use crate::text::{sanitize, width};

/// Pieces of a line, each with its style.
pub(super) type Pieces = Vec<(Style, String)>;

const GAP: usize = 2;
/// Columns before the last are cut to this much and no further: it holds the short form of an id.
const LEAST: usize = 12;
/// What the last column gets of a narrow room, where it needs as much.
const LEAST_TEXT: usize = 20;
/// How far a column is filled up for the one behind it: a value that is longer moves only its own row.
const MOST_FILLED: usize = 80;
/// How far what continues a row is moved in.
const INDENT: usize = 2;
/// Digits that a short id has, at least.
const DIGITS: usize = 8;

/// How much of each value is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Extent {
    /// The columns that matter, each value whole.
    Whole,
    /// Every column, each value whole.
    Wide,
    /// The columns that matter, within so many columns of a terminal.
    Within(usize),
}

/// The heading and the rows; nothing of an empty listing.
pub(super) fn lines(listing: &Listing, extent: Extent) -> Vec<Pieces> {
    if listing.rows.is_empty() {
        return Vec::new();
    }
    let mut table = Table::of(listing, extent == Extent::Wide);
    match extent {
        Extent::Whole => table.aligned(&table.natural_widths()),
        Extent::Wide => {
            let widths = table.natural_widths().into_iter().map(|width| width.min(MOST_FILLED));
            table.aligned(&widths.collect::<Vec<_>>())
        }
        Extent::Within(room) => {
            table.shorten_ids();
            match table.widths_within(room) {
                Some(widths) => table.fitted(&widths),
                None => table.flowing(room),
            }
        }
    }
}

/// The cells of the columns that are shown, on one line each. The first row is the heading.
struct Table {
    names: Vec<&'static str>,
    rows: Vec<Vec<String>>,
}

impl Table {
    fn of(listing: &Listing, wide: bool) -> Self {
        let places = 0..listing.columns.len();
        let shown: Vec<usize> = places.filter(|at| wide || !listing.columns[*at].1).collect();
        let mut heading: Vec<String> =
            listing.columns.iter().map(|column| column.0.to_uppercase()).collect();
        if let Some((column, zone)) = &listing.zone {
            heading[*column] = format!("{} {zone}", heading[*column]);
        }
        let cell = |row: &[String], at: usize| {
            sanitize::one_line(row.get(at).map_or("", String::as_str)).into_owned()
        };
        let row = |row: &Vec<String>| shown.iter().map(|at| cell(row, *at)).collect();
        let rows = std::iter::once(&heading).chain(&listing.rows).map(row).collect();
        Self { names: shown.iter().map(|at| listing.columns[*at].0).collect(), rows }
    }

    fn natural_widths(&self) -> Vec<usize> {
        let widest = |at: usize| self.rows.iter().map(|row| width::width(&row[at])).max();
        (0..self.names.len()).map(|at| widest(at).unwrap_or(0)).collect()
    }

    /// Ids become their beginnings, which commands take as well, as long as it takes to tell those
    /// of a column apart.
    fn shorten_ids(&mut self) {
        for at in 0..self.names.len() {
            let ids: HashSet<&str> = self.values(at).filter(|cell| !cell.is_empty()).collect();
            if ids.is_empty() || !ids.iter().all(|id| is_long_id(id)) {
                continue;
            }
            let longest = ids.iter().map(|id| id.len()).max().unwrap_or(0);
            let prefix = ids.iter().filter_map(|id| id.find('_')).max().unwrap_or(0);
            let told_apart = |length: &usize| {
                let beginnings: HashSet<&str> =
                    ids.iter().map(|id| id.get(..*length).unwrap_or(id)).collect();
                beginnings.len() == ids.len()
            };
            let length = (prefix + 1 + DIGITS..longest).find(told_apart).unwrap_or(longest);
            self.rows.iter_mut().skip(1).for_each(|row| row[at].truncate(length));
        }
    }

    fn values(&self, at: usize) -> impl Iterator<Item = &str> {
        self.rows.iter().skip(1).map(move |row| row[at].as_str())
    }

    /// How wide the columns are within `room`; `None` where a row does not fit on a line. A column
    /// in which nothing stands goes first.
    fn widths_within(&mut self, room: usize) -> Option<Vec<usize>> {
        let gaps = |count: usize| GAP * count.saturating_sub(1);
        let mut widths = self.natural_widths();
        if widths.iter().sum::<usize>() + gaps(widths.len()) <= room {
            return Some(widths);
        }
        for at in (0..widths.len().saturating_sub(1)).rev() {
            if self.values(at).all(str::is_empty) {
                self.names.remove(at);
                self.rows.iter_mut().for_each(|row| drop(row.remove(at)));
                widths.remove(at);
            }
        }
        let (text, others) = widths.split_last_mut()?;
        let least = (*text).min(LEAST_TEXT.max(room / 3));
        let budget = room.checked_sub(least + GAP * others.len())?;
        let cut = |most: usize| others.iter().map(|width| *width.min(&most)).sum::<usize>();
        let widest = others.iter().copied().max().unwrap_or(0);
        let most = (LEAST.min(widest)..=widest).rev().find(|most| cut(*most) <= budget)?;
        for width in others.iter_mut() {
            *width = (*width).min(most);
        }
        let taken = others.iter().sum::<usize>() + GAP * others.len();
        *text = (*text).min(room - taken);
        Some(widths)
    }

    /// Each value whole; a column is filled up to its width.
    fn aligned(&self, widths: &[usize]) -> Vec<Pieces> {
        self.in_columns(widths, |text, _| text.to_owned())
    }

    /// Each value cut to the width of its column.
    fn fitted(&self, widths: &[usize]) -> Vec<Pieces> {
        self.in_columns(widths, |text, width| width::truncate(text, width).into_owned())
    }

    fn in_columns(&self, widths: &[usize], cell: impl Fn(&str, usize) -> String) -> Vec<Pieces> {
        let line = |(number, row): (usize, &Vec<String>)| {
            let mut pieces = Pieces::new();
            for (at, text) in row.iter().enumerate() {
                let shown = cell(text, widths[at]);
                let missing = widths[at].saturating_sub(width::width(&shown)) + GAP;
                pieces.push((self.style(number, at), shown));
                if at + 1 < row.len() {
                    pieces.push((Style::Plain, " ".repeat(missing)));
                }
            }
            // Nothing stands behind the last that says something.
            while pieces.last().is_some_and(|(_, text)| text.trim_end().is_empty()) {
                pieces.pop();
            }
            if let Some((_, text)) = pieces.last_mut() {
                text.truncate(text.trim_end().len());
            }
            pieces
        };
        self.rows.iter().enumerate().map(line).collect()
    }

    /// For a room in which a row is no line: the values one behind the other over as many lines as
    /// they need, the last on one of its own.
    fn flowing(&self, room: usize) -> Vec<Pieces> {
        let mut out = Vec::new();
        for (number, row) in self.rows.iter().enumerate() {
            let (mut line, mut used) = (Pieces::new(), 0);
            for (at, text) in row.iter().enumerate().filter(|(_, text)| !text.is_empty()) {
                let is_first = line.is_empty() && used == 0;
                let most = if is_first { room } else { room.saturating_sub(INDENT) };
                let shown = width::truncate(text, most).into_owned();
                let wide = width::width(&shown);
                let is_last = at + 1 == row.len();
                if !is_first && (is_last || used + GAP + wide > room) {
                    out.push(std::mem::take(&mut line));
                    line.push((Style::Plain, " ".repeat(INDENT)));
                    used = INDENT;
                } else if !is_first {
                    line.push((Style::Plain, " ".repeat(GAP)));
                    used += GAP;
                }
                line.push((self.style(number, at), shown));
                used += wide;
            }
            out.push(line);
        }
        out
    }

    fn style(&self, number: usize, at: usize) -> Style {
        if number == 0 { Style::Bold } else { tone(self.names[at], &self.rows[number][at]) }
    }
}

/// A prefix and a number that nobody types whole: `aev_41e2c4f7-50f4-4a1e-b7cf-6ad5dd0e6b09`.
fn is_long_id(text: &str) -> bool {
    text.split_once('_').is_some_and(|(prefix, number)| {
        let is_prefix =
            (1..=5).contains(&prefix.len()) && prefix.bytes().all(|byte| byte.is_ascii_lowercase());
        let is_digit = |byte: u8| byte.is_ascii_hexdigit() || byte == b'-';
        is_prefix && number.len() >= 3 * DIGITS && number.bytes().all(is_digit)
    })
}

/// What a word in a column stands out by. It only adds to the word, which says it all.
fn tone(column: &str, text: &str) -> Style {
    match (column, text) {
        ("state", "parked" | "expiring") => Style::Waiting,
        ("state" | "kind", "error") => Style::Alarming,
        ("result", text) if text.ends_with("ERR") => Style::Alarming,
        ("state", "running") => Style::Busy,
        ("state", "idle" | "unstarted") | ("time" | "created", _) => Style::Faint,
        ("result", text) if text.starts_with("hidden") => Style::Faint,
        ("result", "ok") => Style::Good,
        _ => Style::Plain,
    }
}

#[cfg(test)]
mod tests {
    use super::super::output::Column;
    use super::*;
    use proptest::prelude::*;

    const EVENTS: &[Column] = &[
        Column("time", false),
        Column("event", false),
        Column("kind", false),
        Column("result", false),
        Column("type", true),
        Column("text", false),
    ];

    fn listing(rows: &[[&str; 6]]) -> Listing {
        Listing {
            columns: EVENTS,
            rows: rows.iter().map(|row| row.map(str::to_owned).to_vec()).collect(),
            zone: Some((0, "UTC".to_owned())),
            ..Listing::default()
        }
    }

    fn plain(lines: Vec<Pieces>) -> Vec<String> {
        let line = |pieces: Pieces| pieces.into_iter().map(|(_, text)| text).collect();
        lines.into_iter().map(line).collect()
    }

    const IDS: [&str; 2] =
        ["aev_41e2c4f7-50f4-4a1e-b7cf-6ad5dd0e6b09", "aev_41e2c4f7-61a0-4a1e-b7cf-6ad5dd0e6b0a"];
    const LONG: &str = "The receipt matches: 84.20 EUR, paid by card on 27 April, and so on";

    fn two() -> Listing {
        listing(&[
            ["14:02:18", IDS[0], "agent", "", "agent_output", LONG],
            [
                "14:02:19",
                IDS[1],
                "output",
                "hidden ERR",
                "tool_output",
                "日本語 ".repeat(20).trim(),
            ],
        ])
    }

    #[test]
    fn a_room_is_kept_and_the_text_has_most_of_it() {
        let lines = plain(lines(&two(), Extent::Within(80)));
        assert_eq!(lines[0], "TIME UTC  EVENT           KIND    RESULT      TEXT");
        assert_eq!(
            lines[1],
            "14:02:18  aev_41e2c4f7-5  agent               The receipt matches: 84.20 EUR, p…"
        );
        assert!(lines[2].starts_with("14:02:19  aev_41e2c4f7-6  output  hidden ERR  日本語"));
        assert!(lines.iter().all(|line| width::width(line) <= 80), "{lines:?}");
    }

    #[test]
    fn a_column_in_which_nothing_stands_makes_room() {
        let one = listing(&[["14:02:18", IDS[0], "agent", "", "agent_output", LONG]]);
        let lines = plain(lines(&one, Extent::Within(60)));
        assert_eq!(lines[0], "TIME UTC  EVENT         KIND   TEXT");
        assert_eq!(lines[1], "14:02:18  aev_41e2c4f7  agent  The receipt matches: 84.20 E…");
    }

    #[test]
    fn where_a_row_is_no_line_it_flows() {
        let lines = plain(lines(&two(), Extent::Within(40)));
        assert_eq!(
            lines[..5],
            [
                "TIME UTC  EVENT  KIND  RESULT",
                "  TEXT",
                "14:02:18  aev_41e2c4f7-5  agent",
                "  The receipt matches: 84.20 EUR, paid …",
                "14:02:19  aev_41e2c4f7-6  output",
            ]
        );
        assert_eq!(lines[5], "  hidden ERR");
    }

    #[test]
    fn without_a_room_everything_is_whole() {
        let whole = plain(lines(&two(), Extent::Whole));
        assert_eq!(whole[1], format!("14:02:18  {}  agent               {LONG}", IDS[0]));
        assert!(!whole[1].contains("agent_output"));
        assert!(plain(lines(&two(), Extent::Wide))[1].contains("agent_output  The receipt"));
        assert!(lines(&listing(&[]), Extent::Within(80)).is_empty());
    }

    #[test]
    fn only_what_is_an_id_throughout_becomes_short() {
        let mixed = listing(&[
            ["", IDS[0], "", "", "", ""],
            ["", "aev_what-somebody-else-made", "", "", "", ""],
        ]);
        assert!(plain(lines(&mixed, Extent::Within(200)))[1].contains(IDS[0]));
        let same = listing(&[["", IDS[0], "", "", "", "x"], ["", IDS[0], "", "", "", "y"]]);
        assert!(plain(lines(&same, Extent::Within(200)))[1].contains("aev_41e2c4f7  "));
    }

    #[test]
    fn what_stands_out_is_a_word_too() {
        let lines = lines(&two(), Extent::Within(80));
        let styled = |line: &Pieces, style: Style| {
            line.iter().find(|piece| piece.0 == style).map(|piece| piece.1.clone())
        };
        assert_eq!(styled(&lines[2], Style::Alarming).as_deref(), Some("hidden ERR"));
        assert_eq!(styled(&lines[1], Style::Faint).as_deref(), Some("14:02:18"));
        assert!(
            lines[0].iter().all(|(style, text)| *style == Style::Bold || text.trim().is_empty())
        );
    }

    proptest! {
        #[test]
        fn no_line_is_wider_than_the_room(
            cells in prop::collection::vec(prop::array::uniform6(
                "\\PC{0,30}|[\\x00-\\x1f\\x7f-\\u{9f}\\u{202a}-\\u{202e}日本👩\u{200d}👧a]{0,40}"), 1..5),
            room in 30usize..200
        ) {
            let rows: Vec<[&str; 6]> =
                cells.iter().map(|row| std::array::from_fn(|at| row[at].as_str())).collect();
            for line in plain(lines(&listing(&rows), Extent::Within(room))) {
                prop_assert!(width::width(&line) <= room, "{}: {:?}", room, line);
            }
        }
    }
}
