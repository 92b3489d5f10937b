//! The part of an agent that a session client needs (contract section 8.1); the rest is kept in
//! `extra` and travels along.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::salvage::Salvage;
use super::{AgentKey, Object, Timestamp, exact, time};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Agent {
    pub key: AgentKey,
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Keyed by what events call `tool_configuration_name`.
    #[serde(default)]
    pub tool_configurations: BTreeMap<String, ToolConfiguration>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub skills: BTreeMap<String, Value>,
    #[serde(default)]
    pub model: AgentModel,
    #[serde(default)]
    pub first_step: Value,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_step_name: Option<String>,
    #[serde(default = "enabled_by_default")]
    pub enabled: bool,
    #[serde(default, deserialize_with = "exact::members")]
    pub metadata: Object,
    #[serde(default, with = "time::optional", skip_serializing_if = "Option::is_none")]
    pub created_at: Option<Timestamp>,
    #[serde(default, with = "time::optional", skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<Timestamp>,
    #[serde(flatten)]
    pub extra: Object,
    /// What of it cannot be read, and why; the rest is as the service sent it.
    #[serde(skip)]
    pub damage: Option<String>,
}

impl Salvage for Agent {
    const BARE: &'static str = r#"{"key":"?","name":""}"#;

    fn damaged(self, why: String) -> Self {
        Self { damage: Some(why), ..self }
    }
}

impl Agent {
    /// One of which nothing but the key is known.
    pub fn unread(key: AgentKey) -> Self {
        Self {
            name: key.to_string(),
            key,
            description: None,
            tool_configurations: BTreeMap::new(),
            skills: BTreeMap::new(),
            model: AgentModel::default(),
            first_step: Value::Null,
            first_step_name: None,
            enabled: enabled_by_default(),
            metadata: Object::new(),
            created_at: None,
            updated_at: None,
            extra: Object::new(),
            damage: Some("not read: this key may not list agents".to_owned()),
        }
    }

    /// The step of that name, or the first one; `None` when there is no such step.
    pub fn step(&self, name: Option<&str>) -> Option<&Value> {
        let first = self.first_step_name.as_deref();
        match name {
            None => Some(&self.first_step),
            Some(name) if Some(name) == first => Some(&self.first_step),
            Some(name) => self.extra.get("steps")?.get(name),
        }
    }

    /// Whether that step may call the tool. A step without a list may call them all.
    pub fn allows_tool(&self, step: Option<&str>, tool: &str) -> bool {
        self.allows(step, "allowed_tools", tool)
    }

    /// Whether that step may load the skill. A step without a list may load them all.
    pub fn allows_skill(&self, step: Option<&str>, skill: &str) -> bool {
        self.allows(step, "allowed_skills", skill)
    }

    fn allows(&self, step: Option<&str>, list: &str, name: &str) -> bool {
        let allowed = self.step(step).and_then(|step| step.get(list)?.as_array());
        allowed.is_none_or(|allowed| allowed.iter().any(|found| found == name))
    }
}

fn enabled_by_default() -> bool {
    true
}

#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct AgentModel {
    #[serde(default)]
    pub name: String,
    /// What the model is called with; an object by contract.
    #[serde(
        default,
        deserialize_with = "exact::some_value",
        skip_serializing_if = "Option::is_none"
    )]
    pub parameters: Option<Value>,
    #[serde(flatten)]
    pub extra: Object,
}

/// One entry of an agent's tool map. A `client` tool parks the session until a client answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ToolConfiguration {
    /// An open set: fourteen kinds are documented and more may come.
    #[serde(rename = "type")]
    pub kind: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool_id: Option<String>,
    /// Merged into the arguments and hidden from the model; may refer to secrets by `$ref`.
    #[serde(
        default,
        deserialize_with = "exact::some_members",
        skip_serializing_if = "Option::is_none"
    )]
    pub argument_override: Option<Object>,
    #[serde(flatten)]
    pub extra: Object,
}

/// Body of "create agent". Generous: only a name is needed, whatever the schema asks for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NewAgent {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<AgentKey>,
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    #[serde(default)]
    pub tool_configurations: BTreeMap<String, ToolConfiguration>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub skills: BTreeMap<String, Value>,
    #[serde(default)]
    pub model: AgentModel,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_step: Option<Object>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_step_name: Option<String>,
    #[serde(default = "enabled_by_default")]
    pub enabled: bool,
    #[serde(default, deserialize_with = "exact::members")]
    pub metadata: Object,
    #[serde(flatten)]
    pub extra: Object,
}
