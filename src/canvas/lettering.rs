//! Texts as cells.
//!
//! Owns the short ways for what most of a screen is made of: letters of one column each, which no
//! glyph has to be looked for in. Start with [`Canvas::set_line`]. The invariant: the short ways give
//! the cells that the long one gives.

use unicode_segmentation::UnicodeSegmentation as _;

use super::look::{Look, glyph};
use super::{Canvas, Clusters, Line, Style, cut_before, cut_behind};
use crate::text::width::{is_simple, width};

impl Canvas {
    /// Writes a line from a place on, over `room` columns at most.
    pub fn set_line(&mut self, (x, y): (u16, u16), line: &Line, room: u16) {
        let mut at = x;
        for span in &line.spans {
            let left = room.saturating_sub(at - x);
            if left == 0 {
                break;
            }
            at = self.set_text((at, y), &span.content, left, span.style);
        }
    }

    /// Draws a rule: one sign again and again, over so many columns.
    pub fn set_rule(&mut self, (x, y): (u16, u16), sign: &str, columns: u16, style: Style) {
        if width(sign) != 1 {
            self.set_text((x, y), &sign.repeat(columns.into()), columns, style);
            return;
        }
        let end = self.set_text((x, y), sign, columns.min(1), style);
        if end == x {
            return;
        }
        let columns = (self.width - x).min(columns);
        let from = usize::from(y) * usize::from(self.width) + usize::from(x);
        let glyph = self.looks[from].glyph();
        let (from, end) = (usize::from(x), usize::from(x + columns));
        let row = self.row_mut(y);
        for look in &mut row[from..end] {
            *look = look.restyled(style).with_glyph(glyph);
        }
        cut_behind(row, end);
    }

    /// The same for a text of one style; tells the column behind it.
    pub fn set_text(&mut self, (x, y): (u16, u16), text: &str, room: u16, style: Style) -> u16 {
        let room = self.width.saturating_sub(x).min(room);
        if room == 0 || y >= self.height || text.is_empty() {
            return x;
        }
        let start = usize::from(y) * usize::from(self.width);
        let row = &mut self.looks[start..start + usize::from(self.width)];
        let from = usize::from(x);
        cut_before(row, from);
        let cells = &mut row[from..from + usize::from(room)];
        let written = if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
            write_letters(cells, text.as_bytes(), style)
        } else if text.chars().all(is_simple) {
            write_signs(cells, text, style)
        } else {
            write_clusters(cells, text, style, &mut self.clusters)
        };
        cut_behind(row, from + written);
        x + u16::try_from(written).unwrap_or(room)
    }
}

fn write_letters(cells: &mut [Look], text: &[u8], style: Style) -> usize {
    let written = cells.len().min(text.len());
    for at in 0..written {
        cells[at] = cells[at].restyled(style).with_glyph(text[at].into());
    }
    written
}

fn write_signs(cells: &mut [Look], text: &str, style: Style) -> usize {
    let mut written = 0;
    for (cell, sign) in cells.iter_mut().zip(text.chars()) {
        *cell = cell.restyled(style).with_glyph(glyph(sign.encode_utf8(&mut [0; 4])));
        written += 1;
    }
    written
}

fn write_clusters(cells: &mut [Look], text: &str, style: Style, clusters: &mut Clusters) -> usize {
    let mut written = 0;
    for cluster in text.graphemes(true) {
        if cluster.contains(char::is_control) {
            continue;
        }
        let columns = width(cluster);
        if columns == 0 {
            continue;
        }
        let Some(cells) = cells.get_mut(written..written + columns) else { break };
        let head = cells[0].restyled(style).with_glyph(glyph(cluster));
        if head.is_long() {
            clusters.entry(head.glyph()).or_insert_with(|| cluster.into());
        }
        cells[0] = head;
        cells[1..].fill(head.rest());
        written += columns;
    }
    written
}

#[cfg(test)]
mod tests {
    use std::iter;

    use proptest::prelude::*;

    use super::*;
    use crate::canvas::{Color, Look, Pen, Span};

    fn text() -> impl Strategy<Value = String> {
        prop_oneof![
            "[ -~]{0,12}",
            "[─-▟·…•→▴▸▾◆ a]{0,12}",
            "[aé漢\u{301}👩‍🚀ｶﾞ\t─ ]{0,8}",
            any::<String>()
        ]
    }

    /// Each cell's glyph, which is empty in the further columns of a wide one, and its pen.
    fn cells(canvas: &Canvas) -> Vec<(String, Pen)> {
        let cell = |look: &Look| (canvas.text_of(*look).into_owned(), look.pen());
        canvas.looks().iter().map(cell).collect()
    }

    proptest! {
        #[test]
        fn the_cells_are_the_letters_one_by_one(
            texts in proptest::collection::vec((text(), any::<u8>()), 0..5),
            at in 0..24_usize,
            room in 0..30_usize,
        ) {
            let under = "what was there before ..";
            let mut canvas = Canvas::new(24, 1);
            canvas.set_text((0, 0), under, 24, Style::new().bold().bg(Color::Red));
            let mut wanted = cells(&canvas);
            let (mut next, end) = (at, 24.min(at + room));
            for (text, colour) in &texts {
                let letters = text.graphemes(true).filter(|one| !one.contains(char::is_control));
                for letter in letters.filter(|letter| width(letter) > 0) {
                    let columns = next..next + width(letter);
                    if columns.end > end {
                        break;
                    }
                    next = columns.end;
                    let glyphs = iter::once(letter).chain(iter::repeat(""));
                    for (cell, glyph) in wanted[columns].iter_mut().zip(glyphs) {
                        *cell = (glyph.to_owned(), Pen { fg: Color::Indexed(*colour), ..cell.1 });
                    }
                }
            }
            let style = |colour: &u8| Style::new().fg(Color::Indexed(*colour));
            let line = texts.iter().map(|(text, colour)| Span::styled(text, style(colour)));
            let (column, room) = (u16::try_from(at).unwrap(), u16::try_from(room).unwrap());
            canvas.set_line((column, 0), &line.collect(), room);
            prop_assert_eq!(cells(&canvas), wanted);
        }
    }

    #[test]
    fn a_rule_is_its_sign_again_and_again() {
        for sign in ["─", "-", "漢", "é\u{302}\u{303}\u{304}\u{305}"] {
            for (x, columns) in [(0, 8), (3, 2), (3, 99), (7, 1), (7, 0), (8, 3)] {
                let style = Style::new().fg(Color::Red);
                let mut canvas = Canvas::new(8, 1);
                canvas.set_text((0, 0), "漢漢漢漢", 8, Style::new().bg(Color::Blue));
                let mut written = canvas.clone();
                canvas.set_rule((x, 0), sign, columns, style);
                written.set_text((x, 0), &sign.repeat(columns.into()), columns, style);
                assert_eq!(cells(&canvas), cells(&written), "{sign} {x} {columns}");
            }
        }
    }

    #[test]
    fn nothing_is_written_where_there_is_no_row_or_column() {
        let mut canvas = Canvas::new(4, 1);
        for place in [(4, 0), (9, 0), (0, 1)] {
            assert_eq!(canvas.set_text(place, "x", 9, Style::new()), place.0);
        }
        assert!(canvas.looks().iter().all(|look| *look == Look::BARE));
        assert_eq!(canvas.set_text((2, 0), "xyz", 9, Style::new()), 4);
    }
}
