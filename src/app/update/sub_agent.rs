//! From the row of a sub-agent to the session that it works in.
//!
//! The invariant: only a session that the service said belongs to the row is opened; where that is not
//! known, nothing is guessed.

use super::{Cx, jumps, open};
use crate::api::SessionRef;
use crate::model::timeline::{Kind, Unit};
use crate::view::Model;

/// The session of a sub-agent's row, where its output names it and it is listed.
pub(super) fn session(model: &Model, unit: &Unit) -> Option<SessionRef> {
    if unit.kind != Kind::SubAgent {
        return None;
    }
    let key = unit.tool_output()?.tool_output.get("session_key")?.as_str()?;
    let parent = &model.open.as_ref()?.reference;
    let mut named = model.sessions.iter().filter(|(name, _)| name.key.as_str() == key);
    let is_child = |entry: &crate::model::sessions::SessionEntry| {
        entry.session.created_by_session_key.as_ref() == Some(&parent.key)
    };
    // Keys are an agent's own: another agent may use the same.
    named.find(|(_, entry)| is_child(entry)).map(|(name, _)| name.clone())
}

/// Opens it; one step back leads to the row.
pub(super) fn enter(cx: &mut Cx<'_>, session: &SessionRef) {
    jumps::leave(cx.model);
    open(cx, session);
    cx.say("the sub-agent's session · [[ goes back");
}
