//! Aliases: names that stand for agents, and the rules by which one is picked (contract section 6).

use serde::{Deserialize, Serialize};

use super::salvage::Salvage;
use super::{AgentKey, AliasKey, Object, Timestamp, exact, time};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Alias {
    pub key: AliasKey,
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    pub policy: Policy,
    pub enabled: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Object>,
    #[serde(with = "time::required")]
    pub created_at: Timestamp,
    /// Absent until something changed.
    #[serde(default, with = "time::optional", skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<Timestamp>,
    /// What of it cannot be read, and why; the rest is as the service sent it.
    #[serde(skip)]
    pub damage: Option<String>,
}

impl Salvage for Alias {
    const BARE: &'static str = r#"{"key":"?","name":"","policy":{"type":"routed","rules":[]},
        "enabled":true,"created_at":"1970-01-01T00:00:00Z"}"#;

    fn damaged(self, why: String) -> Self {
        Self { damage: Some(why), ..self }
    }
}

/// Which agent a new session gets.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Policy {
    /// The first rule that matches decides.
    Routed { rules: Vec<Rule> },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rule {
    /// A UserFn expression over the session and the alias. A rule without one always matches.
    #[serde(default, rename = "match", skip_serializing_if = "Option::is_none")]
    pub condition: Option<String>,
    pub targets: Targets,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Targets {
    Single {
        agent_key: AgentKey,
    },
    /// In proportion to the weights, and the same one for the same value of `partition_by`, which is a
    /// UserFn expression too.
    Weighted {
        partition_by: String,
        options: Vec<WeightedTarget>,
    },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WeightedTarget {
    pub agent_key: AgentKey,
    #[serde(deserialize_with = "exact::count")]
    pub weight: u64,
}

impl Policy {
    pub fn rules(&self) -> &[Rule] {
        match self {
            Self::Routed { rules } => rules,
        }
    }

    /// Every agent that it may pick, in the order of the rules; one that two of them name comes twice.
    pub fn agents(&self) -> Vec<&AgentKey> {
        self.rules().iter().flat_map(|rule| rule.targets.agents()).collect()
    }
}

impl Targets {
    fn agents(&self) -> Vec<&AgentKey> {
        match self {
            Self::Single { agent_key } => vec![agent_key],
            Self::Weighted { options, .. } => {
                options.iter().map(|option| &option.agent_key).collect()
            }
        }
    }
}

/// Body of "create alias".
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NewAlias {
    pub key: AliasKey,
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    pub policy: Policy,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Object>,
}

/// Body of "replace policy".
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NewPolicy {
    pub policy: Policy,
}
