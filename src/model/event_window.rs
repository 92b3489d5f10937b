//! One listing of events, as the timeline takes it over.

use serde::{Deserialize, Serialize};

use crate::api::{Event, SessionRef, Timestamp};

/// One gap-free stretch of a session.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct EventWindow {
    pub session: SessionRef,
    /// Hidden ones included, oldest first.
    pub events: Vec<Event>,
    /// Whether this service marks hidden events, so that those without a mark are visible.
    pub marked: bool,
    pub reaches_start: bool,
    /// Nothing was newer when it was listed.
    pub reaches_end: bool,
    pub asked_at: Timestamp,
}
