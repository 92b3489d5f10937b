//! Client tools (contract section 8.2), and the tools of MCP servers, which stand in the configuration of
//! this server and are only listed.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Extension, State};
use axum::http::StatusCode;

use super::Service;
use super::request::{Body, Parameters, SCAN, listing, page_key, scan};
use super::target::Names;
use crate::api::exact::Members;
use crate::api::tool::{ClientTool, NewTool};
use crate::api::{Page, ToolId};
use crate::server::access::Identity;
use crate::server::access::roles::{Grants, READ, Scope, permits};
use crate::server::documents::{Source, tool as document};
use crate::server::error::{ApiError, ApiResult};
use crate::server::store::{self, Db, agents, tools};

pub(super) async fn create(
    State(service): State<Service>,
    Body(new): Body<NewTool>,
) -> ApiResult<(StatusCode, Json<ClientTool>)> {
    let (id, now) = (service.ids.tool(&new.name), service.clock.now());
    let mut tool = document::create(new, id, now, Source::Client).map_err(ApiError::fields)?;
    let ids = service.ids.clone();
    let made = service.store.write(move |db| {
        while !tools::insert(db, &tool)? {
            // Four digits do meet again.
            tool.id = ids.tool(&tool.name);
        }
        Ok(tool)
    });
    Ok((StatusCode::CREATED, Json(made.await?)))
}

/// The tools that somebody may see.
enum Visible {
    All,
    /// Tools have no roles of their own: whoever has none on the account sees what the agents are
    /// configured with that it may read.
    Of(BTreeSet<String>),
}

impl Visible {
    fn to(db: &Db, grants: &Grants) -> store::Result<Self> {
        if permits(grants, READ, Scope::Account) {
            return Ok(Self::All);
        }
        let mut of = BTreeSet::new();
        for key in grants.agents.keys().filter(|key| permits(grants, READ, Scope::Agent(key))) {
            let agent = agents::find(db, &key.as_str().into())?;
            let tools = agent.into_iter().flat_map(|agent| agent.tool_configurations);
            of.extend(tools.filter_map(|(_, tool)| tool.tool_id));
        }
        Ok(Self::Of(of))
    }

    fn includes(&self, id: &ToolId) -> bool {
        match self {
            Self::All => true,
            Self::Of(ids) => ids.contains(id.as_str()),
        }
    }
}

pub(super) async fn list(
    State(service): State<Service>,
    Extension(identity): Extension<Arc<Identity>>,
    parameters: Parameters,
) -> ApiResult<Json<Page<ClientTool>>> {
    let limit = parameters.limit()?;
    let filter = parameters.pattern("filter")?;
    let enabled = parameters.optional_flag("enabled")?;
    let kind = parameters.text("type").map(str::to_owned);
    let text = |name| parameters.text(name).unwrap_or_default();
    let name = listing("tools", &[text("filter"), text("enabled"), text("type")]);
    let after = parameters.place::<String>(&name)?;
    // Nobody starts a server to list what is left out.
    let of_servers = match kind.as_deref() {
        None | Some("mcp") => service.turns.host().tools.listed().await,
        Some(_) => Vec::new(),
    };
    let found = service.store.read(move |db| {
        let visible = Visible::to(db, &identity.grants)?;
        let fits = |tool: &ClientTool| {
            visible.includes(&tool.id)
                && enabled.is_none_or(|wanted| tool.enabled == wanted)
                && kind.as_ref().is_none_or(|kind| tool.kind == *kind)
                && filter.as_ref().is_none_or(|filter| {
                    filter.is_match(&tool.name) || filter.is_match(&tool.description)
                })
        };
        let list = |after: Option<&String>| {
            let mut rows = tools::list(db, after.map(String::as_str), SCAN)?;
            let follows =
                |tool: &&ClientTool| after.is_none_or(|after| tool.id.as_str() > after.as_str());
            rows.extend(of_servers.iter().filter(follows).cloned());
            rows.sort_by(|a, b| a.id.as_str().cmp(b.id.as_str()));
            rows.truncate(SCAN as usize);
            Ok(rows)
        };
        scan(limit, after, list, |tool| tool.id.to_string(), fits)
    });
    let rows = found.await?;
    Ok(Json(service.page(rows, limit, |tool| page_key(&name, &tool.id))))
}

async fn find(service: &Service, names: &Names) -> ApiResult<ClientTool> {
    let id = ToolId::from(names.get("tool_id"));
    let wanted = id.clone();
    let found = service.store.read(move |db| tools::get(db, &wanted)).await?;
    found.ok_or_else(|| missing(&id))
}

/// One that is not the API's to change.
fn refuse_configured(service: &Service, names: &Names) -> ApiResult<()> {
    let id = ToolId::from(names.get("tool_id"));
    if service.turns.host().tools.is_configured(&id) {
        return Err(ApiError::conflict(format!(
            "{id} is a tool of an MCP server. Those stand in the configuration of this server, and only there \
             can they be changed"
        )));
    }
    Ok(())
}

fn missing(id: &ToolId) -> ApiError {
    ApiError::not_found("tool", id.as_str())
}

/// A tool that is not to be seen is not found.
pub(super) async fn get(
    State(service): State<Service>,
    Extension(identity): Extension<Arc<Identity>>,
    names: Names,
) -> ApiResult<Json<ClientTool>> {
    let visible = service.store.read(move |db| Visible::to(db, &identity.grants)).await?;
    let id = ToolId::from(names.get("tool_id"));
    let tools = &service.turns.host().tools;
    let tool = if tools.is_configured(&id) {
        tools.find(&id).await.ok_or_else(|| missing(&id))?
    } else {
        find(&service, &names).await?
    };
    if visible.includes(&tool.id) { Ok(Json(tool)) } else { Err(missing(&tool.id)) }
}

pub(super) async fn update(
    State(service): State<Service>,
    names: Names,
    Body(Members(request)): Body<Members>,
) -> ApiResult<Json<ClientTool>> {
    refuse_configured(&service, &names)?;
    let old = find(&service, &names).await?;
    let tool = document::patch(&old, request, service.clock.now()).map_err(ApiError::fields)?;
    let changed = tool.clone();
    service.store.write(move |db| tools::update(db, &changed)).await?;
    Ok(Json(tool))
}

/// Agents that refer to the tool keep working; their calls are answered unchecked from then on.
pub(super) async fn delete(State(service): State<Service>, names: Names) -> ApiResult<StatusCode> {
    refuse_configured(&service, &names)?;
    let id = ToolId::from(names.get("tool_id"));
    let wanted = id.clone();
    if service.store.erase(move |db| tools::delete(db, &wanted)).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(missing(&id))
    }
}
