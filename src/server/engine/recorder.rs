//! What a turn measures of itself: a trace with its spans (contract section 8.4).
//!
//! A performer tells its [`Recorder`] what it begins and ends; what is still open when the turn is over
//! ends with it. A sub-agent's goes on in the trace of its parent. Spans name the events that hold what
//! was said, and hold none of it themselves.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::clock::Clock;
use super::run::lock;
use crate::api::event::ToolInput;
use crate::api::{Agent, Event, EventId, Object, SessionRef, Timestamp};
use crate::server::store::seal::Vault;
use crate::server::store::traces::{BY_EVENT, NewSpan, NewTrace, SpanBody};
use crate::text::units;

/// Spans that one trace keeps; a script can call for any number.
const MAX_SPANS: usize = 5_000;

/// A span that was begun; none where the trace is full, or nobody records.
pub(super) type SpanNumber = Option<usize>;

struct Measured {
    parent: SpanNumber,
    vault: Vault,
    operation: &'static str,
    started: Timestamp,
    ended: bool,
    tool_error_type: Option<&'static str>,
    error_type: Option<&'static str>,
    /// Of the model, in and out.
    tokens: (u64, u64),
    body: SpanBody,
}

impl Measured {
    fn end(&mut self, now: Timestamp) {
        if !self.ended {
            let length = now.as_millisecond() - self.started.as_millisecond();
            self.body.duration_ms = Some(length.max(0));
            self.ended = true;
        }
    }

    fn set(&mut self, attribute: &str, value: Value) {
        self.body.attributes.insert(attribute.to_owned(), value);
    }
}

/// Records one agent's part of a turn.
pub(super) struct Recorder {
    /// Parents before their children.
    all: Arc<Mutex<Vec<Measured>>>,
    clock: Clock,
    vault: Vault,
    step: String,
    /// What the next invocation is below.
    above: SpanNumber,
    invocation: SpanNumber,
    /// The call of the model that goes on.
    chat: SpanNumber,
    /// The latest one.
    asked: SpanNumber,
}

/// What an agent is invoked with.
pub(super) struct Invoked<'a> {
    pub(super) agent: &'a Agent,
    pub(super) inputs: Vec<EventId>,
    /// Whose sub-agent it is.
    pub(super) parent: Option<SessionRef>,
    pub(super) depth: usize,
}

impl Recorder {
    pub(super) fn new(clock: Clock, vault: Vault) -> Self {
        Self {
            all: Arc::default(),
            clock,
            vault,
            step: String::new(),
            above: None,
            invocation: None,
            chat: None,
            asked: None,
        }
    }

    /// For a sub-agent that the span calls.
    pub(super) fn below(&self, span: SpanNumber, vault: Vault) -> Self {
        Self { all: Arc::clone(&self.all), above: span, ..Self::new(self.clock.clone(), vault) }
    }

    /// The step that spans are of from here on.
    pub(super) fn enter(&mut self, step: &str) {
        step.clone_into(&mut self.step);
    }

    fn add(&self, operation: &'static str, parent: SpanNumber, attributes: Value) -> SpanNumber {
        let mut all = lock(&self.all);
        let number = all.len();
        if number == MAX_SPANS {
            return None;
        }
        let attributes = match attributes {
            Value::Object(fields) => fields,
            _ => Object::new(),
        };
        all.push(Measured {
            parent,
            vault: self.vault.clone(),
            operation,
            started: self.clock.now(),
            ended: false,
            tool_error_type: None,
            error_type: None,
            tokens: (0, 0),
            body: SpanBody {
                step_name: Some(self.step.clone()),
                attributes: attributes.into_iter().filter(|(_, value)| !value.is_null()).collect(),
                ..SpanBody::default()
            },
        });
        Some(number)
    }

    fn change(&self, span: SpanNumber, change: impl FnOnce(&mut Measured)) {
        let mut all = lock(&self.all);
        if let Some(measured) = span.and_then(|number| all.get_mut(number)) {
            change(measured);
        }
    }

