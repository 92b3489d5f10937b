//! The session object (contract section 2.1) and the bodies that create and update it.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::salvage::Salvage;
use super::{AgentKey, EventId, Exact, Object, SessionKey, SessionRef, Timestamp, exact, time};
use crate::open_enum;

open_enum! {
    /// `stopped` is not final: the next input runs the session again. None of these says
    /// "waiting for you"; only the outstanding calls do.
    SessionStatus { Unstarted = "unstarted", Running = "running", Stopped = "stopped" }
}

/// Only the five fields without a default may be relied on; older replies lack the others.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Session {
    pub key: SessionKey,
    pub agent_key: AgentKey,
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    #[serde(default, deserialize_with = "exact::members")]
    pub metadata: Object,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub current_step_name: Option<String>,
    pub enabled: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<SessionStatus>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_by_agent_key: Option<AgentKey>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_by_session_key: Option<SessionKey>,
    /// Idle minutes before the service deletes the session; 0 means never.
    #[serde(default)]
    pub tti_minutes: u64,
    #[serde(with = "time::required")]
    pub created_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_context_usage: Option<ContextUsage>,
    /// The compaction settings as they were when the session was created.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effective_compaction: Option<Exact>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alias_key: Option<String>,
    /// Values never come back: each is `****`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secrets: Option<BTreeMap<String, String>>,
    #[serde(flatten)]
    pub extra: Object,
    /// What of it cannot be read, and why; the rest is as the service sent it.
    #[serde(skip)]
    pub damage: Option<String>,
}

impl Salvage for Session {
    const BARE: &'static str = r#"{"key":"?","agent_key":"?","name":"","enabled":true,"created_at":"1970-01-01T00:00:00Z"}"#;

    fn damaged(self, why: String) -> Self {
        Self { damage: Some(why), ..self }
    }
}

impl Session {
    pub fn reference(&self) -> SessionRef {
        SessionRef { agent: self.agent_key.clone(), key: self.key.clone() }
    }
}

/// Describes the latest model call, not a sum over calls.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct ContextUsage {
    #[serde(default)]
    pub input_tokens: InputTokens,
    #[serde(default)]
    pub output_tokens: OutputTokens,
    #[serde(default)]
    pub total_tokens: u64,
    #[serde(default)]
    pub model_context_window: u64,
    #[serde(flatten)]
    pub extra: Object,
}

impl ContextUsage {
    /// How full the context window was, in percent; `None` when the window is unknown.
    pub fn percent(&self) -> Option<u64> {
        (self.model_context_window > 0)
            .then(|| self.total_tokens.saturating_mul(100) / self.model_context_window)
    }
}

#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct InputTokens {
    #[serde(default)]
    pub count: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cached_tokens: Option<u64>,
    #[serde(flatten)]
    pub extra: Object,
}

#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct OutputTokens {
    #[serde(default)]
    pub count: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reasoning_tokens: Option<u64>,
    #[serde(flatten)]
    pub extra: Object,
}

/// Body of "create session" (contract section 2.2); every field is optional.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct NewSession {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<SessionKey>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    #[serde(
        default,
        deserialize_with = "exact::some_members",
        skip_serializing_if = "Option::is_none"
    )]
    pub metadata: Option<Object>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tti_minutes: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secrets: Option<SecretValues>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from_session: Option<FromSession>,
    #[serde(flatten)]
    pub extra: Object,
}

/// The session to fork from. At most one of the two anchors; without one, all visible events are
/// copied.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FromSession {
    /// The new session's agent when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_key: Option<AgentKey>,
    pub session_key: SessionKey,
    /// The last event that is copied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub include_up_to_event_id: Option<EventId>,
    /// The last event that a summary takes the place of; later ones are copied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compact_up_to_event_id: Option<EventId>,
}

/// Values of secrets by name on their way to the service; `None` removes one. `Debug` shows none.
#[derive(Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SecretValues(pub BTreeMap<String, Option<String>>);

impl fmt::Debug for SecretValues {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{} masked>", self.0.len())
    }
}

/// Body of "update session" (contract section 2.5). An absent field stays as it is; `metadata`
/// replaces the whole map.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct SessionChanges {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    #[serde(
        default,
        deserialize_with = "exact::some_members",
        skip_serializing_if = "Option::is_none"
    )]
    pub metadata: Option<Object>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tti_minutes: Option<u64>,
    /// Merged: those that are not named stay.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secrets: Option<SecretValues>,
    #[serde(flatten)]
    pub extra: Object,
}

impl Session {
    /// A session with nothing but its names, not started.
    pub fn named(agent_key: AgentKey, key: SessionKey, name: String, now: Timestamp) -> Self {
        Self {
            key,
            agent_key,
            name,
            description: None,
            metadata: Object::new(),
            current_step_name: None,
            enabled: true,
            status: Some(SessionStatus::Unstarted),
            created_by_agent_key: None,
            created_by_session_key: None,
            tti_minutes: 0,
            created_at: now,
            session_context_usage: None,
            effective_compaction: None,
            alias_key: None,
            secrets: None,
            extra: Object::new(),
            damage: None,
        }
    }
}
