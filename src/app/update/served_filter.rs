//! What the service decides of the list's filter: asked when the line is kept, and when somebody asks
//! for everything anew.

use super::{Cx, notices};
use crate::api::{AgentKey, Session};
use crate::app::effect::Request;
use crate::app::msg::Problem;
use crate::model::sessions::Wanted;
use crate::view::Level;

/// Asks for what is not known.
pub(super) fn ask(cx: &mut Cx<'_>) {
    if let Some(wanted) = cx.model.sessions.unasked() {
        send(cx, wanted);
    }
}

/// Asks anew, whatever was said before.
pub(super) fn ask_again(cx: &mut Cx<'_>) {
    if let Some(wanted) = cx.model.sessions.wanted() {
        send(cx, wanted);
    }
}

fn send(cx: &mut Cx<'_>, wanted: Wanted) {
    cx.machine.next_search += 1;
    let number = cx.machine.next_search;
    cx.model.sessions.begin_asking(number, wanted.clone());
    let agents: Vec<AgentKey> = cx.model.agents.keys().cloned().collect();
    cx.emit(Request::FilterSessions { number, agents, wanted });
}

pub(super) fn passing(cx: &mut Cx<'_>, number: u64, sessions: Vec<Session>) {
    cx.model.sessions.apply_passing(number, sessions);
}

pub(super) fn asked(cx: &mut Cx<'_>, number: u64) {
    let now = cx.model.now;
    cx.model.sessions.end_passing(number, now);
    if let Some(without) = cx.model.sessions.served_without() {
        cx.warn(without);
    }
}

pub(super) fn refused(cx: &mut Cx<'_>, number: u64, problem: &Problem, whole: bool) {
    cx.model.sessions.refuse_passing(number, problem.line(), whole);
    notices::keep(cx.model, Level::Error, &problem.line(), problem);
}
