//! Rules on the screen: commands that run unasked, and answers that leave without a person where a
//! rule says so. A draft that somebody has begun is never touched.

use super::{run, toast};
use crate::api::input::{ToolAnswer, ToolOutputInput};
use crate::api::{EventId, Exact, Input, Need, SessionRef, ToolId};
use crate::app::Effect;
use crate::app::effect::{CheckedTool, Fit, Purpose};
use crate::model::tool_calls::{AnswerKind, Call};
use crate::model::{Level, Model};
use crate::tools::audit::By;
use crate::tools::rules::Rule;
use crate::tools::{CallFacts, configured};

/// Puts the rules to calls that they have not been put to, and sends what is complete.
pub(super) fn put(model: &mut Model) -> Vec<Effect> {
    if model.commands.rules.is_none() || model.profile.read_only || model.quit {
        return Vec::new();
    }
    let tried = &model.commands.tried;
    let new: Vec<EventId> =
        model.calls.iter().map(Call::id).filter(|id| !tried.contains(*id)).cloned().collect();
    let mut effects: Vec<Effect> = new.iter().filter_map(|id| decide(model, id)).collect();
    effects.extend(complete(model));
    effects
}

/// What the first rule that fits a call wants done.
fn decide(model: &mut Model, id: &EventId) -> Option<Effect> {
    let call = model.calls.get(id)?;
    let taken = call.draft.touched || !call.draft.editor.is_empty();
    let arguments = call.call.arguments_json();
    let facts = CallFacts {
        event_id: id.as_str(),
        tool: &call.call.tool_configuration_name,
        agent: call.session.agent.as_str(),
        session: call.session.key.as_str(),
        arguments: &arguments,
    };
    let rules = model.commands.rules.as_ref()?;
    let rule: Option<Rule> = rules.matching(&facts).cloned();
    let Some(rule) = rule.filter(|_| !taken && !model.commands.is_running(id)) else {
        model.commands.tried.insert(id.clone());
        return None;
    };
    let known =
        rule.command.as_ref().or_else(|| configured(&model.commands.configured, &call.call));
    let (tool, name) = (&call.call.tool_name, &rule.name);
    let Some(command) = known.cloned() else {
        let text = format!("{name} names no command, and none is configured for {tool}");
        toast(model, Level::Warning, text);
        model.commands.tried.insert(id.clone());
        return None;
    };
    if rules.is_dry(&rule) {
        let then = if rule.answer { "and answer" } else { "and draft the answer" };
        let text = format!("dry run: {name} would run {} for {tool} {then}", command.line());
        toast(model, Level::Info, text);
        model.commands.tried.insert(id.clone());
        return None;
    }
    let invocation = run::invocation(call, &command);
    let check = rule.answer.then(|| Fit { tool: tool_of(model, call), wrap: command.wrap.clone() });
    if !model.commands.pace.allows(&rule, model.now) {
        // It is put to the call again when something else happens.
        return None;
    }
    model.commands.tried.insert(id.clone());
    match invocation {
        Ok(invocation) => {
            Some(run::begin(model, id, &command, invocation, By::Rule(rule.name), check))
        }
        Err(error) => {
            toast(model, Level::Warning, format!("{}: {error}", rule.name));
            None
        }
    }
}

fn tool_of(model: &Model, call: &Call) -> CheckedTool {
    let agent = model.agents.get(&call.session.agent);
    let name = &call.call.tool_configuration_name;
    match agent.and_then(|agent| agent.tool_configurations.get(name)) {
        None => CheckedTool::Unknown,
        Some(tool) => match &tool.tool_id {
            None => CheckedTool::Unnamed,
            Some(id) => CheckedTool::Named(ToolId::from(id.clone())),
        },
    }
}

/// Sends the answers of sessions whose calls are all answered by rules that may.
fn complete(model: &mut Model) -> Vec<Effect> {
    let mut sessions: Vec<SessionRef> = Vec::new();
    for call in model.calls.iter() {
        if model.commands.sendable.contains_key(call.id()) && !sessions.contains(&call.session) {
            sessions.push(call.session.clone());
        }
    }
    let mut effects = Vec::new();
    for session in sessions {
        let denied = model.permissions.is_denied(&session.agent, Need::Submit, model.now);
        if denied || model.answering.contains(&session) {
            continue;
        }
        let answers: Option<Vec<ToolAnswer>> =
            model.calls.of_session(&session).map(|call| answer(model, call)).collect();
        let Some(tool_outputs) = answers else { continue };
        // Once: a refusal is a matter for a person.
        let ids = tool_outputs.iter().map(|answer| answer.event_id().clone());
        model.commands.sent_by_rule.extend(ids);
        model.calls.begin_sending(&session, &tool_outputs);
        model.answering.push(session.clone());
        let input = Input::ToolOutput(ToolOutputInput { tool_outputs });
        effects.push(Effect::Send { session, input, purpose: Purpose::Answers });
    }
    effects
}

/// The output of a rule that may send it, if that still is the draft.
fn answer(model: &Model, call: &Call) -> Option<ToolAnswer> {
    let (_, text) = model.commands.sendable.get(call.id())?;
    let draft = &call.draft;
    let same = draft.kind == AnswerKind::Success && draft.editor.text() == *text;
    if !same || model.commands.sent_by_rule.contains(call.id()) || draft.is_refused() {
        return None;
    }
    let output = Exact::object(text)?;
    Some(ToolAnswer::Success { event_id: call.id().clone(), output })
}
