//! The models that agents can think with, as a service lists them.

use serde::{Deserialize, Serialize};

use super::Object;
use super::salvage::Salvage;

/// One model. Services differ in what they tell of it; this server adds what is its own under `foretop`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Llm {
    #[serde(default)]
    pub id: String,
    /// What an agent's `model.name` is set to.
    pub name: String,
    #[serde(default)]
    pub description: String,
    #[serde(default = "yes")]
    pub enabled: bool,
    /// Whether agents that name no model get this one.
    #[serde(default, rename = "default")]
    pub is_default: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capabilities: Option<Capabilities>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub foretop: Option<Details>,
    #[serde(flatten)]
    pub extra: Object,
    /// What of it cannot be read, and why; the rest is as the service sent it.
    #[serde(skip)]
    pub damage: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Capabilities {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image_support: Option<bool>,
    /// In tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context_limit: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool_calling: Option<bool>,
    #[serde(flatten)]
    pub extra: Object,
}

/// Where an embedded server asks the model, and what that costs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Details {
    pub kind: String,
    /// Without a query.
    pub url: String,
    /// What the provider calls it.
    pub model_id: String,
    /// Answers at a time.
    pub parallel: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prices: Option<Prices>,
}

/// Of a million tokens.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Prices {
    pub input: f64,
    pub cached: f64,
    pub output: f64,
    pub currency: String,
}

impl Salvage for Llm {
    const BARE: &'static str = r#"{"name":"?"}"#;

    fn damaged(self, why: String) -> Self {
        Self { damage: Some(why), ..self }
    }
}

fn yes() -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::Page;

    #[test]
    fn what_another_service_tells_is_kept_and_what_it_leaves_out_is_not_made_up() {
        let text = r#"{"llms":[{"id":"llm_1","name":"gpt","prompts":[{"id":"p"}],
            "capabilities":{"context_limit":1000,"audio":true}},{"name":3}],"metadata":{}}"#;
        let page: Page<Llm> = serde_json::from_str(text).unwrap();
        let [first, second] = &page.items[..] else { panic!("{page:?}") };
        assert!(first.enabled && !first.is_default && first.foretop.is_none());
        let capabilities = first.capabilities.as_ref().unwrap();
        assert_eq!((capabilities.context_limit, capabilities.tool_calling), (Some(1000), None));
        let back = serde_json::to_value(first).unwrap();
        assert_eq!(back["prompts"][0]["id"], "p");
        assert_eq!(back["capabilities"]["audio"], true);
        assert!(second.damage.is_some() && second.name == "?");
    }
}
