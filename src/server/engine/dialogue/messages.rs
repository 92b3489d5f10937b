//! The messages of a question: the visible events of a session, in their order.
//!
//! What providers demand is made of that: every call is answered at once, every answer has its call, the
//! two sides take turns, and a person begins. So
//!
//! - what an agent said, and the calls that follow it, are one message, and the outputs follow that message
//!   in the order of its calls, wherever they lie in the list;
//! - a call whose output is not there (cut off, or hidden) is answered with [`NO_OUTPUT`], and an output
//!   whose call is not there is told in words, as from a person;
//! - a summary stands where what it stands for was: in front;
//! - what a person, a file, a skill or a step says in a row is one message of several parts.
//!
//! Thoughts are not told as such: no provider takes those of another one. What their own provider wants back
//! of them goes with the calls that followed, unless a person hid them. Not told either are events that say
//! nothing to a model (errors, types that nobody knows), or that are damaged.

use std::collections::{HashMap, HashSet};

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::names::Names;
use super::reminders::{Counters, Hook, Reminder};
use crate::api::event::{ArtifactUpload, ImageRead, ToolInput, ToolOutput};
use crate::api::{Event, EventBody, EventId, exact};
use crate::server::models::{Answered, Message, Part, Reasoning};
use crate::server::store::reasonings::Reasoned;

/// The answer to a call that has none in the context. It is never stored.
pub(in crate::server::engine) const NO_OUTPUT: &str = r#"{"error":"There is no output: the call was interrupted, or its output is no longer in the context."}"#;
/// Stands in front of a conversation whose first word is not a person's.
pub(in crate::server::engine) const BEGINNING: &str =
    "(What came before this is no longer in the context.)";
/// Follows a conversation whose last word is the agent's own.
pub(in crate::server::engine) const GO_ON: &str = "Go on.";

/// What messages are made with, besides events.
pub(in crate::server::engine) struct Telling<'a> {
    pub names: &'a Names,
    pub reminders: &'a [Reminder],
    /// The image that was read, where the model can look at it.
    pub image: &'a dyn Fn(&ImageRead) -> Option<Part>,
    /// What providers want back of thoughts.
    pub reasoned: &'a [Reasoned],
}

/// The messages that these events are to a model, all of which it sees, in the order of the list.
pub(in crate::server::engine) fn messages(events: &[Event], telling: &Telling<'_>) -> Vec<Message> {
    let outputs = pair(events);
    let answered: HashSet<usize> = outputs.values().copied().collect();
    let reminded = reminded(events, telling.reminders);
    let reasoned = reasoned(events, telling.reasoned);
    let mut told = Told::default();
    for event in events {
        if let EventBody::Compaction(summary) = &*event.body {
            let text = summary.summary_text.as_deref().unwrap_or_default();
            told.user(Part::Text(format!("Summary of the conversation before this:\n\n{text}")));
        }
    }
    for (at, event) in events.iter().enumerate() {
        let reminders = reminded.get(&at).map_or(&[][..], Vec::as_slice);
        match &*event.body {
            EventBody::InputMessage(message) => {
                told.text(message.to_text());
                for text in reminders {
                    told.text((*text).to_owned());
                }
            }
            EventBody::SkillLoad(skill) => {
                told.text(format!("The skill {}:\n\n{}", skill.skill_name, skill.content));
            }
            EventBody::ArtifactUpload(upload) => told.text(uploaded(upload)),
            EventBody::AgentOutput(said) => told.says(&said.content),
            EventBody::StructuredOutput(said) => {
                let exact = Members::of(event).content.map(|raw| raw.get().to_owned());
                told.says(&exact.unwrap_or_else(|| said.content.to_string()));
            }
            EventBody::ToolInput(input) => {
                let tool = telling.names.wire(&input.tool_configuration_name);
                let output = outputs.get(&at).and_then(|at| Some((*at, events.get(*at)?)));
                let output = output.map(|(at, event)| output_text(event, reminded.get(&at)));
                told.calls(tool, arguments(event, input), input.tool_call_id.as_str(), output);
                told.reasoned(event.id.as_ref().and_then(|id| reasoned.get(id)).copied());
            }
            EventBody::ToolOutput(output) if !answered.contains(&at) => {
                let tool = &output.tool_configuration_name;
                let text = output_text(event, reminded.get(&at));
                told.text(format!("Output of an earlier call of {tool}: {text}"));
            }
            EventBody::ToolOutput(_) => told.is_answered = !told.calls.is_empty(),
            EventBody::ImageRead(read) => told.user((telling.image)(read).unwrap_or_else(|| {
                Part::Text(format!("(This model cannot look at the image {}.)", read.artifact_id))
            })),
            EventBody::StepTransition(step) => {
                let words = step.content.clone();
                told.text(words.unwrap_or_else(|| format!("Go on with step {}.", step.to_step)));
            }
            EventBody::Thinking(_)
            | EventBody::Compaction(_)
            | EventBody::SessionInterrupted {}
            | EventBody::ContextLimitExceeded(_)
            | EventBody::StepTransitionLimitExceeded(_)
            | EventBody::ClientToolPending(_)
            | EventBody::CompactionStarted {}
            | EventBody::Error(_)
            | EventBody::Unknown
            | EventBody::Malformed(_) => {}
        }
    }
    told.finish()
}

