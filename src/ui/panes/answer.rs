//! The answer to the selected call: an editor, what is wrong with it, and what would be sent; or,
//! right after sending, how the agent goes on.

use super::super::Scene;
use super::super::cells::{self, put, text};
use super::super::frame::clean;
use super::text_field::{Remark, TextField};
use crate::action::Action;
use crate::api::Timestamp;
use crate::canvas::{Canvas, Line, Span, Style};
use crate::model::AnswerKind;
use crate::model::output_schema::{Diagnostic, Severity};
use crate::text::{quoted, units, width};
use crate::theme::Theme;
use crate::view::layout::AnswerParts;
use crate::view::pane::tool_calls::{Call, Sent, Standing};
use crate::view::{Area, Focus, Layer, Model};

/// Characters of a streamed text that are looked at for its end.
const LATEST: usize = 2_000;

pub(super) fn draw(canvas: &mut Canvas, scene: &Scene, area: Area) {
    let (model, theme) = (scene.model, scene.theme);
    let columns = usize::from(area.width);
    put(canvas, area, 0, &heading(scene, columns));
    if let Some(sent) = &model.sent {
        return draw_sent(canvas, scene, area.below_heading(), sent);
    }
    let Some(call) = model.calls.selected() else {
        return;
    };
    let siblings: Vec<&Call> = model.calls.of_session(&call.session).collect();
    let note = model.answer_note(call);
    let parts = AnswerParts::of(area, scene.layout.wide, siblings.len(), note.is_some());
    let field = super::command_result::draw(canvas, scene, call, parts.field);
    let edited_now = model.layers.answer() == Some(call.id());
    if call.draft.touched || edited_now {
        TextField {
            editor: &call.draft.editor,
            numbered: true,
            wraps: false,
            focused: edited_now && matches!(model.layers.top(), Some(Layer::Answer(_))),
            remarks: remarks(theme, call),
        }
        .draw(canvas, theme, field);
    } else {
        let key = |action, usual| model.keys.of(action, usual);
        let note = format!(
            "   no answer yet · {} edits it here · {} in $EDITOR · {} runs a command",
            key(Action::Edit, "e"),
            key(Action::EditOutside, "E"),
            key(Action::RunCommand, "!")
        );
        put(canvas, field, 0, &Line::from(text(note, theme.dim)));
        if let Some(earlier) = model.earlier_answer() {
            let given = moment(scene, earlier.at);
            let note = format!(
                "   the same call was answered on {given} · {} recalls that",
                key(Action::Recall, "r")
            );
            put(canvas, field, 1, &Line::from(text(note, theme.text)));
        }
    }
    if let Some(note) = note {
        let words = text(format!("   {}", clean(&note)), theme.dim);
        put(canvas, parts.note, 0, &cells::line(vec![words], Vec::new(), columns));
    }
    draw_summary(canvas, scene, parts.summary, &siblings);
}

fn remarks(theme: &Theme, call: &Call) -> Vec<Remark> {
    let remark = |found: &Diagnostic| {
        let (style, sign) = match found.severity {
            Severity::Error => (theme.error, '~'),
            Severity::Warning => (theme.you, '.'),
        };
        let words = clean(&found.words());
        let at = found.at;
        Remark { line: at.line, start: at.start, end: at.end, words, style, sign }
    };
    call.draft.diagnostics().filter(|_| call.draft.touched).map(remark).collect()
}

/// By the person's own clock.
fn moment(scene: &Scene, at: Timestamp) -> String {
    scene.model.wall().exact_minute(at)
}

