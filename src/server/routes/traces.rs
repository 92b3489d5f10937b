//! Traces and their spans (contract section 8.4). Who may read an agent may read what it did; what a
//! sub-agent did in a session of its own is another agent's.

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Extension, State};
use serde_json::{Value, json};

use super::Service;
use super::request::{Parameters, SCAN, listing, page_key, scan};
use super::target::Names;
use crate::api::trace::{Span, Trace};
use crate::api::{AgentKey, EventBody, EventId, Object, Page, SessionRef, Timestamp, time};
use crate::server::access::Identity;
use crate::server::access::roles::{READ, Scope, permits};
use crate::server::error::{ApiError, ApiResult};
use crate::server::store::seal::Vault;
use crate::server::store::traces::{
    self, BY_EVENT, SpanBody, SpanFilter, StoredSpan, StoredTrace, TraceFilter, TracePlace,
};
use crate::server::store::{Db, Result, events, sessions};

const STATUSES: [&str; 2] = ["ok", "error"];

const ERROR_TYPES: [&str; 6] = [
    "context_limit_exceeded",
    "step_transition_limit_exceeded",
    "actions_limit_reached",
    "llm_generation_error",
    "stream_error",
    "internal",
];

const OPERATIONS: [&str; 9] = [
    "invoke_agent",
    "chat",
    "execute_tool",
    "thinking",
    "output",
    "guardrail",
    "step_transition",
    "image_read",
    "compaction",
];

const TOOL_ERROR_TYPES: [&str; 6] = [
    "invalid_input",
    "not_found",
    "invalid_configuration",
    "timeout",
    "execution_error",
    "dependency_failed",
];

const DEFAULT_SPANS: u32 = 100;
const MAX_SPANS: u32 = 500;

/// A place in a page key: `TIME.ROW`.
struct Written(TracePlace);

impl fmt::Display for Written {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.0.started_at, self.0.seq)
    }
}

impl FromStr for Written {
    type Err = ();

    fn from_str(text: &str) -> std::result::Result<Self, ()> {
        let (started_at, seq) = text.split_once('.').ok_or(())?;
        let read = |number: &str| number.parse().map_err(|_| ());
        Ok(Self(TracePlace { started_at: read(started_at)?, seq: read(seq)? }))
    }
}

fn may_read(identity: &Identity, agent: &AgentKey) -> bool {
    permits(&identity.grants, READ, Scope::Agent(agent.as_str()))
}

fn moment(milliseconds: i64) -> String {
    time::format(Timestamp::from_millisecond(milliseconds).unwrap_or_default())
}

fn status(failed: bool) -> &'static str {
    STATUSES[usize::from(failed)]
}

fn filter(parameters: &Parameters) -> ApiResult<TraceFilter> {
    let text = |name| parameters.text(name).map(str::to_owned);
    let moment = |name| {
        let time = parameters.time(name)?;
        Ok::<_, ApiError>(time.map(Timestamp::as_millisecond))
    };
    Ok(TraceFilter {
        agent: text("agent_key"),
        session: text("session_key"),
        failed: parameters.word("status", &STATUSES)?.map(|status| status == "error"),
        error_type: parameters.word("error_type", &ERROR_TYPES)?,
        operation: parameters.word("operation", &OPERATIONS)?,
        tool_name: text("tool_name"),
        tool_error_type: parameters.word("tool_error_type", &TOOL_ERROR_TYPES)?,
        started_after: moment("started_after")?,
        started_before: moment("started_before")?,
        min_duration_ms: parameters.number("min_duration_ms")?,
        max_duration_ms: parameters.number("max_duration_ms")?,
    })
}

/// Those that somebody may read, newest first.
pub(super) async fn list(
    State(service): State<Service>,
    Extension(identity): Extension<Arc<Identity>>,
    parameters: Parameters,
) -> ApiResult<Json<Page<Trace>>> {
    let limit = parameters.limit()?;
    let filter = filter(&parameters)?;
    let name = listing("traces", &[&format!("{filter:?}")]);
    let before = parameters.place::<Written>(&name)?.map(|written| written.0);
    let rows = service.store.read(move |db| {
        let list = |before: Option<&TracePlace>| traces::list(db, &filter, before.copied(), SCAN);
        let fits = |trace: &StoredTrace| may_read(&identity, &trace.of.agent);
        scan(limit, before, list, StoredTrace::place, fits)
    });
    let page = service.page(rows.await?, limit, |last| page_key(&name, Written(last.place())));
    Ok(Json(page.map(|trace| shown(&trace))))
}

