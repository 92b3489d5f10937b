//! Who a key is about: the targets of the screen, the innermost first.
//!
//! Worked out from the model alone, and read by everything that has to know: dispatching a key, the
//! hint row, help, the command line. Start with [`chain`]. The invariant: an action is taken by the
//! first target of the chain that has a handler for it, and by nobody else.

use super::update::{Cx, target};
use crate::action::Action;
use crate::keymap::Scope;
use crate::view::{Edit, LayerKind, Model, Pane, View};

/// What a target does with an action.
pub(crate) type Handler = fn(&mut Cx<'_>, Action);

/// A part of the screen that keys can be about: a layer, a pane, or what is around them.
pub(crate) trait Target: Sync {
    /// Its name in a sentence: `the timeline`.
    fn place(&self) -> &'static str;

    /// The action that leads there, where one does.
    fn way(&self) -> Option<Action> {
        None
    }

    /// The tables of the keymap that hold here, the own one first.
    fn scopes(&self) -> &'static [Scope];

    /// What it does with an action as things stand; `None` where that is nothing of its own.
    fn handler(&self, model: &Model, action: Action) -> Option<Handler>;

    /// Why an action of its own would come to nothing now.
    fn off(&self, _: &Model, _: Action) -> Option<String> {
        None
    }

    /// Actions to offer, the most useful first, in words that fit what they would do now.
    fn hints(&self, model: &Model) -> Vec<(Action, &'static str)>;

    /// Takes what was typed or pasted, where letters are text.
    fn edit(&self, _: &mut Cx<'_>, _: &Edit) {}
}

impl dyn Target {
    pub(crate) fn takes_text(&self) -> bool {
        self.scopes().first().is_some_and(|scope| scope.takes_text())
    }
}

/// Every kind of target by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum TargetName {
    Layer(LayerKind),
    Pane(Pane),
    /// The note on answers that were just taken, over the inspector.
    Sent,
    /// The whole inspector, around its panes.
    Inspector,
    /// What is common to the list of files and the viewer.
    Artifacts,
    /// The screen around the panes.
    Screen,
    /// What works whatever is shown.
    Always,
}

/// The targets that keys go through now, the innermost first.
pub(crate) fn names(model: &Model) -> Vec<TargetName> {
    match model.layers.top() {
        Some(layer) => vec![TargetName::Layer(layer.kind()), TargetName::Always],
        None => under_layers(model),
    }
}

fn under_layers(model: &Model) -> Vec<TargetName> {
    let pane = Pane::focused(model);
    if pane == Pane::Departed {
        return vec![TargetName::Pane(pane), TargetName::Always];
    }
    let sent = (model.view == View::Calls && model.sent.is_some()).then_some(TargetName::Sent);
    let mut chain: Vec<TargetName> = sent.into_iter().chain([TargetName::Pane(pane)]).collect();
    match model.view {
        View::Calls => chain.push(TargetName::Inspector),
        View::Artifacts if model.comparison.is_none() => chain.push(TargetName::Artifacts),
        View::Artifacts | View::Triage | View::Agents | View::Compare | View::File => {}
    }
    chain.extend([TargetName::Screen, TargetName::Always]);
    chain
}

/// The same as what they do.
pub(crate) fn chain(model: &Model) -> Vec<&'static dyn Target> {
    names(model).into_iter().map(target).collect()
}

/// The targets that are there once nothing lies over the panes any more.
pub(crate) fn browse(model: &Model) -> Vec<&'static dyn Target> {
    under_layers(model).into_iter().map(target).collect()
}

/// The tables of the keymap that are in force, the innermost first.
pub fn scopes(model: &Model) -> Vec<Scope> {
    let mut scopes = Vec::new();
    for scope in chain(model).into_iter().flat_map(Target::scopes) {
        if !scopes.contains(scope) {
            scopes.push(*scope);
        }
    }
    scopes
}

/// Every row of scopes that can be in force, the innermost first.
pub(crate) fn all_scopes() -> Vec<Vec<Scope>> {
    let layers = LayerKind::ALL.map(|kind| vec![TargetName::Layer(kind), TargetName::Always]);
    let panes = Pane::ALL.iter().map(|pane| {
        let mut names = vec![TargetName::Pane(*pane)];
        match pane {
            Pane::Queue | Pane::Why | Pane::Arguments | Pane::Answer => {
                names.push(TargetName::Inspector);
            }
            Pane::Files | Pane::Viewer => names.push(TargetName::Artifacts),
            _ => {}
        }
        if *pane != Pane::Departed {
            names.push(TargetName::Screen);
        }
        names.push(TargetName::Always);
        names
    });
    let scopes = |names: Vec<TargetName>| {
        let mut scopes: Vec<Scope> = Vec::new();
        for scope in names.into_iter().flat_map(|name| target(name).scopes()) {
            if !scopes.contains(scope) {
                scopes.push(*scope);
            }
        }
        scopes
    };
    layers.into_iter().chain(panes).map(scopes).collect()
}

/// The target that takes an action now.
pub(crate) fn taker(model: &Model, action: Action) -> Option<&'static dyn Target> {
    chain(model).into_iter().find(|target| target.handler(model, action).is_some())
}

/// Where else an action works: the first place that knows what to do with it.
pub(crate) fn elsewhere(model: &Model, action: Action) -> Option<&'static dyn Target> {
    let panes = Pane::ALL.iter().copied().map(TargetName::Pane);
    let around = [TargetName::Inspector, TargetName::Artifacts];
    let layers = LayerKind::ALL.map(TargetName::Layer);
    let all = panes.into_iter().chain(around).chain(layers).map(target);
    let mut works = all.filter(|target| target.handler(model, action).is_some());
    works.next()
}
