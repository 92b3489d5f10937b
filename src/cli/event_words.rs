//! One event in a line of words, for tables and logs.

use serde_json::Value;

use crate::api::{Event, EventBody};
use crate::text::{sanitize, units};

/// Longest subject; what is beyond is one `--json` away.
const SUBJECT_CHARS: usize = 200;

/// What happened, as the timeline's kind column says it.
pub(super) fn kind(event: &Event) -> &str {
    match &event.body {
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
pub(super) fn text(event: &Event) -> String {
    match &event.body {
        EventBody::InputMessage(message) => message.to_text(),
        EventBody::AgentOutput(output) => output.content.clone(),
        EventBody::StructuredOutput(output) => {
            format!("{} {}", output.schema_name, output.content)
        }
        EventBody::ToolInput(input) => {
            let arguments = Value::Object(input.tool_input.clone());
            format!("{} {arguments}", input.tool_configuration_name)
        }
        EventBody::ToolOutput(output) => {
            let value = Value::Object(output.tool_output.clone());
            format!("{} {value}", output.tool_configuration_name)
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
        _ => String::new(),
    }
}

pub(super) fn subject(event: &Event) -> String {
    sanitize::preview(&text(event), SUBJECT_CHARS)
}

/// How it came out, where it can come out in two ways.
pub(super) fn outcome(event: &Event) -> &'static str {
    match &event.body {
        EventBody::ToolOutput(output) if output.error => "ERR",
        EventBody::ToolOutput(_) => "ok",
        EventBody::Error(_) => "ERR",
        _ => "",
    }
}
