//! What the service said, and what is remembered of it: sessions, events, calls, roles, the state of
//! the link.
//!
//! Plain data and every pure change of it. Does no IO, draws nothing, knows no pane, and never asks
//! for the time: it comes in as a [`Timestamp`](crate::api::Timestamp). Start with [`sessions`] and
//! [`timeline`]. The invariant: selections and places are names of things, never positions, so that
//! nothing moves under a person's finger.

pub mod agent_facts;
mod answer_kind;
pub mod artifact_links;
pub mod attention;
pub mod catalogue;
pub mod compaction_rule;
pub mod event_search;
pub mod event_window;
pub mod event_words;
pub mod failure;
pub mod lineage;
pub mod link;
pub mod masking;
pub mod memory;
pub mod origin;
pub mod output_schema;
pub mod permissions;
pub mod probe;
pub mod reasons;
pub mod session_diff;
pub mod session_edit;
pub mod sessions;
pub mod step;
pub mod timeline;

use serde::{Deserialize, Serialize};

pub use answer_kind::AnswerKind;
pub use catalogue::Catalogue;
pub use compaction_rule::CompactionRule;
pub use link::Link;
pub use memory::Memory;
pub use output_schema::OutputSchemas;
pub use permissions::{Blocked, Permissions};
pub use sessions::Sessions;
pub use timeline::Timeline;

/// The colour of a profile's badge: its owner's choice, and never all that tells it apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BadgeColour {
    Red,
    Yellow,
    Green,
    Blue,
    Magenta,
    Cyan,
}

/// Where we are connected to, for the badge in the header.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Profile {
    pub name: String,
    pub url: String,
    /// What it is called in the configuration, if it comes from there.
    #[serde(default)]
    pub configured: Option<String>,
    /// Of this machine, and no part of a recording.
    #[serde(skip)]
    pub token_file: Option<String>,
    pub demo: bool,
    /// Nothing that changes anything is sent.
    pub read_only: bool,
    /// Real people depend on what is there.
    pub production: bool,
    pub badge: Option<BadgeColour>,
}
