//! The content of the selected file: text with line numbers, or bytes as hex.

use ratatui::Frame;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use unicode_segmentation::UnicodeSegmentation;

use crate::model::artifacts::Content;
use crate::model::{Area, Focus};
use crate::text::highlight::{Class, HighlightedLine};
use crate::text::{units, width};
use crate::theme::Theme;

use super::super::Scene;
use super::super::cells::{self, put, text};
use super::super::frame::clean;
use super::sessions::title_style;

const GUTTER: usize = 6;

pub(super) fn draw(frame: &mut Frame, scene: &Scene, area: Area) {
    let (model, theme) = (scene.model, scene.theme);
    let columns = usize::from(area.width);
    let body = area.below_heading();
    let style = title_style(theme, model.focus == Focus::Viewer);
    let Some(artifact) = model.artifacts.selected() else {
        put(frame.buffer_mut(), area, 0, &Line::from(text(" Viewer", style)));
        return;
    };
    let name = text(format!(" {}", clean(&artifact.filename)), style);
    let loaded = model.artifacts.loaded();
    let content = loaded.map_or(&Content::NotLoaded, |loaded| &loaded.content);
    let top = loaded.map_or(0, |loaded| loaded.top);
    let note = |words: String| (words, Vec::new());
    let (kind, lines) = match content {
        Content::NotLoaded => note(format!("  Enter loads {}", units::bytes(artifact.size_bytes))),
        Content::Loading => note("  loading".to_owned()),
        Content::Failed { reason } => note(format!("  x {}", clean(reason))),
        Content::Text { lines } => {
            let wrapped = if model.artifacts.wrap { " · wrapped" } else { "" };
            let drawn =
                text_lines(theme, lines, top, columns, body.height.into(), model.artifacts.wrap);
            (format!("  text · {}{wrapped}", units::counted(lines.len(), "line")), drawn)
        }
        Content::Binary { head, total } => {
            let cut = if (head.len() as u64) < *total { " · start only" } else { "" };
            (
                format!("  hex · {}{cut}", units::bytes(*total)),
                hex_lines(theme, head, top, columns, body.height.into()),
            )
        }
    };
    let rows = content.rows();
    let right = if rows == 0 {
        Vec::new()
    } else {
        let last = (top + usize::from(body.height)).min(rows);
        let percent = last * 100 / rows;
        vec![text(format!("{}-{last} of {rows}   {percent}% ", top + 1), theme.dim)]
    };
    let heading = cells::line(vec![name, text(kind, theme.dim)], right, columns);
    put(frame.buffer_mut(), area, 0, &heading);
    for (row, line) in lines.iter().enumerate() {
        put(frame.buffer_mut(), body, row, line);
    }
}

pub(super) fn class_style(theme: &Theme, class: Class) -> Style {
    match class {
        Class::Plain => theme.text,
        Class::Comment => theme.code_comment,
        Class::Keyword => theme.code_keyword,
        Class::String => theme.code_string,
        Class::Number => theme.code_number,
        Class::Name => theme.code_name,
        Class::Heading => theme.heading,
    }
}

fn text_lines(
    theme: &Theme,
    lines: &[HighlightedLine],
    top: usize,
    columns: usize,
    height: usize,
    wrap: bool,
) -> Vec<Line<'static>> {
    let room = columns.saturating_sub(GUTTER).max(1);
    let mut out = Vec::new();
    for (at, line) in lines.iter().enumerate().skip(top) {
        if out.len() >= height {
            break;
        }
        let spans: Vec<Span<'static>> = line
            .iter()
            .map(|span| text(span.text.clone(), class_style(theme, span.class)))
            .collect();
        let pieces = if wrap {
            fold(spans, room, height - out.len())
        } else {
            vec![cells::truncate(spans, room)]
        };
        for (piece, spans) in pieces.into_iter().enumerate() {
            let number = if piece == 0 { format!("{:>4}  ", at + 1) } else { " ".repeat(GUTTER) };
            let mut row = vec![text(number, theme.dim)];
            row.extend(spans);
            out.push(Line::from(row));
        }
    }
    out.truncate(height);
    out
}

/// Breaks a line at the right edge, between graphemes.
fn fold(spans: Vec<Span<'static>>, room: usize, most: usize) -> Vec<Vec<Span<'static>>> {
    let mut out: Vec<Vec<Span<'static>>> = vec![Vec::new()];
    let mut used = 0;
    for span in spans {
        let mut piece = String::new();
        for grapheme in span.content.graphemes(true) {
            let wide = width::width(grapheme);
            if used + wide > room && used > 0 {
                if let Some(row) = out.last_mut() {
                    row.push(Span::styled(std::mem::take(&mut piece), span.style));
                }
                if out.len() >= most {
                    return out;
                }
                out.push(Vec::new());
                used = 0;
            }
            piece.push_str(grapheme);
            used += wide;
        }
        if let Some(row) = out.last_mut() {
            row.push(Span::styled(piece, span.style));
        }
    }
    out
}

/// Columns that sixteen spaced bytes with their characters need.
const WIDE_HEX: usize = 78;

/// Sixteen bytes a row, closer together and without their characters where there is no room.
fn hex_lines(
    theme: &Theme,
    head: &[u8],
    top: usize,
    columns: usize,
    height: usize,
) -> Vec<Line<'static>> {
    let narrow = columns < WIDE_HEX;
    let rows = head.chunks(16).enumerate().skip(top).take(height);
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
