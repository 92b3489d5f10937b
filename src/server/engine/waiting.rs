//! A call that waits for a client: what is stored of it, and how it comes into a fork.

use serde_json::Value;

use super::overrides::{Bindings, Resolved, resolve};
use crate::api::event::{ToolInput, ToolOutput};
use crate::api::{Agent, EventBody, EventId, Object, PendingCall, Session};
use crate::server::store::pending::StoredCall;
use crate::server::store::seal::Vault;
use crate::server::store::{self, Db, secrets};

pub(super) fn stored(event: &EventId, input: &ToolInput, overrides: &Resolved) -> StoredCall {
    StoredCall {
        tool_call_id: input.tool_call_id.clone(),
        call: PendingCall {
            event_id: event.clone(),
            tool_configuration_name: input.tool_configuration_name.clone(),
            tool_name: input.tool_name.clone(),
            arguments: overrides.merged(&input.tool_input).into(),
            extra: Object::new(),
        },
        resolved_overrides: overrides.shown(),
    }
}

/// The call as a fork's own agent, metadata and secrets make it, or why it cannot be answered there.
pub(in crate::server) fn in_fork(
    db: &Db,
    agent: &Agent,
    (vault, session): (&Vault, &Session),
    event: &EventId,
    input: &ToolInput,
) -> store::Result<Result<StoredCall, String>> {
    let name = &input.tool_configuration_name;
    let configuration = agent.tool_configurations.get(name);
    let Some(configuration) = configuration.filter(|found| found.kind == "client") else {
        return Ok(Err(format!("the agent has no client tool {name}")));
    };
    if !agent.allows_tool(session.current_step_name.as_deref(), name) {
        return Ok(Err(format!("the current step does not allow the tool {name}")));
    }
    let overrides = match &configuration.argument_override {
        None => Resolved::default(),
        Some(configured) => {
            let (own, agents) = secrets::of_both(db, vault, &agent.key)?;
            let metadata = &session.metadata;
            let bindings = Bindings { metadata, session_secrets: &own, agent_secrets: &agents };
            match resolve(configured, &bindings) {
                Ok(overrides) => overrides,
                Err(missing) => {
                    let names: Vec<_> = missing.into_iter().map(|one| one.reference).collect();
                    return Ok(Err(format!("nothing is at {}", names.join(", "))));
                }
            }
        }
    };
    Ok(Ok(stored(event, input, &overrides)))
}

/// The output of a call that nobody can answer in a fork.
pub(in crate::server) fn closed(input: &ToolInput, why: &str) -> EventBody {
    let why =
        format!("not answered before this session was forked, and not to be answered here: {why}");
    EventBody::ToolOutput(ToolOutput {
        tool_call_id: input.tool_call_id.clone(),
        tool_configuration_name: input.tool_configuration_name.clone(),
        tool_name: input.tool_name.clone(),
        tool_output: Object::from_iter([("error".to_owned(), Value::from(why))]),
        error: true,
        resolved_argument_overrides: None,
    })
}
