//! Which actions need a role, and what stands in the way of one. The same for the keys that are
//! offered and for the keys that are pressed.

use super::Action;
use crate::api::{AgentKey, Need};
use crate::model::Blocked;
use crate::view::{Model, Pane, View};

/// The role that an action will need once it reaches the service.
pub fn need(model: &Model, action: Action) -> Option<Need> {
    match action {
        Action::Delete if is_in_list(model) => Some(Need::Manage),
        // It begins a message there.
        Action::EditOutside if is_in_timeline(model) => Some(Need::Submit),
        Action::Rename
        | Action::Metadata
        | Action::Expiry
        | Action::Extend
        | Action::Secrets
        | Action::Disable
        | Action::Hide
        | Action::Undo
        | Action::Redo => Some(Need::Manage),
        Action::Delete => Some(Need::Admin),
        Action::NewSession
        | Action::NewLikeThis
        | Action::Write
        | Action::SendMessage
        | Action::Interrupt
        | Action::Compact
        | Action::CompactOlder
        | Action::Branch
        | Action::BranchCompacted
        | Action::AskAgain
        | Action::Send
        | Action::SendAnyway => Some(Need::Submit),
        Action::PaneArtifacts => Some(Need::Read),
        _ => None,
    }
}

/// Whether keys are about sessions as a whole.
fn is_in_list(model: &Model) -> bool {
    Pane::focused(model) == Pane::Sessions
}

fn is_in_timeline(model: &Model) -> bool {
    model.layers.is_empty() && Pane::focused(model) == Pane::Timeline
}

fn leaves_the_timeline(action: Action) -> bool {
    matches!(
        action,
        Action::PaneSessions
            | Action::PaneTimeline
            | Action::PaneCalls
            | Action::Agents
            | Action::Branches
            | Action::NextPane
            | Action::PreviousPane
            | Action::Refresh
            | Action::Pause
            | Action::Edit
            | Action::EditOutside
            | Action::AnswerType
            | Action::Reveal
            | Action::SetAside
            | Action::Why
    )
}

/// The agent that an action is about now.
pub fn agent(model: &Model) -> Option<&AgentKey> {
    model.current_session().map(|session| &session.agent)
}

/// Why an action would come to nothing, as far as we know.
pub fn blocked(model: &Model, action: Action) -> Option<Blocked> {
    if model.view == View::File && (need(model, action).is_some() || leaves_the_timeline(action)) {
        return Some(Blocked::File);
    }
    let need = need(model, action)?;
    if matches!(need, Need::Manage | Need::Admin) && model.is_past() && !is_in_list(model) {
        return Some(Blocked::Past);
    }
    if model.profile.read_only && !matches!(need, Need::Read | Need::ReadOrSubmit) {
        return Some(Blocked::ReadOnly);
    }
    let denied = model.permissions.is_denied(agent(model)?, need, model.now);
    denied.then_some(Blocked::Role(need))
}
