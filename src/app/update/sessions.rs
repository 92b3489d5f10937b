//! The list of sessions. The timeline follows its selection.

use super::memory::{self, LIST_ORDER};
use super::{Cx, branching, calls, compose, find, form, interrupt, session_acts, session_pair};
use crate::action::Action;
use crate::app::chain::{Handler, Target};
use crate::app::effect::TerminalWork;
use crate::app::shell;
use crate::keymap::Scope;
use crate::model::sessions::ListOrder;
use crate::view::{Focus, Layout, Model, View};
use crate::viewport::Motion;

pub(super) struct SessionList;

impl Target for SessionList {
    fn place(&self) -> &'static str {
        "the list of sessions"
    }

    fn way(&self) -> Option<Action> {
        Some(Action::PaneSessions)
    }

    fn scopes(&self) -> &'static [Scope] {
        &[Scope::Sessions, Scope::Move]
    }

    fn handler(&self, model: &Model, action: Action) -> Option<Handler> {
        Some(match action {
            action if action.motion().is_some() => |cx, action| {
                if let Some(motion) = action.motion() {
                    cx.model.sessions.go(motion);
                }
                show_selected(cx);
            },
            Action::Open | Action::Right => |cx, _| {
                show_selected(cx);
                if cx.model.open.is_some() {
                    cx.model.focus = Focus::Timeline;
                } else {
                    cx.say("there is no session here yet");
                }
            },
            Action::Fold => |cx, _| cx.model.sessions.toggle_groups(),
            Action::Search => find::begin,
            Action::NewSession
            | Action::NewLikeThis
            | Action::Rename
            | Action::Metadata
            | Action::Expiry
            | Action::Extend
            | Action::WriteDown
            | Action::Secrets
            | Action::Disable
            | Action::Delete
            | Action::Undo
            | Action::Redo => session_acts::act,
            Action::EditOutside => |cx, _| {
                session_acts::act(cx, Action::Metadata);
                form::begin_outside(cx);
            },
            Action::Mark => |cx, _| {
                if let Some(selected) = cx.model.sessions.selected().cloned() {
                    cx.model.sessions.toggle_mark(&selected);
                    cx.model.sessions.go(Motion::Down);
                    show_selected(cx);
                }
            },
            Action::Branch => branching::of_session,
            Action::Branches => branching::list,
            Action::Compare => session_pair::start,
            Action::Copy | Action::CopyId | Action::CopyCommand => copy,
            Action::Sort | Action::ReverseOrder => sort,
            Action::MarkRange => |cx, _| cx.model.sessions.toggle_range(),
            Action::MarkAll => |cx, _| cx.model.sessions.mark_listed(),
            Action::Back if model.session_work.is_some() => session_acts::stop,
            Action::Back if model.sessions.marked_len() > 0 => |cx, _| {
                cx.model.sessions.clear_marks();
            },
            Action::Back if !model.sessions.filter().is_empty() => |cx, _| {
                cx.model.sessions.set_filter("", None);
            },
            Action::Write => compose::begin,
            Action::Interrupt => interrupt::ask,
            Action::NextPending | Action::PreviousPending => calls::step,
            _ => return None,
        })
    }

    fn off(&self, model: &Model, action: Action) -> Option<String> {
        match action {
            Action::Interrupt => interrupt::off(model),
            Action::Write => compose::off(model),
            Action::Branch => branching::off(model),
            Action::Undo if !model.edits.can_undo() => Some("nothing to undo".to_owned()),
            Action::Redo if !model.edits.can_redo() => Some("nothing to redo".to_owned()),
            _ => None,
        }
    }

    fn hints(&self, model: &Model) -> Vec<(Action, &'static str)> {
        if model.sessions.marked_len() > 0 || model.session_work.is_some() {
            let back = if model.session_work.is_some() { "stop" } else { "unmark" };
            return vec![
                (Action::Disable, "disable"),
                (Action::Metadata, "metadata"),
                (Action::Expiry, "expiry"),
                (Action::Delete, "delete"),
                (Action::Compare, "compare"),
                (Action::Mark, "mark"),
                (Action::Back, back),
            ];
        }
        let mut hints = vec![
            (Action::Open, "open"),
            (Action::PaneCalls, "your turn"),
            (Action::PaneArtifacts, "artifacts"),
            (Action::Search, "filter"),
            (Action::Write, "write"),
            (Action::NewSession, "new"),
            (Action::Rename, "rename"),
            (Action::Mark, "mark"),
            (Action::Agents, "agents"),
            (Action::Interrupt, "interrupt"),
            (Action::Undo, "undo"),
            (Action::Branch, "branch"),
        ];
        if !model.sessions.filter().is_empty() {
            hints.push((Action::Back, "end filter"));
        }
        hints
    }
}

/// The key, the key with its agent, or the command that opens it.
fn copy(cx: &mut Cx<'_>, action: Action) {
    let Some(selected) = cx.model.sessions.selected() else {
        return cx.say("there is no session here yet");
    };
    let (text, what) = match action {
        Action::Copy => (selected.key.to_string(), "key"),
        Action::CopyId => (selected.to_string(), "agent and key"),
        _ => (shell::show(cx.model, selected), "command"),
    };
    cx.emit(TerminalWork::Copy { text, what: what.to_owned() });
}

/// By the next column, or the other way round; kept for later runs.
fn sort(cx: &mut Cx<'_>, action: Action) {
    let order = cx.model.sessions.order();
    let order = match action {
        Action::Sort => order.next(),
        _ => ListOrder { reversed: !order.reversed, ..order },
    };
    cx.model.sessions.set_order(order);
    cx.model.moved_at = None;
    let another = cx.key(Action::Sort, "s");
    let turns = cx.key(Action::ReverseOrder, "zs");
    cx.say(format!("{} · {another} another, {turns} the other way round", order.words()));
    memory::choose(cx, LIST_ORDER, order.kept());
}

/// Keeps the selected and the open session the same: the timeline follows the list while that has
/// the keyboard, and else the list the timeline.
pub(super) fn mark_what_is_open(cx: &mut Cx<'_>) {
    cx.model.arrange_sessions(Layout::of(cx.model).wide);
    let list_leads = cx.model.view == View::Triage && cx.model.focus == Focus::Sessions;
    let Some(open) = &cx.model.open else {
        // Nothing opens under what somebody types meanwhile.
        if list_leads && cx.model.layers.is_empty() {
            show_selected(cx);
        }
        return;
    };
    if !list_leads || cx.model.sessions.selected().is_none() {
        return cx.model.sessions.select(&open.reference);
    }
    // Sessions that only come by while a filter is typed are no places to go back to.
    let jumps = cx.model.layers.prompt().map(|_| cx.model.jumps.clone());
    show_selected(cx);
    if let Some(jumps) = jumps {
        cx.model.jumps = jumps;
    }
}

/// Shows the selected session in the timeline.
pub(super) fn show_selected(cx: &mut Cx<'_>) {
    if let Some(session) = cx.model.sessions.selected().cloned() {
        super::open(cx, &session);
    }
}
