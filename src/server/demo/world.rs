//! The world as it is written in `assets/demo/world.toml`.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use crate::api::agent::ToolConfiguration;
use crate::api::alias::NewAlias;
use crate::api::{Object, exact};

#[derive(Debug, thiserror::Error)]
pub enum WorldError {
    #[error(transparent)]
    Toml(#[from] toml::de::Error),
    #[error(transparent)]
    Fields(#[from] serde_json::Error),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct World {
    #[serde(default)]
    pub tool: Vec<ToolPlan>,
    pub agent: Vec<AgentPlan>,
    #[serde(default)]
    pub alias: Vec<NewAlias>,
    pub session: Vec<SessionPlan>,
}

impl World {
    pub(super) fn load() -> Result<Self, WorldError> {
        let world = toml::from_str(include_str!("../../../assets/demo/world.toml"))?;
        // Agents are read from JSON alone, whose numbers they keep.
        Ok(exact::typed::<Self>(&world)?)
    }
}

/// A client tool that agents refer to by its id.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ToolPlan {
    pub id: String,
    pub name: String,
    pub description: String,
    pub input_schema: Object,
    pub output_schema: Option<Object>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AgentPlan {
    pub key: String,
    pub name: String,
    pub description: String,
    pub model: String,
    pub playbook: String,
    pub tools: BTreeMap<String, ToolConfiguration>,
    #[serde(default)]
    pub skills: BTreeMap<String, Value>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SessionPlan {
    pub agent: String,
    pub key: String,
    pub name: String,
    pub description: Option<String>,
    #[serde(default)]
    pub tti_minutes: u64,
    /// Key of the session whose sub-agent this one is, and its agent where that is another one.
    pub parent: Option<String>,
    pub parent_agent: Option<String>,
    /// Gets new messages while people watch.
    #[serde(default)]
    pub live: bool,
    #[serde(default)]
    pub live_inputs: Vec<String>,
    #[serde(default)]
    pub turn: Vec<TurnPlan>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TurnPlan {
    pub ago_minutes: f64,
    pub text: String,
    /// Moves in the line notation; without it the playbook answers.
    pub script: Option<String>,
    /// Tools whose events are hidden by hand once the turn is over.
    #[serde(default)]
    pub hide: Vec<String>,
}
