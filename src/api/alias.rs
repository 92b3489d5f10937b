//! Aliases (contract section 6). Their documents lie outside the schemas that are known; these are
//! this project's own.

use serde::{Deserialize, Serialize};

use super::{AgentKey, AliasKey, Object, Timestamp, time};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Alias {
    pub key: AliasKey,
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    #[serde(default = "yes")]
    pub enabled: bool,
    #[serde(default)]
    pub metadata: Object,
    pub policy: Policy,
    #[serde(with = "time::required")]
    pub created_at: Timestamp,
    #[serde(with = "time::required")]
    pub updated_at: Timestamp,
}

fn yes() -> bool {
    true
}

/// Which agent a new session gets.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Policy {
    Single {
        agent_key: AgentKey,
    },
    /// By chance, in proportion to the weights.
    Weighted {
        targets: Vec<Target>,
    },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Target {
    pub agent_key: AgentKey,
    pub weight: u32,
}

impl Policy {
    /// Every agent that it may pick.
    pub fn agents(&self) -> Vec<&AgentKey> {
        match self {
            Self::Single { agent_key } => vec![agent_key],
            Self::Weighted { targets } => targets.iter().map(|target| &target.agent_key).collect(),
        }
    }
}

/// Body of "create alias".
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NewAlias {
    pub key: AliasKey,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Object>,
    pub policy: Policy,
}
