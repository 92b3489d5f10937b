//! What a person does in the timeline: fold, jump, hide and take it back.

use super::{Cx, artifacts, ask_again, bookmarks, branching, calls, compacting, compose, copy};
use super::{
    detail, export, find, interrupt, jumps, open, picked, session_pair, toast, types, waterfall,
};
use crate::action::Action;
use crate::api::{EventId, SessionRef};
use crate::app::chain::{Handler, Target};
use crate::app::effect::Request;
use crate::keymap::Scope;
use crate::model::Timeline;
use crate::model::step::HideStep;
use crate::model::timeline::{Filter, Landmark, Remedy, Stepped, Unit};
use crate::text::quoted;
use crate::text::units::{counted, tokens};
use crate::view::{Focus, Level, Model, OpenSession, View};
use crate::viewport::Motion;

/// The events of the open session.
pub(super) struct Events;

impl Target for Events {
    fn place(&self) -> &'static str {
        "the timeline"
    }

    fn way(&self) -> Option<Action> {
        Some(Action::PaneTimeline)
    }

    fn scopes(&self) -> &'static [Scope] {
        &[Scope::Timeline, Scope::Move]
    }

    fn handler(&self, model: &Model, action: Action) -> Option<Handler> {
        Some(match action {
            action if action.motion().is_some() => go,
            Action::NextPending | Action::PreviousPending => calls::step,
            action if landmark(action).is_some() => jump,
            Action::Open => enter,
            Action::LookClosely => |cx, _| detail::open(cx),
            Action::Right => unfold,
            Action::Left => out,
            Action::Back if waterfall::is_away(model) && !model.zoomed => waterfall::come_back,
            Action::Back if find::standing_query(model).is_some() => find::end_one,
            Action::Back | Action::Quit if model.is_past() => |cx, _| {
                with(cx, |open| open.timeline.return_to_present());
            },
            Action::Back if marks(model) > 0 => |cx, _| {
                with(cx, |open| {
                    open.timeline.clear_marks();
                });
            },
            Action::Search => find::begin,
            Action::NextHit | Action::PreviousHit => find::leap,
            Action::Types => types::open,
            Action::Fold => |cx, _| with(cx, fold),
            Action::FoldAll | Action::UnfoldAll => {
                |cx, action| with(cx, |open| open.timeline.fold_all(action == Action::FoldAll))
            }
            Action::FoldGroup | Action::UnfoldGroup => fold_group,
            Action::FoldTurns | Action::UnfoldTurns => {
                |cx, action| with(cx, |open| open.timeline.fold_turns(action == Action::FoldTurns))
            }
            Action::AgentsView => agents_view,
            Action::ChatView => |cx, _| {
                with(cx, |open| open.timeline.set_chat(!open.timeline.is_chat()));
            },
            Action::Pause => |cx, _| with(cx, pause),
            Action::Follow => |cx, _| with(cx, follow),
            Action::MomentOn | Action::MomentBack => step_in_time,
            Action::Mark => |cx, _| with(cx, mark),
            Action::MarkRange => |cx, _| with(cx, |open| open.timeline.toggle_range()),
            Action::MarkAlike => mark_alike,
            Action::Bookmark => bookmarks::ask_on_row,
            Action::Bookmarks => bookmarks::list,
            Action::Hide | Action::Delete => picked::act,
            Action::Undo | Action::Redo => take_back,
            Action::Write => compose::begin,
            Action::EditOutside => compose::begin_outside,
            Action::Interrupt => interrupt::ask,
            Action::Compact | Action::CompactOlder => compacting::list,
            Action::Branch | Action::BranchCompacted => branching::from_row,
            Action::Branches => branching::list,
            Action::AskAgain => ask_again::ask,
            Action::WhereTimeWent => waterfall::open,
            Action::Compare => session_pair::start,
            Action::Export => export::ask_in_timeline,
            Action::ItsFile => artifacts::open_named,
            Action::Copy
            | Action::CopyValue
            | Action::CopyPath
            | Action::CopyJson
            | Action::CopyId
            | Action::CopyCurl
            | Action::CopyMarkdown
            | Action::CopyCommand => copy::act,
            _ => return None,
        })
    }

    fn off(&self, model: &Model, action: Action) -> Option<String> {
        off(model, action)
    }

    fn hints(&self, model: &Model) -> Vec<(Action, &'static str)> {
        use Action::{
            AgentsView, Back, Branch, ChatView, Compact, Fold, FoldAll, Follow, Hide, Interrupt,
            ItsFile, Last, Mark, MomentBack, MomentOn, NextError, NextTurn, Open, PaneArtifacts,
            PaneCalls, Search, Types, Undo, WhereTimeWent, Write,
        };
        if model.is_past() {
            return vec![
                (MomentOn, "on"),
                (MomentBack, "back"),
                (Back, "now"),
                (NextTurn, "turn"),
                (NextError, "error"),
                (Follow, "newest"),
            ];
        }
        let ends = match (find::standing_query(model), marks(model)) {
            (Some(_), _) => Some((Back, "end search")),
            (None, 0) => None,
            (None, _) => Some((Back, "unmark")),
        };
        let is_chat = model.open.as_ref().is_some_and(|open| open.timeline.is_chat());
        let chat = if is_chat { "all rows" } else { "chat" };
        if model.view == View::File {
            let mut hints = vec![
                (Open, "open"),
                (Search, "find"),
                (Types, "types"),
                (NextTurn, "turn"),
                (NextError, "error"),
                (FoldAll, "fold all"),
                (WhereTimeWent, "time"),
                (MomentBack, "back in time"),
                (Last, "end"),
                (AgentsView, "agent's view"),
                (ChatView, chat),
            ];
            hints.extend(ends);
            return hints;
        }
        let unit = model.open.as_ref().and_then(|open| open.timeline.cursor_unit());
        let waits = unit.as_ref().is_some_and(|unit| calls::waiting_call(unit).is_some());
        let child = unit.as_ref().and_then(|unit| model.session_of_sub_agent(unit));
        let enter = match (waits, child.is_some()) {
            (true, _) => "answer",
            (false, true) => "its session",
            (false, false) => "open",
        };
        let mut hints = vec![(Open, enter)];
        hints.extend(unit.as_ref().and_then(Unit::meaning).map(|meaning| way_on(meaning.remedy)));
        hints.extend(child.map(|_| (Action::LookClosely, "look closely")));
        hints.extend(ends);
        if unit.as_ref().is_some_and(|unit| !Timeline::files_of(unit).is_empty()) {
            hints.push((ItsFile, "its file"));
        }
        hints.extend([
            (Hide, "hide"),
            (Undo, "undo"),
            (Search, "find"),
            (Write, "write"),
            (PaneArtifacts, "artifacts"),
            (NextError, "error"),
            (Fold, "fold"),
            (Mark, "mark"),
            (Follow, "follow"),
            (WhereTimeWent, "time"),
            (Interrupt, "interrupt"),
            (PaneCalls, "your turn"),
            (Branch, "branch"),
            (Compact, "compact"),
            (ChatView, chat),
        ]);
        if unit.is_some_and(|unit| ask_again::is_answer(&unit)) {
            hints.push((Action::AskAgain, "replay"));
        }
        hints
    }
}

