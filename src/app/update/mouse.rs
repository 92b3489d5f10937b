//! What comes of the mouse: where it points decides who is asked, and they are asked what their keys ask.
//!
//! Owns what is held between a press and its release. Start with [`update`]. The invariant: a pointer
//! selects, scrolls, opens what only opens, moves the divider and copies; it never answers what is asked,
//! and nothing leaves for the service by it that a step with an arrow key would not ask for.

use jiff::SignedDuration;

use super::{Cx, calls, keys, memory, screen};
use crate::action::Action;
use crate::api::Timestamp;
use crate::app::chain::TargetName;
use crate::app::effect::TerminalWork;
use crate::view::ask_line::TypedRow;
use crate::view::excerpt::{self, SeenLine, Spot};
use crate::view::hit::{self, Place, RowOf};
use crate::view::mouse::{Pointer, PointerAct, Surface, link_at};
use crate::view::{Area, Edit, Focus, Layer, LayerKind, Layout, Pane, Selection, View};

/// Two clicks on a cell within this time open what is there.
const TWICE: SignedDuration = SignedDuration::from_millis(500);
/// Rows that a click is away from the cursor at most: no screen is higher.
const FARTHEST: isize = 1_000;

/// What the button holds since it went down.
#[derive(Debug, Clone, Default)]
pub(super) struct Held {
    what: What,
    /// The last click: when, and at which cell.
    clicked: Option<(Timestamp, u16, u16)>,
}

#[derive(Debug, Clone, Default)]
enum What {
    #[default]
    Nothing,
    Divider {
        moved: bool,
    },
    /// A pane, from a cell on, with the text there if it has any.
    Pane {
        pane: Pane,
        area: Area,
        cell: (u16, u16),
        from: Option<(Spot, u16)>,
        moved: bool,
    },
    /// A list or a page, from a cell on, with the text there if it has any.
    Layer {
        kind: LayerKind,
        area: Area,
        cell: (u16, u16),
        from: Option<(Spot, u16)>,
        moved: bool,
    },
    /// The line that is typed in the hint row.
    Typed(LayerKind),
}

/// `F2`: ours, or the terminal's; kept for later runs unless the configuration decides.
pub(super) fn toggle(cx: &mut Cx<'_>, _: Action) {
    let is_ours = !cx.model.mouse.is_ours;
    cx.model.mouse.is_ours = is_ours;
    let_go(cx);
    cx.emit(TerminalWork::CaptureMouse(is_ours));
    let mouse = cx.model.mouse;
    let until = if mouse.is_configured { " · for this run: mouse is configured" } else { "" };
    cx.say(if is_ours {
        format!(
            "the mouse is foretop's: click, wheel, drag · Shift leaves it to the terminal{until}"
        )
    } else {
        let takes = cx.key(Action::Mouse, "F2");
        format!("the mouse is the terminal's · {takes} takes it{until}")
    });
    if !mouse.is_configured {
        memory::choose(cx, choice(mouse.is_remote), if is_ours { "on" } else { "off" }.to_owned());
    }
}

/// Over SSH something else may be wanted than where a person sits at the machine.
const fn choice(is_remote: bool) -> &'static str {
    if is_remote { "mouse_over_ssh" } else { "mouse" }
}

/// Takes over what was chosen in an earlier run.
pub(super) fn remembered(cx: &mut Cx<'_>) {
    let mouse = cx.model.mouse;
    let kept = cx.model.memory.choices.get(choice(mouse.is_remote));
    let wanted = match kept.map(|kept| kept.value.as_str()) {
        Some("on") => true,
        Some("off") => false,
        _ => return,
    };
    if !mouse.is_configured && wanted != mouse.is_ours {
        cx.model.mouse.is_ours = wanted;
        cx.emit(TerminalWork::CaptureMouse(wanted));
    }
}

/// What was held is held no more, and nothing is selected.
pub(super) fn let_go(cx: &mut Cx<'_>) {
    cx.machine.mouse = Held::default();
    cx.model.selection = None;
}

