//! What a model answered, in words of our own.

use serde_json::Value;

use super::reasoning::Reasoning;
use crate::api::Object;

/// A piece of an answer.
#[derive(Debug, Clone, PartialEq)]
pub enum Piece {
    Thought(String),
    Text(String),
    /// The last piece: all of it.
    Done(Box<Answer>),
}

/// A call that the model asks for.
#[derive(Debug, Clone, PartialEq)]
pub struct AskedCall {
    pub id: String,
    pub tool: String,
    /// What is no JSON object stays as it came.
    pub arguments: Result<Object, Value>,
}

/// Why the model stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    Finished,
    Calls,
    /// Cut at the largest number of tokens that it may give.
    Cut,
    /// Held back by the provider's filter.
    Filtered,
}

impl Stop {
    /// As traces name it (contract section 8.4).
    pub fn word(self) -> &'static str {
        match self {
            Self::Finished => "stop",
            Self::Calls => "tool_calls",
            Self::Cut => "length",
            Self::Filtered => "content_filter",
        }
    }
}

/// Tokens that a question and its answer took.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Used {
    pub input: u64,
    /// Of these, what the provider had kept from before.
    pub cached: u64,
    pub output: u64,
    /// Of these, what was thought and not said.
    pub reasoning: u64,
    /// The provider said nothing; this is worked out from bytes.
    pub estimated: bool,
}

/// All that a model answered.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    pub text: String,
    pub thought: String,
    pub calls: Vec<AskedCall>,
    /// What is to go back with the calls.
    pub reasoning: Option<Reasoning>,
    pub used: Used,
    pub stop: Stop,
}
