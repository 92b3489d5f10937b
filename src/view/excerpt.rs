//! The text of a pane as its author wrote it, line by line of the screen: without borders, gutters, times
//! and whatever else is beside it.
//!
//! Reads what the drawing reads, and nothing that is not shown. Start with [`seen`]. The invariant: a line
//! begins at the column at which the drawing puts it.

use crate::content::RowStart;
use crate::model::timeline::rows::{Columns, Part, Row};
use crate::model::timeline::{Kind, State, UnitId};
use crate::text::markdown::{self, Style};
use crate::text::width;
use crate::view::hit;
use crate::view::layout::{DetailParts, TimelineParts};
use crate::view::list_excerpt;
use crate::view::mouse::Surface;
use crate::view::pane::arguments;
use crate::view::pane::detail::JsonLook;
use crate::view::pane::viewer::FileView;
use crate::view::reader::Line;
use crate::view::text_field::FieldRow;
use crate::view::tree_view::{TreeRow, indent};
use crate::view::{Area, Detail, Layer, Model, Pane};

/// A line of a pane by something that stays while the pane scrolls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Spot {
    Row(usize),
    Unit(UnitId, usize),
    Source(RowStart),
    /// A line of what is written, from a character of it on.
    Written(usize, usize),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenLine {
    /// Row of the screen.
    pub y: u16,
    pub spot: Spot,
    /// Column of the pane at which the text begins.
    pub column: u16,
    pub text: String,
    /// What was between this and the next line, where only the width of the pane parts them.
    pub joins: Option<&'static str>,
    /// A row of a list, of which nothing less than all is selected.
    pub whole: bool,
}

/// Lines of text that a pane shows, or the rows of its list; none where there is neither.
pub fn seen(model: &Model, pane: Pane, area: Area, wide: bool) -> Vec<SeenLine> {
    let found = match pane {
        Pane::Timeline => Some(of_timeline(model, area, wide)),
        Pane::Detail => {
            let detail = model.open.as_ref().and_then(|open| open.detail.as_deref());
            detail.map(|detail| of_detail(detail, area))
        }
        Pane::Arguments => Some(of_arguments(model, area)),
        Pane::Viewer => Some(of_viewer(model, area)),
        Pane::Composer | Pane::Answer => Some(of_written(model, pane, area, wide)),
        Pane::Sessions => Some(list_excerpt::sessions(model, area, wide)),
        Pane::Queue => Some(list_excerpt::calls(model, area)),
        Pane::Files => Some(list_excerpt::files(model, area, wide)),
        Pane::Waterfall
        | Pane::Why
        | Pane::Departed
        | Pane::Comparison
        | Pane::SessionDiff
        | Pane::Agents
        | Pane::AgentFacts => None,
    };
    found.unwrap_or_default()
}

/// The same of a pane or of a page.
pub fn seen_on(model: &Model, on: Surface, area: Area, wide: bool) -> Vec<SeenLine> {
    match on {
        Surface::Pane(pane) => seen(model, pane, area, wide),
        Surface::Layer(_) => of_page(model, area),
    }
}

/// What the page over the panes says.
fn of_page(model: &Model, area: Area) -> Vec<SeenLine> {
    let (top, lines): (usize, Vec<(u16, String)>) = match model.layers.top() {
        Some(Layer::Help(help)) => {
            let rows = help.rows();
            let seen = help.window().seen(rows.len());
            (seen.start, rows[seen].iter().map(|row| row.excerpt(area.width.into())).collect())
        }
        Some(Layer::Notices(page)) => {
            let text = |at: usize| {
                let words = page.lines()[at].text.as_str();
                (1, words.to_owned())
            };
            (page.seen().start, page.seen().map(text).collect())
        }
        Some(Layer::Output(page)) => {
            let (seen, below) = page.seen();
            let top = page.lines.len() - below - seen.len();
            (top, seen.iter().map(|line| (0, line.clone())).collect())
        }
        _ => return Vec::new(),
    };
    let below = area.y..area.y.saturating_add(area.height);
    let line = |(y, (at, (column, text)))| SeenLine {
        y,
        spot: Spot::Row(top + at),
        column,
        text,
        joins: None,
        whole: false,
    };
    below.zip(lines.into_iter().enumerate()).map(line).collect()
}

