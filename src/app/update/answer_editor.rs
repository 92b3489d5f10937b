//! Writing the answer to a call, here or in the person's own editor, and what it is checked against.

use std::collections::BTreeMap;

use super::{Cx, memory, toast};
use crate::action::Action;
use crate::api::{Agent, AgentKey, EventId, SessionRef, ToolId};
use crate::app::chain::{Handler, Target};
use crate::app::effect::{Request, TerminalWork, Work};
use crate::keymap::Scope;
use crate::model::AnswerKind;
use crate::model::OutputSchemas;
use crate::model::output_schema::{Against, ToolRead, Verdict};
use crate::view::pane::tool_calls::Call;
use crate::view::{Edit, Focus, Layer, Level, Model, View};

/// The answer that is being written.
pub(super) struct AnswerEditor;

impl Target for AnswerEditor {
    fn place(&self) -> &'static str {
        "the answer that is written"
    }

    fn way(&self) -> Option<Action> {
        Some(Action::Edit)
    }

    fn scopes(&self) -> &'static [Scope] {
        &[Scope::Answer]
    }

    fn handler(&self, _: &Model, action: Action) -> Option<Handler> {
        Some(match action {
            Action::Leave => super::leave_editor,
            Action::UndoText => |cx, _| edit(cx, &Edit::Undo),
            Action::RedoText => |cx, _| edit(cx, &Edit::Redo),
            Action::NextRemark | Action::PreviousRemark => go_to_remark,
            Action::EditOutside => edit_outside,
            _ => return None,
        })
    }

    fn hints(&self, _: &Model) -> Vec<(Action, &'static str)> {
        vec![
            (Action::Leave, "done, keep draft"),
            (Action::EditOutside, "in $EDITOR"),
            (Action::NextRemark, "next remark"),
            (Action::UndoText, "undo"),
        ]
    }

    fn edit(&self, cx: &mut Cx<'_>, change: &Edit) {
        edit(cx, change);
    }
}

/// Begins to write the answer to the selected call.
pub(super) fn begin(cx: &mut Cx<'_>, _: Action) {
    let Some(call) = cx.model.calls.selected_mut() else { return cx.say_nothing_waits() };
    let against = against(&cx.model.output_schemas, &cx.model.agents, call);
    call.draft.begin(&against);
    let id = call.id().clone();
    cx.model.focus = Focus::Answer;
    cx.model.layers.push(Layer::Answer(id));
}

/// Letters belong to the call whose editor was opened, whatever is selected by now.
fn edit(cx: &mut Cx<'_>, edit: &Edit) {
    let Some(id) = cx.model.layers.answer().cloned() else { return };
    if cx.model.calls.get_mut(&id).is_some_and(|call| call.draft.edit(edit)) {
        memory::answer_changed_of(cx, &id);
    }
}

pub(super) fn edit_outside(cx: &mut Cx<'_>, _: Action) {
    let Some(call) = cx.model.calls.selected_mut() else { return cx.say_nothing_waits() };
    let against = against(&cx.model.output_schemas, &cx.model.agents, call);
    call.draft.begin(&against);
    let (kind, text) = (call.draft.kind, call.draft.editor.text());
    let (session, call) = (call.session.clone(), call.id().clone());
    cx.emit(TerminalWork::EditOutside { session, call, kind, text });
}

pub(super) fn go_to_remark(cx: &mut Cx<'_>, action: Action) {
    let Some(call) = cx.model.calls.selected_mut() else { return cx.say_nothing_waits() };
    let said = call.draft.go_to_remark(action == Action::NextRemark);
    cx.say(said.unwrap_or_else(|| "nothing is said about it".to_owned()));
}

/// What the answer to a call is checked against.
fn against(schemas: &OutputSchemas, agents: &BTreeMap<AgentKey, Agent>, call: &Call) -> Against {
    schemas.against(agents.get(&call.session.agent), &call.pending)
}

/// What the person's editor left becomes the draft, as one step that can be taken back.
pub(super) fn edited_outside(
    cx: &mut Cx<'_>,
    session: &SessionRef,
    id: &EventId,
    kind: AnswerKind,
    text: Result<String, String>,
) {
    let text = match text {
        Ok(text) => text,
        Err(why) => {
            toast(cx.model, Level::Error, format!("the draft is as it was: {why}"));
            return;
        }
    };
    let Some(call) = cx.model.calls.get_mut(id).filter(|call| call.session == *session) else {
        cx.warn("that call was answered meanwhile; the text is dropped");
        return;
    };
    if call.draft.kind != kind {
        call.draft.switch();
    }
    if !call.draft.replace(&text) {
        return cx.say("the editor changed nothing");
    }
    memory::answer_changed_of(cx, id);
    cx.say("the editor's text is the draft; nothing was sent");
}

pub(super) fn checked(model: &mut Model, id: &EventId, verdict: Verdict) {
    if let Some(call) = model.calls.get_mut(id) {
        call.draft.judge(verdict);
    }
}

pub(super) fn tool_read(model: &mut Model, tool: ToolId, read: ToolRead) {
    let concerns = |call: &Call| {
        let agent = model.agents.get(&call.session.agent);
        OutputSchemas::tool_of(agent, &call.pending).as_ref() == Some(&tool)
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
pub(super) fn request_missing(cx: &mut Cx<'_>) {
    if cx.model.view != View::Calls {
        cx.model.sent = None;
        return;
    }
    let Some(session) = cx.model.calls.selected().map(|call| call.session.clone()) else {
        return;
    };
    let agent = cx.model.agents.get(&session.agent);
    let calls: Vec<_> = cx.model.calls.of_session(&session).map(|call| call.id().clone()).collect();
    for id in calls {
        let Some(call) = cx.model.calls.get_mut(&id) else { continue };
        if let Some(tool) = OutputSchemas::tool_of(agent, &call.pending)
            && cx.model.output_schemas.ask(&tool)
        {
            cx.effects.push(Request::ReadTool { tool });
        }
        let pending = &call.pending;
        let against = || cx.model.output_schemas.against(agent, pending);
        if let Some(check) = call.draft.next_check(&id, against) {
            cx.effects.push(Work::CheckDraft(Box::new(check)));
        }
    }
}
