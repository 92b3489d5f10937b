//! Filling in a form: fields, the button, and what becomes of what was typed.
//!
//! The invariant: what was typed is gone only when the service has taken it, or when its person
//! throws it away; what was typed in secret is gone with the form.

use super::{Cx, session_forms};
use crate::action::Action;
use crate::app::chain::{Handler, Target};
use crate::app::effect::TerminalWork;
use crate::keymap::Scope;
use crate::view::hit;
use crate::view::layer::form::{FieldKind, Form};
use crate::view::{Edit, Layer, LayerKind, Layout, Model};

/// The form that is filled in.
pub(super) struct FilledIn;

impl Target for FilledIn {
    fn place(&self) -> &'static str {
        "the form"
    }

    fn scopes(&self) -> &'static [Scope] {
        &[Scope::Form]
    }

    fn handler(&self, _: &Model, action: Action) -> Option<Handler> {
        Some(match action {
            Action::SendForm => enter,
            Action::NextField | Action::PreviousField => |cx, action| {
                with(cx, |form| form.step(action == Action::NextField));
            },
            Action::Newline => |cx, _| edit(cx, &Edit::Newline),
            Action::UndoText => |cx, _| edit(cx, &Edit::Undo),
            Action::RedoText => |cx, _| edit(cx, &Edit::Redo),
            Action::EditOutside => edit_outside,
            Action::Leave => leave,
            _ => return None,
        })
    }

    fn hints(&self, model: &Model) -> Vec<(Action, &'static str)> {
        let Some(form) = model.layers.form() else { return Vec::new() };
        let kind = form.field().map(|field| &field.kind);
        let enter = match kind {
            Some(kind) if kind.has_lines() => "new line",
            _ => "send",
        };
        let mut hints = vec![(Action::SendForm, enter), (Action::NextField, "next field")];
        if kind.is_some_and(FieldKind::has_lines) {
            hints.push((Action::EditOutside, "in $EDITOR"));
        }
        hints.push((Action::Leave, "leave"));
        hints
    }

    fn edit(&self, cx: &mut Cx<'_>, change: &Edit) {
        edit(cx, change);
    }
}

fn with(cx: &mut Cx<'_>, change: impl FnOnce(&mut Form)) {
    if let Some(form) = cx.model.layers.form_mut() {
        change(form);
    }
}

/// The place a row above or below the cursor in a field of prose, whose long lines have several.
fn beside(cx: &Cx<'_>, edit: &Edit) -> Option<(usize, usize)> {
    let down = match edit {
        Edit::Up => false,
        Edit::Down => true,
        _ => return None,
    };
    let form = cx.model.layers.form()?;
    let field = form.field().filter(|field| field.kind == FieldKind::Text)?;
    let area = hit::layer_area(&Layout::of(cx.model), LayerKind::Form)?;
    let (_, part) = form.places(area).into_iter().find(|(at, _)| *at == form.at)?;
    field.view()?.beside(field.value_in(part), down)
}

fn edit(cx: &mut Cx<'_>, edit: &Edit) {
    let beside = beside(cx, edit);
    let Some(form) = cx.model.layers.form_mut() else { return };
    if form.sending {
        return cx.say("it is on its way; wait for the answer");
    }
    form.problem = None;
    let Some(field) = form.field_mut() else {
        return cx.say("this is the button: Enter sends, Tab goes back to the fields");
    };
    match (&field.kind, edit) {
        (FieldKind::Choice(_), Edit::Left | Edit::Up) => field.choose(false),
        (FieldKind::Choice(_), Edit::Right | Edit::Down | Edit::Insert(' ')) => field.choose(true),
        (FieldKind::Choice(_), _) => return cx.say("Left and Right choose, Tab goes on"),
        (FieldKind::Line | FieldKind::Secret, Edit::Up) => form.step(false),
        (FieldKind::Line | FieldKind::Secret, Edit::Down) => form.step(true),
        (FieldKind::Line, Edit::Newline) => {}
        (FieldKind::Line, edit) => drop(field.editor.apply(&edit.first_line())),
        (FieldKind::Secret, edit) => drop(field.editor.apply(&secret_pasted(edit))),
        (FieldKind::Json, Edit::Newline) => drop(field.editor.apply(&Edit::NewlineIndented)),
        (FieldKind::Text | FieldKind::Json, edit) => match beside {
            Some(place) => field.editor.move_to(place),
            None => drop(field.editor.apply(edit)),
        },
    }
    form.check();
    form.make_room_for_secrets();
}

