//! The inspector: reading arguments, writing answers, and sending them on purpose only.
//!
//! The invariant: one call of [`send`] is all that sends answers, and it is reached by Enter alone,
//! while the question of [`arm`] stands and what it asked about is still what would go.

use jiff::SignedDuration;

use super::{Machine, keys, memory, navigate, toast};
use crate::api::input::{ToolAnswer, ToolOutputInput};
use crate::api::{EventId, Input, SessionRef, ToolId};
use crate::app::effect::Purpose;
use crate::app::msg::Problem;
use crate::app::{Action, Effect};
use crate::model::output_schema::{Against, Severity, ToolRead, Verdict};
use crate::model::tool_calls::{AnswerKind, Call, Reveal};
use crate::model::{Edit, Focus, Level, Mode, Model, OutputSchemas, View};
use crate::text::units::{self, counted};

/// How long a secret stays in the open.
const REVEALED: SignedDuration = SignedDuration::from_secs(10);

/// What Enter sends while the question stands.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Armed {
    session: SessionRef,
    /// The calls that are answered. Another one that arrives meanwhile was not asked about.
    calls: Vec<EventId>,
    insist: bool,
}

pub(super) fn act(model: &mut Model, action: Action) -> Vec<Effect> {
    let now = model.now;
    if model.view != View::Calls {
        return Vec::new();
    }
    let Some(call) = model.calls.selected_mut() else { return Vec::new() };
    match action {
        Action::Edit => {
            let against = against(&model.output_schemas, &model.agents, call);
            call.draft.begin(&against);
            model.focus = Focus::Answer;
            model.mode = Mode::Write;
        }
        Action::EditOutside => {
            let against = against(&model.output_schemas, &model.agents, call);
            call.draft.begin(&against);
            let (kind, text) = (call.draft.kind, call.draft.editor.text());
            let (session, call) = (call.session.clone(), call.id().clone());
            return vec![Effect::EditOutside { session, call, kind, text }];
        }
        Action::AnswerType => {
            call.draft.switch();
            return memory::answer_changed(model);
        }
        Action::NextRemark | Action::PreviousRemark => {
            let said = call.draft.go_to_remark(action == Action::NextRemark);
            toast(
                model,
                Level::Info,
                said.unwrap_or_else(|| "nothing is said about it".to_owned()),
            );
        }
        Action::Reveal => {
            let path = call.cursor.clone();
            if call.masked.contains(&path) {
                let until = now.checked_add(REVEALED).unwrap_or(now);
                call.reveal = Some(Reveal { path, until });
            } else {
                toast(model, Level::Info, "the value under the cursor is not masked");
            }
        }
        _ => {}
    }
    Vec::new()
}

/// What the answer to a call is checked against.
fn against(
    schemas: &OutputSchemas,
    agents: &std::collections::BTreeMap<crate::api::AgentKey, crate::api::Agent>,
    call: &Call,
) -> Against {
    schemas.against(agents.get(&call.session.agent), &call.call)
}

/// Folds (`Some(true)`), unfolds (`Some(false)`) or toggles the value under the cursor.
pub(super) fn fold(model: &mut Model, wanted: Option<bool>) {
    let now = model.now;
    let Some(call) = model.calls.selected_mut() else { return };
    let folded =
        call.rows(now).into_iter().find(|row| row.path == call.cursor).and_then(|row| row.folded);
    if folded.is_some_and(|folded| wanted != Some(folded)) {
        call.toggle_fold();
    }
}

pub(super) fn step(model: &mut Model, forward: bool) {
    let (at, count) = (model.calls.position().unwrap_or(0), model.calls.len());
    if count == 0 {
        return;
    }
    let next = if forward { (at + 1) % count } else { (at + count - 1) % count };
    let id = model.calls.iter().nth(next).map(|call| call.id().clone());
    if let Some(id) = id {
        model.calls.select(&id);
    }
}

pub(super) fn edit(model: &mut Model, edit: &Edit) -> Vec<Effect> {
    if model.calls.selected_mut().is_some_and(|call| call.draft.edit(edit)) {
        return memory::answer_changed(model);
    }
    Vec::new()
}

