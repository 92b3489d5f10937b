//! One question to a model, and its answer as it comes.
//!
//! A library speaks to the providers; what it gives is made plain here, bounded, and timed. Start with
//! [`Model::ask`]. The invariant: an answer is whole, or it is an error; one that broke off never looks
//! like one that ended. Dropping a [`Reply`] ends the request.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use futures_util::StreamExt as _;
use genai::chat::{
    ChatMessage, ChatOptions, ChatRequest, ChatResponseFormat, ChatRole, ChatStream,
    ChatStreamEvent, ContentPart, JsonSpec, MessageContent, ReasoningEffort, StopReason, StreamEnd,
    Tool, ToolCall, ToolResponse,
};
use genai::resolver::{AuthData, Endpoint};
use genai::{Client, ModelIden, ServiceTarget};
use serde_json::Value;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use super::Model;
use super::budget::Budget;
use super::failure::{Failure, ModelError};
use super::question::{Answered, Message, Part, Question};
use super::settings::{Kind, ModelSettings};
use crate::api::{Object, Timestamp};
use crate::trust;

/// Bytes of text, thought and arguments that one answer may have.
const MAX_ANSWER: usize = 8 << 20;
/// Calls that one answer may ask for.
const MAX_CALLS: usize = 256;
/// A common rule of thumb for English and JSON.
const BYTES_PER_TOKEN: u64 = 4;
const TCP_KEEPALIVE: Duration = Duration::from_secs(30);
/// For providers that want none: the library sends a header all the same.
const NO_KEY: &str = "none";

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
    pub used: Used,
    pub stop: Stop,
}

/// An answer on its way.
pub struct Reply {
    model: Arc<Model>,
    stream: ChatStream,
    ends: Instant,
    /// Bytes of the question.
    asked: u64,
    text: String,
    thought: String,
    /// Bytes of each call so far.
    calls: BTreeMap<String, usize>,
    over: bool,
    booked: bool,
    _place: OwnedSemaphorePermit,
}

impl Model {
    pub(super) fn new(settings: ModelSettings, budget: Arc<Budget>) -> Result<Self, ModelError> {
        let setup = |why: String| ModelError::new(&settings, Failure::Setup, why);
        let is_plain = settings.url.starts_with("http:");
        let mut http = trust::http(is_plain)
            .map_err(|error| setup(error.to_string()))?
            .connect_timeout(settings.patience.connect)
            .tcp_keepalive(TCP_KEEPALIVE)
            .tcp_nodelay(true);
        if is_plain {
            // No proxy leads to a model on this machine or beside it.
            http = http.no_proxy();
        }
        let http = http.build().map_err(|error| setup(error.to_string()))?;
        let client = Client::builder()
            .with_reqwest(http)
            .build()
            .map_err(|error| setup(error.to_string()))?;
        let places = Arc::new(Semaphore::new(settings.parallel));
        Ok(Self { settings, client, places, budget })
    }

    /// Asks, once there is room for one more question. Nothing is repeated here.
    pub async fn ask(self: &Arc<Self>, question: Question) -> Result<Reply, ModelError> {
        let closed = |_| ModelError::new(&self.settings, Failure::Setup, "takes no questions");
        let place = Arc::clone(&self.places).acquire_owned().await.map_err(closed)?;
        let spent = |why| ModelError::new(&self.settings, Failure::Spent, why);
        self.budget.check(today()).map_err(spent)?;
        let ends = Instant::now() + self.settings.patience.answer;
        let asked = question.bytes() as u64;
        let options = options(&self.settings, &question);
        let target = ServiceTarget {
            endpoint: Endpoint::from_owned(self.settings.url.as_str()),
            auth: AuthData::from_single(
                self.settings.key.as_ref().map_or(NO_KEY, |key| key.reveal()),
            ),
            model: ModelIden::new(self.settings.kind.adapter(), self.settings.id.as_str()),
        };
        let request = self.client.exec_chat_stream(target, request(question), Some(&options));
        let reply = request.await.map_err(|error| ModelError::of(&self.settings, &error))?;
        Ok(Reply {
            model: Arc::clone(self),
            stream: reply.stream,
            ends,
            asked,
            text: String::new(),
            thought: String::new(),
            calls: BTreeMap::new(),
            over: false,
            booked: false,
            _place: place,
        })
    }
}

