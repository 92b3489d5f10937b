//! The keys of where somebody is, in a list that is searched by typing.

use super::super::Scene;
use super::super::cells::{self, put, text};
use super::super::frame::clean;
use crate::canvas::{Canvas, Line, Span};
use crate::text::width;
use crate::view::layer::help::{
    Help, HelpEntry, HelpRow, KEY_COLUMNS as KEY, SYNTAX_COLUMNS as SYNTAX,
};

pub(in super::super) fn draw(canvas: &mut Canvas, scene: &Scene, help: &Help) {
    let theme = scene.theme;
    let rows = help.rows();
    let actions = rows.iter().filter(|row| matches!(row, HelpRow::Entry(_))).count();
    let title = format!("Keys · {}", help.place);
    let seen = help.window().seen(rows.len());
    let below = rows.len() - seen.end;
    let note = if below > 0 { format!("{below} more below") } else { format!("{actions} keys") };
    let area = super::framed(canvas, scene, scene.layout.page, &title, &note);
    let columns = usize::from(area.width);
    if rows.is_empty() {
        let words = format!(" nothing here has \"{}\" in its words", clean(&help.input.text()));
        put(canvas, area, 0, &Line::from(text(words, theme.dim)));
    }
    for (row, at) in seen.enumerate() {
        let selected = at == help.window().at();
        let spans = match rows[at] {
            HelpRow::Entry(entry) => entry_spans(scene, entry, selected, columns),
            HelpRow::Heading(title) => vec![text(format!(" {title}"), theme.heading)],
            HelpRow::Construct(construct) => vec![
                text(if selected { theme.glyphs.marker } else { " " }, theme.accent),
                text(width::fit(construct.syntax, SYNTAX.min(columns / 2)), theme.accent),
                text(" ", theme.text),
                text(construct.meaning, theme.text),
            ],
            HelpRow::Fact { name, line, .. } => vec![
                text(if selected { theme.glyphs.marker } else { " " }, theme.accent),
                text(width::fit(name, KEY), theme.dim),
                text(line.to_owned(), theme.text),
            ],
        };
        put(canvas, area, row, &cells::line(spans, Vec::new(), columns));
        if selected {
            super::bar_at(canvas, scene, area, row);
        }
    }
}

fn entry_spans(
    scene: &Scene,
    entry: &HelpEntry,
    selected: bool,
    columns: usize,
) -> Vec<Span<'static>> {
    let theme = scene.theme;
    let off = entry.off.is_some();
    let (key, words) = if off { (theme.dim, theme.dim) } else { (theme.accent, theme.text) };
    let row = vec![
        text(if selected { theme.glyphs.marker } else { " " }, theme.accent),
        text(width::fit(&entry.key, KEY), key),
    ];
    let words = text(entry.words.clone(), words);
    super::with_reason(scene, row, words, entry.off.as_ref(), columns).spans
}
