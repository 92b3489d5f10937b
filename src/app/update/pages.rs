//! Pages over the panes that are only read: what foretop tells about itself, what a program printed.

use super::Cx;
use crate::action::Action;
use crate::app::chain::{Handler, Target};
use crate::keymap::Scope;
use crate::view::layer::inside::InsidePage;
use crate::view::{Layer, Model};

pub(super) struct Inside;

impl Target for Inside {
    fn place(&self) -> &'static str {
        "the page on the insides"
    }

    fn way(&self) -> Option<Action> {
        Some(Action::Inside)
    }

    fn scopes(&self) -> &'static [Scope] {
        &[Scope::Page, Scope::Move]
    }

    fn handler(&self, _: &Model, action: Action) -> Option<Handler> {
        page(action)
    }

    fn hints(&self, _: &Model) -> Vec<(Action, &'static str)> {
        vec![(Action::Down, "scroll"), (Action::Close, "close")]
    }
}

pub(super) struct Output;

impl Target for Output {
    fn place(&self) -> &'static str {
        "what a program printed"
    }

    fn scopes(&self) -> &'static [Scope] {
        &[Scope::Page, Scope::Move]
    }

    fn handler(&self, _: &Model, action: Action) -> Option<Handler> {
        page(action)
    }

    fn hints(&self, _: &Model) -> Vec<(Action, &'static str)> {
        vec![(Action::Down, "scroll"), (Action::Close, "close")]
    }
}

fn page(action: Action) -> Option<Handler> {
    Some(match action {
        action if action.motion().is_some() => scroll,
        Action::Close | Action::Left => super::close,
        _ => return None,
    })
}

fn scroll(cx: &mut Cx<'_>, action: Action) {
    let Some(motion) = action.motion() else { return };
    match cx.model.layers.top_mut() {
        Some(Layer::Inside(page)) => page.go(motion),
        Some(Layer::Output(page)) => page.go(motion),
        _ => {}
    }
}

pub(super) fn open_inside(cx: &mut Cx<'_>, _: Action) {
    cx.model.layers.push(Layer::Inside(InsidePage::default()));
}