impl Reply {
    /// The next piece, an error, which is the last thing, or nothing after the end.
    pub async fn next(&mut self) -> Option<Result<Piece, ModelError>> {
        if self.over {
            return None;
        }
        let next = loop {
            let settings = &self.model.settings;
            let failed = |failure, why: &str| Err(ModelError::new(settings, failure, why));
            let event = match tokio::time::timeout_at(self.ends, self.stream.next()).await {
                Err(_) => {
                    let minutes = settings.patience.answer.as_secs().div_ceil(60);
                    let why = format!("was still answering after {minutes} min");
                    break failed(Failure::TimedOut, &why);
                }
                Ok(None) if self.text.is_empty() && self.thought.is_empty() => {
                    let why = "its answer ended before it began, or is no stream of events";
                    break failed(Failure::Broken, why);
                }
                Ok(None) => break failed(Failure::Broken, "its answer broke off"),
                Ok(Some(Err(error))) => break Err(ModelError::of(settings, &error)),
                Ok(Some(Ok(event))) => event,
            };
            match event {
                ChatStreamEvent::Chunk(chunk) if !chunk.content.is_empty() => {
                    self.text.push_str(&chunk.content);
                    break Ok(Piece::Text(chunk.content));
                }
                ChatStreamEvent::ReasoningChunk(chunk) if !chunk.content.is_empty() => {
                    self.thought.push_str(&chunk.content);
                    break Ok(Piece::Thought(chunk.content));
                }
                ChatStreamEvent::ToolCallChunk(chunk) => {
                    // Each chunk carries all of the call so far.
                    let size = chunk.tool_call.size();
                    self.calls.insert(chunk.tool_call.call_id, size);
                    if self.size() > MAX_ANSWER {
                        break failed(Failure::TooLarge, "asked for calls that are too large");
                    }
                    if self.calls.len() > MAX_CALLS {
                        break failed(Failure::TooLarge, "asked for too many calls at once");
                    }
                }
                ChatStreamEvent::End(end) => break Ok(Piece::Done(Box::new(self.answer(end)))),
                _ => {}
            }
        };
        let next = match next {
            Ok(Piece::Text(_) | Piece::Thought(_)) if self.size() > MAX_ANSWER => {
                let why = format!("its answer has more than {} MiB", MAX_ANSWER >> 20);
                Err(ModelError::new(&self.model.settings, Failure::TooLarge, why))
            }
            Ok(Piece::Done(answer)) if answer.calls.len() > MAX_CALLS => {
                let why = format!("asked for {} calls at once", answer.calls.len());
                Err(ModelError::new(&self.model.settings, Failure::TooLarge, why))
            }
            next => next,
        };
        self.over = matches!(next, Ok(Piece::Done(_)) | Err(_));
        Some(next)
    }

    /// Waits for all of it.
    pub async fn whole(mut self) -> Result<Answer, ModelError> {
        loop {
            match self.next().await {
                Some(Ok(Piece::Done(answer))) => return Ok(*answer),
                Some(Ok(_)) => {}
                Some(Err(error)) => return Err(error),
                None => {
                    let why = "its answer was read to its end before";
                    return Err(ModelError::new(&self.model.settings, Failure::Broken, why));
                }
            }
        }
    }

    fn book(&mut self, used: &Used) {
        let cost = self.model.settings.prices.map_or(0.0, |prices| prices.of(used));
        self.model.budget.book(today(), used.input.saturating_add(used.output), cost);
        self.booked = true;
    }

    fn size(&self) -> usize {
        self.text.len() + self.thought.len() + self.calls.values().sum::<usize>()
    }

    fn answer(&mut self, end: StreamEnd) -> Answer {
        let calls = end.captured_content.map(MessageContent::into_tool_calls);
        let calls = without_echoes(calls.unwrap_or_default());
        let calls: Vec<_> = calls.into_iter().map(asked_call).collect();
        let stop = match end.captured_stop_reason {
            _ if !calls.is_empty() => Stop::Calls,
            Some(StopReason::MaxTokens(_)) => Stop::Cut,
            Some(StopReason::ContentFilter(_)) => Stop::Filtered,
            _ => Stop::Finished,
        };
        let (text, thought) = (std::mem::take(&mut self.text), std::mem::take(&mut self.thought));
        let said = (text.len() + thought.len() + self.calls.values().sum::<usize>()) as u64;
        let tokens = |count: Option<i32>| count.and_then(|count| u64::try_from(count).ok());
        let usage = end.captured_usage.unwrap_or_default();
        let (input, output) = (tokens(usage.prompt_tokens), tokens(usage.completion_tokens));
        let cached = usage.prompt_tokens_details.and_then(|details| details.cached_tokens);
        let reasoning = usage.completion_tokens_details.and_then(|found| found.reasoning_tokens);
        let used = Used {
            input: input.unwrap_or(self.asked / BYTES_PER_TOKEN),
            cached: tokens(cached).unwrap_or(0),
            output: output.unwrap_or(said / BYTES_PER_TOKEN),
            reasoning: tokens(reasoning).unwrap_or(0),
            estimated: input.is_none() || output.is_none(),
        };
        self.book(&used);
        Answer { text, thought, calls, used, stop }
    }
}

/// A provider that counts its calls from one leaves a gap, which the library fills with what it had of the
/// first of them.
fn without_echoes(calls: Vec<ToolCall>) -> Vec<ToolCall> {
    let is_echo = |at: usize, call: &ToolCall| {
        calls[at + 1..].iter().any(|later| {
            later.call_id == call.call_id
                && later.fn_name == call.fn_name
                && (call.fn_arguments.is_string() || call.fn_arguments == later.fn_arguments)
        })
    };
    let echoes: Vec<_> = calls.iter().enumerate().map(|(at, call)| is_echo(at, call)).collect();
    calls.into_iter().zip(echoes).filter(|(_, is_echo)| !is_echo).map(|(call, _)| call).collect()
}

