//! What is kept of answers that were sent: a line in the log for each, and, where nothing in it is
//! a secret, the answer itself to be recalled for the same call.

use std::collections::BTreeMap;

use super::{Cx, memory, run};
use crate::action::Action;
use crate::api::input::ToolOutputInput;
use crate::api::{EventId, Input, SessionRef};
use crate::app::Msg;
use crate::app::effect::{Effect, InputKind, Request};
use crate::app::msg::{Problem, StreamMsg};
use crate::model::AnswerKind;
use crate::model::memory::{Change, Fact, Kept, RecordedAnswer};
use crate::text::quoted;
use crate::tools::audit::{self, By, Outcome, Sending};
use crate::tools::recall;
use crate::view::commands::Sent;
use crate::view::{Model, View};

/// Result of sending answers, as the service told it.
pub(super) struct AnswerOutcome {
    session: SessionRef,
    refusal: Option<Problem>,
}

pub(super) fn outcome(msg: &Msg) -> Option<AnswerOutcome> {
    match msg {
        Msg::Stream(StreamMsg::InputTaken { session, purpose: InputKind::Answers }) => {
            Some(AnswerOutcome { session: session.clone(), refusal: None })
        }
        Msg::Stream(StreamMsg::InputRefused { session, purpose: InputKind::Answers, problem }) => {
            Some(AnswerOutcome { session: session.clone(), refusal: Some(problem.clone()) })
        }
        _ => None,
    }
}

/// Remembers what is being sent for as long as the calls are still there to tell about it.
pub(super) fn note_sending(cx: &mut Cx<'_>) {
    for effect in cx.effects.iter() {
        if let Effect::Service(Request::Send {
            session,
            input: Input::ToolOutput(input),
            purpose: InputKind::Answers,
        }) = effect
        {
            let sent = sent(cx.model, session, input);
            cx.model.commands.sending.insert(session.clone(), sent);
        }
    }
}

fn sent(model: &Model, session: &SessionRef, input: &ToolOutputInput) -> Vec<Sent> {
    let by = by_rules(model, input);
    let note = |answer| {
        let answer: &crate::api::input::ToolAnswer = answer;
        let call = model.calls.get(answer.event_id())?;
        let secrets = run::secrets(call);
        let rule = by.as_ref().and_then(|by| by.get(answer.event_id()));
        let who = rule.map_or(By::Person, |rule| By::Rule(rule.clone()));
        let tool = &call.pending.tool_configuration_name;
        let note = Sending::new(session, tool, &who, answer, &secrets);
        let (_, mut content) = audit::content(answer);
        let plain = !secrets.mask(&mut content);
        let recorded = RecordedAnswer { text: call.draft.editor.text(), kind: call.draft.kind };
        let print = recall::print(tool, &call.pending.arguments_json());
        let answer = plain.then_some((print, recorded));
        Some(Sent { note, answer, by_rule: rule.is_some() })
    };
    input.tool_outputs.iter().filter_map(note).collect()
}

/// The rule of each answer, where rules alone answer.
fn by_rules(model: &Model, input: &ToolOutputInput) -> Option<BTreeMap<EventId, String>> {
    let rule = |answer: &crate::api::input::ToolAnswer| {
        let id = answer.event_id();
        let (rule, text) = model.commands.sendable.get(id)?;
        let same = model.calls.get(id).is_some_and(|call| call.draft.editor.text() == *text);
        let armed = model.commands.sent_by_rule.contains(id);
        (same && armed).then(|| (id.clone(), rule.clone()))
    };
    input.tool_outputs.iter().map(rule).collect()
}

/// Keeps what became of answers, after it was worked in.
pub(super) fn settle(cx: &mut Cx<'_>, told: Option<AnswerOutcome>) {
    let Some(AnswerOutcome { session, refusal }) = told else { return };
    let sent = cx.model.commands.sending.remove(&session).unwrap_or_default();
    let outcome = match &refusal {
        None => Outcome::Sent,
        Some(problem) if problem.may_have_happened => Outcome::Unknown,
        Some(problem) if problem.status.is_some() => Outcome::Refused,
        // It never left.
        Some(_) => return,
    };
    let (now, profile) = (cx.model.now, cx.model.profile.name.clone());
    let rule = sent.iter().find(|one| one.by_rule).map(|one| one.note.by.clone());
    if let Some(rule) = rule.filter(|_| outcome == Outcome::Sent) {
        cx.say(format!(
            "{rule} answered {}; it goes on",
            quoted::in_sentence(session.key.as_str())
        ));
        if cx.model.view == View::Calls {
            // Keys on their way were meant for the call that was there.
            cx.model.guard(super::GUARD);
        }
    }
    for one in sent {
        let status = refusal.as_ref().and_then(|problem| problem.status);
        let request = refusal.as_ref().and_then(|problem| problem.request_id.as_deref());
        if let Some((print, answer)) = one.answer.filter(|_| outcome == Outcome::Sent) {
            cx.model.memory.answers.insert(print.clone(), Kept { at: now, value: answer.clone() });
            let fact = Fact::Answer(print, Some(answer));
            memory::keep(cx, Change { at: now, fact });
        }
        let record = one.note.record(now, &profile, outcome, status, request);
        let fact = Fact::Noted(Box::new(record));
        memory::keep(cx, Change { at: now, fact });
    }
}

/// Works out, once a call, under which name an earlier answer to it would be kept.
pub(super) fn fingerprint_selected(model: &mut Model) {
    let queue = &model.calls;
    model.commands.retain(|id| queue.get(id).is_some());
    let Some(call) = queue.selected().filter(|_| model.view == View::Calls) else { return };
    if !model.commands.prints.contains_key(call.id()) {
        let tool = &call.pending.tool_configuration_name;
        let print = recall::print(tool, &call.pending.arguments_json());
        model.commands.prints.insert(call.id().clone(), print);
    }
}

/// Puts the earlier answer to the same call into the draft.
pub(super) fn recall(cx: &mut Cx<'_>, _: Action) {
    let Some(Kept { at, value }) = cx.model.earlier_answer().cloned() else {
        let text = "no earlier answer to this tool with these arguments is kept";
        return cx.say(text);
    };
    let Some(call) = cx.model.calls.selected_mut() else { return };
    let id = call.id().clone();
    let over = call.draft.touched && call.draft.editor.text() != value.text;
    run::fill(&mut call.draft, value.kind, &value.text);
    cx.model.commands.recalled.insert(id, (at, value.text));
    let kind = if value.kind == AnswerKind::Error { "an error" } else { "a success" };
    let undoes = cx.key_of("answer", Action::UndoText, "Ctrl-z");
    let undo = if over { format!(" · {undoes} in the editor undoes it") } else { String::new() };
    cx.say(format!("recalled {kind} · not sent{undo}"));
    memory::answer_changed(cx);
}
