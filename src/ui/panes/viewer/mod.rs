//! The selected file: a heading that says what it is, how it is looked at and where, and below it
//! the view. A file per view.

mod absent;
mod hex;
mod listing;
mod picture;
mod source;
mod table;

use ratatui::Frame;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::content::View;
use crate::model::artifacts::Content;
use crate::model::viewer::{Tree, Viewer};
use crate::model::{Area, Focus};
use crate::text::highlight::Class;
use crate::text::{units, width};
use crate::theme::Theme;

use super::super::Scene;
use super::super::cells::{self, put, text};
use super::super::frame::clean;
use super::super::placement::placement;
use super::detail::{markdown_row, tree_row};

pub(super) fn draw(frame: &mut Frame, scene: &Scene, area: Area) {
    let (model, theme) = (scene.model, scene.theme);
    let columns = usize::from(area.width);
    let body = area.below_heading();
    let focused = model.focus == Focus::Viewer;
    let Some(artifact) = model.artifacts.selected() else {
        let title = cells::title(theme, focused, "Viewer");
        put(frame.buffer_mut(), area, 0, &Line::from(title));
        return;
    };
    // However long it is called, there has to be room for what it is.
    let room = columns / if model.artifacts.viewer().is_some() { 3 } else { 2 };
    let short = width::truncate(&clean(&artifact.filename), room.max(18)).into_owned();
    let name = cells::title(theme, focused, &short);
    let loaded = model.artifacts.loaded();
    let note = match loaded.map_or(&Content::NotLoaded, |loaded| &loaded.content) {
        Content::NotLoaded => format!("  Enter loads {}", units::bytes(artifact.size_bytes)),
        Content::Loading | Content::Ready(_) => {
            let transfer = model.artifacts.transfers.get(&artifact.id);
            let far = transfer.filter(|transfer| transfer.done > 0);
            far.map_or("  loading".to_owned(), |far| format!("  {}", far.words()))
        }
        Content::Doubtful { .. } => "  not what was promised".to_owned(),
        Content::Failed { .. } => "  x not here".to_owned(),
    };
    let Some(viewer) = model.artifacts.viewer() else {
        let heading = cells::line(vec![name, text(note, theme.dim)], Vec::new(), columns);
        put(frame.buffer_mut(), area, 0, &heading);
        let content = loaded.map_or(&Content::NotLoaded, |loaded| &loaded.content);
        for (row, line) in absent::lines(scene, artifact, content, columns).iter().enumerate() {
            put(frame.buffer_mut(), body, row + 1, line);
        }
        return;
    };
    let height = usize::from(body.height);
    put(frame.buffer_mut(), area, 0, &heading(theme, viewer, name, height, columns));
    let (lines, selected) = match viewer.view() {
        _ if viewer.has_page() => source::lines(theme, viewer, columns),
        View::Source => source::lines(theme, viewer, columns),
        View::Picture => (picture::lines(theme, viewer, placement(model).is_some()), None),
        View::Tree => tree_lines(scene, viewer, columns),
        View::Rendered => (rendered_lines(theme, viewer, columns, height), None),
        // Which cell keys are about, a pane without the keyboard does not say.
        View::Table if focused => table::lines(theme, viewer),
        View::Table => table::lines(&Theme { selection: Style::new(), ..*theme }, viewer),
        View::Listing => listing::lines(theme, viewer, columns, height),
        View::Pages => page_lines(theme, viewer, columns),
        View::Hex => (hex::lines(theme, viewer, columns, height), None),
    };
    if lines.is_empty() {
        let words = if viewer.file().bytes().is_empty() { "  the file is empty" } else { "  …" };
        put(frame.buffer_mut(), body, 0, &Line::from(text(words, theme.dim)));
    }
    for (row, line) in lines.iter().enumerate() {
        put(frame.buffer_mut(), body, row, line);
    }
    if let Some(row) = selected.and_then(|row| u16::try_from(row).ok()) {
        // In texts and tables it is what is selected within the row that stands out.
        let whole = matches!(viewer.view(), View::Tree | View::Listing) && !viewer.has_page();
        let style = if whole { theme.selection } else { Style::new() };
        cells::mark_rows(frame, &Theme { selection: style, ..*theme }, body.row(row), focused);
    }
}

