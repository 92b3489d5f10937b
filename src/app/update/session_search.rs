//! Looking for events in many sessions, and going to what was found.
//!
//! The invariant: nothing is asked for while somebody types; Enter begins, Esc stops.

use super::{Cx, jumps, navigate, open};
use crate::action::Action;
use crate::app::chain::{Handler, Target};
use crate::app::effect::Request;
use crate::keymap::Scope;
use crate::model::event_search::Hit;
use crate::model::timeline::UnitId;
use crate::query::{Domain, Query};
use crate::view::{Edit, Focus, Jump, Layer, Model, View};
use crate::viewport::Motion;

pub(super) struct EventsOfSessions;

impl Target for EventsOfSessions {
    fn place(&self) -> &'static str {
        "the search in sessions"
    }

    fn way(&self) -> Option<Action> {
        Some(Action::SearchSessions)
    }

    fn scopes(&self) -> &'static [Scope] {
        &[Scope::Ask, Scope::Hits]
    }

    fn handler(&self, _: &Model, action: Action) -> Option<Handler> {
        Some(match action {
            Action::Confirm => confirm,
            Action::Cancel => leave,
            action if action.motion().is_some() => |cx, action| {
                if let Some(motion) = action.motion() {
                    cx.model.session_search.go(motion);
                }
            },
            _ => return None,
        })
    }

    fn hints(&self, model: &Model) -> Vec<(Action, &'static str)> {
        let search = &model.session_search;
        let enter = if search.is_asked() { "opens" } else { "looks" };
        let esc = if search.is_running() { "stops" } else { "leaves" };
        vec![(Action::Confirm, enter), (Action::Cancel, esc)]
    }

    fn edit(&self, cx: &mut Cx<'_>, change: &Edit) {
        let search = &mut cx.model.session_search;
        match change {
            Edit::Newline => {}
            Edit::Up => search.go(Motion::Up),
            Edit::Down => search.go(Motion::Down),
            change => {
                if search.input.apply(&change.first_line()) {
                    search.typed();
                }
            }
        }
    }
}

/// Opens the page, with what was found last.
pub(super) fn show(cx: &mut Cx<'_>, _: Action) {
    if cx.model.file.is_some() {
        let looks = cx.key(Action::Search, "/");
        return cx.say(format!("there is one session here, in a file: {looks} looks in it"));
    }
    cx.model.layers.push(Layer::SessionSearch);
}

/// Enter: looks for what is typed, or opens what is chosen of what was found.
fn confirm(cx: &mut Cx<'_>, _: Action) {
    let search = &cx.model.session_search;
    match search.selected().cloned() {
        Some(hit) if search.is_asked() => go_to(cx, &hit),
        None if search.is_asked() && search.is_running() => {}
        _ => begin(cx),
    }
}

fn begin(cx: &mut Cx<'_>) {
    let line = cx.model.session_search.input.text();
    let query = match query(&line) {
        Ok(query) => query,
        Err(problem) => return cx.model.session_search.problem = Some(problem),
    };
    let sessions = cx.model.sessions.newest_passing(cx.model.now);
    if sessions.is_empty() {
        let none = "there is no session to look in; Esc, and see what the filter leaves";
        return cx.model.session_search.problem = Some(none.to_owned());
    }
    let which = which(cx.model);
    cx.machine.next_search += 1;
    let number = cx.machine.next_search;
    cx.model.session_search.begin(number, query.clone(), sessions.len(), which);
    cx.emit(Request::SearchEvents { number, query: Box::new(query), sessions });
}

/// Reads a line, or says why it cannot be looked for.
fn query(line: &str) -> Result<Query, String> {
    if line.trim().is_empty() {
        return Err(
            "what is to be looked for? Words, or conditions as in tool:web_* is:error".into()
        );
    }
    let query = Query::parse(line, Domain::Events).map_err(|mistake| mistake.to_string())?;
    match query.beyond_one_event() {
        Some(condition) => Err(format!(
            "{condition} takes more than the event itself: open the session and filter there"
        )),
        None => Ok(query),
    }
}

/// Which sessions it is about, where those are not all that there are.
fn which(model: &Model) -> &'static str {
    let sessions = &model.sessions;
    match (sessions.filter().is_empty(), sessions.counts().complete) {
        (false, _) => " of the filter",
        (true, true) => "",
        (true, false) => " listed so far",
    }
}

fn go_to(cx: &mut Cx<'_>, hit: &Hit) {
    if cx.model.sessions.get(&hit.session).is_none() {
        return cx.say("that session is not there any more");
    }
    cx.model.layers.pop();
    let place = Jump::to(hit.session.clone(), UnitId::from(&hit.event));
    jumps::leave(cx.model);
    let jumps = cx.model.jumps.clone();
    open(cx, &hit.session);
    cx.model.jumps = jumps;
    cx.machine.steered = true;
    cx.model.zoomed = false;
    navigate::go(cx.model, View::Triage, Focus::Timeline);
    cx.machine.landing = Some(place);
    jumps::land(cx);
    if cx.machine.landing.is_some() {
        cx.say(jumps::ON_THEIR_WAY);
    }
}

/// Esc: stops what is under way, and then leaves.
fn leave(cx: &mut Cx<'_>, _: Action) {
    if cx.model.session_search.is_running() {
        cx.model.session_search.stop();
        return cx.emit(Request::StopSearchEvents);
    }
    cx.model.layers.pop();
}