pub(super) fn update(cx: &mut Cx<'_>, pointer: Pointer, at: Timestamp) {
    if cx.model.is_guarded() {
        // Done for what was on the screen before.
        return let_go(cx);
    }
    let Pointer { act, column, row } = pointer;
    match act {
        PointerAct::Press => press(cx, column, row),
        PointerAct::Drag => drag(cx, column, row),
        PointerAct::Release => release(cx, column, row, at),
        PointerAct::WheelDown => wheel(cx, column, row, true),
        PointerAct::WheelUp => wheel(cx, column, row, false),
    }
}

/// A person is there, and looks; a sequence of keys that was begun ends.
fn attend(cx: &mut Cx<'_>) {
    cx.machine.steered = true;
    cx.machine.pressed += 1;
    cx.machine.landing = None;
    cx.machine.dispatcher.forget();
    memory::looked(cx);
}

fn press(cx: &mut Cx<'_>, column: u16, row: u16) {
    cx.machine.mouse.what = What::Nothing;
    cx.model.selection = None;
    if !cx.model.which_key.is_empty() {
        // The keys that may follow lie over what was meant.
        cx.machine.dispatcher.forget();
        cx.model.which_key.clear();
        return;
    }
    let layout = Layout::of(cx.model);
    cx.machine.mouse.what = match hit::place(cx.model, &layout, column, row) {
        Place::Divider if cx.model.view != View::Calls => What::Divider { moved: false },
        Place::Divider | Place::Elsewhere => What::Nothing,
        Place::Layer(kind, area) => {
            let seen = excerpt::seen_on(cx.model, Surface::Layer(kind), area, layout.wide);
            let from = hit::text_at(&seen, area, column, row);
            What::Layer { kind, area, cell: (column, row), from, moved: false }
        }
        Place::Typed(kind) => What::Typed(kind),
        Place::Pane(pane, area) => {
            let seen = excerpt::seen(cx.model, pane, area, layout.wide);
            let from = hit::text_at(&seen, area, column, row);
            What::Pane { pane, area, cell: (column, row), from, moved: false }
        }
    };
}

fn drag(cx: &mut Cx<'_>, column: u16, row: u16) {
    match cx.machine.mouse.what.clone() {
        What::Divider { .. } => {
            screen::drag_divider(cx, column);
            cx.machine.mouse.what = What::Divider { moved: true };
        }
        What::Pane { pane, area, cell, from, moved } if moved || cell != (column, row) => {
            match from.clone() {
                Some(from) => select(cx, Surface::Pane(pane), from, column, row),
                None if !moved => {
                    let copies = cx.key(Action::Copy, "yy");
                    cx.say(format!(
                        "the text of this pane is copied with {copies} · Shift and drag is the \
                         terminal's"
                    ));
                }
                None => {}
            }
            cx.machine.mouse.what = What::Pane { pane, area, cell, from, moved: true };
        }
        What::Layer { kind, area, cell, from: Some(from), moved }
            if moved || cell != (column, row) =>
        {
            select(cx, Surface::Layer(kind), from.clone(), column, row);
            let from = Some(from);
            cx.machine.mouse.what = What::Layer { kind, area, cell, from, moved: true };
        }
        What::Pane { .. } | What::Layer { .. } | What::Typed(_) | What::Nothing => {}
    }
}

/// Lines of a surface as they are now, and its area, which may have changed since it was pressed.
fn shown(cx: &Cx<'_>, on: Surface) -> Option<(Area, Vec<SeenLine>)> {
    let layout = Layout::of(cx.model);
    let area = match on {
        Surface::Pane(pane) => layout.area(pane)?,
        Surface::Layer(kind) => {
            let is_there = cx.model.layers.top().map(Layer::kind) == Some(kind);
            hit::layer_area(&layout, kind).filter(|_| is_there)?
        }
    };
    Some((area, excerpt::seen_on(cx.model, on, area, layout.wide)))
}

