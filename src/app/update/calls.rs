//! The inspector: reading arguments, writing answers, and sending them on purpose only.
//!
//! The invariant: one call of [`send`] is all that sends answers, and it is reached by Enter alone,
//! while the question of [`arm`] stands and what it asked about is still what would go.

use jiff::SignedDuration;

use super::{Machine, keys, memory, navigate, timeline, toast};
use crate::api::input::{ToolAnswer, ToolOutputInput};
use crate::api::{EventId, Input, SessionRef, ToolId};
use crate::app::effect::Purpose;
use crate::app::msg::Problem;
use crate::app::{Action, Effect};
use crate::model::memory::EventRef;
use crate::model::output_schema::{Against, Severity, ToolRead, Verdict};
use crate::model::timeline::Landmark;
use crate::model::tool_calls::{AnswerKind, Call};
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
    match action {
        Action::SetAside => return set_aside(model),
        Action::Why => {
            model.calls.reasons.select(0);
            model.zoomed = false;
            let there = model.focus == Focus::Why;
            model.focus = if there { Focus::Arguments } else { Focus::Why };
            return Vec::new();
        }
        _ => {}
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
            super::run::offer_failure(model);
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
        Action::Reveal if !call.arguments.reveal(now.checked_add(REVEALED).unwrap_or(now)) => {
            toast(model, Level::Info, "the value under the cursor is not masked");
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

/// To the next call that waits. In a timeline that is a row of it as long as there is one on the
/// way; from everywhere else, and behind the last of those rows, it is a call in the inspector.
pub(super) fn step(model: &mut Model, action: Action) -> Vec<Effect> {
    let forward = action == Action::NextPending;
    if model.view == View::File {
        return timeline::act(model, action);
    }
    if model.view == View::Triage && model.focus == Focus::Timeline {
        super::trail::leave(model);
        let timeline = model.open.as_mut().map(|open| &mut open.timeline);
        if timeline.is_some_and(|timeline| timeline.jump(forward, Landmark::Pending)) {
            return Vec::new();
        }
    }
    let from_elsewhere = model.view != View::Calls;
    if from_elsewhere && let Some(session) = model.current_session().cloned() {
        // Onwards from the calls of the session that is looked at, or to them from the list.
        let here = model.calls.of_session(&session).filter(|call| !call.set_aside);
        let here: Vec<_> = here.map(|call| call.id().clone()).collect();
        let edge = if forward { here.last() } else { here.first() };
        if model.focus == Focus::Sessions
            && let Some(first) = here.first()
        {
            model.calls.select(first);
            navigate::show_inspector(model);
            return Vec::new();
        }
        if let Some(edge) = edge {
            model.calls.select(edge);
        }
    }
    match model.calls.next_waiting(forward).cloned() {
        Some(id) => {
            model.calls.select(&id);
            if from_elsewhere {
                navigate::show_inspector(model);
            }
        }
        None if model.calls.is_empty() => toast(model, Level::Info, "no call waits for you"),
        None => toast(model, Level::Info, "every call is set aside; 3 shows them"),
    }
    Vec::new()
}

/// Sets the selected call aside, or takes it back. It stays selected: nothing moves under a finger.
fn set_aside(model: &mut Model) -> Vec<Effect> {
    let Some(call) = model.calls.selected() else { return Vec::new() };
    let (aside, id) = (!call.set_aside, call.id().clone());
    let on = EventRef { session: call.session.clone(), event: id.clone() };
    let tool = call.call.tool_name.clone();
    model.calls.set_aside(&id, aside);
    let text = if aside {
        format!("{tool} is set aside · - takes it back · ]p next call")
    } else {
        format!("{tool} is back in its place")
    };
    toast(model, Level::Info, text);
    memory::set_aside(model, on, aside)
}

/// The person has seen that the call was answered elsewhere.
pub(super) fn let_go(model: &mut Model) {
    model.calls.let_go();
    if model.calls.is_empty() && model.view == View::Calls {
        model.zoomed = false;
        navigate::back(model);
        toast(model, Level::Info, "no call waits any more");
    }
}

/// What was being written for the call that somebody else answered.
pub(super) fn copy_departed(model: &mut Model) -> Vec<Effect> {
    let draft = model.calls.departed().map(|departed| departed.call.draft.editor.text());
    if let Some(text) = draft.filter(|text| !text.is_empty()) {
        return vec![Effect::Copy { text, what: "draft".to_owned() }];
    }
    toast(model, Level::Info, "nothing was written for this call");
    Vec::new()
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
    if let ToolRead::Schemas { input, .. } = &read {
        model.calls.know_input_schema(&tool, input.clone());
    }
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
