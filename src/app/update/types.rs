//! The menu of types and states, to choose a filter of the timeline from.

use super::Cx;
use crate::action::Action;
use crate::app::chain::{Handler, Target};
use crate::keymap::Scope;
use crate::model::timeline::Purpose;
use crate::query::Domain;
use crate::view::{Layer, Model, TypeMenu, layer::prompt};

pub(super) struct Types;

impl Target for Types {
    fn place(&self) -> &'static str {
        "the menu of types"
    }

    fn way(&self) -> Option<Action> {
        Some(Action::Types)
    }

    fn scopes(&self) -> &'static [Scope] {
        &[Scope::Types, Scope::Move]
    }

    fn handler(&self, _: &Model, action: Action) -> Option<Handler> {
        Some(match action {
            action if action.motion().is_some() => {
                |cx, action| with(cx, |menu| action.motion().into_iter().for_each(|by| menu.go(by)))
            }
            Action::Toggle => |cx, _| with(cx, TypeMenu::toggle),
            Action::ChooseAll => |cx, _| with(cx, TypeMenu::toggle_all),
            Action::Open => choose,
            Action::Close => super::close,
            _ => return None,
        })
    }

    fn hints(&self, _: &Model) -> Vec<(Action, &'static str)> {
        vec![
            (Action::Toggle, "choose"),
            (Action::ChooseAll, "all"),
            (Action::Open, "show only these"),
            (Action::Close, "leave"),
        ]
    }
}

pub(super) fn open(cx: &mut Cx<'_>, _: Action) {
    let Some(open) = &cx.model.open else { return cx.say("open a session first") };
    let menu = TypeMenu::of(&open.timeline);
    if menu.items().is_empty() {
        return cx.say("there are no events yet");
    }
    cx.model.layers.push(Layer::Types(menu));
}

fn with(cx: &mut Cx<'_>, change: impl FnOnce(&mut TypeMenu)) {
    if let Some(Layer::Types(menu)) = cx.model.layers.top_mut() {
        change(menu);
    }
}

fn choose(cx: &mut Cx<'_>, _: Action) {
    let Some(Layer::Types(menu)) = cx.model.layers.pop() else { return };
    let text = menu.query();
    let query = prompt::read(&text, Purpose::Filter, Domain::Events).ok().flatten();
    prompt::keep(&mut cx.model.searches, &text);
    let now = cx.model.now;
    if let Some(open) = &mut cx.model.open {
        open.timeline.set_query(Purpose::Filter, query.map(|query| (text, query)), now);
    }
}
