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
use super::fragments::Fragments;
use super::frames::Frames;
use super::question::{Answered, Message, Part, Question};
use super::reasoning::Reasoning;
use super::settings::{Kind, ModelSettings};
use super::upstream::{Underway, Upstream};
use crate::api::{Object, Timestamp};
use crate::trust;

/// Bytes of text, thought and arguments that one answer may have.
pub(super) const MAX_ANSWER: usize = 8 << 20;
/// Calls that one answer may ask for.
pub(super) const MAX_CALLS: usize = 256;
/// A common rule of thumb for English and JSON.
pub(super) const BYTES_PER_TOKEN: u64 = 4;
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
    /// What is to go back with the calls.
    pub reasoning: Option<Reasoning>,
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
    /// The calls themselves, where the library does not put them together.
    fragments: Option<Arc<Fragments>>,
    frames: Option<Arc<Frames>>,
    over: bool,
    booked: bool,
    underway: Underway,
    _place: OwnedSemaphorePermit,
}

/// A question on its way.
struct Sent {
    stream: ChatStream,
    ends: Instant,
    asked: u64,
    fragments: Option<Arc<Fragments>>,
    frames: Option<Arc<Frames>>,
    place: OwnedSemaphorePermit,
}

impl Model {
    pub(super) fn new(
        settings: ModelSettings,
        budget: Arc<Budget>,
        upstream: Arc<Upstream>,
    ) -> Result<Self, ModelError> {
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
        Ok(Self { settings, client, places, budget, upstream })
    }

    /// Asks, once there is room for one more question. Nothing is repeated here.
    pub async fn ask(self: &Arc<Self>, question: Question) -> Result<Reply, ModelError> {
        let mut underway = self.upstream.begin(&self.settings, &question);
        match self.send(question, &mut underway).await {
            Ok(Sent { stream, ends, asked, fragments, frames, place }) => Ok(Reply {
                model: Arc::clone(self),
                stream,
                ends,
                asked,
                text: String::new(),
                thought: String::new(),
                calls: BTreeMap::new(),
                fragments,
                frames,
                over: false,
                booked: false,
                underway,
                _place: place,
            }),
            Err(error) => {
                underway.failed(&error);
                Err(error)
            }
        }
    }

    async fn send(
        self: &Arc<Self>,
        question: Question,
        underway: &mut Underway,
    ) -> Result<Sent, ModelError> {
        let closed = |_| ModelError::new(&self.settings, Failure::Setup, "takes no questions");
        let place = Arc::clone(&self.places).acquire_owned().await.map_err(closed)?;
        let spent = |why| ModelError::new(&self.settings, Failure::Spent, why);
        self.budget.check(today()).map_err(spent)?;
        underway.goes_out();
        let ends = Instant::now() + self.settings.patience.answer;
        let asked = question.bytes() as u64;
        let mut options = options(&self.settings, &question);
        let fragments = (self.settings.kind == Kind::OpenAi).then(Arc::<Fragments>::default);
        if let Some(fragments) = &fragments {
            let sink = Arc::<Fragments>::clone(fragments);
            options = options.with_capture_tool_calls(false).with_raw_frame_sink_arc(sink);
        }
        let frames = (self.settings.kind == Kind::OpenAiResponses).then(Arc::<Frames>::default);
        if let Some(frames) = &frames {
            options = options.with_raw_frame_sink_arc(Arc::<Frames>::clone(frames));
        }
        let target = ServiceTarget {
            endpoint: Endpoint::from_owned(self.settings.url.as_str()),
            auth: AuthData::from_single(
                self.settings.key.as_ref().map_or(NO_KEY, |key| key.reveal()),
            ),
            model: ModelIden::new(self.settings.kind.adapter(), self.settings.id.as_str()),
        };
        let request = self.client.exec_chat_stream(
            target.clone(),
            request(&self.settings, &target.model, question),
            Some(&options),
        );
        let reply = request.await.map_err(|error| ModelError::of(&self.settings, &error))?;
        Ok(Sent { stream: reply.stream, ends, asked, fragments, frames, place })
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
                Ok(None) => break failed(Failure::Broken, self.cut_off()),
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
                    self.underway.hears();
                    if self.fragments.is_none() {
                        // Each chunk carries all of the call so far.
                        let size = chunk.tool_call.size();
                        self.calls.insert(chunk.tool_call.call_id, size);
                    }
                    if self.size() > MAX_ANSWER {
                        break failed(Failure::TooLarge, "asked for calls that are too large");
                    }
                    let begun = self.fragments.as_ref().map_or(0, |all| all.count());
                    if self.calls.len().max(begun) > MAX_CALLS {
                        break failed(Failure::TooLarge, "asked for too many calls at once");
                    }
                }
                ChatStreamEvent::End(end) if is_cut(settings.kind, &end) => {
                    break failed(Failure::Broken, self.cut_off());
                }
                ChatStreamEvent::End(_)
                    if self.frames.as_ref().is_some_and(|frames| !frames.are_whole()) =>
                {
                    break failed(
                        Failure::Broken,
                        "sent what is no JSON, and its answer has a gap",
                    );
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
        match &next {
            Ok(Piece::Done(answer)) => self.underway.answered(answer),
            Ok(Piece::Text(_) | Piece::Thought(_)) => self.underway.hears(),
            Err(error) => self.underway.failed(error),
        }
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

    /// What an answer without its end looks like.
    fn cut_off(&self) -> &'static str {
        if self.size() == 0 {
            "its answer ended before it began, or is no stream of events"
        } else {
            "its answer broke off"
        }
    }

    fn size(&self) -> usize {
        self.text.len() + self.thought.len() + self.bytes_of_calls()
    }

