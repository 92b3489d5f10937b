//! Two sessions to compare: choosing them, asking for both, and taking over what came of it.
//!
//! Keys while they are shown are [`super::session_diff`]'s. Start with [`start`]. The invariant: an answer
//! about other sessions than those that are shown changes nothing.

use super::Cx;
use crate::action::Action;
use crate::api::SessionRef;
use crate::app::effect::Request;
use crate::model::Blocked;
use crate::model::lineage::Origin;
use crate::view::pane::session_diff::{Outcome, SessionComparison};
use crate::view::{Focus, Model, View};

/// `g D`: the two that are marked, or the marked one with the one that is shown; without marks a branch with
/// its origin.
pub(super) fn start(cx: &mut Cx<'_>, _: Action) {
    let sessions = &cx.model.sessions;
    let marked = if sessions.marked_len() > 0 { sessions.targets() } else { Vec::new() };
    let shown = cx.model.current_session().cloned();
    match marked.as_slice() {
        [one, other] => compare(cx, one.clone(), other.clone()),
        [one] => {
            let Some(other) = shown.filter(|shown| shown != one) else {
                let both = cx.key_of("sessions", Action::Compare, "gD");
                return cx.say(format!(
                    "mark a second session, or put the cursor on it; {both} compares both"
                ));
            };
            compare(cx, one.clone(), other);
        }
        [] => {
            let Some((branch, origin)) = shown.as_ref().and_then(|shown| origin(cx.model, shown))
            else {
                let marks = cx.key(Action::Mark, "Space");
                return cx.say(format!(
                    "this is no branch of a session that is listed · mark two with {marks}, or \
                     :compare KEY"
                ));
            };
            compare(cx, origin, branch);
        }
        more => {
            let count = more.len();
            cx.say(format!("{count} sessions are marked, and two are compared; Esc unmarks"));
        }
    }
}

/// A branch, and what it was branched from, if that is listed.
fn origin(model: &Model, branch: &SessionRef) -> Option<(SessionRef, SessionRef)> {
    let origin = Origin::of(&model.sessions.get(branch)?.session)?.session;
    model.sessions.get(&origin)?;
    Some((branch.clone(), origin))
}

/// Why it would come to nothing now.
pub(super) fn off(model: &Model) -> Option<String> {
    (model.view == View::File).then(|| Blocked::File.words())
}

/// Shows both, the older one first, and reads them.
pub(super) fn compare(cx: &mut Cx<'_>, one: SessionRef, other: SessionRef) {
    if one == other {
        return cx.say("a session differs in nothing from itself");
    }
    let made = |of: &SessionRef| cx.model.sessions.get(of).map(|entry| entry.session.created_at);
    let pair = if made(&other) < made(&one) { [other, one] } else { [one, other] };
    let from = match cx.model.focus {
        Focus::SessionDiff => cx.model.session_diff.as_ref().map_or(Focus::Sessions, |it| it.from),
        Focus::Timeline => Focus::Timeline,
        _ => Focus::Sessions,
    };
    cx.model.session_diff = Some(Box::new(SessionComparison::new(pair.clone(), from)));
    cx.model.zoomed = false;
    (cx.model.view, cx.model.focus) = (View::Compare, Focus::SessionDiff);
    cx.emit(Request::CompareSessions { sessions: Box::new(pair) });
}

/// Reads both anew.
pub(super) fn again(cx: &mut Cx<'_>, _: Action) {
    let Some(comparison) = &mut cx.model.session_diff else { return };
    **comparison = SessionComparison::new(comparison.sessions.clone(), comparison.from);
    let sessions = Box::new(comparison.sessions.clone());
    cx.emit(Request::CompareSessions { sessions });
}

/// Out of it; what was read is let go.
pub(super) fn leave(cx: &mut Cx<'_>, _: Action) {
    let Some(comparison) = cx.model.session_diff.take() else { return };
    let opened = cx.model.open.is_some();
    let focus = if opened { comparison.from } else { Focus::Sessions };
    (cx.model.view, cx.model.focus) = (View::Triage, focus);
    if matches!(comparison.outcome, Outcome::Reading { .. }) {
        cx.emit(Request::StopComparing);
    }
}

/// How many events of one of them have come.
pub(super) fn read(model: &mut Model, sessions: &[SessionRef; 2], side: usize, events: u64) {
    if let Some(shown) = model.session_diff.as_mut().filter(|shown| shown.is_of(sessions)) {
        shown.note(side, events);
    }
}

/// Takes a finished comparison, if it is still wanted.
pub(super) fn answered(model: &mut Model, sessions: &[SessionRef; 2], outcome: Outcome) {
    if let Some(shown) = model.session_diff.as_mut().filter(|shown| shown.is_of(sessions)) {
        shown.outcome = outcome;
    }
}

/// It could not even be asked for: nothing is waited for.
pub(super) fn not_asked(model: &mut Model) {
    if model.session_diff.take().is_some() && model.view == View::Compare {
        (model.view, model.focus) = (View::Triage, Focus::Sessions);
    }
}