/// Where the output of each input lies: the first one behind it under its id that no other input has.
fn pair(events: &[Event]) -> HashMap<usize, usize> {
    let mut waiting: HashMap<&str, Vec<usize>> = HashMap::new();
    let mut pairs = HashMap::new();
    for (at, event) in events.iter().enumerate() {
        match &*event.body {
            EventBody::ToolInput(input) => {
                waiting.entry(input.tool_call_id.as_str()).or_default().push(at);
            }
            EventBody::ToolOutput(output) => {
                let inputs = waiting.get_mut(output.tool_call_id.as_str());
                if let Some(inputs) = inputs.filter(|inputs| !inputs.is_empty()) {
                    pairs.insert(inputs.remove(0), at);
                }
            }
            _ => {}
        }
    }
    pairs
}

/// The thoughts that calls came of, and which of the answer's calls each was. Those of which anything is
/// hidden are not told.
fn reasoned<'a>(
    events: &[Event],
    reasoned: &'a [Reasoned],
) -> HashMap<&'a EventId, (&'a Reasoning, usize)> {
    if reasoned.is_empty() {
        return HashMap::new();
    }
    let seen: HashSet<&EventId> = events.iter().filter_map(|event| event.id.as_ref()).collect();
    let told = reasoned.iter().filter(|one| one.thoughts.iter().all(|id| seen.contains(id)));
    let calls = told.flat_map(|one| {
        let calls = one.calls.iter().enumerate();
        calls.map(|(at, id)| (id, (&one.reasoning, at)))
    });
    calls.collect()
}

/// The reminders that come with events, by place.
fn reminded<'a>(events: &[Event], reminders: &'a [Reminder]) -> HashMap<usize, Vec<&'a str>> {
    let mut counters = Counters::default();
    let mut out = HashMap::new();
    for (at, event) in events.iter().enumerate() {
        let hook = match &*event.body {
            EventBody::InputMessage(_) => Hook::InputMessage,
            EventBody::ToolOutput(_) => Hook::ToolOutput,
            EventBody::Compaction(_) => {
                counters = Counters::default();
                continue;
            }
            _ => continue,
        };
        let texts = counters.next(hook, reminders);
        if !texts.is_empty() {
            out.insert(at, texts);
        }
    }
    out
}

/// Members whose text must stay as it is.
#[derive(Deserialize, Default)]
struct Members<'a> {
    #[serde(borrow, default)]
    tool_input: Option<&'a RawValue>,
    #[serde(borrow, default)]
    tool_output: Option<&'a RawValue>,
    #[serde(borrow, default)]
    content: Option<&'a RawValue>,
}

impl<'a> Members<'a> {
    fn of(event: &'a Event) -> Self {
        serde_json::from_str(event.raw().get()).unwrap_or_default()
    }
}

fn arguments(event: &Event, input: &ToolInput) -> Value {
    let exact = Members::of(event).tool_input.and_then(|raw| exact::read(raw.get()).ok());
    exact.unwrap_or_else(|| Value::Object(input.tool_input.clone()))
}

fn output_text(event: &Event, reminders: Option<&Vec<&str>>) -> String {
    let EventBody::ToolOutput(output) = &*event.body else { return NO_OUTPUT.to_owned() };
    let mut text = told_output(event, output);
    for reminder in reminders.into_iter().flatten() {
        text.push_str("\n\n");
        text.push_str(reminder);
    }
    text
}

