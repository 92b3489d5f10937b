//! What a provider wants back of its model's thoughts when the calls that followed them are answered, and
//! without which it refuses the answer.
//!
//! Nothing here is read: it is signed, or sealed by the provider. Start with [`Reasoning`]. The invariant: it
//! goes back to the model that it came from, and to no other.

use genai::ModelIden;
use genai::chat::{ContentPart, CustomPart, MessageContent};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::settings::ModelSettings;

/// Of one answer.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Reasoning {
    /// The kind and the id of the model.
    of: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    blocks: Vec<Block>,
    /// Of each call, in their order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    calls: Vec<Vec<String>>,
}

/// A piece of the thoughts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Block {
    Signed {
        signature: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        thought: Option<String>,
    },
    /// As the provider has it.
    Native(Value),
}

impl Reasoning {
    /// What was caught of an answer, where there is any of it.
    pub(super) fn caught(settings: &ModelSettings, content: &MessageContent) -> Option<Self> {
        let mut blocks = Vec::new();
        let mut calls = Vec::new();
        for part in content {
            match part {
                ContentPart::ThoughtSignature(signature) => {
                    blocks.push(Block::Signed { signature: signature.clone(), thought: None });
                }
                ContentPart::ReasoningContent(text) => {
                    if let Some(Block::Signed { thought, .. }) = blocks.last_mut() {
                        *thought = Some(text.clone());
                    }
                }
                ContentPart::Custom(part) => blocks.push(Block::Native(part.data.clone())),
                ContentPart::ToolCall(call) => {
                    calls.push(call.thought_signatures.clone().unwrap_or_default());
                }
                _ => {}
            }
        }
        if calls.iter().all(Vec::is_empty) {
            calls.clear();
        }
        let is_empty = blocks.is_empty() && calls.is_empty();
        (!is_empty).then(|| Self { of: name(settings), blocks, calls })
    }

    /// Whether that model can read it.
    pub(super) fn is_of(&self, settings: &ModelSettings) -> bool {
        self.of == name(settings)
    }

    /// As it goes back, in front of what was said.
    pub(super) fn parts(&self, model: &ModelIden) -> Vec<ContentPart> {
        let mut parts = Vec::new();
        for block in &self.blocks {
            match block {
                Block::Signed { signature, thought } => {
                    parts.push(ContentPart::ThoughtSignature(signature.clone()));
                    parts.extend(thought.clone().map(ContentPart::ReasoningContent));
                }
                Block::Native(data) => parts.push(ContentPart::Custom(CustomPart {
                    model_iden: Some(model.clone()),
                    data: data.clone(),
                })),
            }
        }
        parts
    }

    /// What goes back with a call.
    pub(super) fn of_call(&self, at: usize) -> Option<Vec<String>> {
        self.calls.get(at).filter(|signatures| !signatures.is_empty()).cloned()
    }

    /// The same without the calls that do not go back: `left` has those that do, in their order.
    #[must_use]
    pub fn of_calls(&self, left: &[usize]) -> Self {
        let calls = if self.calls.is_empty() {
            Vec::new()
        } else {
            left.iter().map(|at| self.calls.get(*at).cloned().unwrap_or_default()).collect()
        };
        Self { of: self.of.clone(), blocks: self.blocks.clone(), calls }
    }

    pub(super) fn bytes(&self) -> usize {
        let blocks = self.blocks.iter().map(|block| match block {
            Block::Signed { signature, thought } => {
                signature.len() + thought.as_ref().map_or(0, String::len)
            }
            Block::Native(data) => data.to_string().len(),
        });
        blocks.sum::<usize>() + self.calls.iter().flatten().map(String::len).sum::<usize>()
    }
}

fn name(settings: &ModelSettings) -> String {
    format!("{} {}", settings.kind.word(), settings.id)
}
