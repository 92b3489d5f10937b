//! What lies under a cell of the screen, from the same rectangles that are drawn into.
//!
//! Knows where things are and not what is done to them. Start with [`place`]. The invariant: what a layer
//! covers, or keeps waiting, is under no pointer.

use crate::api::{ArtifactId, EventId, SessionRef};
use crate::model::timeline::UnitId;
use crate::view::ask_line::TypedRow;
use crate::view::excerpt::{self, Spot};
use crate::view::layout::{
    AgentFactsParts, AgentListParts, AnswerParts, DetailParts, DiffParts, FileListParts,
    QueueParts, SessionDiffParts, SessionsParts, WaterfallParts,
};
use crate::view::pane::agents::Item;
use crate::view::pane::arguments::Line;
use crate::view::text_field::FieldView;
use crate::view::{Area, Layer, LayerKind, Layout, Model, Pane};

impl Area {
    pub fn contains(self, column: u16, row: u16) -> bool {
        let (x, y) = (column.checked_sub(self.x), row.checked_sub(self.y));
        x.is_some_and(|x| x < self.width) && y.is_some_and(|y| y < self.height)
    }
}

/// What can be meant with the mouse.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The line between the list and what is beside it.
    Divider,
    Pane(Pane, Area),
    /// The list or page of the uppermost layer, without its frame.
    Layer(LayerKind, Area),
    /// The line of the uppermost layer that is typed in the hint row.
    Typed(LayerKind),
    /// What surrounds them, what is covered, and everything while a question waits.
    Elsewhere,
}

pub fn place(model: &Model, layout: &Layout, column: u16, row: u16) -> Place {
    if layout.too_small || !model.which_key.is_empty() {
        return Place::Elsewhere;
    }
    let is_typed = layout.hints.contains(column, row)
        && TypedRow::of(model, layout.hints.width.into()).is_some();
    if let Some(top) = model.layers.top().filter(|_| is_typed) {
        return Place::Typed(top.kind());
    }
    let over = match model.layers.top().map(Layer::kind) {
        // They are written in a pane, beside which the others can be read.
        None | Some(LayerKind::Composer | LayerKind::Answer) => None,
        Some(kind) => Some((kind, layer_area(layout, kind))),
    };
    if let Some((kind, area)) = over {
        let area = area.filter(|area| area.contains(column, row));
        return area.map_or(Place::Elsewhere, |area| Place::Layer(kind, area));
    }
    if layout.divider == Some(column) && layout.body.contains(column, row) {
        return Place::Divider;
    }
    let pane = layout.panes.iter().find(|(_, area)| area.contains(column, row));
    pane.map_or(Place::Elsewhere, |(pane, area)| Place::Pane(*pane, *area))
}

/// Where the list or page of a layer is, without its frame.
pub fn layer_area(layout: &Layout, kind: LayerKind) -> Option<Area> {
    match kind {
        LayerKind::Types
        | LayerKind::Bookmarks
        | LayerKind::Uses
        | LayerKind::Compaction
        | LayerKind::Branches
        | LayerKind::Palette
        | LayerKind::Form => layout.list.map(Area::inside),
        LayerKind::Help
        | LayerKind::Inside
        | LayerKind::Output
        | LayerKind::Notices
        | LayerKind::SessionSearch => Some(layout.page.inside()),
        LayerKind::Question | LayerKind::Prompt | LayerKind::Composer | LayerKind::Answer => None,
    }
}

/// What a row of a pane can be selected by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RowOf {
    Session(SessionRef),
    Unit(UnitId),
    Call(EventId),
    File(ArtifactId),
    Agent(Item),
    /// So many rows below the cursor's, or above.
    FromCursor(isize),
}

