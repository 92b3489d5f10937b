//! The answer to the selected call: an editor, what is wrong with it, and what would be sent.

use ratatui::Frame;
use ratatui::text::Line;

use crate::model::tool_calls::{AnswerKind, Call};
use crate::model::{Area, Focus, Mode};
use crate::text::{units, width};

use super::super::Scene;
use super::super::cells::{self, put, text};
use super::super::frame::clean;
use super::sessions::title_style;
use super::text_field::TextField;

pub(super) fn draw(frame: &mut Frame, scene: &Scene, area: Area) {
    let (model, theme) = (scene.model, scene.theme);
    let columns = usize::from(area.width);
    put(frame.buffer_mut(), area, 0, &heading(scene, columns));
    let Some(call) = model.calls.selected() else {
        return;
    };
    let siblings: Vec<&Call> = model.calls.of_session(&call.session).collect();
    let summary_rows = if scene.layout.wide { siblings.len().min(6) + 3 } else { 2 };
    let body = area.below_heading();
    let edited = body.height.saturating_sub(u16::try_from(summary_rows).unwrap_or(2));
    let above = Area { height: edited, ..body };
    let field = super::command_result::draw(frame, scene, call, above);
    if call.draft.touched || model.mode == Mode::Write {
        TextField {
            editor: &call.draft.editor,
            numbered: true,
            focused: model.mode == Mode::Write && model.focus == Focus::Answer,
            remark: call.draft.problem().filter(|_| call.draft.touched),
        }
        .draw(frame, theme, field);
    } else {
        let note = "   no answer yet · e edits it here · ! runs a command for it";
        put(frame.buffer_mut(), field, 0, &Line::from(text(note, theme.dim)));
    }
    let rest = Area { y: above.y + above.height, height: body.height - above.height, ..body };
    draw_summary(frame, scene, rest, &siblings);
}

fn heading(scene: &Scene, columns: usize) -> Line<'static> {
    let (model, theme) = (scene.model, scene.theme);
    let dash = scene.theme.glyphs.rule;
    let draft = model.calls.selected().map(|call| &call.draft);
    let kind = match draft.map(|draft| draft.kind).unwrap_or_default() {
        AnswerKind::Success => "[ success ]  error",
        AnswerKind::Error => "success  [ error ]",
    };
    let kept = match draft {
        Some(draft) if draft.touched => "draft kept · not sent",
        _ => "nothing to send",
    };
    let title = title_style(theme, model.focus == Focus::Answer);
    let rule = |count: usize| text(dash.repeat(count), theme.rule);
    let spans = vec![
        rule(3),
        text(" 3 Answer ", title),
        rule(2),
        text(format!(" {kind} "), theme.text),
        rule(2),
        text(format!(" {kept} "), theme.dim),
    ];
    let used = cells::spans_width(&spans);
    let mut spans = cells::truncate(spans, columns);
    spans.push(rule(columns.saturating_sub(used)));
    Line::from(spans)
}

fn draw_summary(frame: &mut Frame, scene: &Scene, area: Area, siblings: &[&Call]) {
    let (model, theme) = (scene.model, scene.theme);
    let columns = usize::from(area.width);
    let Some(call) = siblings.first() else { return };
    let ready = model.calls.ready(&call.session);
    let verdict = |call: &Call| match (call.draft.touched, call.draft.problem()) {
        (false, _) => ("no answer yet".to_owned(), theme.dim),
        (true, Some((_, problem))) => (clean(&problem), theme.error),
        (true, None) => ("ready".to_owned(), theme.running),
    };
    let count = siblings.len();
    let together =
        if count == 1 { "1 answer".to_owned() } else { format!("{count} answers go together") };
    // Of all that goes together, as the question before sending counts it.
    let unseen: usize = siblings.iter().map(|call| call.unseen()).sum();
    let unseen = match unseen {
        // While sending is off, the reason for that has the room.
        _ if ready.is_err() => String::new(),
        0 => String::new(),
        count => format!(" · {} never on screen", units::counted(count, "value")),
    };
    let send = match (&ready, count) {
        (Ok(_), 1) => "[ s  send ]".to_owned(),
        (Ok(_), _) => format!(
            "[ s  send {} ]",
            if count == 2 { "both".to_owned() } else { format!("all {count}") }
        ),
        (Err(missing), _) => {
            format!("s  off: {}", missing.first().map(|m| clean(m)).unwrap_or_default())
        }
    };
    let style = if ready.is_ok() { theme.accent } else { theme.dim };
    let other = match model.calls.selected().map(|call| call.draft.kind) {
        Some(AnswerKind::Error) => "T answers as a success ",
        _ => "T answers as an error ",
    };
    let last = cells::line(
        vec![text(format!("   {send}{unseen}"), style)],
        vec![text(other, theme.dim)],
        columns,
    );
    if !scene.layout.wide {
        let states: Vec<String> = siblings
            .iter()
            .map(|call| format!("{}: {}", clean(&call.call.tool_name), verdict(call).0))
            .collect();
        let title = format!("{together} · {}", states.join(" · "));
        let title = width::truncate(&title, columns.saturating_sub(5)).into_owned();
        put(frame.buffer_mut(), area, 0, &cells::rule(scene, &title, columns));
        put(frame.buffer_mut(), area, 1, &last);
        return;
    }
    put(frame.buffer_mut(), area, 0, &cells::rule(scene, "what will be sent", columns));
    let target =
        format!(" POST …/{}/events     tool_output · {together}", clean(call.session.key.as_str()));
    put(frame.buffer_mut(), area, 1, &Line::from(text(target, theme.text)));
    for (row, call) in siblings.iter().take(6).enumerate() {
        let kind = match call.draft.kind {
            AnswerKind::Success => "success",
            AnswerKind::Error => "error",
        };
        let (words, style) = verdict(call);
        let size = units::bytes(call.draft.editor.text().len() as u64);
        let name = width::fit(&clean(&call.call.tool_name), 18);
        let spans = vec![
            text(format!("   {name} {kind:<8} {size:>6} bytes    "), theme.text),
            text(words, style),
        ];
        put(frame.buffer_mut(), area, 2 + row, &cells::line(spans, Vec::new(), columns));
    }
    put(frame.buffer_mut(), area, 2 + siblings.len().min(6), &last);
}