/// Selects up to a cell; beyond the edge of the surface, that scrolls.
fn select(cx: &mut Cx<'_>, on: Surface, from: (Spot, u16), column: u16, row: u16) {
    let Some((area, seen)) = shown(cx, on) else { return let_go(cx) };
    let Some(to) = hit::text_at(&seen, area, column, row) else { return };
    let selection = cx.model.selection.take().filter(|known| known.on == on);
    let mut selection =
        selection.unwrap_or_else(|| Box::new(Selection::new(on, seen.clone(), from)));
    selection.extend(&seen, to);
    cx.model.selection = Some(selection);
    let (first, last) = (seen.first().map(|line| line.y), seen.last().map(|line| line.y));
    let name = match on {
        Surface::Pane(pane) => TargetName::Pane(pane),
        Surface::Layer(kind) => TargetName::Layer(kind),
    };
    if first.is_some_and(|first| row < first) {
        scroll(cx, name, false, 1);
    } else if last.is_some_and(|last| row > last) {
        scroll(cx, name, true, 1);
    }
}

/// The last cell of a selection, which is copied.
fn end_selection(cx: &mut Cx<'_>, on: Surface, column: u16, row: u16) {
    if let Some((area, seen)) = shown(cx, on)
        && let Some(to) = hit::text_at(&seen, area, column, row)
        && let Some(selection) = cx.model.selection.as_mut()
    {
        selection.extend(&seen, to);
    }
    copy_selection(cx);
}

fn release(cx: &mut Cx<'_>, column: u16, row: u16, at: Timestamp) {
    match std::mem::take(&mut cx.machine.mouse.what) {
        What::Nothing
        | What::Divider { moved: false }
        | What::Pane { from: None, moved: true, .. } => {}
        What::Divider { moved: true } => screen::drop_divider(cx),
        What::Pane { pane, from: Some(_), moved: true, .. } => {
            end_selection(cx, Surface::Pane(pane), column, row);
        }
        What::Layer { kind, from: Some(_), moved: true, .. } => {
            end_selection(cx, Surface::Layer(kind), column, row);
        }
        What::Pane { pane, area, cell, moved: false, .. } => {
            let twice = is_second(cx, at, cell);
            click(cx, pane, area, cell, twice);
        }
        What::Typed(kind) => {
            let row = TypedRow::of(cx.model, Layout::of(cx.model).hints.width.into());
            if let Some(row) = row {
                put_cursor(cx, kind, (0, row.letter_at(column)));
            }
        }
        What::Layer { kind, area, cell, .. } => {
            let twice = is_second(cx, at, cell);
            click_layer(cx, kind, area, cell, twice);
        }
    }
}

/// Whether a click is the second on its cell; a third begins anew.
fn is_second(cx: &mut Cx<'_>, at: Timestamp, (column, row): (u16, u16)) -> bool {
    let before = cx.machine.mouse.clicked.replace((at, column, row));
    let twice = before.is_some_and(|(then, x, y)| {
        let apart = at.duration_since(then);
        (x, y) == (column, row) && apart <= TWICE && !apart.is_negative()
    });
    if twice {
        cx.machine.mouse.clicked = None;
    }
    twice
}

fn copy_selection(cx: &mut Cx<'_>) {
    let Some(text) = cx.model.selection.as_ref().map(|selection| selection.text()) else { return };
    if text.is_empty() {
        cx.model.selection = None;
        return cx.say("there is no text in what was selected");
    }
    cx.emit(TerminalWork::Copy { text, what: "selection".to_owned() });
}

/// Puts the cursor of what is written there, as its keys would: what goes by the word at the cursor follows.
fn put_cursor(cx: &mut Cx<'_>, kind: LayerKind, (row, letter): (usize, usize)) {
    attend(cx);
    let Some(editor) = cx.model.written_mut(kind) else { return };
    editor.move_to((row, letter.saturating_sub(1)));
    let edit = if letter == 0 { Edit::LineStart } else { Edit::Right };
    super::target(TargetName::Layer(kind)).edit(cx, &edit);
}