/// Why something about the open session would come to nothing now.
pub(super) fn off(model: &Model, action: Action) -> Option<String> {
    match action {
        Action::Undo if !model.undo.can_undo() => Some("nothing to undo".to_owned()),
        Action::Redo if !model.undo.can_redo() => Some("nothing to redo".to_owned()),
        Action::Interrupt => interrupt::off(model),
        Action::Compact | Action::CompactOlder => compacting::off(model),
        Action::Branch | Action::BranchCompacted | Action::AskAgain => branching::off(model),
        Action::Compare => session_pair::off(model),
        Action::Export => export::off(model),
        Action::Write | Action::EditOutside => compose::off(model),
        Action::AgentsView if !tells_context(model) => Some(UNTOLD.to_owned()),
        _ => None,
    }
}

/// The key that leads on from an error, and what it is for there.
fn way_on(remedy: Remedy) -> (Action, &'static str) {
    match remedy {
        Remedy::Tell => (Action::Write, "tell the agent"),
        Remedy::TryAgain => (Action::Write, "ask to try again"),
        Remedy::Secret => (Action::PaneSessions, "list, to set a secret"),
        Remedy::MakeRoom => (Action::Hide, "hide what is not needed"),
        Remedy::Look => (Action::LookClosely, "all it said"),
    }
}

fn tells_context(model: &Model) -> bool {
    model.open.as_ref().is_none_or(|open| open.timeline.tells_context())
}