/// Copies the draft of the selected call, or else what was written for one that is gone.
pub(super) fn copy_draft(model: &mut Model) -> Vec<Effect> {
    let selected = model.calls.selected().filter(|_| model.view == View::Calls);
    let written = selected.filter(|call| call.draft.touched).map(|call| call.draft.editor.text());
    let Some(text) = written.or_else(|| model.calls.left_over().map(str::to_owned)) else {
        toast(model, Level::Info, "there is no draft to copy");
        return Vec::new();
    };
    vec![Effect::Copy { text, what: "draft".to_owned() }]
}

/// What the person's editor left becomes the draft, as one step that can be taken back.
pub(super) fn edited_outside(
    model: &mut Model,
    session: &SessionRef,
    id: &EventId,
    kind: AnswerKind,
    text: Result<String, String>,
) -> Vec<Effect> {
    let text = match text {
        Ok(text) => text,
        Err(why) => {
            toast(model, Level::Error, format!("the draft is as it was: {why}"));
            return Vec::new();
        }
    };
    let Some(call) = model.calls.get_mut(id).filter(|call| call.session == *session) else {
        toast(model, Level::Warning, "that call was answered meanwhile; the text is dropped");
        return Vec::new();
    };
    if call.draft.kind != kind {
        call.draft.switch();
    }
    if !call.draft.replace(&text) {
        toast(model, Level::Info, "the editor changed nothing");
        return Vec::new();
    }
    let effects = memory::answer_changed_of(model, id);
    toast(model, Level::Info, "the editor's text is the draft; nothing was sent");
    effects
}

pub(super) fn checked(model: &mut Model, id: &EventId, verdict: Verdict) {
    if let Some(call) = model.calls.get_mut(id) {
        call.draft.judge(verdict);
    }
}

pub(super) fn tool_read(model: &mut Model, tool: ToolId, read: ToolRead) {
    let concerns = |call: &Call| {
        let agent = model.agents.get(&call.session.agent);
        OutputSchemas::tool_of(agent, &call.call).as_ref() == Some(&tool)
    };
    let calls: Vec<_> =
        model.calls.iter().filter(|call| concerns(call)).map(|call| call.id().clone()).collect();
    model.output_schemas.learn(tool, read);
    for id in calls {
        let Some(call) = model.calls.get_mut(&id) else { continue };
        let against = against(&model.output_schemas, &model.agents, call);
        call.draft.schema_changed();
        if !call.draft.touched && !call.draft.editor.is_empty() {
            // The editor was opened before this was known.
            call.draft.begin(&against);
        }
    }
}

/// What could not be read is asked for again.
pub(super) fn read_schemas_again(model: &mut Model) {
    model.output_schemas.forget_failures();
}

/// Asks for what the calls on the screen lack: their tools' schemas, and checks of their drafts.
pub(super) fn pursue(model: &mut Model) -> Vec<Effect> {
    if model.view != View::Calls {
        model.sent = None;
        return Vec::new();
    }
    let Some(session) = model.calls.selected().map(|call| call.session.clone()) else {
        return Vec::new();
    };
    let agent = model.agents.get(&session.agent);
    let calls: Vec<_> = model.calls.of_session(&session).map(|call| call.id().clone()).collect();
    let mut effects = Vec::new();
    for id in calls {
        let Some(call) = model.calls.get_mut(&id) else { continue };
        if let Some(tool) = OutputSchemas::tool_of(agent, &call.call)
            && model.output_schemas.ask(&tool)
        {
            effects.push(Effect::ReadTool { tool });
        }
        let pending = &call.call;
        let against = || model.output_schemas.against(agent, pending);
        let check = call.draft.next_check(&session, &id, against);
        effects.extend(check.map(|check| Effect::CheckDraft(Box::new(check))));
    }
    effects
}