fn heading(scene: &Scene, columns: usize) -> Line<'static> {
    let (model, theme) = (scene.model, scene.theme);
    let dash = scene.theme.glyphs.rule;
    let draft = model.calls.selected().map(|call| &call.draft).filter(|_| model.sent.is_none());
    let kind = match draft.map(|draft| draft.kind).unwrap_or_default() {
        _ if model.sent.is_some() => "sent",
        AnswerKind::Success => "[ success ]  error",
        AnswerKind::Error => "success  [ error ]",
    };
    let kept = match draft.map(|draft| draft.standing()) {
        None if model.sent.is_some() => {
            model.sent.as_ref().map_or("", |sent| goes_on(model, sent)).to_owned()
        }
        None | Some(Standing::NoAnswer) => "nothing to send".to_owned(),
        Some(Standing::Checking) => "draft kept · checking …".to_owned(),
        Some(Standing::Wrong(_, count)) => {
            format!("draft kept · {}", units::counted(count, "error"))
        }
        Some(Standing::Unchecked(_) | Standing::Ready) => "draft kept · not sent".to_owned(),
    };
    let recalled = model.recalled_at().map(|at| moment(scene, at));
    let recalled = recalled.map(|at| format!("recalled from {at} · not sent"));
    let kept = recalled.unwrap_or(kept);
    let title = cells::title(theme, model.focus == Focus::Answer, "3 Answer ");
    let rule = |count: usize| text(dash.repeat(count), theme.rule);
    let spans = vec![
        rule(3),
        title,
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

/// Whether a call's answer can go, in words.
fn verdict(theme: &Theme, call: &Call) -> (String, Style) {
    match call.draft.standing() {
        Standing::NoAnswer => ("no answer yet".to_owned(), theme.dim),
        Standing::Checking => ("checking …".to_owned(), theme.dim),
        Standing::Wrong(first, 1) => (clean(&first.words()), theme.error),
        Standing::Wrong(_, count) => (units::counted(count, "error"), theme.error),
        Standing::Unchecked(why) => (clean(why), theme.error),
        Standing::Ready => ("ready".to_owned(), theme.running),
    }
}

fn draw_summary(canvas: &mut Canvas, scene: &Scene, area: Area, siblings: &[&Call]) {
    let (model, theme) = (scene.model, scene.theme);
    let columns = usize::from(area.width);
    let Some(call) = siblings.first() else { return };
    let missing = model.calls.missing(&call.session);
    let count = siblings.len();
    let together =
        if count == 1 { "1 answer".to_owned() } else { format!("{count} answers go together") };
    let last = cells::line(
        vec![send_words(scene, siblings, &missing)],
        vec![text(other_kind(model), theme.dim)],
        columns,
    );
    if !scene.layout.wide {
        let room = (columns / 3).max(8);
        let name = |call: &&Call| quoted::in_heading(&call.pending.tool_name, room);
        let states: Vec<String> = siblings
            .iter()
            .map(|call| format!("{}: {}", name(call), verdict(theme, call).0))
            .collect();
        let title = format!("{together} · {}", states.join(" · "));
        let title = width::truncate(&title, columns.saturating_sub(5)).into_owned();
        put(canvas, area, 0, &cells::rule(scene, &title, columns));
        put(canvas, area, 1, &last);
        return;
    }
    put(canvas, area, 0, &cells::rule(scene, "what will be sent", columns));
    let key = quoted::in_heading(call.session.key.as_str(), columns / 3);
    let target = format!(" POST …/{key}/events     tool_output · {together}");
    put(canvas, area, 1, &Line::from(text(target, theme.text)));
    for (row, call) in siblings.iter().take(AnswerParts::TOLD).enumerate() {
        let kind = call.draft.kind.word();
        let (words, style) = verdict(theme, call);
        let size = units::bytes(call.draft.editor.bytes() as u64);
        let name = width::fit(&clean(&call.pending.tool_name), 18);
        let spans = vec![
            text(format!("   {name} {kind:<8} {size:>6} bytes    "), theme.text),
            text(words, style),
        ];
        put(canvas, area, 2 + row, &cells::line(spans, Vec::new(), columns));
    }
    put(canvas, area, 2 + siblings.len().min(AnswerParts::TOLD), &last);
}

fn other_kind(model: &Model) -> String {
    let key = model.keys.of(Action::AnswerType, "T");
    match model.calls.selected().map(|call| call.draft.kind) {
        Some(AnswerKind::Error) => format!("{key} answers as a success "),
        _ => format!("{key} answers as an error "),
    }
}

/// The key that sends; while sending is off, the reason for that has the room.
fn send_words(scene: &Scene, siblings: &[&Call], missing: &[String]) -> Span<'static> {
    let (model, theme) = (scene.model, scene.theme);
    let sends = model.keys.of(Action::Send, "s");
    let session = siblings.first().map(|call| &call.session);
    if session.is_some_and(|session| model.answering.contains(session)) {
        return text(format!("   {sends}  off: the answers are on their way"), theme.dim);
    }
    if let Some(first) = missing.first() {
        return text(format!("   {sends}  off: {}", clean(first)), theme.dim);
    }
    let which = match siblings.len() {
        1 => String::new(),
        2 => " both".to_owned(),
        count => format!(" all {count}"),
    };
    // Of all that goes together, as the question before sending counts it.
    let unseen: usize = siblings.iter().map(|call| call.unseen()).sum();
    let unseen = match unseen {
        0 => String::new(),
        count => format!(" · {} never on screen", units::counted(count, "value")),
    };
    text(format!("   [ {sends}  send{which} ]{unseen}"), theme.accent)
}

