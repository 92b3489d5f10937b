//! What a model is asked, in words that are nobody's protocol.

use serde_json::Value;

use super::reasoning::Reasoning;
use crate::api::{Object, SessionRef};

/// A piece of what a person, or a tool's file, brings in.
#[derive(Debug, Clone, PartialEq)]
pub enum Part {
    Text(String),
    /// With its media type; `data` is not encoded.
    Image {
        mime_type: String,
        data: Vec<u8>,
    },
}

/// One call that the model asked for, with what came of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Answered {
    pub call_id: String,
    /// As the model knows the tool.
    pub tool: String,
    pub output: String,
}

/// One message of the conversation.
#[derive(Debug, Clone, PartialEq)]
pub enum Message {
    User(Vec<Part>),
    /// What the model said and which calls it asked for, in one.
    Assistant {
        text: String,
        /// Id, tool and arguments as they came; what was no JSON stays a text.
        calls: Vec<(String, String, Value)>,
        /// What its provider wants back with the calls.
        reasoning: Option<Reasoning>,
    },
    /// Must answer calls of the assistant's message before it.
    Tool(Answered),
}

/// A tool that the model may call.
#[derive(Debug, Clone, PartialEq)]
pub struct Offer {
    pub name: String,
    pub description: String,
    /// A JSON Schema of type object.
    pub schema: Object,
}

/// The shape that the model's last word must have.
#[derive(Debug, Clone, PartialEq)]
pub struct Schema {
    pub name: String,
    pub schema: Value,
}

/// For whom a question is asked. The provider is not told.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Asker {
    pub session: Option<SessionRef>,
    /// In a word.
    pub purpose: &'static str,
    /// How often the same was asked before, in vain.
    pub retries: u64,
}

#[derive(Debug, Clone, PartialEq, Default)]
pub struct Question {
    pub asker: Asker,
    pub system: String,
    pub messages: Vec<Message>,
    pub offers: Vec<Offer>,
    /// As the agent has them: `temperature`, `max_tokens`, and whatever else the provider takes.
    pub parameters: Object,
    pub schema: Option<Schema>,
}

impl Question {
    /// Its size in bytes, roughly as it goes over the wire: what tokens are estimated from.
    pub fn bytes(&self) -> usize {
        let messages: usize = self.messages.iter().map(Message::bytes).sum();
        let offers = self.offers.iter().map(|offer| {
            let schema = serde_json::to_string(&offer.schema).map_or(0, |json| json.len());
            offer.name.len() + offer.description.len() + schema
        });
        self.system.len() + messages + offers.sum::<usize>()
    }
}

impl Message {
    fn bytes(&self) -> usize {
        match self {
            Self::User(parts) => parts.iter().map(Part::bytes).sum(),
            Self::Assistant { text, calls, reasoning } => {
                let calls = calls
                    .iter()
                    .map(|(id, tool, value)| id.len() + tool.len() + value.to_string().len());
                let thoughts = reasoning.as_ref().map_or(0, Reasoning::bytes);
                text.len() + calls.sum::<usize>() + thoughts
            }
            Self::Tool(answered) => answered.output.len() + answered.call_id.len(),
        }
    }
}

impl Part {
    fn bytes(&self) -> usize {
        /// What providers charge for an image of usual size, at four bytes a token.
        const IMAGE: usize = 4_000;
        match self {
            Self::Text(text) => text.len(),
            Self::Image { .. } => IMAGE,
        }
    }
}
