//! The tools of MCP servers that stand in the server's configuration.
//!
//! Agents name them by ids that are made of both names: `tol_mcp_SERVER_TOOL`. Start with
//! [`Servers::call`]. The invariant: which servers there are, and how they are started or reached, is the
//! configuration's alone to say; a server that fails costs the calls that are meant for it.

mod answer;
mod link;
mod meter;
mod server;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use serde_json::json;

use super::refusal::Refusal;
use super::{Done, Tell, Workplace};
use crate::api::tool::ClientTool;
use crate::api::{Object, ToolId};
use crate::text::sanitize;
use crate::text::suggest::did_you_mean;

pub(super) use server::{Server, Settings, Way};

const PREFIX: &str = "tol_mcp_";
/// How long a list is waited for.
const LISTING: Duration = Duration::from_secs(5);

/// All of them, by the order of their names.
#[derive(Default)]
pub(super) struct Servers(Vec<Arc<Server>>);

impl Servers {
    pub(super) fn new(settings: impl IntoIterator<Item = Settings>) -> Self {
        let mut servers: Vec<_> =
            settings.into_iter().map(|settings| Arc::new(Server::new(settings))).collect();
        servers.sort_by(|a, b| a.name().cmp(b.name()));
        Self(servers)
    }

    /// The server and the name of its tool. Names of servers have no `_`, so that there is only one way to
    /// read an id.
    fn find<'a>(&self, id: Option<&'a str>) -> Option<(&Arc<Server>, &'a str)> {
        let (server, tool) = id?.strip_prefix(PREFIX)?.split_once('_')?;
        let server = self.0.iter().find(|one| one.name() == server)?;
        (!tool.is_empty() && server.lets_through(tool)).then_some((server, tool))
    }

    pub(super) fn has(&self, id: &str) -> bool {
        self.find(Some(id)).is_some()
    }

    fn unknown(&self, id: Option<&str>) -> Refusal {
        let id = id.unwrap_or_default();
        if self.0.is_empty() {
            return Refusal::setup(
                "this server has no MCP servers. Whoever runs it can name some, with [mcp.NAME] in its \
                 models.toml",
            );
        }
        let known: Vec<_> = self.0.iter().flat_map(|server| server.known_ids()).collect();
        let near = did_you_mean(id, known.iter().map(String::as_str));
        let near = if near.is_empty() { ".".to_owned() } else { near };
        let names: Vec<_> = self.0.iter().map(|server| server.name()).collect();
        let id = sanitize::preview(id, 100);
        Refusal::setup(format!(
            "there is no MCP tool {id}{near} The MCP servers here are {}; the id of a tool is \
             {PREFIX}SERVER_TOOL, and GET /v2/tools?type=mcp lists them",
            names.join(", ")
        ))
    }

    /// What a model is told of a tool: what the server says of it, as far as it has been asked.
    pub(super) fn told(&self, id: Option<&str>) -> (String, Object) {
        let anything = || json!({"type": "object"}).as_object().cloned().unwrap_or_default();
        let Some((server, tool)) = self.find(id) else {
            return (self.unknown(id).why, anything());
        };
        if let Some(known) = server.known(tool) {
            return (known.description.clone(), known.schema.clone());
        }
        let words = format!(
            "The tool {tool} of the MCP server {}, which has not said what it does or takes.",
            server.name()
        );
        (words, anything())
    }

    pub(super) fn patience(&self, id: Option<&str>) -> Option<Duration> {
        Some(self.find(id)?.0.patience())
    }

    pub(super) async fn call(
        &self,
        at: &Workplace,
        id: Option<&str>,
        arguments: &Object,
        most: usize,
        tell: Tell<'_>,
    ) -> Result<Done, Refusal> {
        let (server, tool) = self.find(id).ok_or_else(|| self.unknown(id))?;
        let answer = server.call(tool, arguments, tell).await?;
        answer::read(at, server.name(), tool, answer, most).await
    }

    /// Asks the servers of these tools what they have, side by side.
    pub(super) async fn learn(&self, ids: impl Iterator<Item = &str>) {
        let mut servers: Vec<_> = ids.filter_map(|id| Some(self.find(Some(id))?.0)).collect();
        servers.sort_by(|a, b| a.name().cmp(b.name()));
        servers.dedup_by(|a, b| a.name() == b.name());
        join_all(servers.into_iter().map(|server| server.learn())).await;
    }

    /// All tools of all servers, in the order of their ids. A server that takes long to start goes on with
    /// that, and is in the next list.
    pub(super) async fn listed(&self) -> Vec<ClientTool> {
        let asked = self.0.iter().map(|server| {
            let server = Arc::clone(server);
            tokio::spawn(async move { server.learn().await })
        });
        let _ = tokio::time::timeout(LISTING, join_all(asked)).await;
        let mut out: Vec<_> = self.0.iter().flat_map(|server| server.listed()).collect();
        out.sort_by(|a, b| a.id.as_str().cmp(b.id.as_str()));
        out
    }

    /// One of them, as far as its server has been asked.
    pub(super) fn found(&self, id: &str) -> Option<ClientTool> {
        let (server, _) = self.find(Some(id))?;
        server.listed().into_iter().find(|tool| tool.id.as_str() == id)
    }

    pub(super) async fn close(&self) {
        join_all(self.0.iter().map(|server| server.close())).await;
    }
}

fn id(server: &str, tool: &str) -> ToolId {
    ToolId::from(format!("{PREFIX}{server}_{tool}"))
}
