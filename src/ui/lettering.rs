//! Texts as cells.
//!
//! Owns the short way for what most of a screen is made of: letters of one column each, which no
//! glyph has to be looked for in. It knows nothing of panes. Start with [`set_line`]. The invariant:
//! the cells are those that ratatui's own way gives.

use std::sync::LazyLock;

use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::text::Line;

/// The letters of ASCII as cells: to copy one takes a quarter of the time of making it.
static ASCII: LazyLock<[Cell; 128]> = LazyLock::new(|| {
    std::array::from_fn(|code| {
        let mut cell = Cell::EMPTY;
        if let Some(letter) = u8::try_from(code).ok().filter(|code| *code != b' ') {
            cell.set_char(letter.into());
        }
        cell
    })
});

/// Writes a line from a place on, over `room` columns at most.
pub(super) fn set_line(buffer: &mut Buffer, (x, y): (u16, u16), line: &Line, room: u16) {
    let mut at = x;
    for span in line {
        let left = room.saturating_sub(at - x);
        if left == 0 {
            break;
        }
        at = set_text(buffer, (at, y), &span.content, left, line.style.patch(span.style));
    }
}

/// The same for a text of one style; tells the column behind it.
pub(super) fn set_text(
    buffer: &mut Buffer,
    (x, y): (u16, u16),
    text: &str,
    room: u16,
    style: Style,
) -> u16 {
    if !text.chars().all(is_simple) {
        return buffer.set_stringn(x, y, text, room.into(), style).0;
    }
    let room = buffer.area.right().saturating_sub(x).min(room);
    if room == 0 {
        return x;
    }
    let start = buffer.index_of(x, y);
    let cells = &mut buffer.content[start..start + usize::from(room)];
    let look = |cell: &Cell| (cell.fg, cell.bg, cell.modifier);
    // Most cells of a line lie on one ground, on which the style looks the same.
    let mut ground = look(&cells[0]);
    let styled = |(fg, bg, modifier): (_, _, Modifier)| {
        let modifier = modifier.union(style.add_modifier).difference(style.sub_modifier);
        (style.fg.unwrap_or(fg), style.bg.unwrap_or(bg), modifier)
    };
    let mut over = styled(ground);
    let mut at = x;
    for (cell, letter) in cells.iter_mut().zip(text.chars()) {
        let under = look(cell);
        if under != ground {
            (ground, over) = (under, styled(under));
        }
        match ASCII.get(letter as usize) {
            Some(ascii) => cell.clone_from(ascii),
            None => drop(cell.set_char(letter)),
        }
        (cell.fg, cell.bg, cell.modifier) = over;
        at += 1;
    }
    at
}

/// Whether a letter takes one column and joins with no other: ASCII, the lines and blocks that frames and
/// gauges are drawn with, and the signs that every second line has.
const fn is_simple(letter: char) -> bool {
    matches!(letter, ' '..='~' | '─'..='▟' | '·' | '…' | '•' | '→' | '▴' | '▸' | '▾' | '◆')
}

/// Lays the style of the theme's ground over an area, where it has one.
pub(super) fn lay_ground(buffer: &mut Buffer, area: Rect, ground: Style) {
    if ground != Style::default() {
        buffer.set_style(area, ground);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use ratatui::style::Color;
    use ratatui::text::Span;

    use super::*;

    fn text() -> impl Strategy<Value = String> {
        prop_oneof![
            "[ -~]{0,12}",
            "[─-▟·…•→▴▸▾◆ a]{0,12}",
            "[aé漢\u{301}👩‍🚀\t─ ]{0,8}",
            any::<String>()
        ]
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
            let mut theirs = Buffer::with_lines(["漢字 what was there befor", ""]);
            let mut ours = theirs.clone();
            theirs.set_line(at, 0, &line, room);
            set_line(&mut ours, (at, 0), &line, room);
            prop_assert_eq!(ours, theirs);
        }
    }
}
