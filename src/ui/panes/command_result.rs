//! The local command of a call: that it runs, or how it ended and what became of its output.

use super::super::Scene;
use super::super::cells::{self, put, text};
use super::super::frame::clean;
use crate::action::Action;
use crate::canvas::{Canvas, Line, Span};
use crate::model::AnswerKind;
use crate::text::{units, width};
use crate::tools::audit::By;
use crate::view::Area;
use crate::view::commands::{Became, CommandRun, RunState};
use crate::view::pane::tool_calls::Call;

/// Rows that the editor keeps whatever a command said.
const EDITOR: u16 = 3;

/// Draws at the bottom of `area`, if a command was run for this call; what is left is for the draft.
pub(super) fn draw(canvas: &mut Canvas, scene: &Scene, call: &Call, area: Area) -> Area {
    let Some(run) = scene.model.commands.get(call.id()) else { return area };
    let lines = lines(scene, call, run, area.width.into());
    let room = area.height.saturating_sub(EDITOR);
    let rows = u16::try_from(lines.len()).unwrap_or(u16::MAX).min(room);
    let (left, place) = area.split_bottom(rows);
    for (row, line) in lines.iter().take(rows.into()).enumerate() {
        put(canvas, place, row, line);
    }
    left
}

fn lines(scene: &Scene, call: &Call, run: &CommandRun, columns: usize) -> Vec<Line<'static>> {
    let theme = scene.theme;
    let wide = scene.layout.wide;
    let mut out = Vec::new();
    if wide {
        out.push(cells::rule(scene, "from a command", columns));
    }
    let (state, became, ended) = match &run.state {
        RunState::Running => {
            let time = run.seconds(scene.model.now);
            let time = if time == 0 { String::new() } else { format!(" {time}s") };
            let stops = scene.model.keys.of(Action::RunCommand, "!");
            (format!("running{time}"), format!("{stops} stops it"), None)
        }
        RunState::Stopping => ("ending".to_owned(), String::new(), None),
        RunState::Ended { ran, became } => {
            let size = units::bytes(ran.stdout.len() as u64);
            let state = match (wide, ran.succeeded()) {
                (true, true) => {
                    format!(
                        "args on stdin · ran {} · {} · {size} bytes",
                        ran.took_words(),
                        ran.ending
                    )
                }
                (true, false) => format!("ran {} · {}", ran.took_words(), ran.ending),
                (false, true) => format!("{} · {size} bytes", ran.ending),
                (false, false) => ran.ending.to_string(),
            };
            (state, words(scene, call, run, *became, wide), Some(ran))
        }
    };
    let failed = ended.is_some_and(|ran| !ran.succeeded());
    let style = if failed { theme.error } else { theme.text };
    let by = match &run.by {
        By::Person => String::new(),
        by => format!("{by}: "),
    };
    let state = clean(&state);
    let (first, second) =
        if wide { (state, became) } else { (joined(&state, &became), String::new()) };
    let room = columns.saturating_sub(width::width(&first) + 5).max(columns / 3);
    let command = width::truncate(&clean(&format!("{by}{}", run.line)), room).into_owned();
    let left: Vec<Span> = vec![text(" ! ", theme.accent), text(command, theme.text)];
    out.push(cells::line(left, vec![text(format!("{first} "), style)], columns));
    if !second.is_empty() {
        out.push(Line::from(text(format!("   {second}"), theme.dim)));
    }
    // Of a success only where there is room: programs chat.
    let last = match (wide, failed) {
        (true, true) => 4,
        (true, false) | (false, true) => 1,
        (false, false) => 0,
    };
    if let Some(why) = run.held.as_ref().filter(|_| !wide) {
        let why = width::truncate(&clean(why), columns.saturating_sub(4)).into_owned();
        out.push(Line::from(text(format!("   {why}"), theme.dim)));
    }
    for said in ended.map(|ran| ran.last_words(last)).unwrap_or_default() {
        let said = width::truncate(&clean(said), columns.saturating_sub(4)).into_owned();
        out.push(Line::from(text(format!("   {said}"), theme.dim)));
    }
    out
}

fn held(why: &str, wide: bool) -> String {
    let why = clean(why);
    if wide {
        format!("a draft, not sent by its rule: {why}")
    } else {
        "not sent by its rule".to_owned()
    }
}

fn joined(state: &str, more: &str) -> String {
    if more.is_empty() { state.to_owned() } else { format!("{state} · {more}") }
}

fn words(scene: &Scene, call: &Call, run: &CommandRun, became: Became, wide: bool) -> String {
    if became == Became::TheDraft && call.draft.editor.text() != run.draft {
        return "the draft was changed since".to_owned();
    }
    if let Some(why) = &run.held {
        return held(why, wide);
    }
    let keys = &scene.model.keys;
    let (again, kind) = (keys.of(Action::RunCommand, "!"), keys.of(Action::AnswerType, "T"));
    match (became, wide) {
        (Became::TheDraft, true) => "output became this draft · nothing was sent".to_owned(),
        (Became::TheDraft, false) => "became this draft".to_owned(),
        (Became::NothingOverEdits, true) => {
            format!(
                "you wrote in the draft meanwhile, so it stays as it is · {again} runs it again"
            )
        }
        (Became::NothingOverEdits, false) => format!("your edits stay · {again} again"),
        (Became::Nothing, _) if call.draft.kind == AnswerKind::Error => {
            "nothing was sent".to_owned()
        }
        (Became::Nothing, true) => {
            format!("the draft is as it was · {kind} answers with this error · {again} again")
        }
        (Became::Nothing, false) => format!("{kind} tells the agent"),
    }
}