    fn end(&self, span: SpanNumber, change: impl FnOnce(&mut Measured)) {
        let now = self.clock.now();
        self.change(span, |measured| {
            change(measured);
            measured.end(now);
        });
    }

    pub(super) fn invoke(&mut self, of: Invoked<'_>) {
        let Invoked { agent, inputs, parent, depth } = of;
        let attributes = json!({
            "model": agent.model.name, "agent_name": agent.name,
            "agent_description": agent.description, "input_event_id": inputs.first(),
            "parent_agent_id": parent.as_ref().map(|parent| &parent.agent),
            "parent_session_id": parent.as_ref().map(|parent| &parent.key), "depth": depth,
        });
        self.invocation = self.add("invoke_agent", self.above, attributes);
        self.change(self.invocation, |span| span.body.inputs = inputs);
    }

    /// The model is asked, if it is not being asked already.
    pub(super) fn ask(&mut self, model: &str) {
        if self.chat.is_none() {
            self.chat = self.add("chat", self.invocation, json!({ "model": model }));
            self.asked = self.chat;
        }
    }

    /// The model has answered, and this is why it stopped.
    pub(super) fn answered(&mut self, reason: &str) {
        let chat = self.chat.take();
        self.end(chat, |span| span.set("finish_reasons", json!([reason])));
    }

    /// Adds to what is known of the call of the model that goes on.
    pub(super) fn note(&self, attributes: Value) {
        self.change(self.chat, |span| {
            if let Value::Object(attributes) = attributes {
                let known = attributes.into_iter().filter(|(_, value)| !value.is_null());
                span.body.attributes.extend(known);
            }
        });
    }

    /// The model gave no answer, and this is why.
    pub(super) fn unanswered(&mut self, error_type: &str, message: &str) {
        let chat = self.chat.take();
        self.end(chat, |span| {
            span.body.failed = true;
            span.body.error_message = Some(message.to_owned());
            span.set("error_type", error_type.into());
        });
    }

    /// What the latest call of the model took and gave, in tokens.
    pub(super) fn used(&self, input: u64, output: u64) {
        self.change(self.asked, |span| span.tokens = (input, output));
    }

    /// What a model took and gave for a span that is no call of its own.
    pub(super) fn took(&self, span: SpanNumber, input: u64, output: u64) {
        self.change(span, |span| {
            span.tokens = (input, output);
            span.set("input_tokens", input.into());
            span.set("output_tokens", output.into());
        });
    }

    /// Begins a part of the model's answer.
    pub(super) fn begin_part(&self, operation: &'static str) -> SpanNumber {
        self.add(operation, self.chat.or(self.invocation), Value::Null)
    }

    /// Begins what is no part of an answer.
    pub(super) fn begin(&self, operation: &'static str, attributes: Value) -> SpanNumber {
        self.add(operation, self.invocation, attributes)
    }

    /// Begins a call of a tool, whose event is stored.
    pub(super) fn call(&self, event: &Event, input: &ToolInput) -> SpanNumber {
        let attributes = json!({
            "tool_name": input.tool_name, "tool_key": input.tool_configuration_name,
            "tool_call_id": input.tool_call_id, "tool_type": input.tool_type,
            "tool_input_event_id": event.id,
        });
        let span = self.add("execute_tool", self.invocation, attributes);
        self.change(span, |span| span.body.inputs.extend(event.id.clone()));
        span
    }

    /// Ends a call of a tool with its output, and says how it failed if it did.
    pub(super) fn returned(&self, span: SpanNumber, event: &Event, failure: Option<&'static str>) {
        self.end(span, |span| {
            span.tool_error_type = failure;
            span.body.failed = failure.is_some();
            span.body.outputs.extend(event.id.clone());
            span.set("tool_output_event_id", json!(event.id));
        });
    }

    /// Leaves a call to a client: how long that takes nobody here measures.
    pub(super) fn leave(&self, span: SpanNumber) {
        self.change(span, |span| span.ended = true);
    }

