//! Bytes as hex, with the characters that they may be.

use ratatui::text::Line;

use crate::model::viewer::Viewer;
use crate::theme::Theme;

use super::text;

/// Columns that sixteen spaced bytes with their characters need.
const WIDE_HEX: usize = 78;

/// Sixteen bytes a row, closer together and without their characters where there is no room.
pub(super) fn lines(
    theme: &Theme,
    viewer: &Viewer,
    columns: usize,
    height: usize,
) -> Vec<Line<'static>> {
    let narrow = columns < WIDE_HEX;
    let top = viewer.hex().top();
    let rows = viewer.file().bytes().chunks(16).enumerate().skip(top).take(height);
    let line = |(at, bytes): (usize, &[u8])| {
        let mut hex: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        hex.resize(16, "  ".to_owned());
        if narrow {
            let pairs: Vec<String> = hex.chunks(2).map(<[String]>::concat).collect();
            return Line::from(vec![
                text(format!(" {:08x}  ", at * 16), theme.dim),
                text(pairs.join(" "), theme.text),
            ]);
        }
        let shown = bytes.iter().map(|byte| {
            if byte.is_ascii_graphic() || *byte == b' ' { char::from(*byte) } else { '.' }
        });
        Line::from(vec![
            text(format!(" {:08x}  ", at * 16), theme.dim),
            text(format!("{}  {}", hex[..8].join(" "), hex[8..].join(" ")), theme.text),
            text(format!("  {}", shown.collect::<String>()), theme.code_string),
        ])
    };
    rows.map(line).collect()
}