    fn bytes_of_calls(&self) -> usize {
        let fragments = self.fragments.as_ref().map_or(0, |all| all.bytes());
        self.calls.values().sum::<usize>() + fragments
    }

    fn answer(&mut self, end: StreamEnd) -> Answer {
        let reasoning = end
            .captured_content
            .as_ref()
            .and_then(|content| Reasoning::caught(&self.model.settings, content));
        let calls = match &self.fragments {
            Some(fragments) => fragments.calls(),
            None => end.captured_content.map(MessageContent::into_tool_calls).unwrap_or_default(),
        };
        let calls: Vec<_> = calls.into_iter().map(asked_call).collect();
        let stop = match end.captured_stop_reason {
            _ if !calls.is_empty() => Stop::Calls,
            Some(StopReason::MaxTokens(_)) => Stop::Cut,
            Some(StopReason::ContentFilter(_)) => Stop::Filtered,
            _ => Stop::Finished,
        };
        let (text, thought) = (std::mem::take(&mut self.text), std::mem::take(&mut self.thought));
        let said = (text.len() + thought.len() + self.bytes_of_calls()) as u64;
        let tokens = |count: Option<i32>| count.and_then(|count| u64::try_from(count).ok());
        // Some gateways send zeros for what they do not count.
        let counted = |count: Option<i32>| tokens(count).filter(|count| *count > 0);
        let usage = end.captured_usage.unwrap_or_default();
        let (input, output) = (counted(usage.prompt_tokens), counted(usage.completion_tokens));
        let cached = usage.prompt_tokens_details.and_then(|details| details.cached_tokens);
        let thought_of = usage.completion_tokens_details.and_then(|found| found.reasoning_tokens);
        let used = Used {
            input: input.unwrap_or(self.asked / BYTES_PER_TOKEN),
            cached: tokens(cached).unwrap_or(0),
            output: output.unwrap_or(said / BYTES_PER_TOKEN),
            reasoning: tokens(thought_of).unwrap_or(0),
            estimated: input.is_none() || output.is_none(),
        };
        self.book(&used);
        Answer { text, thought, calls, reasoning, used, stop }
    }
}

/// Whether the library made an end of a connection that was lost: no provider said why its answer ended.
fn is_cut(kind: Kind, end: &StreamEnd) -> bool {
    let is_silent = end.captured_stop_reason.is_none();
    match kind {
        // These have a word for the end, without which the library makes none.
        Kind::OpenAi | Kind::Anthropic => false,
        Kind::OpenAiResponses | Kind::Gemini => is_silent,
        // Its last line has the numbers, and of old not the reason.
        Kind::Ollama => is_silent && end.captured_usage.is_none(),
    }
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

fn request(settings: &ModelSettings, model: &ModelIden, question: Question) -> ChatRequest {
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
            Message::Assistant { text, calls, reasoning } => {
                // Another model's is nothing to this one, and refused.
                let reasoning = reasoning.filter(|reasoning| reasoning.is_of(settings));
                let text = (!text.is_empty()).then_some(ContentPart::Text(text));
                let calls =
                    calls.into_iter().enumerate().map(|(at, (call_id, fn_name, fn_arguments))| {
                        let thought_signatures =
                            reasoning.as_ref().and_then(|found| found.of_call(at));
                        let call = ToolCall { call_id, fn_name, fn_arguments, thought_signatures };
                        ContentPart::ToolCall(call)
                    });
                let thoughts = reasoning.as_ref().map(|found| found.parts(model));
                let thoughts = thoughts.into_iter().flatten();
                let parts: Vec<_> = thoughts.chain(text).chain(calls).collect();
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

fn effort(value: &Value) -> Option<ReasoningEffort> {
    value.as_str().and_then(ReasoningEffort::from_keyword)
}

/// Has what a provider wants back of thoughts caught, where asking for that does no harm: models that do not
/// think refuse it.
fn catch_reasoning(settings: &ModelSettings, options: &mut ChatOptions, others: &mut Object) {
    let thinks = !matches!(options.reasoning_effort, None | Some(ReasoningEffort::Zero));
    match settings.kind {
        // Caught from what comes, and nothing is asked for.
        Kind::Anthropic => options.capture_reasoning_content = Some(true),
        // Signatures come in any case; this asks for the thoughts themselves.
        Kind::Gemini => options.capture_reasoning_content = thinks.then_some(true),
        Kind::OpenAiResponses if thinks || others.contains_key("reasoning") => {
            options.capture_reasoning_content = Some(true);
            // Along with that the library asks for a summary, which many accounts may not have.
            let effort = options.reasoning_effort.as_ref().and_then(ReasoningEffort::as_keyword);
            let own =
                effort.map(|effort| Object::from_iter([("effort".to_owned(), effort.into())]));
            others.entry("reasoning").or_insert_with(|| own.unwrap_or_default().into());
        }
        Kind::OpenAi | Kind::OpenAiResponses | Kind::Ollama => {}
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
            "reasoning_effort" if effort(value).is_some() => {
                options.reasoning_effort = effort(value);
            }
            _ => {
                others.insert(name.clone(), value.clone());
            }
        }
    }
    catch_reasoning(settings, &mut options, &mut others);
    // The library takes such a word from the end of an id. Where one is set it keeps the id, and these set
    // nothing.
    if options.reasoning_effort.is_none()
        && ReasoningEffort::from_model_name(&settings.id).0.is_some()
    {
        options.reasoning_effort = match settings.kind {
            Kind::OpenAi | Kind::OpenAiResponses => Some(ReasoningEffort::Budget(0)),
            Kind::Anthropic => Some(ReasoningEffort::Zero),
            Kind::Gemini | Kind::Ollama => None,
        };
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
