//! Every call that waits for a person, oldest first, and what is known about the selected one.

use ratatui::Frame;

use crate::model::tool_calls::Call;
use crate::model::{Area, Focus};
use crate::text::units;

use super::super::Scene;
use super::super::cells::{self, put, text};
use super::super::frame::clean;
use super::sessions::title_style;

pub(super) fn draw(frame: &mut Frame, scene: &Scene, area: Area) {
    let (model, theme) = (scene.model, scene.theme);
    let columns = usize::from(area.width);
    let title = vec![text(" 1 Your turn", title_style(theme, model.focus == Focus::Queue))];
    let amount = vec![text(units::counted(model.calls.len(), "call"), theme.dim)];
    put(frame.buffer_mut(), area, 0, &cells::line(title, amount, columns));
    let order =
        cells::line(vec![text(" all agents · oldest first", theme.dim)], Vec::new(), columns);
    put(frame.buffer_mut(), area, 1, &order);
    let details = model.calls.selected().map_or(0, |_| 6);
    let room = usize::from(area.height).saturating_sub(3 + details).max(2) / 2;
    let at = model.calls.position().unwrap_or(0);
    // The list is short and the selection rarely at its end, so it scrolls by whole screens.
    let top = at / room.max(1) * room.max(1);
    for (row, call) in model.calls.iter().skip(top).take(room).enumerate() {
        draw_call(frame, scene, area, 3 + row * 2, call);
    }
    if let Some(call) = model.calls.selected() {
        let first = usize::from(area.height).saturating_sub(details);
        let age = units::age(units::seconds_between(call.since, model.now));
        let facts = [
            ("event", clean(call.id().as_str())),
            ("config", clean(&call.call.tool_configuration_name)),
            ("tool", clean(&call.call.tool_name)),
            ("waiting", format!("{age}  since {}Z", units::clock(call.since))),
        ];
        put(frame.buffer_mut(), area, first, &cells::rule(scene, "call", columns));
        for (row, (name, value)) in facts.into_iter().enumerate() {
            let spans = vec![text(format!(" {name:<8} "), theme.dim), text(value, theme.text)];
            put(
                frame.buffer_mut(),
                area,
                first + 1 + row,
                &cells::line(spans, Vec::new(), columns),
            );
        }
    }
}

fn draw_call(frame: &mut Frame, scene: &Scene, area: Area, row: usize, call: &Call) {
    let (model, theme) = (scene.model, scene.theme);
    let columns = usize::from(area.width);
    let selected = model.calls.selected().is_some_and(|selected| selected.id() == call.id());
    let (marker, style) = if selected {
        (scene.theme.glyphs.marker, theme.text.patch(theme.selection))
    } else {
        (" ", theme.text)
    };
    let age = units::age(units::seconds_between(call.since, model.now));
    let glyph = if call.set_aside { "-" } else { "!" };
    let first = vec![
        text(marker, theme.accent),
        text(glyph, theme.you),
        text(format!(" {}", clean(&call.call.tool_name)), style),
    ];
    put(
        frame.buffer_mut(),
        area,
        row,
        &cells::line(first, vec![text(format!("{age}   "), theme.dim)], columns),
    );
    let siblings: Vec<&Call> = model.calls.of_session(&call.session).collect();
    let place = siblings.iter().position(|sibling| sibling.id() == call.id()).unwrap_or(0) + 1;
    let mut note = String::new();
    if siblings.len() > 1 {
        note = format!("{place} of {}   ", siblings.len());
    }
    if call.draft.touched {
        note = format!("draft  {note}");
    }
    let second = vec![
        text(marker, theme.accent),
        text(format!("  {}", clean(call.session.key.as_str())), theme.dim),
    ];
    put(
        frame.buffer_mut(),
        area,
        row + 1,
        &cells::line(second, vec![text(note, theme.dim)], columns),
    );
}