fn marks(model: &Model) -> usize {
    model.open.as_ref().map_or(0, |open| open.timeline.marked_len())
}

fn with(cx: &mut Cx<'_>, change: impl FnOnce(&mut OpenSession)) {
    match &mut cx.model.open {
        Some(open) => change(open),
        None => cx.say("open a session first"),
    }
}

fn go(cx: &mut Cx<'_>, action: Action) {
    let Some(motion) = action.motion() else { return };
    if matches!(motion, Motion::First | Motion::Last) {
        jumps::leave(cx.model);
    }
    with(cx, |open| match motion {
        Motion::First => open.first(),
        Motion::Last if open.timeline.is_past() => open.timeline.last(),
        Motion::Last => open.newest(),
        motion => open.timeline.go(motion),
    });
}

/// Enter on a call that waits leads to its answer, on anything else to its detail.
fn enter(cx: &mut Cx<'_>, _: Action) {
    let unit = cx.model.open.as_ref().and_then(|open| open.timeline.cursor_unit());
    let Some(unit) = unit else { return cx.say("there is no row under the cursor yet") };
    match calls::waiting_call(&unit).filter(|_| cx.model.view != View::File) {
        Some(call) => calls::open_call(cx, &call),
        None => match cx.model.session_of_sub_agent(&unit) {
            Some(session) => enter_session(cx, &session),
            None => detail::open(cx),
        },
    }
}

/// Opens the session of a sub-agent; one step back leads to the row.
fn enter_session(cx: &mut Cx<'_>, session: &SessionRef) {
    jumps::leave(cx.model);
    open(cx, session);
    let back = cx.key(Action::ViewBack, "[[");
    cx.say(format!("the sub-agent's session · {back} goes back"));
}

fn unfold(cx: &mut Cx<'_>, _: Action) {
    with(cx, |open| {
        if let Some(id) = open.timeline.cursor_unit().map(|unit| unit.id)
            && open.timeline.is_folded(&id)
        {
            open.timeline.toggle_fold(&id);
        }
    });
}

/// `h`: folds what is unfolded, else goes to the pane on the left.
fn out(cx: &mut Cx<'_>, _: Action) {
    let Some(open) = &mut cx.model.open else {
        cx.model.focus = Focus::Sessions;
        return;
    };
    let unit = open.timeline.cursor_unit().map(|unit| unit.id);
    match unit.filter(|id| !open.timeline.is_folded(id)) {
        Some(id) => open.timeline.toggle_fold(&id),
        None if cx.model.view == View::File => {}
        None => cx.model.focus = Focus::Sessions,
    }
}

fn fold(open: &mut OpenSession) {
    if let Some(id) = open.timeline.cursor_unit().map(|unit| unit.id) {
        open.timeline.toggle_fold(&id);
    }
}

fn fold_group(cx: &mut Cx<'_>, action: Action) {
    let mut found = true;
    with(cx, |open| found = open.timeline.fold_group(action == Action::FoldGroup));
    if !found {
        cx.say(format!("no {} from here", action.words()));
    }
}

fn follow(open: &mut OpenSession) {
    open.timeline.return_to_present();
    open.newest();
}

fn mark(open: &mut OpenSession) {
    if let Some(id) = open.timeline.scroll().cursor.clone() {
        open.timeline.toggle_mark(&id);
        open.timeline.move_cursor(1);
    }
}

/// To the next thing of a kind, or back to the one before.
pub(super) fn jump(cx: &mut Cx<'_>, action: Action) {
    let Some((forward, landmark)) = landmark(action) else { return };
    jumps::leave(cx.model);
    let mut found = true;
    with(cx, |open| found = open.timeline.jump(forward, landmark));
    if !found {
        cx.say(format!("no {} from here", action.words()));
    }
}

/// One event on or back, and a word where that leads nowhere.
fn step_in_time(cx: &mut Cx<'_>, action: Action) {
    let forward = action == Action::MomentOn;
    let Some(open) = &mut cx.model.open else { return cx.say("open a session first") };
    let was_past = open.timeline.is_past();
    let words = match open.timeline.step(forward) {
        Stepped::Moved => return,
        Stepped::Present if was_past => "this is the present again",
        Stepped::Present => "this is the present; the other way leads back in time",
        Stepped::AtFirst if open.timeline.reaches_start() => "nothing was before this event",
        Stepped::AtFirst => "what was before this event is not loaded yet",
        Stepped::Unread => "what comes before this row is not read yet",
    };
    cx.say(words);
}

