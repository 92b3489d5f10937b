//! Texts as cells.
//!
//! Owns the short ways for what most of a screen is made of: letters of one column each, which no
//! glyph has to be looked for in. Start with [`Canvas::set_line`]. The invariant: the cells are
//! those that ratatui gives for the same text.

use ratatui::buffer::CellWidth as _;
use ratatui::style::Style;
use ratatui::text::Line;
use unicode_segmentation::UnicodeSegmentation as _;

use super::look::{Look, Restyle, glyph};
use super::{Canvas, Clusters, cut_before, cut_behind};
use crate::text::width::is_simple;

impl Canvas {
    /// Writes a line from a place on, over `room` columns at most.
    pub fn set_line(&mut self, (x, y): (u16, u16), line: &Line, room: u16) {
        let mut at = x;
        for span in line {
            let left = room.saturating_sub(at - x);
            if left == 0 {
                break;
            }
            at = self.set_text((at, y), &span.content, left, line.style.patch(span.style));
        }
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
        let restyle = Restyle::of(style);
        let written = if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
            write_letters(cells, text.as_bytes(), restyle)
        } else if text.chars().all(is_simple) {
            write_signs(cells, text, restyle)
        } else {
            write_clusters(cells, text, restyle, &mut self.clusters)
        };
        cut_behind(row, from + written);
        x + u16::try_from(written).unwrap_or(room)
    }
}

fn write_letters(cells: &mut [Look], text: &[u8], restyle: Restyle) -> usize {
    let written = cells.len().min(text.len());
    for at in 0..written {
        cells[at] = cells[at].restyled(restyle).with_glyph(text[at].into());
    }
    written
}

fn write_signs(cells: &mut [Look], text: &str, restyle: Restyle) -> usize {
    let mut written = 0;
    for (cell, sign) in cells.iter_mut().zip(text.chars()) {
        *cell = cell.restyled(restyle).with_glyph(glyph(sign.encode_utf8(&mut [0; 4])));
        written += 1;
    }
    written
}

fn write_clusters(
    cells: &mut [Look],
    text: &str,
    restyle: Restyle,
    clusters: &mut Clusters,
) -> usize {
    let mut written = 0;
    for cluster in text.graphemes(true) {
        if cluster.contains(char::is_control) {
            continue;
        }
        let columns = usize::from(cluster.cell_width());
        if columns == 0 {
            continue;
        }
        let Some(cells) = cells.get_mut(written..written + columns) else { break };
        let head = cells[0].restyled(restyle).with_glyph(glyph(cluster));
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
    use proptest::prelude::*;
    use ratatui::buffer::Buffer;
    use ratatui::layout::Rect;
    use ratatui::style::Color;
    use ratatui::text::Span;

    use super::*;
    use crate::canvas::Pen;

    fn text() -> impl Strategy<Value = String> {
        prop_oneof![
            "[ -~]{0,12}",
            "[─-▟·…•→▴▸▾◆ a]{0,12}",
            "[aé漢\u{301}👩‍🚀\t─ ]{0,8}",
            any::<String>()
        ]
    }

    /// Its cells, a glyph of several columns once.
    fn of_ratatui(buffer: &Buffer) -> Vec<(u16, String, Pen)> {
        let mut cells = Vec::new();
        let mut x = 0;
        while x < buffer.area.width {
            let cell = &buffer[(x, 0)];
            let Style { fg, bg, add_modifier: modifier, .. } = cell.style();
            let pen = Pen { fg: fg.unwrap(), bg: bg.unwrap(), modifier };
            cells.push((x, cell.symbol().to_owned(), pen));
            x += cell.symbol().cell_width().max(1);
        }
        cells
    }

    fn of_ours(canvas: &Canvas) -> Vec<(u16, String, Pen)> {
        let cells = (0..).zip(canvas.looks()).filter(|(_, look)| !look.is_rest_of_glyph());
        cells.map(|(x, look)| (x, canvas.text_of(*look).into_owned(), look.pen())).collect()
    }

    proptest! {
        #[test]
        fn the_cells_are_those_of_ratatui(
            texts in proptest::collection::vec((text(), any::<u8>()), 0..5),
            at in 0..24_u16,
            room in 0..30_u16,
        ) {
            let spans = texts
                .iter()
                .map(|(text, colour)| Span::styled(text, Style::new().fg(Color::Indexed(*colour))));
            let line = spans.collect::<Line>().style(Style::new().bg(Color::Red));
            let under = "what was there before ..";
            let mut theirs = Buffer::empty(Rect::new(0, 0, 24, 1));
            theirs.set_stringn(0, 0, under, 24, Style::new().bold());
            theirs.set_line(at, 0, &line, room);
            let mut ours = Canvas::new(24, 1);
            ours.set_text((0, 0), under, 24, Style::new().bold());
            ours.set_line((at, 0), &line, room);
            prop_assert_eq!(of_ours(&ours), of_ratatui(&theirs));
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
