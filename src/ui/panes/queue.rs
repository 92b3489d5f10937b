//! Every call that waits for a person, oldest first, those set aside behind them, and what is known
//! about the selected one.
//!
//! Looks at the calls on the screen only, so that a queue of a thousand scrolls like one of ten.

use super::super::Scene;
use super::super::cells::{self, put, text};
use super::super::frame::clean;
use crate::canvas::Canvas;
use crate::text::units;
use crate::view::layout::QueueParts;
use crate::view::pane::tool_calls::Call;
use crate::view::{Area, Focus};

pub(super) fn draw(canvas: &mut Canvas, scene: &Scene, area: Area) {
    let (model, theme) = (scene.model, scene.theme);
    let columns = usize::from(area.width);
    let title = vec![cells::title(theme, model.focus == Focus::Queue, "1 Your turn")];
    let count = model.calls.len();
    let amount = match model.calls.position() {
        Some(at) if count > 1 => {
            format!("{} of {} calls", units::grouped(at + 1), units::grouped(count))
        }
        _ => units::counted(count, "call"),
    };
    let amount = vec![text(amount, theme.dim)];
    let parts = QueueParts::of(area, model.calls.is_empty());
    put(canvas, parts.heading, 0, &cells::line(title, amount, columns));
    let new = match model.calls.new_calls() {
        0 => Vec::new(),
        count => vec![text(format!("{} new", units::grouped(count)), theme.accent)],
    };
    let order = vec![text(" all agents · oldest first", theme.dim)];
    put(canvas, parts.order, 0, &cells::line(order, new, columns));
    draw_list(canvas, scene, &parts);
    if let Some(call) = model.calls.selected() {
        draw_facts(canvas, scene, parts.facts, call);
        super::why::draw(canvas, scene, parts.why, call);
    }
}

fn draw_list(canvas: &mut Canvas, scene: &Scene, parts: &QueueParts) {
    let (model, area) = (scene.model, parts.list);
    let columns = usize::from(area.width);
    let tally = model.calls.tally();
    let waiting = tally.waiting - tally.set_aside;
    let (top, mut row) = (model.calls.top(), 0);
    for (at, call) in model.calls.iter_from(top).take(parts.calls(tally.set_aside)).enumerate() {
        if call.set_aside && (at == 0 || top + at == waiting) {
            let title = format!("set aside · {}", units::grouped(tally.set_aside));
            put(canvas, area, row, &cells::rule(scene, &title, columns));
            row += 1;
        }
        draw_call(canvas, scene, area, row, call);
        row += 2;
    }
    if tally.waiting == 0 {
        let words = vec![text(format!(" {}", model.nothing_waits()), scene.theme.dim)];
        put(canvas, area, 0, &cells::line(words, Vec::new(), columns));
    }
}

fn draw_facts(canvas: &mut Canvas, scene: &Scene, area: Area, call: &Call) {
    let (model, theme) = (scene.model, scene.theme);
    let columns = usize::from(area.width);
    let age = units::ago(call.since, model.now);
    let wall = model.wall();
    // How long is said in the list; a date leaves no room for it here.
    let since = if wall.is_today(call.since) {
        ("waiting", format!("{age}  since {}", wall.named(call.since)))
    } else {
        ("since", format!("{} {}", wall.exact_minute(call.since), wall.zone_at(call.since)))
    };
    let facts = [
        ("event", clean(call.id().as_str())),
        ("config", clean(&call.pending.tool_configuration_name)),
        ("tool", clean(&call.pending.tool_name)),
        since,
    ];
    put(canvas, area, 0, &cells::rule(scene, "call", columns));
    for (row, (name, value)) in facts.into_iter().enumerate() {
        let spans = vec![text(format!(" {name:<8} "), theme.dim), text(value, theme.text)];
        put(canvas, area, 1 + row, &cells::line(spans, Vec::new(), columns));
    }
}

fn draw_call(canvas: &mut Canvas, scene: &Scene, area: Area, row: usize, call: &Call) {
    let (model, theme) = (scene.model, scene.theme);
    let columns = usize::from(area.width);
    let selected = model.calls.selected().is_some_and(|selected| selected.id() == call.id());
    let base = if call.set_aside { theme.dim } else { theme.text };
    let age = units::ago(call.since, model.now);
    let (glyph, sign) = if call.set_aside { ("-", theme.dim) } else { ("!", theme.you) };
    let first = vec![
        text(" ", theme.text),
        text(glyph, sign),
        text(format!(" {}", clean(&call.pending.tool_name)), base),
    ];
    let age = vec![text(format!("{age}   "), theme.dim)];
    put(canvas, area, row, &cells::line(first, age, columns));
    let mut notes = Vec::new();
    if call.set_aside {
        notes.push("set aside".to_owned());
    }
    if model.calls.is_new(call.id()) {
        notes.push("new".to_owned());
    }
    if call.draft.touched {
        notes.push("draft".to_owned());
    }
    let siblings = model.calls.of_session(&call.session).count();
    if siblings > 1 {
        let mut siblings_before = model.calls.of_session(&call.session);
        let place = siblings_before.position(|sibling| sibling.id() == call.id()).unwrap_or(0) + 1;
        notes.push(format!("{place} of {siblings}"));
    }
    notes.push(" ".to_owned());
    let second = vec![text(format!("   {}", clean(call.session.key.as_str())), theme.dim)];
    let note = vec![text(notes.join("  "), theme.dim)];
    put(canvas, area, row + 1, &cells::line(second, note, columns));
    if selected {
        let rows = area.between(u16::try_from(row).unwrap_or(u16::MAX), 0).top(2);
        cells::mark_rows(canvas, theme, rows, model.focus == Focus::Queue);
    }
}