fn shown(trace: &StoredTrace) -> Trace {
    let fields = json!({
        "agent_key": trace.of.agent, "started_at": moment(trace.started_at),
        "duration_ms": trace.duration_ms, "status": status(trace.failed),
        "input_tokens": trace.input_tokens, "output_tokens": trace.output_tokens,
    });
    Trace {
        id: trace.id.clone(),
        session_key: Some(trace.of.key.clone()),
        extra: fields.as_object().cloned().unwrap_or_default(),
    }
}

/// The trace that the path names. One that is not to be read is not found.
fn find(db: &Db, identity: &Identity, id: &str) -> Result<Option<StoredTrace>> {
    Ok(traces::get(db, id)?.filter(|trace| may_read(identity, &trace.of.agent)))
}

fn missing(names: &Names) -> ApiError {
    ApiError::not_found("trace", names.get("trace_id"))
}

pub(super) async fn get(
    State(service): State<Service>,
    Extension(identity): Extension<Arc<Identity>>,
    names: Names,
) -> ApiResult<Json<Trace>> {
    let id = names.get("trace_id").to_owned();
    let found = service.store.read(move |db| find(db, &identity, &id)).await?;
    found.map(|trace| Json(shown(&trace))).ok_or_else(|| missing(&names))
}

pub(super) async fn spans(
    State(service): State<Service>,
    Extension(identity): Extension<Arc<Identity>>,
    names: Names,
    parameters: Parameters,
) -> ApiResult<Json<Page<Span>>> {
    let limit = parameters.limit_of(DEFAULT_SPANS, MAX_SPANS)?;
    let content = parameters.flag("include_content")?;
    let filter = SpanFilter {
        id: None,
        operation: parameters.word("operation", &OPERATIONS)?,
        parent: parameters.text("parent_span_id").map(str::to_owned),
        without_sub_agents: parameters.flag("exclude_subagents")?,
    };
    let id = names.get("trace_id").to_owned();
    let name = listing("spans", &[&id, &format!("{filter:?}")]);
    let after = parameters.place::<i64>(&name)?;
    let found = service.store.read(move |db| {
        let Some(trace) = find(db, &identity, &id)? else { return Ok(None) };
        let list = |after: Option<&i64>| traces::spans(db, &trace, &filter, after.copied(), SCAN);
        let fits = |span: &StoredSpan| may_read(&identity, &span.of.agent);
        let rows = scan(limit, after, list, |span| span.seq, fits)?;
        let mut reader = Reader { db, trace: &trace.id, content, vaults: HashMap::new() };
        let rows = rows.into_iter().map(|row| Ok((row.seq, reader.read(row)?)));
        rows.collect::<Result<Vec<_>>>().map(Some)
    });
    let rows = found.await?.ok_or_else(|| missing(&names))?;
    let page = service.page(rows, limit, |(seq, _)| page_key(&name, seq));
    Ok(Json(page.map(|(_, span)| span)))
}

pub(super) async fn span(
    State(service): State<Service>,
    Extension(identity): Extension<Arc<Identity>>,
    names: Names,
    parameters: Parameters,
) -> ApiResult<Json<Span>> {
    let content = parameters.flag("include_content")?;
    let (id, wanted) = (names.get("trace_id").to_owned(), names.get("span_id").to_owned());
    let found = service.store.read(move |db| {
        let Some(trace) = find(db, &identity, &id)? else { return Ok(None) };
        let filter = SpanFilter { id: Some(wanted), ..SpanFilter::default() };
        let row = traces::spans(db, &trace, &filter, None, 1)?.pop();
        let row = row.filter(|span| may_read(&identity, &span.of.agent));
        let mut reader = Reader { db, trace: &trace.id, content, vaults: HashMap::new() };
        row.map(|row| reader.read(row)).transpose().map(Some)
    });
    let found = found.await?.ok_or_else(|| missing(&names))?;
    found.map(Json).ok_or_else(|| ApiError::not_found("span", names.get("span_id")))
}

/// Puts spans together from their rows and from the events that they name.
struct Reader<'a> {
    db: &'a Db,
    trace: &'a str,
    content: bool,
    /// Keys of sessions, which take some work to open.
    vaults: HashMap<SessionRef, Option<Vault>>,
}