/// Asks whether to send, if everything is ready; says what is missing otherwise. Sends nothing.
/// With `insist`, what a schema or the service says against it is part of the question.
pub(super) fn arm(model: &mut Model, insist: bool) -> Option<Armed> {
    if model.view != View::Calls {
        return None;
    }
    let session = model.calls.selected()?.session.clone();
    if model.answering.contains(&session) {
        toast(model, Level::Info, "the answers are still on their way");
        return None;
    }
    let answers = match model.calls.answers(&session, insist) {
        Ok(answers) => answers,
        Err(missing) => {
            let insistable = !insist && model.calls.answers(&session, true).is_ok();
            let way = if insistable { "; S sends although" } else { "" };
            toast(model, Level::Warning, format!("not sent{way}: {}", missing.join(" · ")));
            return None;
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
        let size = units::bytes(call.draft.editor.bytes() as u64);
        format!("{}: {}, {size} bytes", call.call.tool_name, call.draft.kind.word())
    }));
    let what = counted(answers.len(), "answer");
    let (key, parts) = (&session.key, parts.join(" · "));
    let text = match missing.first() {
        Some(first) => format!("{doubt}Send although {first}? {what} to {key} · {parts}"),
        None => format!("{doubt}Send {what} to {key}? {parts}"),
    };
    keys::ask(model, text);
    Some(Armed { calls: ids(&answers), session, insist })
}

fn ids(answers: &[ToolAnswer]) -> Vec<EventId> {
    answers.iter().map(|answer| answer.event_id().clone()).collect()
}

/// Sends what [`arm`] asked about, if that is still what would go.
pub(super) fn send(model: &mut Model, armed: &Armed) -> Vec<Effect> {
    let session = &armed.session;
    match model.calls.answers(session, armed.insist) {
        Ok(answers) if ids(&answers) != armed.calls => {
            let text = "not sent: other calls of the session came or went meanwhile; look again";
            toast(model, Level::Warning, text);
            Vec::new()
        }
        Ok(tool_outputs) => {
            model.calls.begin_sending(session, &tool_outputs);
            let input = Input::ToolOutput(ToolOutputInput { tool_outputs });
            toast(model, Level::Info, format!("sending to {} …", session.key));
            model.answering.push(session.clone());
            vec![Effect::Send { session: session.clone(), input, purpose: Purpose::Answers }]
        }
        Err(missing) => {
            toast(model, Level::Warning, format!("not sent: {}", missing.join(" · ")));
            Vec::new()
        }
    }
}

/// The drafts stay, and what the service said is put to the lines that it is about. Only what it
/// finds wrong with an answer holds the next try back.
pub(super) fn refused(model: &mut Model, session: &SessionRef, problem: &Problem) {
    model.answering.retain(|answering| answering != session);
    let wrong = matches!(problem.status, Some(400 | 422));
    let severity = if wrong { Severity::Error } else { Severity::Warning };
    let about = |detail: &&String| detail.starts_with("tool_outputs");
    let fields: Vec<String> = problem.details.iter().filter(about).cloned().collect();
    let line = match problem.status {
        _ if problem.may_have_happened => {
            format!("nobody knows whether it arrived; R looks. {}", problem.line())
        }
        Some(404 | 409) => format!("it may be answered already; R looks. {}", problem.line()),
        _ => problem.line(),
    };
    let told = if wrong && !fields.is_empty() { fields } else { vec![line] };
    model.calls.refuse(session, severity, &told, problem.may_have_happened);
}

/// While it is shown that answers were sent, no key does anything to the next call; most only show
/// it. `None` leaves the key to the rest.
pub(super) fn after_sending(
    machine: &mut Machine,
    model: &mut Model,
    action: Action,
) -> Option<Vec<Effect>> {
    let sent =
        model.sent.as_ref().filter(|_| model.view == View::Calls && model.overlay.is_none())?;
    let session = sent.session.clone();
    match action {
        Action::Open => {
            model.sent = None;
            machine.open(model, &session);
            model.zoomed = false;
            (model.view, model.focus) = (View::Triage, Focus::Timeline);
            Some(Vec::new())
        }
        Action::Edit
        | Action::EditOutside
        | Action::AnswerType
        | Action::Send
        | Action::SendAnyway
        | Action::Reveal
        | Action::NextRemark
        | Action::PreviousRemark
        | Action::NextPending
        | Action::PreviousPending => {
            model.sent = None;
            if let Some(call) = model.calls.selected() {
                let text =
                    format!("the next call: {} of {}", call.call.tool_name, call.session.key);
                toast(model, Level::Info, text);
                super::guard(model, super::GUARD);
            } else {
                navigate::back(model);
                toast(model, Level::Info, "no call waits any more");
            }
            Some(Vec::new())
        }
        Action::Help | Action::Inside | Action::Commands | Action::Redraw | Action::Refresh => None,
        _ => {
            model.sent = None;
            None
        }
    }
}
