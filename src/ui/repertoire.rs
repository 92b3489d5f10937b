//! The last step of a frame: what the terminal cannot show, or would show wider than it was laid out,
//! gives way to what it can.
//!
//! Owns nothing; looks at cells and not at who filled them, so that no pane, layer or text of a service
//! can forget it. Start with [`keep_to`]. The invariant: no cell moves.

use ratatui::buffer::Buffer;

use crate::text::{signs, width};
use crate::theme::Repertoire;

pub(super) fn keep_to(buffer: &mut Buffer, repertoire: Repertoire) {
    if repertoire == Repertoire::Any {
        return;
    }
    let columns = usize::from(buffer.area.width).max(1);
    for at in 0..buffer.content.len() {
        let symbol = buffer.content[at].symbol();
        if repertoire.has(symbol) {
            continue;
        }
        let mut chars = symbol.chars();
        let sign = chars.next().and_then(signs::twin).filter(|_| chars.next().is_none());
        let wide = width::width(symbol);
        let stand_in = sign.unwrap_or(signs::UNSHOWN);
        buffer.content[at].set_symbol(stand_in);
        // The other half of a wide character, which the terminal was to cover by itself.
        let end = (at + wide).min((at / columns + 1) * columns);
        for covered in at + 1..end {
            buffer.content[covered].set_symbol(stand_in);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ratatui::layout::Rect;
    use ratatui::style::Style;

    fn shown(text: &str, repertoire: Repertoire) -> String {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 12, 1));
        buffer.set_string(0, 0, text, Style::new());
        keep_to(&mut buffer, repertoire);
        let line: String = buffer.content.iter().map(ratatui::buffer::Cell::symbol).collect();
        line.trim_end().to_owned()
    }

    #[test]
    fn what_cannot_be_shown_gives_way_and_nothing_moves() {
        assert_eq!(shown("ü·日本|", Repertoire::Ascii), "?-????|");
        assert_eq!(shown("日本语日本语", Repertoire::Ascii), "????????????");
        assert_eq!(shown("ä·é|", Repertoire::Unambiguous), "ä-?|");
        // The second half of a wide character is a cell of its own in here.
        assert_eq!(shown("日·", Repertoire::Unambiguous), "日 -");
        assert_eq!(shown("日·", Repertoire::Any), "日 ·");
    }
}
