//! The tools that this server runs for agents with a model: which there are, what a model is told of
//! them, and running one.
//!
//! Client tools and sub-agents are none of them: those are turns of their own, or a person's. Start with
//! [`Tools::run`]. The invariant: whatever a call holds, its outcome is an output that the model can read,
//! within bounds; nothing that a model writes chooses a program, and no address is asked for that the
//! configuration of the server does not allow.

use crate::api::agent::ToolConfiguration;
use crate::api::{EventBody, Object};
use crate::server::engine::clock::Clock;
use crate::server::ids::Ids;
use crate::server::models::Offer;
use crate::server::store::Store;
use crate::server::store::seal::Vault;
use std::sync::Arc;

/// What the server's configuration lets agents use.
#[derive(Default)]
pub struct Tools {}

/// The session that a tool works in, as far as it may touch it.
pub struct Workplace {
    pub store: Store,
    pub vault: Vault,
    pub ids: Arc<Ids>,
    pub clock: Clock,
}

/// One call, after what the agent's configuration supplies was put over its arguments.
pub struct ToolCall<'a> {
    /// Key in the agent's tool map.
    pub name: &'a str,
    pub configuration: &'a ToolConfiguration,
    pub arguments: Object,
}

/// What a call came to.
#[derive(Debug)]
pub struct Done {
    pub output: Object,
    /// Why it failed, as traces name it (contract section 8.4).
    pub failure: Option<&'static str>,
    /// An event that follows the output: the image that was read.
    pub follows: Option<EventBody>,
}

impl Done {
    pub fn output(output: Object) -> Self {
        Self { output, failure: None, follows: None }
    }

    /// One that failed, and says why.
    pub fn failed(failure: &'static str, why: impl Into<String>) -> Self {
        let output = Object::from_iter([("error".to_owned(), why.into().into())]);
        Self { output, failure: Some(failure), follows: None }
    }
}

impl Tools {
    /// What the model is told of one of the agent's tools: its name is the key in the agent's tool map.
    /// `None` where the tool is not this server's to run.
    pub fn offer(&self, _name: &str, _configuration: &ToolConfiguration) -> Option<Offer> {
        None
    }

    /// Runs one call. Dropping the future ends it, with whatever it started. `tell` takes words about how far
    /// it is.
    pub async fn run(
        &self,
        _at: &Workplace,
        call: ToolCall<'_>,
        _tell: &(dyn Fn(String) + Send + Sync),
    ) -> Done {
        let kind = &call.configuration.kind;
        Done::failed("invalid_configuration", format!("this server has no tools of type {kind}"))
    }
}
