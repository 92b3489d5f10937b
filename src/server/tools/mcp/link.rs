//! A connection to an MCP server: over the pipes of a program that is started, or over HTTP.
//!
//! The protocol is the SDK's. Start with [`Link::open`]. The invariant: dropping a link ends the program with
//! all that it started.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use rmcp::ServiceError;
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, ClientCapabilities, ClientConfig,
    ErrorCode, Implementation, PaginatedRequestParams, Tool,
};
use rmcp::service::{RoleClient, RunningService, serve_client};
use rmcp::transport::StreamableHttpClientTransport;
use rmcp::transport::async_rw::AsyncRwTransport;
use rmcp::transport::streamable_http_client::StreamableHttpClientTransportConfig;
use serde_json::Value;
use tokio::sync::Mutex;

use super::meter::{LINE, Meter};
use super::server::{Known, Settings, Way};
use crate::api::Object;
use crate::server::models::Key;
use crate::server::tools::refusal::Refusal;
use crate::text::{redact, sanitize};
use crate::tool_runner::Companion;
use crate::tools::{Inherits, Invocation, Limits};
use crate::trust;

/// Tools that one server may have, and the pages that they may come in.
const MOST_TOOLS: usize = 256;
const MOST_PAGES: usize = 32;
/// Longest name of a tool, in letters that an id can have.
const NAME: usize = 128;
const DESCRIPTION_CHARS: usize = 4_000;
const SCHEMA_BYTES: usize = 64 << 10;
/// Of what a server says about a failure.
const WORDS: usize = 1_000;
const CONNECT: Duration = Duration::from_secs(10);
/// How long a program may take to go once its input is closed, and again when it is told to.
const GRACE: Duration = Duration::from_secs(1);

pub(super) struct Link {
    service: Mutex<Option<RunningService<RoleClient, ClientConfig>>>,
    peer: rmcp::Peer<RoleClient>,
    program: Mutex<Option<Companion>>,
    flooded: Arc<AtomicBool>,
}

/// Why a call came to nothing.
pub(super) enum CallError {
    Refused(Refusal),
    /// There is no connection any more.
    Over,
}

fn ourselves() -> ClientConfig {
    let us = Implementation::new("foretop", env!("CARGO_PKG_VERSION"));
    ClientConfig::new(ClientCapabilities::default(), us)
}

/// Words of a server, short and sane.
fn said(words: &str) -> String {
    sanitize::preview(&redact::text(&redact::addresses(words)), WORDS)
}

impl Link {
    /// Starts or reaches the server and greets it. The error completes "does not start".
    pub(super) async fn open(settings: &Settings) -> Result<Self, String> {
        match &settings.way {
            Way::Program { program, arguments, env, directory } => {
                let invocation = Invocation {
                    program: program.clone(),
                    arguments: arguments.clone(),
                    env: Vec::new(),
                    inherits: Inherits::Named(env.clone()),
                    cwd: Some(directory.clone()),
                    stdin: String::new(),
                    limits: Limits::default(),
                };
                Self::over_pipes(&invocation).await
            }
            Way::Url { url, headers } => Self::over_http(url, headers).await,
        }
    }

    async fn over_pipes(invocation: &Invocation) -> Result<Self, String> {
        let (mut program, stdin, stdout) = Companion::start(invocation)?;
        let flooded = Arc::new(AtomicBool::new(false));
        let stdout = Meter::new(stdout, Arc::clone(&flooded));
        let transport = AsyncRwTransport::new_client(stdout, stdin).with_max_line_length(LINE + 1);
        let service = match serve_client(ourselves(), transport).await {
            Ok(service) => service,
            Err(error) => {
                let ending = program.ending().await;
                let complaints = redact::line(&program.complaints()).into_owned();
                tracing::warn!(complaints, "an MCP server does not start");
                let how = ending.map(|ending| format!("; it ended: {ending}")).unwrap_or_default();
                let flood = flooded.load(Ordering::Relaxed);
                let why = if flood {
                    "it floods its output".to_owned()
                } else {
                    said(&error.to_string())
                };
                return Err(format!(
                    "{why}{how}. The log of this server has what it complained about"
                ));
            }
        };
        Ok(Self::new(service, Some(program), flooded))
    }

    async fn over_http(url: &str, headers: &[(String, Key)]) -> Result<Self, String> {
        let mut own = HeaderMap::new();
        for (name, value) in headers {
            let name = HeaderName::try_from(name).map_err(|_| format!("{name} is no header"))?;
            let mut value = HeaderValue::try_from(value.reveal())
                .map_err(|_| format!("the value for the header {name} cannot be sent"))?;
            value.set_sensitive(true);
            own.insert(name, value);
        }
        let is_plain = url.starts_with("http:");
        let mut http = trust::http(is_plain)
            .map_err(|error| error.to_string())?
            .connect_timeout(CONNECT)
            .default_headers(own);
        if is_plain {
            http = http.no_proxy();
        }
        let http = http.build().map_err(|error| error.to_string())?;
        let config = StreamableHttpClientTransportConfig::with_uri(url)
            .max_sse_event_size(LINE)
            .max_json_response_size(LINE);
        let transport = StreamableHttpClientTransport::with_client(http, config);
        let service = serve_client(ourselves(), transport).await;
        let service = service.map_err(|error| said(&error.to_string()))?;
        Ok(Self::new(service, None, Arc::default()))
    }