    /// Ends a span with the event that it came to.
    pub(super) fn came_to(&self, span: SpanNumber, event: &Event, attributes: Value) {
        self.end(span, |span| {
            span.body.outputs.extend(event.id.clone());
            if let Value::Object(attributes) = attributes {
                span.body.attributes.extend(attributes);
            }
        });
    }

    /// Ends a thought.
    pub(super) fn thought(&self, span: SpanNumber, event: &Event) {
        self.came_to(span, event, Value::Null);
        self.change(self.invocation, |span| span.body.thoughts.extend(event.id.clone()));
    }

    /// Ends what the model says; `kind` is text or json.
    pub(super) fn said(&self, span: SpanNumber, event: &Event, kind: &str) {
        self.came_to(span, event, Value::Null);
        self.change(self.invocation, |span| {
            span.body.outputs.extend(event.id.clone());
            span.set("output_event_id", json!(event.id));
            span.set("output_type", kind.into());
        });
    }

    /// The invocation failed so.
    pub(super) fn fail(&self, error_type: &'static str, message: &str) {
        self.change(self.invocation, |span| {
            span.error_type = Some(error_type);
            span.body.failed = true;
            span.body.error_message = Some(message.to_owned());
        });
    }

    /// Ends the invocation of a sub-agent.
    pub(super) fn end_invocation(&mut self) {
        self.answered("stop");
        self.end(self.invocation, |_| {});
    }

    /// Ends everything that is open, and the trace; the next invocation begins another. `None` where
    /// nothing was invoked.
    pub(super) fn finish(&mut self, of: &SessionRef) -> Option<NewTrace> {
        let now = self.clock.now();
        let mut all = std::mem::take(&mut *lock(&self.all));
        (self.invocation, self.chat, self.asked) = (None, None, None);
        for span in &mut all {
            span.end(now);
        }
        for number in (1..all.len()).rev() {
            let (input, output) = all[number].tokens;
            if let Some(parent) = all[number].parent {
                let total = &mut all[parent].tokens;
                *total = (total.0.saturating_add(input), total.1.saturating_add(output));
            }
        }
        let root = all.first()?;
        // Ids are made of what they name: a demo repeats itself, and draws no chance for this.
        let first = root.body.inputs.first().map_or("", EventId::as_str);
        let seed = format!("{of}\0{first}\0{}", root.started.as_nanosecond());
        let id = hex(&seed, 16);
        let name = |number: usize| hex(&format!("{id}\0{number}"), 8);
        let (input_tokens, output_tokens) = root.tokens;
        Some(NewTrace {
            started_at: root.started.as_millisecond(),
            duration_ms: root.body.duration_ms.unwrap_or(0),
            error_type: root.error_type,
            input_tokens,
            output_tokens,
            spans: all
                .into_iter()
                .enumerate()
                .filter(|(_, span)| span.is_told())
                .map(|(at, span)| span.named(at, name))
                .collect(),
            id: id.clone(),
        })
    }
}

impl Measured {
    /// Not told of is what was cut short before it came to the event that it must carry.
    fn is_told(&self) -> bool {
        !BY_EVENT.contains(&self.operation) || !self.body.outputs.is_empty()
    }

    fn named(mut self, number: usize, name: impl Fn(usize) -> String) -> NewSpan {
        if matches!(self.operation, "invoke_agent" | "chat") {
            self.set("input_tokens", self.tokens.0.into());
            self.set("output_tokens", self.tokens.1.into());
        }
        let tool_name = self.body.attributes.get("tool_name").and_then(Value::as_str);
        NewSpan {
            vault: self.vault,
            id: name(number),
            parent: self.parent.map(name),
            operation: self.operation,
            started_at: self.started.as_millisecond(),
            tool_name: tool_name.map(str::to_owned),
            tool_error_type: self.tool_error_type,
            body: self.body,
        }
    }
}

/// So many bytes of the text's digest, in hexadecimal.
fn hex(text: &str, bytes: usize) -> String {
    units::hex(&Sha256::digest(text)[..bytes])
}
