//! Wire types of the Vectara v2 Agent Sessions API, shared by the client and the embedded server.
//!
//! Owns the shapes and nothing else: no IO, no policy, no knowledge of who sends them. Start with
//! [`event::Event`]. The invariant: what came in goes out unchanged. An event keeps the exact JSON
//! that it was read from, and every other object keeps the fields that it does not know.

pub mod agent;
pub mod alias;
pub mod artifact;
pub mod decimal;
pub mod error;
pub mod event;
pub mod exact;
pub mod frame;
pub mod glance;
pub mod ids;
pub mod input;
pub mod llm;
pub mod odd;
pub mod open_enum;
pub mod page;
pub mod roles;
mod salvage;
pub mod session;
pub mod time;
pub mod tool;
pub mod tool_call;
pub mod trace;
pub mod upstream;
pub mod weight;

pub use agent::{Agent, NewAgent};
pub use artifact::Artifact;
pub use decimal::Decimal;
pub use error::ErrorBody;
pub use event::{Event, EventBody};
pub use exact::Exact;
pub use frame::Frame;
pub use glance::{EventKind, Glance};
pub use ids::{
    AgentKey, AliasKey, ArtifactId, EventId, SessionKey, SessionRef, ToolCallId, ToolId,
};
pub use input::{Input, InputRequest};
pub use page::{Listed, Page};
pub use roles::Need;
pub use salvage::{Salvage, Whole};
pub use session::{Session, SessionStatus};
pub use time::Timestamp;
pub use tool_call::PendingCall;

/// A JSON object whose keys keep the order in which the service sent them.
pub type Object = serde_json::Map<String, serde_json::Value>;
