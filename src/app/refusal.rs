//! Why the service would take no input for a session now, as far as is known. The same for messages
//! and for compactions, before anything is sent.
//!
//! Must not send or ask. Start with [`refusal`]. The invariant: what is not known refuses nothing.

use crate::api::SessionRef;
use crate::text::units::counted;
use crate::view::Model;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    SessionDisabled,
    AgentDisabled,
    /// It is parked, by so many calls.
    Waits(usize),
}

impl Refusal {
    /// Beside a key that would come to nothing.
    pub(crate) fn short(self) -> String {
        match self {
            Self::SessionDisabled => "the session is disabled".to_owned(),
            Self::AgentDisabled => "the agent is disabled".to_owned(),
            Self::Waits(calls) => format!("it waits for {}", counted(calls, "tool output")),
        }
    }
}

/// What the service would say to input that is not an answer.
pub(crate) fn refusal(model: &Model, session: &SessionRef) -> Option<Refusal> {
    if model.sessions.get(session).is_some_and(|entry| !entry.session.enabled) {
        return Some(Refusal::SessionDisabled);
    }
    if is_agent_disabled(model, session) {
        return Some(Refusal::AgentDisabled);
    }
    // What runs takes messages, whatever it will wait for.
    let calls = model.calls.of_session(session).count();
    (calls > 0 && !model.is_running(session)).then_some(Refusal::Waits(calls))
}

/// A disabled agent takes no input, and makes no sessions.
pub(crate) fn is_agent_disabled(model: &Model, session: &SessionRef) -> bool {
    model.agents.get(&session.agent).is_some_and(|agent| !agent.enabled)
}
