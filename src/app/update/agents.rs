//! Keys in the list of agents and aliases, and in what is known of the selected one. Nothing is changed
//! from here.

use super::{Cx, catalogue, navigate};
use crate::action::Action;
use crate::app::chain::{Handler, Target};
use crate::app::effect::TerminalWork;
use crate::app::shell;
use crate::keymap::Scope;
use crate::query::{self, Domain, Query};
use crate::text::{quoted, sanitize};
use crate::view::pane::agents::Item;
use crate::view::{Focus, Model, View};

/// The list of agents and aliases.
pub(super) struct AgentList;

impl Target for AgentList {
    fn place(&self) -> &'static str {
        "the list of agents"
    }

    fn way(&self) -> Option<Action> {
        Some(Action::Agents)
    }

    fn scopes(&self) -> &'static [Scope] {
        &[Scope::Agents, Scope::Move]
    }

    fn handler(&self, _: &Model, action: Action) -> Option<Handler> {
        Some(match action {
            action if action.motion().is_some() => |cx, action| {
                if let Some(motion) = action.motion() {
                    cx.model.agent_pane.go(motion);
                }
            },
            Action::Open => show_sessions,
            Action::Right => |cx, _| cx.model.focus = Focus::AgentFacts,
            Action::CopyId | Action::CopyCommand => copy,
            _ => return None,
        })
    }

    fn off(&self, model: &Model, action: Action) -> Option<String> {
        off(model, action)
    }

    fn hints(&self, _: &Model) -> Vec<(Action, &'static str)> {
        vec![
            (Action::Open, "its sessions"),
            (Action::Right, "look closely"),
            (Action::CopyId, "copy key"),
            (Action::CopyCommand, "as command"),
            (Action::Refresh, "ask again"),
            (Action::NextPane, "pane"),
        ]
    }
}

/// What is known of the selected one.
pub(super) struct AgentFacts;

impl Target for AgentFacts {
    fn place(&self) -> &'static str {
        "what is known of an agent"
    }

    fn way(&self) -> Option<Action> {
        Some(Action::Agents)
    }

    fn scopes(&self) -> &'static [Scope] {
        &[Scope::Agents, Scope::Move]
    }

    fn handler(&self, model: &Model, action: Action) -> Option<Handler> {
        Some(match action {
            action if action.motion().is_some() => |cx, action| {
                if let Some(motion) = action.motion() {
                    cx.model.agent_pane.go_in_facts(motion);
                }
            },
            Action::Open if model.agent_pane.session().is_some() => open_session,
            Action::Open if folds(model) => fold,
            Action::Open => show_sessions,
            Action::Fold => fold,
            Action::FoldAll | Action::UnfoldAll => |cx, action| {
                cx.model.agent_pane.fold_all(action == Action::FoldAll);
            },
            Action::Right => |cx, _| {
                cx.model.agent_pane.fold(Some(false));
            },
            Action::Left => |cx, _| {
                if !cx.model.agent_pane.fold(Some(true)) && !cx.model.zoomed {
                    cx.model.focus = Focus::AgentList;
                }
            },
            Action::CopyId | Action::CopyCommand => copy,
            _ => return None,
        })
    }

    fn off(&self, model: &Model, action: Action) -> Option<String> {
        off(model, action)
    }

    fn hints(&self, model: &Model) -> Vec<(Action, &'static str)> {
        let open = if model.agent_pane.session().is_some() {
            "open session"
        } else if folds(model) {
            "unfold"
        } else {
            "its sessions"
        };
        vec![
            (Action::Open, open),
            (Action::Fold, "fold"),
            (Action::UnfoldAll, "unfold all"),
            (Action::Zoom, "zoom"),
            (Action::CopyId, "copy key"),
            (Action::CopyCommand, "as command"),
            (Action::Refresh, "ask again"),
            (Action::NextPane, "pane"),
        ]
    }
}

/// Whether the line under the cursor holds others.
fn folds(model: &Model) -> bool {
    model.agent_pane.line().is_some_and(|line| line.folded.is_some())
}

fn off(model: &Model, action: Action) -> Option<String> {
    let about = matches!(action, Action::Open | Action::CopyId | Action::CopyCommand);
    let nothing = about && model.agent_pane.selected().is_none();
    nothing.then(|| "there is no agent here yet".to_owned())
}

/// `5`: the list, asked for anew.
pub(super) fn open(cx: &mut Cx<'_>, _: Action) {
    navigate::go(cx.model, View::Agents, Focus::AgentList);
    catalogue::ask(cx);
}

/// `R`, where this is what is looked at.
pub(super) fn ask_again(cx: &mut Cx<'_>) {
    if cx.model.view == View::Agents {
        catalogue::ask(cx);
    }
}

/// Shows the sessions of the agent, or of those that the alias may lead to, and no others.
fn show_sessions(cx: &mut Cx<'_>, _: Action) {
    let pane = &cx.model.agent_pane;
    let agents = pane.agents_meant(cx.model);
    let Some(item) = pane.selected() else { return cx.say("there is no agent here yet") };
    if agents.is_empty() {
        let key = quoted::in_sentence(item.key());
        return cx.say(format!("{key} leads to no agent, so there is nothing to filter by"));
    }
    let names = agents.iter().map(|key| query::name_written(key.as_str()));
    let filter = format!("agent:{}", names.collect::<Vec<_>>().join(","));
    match Query::parse(&filter, Domain::Sessions) {
        Ok(query) => {
            cx.model.sessions.set_filter(&filter, Some(query));
            cx.model.zoomed = false;
            navigate::go(cx.model, View::Triage, Focus::Sessions);
            cx.say(format!("{} · Esc shows all sessions", sanitize::preview(&filter, 80)));
        }
        // Too many of them, or names that no filter can hold.
        Err(mistake) => cx.warn(format!("cannot be filtered by: {mistake}")),
    }
}

/// Opens the session in which something failed.
fn open_session(cx: &mut Cx<'_>, _: Action) {
    let Some(session) = cx.model.agent_pane.session().cloned() else { return };
    if cx.model.sessions.get(&session).is_none() {
        return cx.say("that session is not there any more");
    }
    cx.model.zoomed = false;
    navigate::go(cx.model, View::Triage, Focus::Timeline);
    super::open(cx, &session);
}

fn fold(cx: &mut Cx<'_>, _: Action) {
    if !cx.model.agent_pane.fold(None) {
        cx.say("there is nothing to fold here");
    }
}

fn copy(cx: &mut Cx<'_>, action: Action) {
    let Some(item) = cx.model.agent_pane.selected() else {
        return cx.say("there is nothing to copy yet");
    };
    let (text, what) = match (action, item) {
        (Action::CopyId, item) => (item.key().to_owned(), "key"),
        (_, Item::Agent(key)) => (shell::agent(cx.model, Some(key)), "command"),
        (_, Item::Alias(_)) => (shell::agent(cx.model, None), "command"),
    };
    cx.emit(TerminalWork::Copy { text, what: what.to_owned() });
}
