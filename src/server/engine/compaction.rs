//! Compaction: the older part of the history makes room for a summary of it (contract sections 3.1,
//! 5.2 and 8.1). Nothing is deleted; the events that it stands for become hidden.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::api::event::Compaction;
use crate::api::input::CompactInput;
use crate::api::{Agent, Event, EventBody, EventId, Exact, Session};
use crate::server::store::events::Listing;
use crate::server::store::seal::Vault;
use crate::server::store::{self, Db, events};

/// Events that a summary looks at; what is older counts only.
const SUMMARISED: u32 = 400;

/// When and how a session is compacted; frozen in the session when it is created.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CompactionSettings {
    pub enabled: bool,
    pub threshold_percent: u64,
    pub keep_recent_inputs: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compaction_message: Option<String>,
    pub tool_event_policy: ToolEvents,
}

/// Which tool events a summary takes into account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ToolEvents {
    Exclude,
    #[default]
    IncludeOutputs,
    IncludeAll,
}

impl Default for CompactionSettings {
    fn default() -> Self {
        Self {
            enabled: true,
            threshold_percent: 80,
            keep_recent_inputs: 1,
            compaction_message: None,
            tool_event_policy: ToolEvents::default(),
        }
    }
}

impl CompactionSettings {
    /// An agent's settings, with the defaults for what it leaves open.
    pub fn of_agent(agent: &Agent) -> Self {
        agent.extra.get("compaction").map(Self::read).unwrap_or_default()
    }

    /// As a session shows them.
    pub fn frozen(&self) -> Option<Exact> {
        serde_json::to_value(self).ok().map(Exact::from)
    }

    fn read(settings: &Value) -> Self {
        serde_json::from_value(settings.clone()).unwrap_or_default()
    }
}

/// The settings that hold for a session: its own, or its agent's where it has none.
pub(super) fn settings(agent: &Agent, session: &Session) -> CompactionSettings {
    match &session.effective_compaction {
        Some(frozen) => CompactionSettings::read(&frozen.to_value()),
        None => CompactionSettings::of_agent(agent),
    }
}

/// The last event that a compaction takes; `None` when it would take nothing.
pub(super) fn last_to_compact(
    db: &Db,
    session: i64,
    request: &CompactInput,
    keep_recent_inputs: u32,
) -> store::Result<Option<i64>> {
    match &request.compact_up_to_event_id {
        // The anchor is the request's own choice of what to keep.
        Some(anchor) => match events::seq(db, session, anchor)? {
            Some(seq) if events::has_visible_up_to(db, session, seq)? => Ok(Some(seq)),
            _ => Ok(None),
        },
        None => events::compactable_up_to(db, session, keep_recent_inputs),
    }
}

/// The event that stands for what a compaction took away.
pub(in crate::server) fn compaction(
    id: &EventId,
    gone: events::Compacted,
    summary: String,
) -> EventBody {
    EventBody::Compaction(Compaction {
        turns_compacted: gone.turns,
        events_compacted: gone.events,
        summary_key: format!("sum_{}", id.as_str().get(4..12).unwrap_or_default()),
        summary_text: Some(summary),
    })
}

/// The visible events up to `last`: their number, and the newest of them for a summary.
pub(in crate::server) fn history(
    db: &Db,
    vault: &Vault,
    last: i64,
    policy: ToolEvents,
) -> store::Result<(u64, Vec<Event>)> {
    let listing = Listing {
        include_hidden: false,
        newest_first: true,
        after: Some(last + 1),
        limit: SUMMARISED,
    };
    let count = events::count_visible_up_to(db, vault.row, last)?;
    let rows = events::list(db, vault, listing)?;
    let counts = |event: &Event| match *event.body {
        EventBody::ToolInput(_) => policy == ToolEvents::IncludeAll,
        EventBody::ToolOutput(_) => policy != ToolEvents::Exclude,
        _ => true,
    };
    let events =
        rows.into_iter().rev().map(|row| row.event()).collect::<store::Result<Vec<_>>>()?;
    Ok((count, events.into_iter().filter(counts).collect()))
}
