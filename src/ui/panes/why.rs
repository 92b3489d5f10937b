//! Why the selected call is there: the events that led to it, each with the way to its row.

use super::super::Scene;
use super::super::cells::{self, put, text};
use crate::action::Action;
use crate::canvas::{Canvas, Line, Style};
use crate::model::reasons::{Cause, Reason};
use crate::text::{quoted, width, wrap};
use crate::theme::Theme;
use crate::view::layout::WhyParts;
use crate::view::pane::tool_calls::Call;
use crate::view::{Area, Focus};

/// The part of the queue's pane.
pub(super) fn draw(canvas: &mut Canvas, scene: &Scene, area: Area, call: &Call) {
    if area.height > 0 {
        let parts = WhyParts::below_queue(area);
        let focus = if scene.model.focus == Focus::Why { scene.theme.glyphs.focus } else { "" };
        let heading = cells::rule(scene, &format!("{focus}why"), area.width.into());
        put(canvas, parts.heading, 0, &heading);
        draw_reasons(canvas, scene, parts, call);
    }
}

/// A pane of its own, where the queue has no room for it.
pub(super) fn draw_alone(canvas: &mut Canvas, scene: &Scene, area: Area) {
    let Some(call) = scene.model.calls.selected() else { return };
    let tool = quoted::in_sentence(&call.pending.tool_name);
    let session = quoted::in_sentence(call.session.key.as_str());
    let about = text(format!("  {tool} of {session}"), scene.theme.text);
    let line = cells::line(
        vec![cells::title(scene.theme, true, "Why"), about],
        vec![text(format!("{} ", scene.model.wall().zone_name()), scene.theme.dim)],
        area.width.into(),
    );
    let parts = WhyParts::alone(area);
    put(canvas, parts.heading, 0, &line);
    draw_reasons(canvas, scene, parts, call);
}

fn draw_reasons(canvas: &mut Canvas, scene: &Scene, parts: WhyParts, call: &Call) {
    let (model, theme, area) = (scene.model, scene.theme, parts.reasons);
    let columns = usize::from(area.width);
    let why = model.why(call);
    let mut lines = Vec::new();
    let mut chosen = 0..0;
    if let Some(why) = why {
        let top = model.calls.reasons.top();
        let times = why.reasons.iter().filter_map(|reason| reason.at);
        let times = times.map(|at| width::width(&model.wall().exact(at))).max().unwrap_or(8);
        for (at, reason) in why.reasons.iter().enumerate().skip(top) {
            let first = lines.len();
            lines.extend(reason_lines(scene, reason, times, columns, parts.lines));
            if at == model.reason_at(call) {
                chosen = first..lines.len();
            }
        }
        if !why.from_start {
            lines.push(note(theme, " what began the turn is older than what was read"));
        }
    } else {
        lines.push(note(theme, " not known: its events are not read yet"));
    }
    lines.truncate(usize::from(area.height.saturating_sub(1)));
    let goes = if model.focus == Focus::Why {
        format!(" Enter jumps there · {} comes back", model.keys.of(Action::ViewBack, "[["))
    } else {
        format!(" {} goes through the reasons", model.keys.of(Action::Why, "gw"))
    };
    lines.push(note(theme, &goes));
    for (row, line) in lines.iter().enumerate() {
        put(canvas, area, row, line);
    }
    if model.focus == Focus::Why {
        let row = |row: usize| u16::try_from(row).unwrap_or(u16::MAX);
        let rows = area.between(row(chosen.start), 1).top(row(chosen.len()));
        cells::mark_rows(canvas, theme, rows, true);
    }
}

fn note(theme: &Theme, words: &str) -> Line<'static> {
    Line::from(text(words.to_owned(), theme.dim))
}

fn reason_lines(
    scene: &Scene,
    reason: &Reason,
    times: usize,
    columns: usize,
    most: usize,
) -> Vec<Line<'static>> {
    let theme = scene.theme;
    let clock = reason.at.map_or_else(String::new, |at| scene.model.wall().exact(at));
    let (who, style): (String, Style) = match &reason.cause {
        Cause::Asked => ("you: ".to_owned(), theme.heading),
        Cause::Found { tool, error: false } => {
            (format!("{}: ", quoted::in_sentence(tool)), theme.text)
        }
        Cause::Found { tool, error: true } => {
            (format!("{} ERR: ", quoted::in_sentence(tool)), theme.error)
        }
        Cause::Thought => ("thought: ".to_owned(), theme.dim),
        Cause::Said => ("agent: ".to_owned(), theme.text),
    };
    let indent = times + 3;
    let room = columns.saturating_sub(indent + 1).max(1);
    let (wrapped, rest) = wrap::wrap(&format!("{who}{}", reason.text), room, most);
    let mut lines = Vec::new();
    for (row, part) in wrapped.iter().enumerate() {
        let start = if row == 0 { format!("{clock:times$}  ") } else { " ".repeat(indent - 1) };
        let last = row + 1 == wrapped.len() && rest > 0;
        let part = if last {
            width::truncate(&format!("{part}{}", theme.glyphs.ellipsis), room).into_owned()
        } else {
            part.clone()
        };
        lines.push(Line::from(vec![
            text(" ", theme.text),
            text(start, theme.dim),
            text(part, style),
        ]));
    }
    lines
}
