//! The facts of an event that is at hand as a whole.

use serde_json::Value;

use super::facts::{EventFacts, EventState, Fact, Reader, Tool};
use crate::api::{Event, EventBody, EventKind, Timestamp};

/// What else an event is. Whether it failed is in the event itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct EventStates(u8);

impl EventStates {
    #[must_use]
    pub fn with(self, state: EventState, holds: bool) -> Self {
        Self(self.0 | u8::from(holds) << state as u8)
    }

    pub fn has(self, state: EventState) -> bool {
        self.0 & (1 << state as u8) != 0
    }
}

/// An event, and what is known of it beside its JSON. What nobody told is false or absent.
#[derive(Debug, Clone, Copy)]
pub struct WholeEvent<'a> {
    pub event: &'a Event,
    pub duration_ms: Option<u64>,
    pub step: Option<&'a str>,
    pub states: EventStates,
}

impl<'a> WholeEvent<'a> {
    pub fn new(event: &'a Event) -> Self {
        Self { event, duration_ms: None, step: None, states: EventStates::default() }
    }

    fn failed(&self) -> bool {
        match &*self.event.body {
            EventBody::ToolOutput(output) => output.error,
            EventBody::Error(_)
            | EventBody::ContextLimitExceeded(_)
            | EventBody::StepTransitionLimitExceeded(_) => true,
            _ => false,
        }
    }
}

impl EventFacts for WholeEvent<'_> {
    fn kind(&self) -> EventKind {
        EventKind::from_wire(&self.event.kind)
    }

    fn is(&self, state: EventState) -> Fact<bool> {
        let failed = state == EventState::Error && self.failed();
        Fact::Known(failed || self.states.has(state))
    }

    fn tool(&self) -> Tool<'_> {
        match &*self.event.body {
            EventBody::ToolInput(input) => Tool::Named(&input.tool_configuration_name),
            EventBody::ToolOutput(output) => Tool::Named(&output.tool_configuration_name),
            _ => Tool::None,
        }
    }

    fn size(&self) -> u64 {
        self.event.size() as u64
    }

    fn duration_ms(&self) -> Fact<Option<u64>> {
        Fact::Known(self.duration_ms)
    }

    fn at(&self) -> Option<Timestamp> {
        self.event.created_at
    }

    fn step(&self) -> Fact<Option<&str>> {
        Fact::Known(self.step)
    }

    fn sub_agent(&self) -> Fact<Option<&str>> {
        Fact::Known(match &*self.event.body {
            EventBody::ToolInput(input) => {
                let kind = input.tool_type.as_deref();
                kind.filter(|kind| kind.contains("sub_agent"))
                    .map(|_| input.tool_configuration_name.as_str())
            }
            _ => None,
        })
    }

    fn text(&self, reader: &mut Reader<'_>) -> Fact<()> {
        if let Some(id) = &self.event.id
            && reader(id.as_str()).is_break()
        {
            return Fact::Known(());
        }
        let mut strings = |texts: &[&str]| {
            let _ = texts.iter().try_for_each(|text| reader(text));
        };
        match &*self.event.body {
            EventBody::InputMessage(message) => strings(&[&message.to_text()]),
            EventBody::SkillLoad(skill) => strings(&[&skill.skill_name, &skill.content]),
            EventBody::ArtifactUpload(upload) => {
                let names = upload.artifacts.iter().map(|artifact| artifact.filename.as_str());
                strings(&names.chain(upload.agent_upload_message.as_deref()).collect::<Vec<_>>());
            }
            EventBody::ToolInput(input) => json(input.tool_input.iter(), reader),
            EventBody::ToolOutput(output) => json(output.tool_output.iter(), reader),
            EventBody::Thinking(thinking) => strings(&[thinking.content.as_deref().unwrap_or("")]),
            EventBody::AgentOutput(output) => strings(&[&output.content]),
            EventBody::StructuredOutput(output) => {
                json([(&output.schema_name, &output.content)].into_iter(), reader);
            }
            EventBody::ImageRead(image) => strings(&[image.artifact_id.as_str()]),
            EventBody::StepTransition(step) => {
                strings(&[&step.from_step, &step.to_step, step.content.as_deref().unwrap_or("")]);
            }
            EventBody::Compaction(compaction) => {
                strings(&[compaction.summary_text.as_deref().unwrap_or("")]);
            }
            EventBody::ContextLimitExceeded(limit) => strings(&[&limit.message]),
            EventBody::StepTransitionLimitExceeded(limit) => strings(&[&limit.message]),
            EventBody::Error(error) => {
                strings(&error.messages.iter().map(String::as_str).collect::<Vec<_>>());
            }
            EventBody::SessionInterrupted {} | EventBody::CompactionStarted {} => {}
            EventBody::ClientToolPending(_) | EventBody::Unknown | EventBody::Malformed(_) => {
                strings(&[self.event.raw().get()]);
            }
        }
        Fact::Known(())
    }
}

/// Keys and plain values as a person reads them, in their order. A stack instead of recursion: how
/// deep it is is for others to say.
fn json<'a>(
    members: impl DoubleEndedIterator<Item = (&'a String, &'a Value)>,
    reader: &mut Reader<'_>,
) {
    let mut open: Vec<(Option<&str>, &Value)> =
        members.rev().map(|(key, value)| (Some(key.as_str()), value)).collect();
    while let Some((key, value)) = open.pop() {
        if key.is_some_and(|key| reader(key).is_break()) {
            return;
        }
        let read = match value {
            Value::Object(object) => {
                let members = object.iter().rev();
                open.extend(members.map(|(key, value)| (Some(key.as_str()), value)));
                continue;
            }
            Value::Array(elements) => {
                open.extend(elements.iter().rev().map(|value| (None, value)));
                continue;
            }
            Value::String(text) => reader(text),
            plain => reader(&plain.to_string()),
        };
        if read.is_break() {
            return;
        }
    }
}
