//! One event in a line of words, for tables and logs.

use crate::api::{Event, EventBody};
use crate::text::json::{Index, Json, NodeId};
use crate::text::{sanitize, units};

/// Longest subject; what is beyond is one `--json` away.
const SUBJECT_CHARS: usize = 200;

/// What happened, as the timeline's kind column says it.
pub fn kind(event: &Event) -> &str {
    match &*event.body {
        EventBody::InputMessage(_) => "you",
        EventBody::AgentOutput(_) | EventBody::StructuredOutput(_) => "agent",
        EventBody::ToolInput(_) => "call",
        EventBody::ToolOutput(_) => "output",
        EventBody::Thinking(_) => "think",
        EventBody::StepTransition(_) => "step",
        EventBody::Compaction(_) => "compact",
        EventBody::ArtifactUpload(_) => "upload",
        EventBody::ImageRead(_) => "image",
        EventBody::SkillLoad(_) => "skill",
        EventBody::Error(_) => "error",
        _ => &event.kind,
    }
}

/// What it is about, in full; may hold line breaks.
pub fn text(event: &Event) -> String {
    match &*event.body {
        EventBody::InputMessage(message) => message.to_text(),
        EventBody::AgentOutput(output) => output.content.clone(),
        EventBody::StructuredOutput(output) => {
            format!("{} {}", output.schema_name, member(event, "content"))
        }
        EventBody::ToolInput(input) => {
            format!("{} {}", input.tool_configuration_name, member(event, "tool_input"))
        }
        EventBody::ToolOutput(output) => {
            format!("{} {}", output.tool_configuration_name, member(event, "tool_output"))
        }
        EventBody::Thinking(thinking) => thinking.content.clone().unwrap_or_default(),
        EventBody::StepTransition(step) => format!("{} → {}", step.from_step, step.to_step),
        EventBody::Compaction(compaction) => format!(
            "{} became a summary: {}",
            units::counted(usize::try_from(compaction.events_compacted).unwrap_or(0), "event"),
            compaction.summary_text.as_deref().unwrap_or("not told")
        ),
        EventBody::ArtifactUpload(upload) => {
            let names = upload.artifacts.iter().map(|artifact| artifact.filename.clone());
            names.collect::<Vec<_>>().join(", ")
        }
        EventBody::ImageRead(image) => image.artifact_id.to_string(),
        EventBody::SkillLoad(skill) => skill.skill_name.clone(),
        EventBody::Error(error) => error.messages.join("; "),
        EventBody::ContextLimitExceeded(limit) => limit.message.clone(),
        EventBody::StepTransitionLimitExceeded(limit) => limit.message.clone(),
        EventBody::Malformed(why) => format!("cannot be read: {why} {}", event.raw().get()),
        EventBody::Unknown => event.raw().get().to_owned(),
        _ => String::new(),
    }
}

/// A member of an event exactly as it was received; nothing where it has none of that name.
pub fn member(event: &Event, name: &str) -> String {
    let text = event.raw().get();
    let index = Index::of(text);
    let json = Json::new(text, &index);
    let found = json.members(NodeId::ROOT, name).next();
    found.map_or_else(String::new, |node| json.raw(node).to_owned())
}

pub fn subject(event: &Event) -> String {
    sanitize::preview(&text(event), SUBJECT_CHARS)
}

/// How it came out, where it can come out in two ways.
pub fn outcome(event: &Event) -> &'static str {
    match &*event.body {
        EventBody::ToolOutput(output) if output.error => "ERR",
        EventBody::ToolOutput(_) => "ok",
        EventBody::Error(_) => "ERR",
        _ => "",
    }
}
