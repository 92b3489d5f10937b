//! The agents and aliases of the service, and what is known of the selected one.

use super::super::Scene;
use super::super::cells::{self, put, text};
use crate::canvas::{Canvas, Line, Span, Style};
use crate::model::attention::Attention;
use crate::model::sessions::AgentTally;
use crate::text::{quoted, units, width};
use crate::view::layout::{AgentFactsParts, AgentListParts};
use crate::view::pane::agents::{self, Item, Look, Row};
use crate::view::{Area, Focus, Level};

/// What is told of the sessions of an agent in its row, the most urgent first.
const TOLD: [Attention; 3] = [Attention::NeedsYou, Attention::Failing, Attention::Running];

/// Columns around the name of an alias and the arrow behind it.
const BESIDE: usize = 5;
/// Columns of targets that still say something.
const LEAST_TARGET: usize = 8;

pub(super) fn draw_list(canvas: &mut Canvas, scene: &Scene, area: Area) {
    let (model, theme) = (scene.model, scene.theme);
    let columns = usize::from(area.width);
    let pane = &model.agent_pane;
    let focused = model.focus == Focus::AgentList;
    let parts = AgentListParts::of(area);
    let left = vec![cells::title(theme, focused, "5 Agents")];
    // None that is known is not none that is there.
    let is_known = !model.agents.is_empty() || model.sessions.awaited().is_some();
    let count = if is_known { units::grouped(model.agents.len()) } else { String::new() };
    let right = vec![text(count, theme.dim)];
    put(canvas, parts.heading, 0, &cells::line(left, right, columns));
    for (y, at) in pane.rows_seen().enumerate() {
        let row = &pane.rows()[at];
        put(canvas, parts.rows, y, &list_row(scene, row, columns));
        if row.item().is_some()
            && row.item() == pane.selected()
            && let Ok(y) = u16::try_from(y)
        {
            cells::mark_rows(canvas, theme, parts.rows.row(y), focused);
        }
    }
}

fn list_row(scene: &Scene, row: &Row, columns: usize) -> Line<'static> {
    let theme = scene.theme;
    match row {
        Row::Heading(words) => {
            cells::line(vec![text(format!(" {words}"), theme.heading)], Vec::new(), columns)
        }
        Row::Note(words) => {
            cells::line(vec![text(format!(" {words}"), theme.dim)], Vec::new(), columns)
        }
        Row::Agent { item, state, tally } => {
            let right = match *state {
                "enabled" => counts(scene, tally),
                state => vec![text(state, state_style(scene, state))],
            };
            named(scene, item, right, columns)
        }
        Row::Alias { item, state, to, targets } => {
            let right = match *state {
                "enabled" => {
                    // The name comes first; where the targets have no room, they are counted.
                    let name = width::width(&quoted::in_list(item.key(), columns));
                    let room = columns.saturating_sub(name + BESIDE);
                    let to = if room < LEAST_TARGET.min(width::width(to)) || to.is_empty() {
                        units::counted(*targets, "agent")
                    } else {
                        width::truncate(to, room).into_owned()
                    };
                    vec![text(format!("→ {to}"), theme.dim)]
                }
                state => vec![text(state, state_style(scene, state))],
            };
            named(scene, item, right, columns)
        }
    }
}

/// A damaged one is no failure of a session, and a disabled one wants nobody.
fn state_style(scene: &Scene, state: &str) -> Style {
    if state == "damaged" { scene.theme.error } else { scene.theme.dim }
}

fn named(scene: &Scene, item: &Item, right: Vec<Span<'static>>, columns: usize) -> Line<'static> {
    // One column before the name, and a blank behind it.
    let room = columns.saturating_sub(cells::spans_width(&right) + 2);
    let name = quoted::in_list(item.key(), room);
    cells::line(vec![text(format!(" {name}"), scene.theme.text)], right, columns)
}

/// `2 need you · 1 failing · 14`, or in a narrow pane `2! 1x 14`. How many run is told where that is the
/// most urgent.
fn counts(scene: &Scene, tally: &AgentTally) -> Vec<Span<'static>> {
    let theme = scene.theme;
    let mut out = Vec::new();
    for attention in TOLD {
        let count = tally.count(attention);
        if count == 0 || attention == Attention::Running && !out.is_empty() {
            continue;
        }
        let style = match attention {
            Attention::NeedsYou => theme.you,
            Attention::Failing => theme.error,
            _ => theme.running,
        };
        let count = units::grouped(count);
        if scene.layout.wide {
            let word = match attention {
                Attention::NeedsYou => "need you",
                other => other.word(),
            };
            out.push(text(format!("{count} {word}"), style));
            out.push(text(" · ", theme.dim));
        } else {
            out.push(text(format!("{count}{} ", attention.glyph()), style));
        }
    }
    out.push(text(tally.total(), theme.dim));
    out
}

pub(super) fn draw_facts(canvas: &mut Canvas, scene: &Scene, area: Area) {
    let (model, theme) = (scene.model, scene.theme);
    let columns = usize::from(area.width);
    let pane = &model.agent_pane;
    let focused = model.focus == Focus::AgentFacts;
    let parts = AgentFactsParts::of(area);
    let (word, key) = match pane.selected() {
        Some(Item::Agent(key)) => ("agent", quoted::in_heading(key.as_str(), columns / 2)),
        Some(Item::Alias(key)) => ("alias", quoted::in_heading(key.as_str(), columns / 2)),
        None => ("", String::new()),
    };
    let mut left = vec![cells::title(theme, focused, word)];
    left.push(text(format!(" {key}"), cells::title_style(theme, focused)));
    put(canvas, parts.heading, 0, &cells::line(left, Vec::new(), columns));
    for (y, at) in pane.lines_seen().enumerate() {
        put(canvas, parts.lines, y, &fact(scene, &pane.lines()[at], columns));
        if at == pane.at()
            && let Ok(y) = u16::try_from(y)
        {
            cells::mark_rows(canvas, theme, parts.lines.row(y), focused);
        }
    }
    if pane.selected().is_none() {
        let words = Line::from(text(" nothing is selected", theme.dim));
        put(canvas, parts.lines, 0, &words);
    }
    let of = pane.lines().len();
    let seen = pane.lines_seen();
    let position = format!("lines {}-{} of {of} ", (seen.start + 1).min(of), seen.end);
    let footer = cells::line(Vec::new(), vec![text(position, theme.dim)], columns);
    put(canvas, parts.footer, 0, &footer);
}

fn fact(scene: &Scene, line: &agents::Line, columns: usize) -> Line<'static> {
    let theme = scene.theme;
    if line.look == Look::Rule {
        return cells::rule(scene, &line.text, columns);
    }
    let sign = match line.folded {
        Some(true) => theme.glyphs.folded,
        Some(false) => theme.glyphs.unfolded,
        None => " ",
    };
    let style = match (line.look, line.level) {
        (_, Some(Level::Error)) => theme.error,
        (_, Some(_)) => theme.you,
        (Look::Code, None) => theme.code_string,
        _ => theme.text,
    };
    let before = format!("{}{sign} ", " ".repeat(line.indent));
    let mut left = vec![text(before, theme.dim)];
    if line.look == Look::Fact {
        // What can be unfolded is a name, and content; a label is furniture.
        let label = if line.folded.is_some() { theme.text } else { theme.dim };
        left.push(text(format!("{} ", line.label), label));
    }
    left.push(text(line.text.clone(), style));
    cells::line(left, Vec::new(), columns)
}
