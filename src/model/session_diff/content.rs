//! What of an event counts when two sessions are compared: what it is, and what it says. Ids, clocks and
//! what only streams are not part of it.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::hash::{DefaultHasher, Hash, Hasher as _};

use super::tree;
use crate::api::{ArtifactId, Event, EventBody};
use crate::model::event_words::{self, member};
use crate::text::json::{Index, Json, Name, NodeId};
use crate::text::units::{counted, size};

/// What two sessions have never in common.
const OWN: [&str; 7] =
    ["id", "session_key", "created_at", "type", "hidden", "hide_reason", "tool_call_id"];

/// An event by its content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    /// What it is: `call orders.lookup`. Only events of one sort are taken for each other.
    pub sort: String,
    pub failed: bool,
    pub said: Said,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    Text(String),
    /// Exactly as it was received.
    Json(String),
}

impl Said {
    /// The text as it was received.
    pub fn raw(&self) -> &str {
        match self {
            Self::Text(text) | Self::Json(text) => text,
        }
    }
}

/// Names of files by their ids, which differ from session to session.
pub(super) type FileNames = HashMap<ArtifactId, String>;

impl Content {
    /// `None` for what is a sign of a stream and no part of what happened.
    pub(super) fn of(event: &Event, files: &FileNames) -> Option<Self> {
        let kind = event_words::kind(event);
        let named = |name: &str| format!("{kind} {name}");
        let text = |sort: &str, text: String| (sort.to_owned(), Said::Text(text));
        let (sort, said) = match &*event.body {
            EventBody::ClientToolPending(_) | EventBody::CompactionStarted {} => return None,
            EventBody::StructuredOutput(output) => {
                (named(&output.schema_name), Said::Json(member(event, "content")))
            }
            EventBody::ToolInput(input) => {
                (named(&input.tool_configuration_name), Said::Json(member(event, "tool_input")))
            }
            EventBody::ToolOutput(output) => {
                (named(&output.tool_configuration_name), Said::Json(member(event, "tool_output")))
            }
            EventBody::SkillLoad(skill) => {
                (named(&skill.skill_name), Said::Text(skill.content.clone()))
            }
            EventBody::StepTransition(step) => {
                let said =
                    step.content.as_ref().map_or_else(String::new, |said| format!("\n{said}"));
                text(kind, format!("{} → {}{said}", step.from_step, step.to_step))
            }
            EventBody::ArtifactUpload(upload) => {
                let mut out = upload.agent_upload_message.clone().unwrap_or_default();
                for file in &upload.artifacts {
                    // Writing to a string cannot fail.
                    let _ = write!(
                        out,
                        "{}{} · {} · {}",
                        if out.is_empty() { "" } else { "\n" },
                        file.filename,
                        file.mime_type,
                        size(file.size_bytes)
                    );
                }
                text(kind, out)
            }
            EventBody::ImageRead(image) => {
                let name = files.get(&image.artifact_id).cloned();
                text(kind, name.unwrap_or_else(|| image.artifact_id.to_string()))
            }
            EventBody::Compaction(compaction) => {
                let count = usize::try_from(compaction.events_compacted).unwrap_or(usize::MAX);
                let summary = compaction.summary_text.as_deref().unwrap_or("not told");
                text(kind, format!("{} became a summary:\n{summary}", counted(count, "event")))
            }
            EventBody::Unknown | EventBody::Malformed(_) => {
                (kind.to_owned(), Said::Json(without_own(event.raw().get())))
            }
            _ => text(kind, event_words::text(event)),
        };
        Some(Self { sort, failed: event_words::outcome(event) == "ERR", said })
    }

    /// A number that two contents share if they are the same.
    pub(super) fn fingerprint(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        (&self.sort, self.failed).hash(&mut hasher);
        match &self.said {
            Said::Text(text) => text.hash(&mut hasher),
            Said::Json(json) => tree::fingerprint(json).hash(&mut hasher),
        }
        hasher.finish()
    }

    /// What it is, and how it came out where that is worth a word.
    pub fn title(&self) -> String {
        if self.failed { format!("{} ERR", self.sort) } else { self.sort.clone() }
    }

    /// What it says on lines, with a member of JSON on each.
    pub fn lines(&self) -> String {
        match &self.said {
            Said::Text(text) => text.clone(),
            Said::Json(json) => tree::spread(json),
        }
    }
}

/// An object without the members that are its session's own.
fn without_own(text: &str) -> String {
    let index = Index::of(text);
    let json = Json::new(text, &index);
    let mut out = String::new();
    for node in json.children(NodeId::ROOT) {
        let Name::Key(key) = json.name(node) else { return text.to_owned() };
        if !OWN.contains(&&*key) {
            let comma = if out.is_empty() { "{" } else { "," };
            let name = serde_json::to_string(&*key).unwrap_or_default();
            // Writing to a string cannot fail.
            let _ = write!(out, "{comma}{name}:{}", json.raw(node));
        }
    }
    if out.is_empty() { "{}".to_owned() } else { out + "}" }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(json: &str) -> Option<Content> {
        Content::of(&serde_json::from_str(json).unwrap(), &FileNames::default())
    }

    #[test]
    fn ids_and_clocks_are_no_part_of_it() {
        let call = |id: &str, at: &str, rest: &str| {
            of(&format!(
                r#"{{"id":"{id}","session_key":"{id}","created_at":"{at}","type":"tool_input",
                "tool_call_id":"{id}","tool_name":"t","tool_configuration_name":"t",{rest}}}"#
            ))
            .unwrap()
        };
        let one = call("a", "2026-01-01T00:00:00Z", r#""tool_input":{"a":1,"b":2}"#);
        let other = call("b", "2026-02-01T00:00:00Z", r#""tool_input": {"b": 2, "a": 1}"#);
        assert_eq!(one.fingerprint(), other.fingerprint());
        let changed = call("b", "2026-02-01T00:00:00Z", r#""tool_input":{"b":2,"a":"1"}"#);
        assert_ne!(one.fingerprint(), changed.fingerprint());
        assert_eq!((one.title(), one.sort), ("call t".to_owned(), changed.sort));
        let odd = |id: &str| of(&format!(r#"{{"type":"new_thing","id":"{id}","x":[1]}}"#)).unwrap();
        assert_eq!(odd("a"), odd("b"));
        assert_eq!(odd("a").said, Said::Json(r#"{"x":[1]}"#.to_owned()));
    }

    #[test]
    fn what_only_streams_is_left_out_and_failures_say_so() {
        assert_eq!(of(r#"{"type":"compaction_started"}"#), None);
        assert_eq!(of(r#"{"type":"client_tool_pending","pending_calls":[]}"#), None);
        let output = |error: bool| {
            of(&format!(
                r#"{{"type":"tool_output","tool_call_id":"c","tool_name":"t","error":{error},
                "tool_configuration_name":"t","tool_output":{{}}}}"#
            ))
            .unwrap()
        };
        assert_eq!(
            (output(true).title(), output(false).title()),
            ("output t ERR".into(), "output t".into())
        );
        assert_eq!(output(true).sort, output(false).sort);
        assert_ne!(output(true).fingerprint(), output(false).fingerprint());
    }
}
