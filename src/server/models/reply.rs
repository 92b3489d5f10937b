//! An answer as it comes: read, bounded and timed.
//!
//! Start with [`Reply::next`]. The invariant: an answer is whole, or it is an error; one that broke off never
//! looks like one that ended. Dropping a [`Reply`] ends the request.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures_util::StreamExt as _;
use genai::chat::{ChatStreamEvent, MessageContent, StopReason, StreamEnd, ToolCall};
use serde_json::Value;

use super::Model;
use super::answer::{Answer, AskedCall, Piece, Stop, Used};
use super::ask::{BYTES_PER_TOKEN, Sent, today};
use super::failure::{Failure, ModelError};
use super::reasoning::Reasoning;
use super::settings::Kind;
use super::upstream::Underway;
use crate::api::Object;

/// Bytes of text, thought and arguments that one answer may have.
pub(super) const MAX_ANSWER: usize = 8 << 20;
/// Calls that one answer may ask for.
pub(super) const MAX_CALLS: usize = 256;

/// An answer on its way.
pub struct Reply {
    model: Arc<Model>,
    sent: Sent,
    text: String,
    thought: String,
    /// Bytes of each call so far.
    calls: BTreeMap<String, usize>,
    over: bool,
    booked: bool,
    underway: Underway,
}

impl Reply {
    pub(super) fn new(model: Arc<Model>, sent: Sent, underway: Underway) -> Self {
        Self {
            model,
            sent,
            text: String::new(),
            thought: String::new(),
            calls: BTreeMap::new(),
            over: false,
            booked: false,
            underway,
        }
    }

    /// The next piece, an error, which is the last thing, or nothing after the end.
    pub async fn next(&mut self) -> Option<Result<Piece, ModelError>> {
        if self.over {
            return None;
        }
        let next = loop {
            let settings = &self.model.settings;
            let failed = |failure, why: &str| Err(ModelError::new(settings, failure, why));
            let event = match tokio::time::timeout_at(self.sent.ends, self.sent.stream.next()).await
            {
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
                    if self.sent.fragments.is_none() {
                        // Each chunk carries all of the call so far.
                        let size = chunk.tool_call.size();
                        self.calls.insert(chunk.tool_call.call_id, size);
                    }
                    if self.size() > MAX_ANSWER {
                        break failed(Failure::TooLarge, "asked for calls that are too large");
                    }
                    let begun = self.sent.fragments.as_ref().map_or(0, |all| all.count());
                    if self.calls.len().max(begun) > MAX_CALLS {
                        break failed(Failure::TooLarge, "asked for too many calls at once");
                    }
                }
                ChatStreamEvent::End(end) if is_cut(settings.kind, &end) => {
                    break failed(Failure::Broken, self.cut_off());
                }
                ChatStreamEvent::End(_)
                    if self.sent.frames.as_ref().is_some_and(|frames| !frames.are_whole()) =>
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
        let fragments = self.sent.fragments.as_ref().map_or(0, |all| all.bytes());
        self.calls.values().sum::<usize>() + fragments
    }

    fn answer(&mut self, end: StreamEnd) -> Answer {
        let reasoning = end
            .captured_content
            .as_ref()
            .and_then(|content| Reasoning::caught(&self.model.settings, content));
        let calls = match &self.sent.fragments {
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
            input: input.unwrap_or(self.sent.asked / BYTES_PER_TOKEN),
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
            let (input, output) = (self.sent.asked / BYTES_PER_TOKEN, said / BYTES_PER_TOKEN);
            self.book(&Used { input, output, estimated: true, ..Used::default() });
        }
    }
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
