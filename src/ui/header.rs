//! The header: where we are connected to, what is looked at, what needs somebody, and how much of
//! that is known.
//!
//! Start with [`draw`]. The invariant: a count that is not whole says so, at any width.

use super::cells::{self, put, text};
use super::frame::clean;
use super::{Scene, badge};
use crate::canvas::{Canvas, Span};
use crate::text::{quoted, units, width};
use crate::theme::Theme;
use crate::view::pane::tool_calls::Call;
use crate::view::{Model, View};

pub(super) fn draw(canvas: &mut Canvas, scene: &Scene) {
    let (model, theme) = (scene.model, scene.theme);
    let columns = usize::from(scene.layout.header.width);
    let mut left = badge::spans(theme, &model.profile, scene.layout.wide);
    let badge = cells::spans_width(&left);
    let crumbs = crumbs(model, scene.layout.wide);
    left.push(text(clean(&crumbs), theme.heading));
    let age = match model.view {
        View::File => "offline, read-only".to_owned(),
        _ => model.link.age(&model.wall()),
    };
    let age_style = if model.link.is_well() { theme.dim } else { theme.error };
    let whole = status(model, theme, scene.layout.wide, false);
    let room = columns.saturating_sub(badge + width::width(&age) + 4);
    let short = cells::spans_width(&whole) > room;
    let mut right = if short { status(model, theme, scene.layout.wide, true) } else { whole };
    if let Some(rules) = model.commands.rules_words(model.profile.read_only) {
        let gap = if right.is_empty() { "" } else { "  " };
        right.insert(0, text(format!("{}{gap}", clean(&rules)), theme.you));
    }
    // It outlasts the notice that said why.
    if model.unkept.is_some() {
        let gap = if right.is_empty() { "" } else { "  " };
        right.insert(0, text(format!("not kept{gap}"), theme.error));
    }
    let gap = if short { "  " } else { "   " };
    right.push(text(format!("{gap}{age} "), age_style));
    if scene.layout.wide {
        // Minutes are enough for a glance, and a still screen writes nothing.
        let wall = model.wall();
        let clock = format!("  {} {} ", wall.minute(model.now), wall.zone_name());
        right.push(text(clock, theme.dim));
    }
    let line = cells::line(left, right, columns);
    put(canvas, scene.layout.header, 0, &line);
}

fn crumbs(model: &Model, wide: bool) -> String {
    let agents = || match model.sessions.counts().agents {
        0 => String::new(),
        1 => {
            let first = model.sessions.iter().next();
            first.map_or_else(String::new, |(name, _)| quoted::in_sentence(name.agent.as_str()))
        }
        many => units::counted(many, "agent"),
    };
    match model.view {
        View::Triage => agents(),
        View::File => String::new(),
        View::Compare => format!("{} ▸ compare", agents()),
        View::Agents => {
            let item = model.agent_pane.selected().map(|item| quoted::in_sentence(item.key()));
            let key = item.map_or_else(String::new, |key| format!(" ▸ {key}"));
            format!("agents{key}")
        }
        View::Calls if wide => agents(),
        View::Calls => {
            let departed = model.calls.departed().map(|departed| &departed.call);
            departed.or(model.calls.selected()).map_or_else(agents, |call: &Call| {
                let key = quoted::in_sentence(call.session.key.as_str());
                format!("{key} ▸ {}", quoted::in_sentence(&call.pending.tool_name))
            })
        }
        View::Artifacts => {
            let session = model.artifacts.session();
            let key = session.map(|session| quoted::in_sentence(session.key.as_str()));
            let key = key.unwrap_or_default();
            if wide && let Some(session) = session {
                format!("{} ▸ {key} ▸ artifacts", quoted::in_sentence(session.agent.as_str()))
            } else {
                format!("{key} ▸ artifacts")
            }
        }
    }
}

/// What there is, in numbers. `short` leaves out how much of it is known.
fn status(model: &Model, theme: &Theme, wide: bool, short: bool) -> Vec<Span<'static>> {
    match model.view {
        // What is counted there counts for them as well.
        View::Triage | View::Agents | View::Compare => {
            let counts = model.sessions.counts();
            let mut parts = Vec::new();
            let left_out = counts.left_out();
            let counted = counts.need_you + counts.failing > 0;
            // Where there is no room to say how much is left out, that something is.
            let more = if short && left_out.is_some() { "+" } else { "" };
            if counts.need_you > 0 {
                let words = if wide {
                    let calls = units::counted(model.calls.len(), "call");
                    format!("{} need you ({calls})", counts.need_you)
                } else {
                    format!("{}{more} need you", counts.need_you)
                };
                parts.push(text(words, theme.you));
            }
            if counts.failing > 0 {
                parts.push(text(format!("{}{more} failing", counts.failing), theme.error));
            }
            if wide && counts.loaded > 0 {
                parts.push(text(format!("{} running", counts.running), theme.running));
            }
            parts.extend(
                left_out.filter(|_| !(short && counted)).map(|words| text(words, theme.text)),
            );
            let separator = match (wide, short) {
                (true, _) => " · ",
                (false, false) => "  ",
                (false, true) => " ",
            };
            let mut out = Vec::new();
            for part in parts {
                if !out.is_empty() {
                    out.push(text(separator, theme.dim));
                }
                out.push(part);
            }
            out
        }
        View::File => Vec::new(),
        View::Calls => {
            let tally = model.calls.tally();
            let count = tally.waiting;
            let words = match model.calls.position() {
                Some(at) if !wide && count > 1 => {
                    let (at, count) = (units::grouped(at + 1), units::grouped(count));
                    format!("call {at} of {count}{}", tally.aside())
                }
                _ if count == 0 => model.nothing_waits(),
                _ => tally.words(),
            };
            vec![text(words, if count > 0 { theme.you } else { theme.dim })]
        }
        View::Artifacts => {
            let (count, total) = (model.artifacts.artifacts().len(), model.artifacts.total_bytes());
            let files = units::counted(count, "file");
            let files = if wide { format!("{files} · {}", units::bytes(total)) } else { files };
            vec![text(files, theme.text)]
        }
    }
}
