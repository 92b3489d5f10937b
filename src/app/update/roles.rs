//! What refusals and successes teach about roles, and holding back what would be refused.

use super::{memory, toast};
use crate::api::{AgentKey, Need};
use crate::app::msg::Problem;
use crate::app::{Action, Effect, Msg, permit};
use crate::model::{Blocked, Level, Model};

/// Learns from an answer of the service, whatever else becomes of it.
pub(super) fn learn(model: &mut Model, msg: &Msg) -> Vec<Effect> {
    match msg {
        Msg::HideAnswered { session, done, refused, .. } => {
            if refused.iter().any(|(_, problem)| problem.is_forbidden()) {
                refusal(model, &session.agent, Need::Manage)
            } else if done.is_empty() {
                Vec::new()
            } else {
                success(model, &session.agent, Need::Manage)
            }
        }
        Msg::InputTaken { session, .. } => success(model, &session.agent, Need::Submit),
        Msg::InputRefused { session, problem, .. } => {
            forbidden(model, &session.agent, Need::Submit, problem)
        }
        Msg::EventsListed(window) => success(model, &window.session.agent, Need::Read),
        Msg::Refused { session: Some(session), problem } => {
            forbidden(model, &session.agent, Need::Read, problem)
        }
        _ => Vec::new(),
    }
}

fn forbidden(model: &mut Model, agent: &AgentKey, need: Need, problem: &Problem) -> Vec<Effect> {
    if problem.is_forbidden() { refusal(model, agent, need) } else { Vec::new() }
}

fn refusal(model: &mut Model, agent: &AgentKey, need: Need) -> Vec<Effect> {
    if model.permissions.is_denied(agent, need, model.now) {
        // Polled refusals come every few seconds; one note of it is enough.
        return Vec::new();
    }
    let change = model.permissions.refused(agent, need, model.now);
    memory::keep(model, change)
}

fn success(model: &mut Model, agent: &AgentKey, need: Need) -> Vec<Effect> {
    let change = model.permissions.granted(agent, need, model.now);
    change.map_or_else(Vec::new, |change| memory::keep(model, change))
}

/// Says why an action is held back; nothing is sent then. Pressing again soon after tries all the
/// same, because a role may have been granted meanwhile; a read-only profile never gives way.
pub(super) fn holds_back(model: &mut Model, action: Action) -> bool {
    let Some(blocked) = permit::blocked(model, action) else { return false };
    let agent = permit::agent(model).cloned();
    let words = action.words().split(';').next().unwrap_or_default();
    let text = match (blocked, agent) {
        (Blocked::Role(need), Some(agent)) => {
            if model.permissions.insists(&agent, need, model.now) {
                return false;
            }
            let roles = need.words();
            format!("{words}: {agent} wants {roles} · once more within 5 s tries all the same")
        }
        _ => format!("{words}: {}", blocked.words()),
    };
    toast(model, Level::Warning, text);
    true
}