/// Goes to the moment that was asked for at the start, once the file is read so far.
pub(super) fn seek(model: &mut Model) {
    if let Some(remark) = model.open.as_mut().and_then(|open| open.timeline.look_for_wanted()) {
        toast(model, Level::Warning, remark);
    }
}

/// Where a paired jump goes.
fn landmark(action: Action) -> Option<(bool, Landmark)> {
    Some(match action {
        Action::NextError => (true, Landmark::Error),
        Action::PreviousError => (false, Landmark::Error),
        Action::NextPending => (true, Landmark::Pending),
        Action::PreviousPending => (false, Landmark::Pending),
        Action::NextCompaction => (true, Landmark::Compaction),
        Action::PreviousCompaction => (false, Landmark::Compaction),
        Action::NextHidden => (true, Landmark::Hidden),
        Action::PreviousHidden => (false, Landmark::Hidden),
        Action::NextTurn => (true, Landmark::Turn),
        Action::PreviousTurn => (false, Landmark::Turn),
        Action::NextBookmark => (true, Landmark::Bookmark),
        Action::PreviousBookmark => (false, Landmark::Bookmark),
        Action::NextSameTool => (true, Landmark::SameTool),
        Action::PreviousSameTool => (false, Landmark::SameTool),
        _ => return None,
    })
}

/// Said of a file in which no event says whether the agent sees it.
const UNTOLD: &str = "the file does not tell what the agent still sees";

fn agents_view(cx: &mut Cx<'_>, _: Action) {
    if tells_context(cx.model) {
        with(cx, toggle_agents_view);
    } else {
        cx.say(UNTOLD);
    }
}

fn toggle_agents_view(open: &mut OpenSession) {
    let next = match open.timeline.filter() {
        Filter::All => Filter::AgentsView,
        Filter::AgentsView => Filter::All,
    };
    open.timeline.set_filter(next);
}

/// The view stands still while everything that arrives is kept, or goes on with all of it.
fn pause(open: &mut OpenSession) {
    if !open.resume() {
        open.pause();
    }
}

fn mark_alike(cx: &mut Cx<'_>, _: Action) {
    let Some(open) = &mut cx.model.open else { return cx.say("open a session first") };
    let alike = open.timeline.mark_alike();
    let marked = open.timeline.marked_len();
    cx.say(format!("{} like this, {marked} marked", counted(alike, "row")));
}

/// Sends the opposite of the last step, unless somebody else has changed those events since.
pub(super) fn take_back(cx: &mut Cx<'_>, action: Action) {
    let undo = action == Action::Undo;
    let step = if undo { cx.model.undo.undo() } else { cx.model.undo.redo() };
    let Some(HideStep { session, events, hidden }) = step else {
        let what = if undo { "nothing to undo" } else { "nothing to redo" };
        return cx.say(what);
    };
    let Some(open) = cx.model.open.as_mut().filter(|open| open.reference == session) else {
        // Nothing is sent; the step stays where it was.
        cx.model.undo.keep(undo);
        let text = format!(
            "the last step was in {}; open it to take it back",
            quoted::in_sentence(session.key.as_str())
        );
        return cx.warn(text);
    };
    let still_ours = |id: &EventId| open.timeline.is_hidden(id) == Some(!hidden);
    let (ours, others): (Vec<_>, Vec<_>) = events.into_iter().partition(still_ours);
    open.each(|timeline| timeline.mark_hiding(&ours, hidden));
    if !others.is_empty() {
        let text = format!(
            "{} changed since by somebody else, left as they are",
            counted(others.len(), "event")
        );
        cx.warn(text);
    }
    if !ours.is_empty() {
        cx.emit(Request::SetHidden { session, events: ours, hidden });
    }
}

/// What the toast says after events were hidden or shown.
pub(super) fn outcome(model: &Model, hidden: bool, done: &[EventId]) -> String {
    let estimate = model.open.as_ref().map_or(0, |open| open.timeline.estimated_tokens(done));
    let verb = if hidden { "hid" } else { "showed" };
    format!("{verb} {}, about {} tokens", counted(done.len(), "event"), tokens(estimate))
}
