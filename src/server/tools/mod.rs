//! The tools that this server runs for agents with a model: which there are, what a model is told of
//! them, and running one.
//!
//! Client tools and sub-agents are none of them: those are turns of their own, or a person's. Start with
//! [`Tools::run`]; what there is comes from [`mod@file`]. The invariant: whatever a call holds, its outcome is
//! an output that the model can read, within bounds; nothing that a model writes chooses a program, and no
//! address is asked for that the configuration of the server does not allow.

mod arguments;
mod artifact;
mod command;
pub mod file;
mod mcp;
mod offers;
pub mod offload;
mod refusal;
#[cfg(test)]
mod tests;
mod web;

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::sync::Semaphore;

use crate::api::agent::ToolConfiguration;
use crate::api::tool::ClientTool;
use crate::api::{Agent, EventBody, Object, ToolId};
use crate::server::engine::clock::Clock;
use crate::server::ids::Ids;
use crate::server::models::Offer;
use crate::server::store::Store;
use crate::server::store::seal::Vault;
use crate::text::units;

pub use artifact::image;
use command::Command;
use refusal::Refusal;

/// How far calls may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Limits {
    /// Of a call that brings no limit of its own.
    timeout: Duration,
    /// Of an output, as JSON.
    output: usize,
    /// Calls at a time, those of MCP servers left out: each of them has its own.
    parallel: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { timeout: Duration::from_mins(1), output: 1 << 20, parallel: 8 }
    }
}

/// What the server's configuration lets agents use.
pub struct Tools {
    limits: Limits,
    places: Semaphore,
    web: Option<web::Web>,
    commands: Vec<Command>,
    mcp: mcp::Servers,
}

impl Default for Tools {
    fn default() -> Self {
        Self::new(Limits::default(), None, Vec::new(), mcp::Servers::default())
    }
}

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

/// How a model is told of the progress of its call.
type Tell<'a> = &'a (dyn Fn(String) + Send + Sync);

impl Tools {
    fn new(
        limits: Limits,
        web: Option<web::Web>,
        commands: Vec<Command>,
        mcp: mcp::Servers,
    ) -> Self {
        Self { places: Semaphore::new(limits.parallel), limits, web, commands, mcp }
    }

    /// Asks the MCP servers that the agent has tools of what these take, so that [`Tools::offer`] knows it.
    /// Starts those that do not run yet. One that does not answer costs its own time for starting, and its
    /// tools are offered without a schema.
    pub async fn prepare(&self, agent: &Agent) {
        let tools = agent.tool_configurations.values().filter(|tool| tool.kind == "mcp");
        self.mcp.learn(tools.filter_map(|tool| tool.tool_id.as_deref())).await;
    }

    /// What the model is told of one of the agent's tools: its name is the key in the agent's tool map.
    /// `None` where the tool is not this server's to run.
    pub fn offer(&self, name: &str, configuration: &ToolConfiguration) -> Option<Offer> {
        let kind = kind(configuration);
        if matches!(kind, "client" | "sub_agent") {
            return None;
        }
        let (description, schema) = match self.command(name, kind) {
            Some(command) => command.told(kind),
            None if kind == "mcp" => self.mcp.told(configuration.tool_id.as_deref()),
            None => offers::told(kind, self.web.as_ref()),
        };
        Some(Offer { name: name.to_owned(), description, schema })
    }

    /// Runs one call. Dropping the future ends it, with whatever it started. `tell` takes words about how far
    /// it is.
    pub async fn run(&self, at: &Workplace, call: ToolCall<'_>, tell: Tell<'_>) -> Done {
        if let Some(transform) = transform(call.configuration) {
            return Done::failed(
                "invalid_configuration",
                format!(
                    "this server has no jq, which {transform} of the tool {} needs; without it the tool \
                     is not run. Whoever set the agent up must remove {transform}",
                    call.name
                ),
            );
        }
        let kind = kind(call.configuration);
        let limit = self.patience(&call, kind);
        let done = tokio::time::timeout(limit, self.perform(at, &call, kind, tell)).await;
        let late = |_| {
            let why = format!("the tool had not answered after {} and was ended", words(limit));
            Err(Refusal::late(why))
        };
        match done.unwrap_or_else(late) {
            Ok(done) => self.bounded(done),
            Err(refusal) => refusal.into(),
        }
    }