impl Reader<'_> {
    fn vault(&mut self, of: &SessionRef) -> Result<Option<Vault>> {
        if let Some(known) = self.vaults.get(of) {
            return Ok(known.clone());
        }
        let vault = sessions::find(self.db, of)?.map(|stored| stored.vault);
        self.vaults.insert(of.clone(), vault.clone());
        Ok(vault)
    }

    fn read(&mut self, row: StoredSpan) -> Result<Span> {
        let vault = self.vault(&row.of)?;
        let body = vault.as_ref().map(|vault| row.body(vault)).unwrap_or_default();
        let is_tool = row.operation == "execute_tool";
        let mut fields = json!({
            "span_id": row.id, "parent_span_id": row.parent, "trace_id": self.trace,
            "started_at": moment(row.started_at), "status": status(body.failed),
            "error_message": body.error_message, "step_name": body.step_name,
            "has_children": row.has_children,
        });
        if let Some(vault) = &vault {
            if is_tool && body.failed && body.error_message.is_none() {
                fields["error_message"] = self.failure(vault, &body)?;
            }
            if self.content {
                fields["content"] = self.content(vault, &row.operation, &body)?;
            }
        }
        let mut extra = fields.as_object().cloned().unwrap_or_default();
        extra.retain(|_, value| !value.is_null());
        let is_of_event = BY_EVENT.contains(&&*row.operation);
        Ok(Span {
            event_id: body.outputs.first().filter(|_| is_of_event).cloned(),
            operation: row.operation,
            duration_ms: body.duration_ms.map(Value::from),
            attributes: Value::Object(body.attributes),
            extra,
        })
    }

    /// What an event holds, unless it was deleted or is damaged.
    fn event(&self, vault: &Vault, id: &EventId) -> Result<Option<EventBody>> {
        let found = events::get(self.db, vault, id)?.filter(|found| !found.is_damaged);
        Ok(found.map(|found| found.event()).transpose()?.map(|event| (*event.body).clone()))
    }

    fn bodies(&self, vault: &Vault, ids: &[EventId]) -> Result<Vec<EventBody>> {
        let found = ids.iter().filter_map(|id| self.event(vault, id).transpose());
        found.collect()
    }

    /// What a call that failed said.
    fn failure(&self, vault: &Vault, body: &SpanBody) -> Result<Value> {
        let outputs = self.bodies(vault, &body.outputs)?;
        let Some(EventBody::ToolOutput(output)) = outputs.first() else {
            return Ok(Value::Null);
        };
        let error = output.tool_output.get("error").and_then(Value::as_str);
        Ok(error.map_or_else(|| json!(output.tool_output).to_string(), str::to_owned).into())
    }

    fn content(&self, vault: &Vault, operation: &str, body: &SpanBody) -> Result<Value> {
        let of = |ids: &[EventId]| self.bodies(vault, ids);
        let mut content = Object::new();
        let mut put = |name: &str, parts: Vec<String>| {
            if !parts.is_empty() {
                content.insert(name.to_owned(), parts.join("\n\n").into());
            }
        };
        match operation {
            "invoke_agent" => {
                put("input_messages", texts(&of(&body.inputs)?));
                put("output_messages", texts(&of(&body.outputs)?));
                put("thinking", texts(&of(&body.thoughts)?));
            }
            "execute_tool" => {
                put("tool_arguments", texts(&of(&body.inputs)?));
                put("tool_result", texts(&of(&body.outputs)?));
            }
            "thinking" => put("thinking", texts(&of(&body.outputs)?)),
            "output" => put("output_text", texts(&of(&body.outputs)?)),
            _ => {}
        }
        Ok(if content.is_empty() { Value::Null } else { Value::Object(content) })
    }
}

/// What the events say, each as a text; of calls their JSON.
fn texts(bodies: &[EventBody]) -> Vec<String> {
    let text = |body: &EventBody| match body {
        EventBody::InputMessage(message) => Some(message.to_text()),
        EventBody::ArtifactUpload(upload) => upload.agent_upload_message.clone(),
        EventBody::AgentOutput(output) => Some(output.content.clone()),
        EventBody::StructuredOutput(output) => Some(output.content.to_string()),
        EventBody::Thinking(thinking) => thinking.content.clone(),
        EventBody::ToolInput(call) => Some(json!(call.tool_input).to_string()),
        EventBody::ToolOutput(output) => Some(json!(output.tool_output).to_string()),
        _ => None,
    };
    bodies.iter().filter_map(text).collect()
}