impl Drop for Reply {
    /// What broke off was paid for, too, once it had begun.
    fn drop(&mut self) {
        let said = self.size() as u64;
        if !self.booked && said > 0 {
            let (input, output) = (self.asked / BYTES_PER_TOKEN, said / BYTES_PER_TOKEN);
            self.book(&Used { input, output, estimated: true, ..Used::default() });
        }
    }
}

/// Counted from the epoch.
fn today() -> i64 {
    Timestamp::now().as_second().div_euclid(86_400)
}

fn asked_call(call: ToolCall) -> AskedCall {
    let arguments = match call.fn_arguments {
        Value::Object(arguments) => Ok(arguments),
        // Of a tool that takes none, many models send nothing.
        Value::Null => Ok(Object::new()),
        Value::String(text) if text.trim().is_empty() => Ok(Object::new()),
        other => Err(other),
    };
    AskedCall { id: call.call_id, tool: call.fn_name, arguments }
}

fn request(question: Question) -> ChatRequest {
    let tools: Vec<_> = question
        .offers
        .into_iter()
        .map(|offer| {
            let tool = Tool::new(offer.name).with_schema(Value::Object(offer.schema));
            if offer.description.is_empty() {
                tool
            } else {
                tool.with_description(offer.description)
            }
        })
        .collect();
    let mut messages: Vec<ChatMessage> = Vec::new();
    for message in question.messages {
        match message {
            Message::User(parts) => {
                let parts: Vec<_> = parts.into_iter().map(content).collect();
                messages.push(ChatMessage::new(ChatRole::User, MessageContent::from_parts(parts)));
            }
            Message::Assistant { text, calls } => {
                let text = (!text.is_empty()).then_some(ContentPart::Text(text));
                let calls = calls.into_iter().map(|(call_id, fn_name, fn_arguments)| {
                    let thought_signatures = None;
                    let call = ToolCall { call_id, fn_name, fn_arguments, thought_signatures };
                    ContentPart::ToolCall(call)
                });
                let parts: Vec<_> = text.into_iter().chain(calls).collect();
                let content = MessageContent::from_parts(parts);
                messages.push(ChatMessage::new(ChatRole::Assistant, content));
            }
            Message::Tool(Answered { call_id, tool, output }) => {
                let part = ContentPart::ToolResponse(ToolResponse {
                    call_id,
                    fn_name: Some(tool),
                    content: output,
                });
                // Some providers want all answers of one round in one message.
                match messages.last_mut().filter(|last| last.role == ChatRole::Tool) {
                    Some(last) => last.content.push(part),
                    None => messages.push(ChatMessage::new(ChatRole::Tool, part)),
                }
            }
        }
    }
    let mut request = ChatRequest::from_messages(messages);
    if !question.system.is_empty() {
        request = request.with_system(question.system);
    }
    if tools.is_empty() { request } else { request.with_tools(tools) }
}

fn content(part: Part) -> ContentPart {
    match part {
        Part::Text(text) => ContentPart::Text(text),
        Part::Image { mime_type, data } => {
            ContentPart::from_binary_base64(mime_type, BASE64_STANDARD.encode(data), None)
        }
    }
}

/// The parameters that every provider has in some form go as what they mean; the others go as they are
/// written.
fn options(settings: &ModelSettings, question: &Question) -> ChatOptions {
    let mut options = ChatOptions::default()
        .with_capture_usage(true)
        .with_capture_tool_calls(true)
        .with_stream_header_timeout(settings.patience.first)
        .with_stream_read_timeout(settings.patience.silence);
    let mut others = Object::new();
    for (name, value) in &question.parameters {
        let number = value.as_f64();
        let count = value.as_u64().and_then(|count| u32::try_from(count).ok());
        match name.as_str() {
            "temperature" if number.is_some() => options.temperature = number,
            "top_p" if number.is_some() => options.top_p = number,
            "max_tokens" if count.is_some() => options.max_tokens = count,
            "seed" if value.is_u64() => options.seed = value.as_u64(),
            "stop" if value.is_string() || value.is_array() => {
                let words = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
                let words = words.iter().filter_map(|word| word.as_str().map(str::to_owned));
                options.stop_sequences = words.collect();
            }
            "reasoning_effort" => {
                let effort = value.as_str().and_then(ReasoningEffort::from_keyword);
                options.reasoning_effort = effort;
            }
            _ => {
                others.insert(name.clone(), value.clone());
            }
        }
    }
    // The library takes such a word from the end of an id. A budget sets nothing here, and keeps the id.
    if settings.kind == Kind::OpenAi
        && options.reasoning_effort.is_none()
        && ReasoningEffort::from_model_name(&settings.id).0.is_some()
    {
        options.reasoning_effort = Some(ReasoningEffort::Budget(0));
    }
    if !others.is_empty() {
        options.extra_body = Some(Value::Object(others));
    }
    if let Some(schema) = &question.schema {
        let spec = JsonSpec::new(schema.name.as_str(), schema.schema.clone());
        options = options.with_response_format(ChatResponseFormat::JsonSpec(spec));
    }
    options
}
