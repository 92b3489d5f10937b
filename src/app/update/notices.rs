//! Telling a person something in passing, and the page on which all of it is listed.

use super::{Cx, TOAST};
use crate::action::Action;
use crate::app::chain::{Handler, Target};
use crate::app::effect::TerminalWork;
use crate::app::msg::Problem;
use crate::keymap::Scope;
use crate::view::layer::notice_page::{self, NoticePage};
use crate::view::{Layer, Level, Model, Toast};

/// Says something for a moment, and keeps it.
pub(super) fn toast(model: &mut Model, level: Level, text: impl Into<String>) {
    let text = text.into();
    model.notices.add(model.now, level, &text, None, None);
    show(model, level, text);
}

/// The same of a failure: what the service answered is kept with it.
pub(super) fn refusal(model: &mut Model, level: Level, text: impl Into<String>, problem: &Problem) {
    let text = text.into();
    keep(model, level, &text, problem);
    show(model, level, text);
}

/// Keeps what is said elsewhere on the screen.
pub(super) fn keep(model: &mut Model, level: Level, text: &str, problem: &Problem) {
    model.notices.add(model.now, level, text, problem.status, problem.request_id.as_deref());
}

fn show(model: &mut Model, level: Level, text: String) {
    let until = model.now.checked_add(TOAST).unwrap_or(model.now);
    model.toast = Some(Toast { text, until, level });
}

pub(super) struct Notices;

impl Target for Notices {
    fn place(&self) -> &'static str {
        "the list of errors and notices"
    }

    fn way(&self) -> Option<Action> {
        Some(Action::Errors)
    }

    fn scopes(&self) -> &'static [Scope] {
        &[Scope::Notices, Scope::Move]
    }

    fn handler(&self, _: &Model, action: Action) -> Option<Handler> {
        Some(match action {
            action if action.motion().is_some() => go,
            Action::Copy => copy,
            Action::Close | Action::Left => super::close,
            _ => return None,
        })
    }

    fn off(&self, model: &Model, action: Action) -> Option<String> {
        let nothing = action == Action::Copy && selected(model).is_none();
        nothing.then(|| "nothing was said".to_owned())
    }

    fn hints(&self, _: &Model) -> Vec<(Action, &'static str)> {
        vec![(Action::Copy, "copy"), (Action::Down, "down"), (Action::Close, "leave")]
    }
}

pub(super) fn open(cx: &mut Cx<'_>, _: Action) {
    cx.model.layers.push(Layer::Notices(Box::default()));
}

fn page(model: &Model) -> Option<&NoticePage> {
    match model.layers.top() {
        Some(Layer::Notices(page)) => Some(page),
        _ => None,
    }
}

fn selected(model: &Model) -> Option<&crate::view::notices::Notice> {
    model.notices.get(page(model)?.selected()?)
}

fn go(cx: &mut Cx<'_>, action: Action) {
    if let (Some(Layer::Notices(page)), Some(motion)) = (cx.model.layers.top_mut(), action.motion())
    {
        page.go(motion);
    }
}

fn copy(cx: &mut Cx<'_>, _: Action) {
    let clock = cx.model.clock();
    match selected(cx.model).map(|notice| notice_page::copied(notice, &clock)) {
        Some(text) => cx.emit(TerminalWork::Copy { text, what: "notice".to_owned() }),
        None => cx.say("there is nothing to copy yet"),
    }
}