/// Columns from which the heading names what can be seen elsewhere, too.
const WIDE: usize = 64;

/// What it is and how it is looked at; on the right what is looked for, and where the screen is.
fn heading(
    theme: &Theme,
    viewer: &Viewer,
    name: Span<'static>,
    height: usize,
    columns: usize,
) -> Line<'static> {
    let file = viewer.file();
    let mut facts = vec![kind(viewer)];
    let mut path = None;
    match viewer.view() {
        _ if viewer.has_page() => {
            path = viewer.breadcrumb();
            let what =
                if viewer.view() == View::Table { "the whole cell" } else { "the whole value" };
            facts = vec![what.to_owned()];
        }
        View::Source => {
            let source = viewer.source();
            if columns >= WIDE {
                facts.extend(file.text().map(|text| units::counted(text.len(), "line")));
            }
            facts.push(match (source.wraps(), source.left()) {
                (true, _) => "wrapped".to_owned(),
                (false, 0) => "cut".to_owned(),
                (false, left) => format!("from column {}", left + 1),
            });
            if viewer.colours().are_off() {
                facts.push("highlighting off".to_owned());
            }
            if file.fits(View::Tree) && viewer.tree().is_none() {
                facts.push("tree is being made".to_owned());
            }
        }
        View::Tree => path = viewer.breadcrumb(),
        View::Table => {
            facts.extend(viewer.grid().map(table::facts).unwrap_or_default());
        }
        View::Listing => {
            let count = viewer.list().listing().map(|listing| listing.count);
            let count = count.map(|count| usize::try_from(count).unwrap_or(usize::MAX));
            facts.extend(count.map(|count| match count {
                1 => "1 entry".to_owned(),
                count => format!("{} entries", units::grouped(count)),
            }));
        }
        View::Pages => {
            if let Some(pages) = viewer.document().pages() {
                facts.extend(pages.problem.clone().filter(|_| !pages.text.is_empty()));
                if pages.unknown > 0 {
                    facts.push(format!("{} unreadable", units::counted(pages.unknown, "letter")));
                }
            }
        }
        View::Rendered | View::Hex | View::Picture => {}
    }
    if file.kind() == crate::content::Kind::Markdown && !file.fits(View::Rendered) {
        let most = units::bytes(crate::text::markdown::MAX_BYTES as u64);
        facts.push(format!("rendered up to {most}"));
    }
    let encoding = file.text().map(crate::content::Text::encoding);
    let plain = encoding.is_none_or(|encoding| encoding == crate::content::Encoding::Utf8);
    facts.extend(encoding.filter(|_| !plain).map(|encoding| encoding.word().to_owned()));
    let mut left = vec![name];
    if let Some(remark) = file.remark() {
        left.push(text(format!("  {remark}"), theme.error));
    }
    left.push(text(format!("  {}", facts.join(" · ")), theme.dim));
    if let Some(path) = path {
        left.push(text(format!("  {path}"), theme.accent));
    }
    if let Some(broken) = viewer.tree().and_then(Tree::broken)
        && viewer.view() == View::Tree
        && let Some(source) = file.text()
    {
        left.push(text(format!("  broken in line {}", source.line_at(broken) + 1), theme.error));
    }
    let finding = viewer.finding();
    let mut right = Vec::new();
    if let Some(problem) = finding.problem() {
        right.push(text(format!("{}  ", clean(problem)), theme.error));
    } else if finding.typed().is_some() {
        right.push(text(format!("{}  ", finding.words()), theme.accent));
    }
    let mut position = position(viewer, height);
    if columns < WIDE && (!right.is_empty() || file.remark().is_some()) {
        // What was found, or a file that is something else than it says, comes first.
        position.clear();
    }
    right.push(text(position, theme.dim));
    cells::line(left, right, columns)
}

/// The view in a word, or what the file is where that says more.
fn kind(viewer: &Viewer) -> String {
    let file = viewer.file();
    match viewer.view() {
        View::Hex if file.text().is_none() => {
            format!("hex · {} · {}", file.format(), units::bytes(file.bytes().len() as u64))
        }
        View::Hex => format!("hex · {}", units::bytes(file.bytes().len() as u64)),
        View::Tree | View::Listing => file.format().to_owned(),
        View::Pages => "PDF, its text".to_owned(),
        view => view.word().to_owned(),
    }
}

