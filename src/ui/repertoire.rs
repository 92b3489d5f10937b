//! The last step of a frame: what the terminal cannot show, or would show wider than it was laid out,
//! gives way to what it can.
//!
//! Owns nothing; looks at cells and not at who filled them, so that no pane, layer or text of a service
//! can forget it. Start with [`keep_to`]. The invariant: no cell moves.

use crate::canvas::Canvas;
use crate::text::signs;
use crate::theme::Repertoire;

pub(super) fn keep_to(canvas: &mut Canvas, repertoire: Repertoire) {
    if repertoire == Repertoire::Any {
        return;
    }
    canvas.replace_glyphs(|glyph| {
        if repertoire.has(glyph) {
            return None;
        }
        let mut chars = glyph.chars();
        let sign = chars.next().and_then(signs::twin).filter(|_| chars.next().is_none());
        Some(sign.unwrap_or(signs::UNSHOWN))
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canvas::Style;

    fn shown(text: &str, repertoire: Repertoire) -> String {
        let mut canvas = Canvas::new(12, 1);
        canvas.set_text((0, 0), text, 12, Style::new());
        keep_to(&mut canvas, repertoire);
        canvas.rows_of_text()[0].trim_end().to_owned()
    }

    #[test]
    fn what_cannot_be_shown_gives_way_and_nothing_moves() {
        assert_eq!(shown("ü·日本|", Repertoire::Ascii), "?-????|");
        assert_eq!(shown("日本语日本语", Repertoire::Ascii), "????????????");
        assert_eq!(shown("ä·é|", Repertoire::Unambiguous), "ä-?|");
        assert_eq!(shown("日·", Repertoire::Unambiguous), "日-");
        assert_eq!(shown("日·", Repertoire::Any), "日·");
    }
}