/// The rows of the timeline on the screen: which row, of which unit, and the line in it.
pub fn units(model: &Model, area: Area, wide: bool) -> Vec<(u16, UnitId, usize)> {
    let rows = timeline_rows(model, area, wide).into_iter();
    rows.map(|TimelineRow { y, unit, line, .. }| (y, unit, line)).collect()
}

struct TimelineRow {
    y: u16,
    unit: UnitId,
    line: usize,
    row: Row,
    /// Words such as `in` and `out` have columns in front of it, also where there is none.
    labelled: bool,
}

fn timeline_rows(model: &Model, area: Area, wide: bool) -> Vec<TimelineRow> {
    let Some(open) = &model.open else { return Vec::new() };
    let (timeline, clock) = (&open.timeline, model.clock());
    let area = TimelineParts::of(area, wide).units;
    let anchor = timeline.scroll().anchor.as_ref();
    let place = anchor.and_then(|(id, line)| Some((timeline.shown_index(id)?, *line)));
    let (mut at, mut skip) = place.unwrap_or((0, 0));
    let mut out = Vec::new();
    while out.len() < usize::from(area.height) {
        let Some(unit) = timeline.shown_unit(at) else { break };
        for (line, row) in timeline.rows(&unit, &clock).into_iter().enumerate().skip(skip) {
            let y = u16::try_from(out.len()).ok().filter(|y| *y < area.height);
            let Some(y) = y else { break };
            let is_call = matches!(unit.kind, Kind::Tool | Kind::SubAgent);
            let labelled = row.part == Part::Body && (is_call || !row.label.is_empty());
            out.push(TimelineRow { y: area.y + y, unit: unit.id.clone(), line, row, labelled });
        }
        (at, skip) = (at + 1, 0);
    }
    out
}

fn of_timeline(model: &Model, area: Area, wide: bool) -> Vec<SeenLine> {
    let columns = Columns::of(area.width.into());
    let lines = timeline_rows(model, area, wide).into_iter().map(|found| {
        let TimelineRow { y, unit, line, row, labelled } = found;
        let spot = Spot::Unit(unit, line);
        let (column, text) = match row.part {
            // Both stand between dashes, one behind where a time has its place.
            Part::Rule => (DASHES, row.subject),
            Part::Divider if columns.wide => (EDGE + 8 + DASHES, row.subject),
            Part::Divider => (EDGE + width::width(&row.time) + 1 + DASHES, row.subject),
            Part::Head | Part::Body => {
                let mut text = row.subject;
                if !row.detail.is_empty() {
                    text.push_str(if row.state == State::YourTurn { "  " } else { " · " });
                    text.push_str(&row.detail);
                }
                let label = if labelled { LABEL } else { 0 };
                (columns.subject + label, text)
            }
        };
        SeenLine {
            y,
            spot,
            column: narrow(column),
            text,
            joins: row.goes_on.then_some(" "),
            whole: false,
        }
    });
    lines.collect()
}

/// Columns of the marks at the left, and of two dashes with a space.
const EDGE: usize = 3;
const DASHES: usize = 3;
/// Columns of a word such as `in` and `out` in front of a line.
const LABEL: usize = 5;

fn narrow(columns: usize) -> u16 {
    u16::try_from(columns).unwrap_or(u16::MAX)
}

fn of_detail(detail: &Detail, area: Area) -> Vec<SeenLine> {
    let body = DetailParts::of(area).body;
    let line = |(y, (at, column, text, joins))| SeenLine {
        y,
        spot: Spot::Row(at),
        column: narrow(column),
        text,
        joins,
        whole: false,
    };
    let below = body.y..body.y.saturating_add(body.height);
    match (detail.reader(), detail.look(), detail.rendered()) {
        (Some(reader), ..) => {
            let top = reader.top();
            let text = |at: usize| {
                let (column, text) = match reader.line(at)? {
                    Line::Heading(text) => (3, text),
                    Line::Text(text) => (1, text),
                };
                Some((at, column, text.to_owned(), reader.joins(at)))
            };
            let lines = (top..reader.line_count()).map_while(text);
            below.zip(lines).map(line).collect()
        }
        (None, JsonLook::Rendered, Some(rendered)) => {
            let lines = of_markdown(rendered.shown(), rendered.top());
            below.zip(lines).map(line).collect()
        }
        _ => {
            let top = detail.tree_top();
            let rows = detail.rows().into_iter().enumerate();
            let rows = rows.map(|(at, row)| {
                let (column, text) = of_tree(&row, area.width);
                (top + at, column, text, None)
            });
            below.zip(rows).map(line).collect()
        }
    }
}