/// The row of a pane that is at this row of the screen, where it has one.
pub fn row(model: &Model, pane: Pane, area: Area, wide: bool, y: u16) -> Option<RowOf> {
    let within = |part: Area| {
        let at = y.checked_sub(part.y).filter(|at| *at < part.height);
        at.map(usize::from)
    };
    let from_cursor = |row: usize, cursor: usize| {
        let by = isize::try_from(row).ok()? - isize::try_from(cursor).ok()?;
        Some(RowOf::FromCursor(by))
    };
    match pane {
        Pane::Sessions => {
            let line = model.sessions.top() + within(SessionsParts::of(area, wide).list)?;
            model.sessions.at_line(line).cloned().map(RowOf::Session)
        }
        Pane::Timeline => {
            let seen = excerpt::units(model, area, wide);
            let (_, unit, _) = seen.into_iter().find(|(at, ..)| *at == y)?;
            Some(RowOf::Unit(unit))
        }
        Pane::Queue => {
            let parts = QueueParts::of(area, model.calls.is_empty());
            let call = call_at(model, &parts, within(parts.list)?)?;
            Some(RowOf::Call(call))
        }
        Pane::Files => {
            let list = &model.artifacts.list;
            let row = list.seen().get(within(FileListParts::of(area, wide).files)?)?;
            Some(RowOf::File(list.at(row).id.clone()))
        }
        Pane::Agents => {
            let at = model.agent_pane.rows_seen().start + within(AgentListParts::of(area).rows)?;
            model.agent_pane.rows().get(at)?.item().cloned().map(RowOf::Agent)
        }
        Pane::AgentFacts => {
            let (pane, row) = (&model.agent_pane, within(AgentFactsParts::of(area).lines)?);
            let seen = pane.lines_seen();
            let there = row < seen.len();
            from_cursor(row, pane.at().checked_sub(seen.start)?).filter(|_| there)
        }
        Pane::Detail => {
            let detail = model.open.as_ref()?.detail.as_ref()?;
            let row = within(DetailParts::of(area).body)?;
            if detail.reader().is_some() {
                return None;
            }
            let rows = detail.rows();
            let cursor = rows.iter().position(|row| row.selected)?;
            from_cursor(row, cursor).filter(|_| row < rows.len())
        }
        Pane::Arguments => {
            let screen = model.calls.selected()?.arguments.screen();
            let row = within(area.below_heading()).filter(|row| *row < screen.len())?;
            let is_row = |line: &&Line| matches!(line, Line::Row(_));
            let rows = |until: usize| screen[..until].iter().filter(is_row).count();
            let cursor =
                screen.iter().position(|line| matches!(line, Line::Row(row) if row.selected))?;
            // What stands below a row belongs to it.
            from_cursor(rows(row + 1).saturating_sub(1), rows(cursor))
        }
        Pane::Waterfall => {
            let open = model.open.as_ref()?;
            let shown = open.waterfall.as_ref()?;
            let rows = shown.rows(&open.timeline);
            let bars = WaterfallParts::of(area, shown.summary().len()).bars;
            let cursor = rows.iter().position(|row| row.selected)?;
            let row = within(bars).filter(|row| *row < rows.len())?;
            from_cursor(row, cursor)
        }
        Pane::Comparison => {
            let view = &model.comparison.as_ref()?.view;
            let row = within(DiffParts::of(area).lines)?;
            from_cursor(row, view.cursor().checked_sub(view.seen().start)?)
        }
        Pane::SessionDiff => {
            let view = &model.session_diff.as_ref()?.view;
            let row = within(SessionDiffParts::of(area).lines)?;
            from_cursor(row, view.cursor().checked_sub(view.seen().start)?)
        }
        Pane::Viewer => {
            let row = within(area.below_heading())?;
            let rows = model.artifacts.viewer()?.source_rows();
            let cursor = rows.iter().position(|row| row.selected)?;
            from_cursor(row, cursor).filter(|_| row < rows.len())
        }
        Pane::Why | Pane::Answer | Pane::Departed | Pane::Composer => None,
    }
}

/// The call at a row of the queue: two rows each, and one for the heading of those set aside.
fn call_at(model: &Model, parts: &QueueParts, row: usize) -> Option<EventId> {
    let tally = model.calls.tally();
    let waiting = tally.waiting - tally.set_aside;
    let (top, mut y) = (model.calls.top(), 0);
    for (at, call) in model.calls.iter_from(top).take(parts.calls(tally.set_aside)).enumerate() {
        if call.set_aside && (at == 0 || top + at == waiting) {
            y += 1;
        }
        if (y..y + 2).contains(&row) {
            return Some(call.id().clone());
        }
        y += 2;
    }
    None
}

