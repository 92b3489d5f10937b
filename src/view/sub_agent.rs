//! From the row of a sub-agent to the session that it works in.
//!
//! The invariant: only a session that the service said belongs to the row is named; where that is not
//! known, nothing is guessed.

use super::Model;
use crate::api::SessionRef;
use crate::model::timeline::{Kind, Unit};

impl Model {
    /// The session of a sub-agent's row of the open session, where its output names it and it is
    /// listed.
    pub fn session_of_sub_agent(&self, unit: &Unit) -> Option<SessionRef> {
        if unit.kind != Kind::SubAgent {
            return None;
        }
        let key = unit.tool_output()?.tool_output.get("session_key")?.as_str()?;
        let parent = &self.open.as_ref()?.reference.key;
        // Keys are an agent's own: another agent may use the same.
        let mut named = self.sessions.iter().filter(|(name, _)| name.key.as_str() == key);
        let child =
            named.find(|(_, entry)| entry.session.created_by_session_key.as_ref() == Some(parent));
        child.map(|(name, _)| name.clone())
    }
}
