//! Rules on the screen: commands that run unasked, and answers that leave without a person where a
//! rule says so. A draft that somebody has begun is never touched.

use super::{Cx, run, sending};
use crate::api::input::ToolAnswer;
use crate::api::{EventId, Exact, Need, SessionRef, ToolId};
use crate::app::effect::{CheckedTool, Fit};
use crate::model::AnswerKind;
use crate::text::quoted;
use crate::tools::audit::By;
use crate::tools::rules::Rule;
use crate::tools::{CallFacts, configured, unsound};
use crate::view::Model;
use crate::view::pane::tool_calls::Call;

/// Puts the rules to calls that they have not been put to, and sends what is complete.
pub(super) fn apply(cx: &mut Cx<'_>) {
    if cx.model.commands.rules.is_none() || cx.model.profile.read_only || cx.model.quit {
        return;
    }
    let tried = &cx.model.commands.tried;
    let new: Vec<EventId> =
        cx.model.calls.iter().map(Call::id).filter(|id| !tried.contains(*id)).cloned().collect();
    for id in &new {
        decide(cx, id);
    }
    complete(cx);
}

/// What the first rule that fits a call wants done.
fn decide(cx: &mut Cx<'_>, id: &EventId) {
    let Some(call) = cx.model.calls.get(id) else { return };
    let taken = call.draft.touched || !call.draft.editor.is_empty();
    let arguments = call.pending.arguments_json();
    let facts = CallFacts {
        event_id: id.as_str(),
        tool: &call.pending.tool_configuration_name,
        agent: call.session.agent.as_str(),
        session: call.session.key.as_str(),
        arguments: &arguments,
    };
    let Some(rules) = cx.model.commands.rules.as_ref() else { return };
    let rule: Option<Rule> = rules.matching(&facts).cloned();
    let Some(rule) = rule.filter(|_| !taken && !cx.model.commands.is_running(id)) else {
        let why = unsound(&arguments).filter(|_| !taken);
        let why = why.map(|why| format!("no rule decides about {}: {why}", facts.tool));
        cx.model.commands.tried.insert(id.clone());
        if let Some(why) = why {
            cx.warn(why);
        }
        return;
    };
    let known =
        rule.command.as_ref().or_else(|| configured(&cx.model.commands.configured, &call.pending));
    let (tool, name) = (quoted::in_sentence(&call.pending.tool_name), &rule.name);
    let Some(command) = known.cloned() else {
        let text = format!("{name} names no command, and none is configured for {tool}");
        cx.warn(text);
        cx.model.commands.tried.insert(id.clone());
        return;
    };
    if rules.is_dry(&rule) {
        let then = if rule.answer { "and answer" } else { "and draft the answer" };
        let text = format!("dry run: {name} would run {} for {tool} {then}", command.line());
        cx.say(text);
        cx.model.commands.tried.insert(id.clone());
        return;
    }
    let invocation = run::invocation(call, &command);
    let check =
        rule.answer.then(|| Fit { tool: tool_of(cx.model, call), wrap: command.wrap.clone() });
    if !cx.model.commands.pace.allows(&rule, cx.model.now) {
        // It is put to the call again when something else happens.
        return;
    }
    cx.model.commands.tried.insert(id.clone());
    match invocation {
        Ok(invocation) => run::begin(cx, id, &command, invocation, By::Rule(rule.name), check),
        Err(error) => cx.warn(format!("{}: {error}", rule.name)),
    }
}

fn tool_of(model: &Model, call: &Call) -> CheckedTool {
    let agent = model.agents.get(&call.session.agent);
    let name = &call.pending.tool_configuration_name;
    match agent.and_then(|agent| agent.tool_configurations.get(name)) {
        None => CheckedTool::Unknown,
        Some(tool) => match &tool.tool_id {
            None => CheckedTool::Unnamed,
            Some(id) => CheckedTool::Named(ToolId::from(id.clone())),
        },
    }
}

/// Sends the answers of sessions whose calls are all answered by rules that may.
fn complete(cx: &mut Cx<'_>) {
    let mut sessions: Vec<SessionRef> = Vec::new();
    for call in cx.model.calls.iter() {
        if cx.model.commands.sendable.contains_key(call.id()) && !sessions.contains(&call.session) {
            sessions.push(call.session.clone());
        }
    }
    for session in sessions {
        let denied = cx.model.permissions.is_denied(&session.agent, Need::Submit, cx.model.now);
        if denied || cx.model.answering.contains(&session) {
            continue;
        }
        let answers: Option<Vec<ToolAnswer>> =
            cx.model.calls.of_session(&session).map(|call| answer(cx.model, call)).collect();
        let Some(tool_outputs) = answers else { continue };
        // Once: a refusal is a matter for a person.
        let ids = tool_outputs.iter().map(|answer| answer.event_id().clone());
        cx.model.commands.sent_by_rule.extend(ids);
        sending::leave(cx, &session, tool_outputs);
    }
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