/// Where in the file the screen is.
fn position(viewer: &Viewer, height: usize) -> String {
    let rows = |top: usize, rows: usize| {
        let last = (top + height).min(rows);
        let percent = (last * 100).checked_div(rows).unwrap_or(100);
        format!("{}-{last} of {rows}   {percent}% ", (top + 1).min(rows))
    };
    if viewer.view() == View::Pages && !viewer.has_page() {
        let (page, count) = (viewer.document().page(), viewer.document().pages());
        let count = count.map(|pages| pages.count).filter(|count| *count > 0);
        return count.map_or_else(String::new, |count| format!("page {page} of {count} "));
    }
    if let Some(grid) = viewer.grid().filter(|_| viewer.view() == View::Table && !viewer.has_page())
    {
        return table::position(grid);
    }
    if let Some((text, source)) = viewer.reading().filter(|(text, _)| !text.is_empty()) {
        let shown = source.lines_shown();
        let (first, last) = (units::grouped(shown.start + 1), units::grouped(shown.end));
        let percent = source.percent(text);
        return format!("{first}-{last} of {}   {percent}% ", units::grouped(text.len()));
    }
    match (viewer.view(), viewer.tree(), viewer.rendered().lines()) {
        (View::Tree, Some(tree), _) => {
            let (at, all) = (units::grouped(tree.cursor_row() + 1), units::grouped(tree.len()));
            format!("row {at}/{all} ")
        }
        (View::Rendered, _, Some(lines)) => rows(viewer.rendered().top(), lines.len()),
        (View::Hex, ..) if viewer.hex().rows() > 0 => rows(viewer.hex().top(), viewer.hex().rows()),
        _ => String::new(),
    }
}

fn tree_lines(
    scene: &Scene,
    viewer: &Viewer,
    columns: usize,
) -> (Vec<Line<'static>>, Option<usize>) {
    if viewer.tree().is_none() {
        let words = "  the tree is being made; zv shows the text";
        return (vec![Line::from(text(words, scene.theme.dim))], None);
    }
    let rows = viewer.tree_rows();
    let selected = rows.iter().position(|row| row.selected);
    let line = |row| marked(scene.theme, viewer, tree_row(scene, row, columns));
    (rows.into_iter().map(line).collect(), selected)
}

fn page_lines(
    theme: &Theme,
    viewer: &Viewer,
    columns: usize,
) -> (Vec<Line<'static>>, Option<usize>) {
    let words = match viewer.document().pages() {
        None => "the pages are being read",
        Some(pages) if pages.text.is_empty() => {
            pages.problem.as_deref().unwrap_or("there are no pages in the PDF")
        }
        Some(_) => return source::lines(theme, viewer, columns),
    };
    let lines = [format!("  {words}"), "  zv shows the bytes".to_owned()];
    (lines.into_iter().map(|line| Line::from(text(line, theme.dim))).collect(), None)
}

fn rendered_lines(
    theme: &Theme,
    viewer: &Viewer,
    columns: usize,
    height: usize,
) -> Vec<Line<'static>> {
    let rendered = viewer.rendered();
    let lines = rendered.lines().unwrap_or_default().iter().skip(rendered.top()).take(height);
    lines.map(|line| marked(theme, viewer, markdown_row(theme, line, columns))).collect()
}

/// The line with what is looked for standing out.
fn marked(theme: &Theme, viewer: &Viewer, line: Line<'static>) -> Line<'static> {
    if viewer.finding().typed().is_none() {
        return line;
    }
    let mut spans = Vec::new();
    for span in line.spans {
        let mut at = 0;
        for found in viewer.finding().places(&span.content) {
            spans.push(text(&span.content[at..found.start], span.style));
            spans.push(text(&span.content[found.clone()], span.style.patch(theme.found)));
            at = found.end;
        }
        spans.push(text(&span.content[at..], span.style));
    }
    spans.retain(|span| !span.content.is_empty());
    Line::from(spans)
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