type Found = (usize, usize, String, Option<&'static str>);

fn of_markdown(lines: &[markdown::Line], top: usize) -> Vec<Found> {
    let words =
        |line: &markdown::Line| line.iter().map(|span| span.text.as_str()).collect::<String>();
    let text = |(at, line): (usize, &markdown::Line)| {
        let goes_on = lines.get(at + 1).is_some_and(|next| continues(line, next));
        let text = words(line);
        (top + at, 1, text, goes_on.then_some(" "))
    };
    lines.iter().enumerate().map(text).collect()
}

/// Whether a line goes on with a paragraph: what begins with a bullet, a bar or a rule begins anew, and
/// lines of code are their author's.
fn continues(line: &markdown::Line, next: &markdown::Line) -> bool {
    let is_prose = |line: &markdown::Line| {
        let first = line.iter().find(|span| !span.text.trim().is_empty());
        first.is_some_and(|span| {
            matches!(span.style, Style::Text | Style::Emphasis | Style::Strong | Style::Link)
        })
    };
    let begins = line.iter().any(|span| {
        !span.text.trim().is_empty() && matches!(span.style, Style::Text | Style::Emphasis)
    });
    is_prose(next) && (is_prose(line) || begins)
}

fn of_tree(row: &TreeRow, columns: u16) -> (usize, String) {
    let before = 1 + width::width(&indent(row.depth, columns.into())) + 2;
    (before, format!("{}{}{}{}", row.key, " ".repeat(row.gap), row.value, row.beside))
}

fn of_arguments(model: &Model, area: Area) -> Vec<SeenLine> {
    let Some(call) = model.calls.selected() else { return Vec::new() };
    let body = area.below_heading();
    // A text is read from a place on; the rows of a tree are those of one screen.
    let top = call.arguments.position().map_or(0, |(top, ..)| top);
    let lines = call.arguments.screen().iter().enumerate().map(|(at, line)| {
        let (column, text) = match line {
            arguments::Line::Row(row) => of_tree(row, area.width),
            arguments::Line::Text(text) => (1, text.clone()),
            arguments::Line::Note(text) => (0, text.clone()),
        };
        (top + at, column, text)
    });
    let below = body.y..body.y.saturating_add(body.height);
    let line = |(y, (at, column, text))| SeenLine {
        y,
        spot: Spot::Row(at),
        column: narrow(column),
        text,
        joins: None,
        whole: false,
    };
    below.zip(lines).map(line).collect()
}

/// What is being written, as far as it is in view.
fn of_written(model: &Model, pane: Pane, area: Area, wide: bool) -> Vec<SeenLine> {
    let Some((field, area)) = hit::written(model, pane, area, wide) else {
        return Vec::new();
    };
    let line = |row: FieldRow| SeenLine {
        text: row.text(field.editor),
        y: area.y.saturating_add(narrow(row.y)),
        spot: Spot::Written(row.line, row.part.start),
        column: narrow(field.gutter()),
        joins: row.goes_on.then_some(""),
        whole: false,
    };
    field.rows(area).into_iter().map(line).collect()
}

fn of_viewer(model: &Model, area: Area) -> Vec<SeenLine> {
    let Some(viewer) = model.artifacts.viewer() else { return Vec::new() };
    let body = area.below_heading();
    let below = body.y..body.y.saturating_add(body.height);
    if let (false, FileView::Rendered(view)) = (viewer.has_page(), viewer.file_view()) {
        let lines = of_markdown(view.shown(), view.top());
        let line = |(y, (at, column, text, joins))| SeenLine {
            y,
            spot: Spot::Row(at),
            column: narrow(column),
            text,
            joins,
            whole: false,
        };
        return below.zip(lines).map(line).collect();
    }
    let gutter = viewer.reading().map_or(0, |(_, source)| source.gutter());
    let line = |(y, row): (u16, crate::view::pane::viewer::SourceRow)| SeenLine {
        y,
        spot: Spot::Source(row.start),
        column: narrow(gutter),
        text: row.spans.iter().map(|span| span.text.as_str()).collect(),
        joins: row.joins,
        whole: false,
    };
    below.zip(viewer.source_rows()).map(line).collect()
}