/// A failure reads as one, whatever its object says.
fn told_output(event: &Event, output: &ToolOutput) -> String {
    let exact = Members::of(event).tool_output.map(|raw| raw.get().to_owned());
    let text = exact.unwrap_or_else(|| Value::Object(output.tool_output.clone()).to_string());
    if output.error && !output.tool_output.contains_key("error") {
        return format!("{{\"error\":{text}}}");
    }
    text
}

/// With the ids, which tools ask for.
fn uploaded(upload: &ArtifactUpload) -> String {
    let files = upload.artifacts.iter().map(|file| {
        let (id, kind, size) = (&file.artifact_id, &file.mime_type, file.size_bytes);
        format!("{} (artifact {id}, {kind}, {size} B)", file.filename)
    });
    format!("Uploaded: {}", files.collect::<Vec<_>>().join(", "))
}

/// Messages as they come together.
#[derive(Default)]
struct Told {
    messages: Vec<Message>,
    /// What the agent's message, which is not closed yet, says and asks for.
    text: String,
    calls: Vec<(String, String, Value)>,
    answers: Vec<Answered>,
    /// The thoughts of that message, and which of its calls goes with which of theirs.
    reasoning: Option<(Reasoning, Vec<usize>)>,
    /// An output of it has come by: what follows is another message.
    is_answered: bool,
    ids: HashSet<String>,
}

impl Told {
    fn text(&mut self, text: String) {
        // Providers refuse empty parts.
        if !text.trim().is_empty() {
            self.user(Part::Text(text));
        }
    }

    fn user(&mut self, part: Part) {
        self.close();
        match self.messages.last_mut() {
            Some(Message::User(parts)) => parts.push(part),
            _ => self.messages.push(Message::User(vec![part])),
        }
    }

    fn says(&mut self, text: &str) {
        if !self.calls.is_empty() {
            self.close();
        }
        if !self.text.is_empty() {
            self.text.push_str("\n\n");
        }
        self.text.push_str(text);
    }

    fn calls(&mut self, tool: String, arguments: Value, id: &str, output: Option<String>) {
        if self.is_answered {
            self.close();
        }
        let call_id = self.unique(id);
        self.calls.push((call_id.clone(), tool.clone(), arguments));
        let output = output.unwrap_or_else(|| NO_OUTPUT.to_owned());
        self.answers.push(Answered { call_id, tool, output });
    }

    /// The call that was told last came of these thoughts.
    fn reasoned(&mut self, of: Option<(&Reasoning, usize)>) {
        if let Some((reasoning, at)) = of {
            let (_, calls) = self.reasoning.get_or_insert_with(|| (reasoning.clone(), Vec::new()));
            // A call without any stands for none of theirs.
            calls.resize(self.calls.len() - 1, usize::MAX);
            calls.push(at);
        }
    }

    /// Histories from elsewhere use ids again, which one question must not.
    fn unique(&mut self, id: &str) -> String {
        let id = if id.is_empty() { "call" } else { id };
        let others = (2..).map(|number: u64| format!("{id}_{number}"));
        let mut names = std::iter::once(id.to_owned()).chain(others);
        let free = names.find(|name| !self.ids.contains(name)).unwrap_or_default();
        self.ids.insert(free.clone());
        free
    }

    fn close(&mut self) {
        self.is_answered = false;
        if self.text.is_empty() && self.calls.is_empty() {
            return;
        }
        let (text, calls) = (std::mem::take(&mut self.text), std::mem::take(&mut self.calls));
        let reasoning = self.reasoning.take();
        let reasoning = reasoning.map(|(reasoning, calls)| reasoning.of_calls(&calls));
        self.messages.push(Message::Assistant { text, calls, reasoning });
        self.messages.extend(self.answers.drain(..).map(Message::Tool));
    }

    fn finish(mut self) -> Vec<Message> {
        self.close();
        if !matches!(self.messages.first(), Some(Message::User(_))) && !self.messages.is_empty() {
            let beginning = vec![Part::Text(BEGINNING.to_owned())];
            self.messages.insert(0, Message::User(beginning));
        }
        if !matches!(self.messages.last(), Some(Message::User(_) | Message::Tool(_))) {
            self.messages.push(Message::User(vec![Part::Text(GO_ON.to_owned())]));
        }
        self.messages
    }
}

#[cfg(test)]
#[path = "messages_tests.rs"]
mod tests;