/// A line that was copied with its end is a secret without that; of several lines each end counts.
fn secret_pasted(edit: &Edit) -> Edit {
    match edit {
        Edit::Paste(text) if text.lines().count() <= 1 => edit.first_line(),
        edit => edit.clone(),
    }
}

/// A new line where the field has lines; elsewhere the whole form is sent.
fn enter(cx: &mut Cx<'_>, _: Action) {
    let Some(form) = cx.model.layers.form_mut() else { return };
    if form.sending {
        return cx.say("it is on its way; wait for the answer");
    }
    if form.field().is_some_and(|field| field.kind.has_lines()) {
        return edit(cx, &Edit::Newline);
    }
    if !form.check() {
        form.go_to_problem();
        let problem = form.field().and_then(|field| field.problem.clone()).unwrap_or_default();
        return cx.warn(format!("not sent: {problem}"));
    }
    session_forms::send(cx);
}

/// What was typed is kept until the same form is opened again, or until the end.
fn leave(cx: &mut Cx<'_>, _: Action) {
    let Some(Layer::Form(mut form)) = cx.model.layers.pop() else { return };
    form.forget_secrets();
    if form.is_changed() && !form.sending {
        cx.model.left_form = Some(form);
        cx.say("not sent; what you typed is there when you come back, until you quit");
    }
}

/// Straight to the person's editor, if a form was opened.
pub(super) fn begin_outside(cx: &mut Cx<'_>) {
    if cx.model.layers.form().is_some() {
        edit_outside(cx, Action::EditOutside);
    }
}

fn edit_outside(cx: &mut Cx<'_>, _: Action) {
    let Some(field) = cx.model.layers.form().and_then(Form::field) else {
        return cx.say("the button has no text");
    };
    let suffix = match field.kind {
        FieldKind::Json => ".json",
        FieldKind::Line | FieldKind::Text => ".txt",
        FieldKind::Secret | FieldKind::Choice(_) => {
            return cx.say("this field is not edited outside");
        }
    };
    let text = field.text();
    cx.emit(TerminalWork::EditFieldOutside { text, suffix: suffix.to_owned() });
}

/// The person's editor has ended.
pub(super) fn edited_outside(cx: &mut Cx<'_>, text: Result<String, String>) {
    let Some(form) = cx.model.layers.form_mut() else { return };
    match (text, form.field_mut()) {
        (Ok(text), Some(field)) => {
            let text = if field.kind.has_lines() { text } else { text.replace('\n', " ") };
            field.editor.replace(&text);
            form.check();
        }
        (Ok(_), None) => {}
        (Err(why), _) => cx.warn(format!("what was typed stays: {why}")),
    }
}

/// The service took it, or did not: then all that was typed is there, with the reason.
pub(super) fn answered(cx: &mut Cx<'_>, problem: Option<String>) {
    let is_form = cx.model.layers.top().is_some_and(|top| top.kind() == LayerKind::Form);
    let Some(form) = cx.model.layers.form_mut().filter(|form| form.sending) else {
        if let Some(problem) = problem {
            cx.warn(problem);
        }
        return;
    };
    form.sending = false;
    if let Some(problem) = problem {
        form.problem = Some(problem);
    } else if is_form {
        cx.model.layers.pop();
    } else {
        cx.model.layers.drop_form();
    }
}
