//! `!`: a local command for the selected call. Its output becomes the draft; nothing is sent.

use super::{Decision, keys, memory, toast};
use crate::api::EventId;
use crate::app::Effect;
use crate::model::commands::{Became, CommandRun, RunState};
use crate::model::tool_calls::{AnswerKind, Call};
use crate::model::{Level, Model, QuestionKind, View};
use crate::tools::audit::{By, Secrets};
use crate::tools::{self, CallFacts, CommandError, Invocation, Ran, ToolCommand};

/// Asks for the command, with the one that is known for the tool to begin with. While one runs for
/// this call, stops that instead.
pub(super) fn ask(model: &mut Model) -> (Vec<Effect>, Option<Decision>) {
    let selected = model.calls.selected().filter(|_| model.view == View::Calls);
    let Some(call) = selected else { return (Vec::new(), None) };
    let id = call.id().clone();
    if let Some(run) = model.commands.get_mut(&id).filter(|run| run.is_running()) {
        run.state = RunState::Stopping;
        return (vec![Effect::StopCommand { call: id }], None);
    }
    let offered = model.commands.offered(&call.call);
    let name = call.call.tool_configuration_name.clone();
    let text = if offered.uses_shell() { "Run by sh:" } else { "Run:" };
    let line = offered.line();
    keys::ask_for(model, text.to_owned(), QuestionKind::Line, &line);
    if line.is_empty() {
        let text =
            format!("arguments go to its stdin, {{path}} takes one · [tools.{name}] keeps it");
        toast(model, Level::Info, text);
    }
    (Vec::new(), Some(Decision::RunCommand(id)))
}

/// Runs the typed line for the call that was asked about.
pub(super) fn start(model: &mut Model, id: &EventId, line: &str) -> Vec<Effect> {
    let Some(call) = model.calls.get(id) else {
        toast(model, Level::Warning, "not run: the call was answered meanwhile");
        return Vec::new();
    };
    let known = model.commands.offered(&call.call);
    let prepared = known.retyped(line).and_then(|command| {
        let invocation = invocation(call, &command)?;
        Ok((command, invocation))
    });
    match prepared {
        Ok((command, invocation)) => {
            let pending = call.call.clone();
            model.commands.was_typed(&pending, command.clone());
            vec![begin(model, id, &command, invocation, By::Person)]
        }
        Err(CommandError::Empty) => Vec::new(),
        Err(error) => {
            toast(model, Level::Warning, format!("not run: {error}"));
            Vec::new()
        }
    }
}

/// What a command gets for a call.
pub(super) fn invocation(call: &Call, command: &ToolCommand) -> Result<Invocation, CommandError> {
    let arguments = call.call.arguments_json();
    command.invocation(&CallFacts {
        event_id: call.id().as_str(),
        tool: &call.call.tool_configuration_name,
        agent: call.session.agent.as_str(),
        session: call.session.key.as_str(),
        arguments: &arguments,
    })
}

pub(super) fn begin(
    model: &mut Model,
    id: &EventId,
    command: &ToolCommand,
    invocation: Invocation,
    by: By,
) -> Effect {
    let before = model.calls.get(id).map(|call| call.draft.editor.text()).unwrap_or_default();
    let run = CommandRun {
        line: command.line(),
        wrap: command.wrap.clone(),
        by,
        started: model.now,
        state: RunState::Running,
        before,
    };
    model.commands.begin(id, run);
    Effect::RunCommand { call: id.clone(), invocation: Box::new(invocation) }
}

/// Works in what a command printed. An answer that was written before stays within reach: undoing
/// in the editor brings it back.
pub(super) fn ended(model: &mut Model, id: &EventId, mut ran: Ran) -> Vec<Effect> {
    let Some(run) = model.commands.get_mut(id) else { return Vec::new() };
    let Some(call) = model.calls.get_mut(id) else {
        model.commands.forget(id);
        return Vec::new();
    };
    // It was told secrets and may complain about them.
    ran.stderr = secrets(call).masked_text(&ran.stderr);
    let edited = call.draft.touched && call.draft.editor.text() != run.before;
    let became = match (ran.succeeded(), edited) {
        (false, _) => Became::Nothing,
        (true, true) => Became::NothingOverEdits,
        (true, false) => Became::TheDraft,
    };
    if became == Became::TheDraft {
        call.draft.editor.replace_text(&tools::draft(&ran.stdout, &run.wrap));
        call.draft.kind = AnswerKind::Success;
        call.draft.touched = true;
        call.draft.refused = None;
    }
    run.state = RunState::Ended { ran: Box::new(ran), became };
    let seen = model.view == View::Calls && model.calls.selected().is_some_and(|of| of.id() == id);
    if !seen && let Some(call) = model.calls.get(id) {
        let (tool, key) = (&call.call.tool_name, &call.session.key);
        let text = match became {
            Became::TheDraft => format!("the command for {tool} of {key} became its draft"),
            _ => format!("the command for {tool} of {key} has ended; 3 shows what it said"),
        };
        toast(model, Level::Info, text);
    }
    memory::answer_set(model, id)
}

/// The values of a call that must not be shown or written down.
pub(super) fn secrets(call: &Call) -> Secrets {
    Secrets::of(&call.call.arguments_json(), &call.masked)
}

/// An error answer that nobody has begun starts from what the failed command said.
pub(super) fn offer_failure(model: &mut Model) {
    let Some(call) = model.calls.selected_mut() else { return };
    let draft = &mut call.draft;
    let free = !draft.touched || draft.editor.is_empty();
    if draft.kind != AnswerKind::Error || !free {
        return;
    }
    let failed = model.commands.get(&call.call.event_id).and_then(CommandRun::failure);
    if let Some(ran) = failed {
        let text = serde_json::to_string_pretty(&ran.failure()).unwrap_or_default();
        draft.editor.replace_text(&text);
        draft.touched = true;
    }
}