/// So many rows below the selected one of a layer's list a row of it is; `None` where it has none to
/// select.
pub fn layer_row(model: &Model, area: Area, y: u16) -> Option<isize> {
    let row = usize::from(y.checked_sub(area.y).filter(|row| *row < area.height)?);
    let (cursor, rows, above) = match model.layers.top()? {
        Layer::Types(menu) => (menu.cursor_row(), menu.seen().len(), 0),
        Layer::Bookmarks(list) => (list.cursor_row(), list.seen().len(), 0),
        Layer::Uses(list) => (list.cursor_row(), list.seen().len(), 0),
        Layer::Compaction(page) => (page.list.cursor_row(), page.list.seen().len(), 0),
        Layer::Branches(list) => (list.cursor_row(), list.seen().len(), 0),
        Layer::Notices(page) => (page.cursor_row(), page.seen().len(), 0),
        Layer::Help(help) => {
            let window = help.window();
            (window.cursor_row(), window.seen(help.rows().len()).len(), 0)
        }
        Layer::SessionSearch => {
            let search = &model.session_search;
            let seen = search.viewport().seen(search.hits().len());
            (search.viewport().cursor_row(), seen.len(), super::layer::session_search::STATUS_ROWS)
        }
        Layer::Question(_)
        | Layer::Prompt(_)
        | Layer::Palette(_)
        | Layer::Composer(_)
        | Layer::Answer(_)
        | Layer::Form(_)
        | Layer::Inside(_)
        | Layer::Output(_) => return None,
    };
    let row = row.checked_sub(above).filter(|row| *row < rows)?;
    Some(isize::try_from(row).ok()? - isize::try_from(cursor).ok()?)
}

/// The place in the text that is written in a pane, under a cell of it; `None` where nobody writes there.
pub fn written_at(
    model: &Model,
    pane: Pane,
    area: Area,
    wide: bool,
    cell: (u16, u16),
) -> Option<(usize, usize)> {
    let (field, within) = written(model, pane, area, wide)?;
    field.place_at(within, cell.0, cell.1).filter(|_| within.contains(cell.0, cell.1))
}

/// The place a row above or below the cursor of what is written in a pane; `None` where there is no row.
pub fn beside_cursor(model: &Model, pane: Pane, down: bool) -> Option<(usize, usize)> {
    let layout = Layout::of(model);
    let (field, within) = written(model, pane, layout.area(pane)?, layout.wide)?;
    field.beside(within, down)
}

/// The text that is written in a pane, and where it is.
pub(super) fn written(
    model: &Model,
    pane: Pane,
    area: Area,
    wide: bool,
) -> Option<(FieldView<'_>, Area)> {
    match pane {
        Pane::Composer => {
            let session = model.layers.composer()?;
            let parts = model.composer_parts(session, area);
            let editor = &model.composer.draft(session)?.editor;
            Some((FieldView::prose(editor), parts.field))
        }
        Pane::Answer => {
            let call = model.calls.selected()?;
            let is_edited = model.layers.answer() == Some(call.id());
            // Where a command has said something, only the drawing knows how much.
            let is_alone = model.commands.get(call.id()).is_none() && model.sent.is_none();
            if !is_alone || !(is_edited || call.draft.touched) {
                return None;
            }
            let noted = model.answer_note(call).is_some();
            let siblings = model.calls.of_session(&call.session).count();
            let field = AnswerParts::of(area, wide, siblings, noted).field;
            let remarked = call.draft.diagnostics().filter(|_| call.draft.touched);
            let remarked = remarked.map(|found| found.at.line).collect();
            let editor = &call.draft.editor;
            Some((FieldView { editor, numbered: true, wraps: false, remarked }, field))
        }
        _ => None,
    }
}

/// The text under a column of a pane: where it is, and the column in it.
pub fn text_at(seen: &[excerpt::SeenLine], area: Area, column: u16, y: u16) -> Option<(Spot, u16)> {
    // Above the first line is at its beginning, below the last at its end.
    let first = seen.first()?;
    if y < first.y {
        return Some((first.spot.clone(), 0));
    }
    let line = seen.iter().rfind(|line| line.y <= y)?;
    let column =
        if line.y < y { u16::MAX - 1 } else { column.saturating_sub(area.x + line.column) };
    Some((line.spot.clone(), column))
}