/// Gives a pane the keyboard and its row the cursor; the second click opens.
fn click(cx: &mut Cx<'_>, pane: Pane, area: Area, cell: (u16, u16), twice: bool) {
    if !cx.model.layers.is_empty() {
        // A message or an answer is being written: the keyboard stays there.
        let wide = Layout::of(cx.model).wide;
        return match (pane, hit::written_at(cx.model, pane, area, wide, cell)) {
            (Pane::Composer, Some(place)) => put_cursor(cx, LayerKind::Composer, place),
            (Pane::Answer, Some(place)) => put_cursor(cx, LayerKind::Answer, place),
            (Pane::Composer | Pane::Answer, None) => {}
            _ => {
                let ends = cx.key_of("write", Action::Leave, "Esc");
                cx.say(format!("{ends} ends writing; then the mouse selects"));
            }
        };
    }
    attend(cx);
    cx.model.toast = None;
    cx.model.sent = None;
    if cx.model.calls.departed().is_some() {
        return calls::let_go(cx.model);
    }
    if pane == Pane::Sessions || Pane::focused(cx.model) == Pane::Sessions {
        cx.model.moved_at = Some(cx.model.now);
    }
    if let Some(focus) = focus_of(pane) {
        cx.model.focus = focus;
    }
    let wide = Layout::of(cx.model).wide;
    if twice && follow_link(cx, pane, area, cell, wide) {
        return;
    }
    let Some(row) = hit::row(cx.model, pane, area, wide, cell.1) else { return };
    select_row(cx, pane, row);
    if twice && opens(pane) {
        keys::act(cx, Action::Open);
    }
}

/// Who gets the keyboard; `None` where that does not depend on it.
fn focus_of(pane: Pane) -> Option<Focus> {
    match pane {
        Pane::Sessions => Some(Focus::Sessions),
        Pane::Timeline | Pane::Detail | Pane::Waterfall => Some(Focus::Timeline),
        Pane::Queue => Some(Focus::Queue),
        Pane::Why => Some(Focus::Why),
        Pane::Arguments => Some(Focus::Arguments),
        Pane::Answer => Some(Focus::Answer),
        Pane::Files => Some(Focus::ArtifactList),
        Pane::Viewer => Some(Focus::Viewer),
        Pane::Agents => Some(Focus::AgentList),
        Pane::AgentFacts => Some(Focus::AgentFacts),
        Pane::Composer | Pane::Departed | Pane::Comparison | Pane::SessionDiff => None,
    }
}

/// Whether Enter only shows something there.
fn opens(pane: Pane) -> bool {
    match pane {
        Pane::Sessions
        | Pane::Timeline
        | Pane::Detail
        | Pane::Waterfall
        | Pane::Queue
        | Pane::Arguments
        | Pane::Files
        | Pane::Viewer
        | Pane::Comparison
        | Pane::SessionDiff
        | Pane::AgentFacts => true,
        // A filter takes the place of the one that stands there; what is written is the keyboard's.
        Pane::Agents | Pane::Why | Pane::Answer | Pane::Departed | Pane::Composer => false,
    }
}

fn select_row(cx: &mut Cx<'_>, pane: Pane, row: RowOf) {
    match row {
        RowOf::Session(session) => {
            cx.model.sessions.select(&session);
            super::sessions::show_selected(cx);
        }
        RowOf::Unit(unit) => {
            if let Some(open) = &mut cx.model.open {
                open.timeline.select(&unit);
            }
        }
        RowOf::Call(call) => cx.model.calls.select(&call),
        RowOf::File(file) => cx.model.artifacts.list.select(&file),
        RowOf::Agent(item) => cx.model.agent_pane.select(item),
        RowOf::FromCursor(by) => step(cx, TargetName::Pane(pane), by),
    }
}

/// Copies the address under the pointer, where there is one.
fn follow_link(cx: &mut Cx<'_>, pane: Pane, area: Area, cell: (u16, u16), wide: bool) -> bool {
    let seen = excerpt::seen(cx.model, pane, area, wide);
    let Some(at) = seen.iter().position(|line| line.y == cell.1) else { return false };
    let here = &seen[at];
    let rest = seen.get(at + 1).filter(|_| here.joins == Some(""));
    let rest = rest.map_or("", |next| next.text.as_str());
    let column = cell.0.checked_sub(area.x + here.column);
    let Some(link) = column.and_then(|column| link_at(&here.text, column, rest)) else {
        return false;
    };
    cx.emit(TerminalWork::Copy { text: link, what: "link".to_owned() });
    true
}