    /// The longest that the call may take, until somebody waits in vain.
    fn patience(&self, call: &ToolCall<'_>, kind: &str) -> Duration {
        /// Whoever has a limit of its own says better what it came to.
        const BEHIND: Duration = Duration::from_secs(5);
        let own = match self.command(call.name, kind) {
            Some(command) => Some(command.patience()),
            None if kind == "mcp" => self.mcp.patience(call.configuration.tool_id.as_deref()),
            None if kind == "web_get" => self.web.as_ref().map(web::Web::patience),
            None => None,
        };
        own.map_or(self.limits.timeout, |own| own + BEHIND)
    }

    async fn perform(
        &self,
        at: &Workplace,
        call: &ToolCall<'_>,
        kind: &str,
        tell: Tell<'_>,
    ) -> Result<Done, Refusal> {
        let command = self.command(call.name, kind);
        if command.is_none() && kind == "mcp" {
            let id = call.configuration.tool_id.as_deref();
            return self.mcp.call(at, id, &call.arguments, self.limits.output, tell).await;
        }
        if command.is_none() && !offers::is_run_here(kind) {
            return Err(offers::lacking(kind, call.name));
        }
        let closed = |_| Refusal::failed("the server is stopping");
        let _place = self.places.acquire().await.map_err(closed)?;
        if let Some(command) = command {
            return command.run(at, call, kind, self.limits.output).await;
        }
        if kind == "web_get" {
            let web = self.web.as_ref().ok_or_else(web::is_off)?;
            return web.get(&call.arguments, self.limits.output, tell).await.map(Done::output);
        }
        artifact::run(kind, at, call, self.limits.output).await
    }

    /// The local command that is set for a call: by the name of the tool first, then by its type.
    fn command(&self, name: &str, kind: &str) -> Option<&Command> {
        let by_name = self.commands.iter().find(|command| command.has_name(name));
        by_name.or_else(|| self.commands.iter().find(|command| command.has_kind(kind)))
    }

    /// The last bound, for what no tool's own has caught.
    fn bounded(&self, done: Done) -> Done {
        let size = serde_json::to_string(&done.output).map_or(0, |json| json.len());
        if size <= self.limits.output {
            return done;
        }
        let (size, most) = (units::size(size as u64), units::size(self.limits.output as u64));
        let why =
            format!("the output has {size}, more than the {most} that this server lets through");
        Done::failed("execution_error", format!("{why}. Ask for less"))
    }

    /// The tools of MCP servers as the API lists them, in the order of their ids. Servers that do not run
    /// yet are started; one that does not answer in time has none.
    pub async fn listed(&self) -> Vec<ClientTool> {
        self.mcp.listed().await
    }

    /// The tool of an MCP server that the id names; only that server is asked.
    pub async fn find(&self, id: &ToolId) -> Option<ClientTool> {
        self.mcp.learn([id.as_str()].into_iter()).await;
        self.mcp.found(id.as_str())
    }

    /// Whether the id names a tool of an MCP server of the configuration, there or not.
    pub fn is_configured(&self, id: &ToolId) -> bool {
        self.mcp.has(id.as_str())
    }

    /// Ends the programs that go on beside this server.
    pub async fn close(&self) {
        self.places.close();
        self.mcp.close().await;
    }
}

/// What the configuration comes to: tools without a type of their own are named by their id.
fn kind(configuration: &ToolConfiguration) -> &str {
    let kind = configuration.kind.as_str();
    let of_id = configuration.tool_id.as_deref().and_then(|id| id.strip_prefix("tol_"));
    match of_id {
        Some(own) if kind == "dynamic_vectara" && offers::is_run_here(own) => own,
        _ => kind,
    }
}

/// The transformation that a configuration asks for, if any.
fn transform(configuration: &ToolConfiguration) -> Option<&'static str> {
    ["input_transform", "output_transform"].into_iter().find(|name| {
        let set = configuration.extra.get(*name);
        set.is_some_and(|set| match set {
            Value::Null => false,
            Value::String(text) => !text.trim().is_empty(),
            _ => true,
        })
    })
}

/// `60 s`, `1.5 s`.
fn words(time: Duration) -> String {
    if time.subsec_millis() == 0 {
        format!("{} s", time.as_secs())
    } else {
        format!("{:.1} s", time.as_secs_f64())
    }
}
