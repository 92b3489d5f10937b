//! `!`: a local command for the selected call. Its output becomes the draft; nothing is sent.

use super::{Cx, memory};
use crate::action::Action;
use crate::api::EventId;
use crate::app::effect::{Fit, Program};
use crate::model::AnswerKind;
use crate::text::quoted;
use crate::tools::audit::{By, Secrets};
use crate::tools::{self, CallFacts, CommandError, Invocation, Ran, ToolCommand};
use crate::view::commands::{Became, CommandRun, RunState};
use crate::view::pane::tool_calls::{AnswerDraft, Call};
use crate::view::{Decision, Edit, Model, QuestionKind, View};

/// Columns of the question's row that are not the line.
const AROUND_THE_LINE: usize = 32;

/// Asks for the command, with the one that is known for the tool to begin with. While one runs for
/// this call, stops that instead.
pub(super) fn ask(cx: &mut Cx<'_>, _: Action) {
    let Some(call) = cx.model.calls.selected() else { return cx.say("no call waits for you") };
    let id = call.id().clone();
    if let Some(run) = cx.model.commands.get_mut(&id).filter(|run| run.is_running()) {
        run.state = RunState::Stopping;
        return cx.emit(Program::Stop { call: id });
    }
    let offered = cx.model.commands.offered(&call.pending);
    let name = quoted::in_sentence(&call.pending.tool_configuration_name);
    let text = if offered.uses_shell() { "Run by sh:" } else { "Run:" };
    let line = offered.line();
    let then = Decision::RunCommand(id);
    cx.model.ask_for(text.to_owned(), QuestionKind::Line, &line, then);
    // Of a line that is too long for its row, what is run matters more than how it ends.
    let room = usize::from(cx.model.size.0).saturating_sub(AROUND_THE_LINE);
    let question = cx.model.layers.question_mut();
    if let Some(question) = question.filter(|_| line.chars().count() > room) {
        question.input.apply(&Edit::LineStart);
    }
    if line.is_empty() {
        cx.say(format!("arguments go to its stdin, {{path}} takes one · [tools.{name}] keeps it"));
    }
}

/// Runs the typed line for the call that was asked about.
pub(super) fn start(cx: &mut Cx<'_>, id: &EventId, line: &str) {
    let Some(call) = cx.model.calls.get(id) else {
        cx.warn("not run: the call was answered meanwhile");
        return;
    };
    let known = cx.model.commands.offered(&call.pending);
    let prepared = known.retyped(line).and_then(|command| {
        let invocation = invocation(call, &command)?;
        Ok((command, invocation))
    });
    match prepared {
        Ok((command, invocation)) => {
            let pending = call.pending.clone();
            cx.model.commands.was_typed(&pending, command.clone());
            begin(cx, id, &command, invocation, By::Person, None);
        }
        Err(CommandError::Empty) => {}
        Err(error) => {
            cx.warn(format!("not run: {error}"));
        }
    }
}

/// What a command gets for a call.
pub(super) fn invocation(call: &Call, command: &ToolCommand) -> Result<Invocation, CommandError> {
    let arguments = call.pending.arguments_json();
    command.invocation(&CallFacts {
        event_id: call.id().as_str(),
        tool: &call.pending.tool_configuration_name,
        agent: call.session.agent.as_str(),
        session: call.session.key.as_str(),
        arguments: &arguments,
    })
}

pub(super) fn begin(
    cx: &mut Cx<'_>,
    id: &EventId,
    command: &ToolCommand,
    invocation: Invocation,
    by: By,
    check: Option<Fit>,
) {
    let draft = cx.model.calls.get(id).map(|call| call.draft.editor.text()).unwrap_or_default();
    let run = CommandRun {
        line: command.line(),
        wrap: command.wrap.clone(),
        by,
        started: cx.model.now,
        state: RunState::Running,
        draft,
        held: None,
    };
    cx.model.commands.begin(id, run);
    cx.emit(Program::Run { call: id.clone(), invocation: Box::new(invocation), check });
}

/// Works in what a command printed. An answer that was written before stays within reach: undoing
/// in the editor brings it back.
pub(super) fn ended(cx: &mut Cx<'_>, id: &EventId, mut ran: Ran, fits: Option<Result<(), String>>) {
    let Some(call) = cx.model.calls.get_mut(id) else {
        cx.model.commands.forget(id);
        return;
    };
    let Some(mut run) = cx.model.commands.get(id).cloned() else { return };
    // It was told secrets and may complain about them.
    ran.stderr = secrets(call).masked_text(&ran.stderr);
    let written = call.draft.editor.text() != run.draft;
    // A rule writes only where nobody has begun to.
    let edited = written && (call.draft.touched || run.by != By::Person);
    let became = match (ran.succeeded(), edited) {
        (false, _) => Became::Nothing,
        (true, true) => Became::NothingOverEdits,
        (true, false) => Became::TheDraft,
    };
    if became == Became::TheDraft {
        fill(&mut call.draft, AnswerKind::Success, &tools::draft(&ran.stdout, &run.wrap));
        // As the editor has it, which knows one way to end a line.
        let text = call.draft.editor.text();
        run.draft.clone_from(&text);
        if let (By::Rule(name), Some(Ok(()))) = (&run.by, &fits) {
            cx.model.commands.sendable.insert(id.clone(), (name.clone(), text));
        }
    }
    run.state = RunState::Ended { ran: Box::new(ran), became };
    run.held = fits.and_then(Result::err).filter(|_| became == Became::TheDraft);
    let held = run.held.clone();
    cx.model.commands.begin(id, run);
    if let Some(why) = held {
        cx.warn(format!("not sent by its rule: {why}"));
        return memory::answer_changed_of(cx, id);
    }
    let seen =
        cx.model.view == View::Calls && cx.model.calls.selected().is_some_and(|of| of.id() == id);
    if !seen && let Some(call) = cx.model.calls.get(id) {
        let tool = quoted::in_sentence(&call.pending.tool_name);
        let key = quoted::in_sentence(call.session.key.as_str());
        let text = if became == Became::TheDraft {
            format!("the command for {tool} of {key} became its draft")
        } else {
            let shows = cx.key(Action::PaneCalls, "3");
            format!("the command for {tool} of {key} has ended; {shows} shows what it said")
        };
        cx.say(text);
    }
    memory::answer_changed_of(cx, id);
}

/// The values of a call that must not be shown or written down.
pub(super) fn secrets(call: &Call) -> Secrets {
    Secrets::of(call.arguments.secrets())
}

/// Puts an answer into a draft. What stood there comes back by undoing in the editor.
pub(super) fn fill(draft: &mut AnswerDraft, kind: AnswerKind, text: &str) {
    if draft.kind != kind {
        draft.switch();
    }
    draft.replace(text);
}

/// An error answer that nobody has begun starts from what the failed command said.
pub(super) fn offer_failure(model: &mut Model) {
    let Some(call) = model.calls.selected_mut() else { return };
    let draft = &mut call.draft;
    let free = !draft.touched || draft.editor.is_empty();
    if draft.kind != AnswerKind::Error || !free {
        return;
    }
    let failed = model.commands.get(&call.pending.event_id).and_then(CommandRun::failure);
    if let Some(ran) = failed {
        let text = serde_json::to_string_pretty(&ran.failure()).unwrap_or_default();
        fill(draft, AnswerKind::Error, &text);
    }
}