/// What the session does since its calls were answered.
fn goes_on(model: &Model, sent: &Sent) -> &'static str {
    let waits_again = model.calls.of_session(&sent.session).next().is_some();
    match (waits_again, model.is_running(&sent.session)) {
        (true, _) => "the agent waits for you again",
        (false, true) => "the agent goes on",
        (false, false) => "its turn is over",
    }
}

/// Fate of the answers: the session as far as it has gone on.
fn draw_sent(canvas: &mut Canvas, scene: &Scene, area: Area, sent: &Sent) {
    let (model, theme) = (scene.model, scene.theme);
    let columns = usize::from(area.width);
    let line = |words: String, style| cells::line(vec![text(words, style)], Vec::new(), columns);
    let what = units::counted(sent.answers, "answer");
    let key = quoted::in_sentence(sent.session.key.as_str());
    let goes_on = goes_on(model, sent);
    put(canvas, area, 0, &line(format!("   sent {what} to {key} · {goes_on}"), theme.running));
    if let Some(words) = latest(model, sent) {
        let room = columns.saturating_sub(6);
        put(canvas, area, 2, &line(format!("   {}", end_of(&words, room)), theme.text));
    }
    let next = match model.calls.selected() {
        Some(call) => format!(
            " · {} shows the next call: {} of {}",
            model.keys.of(Action::NextPending, "]p"),
            quoted::in_sentence(&call.pending.tool_name),
            quoted::in_sentence(call.session.key.as_str())
        ),
        None => " · no other call waits".to_owned(),
    };
    put(canvas, area, 4, &line(format!("   Enter goes there{next}"), theme.dim));
}

/// What the session says or does last, in one line.
fn latest(model: &Model, sent: &Sent) -> Option<String> {
    let open = model.open.as_ref().filter(|open| open.reference == sent.session)?;
    let unit = open.timeline.units().next_back()?;
    if let Some(live) = &unit.live_text {
        let start = live.char_indices().rev().nth(LATEST).map_or(0, |(at, _)| at);
        let shown = live[start..].lines().rev().find(|line| !line.trim().is_empty())?;
        return Some(clean_end(shown));
    }
    let rows = open.timeline.rows(&unit, &model.clock());
    let words = |row: &crate::model::timeline::rows::Row| {
        clean(format!("{} {} {}", row.kind, row.subject, row.detail).trim())
    };
    rows.first().map(words)
}

/// The end of a line, fit for the screen.
fn clean_end(line: &str) -> String {
    crate::text::sanitize::one_line(line.trim()).into_owned()
}

/// The end of a text in so many columns.
fn end_of(words: &str, room: usize) -> String {
    if width::width(words) <= room {
        return words.to_owned();
    }
    let mut start = words.len();
    let mut used = 1;
    for (at, c) in words.char_indices().rev() {
        used += width::width(c.encode_utf8(&mut [0; 4]));
        if used > room {
            break;
        }
        start = at;
    }
    format!("…{}", &words[start..])
}
