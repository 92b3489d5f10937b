//! Sending answers, on purpose only.
//!
//! The invariant: what a person answers leaves by one call of [`send`], which is reached by Enter alone,
//! while the question of [`arm`] stands and what it asked about is still what would go.

use super::{Cx, toast};
use crate::action::Action;
use crate::api::input::{ToolAnswer, ToolOutputInput};
use crate::api::{EventId, Input, SessionRef};
use crate::app::effect::{InputKind, Request};
use crate::app::msg::Problem;
use crate::model::output_schema::Severity;
use crate::text::quoted;
use crate::text::units::{self, counted};
use crate::view::layer::decision::ArmedAnswers;
use crate::view::pane::tool_calls::Call;
use crate::view::{Decision, Level, Model};

/// Asks whether to send, if everything is ready; says what is missing otherwise. Sends nothing.
/// With `insist`, what a schema or the service says against it is part of the question.
pub(super) fn arm(model: &mut Model, insist: bool) {
    let Some(session) = model.calls.selected().map(|call| call.session.clone()) else {
        return toast(model, Level::Info, "no call waits for you");
    };
    if model.answering.contains(&session) {
        return toast(model, Level::Info, "the answers are still on their way");
    }
    let answers = match model.calls.answers(&session, insist) {
        Ok(answers) => answers,
        Err(missing) => {
            let insistable = !insist && model.calls.answers(&session, true).is_ok();
            let insists = model.keys.of(Action::SendAnyway, "S");
            let way =
                if insistable { format!("; {insists} sends although") } else { String::new() };
            let text = format!("not sent{way}: {}", missing.join(" · "));
            return toast(model, Level::Warning, text);
        }
    };
    let missing = model.calls.missing(&session);
    let doubt = if model.calls.is_doubtful(&session) { "It may have arrived. " } else { "" };
    let unseen: usize = model.calls.of_session(&session).map(Call::unseen).sum();
    let mut parts = Vec::new();
    if unseen > 0 {
        parts.push(format!("{} never on screen", counted(unseen, "value")));
    }
    parts.extend(model.calls.of_session(&session).map(|call| {
        let size = units::size(call.draft.editor.bytes() as u64);
        let tool = quoted::in_sentence(&call.pending.tool_name);
        format!("{tool}: {}, {size}", call.draft.kind.word())
    }));
    let what = counted(answers.len(), "answer");
    let (key, parts) = (quoted::in_sentence(session.key.as_str()), parts.join(" · "));
    let text = match missing.first() {
        Some(first) => format!("{doubt}Send although {first}? {what} to {key} · {parts}"),
        None => format!("{doubt}Send {what} to {key}? {parts}"),
    };
    let armed = ArmedAnswers { calls: ids(&answers), session, insist };
    model.ask(text, Decision::SendAnswers(armed));
}

fn ids(answers: &[ToolAnswer]) -> Vec<EventId> {
    answers.iter().map(|answer| answer.event_id().clone()).collect()
}

/// Sends what [`arm`] asked about, if that is still what would go.
pub(super) fn send(cx: &mut Cx<'_>, armed: &ArmedAnswers) {
    let session = &armed.session;
    match cx.model.calls.answers(session, armed.insist) {
        Ok(answers) if ids(&answers) != armed.calls => {
            let text = "not sent: other calls of the session came or went meanwhile; look again";
            cx.warn(text);
        }
        Ok(tool_outputs) => {
            cx.say(format!("sending to {} …", quoted::in_sentence(session.key.as_str())));
            leave(cx, session, tool_outputs);
        }
        Err(missing) => {
            cx.warn(format!("not sent: {}", missing.join(" · ")));
        }
    }
}

/// The answers leave, whoever gave them.
pub(super) fn leave(cx: &mut Cx<'_>, session: &SessionRef, tool_outputs: Vec<ToolAnswer>) {
    cx.model.calls.begin_sending(session, &tool_outputs);
    cx.model.answering.push(session.clone());
    // So that their outputs are not said to be somebody else's.
    let calls = ids(&tool_outputs);
    if let Some(open) = cx.known_mut(session) {
        open.each(|timeline| timeline.note_answered(calls.iter().cloned()));
    }
    let input = Input::ToolOutput(ToolOutputInput { tool_outputs });
    cx.emit(Request::Send { session: session.clone(), input, purpose: InputKind::Answers });
}

/// The drafts stay, and what the service said is put to the lines that it is about. Only what it
/// finds wrong with an answer holds the next try back.
pub(super) fn refused(model: &mut Model, session: &SessionRef, problem: &Problem) {
    model.answering.retain(|answering| answering != session);
    let wrong = matches!(problem.status, Some(400 | 422));
    let severity = if wrong { Severity::Error } else { Severity::Warning };
    let about = |detail: &&String| detail.starts_with("tool_outputs");
    let fields: Vec<String> = problem.details.iter().filter(about).cloned().collect();
    let looks = model.keys.of(Action::Refresh, "R");
    let line = match problem.status {
        _ if problem.may_have_happened => {
            format!("nobody knows whether it arrived; {looks} looks. {}", problem.line())
        }
        Some(404 | 409) => {
            format!("it may be answered already; {looks} looks. {}", problem.line())
        }
        _ => problem.line(),
    };
    let told = if wrong && !fields.is_empty() { fields } else { vec![line] };
    model.calls.refuse(session, severity, &told, problem.may_have_happened);
}