fn click_layer(cx: &mut Cx<'_>, kind: LayerKind, area: Area, cell: (u16, u16), twice: bool) {
    if cx.model.layers.top().map(Layer::kind) != Some(kind) {
        return;
    }
    attend(cx);
    if kind == LayerKind::Form {
        return click_form(cx, area, cell);
    }
    let Some(by) = hit::layer_row(cx.model, area, cell.1) else { return };
    step(cx, TargetName::Layer(kind), by);
    // In help and on the command line Enter runs what is there; a compaction is sent by it.
    let opens = matches!(
        kind,
        LayerKind::Bookmarks | LayerKind::Uses | LayerKind::Branches | LayerKind::SessionSearch
    );
    if twice && opens && by == 0 {
        let open = if kind == LayerKind::SessionSearch { Action::Confirm } else { Action::Open };
        keys::act(cx, open);
    }
}

/// Gives a field of a form the keyboard, and puts the cursor into what is typed there. On the button it only goes
/// to it.
fn click_form(cx: &mut Cx<'_>, area: Area, (column, row): (u16, u16)) {
    let Some(form) = cx.model.layers.form_mut().filter(|form| !form.sending) else { return };
    let under = form.places(area).into_iter().find(|(_, part)| part.contains(column, row));
    let Some((at, part)) = under else { return };
    form.at = at;
    let Some(field) = form.field_mut() else { return };
    let within = field.value_in(part);
    let place = field.view().and_then(|view| view.place_at(within, column, row));
    if let Some(place) = place {
        field.editor.move_to(place);
    }
}

/// Moves the cursor of a target by rows, as its arrow keys do.
fn step(cx: &mut Cx<'_>, name: TargetName, by: isize) {
    let (action, edit) = if by > 0 { (Action::Down, Edit::Down) } else { (Action::Up, Edit::Up) };
    let target = super::target(name);
    for _ in 0..by.unsigned_abs().min(FARTHEST.unsigned_abs()) {
        match target.handler(cx.model, action) {
            Some(handler) => handler(cx, action),
            None if target.takes_text() => target.edit(cx, &edit),
            None => return,
        }
    }
}

/// Scrolls what is under the pointer, whoever has the keyboard.
fn wheel(cx: &mut Cx<'_>, column: u16, row: u16, down: bool) {
    let layout = Layout::of(cx.model);
    let name = match hit::place(cx.model, &layout, column, row) {
        Place::Pane(Pane::Composer, _) => {
            return edit_by(cx, TargetName::Layer(LayerKind::Composer), down);
        }
        Place::Pane(Pane::Answer, _) if cx.model.layers.answer().is_some() => {
            return edit_by(cx, TargetName::Layer(LayerKind::Answer), down);
        }
        // In a form, what an arrow key does is to choose.
        Place::Divider | Place::Typed(_) | Place::Elsewhere | Place::Layer(LayerKind::Form, _) => {
            return;
        }
        Place::Pane(pane, _) => TargetName::Pane(pane),
        Place::Layer(kind, _) => TargetName::Layer(kind),
    };
    // A selection stays on its lines, wherever they go.
    attend(cx);
    if name == TargetName::Pane(Pane::Sessions) {
        cx.model.moved_at = Some(cx.model.now);
    }
    scroll(cx, name, down, cx.model.mouse.wheel_lines.into());
}

fn edit_by(cx: &mut Cx<'_>, name: TargetName, down: bool) {
    let edit = if down { Edit::Down } else { Edit::Up };
    for _ in 0..cx.model.mouse.wheel_lines {
        super::target(name).edit(cx, &edit);
    }
}

fn scroll(cx: &mut Cx<'_>, name: TargetName, down: bool, rows: usize) {
    let action = if down { Action::ScrollDown } else { Action::ScrollUp };
    let target = super::target(name);
    for _ in 0..rows {
        let Some(handler) = target.handler(cx.model, action) else {
            let by = isize::try_from(rows).unwrap_or(1);
            return step(cx, name, if down { by } else { -by });
        };
        handler(cx, action);
    }
}