    fn new(
        service: RunningService<RoleClient, ClientConfig>,
        program: Option<Companion>,
        flooded: Arc<AtomicBool>,
    ) -> Self {
        let peer = service.peer().clone();
        Self { service: Mutex::new(Some(service)), peer, program: Mutex::new(program), flooded }
    }

    pub(super) fn is_over(&self) -> bool {
        self.peer.is_transport_closed() || self.flooded.load(Ordering::Relaxed)
    }

    /// What it has. A list without an end is cut.
    pub(super) async fn tools(&self) -> Result<Vec<Known>, ServiceError> {
        let mut out: Vec<Known> = Vec::new();
        let mut cursor = None;
        for _ in 0..MOST_PAGES {
            let place = PaginatedRequestParams::default().with_cursor(cursor.take());
            let page = self.peer.list_tools(Some(place)).await?;
            for known in page.tools.into_iter().map(Known::of) {
                let fits =
                    known.name.len() <= NAME && known.name.chars().all(|c| c.is_ascii_graphic());
                if fits
                    && out.len() < MOST_TOOLS
                    && out.iter().all(|other| other.name != known.name)
                {
                    out.push(known);
                }
            }
            cursor = page.next_cursor;
            if cursor.is_none() || out.len() == MOST_TOOLS {
                break;
            }
        }
        Ok(out)
    }

    pub(super) async fn call(
        &self,
        tool: &str,
        arguments: &Object,
    ) -> Result<CallToolResult, CallError> {
        let params = CallToolRequestParams::new(tool.to_owned()).with_arguments(arguments.clone());
        let refused = |refusal| Err(CallError::Refused(refusal));
        match self.peer.call_tool_once(params).await {
            Ok(CallToolResponse::Complete(answer)) => Ok(answer),
            Ok(_) => refused(Refusal::dependency(
                "the MCP server wants more of its client than an answer, which is not done here",
            )),
            Err(ServiceError::TransportClosed) => Err(CallError::Over),
            Err(_) if self.is_over() => Err(CallError::Over),
            Err(ServiceError::McpError(error)) => {
                let words = said(&error.message);
                match error.code {
                    ErrorCode::INVALID_PARAMS => refused(Refusal::input(words)),
                    ErrorCode::METHOD_NOT_FOUND => refused(Refusal::missing(words)),
                    _ => refused(Refusal::failed(words)),
                }
            }
            Err(error) => {
                let words = said(&deepest(&error));
                refused(Refusal::dependency(format!("the MCP server did not answer: {words}")))
            }
        }
    }

    /// How it ended, and what it complained about, which may hold what nobody but its owner is to see.
    pub(super) async fn epitaph(&self) -> (String, String) {
        if self.flooded.load(Ordering::Relaxed) {
            return ("it floods its output".to_owned(), String::new());
        }
        let mut program = self.program.lock().await;
        let Some(program) = program.as_mut() else {
            return ("the connection broke".to_owned(), String::new());
        };
        let ending = program.ending().await;
        let how =
            ending.map_or_else(|| "it closed its output".to_owned(), |ending| ending.to_string());
        (how, redact::line(&program.complaints()).into_owned())
    }

    /// Says goodbye, and ends the program.
    pub(super) async fn close(&self) {
        if let Some(mut service) = self.service.lock().await.take() {
            let _ = service.close_with_timeout(GRACE).await;
        }
        if let Some(program) = self.program.lock().await.take() {
            program.end(GRACE).await;
        }
    }
}

/// The innermost cause.
fn deepest(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.last().map(ToString::to_string).unwrap_or_default()
}

impl Known {
    /// A tool without what is no use to a model, or too large for one.
    fn of(tool: Tool) -> Self {
        let small = |schema: &Object| {
            serde_json::to_string(schema).is_ok_and(|json| json.len() <= SCHEMA_BYTES)
        };
        let mut schema = Arc::unwrap_or_clone(tool.input_schema);
        if !small(&schema) {
            schema = Object::new();
        }
        schema.entry("type").or_insert_with(|| Value::from("object"));
        let words = tool.description.unwrap_or_default();
        let words: String = words.chars().take(DESCRIPTION_CHARS).collect();
        let title = tool.title.map(|title| sanitize::preview(&title, 200));
        let words = if words.trim().is_empty() { title.clone().unwrap_or_default() } else { words };
        Self {
            name: tool.name.into_owned(),
            title,
            description: words,
            schema,
            output: tool.output_schema.map(Arc::unwrap_or_clone).filter(small),
        }
    }
}
