//! The rows of lists as text, for whoever takes some of them along with the mouse: what a row is about, without
//! the columns that it is drawn in.
//!
//! Reads what the drawing reads. The invariant: a row is where the drawing puts it, and nothing of a call that
//! may be secret is in it.

use crate::model::sessions::ListLine;
use crate::text::{sanitize, units};
use crate::view::excerpt::{SeenLine, Spot};
use crate::view::layout::{FileListParts, QueueParts, SessionsParts};
use crate::view::{Area, Model};

/// What parts the columns of a row.
const BETWEEN: &str = "  ";

/// A row of a list, at a row of its area.
fn row(area: Area, y: usize, spot: usize, text: String) -> Option<SeenLine> {
    let y = u16::try_from(y).ok().filter(|y| *y < area.height)?;
    let (y, spot) = (area.y + y, Spot::Row(spot));
    Some(SeenLine { y, spot, column: 0, text, joins: None, whole: true })
}

fn joined<'a>(columns: impl IntoIterator<Item = &'a str>) -> String {
    let clean = columns.into_iter().map(|column| sanitize::one_line(column).trim().to_owned());
    clean.filter(|column| !column.is_empty()).collect::<Vec<_>>().join(BETWEEN)
}

/// Name, key, agent, and what it wants.
pub(super) fn sessions(model: &Model, area: Area, wide: bool) -> Vec<SeenLine> {
    let list = SessionsParts::of(area, wide).list;
    let top = model.sessions.top();
    let lines = model.sessions.seen().iter().enumerate();
    let rows = lines.filter_map(|(at, line)| {
        let ListLine::Session { session, .. } = line else { return None };
        let entry = model.sessions.get(session)?;
        let (called, key) = (entry.called(), session.key.as_str());
        let key = if called == key { "" } else { key };
        let text = joined([called, key, session.agent.as_str(), entry.attention.word()]);
        row(list, at, top + at, text)
    });
    rows.collect()
}

/// Two rows each: the tool, and the session that waits, with how long it does.
pub(super) fn calls(model: &Model, area: Area) -> Vec<SeenLine> {
    let parts = QueueParts::of(area, model.calls.is_empty());
    let tally = model.calls.tally();
    let waiting = tally.waiting - tally.set_aside;
    let (top, mut y) = (model.calls.top(), 0);
    let mut rows = Vec::new();
    for (at, call) in model.calls.iter_from(top).take(parts.calls(tally.set_aside)).enumerate() {
        // Their heading is no row.
        y += usize::from(call.set_aside && (at == 0 || top + at == waiting));
        let age = units::ago(call.since, model.now);
        let tool = joined([call.pending.tool_name.as_str()]);
        let first = row(parts.list, y, 2 * (top + at), tool);
        rows.extend(first.map(|first| SeenLine { joins: Some(BETWEEN), ..first }));
        let second = joined([call.session.key.as_str(), &age]);
        rows.extend(row(parts.list, y + 1, 2 * (top + at) + 1, second));
        y += 2;
    }
    rows
}

/// Name, version, size, and since when it is there.
pub(super) fn files(model: &Model, area: Area, wide: bool) -> Vec<SeenLine> {
    let list = &model.artifacts.list;
    let area = FileListParts::of(area, wide).files;
    let rows = list.seen().iter().enumerate().filter_map(|(at, listed)| {
        let file = list.at(listed);
        let name = if file.filename.is_empty() { "(no name)" } else { &file.filename };
        let version = if listed.of > 1 {
            format!("v{} of {}", listed.version, listed.of)
        } else {
            String::new()
        };
        let (size, time) = (units::bytes(file.size_bytes), model.wall().brief(file.created_at));
        row(area, at, list.top() + at, joined([name, &version, &size, &time]))
    });
    rows.collect()
}
