//! The selected file: a heading that says what it is, how it is looked at and where, and below it
//! the view. A file per view.

mod absent;
mod hex;
mod listing;
mod pages;
mod picture;
mod rendered;
mod source;
mod table;
mod tree;

use super::super::Scene;
use super::super::cells::{self, put, text};
use super::super::frame::clean;
use super::super::placement::placement;
use crate::action::Action;
use crate::canvas::{Canvas, Line, Span, Style};
use crate::content::Rendition;
use crate::text::highlight::Class;
use crate::text::{quoted, units};
use crate::theme::Theme;
use crate::view::pane::artifacts::Content;
use crate::view::pane::viewer::{FileView, Viewer};
use crate::view::{Area, Focus, Model};

pub(super) fn draw(canvas: &mut Canvas, scene: &Scene, area: Area) {
    let (model, theme) = (scene.model, scene.theme);
    let columns = usize::from(area.width);
    let body = area.below_heading();
    let focused = model.focus == Focus::Viewer;
    let Some(artifact) = model.artifacts.selected() else {
        let title = cells::title(theme, focused, "Viewer");
        put(canvas, area, 0, &Line::from(title));
        return;
    };
    // However long it is called, there has to be room for what it is.
    let room = columns / if model.artifacts.viewer().is_some() { 3 } else { 2 };
    let short = quoted::in_heading(&artifact.filename, room.max(18));
    let name = cells::title(theme, focused, &short);
    let loaded = model.artifacts.loaded();
    let note = match loaded.map_or(&Content::NotLoaded, |loaded| &loaded.content) {
        Content::NotLoaded => format!("  Enter loads {}", units::size(artifact.size_bytes)),
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
        put(canvas, area, 0, &heading);
        let content = loaded.map_or(&Content::NotLoaded, |loaded| &loaded.content);
        for (row, line) in absent::lines(scene, artifact, content, columns).iter().enumerate() {
            put(canvas, body, row + 1, line);
        }
        return;
    };
    let height = usize::from(body.height);
    put(canvas, area, 0, &heading(theme, viewer, name, height, columns));
    let (lines, selected) = match viewer.file_view() {
        _ if viewer.has_page() => source::lines(theme, viewer, columns),
        FileView::Source(_) => source::lines(theme, viewer, columns),
        FileView::Picture(picture) => {
            let by_terminal = placement(model).is_some();
            (picture::lines(theme, next_look(model), viewer.file(), picture, by_terminal), None)
        }
        FileView::Tree(tree) => tree::lines(scene, viewer, tree, columns),
        FileView::Rendered(shown) => (rendered::lines(theme, viewer, shown, columns), None),
        // Which cell keys are about, a pane without the keyboard does not say.
        FileView::Table(grid) if focused => table::lines(theme, viewer, grid),
        FileView::Table(grid) => {
            table::lines(&Theme { selection: Style::new(), ..*theme }, viewer, grid)
        }
        FileView::Listing(list) => listing::lines(scene, viewer, list, columns),
        FileView::Pages(pdf) => pages::lines(scene, viewer, pdf, columns),
        FileView::Hex(hex) => (hex::lines(theme, viewer, hex, columns, height), None),
    };
    if lines.is_empty() {
        let words = if viewer.file().bytes().is_empty() { "  the file is empty" } else { "  …" };
        put(canvas, body, 0, &Line::from(text(words, theme.dim)));
    }
    for (row, line) in lines.iter().enumerate() {
        put(canvas, body, row, line);
    }
    if let Some(row) = selected.and_then(|row| u16::try_from(row).ok()) {
        // In texts and tables it is what is selected within the row that stands out.
        let whole =
            matches!(viewer.view(), Rendition::Tree | Rendition::Listing) && !viewer.has_page();
        let mark = if whole { cells::mark_rows } else { cells::mark_edge };
        mark(canvas, theme, body.row(row), focused);
    }
}

/// The key that looks at a file in another way.
fn next_look(model: &Model) -> &str {
    model.keys.of_scope("artifacts", Action::NextLook, "zv")
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
    match viewer.file_view() {
        view if viewer.has_page() => {
            let table = matches!(view, FileView::Table(_));
            let what = if table { "the whole cell" } else { "the whole value" };
            facts = vec![what.to_owned()];
        }
        FileView::Source(view) => facts.extend(source::facts(viewer, view, columns >= WIDE)),
        FileView::Table(grid) => facts.extend(table::facts(grid)),
        FileView::Listing(list) => facts.extend(listing::facts(list)),
        FileView::Pages(pdf) => facts.extend(pages::facts(pdf)),
        FileView::Tree(_) | FileView::Rendered(_) | FileView::Hex(_) | FileView::Picture(_) => {}
    }
    if file.kind() == crate::content::Kind::Markdown && !file.fits(Rendition::Rendered) {
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
    if let Some(path) = viewer.breadcrumb() {
        left.push(text(format!("  {path}"), theme.accent));
    }
    if let FileView::Tree(tree) = viewer.file_view()
        && let (Some(broken), Some(source)) = (tree.broken(), file.text())
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
        Rendition::Hex if file.text().is_none() => {
            format!("hex · {} · {}", file.format(), units::size(file.bytes().len() as u64))
        }
        Rendition::Hex => format!("hex · {}", units::size(file.bytes().len() as u64)),
        Rendition::Tree | Rendition::Listing => file.format().to_owned(),
        Rendition::Pages => "PDF, its text".to_owned(),
        view => view.word().to_owned(),
    }
}

/// Where in the file the screen is.
fn position(viewer: &Viewer, height: usize) -> String {
    match viewer.file_view() {
        _ if viewer.has_page() => source::position(viewer),
        FileView::Source(_) => source::position(viewer),
        FileView::Pages(pdf) => pages::position(pdf),
        FileView::Table(grid) => table::position(grid),
        FileView::Tree(tree) => tree::position(tree),
        FileView::Rendered(shown) => rendered::position(shown, height),
        FileView::Hex(hex) if hex.rows() > 0 => rows_of(hex.top(), height, hex.rows()),
        FileView::Hex(_) | FileView::Listing(_) | FileView::Picture(_) => String::new(),
    }
}

/// The rows that are seen of all.
fn rows_of(top: usize, height: usize, rows: usize) -> String {
    let last = (top + height).min(rows);
    let percent = (last * 100).checked_div(rows).unwrap_or(100);
    format!("{}-{last} of {rows}   {percent}% ", (top + 1).min(rows))
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
