//! What refusals and successes teach about roles, and holding back what would be refused.

use super::{Cx, memory};
use crate::action::Action;
use crate::api::{AgentKey, Need};
use crate::app::msg::{Problem, ServiceMsg, StreamMsg};
use crate::app::session_request::SessionMsg;
use crate::app::{Msg, permit};
use crate::model::Blocked;
use crate::view::Model;

/// Learns from an answer of the service, whatever else becomes of it.
pub(super) fn learn(cx: &mut Cx<'_>, msg: &Msg) {
    match msg {
        Msg::Service(ServiceMsg::HideAnswered { session, done, refused, .. }) => {
            if refused.iter().any(|(_, problem)| problem.is_forbidden()) {
                refusal(cx, &session.agent, Need::Manage);
            } else if !done.is_empty() {
                success(cx, &session.agent, Need::Manage);
            }
        }
        Msg::Stream(StreamMsg::InputTaken { session, .. }) => {
            success(cx, &session.agent, Need::Submit);
        }
        Msg::Stream(StreamMsg::InputRefused { session, problem, .. }) => {
            forbidden(cx, &session.agent, Need::Submit, problem);
        }
        Msg::Service(ServiceMsg::EventsListed(window)) => {
            success(cx, &window.session.agent, Need::Read);
        }
        Msg::Service(ServiceMsg::Refused { session, problem }) => {
            forbidden(cx, &session.agent, Need::Read, problem);
        }
        Msg::Service(ServiceMsg::Session(msg)) => learn_of_session(cx, msg),
        _ => {}
    }
}

/// From what became of work on sessions as a whole.
fn learn_of_session(cx: &mut Cx<'_>, msg: &SessionMsg) {
    let (agent, need, refused) = match msg {
        SessionMsg::Edited { edit, outcome } => {
            (&edit.session.agent, Need::Manage, outcome.refused())
        }
        SessionMsg::SecretsSet { session, outcome } => {
            (&session.agent, Need::Manage, outcome.refused())
        }
        SessionMsg::Deleted { session, outcome } => {
            (&session.agent, Need::Manage, outcome.refused())
        }
        SessionMsg::Made(session) => (&session.agent_key, Need::Submit, None),
        SessionMsg::NotMade { agent, problem } => (agent, Need::Submit, Some(problem)),
        SessionMsg::AskedAgain { from, made, .. } => {
            (&from.agent, Need::Submit, made.as_ref().err())
        }
        SessionMsg::WrittenDown { session, outcome } => {
            (&session.agent, Need::Read, outcome.as_ref().err())
        }
        SessionMsg::Ended { .. } | SessionMsg::NameTaken { .. } | SessionMsg::ReadSoFar { .. } => {
            return;
        }
    };
    match refused {
        Some(problem) => forbidden(cx, agent, need, problem),
        None => success(cx, agent, need),
    }
}

fn forbidden(cx: &mut Cx<'_>, agent: &AgentKey, need: Need, problem: &Problem) {
    if problem.is_forbidden() {
        refusal(cx, agent, need);
    }
}

fn refusal(cx: &mut Cx<'_>, agent: &AgentKey, need: Need) {
    if cx.model.permissions.is_denied(agent, need, cx.model.now) {
        // Polled refusals come every few seconds; one note of it is enough.
        return;
    }
    let change = cx.model.permissions.refused(agent, need, cx.model.now);
    memory::keep(cx, change);
}

fn success(cx: &mut Cx<'_>, agent: &AgentKey, need: Need) {
    let change = cx.model.permissions.granted(agent, need, cx.model.now);
    if let Some(change) = change {
        memory::keep(cx, change);
    }
}

/// Why an action is held back; nothing is sent then. Pressing again soon after tries all the
/// same, because a role may have been granted meanwhile; a read-only profile never gives way.
pub(super) fn held_back(model: &mut Model, action: Action) -> Option<String> {
    let blocked = permit::blocked(model, action)?;
    let agent = permit::agent(model).cloned();
    let words = action.words().split(';').next().unwrap_or_default();
    Some(match (blocked, agent) {
        (Blocked::Role(need), Some(agent)) => {
            if model.permissions.insists(&agent, need, model.now) {
                return None;
            }
            let roles = need.words();
            format!("{words}: {agent} wants {roles} · once more within 5 s tries all the same")
        }
        _ => format!("{words}: {}", blocked.words()),
    })
}
