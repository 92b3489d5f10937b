//! The rows that name a file, as a list to jump from.

use super::{Cx, bookmarks};
use crate::action::Action;
use crate::app::chain::{Handler, Target};
use crate::keymap::Scope;
use crate::view::{Layer, Model, UseList};

pub(super) struct Uses;

impl Target for Uses {
    fn place(&self) -> &'static str {
        "the list of rows that name a file"
    }

    fn way(&self) -> Option<Action> {
        Some(Action::Uses)
    }

    fn scopes(&self) -> &'static [Scope] {
        &[Scope::Page, Scope::Move]
    }

    fn handler(&self, _: &Model, action: Action) -> Option<Handler> {
        Some(match action {
            action if action.motion().is_some() => go,
            Action::Open | Action::Right => jump,
            Action::Close | Action::Left => super::close,
            _ => return None,
        })
    }

    fn hints(&self, _: &Model) -> Vec<(Action, &'static str)> {
        vec![(Action::Open, "go there"), (Action::Down, "down"), (Action::Close, "leave")]
    }
}

/// `gu`: a list of the rows that name the selected file.
pub(super) fn open(cx: &mut Cx<'_>, _: Action) {
    let clock = cx.model.clock();
    let (Some(file), Some(open)) = (cx.model.artifacts.selected(), &cx.model.open) else {
        return cx.say("there is no file here yet");
    };
    let list = UseList::of(&open.timeline, file, &clock);
    if list.items().is_empty() {
        let words = if open.timeline.reaches_start() {
            "no event of this session names this file"
        } else {
            "no event that is loaded names this file; older ones are not loaded"
        };
        return cx.say(words);
    }
    cx.model.layers.push(Layer::Uses(list));
}

fn go(cx: &mut Cx<'_>, action: Action) {
    if let (Some(Layer::Uses(list)), Some(motion)) = (cx.model.layers.top_mut(), action.motion()) {
        list.go(motion);
    }
}

fn jump(cx: &mut Cx<'_>, _: Action) {
    let Some(Layer::Uses(list)) = cx.model.layers.top() else { return };
    let unit = list.selected().map(|item| item.unit.clone());
    if unit.is_none_or(|unit| bookmarks::go_to(cx.model, &unit, true)) {
        cx.model.layers.pop();
    }
}
