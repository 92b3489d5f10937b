//! What of an event decides how it joins, counts and sorts: a few bytes, and no word of its text.
//!
//! A session of a million events is held as glances; the events themselves are read when they
//! come into view. The invariant: a glance made from an event and one made from its bare line say
//! the same, as long as the content fits the type.

use std::hash::{BuildHasher as _, BuildHasherDefault, DefaultHasher};

use super::{Event, EventBody};

/// The `type` of an event, as small as it gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum EventKind {
    InputMessage,
    SkillLoad,
    ArtifactUpload,
    ToolInput,
    ToolOutput,
    Thinking,
    AgentOutput,
    StructuredOutput,
    ImageRead,
    StepTransition,
    Compaction,
    SessionInterrupted,
    ContextLimitExceeded,
    StepTransitionLimitExceeded,
    ClientToolPending,
    CompactionStarted,
    Error,
    /// A type that we do not know, or a line that is no event.
    Unknown,
}

impl EventKind {
    pub const ALL: [Self; 18] = [
        Self::InputMessage,
        Self::SkillLoad,
        Self::ArtifactUpload,
        Self::ToolInput,
        Self::ToolOutput,
        Self::Thinking,
        Self::AgentOutput,
        Self::StructuredOutput,
        Self::ImageRead,
        Self::StepTransition,
        Self::Compaction,
        Self::SessionInterrupted,
        Self::ContextLimitExceeded,
        Self::StepTransitionLimitExceeded,
        Self::ClientToolPending,
        Self::CompactionStarted,
        Self::Error,
        Self::Unknown,
    ];

    /// The `type` on the wire; `""` for one that we do not know.
    pub fn wire(self) -> &'static str {
        match self {
            Self::InputMessage => "input_message",
            Self::SkillLoad => "skill_load",
            Self::ArtifactUpload => "artifact_upload",
            Self::ToolInput => "tool_input",
            Self::ToolOutput => "tool_output",
            Self::Thinking => "thinking",
            Self::AgentOutput => "agent_output",
            Self::StructuredOutput => "structured_output",
            Self::ImageRead => "image_read",
            Self::StepTransition => "step_transition",
            Self::Compaction => "compaction",
            Self::SessionInterrupted => "session_interrupted",
            Self::ContextLimitExceeded => "context_limit_exceeded",
            Self::StepTransitionLimitExceeded => "step_transition_limit_exceeded",
            Self::ClientToolPending => "client_tool_pending",
            Self::CompactionStarted => "compaction_started",
            Self::Error => "error",
            Self::Unknown => "",
        }
    }

    pub fn from_wire(kind: &str) -> Self {
        let named = |known: &Self| known.wire() == kind && !kind.is_empty();
        Self::ALL.into_iter().find(named).unwrap_or(Self::Unknown)
    }
}

/// Why an event is hidden, as far as the service says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HideReason {
    Compaction,
    /// By a person or a program: `manual`, and every word that we do not know.
    Other,
    /// A file says that it is, and not why.
    Untold,
}

impl HideReason {
    /// What is left of a reason beside what a file says of the event's being hidden.
    pub fn marked(reason: Option<Self>, marked: Option<bool>) -> Option<Self> {
        match marked {
            Some(true) => reason.or(Some(Self::Untold)),
            Some(false) => None,
            None => reason,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Glance {
    pub kind: EventKind,
    /// `created_at` in milliseconds since 1970.
    pub at: Option<i64>,
    /// The tool of this `tool_output` failed.
    pub failed: bool,
    /// This `tool_input` runs a sub-agent.
    pub sub_agent: bool,
    pub hidden: Option<HideReason>,
    /// Something tells whether it is hidden.
    pub told: bool,
    /// [`fingerprint`] of the `tool_call_id`.
    pub call: Option<u64>,
    /// [`fingerprint`] of the `tool_configuration_name`.
    pub tool: Option<u64>,
    /// `events_compacted` of a compaction.
    pub compacted: u64,
}

impl Glance {
    /// All that there is to say of an event that says nothing.
    pub fn nothing() -> Self {
        Self {
            kind: EventKind::Unknown,
            at: None,
            failed: false,
            sub_agent: false,
            hidden: None,
            told: false,
            call: None,
            tool: None,
            compacted: 0,
        }
    }
}

impl From<&Event> for Glance {
    fn from(event: &Event) -> Self {
        let reason = event.hide_reason.as_deref().map(|reason| match reason {
            "compaction" => HideReason::Compaction,
            _ => HideReason::Other,
        });
        let mut glance = Self {
            kind: EventKind::from_wire(&event.kind),
            at: event.created_at.map(super::Timestamp::as_millisecond),
            hidden: HideReason::marked(reason, event.hidden),
            told: reason.is_some() || event.hidden.is_some(),
            ..Self::nothing()
        };
        match &*event.body {
            EventBody::ToolInput(input) => {
                glance.call = name(input.tool_call_id.as_str());
                glance.tool = name(&input.tool_configuration_name);
                glance.sub_agent =
                    input.tool_type.as_deref().is_some_and(|kind| kind.contains("sub_agent"));
            }
            EventBody::ToolOutput(output) => {
                glance.call = name(output.tool_call_id.as_str());
                glance.tool = name(&output.tool_configuration_name);
                glance.failed = output.error;
            }
            EventBody::Compaction(compaction) => glance.compacted = compaction.events_compacted,
            _ => {}
        }
        glance
    }
}

/// What has no name joins nothing.
fn name(name: &str) -> Option<u64> {
    (!name.is_empty()).then(|| fingerprint(name))
}

/// A number that stands for a name within one run. Two names share one with a chance of 1 in 2^64
/// per pair, and a session is not a place to search for such a pair: the hash is not secret.
pub fn fingerprint(name: &str) -> u64 {
    BuildHasherDefault::<DefaultHasher>::default().hash_one(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_with_a_view_has_a_kind() {
        for kind in EventKind::ALL {
            let event: Event =
                serde_json::from_str(&format!(r#"{{"type":"{}"}}"#, kind.wire())).unwrap();
            let viewed = !matches!(&*event.body, EventBody::Unknown);
            assert_eq!(viewed, kind != EventKind::Unknown, "{kind:?}");
            assert_eq!(EventKind::from_wire(kind.wire()), kind);
        }
    }

    #[test]
    fn a_glance_says_what_joins_and_counts() {
        let json = r#"{"id":"aev_1","type":"tool_output","created_at":"1970-01-01T00:00:01Z",
            "tool_call_id":"c","tool_configuration_name":"t","tool_name":"t","tool_output":{},
            "error":true,"hide_reason":"manual"}"#;
        let event: Event = serde_json::from_str(json).unwrap();
        let glance = Glance::from(&event);
        assert_eq!((glance.kind, glance.at), (EventKind::ToolOutput, Some(1_000)));
        assert_eq!(glance.call, Some(fingerprint("c")));
        assert!(glance.failed);
        assert_eq!(glance.hidden, Some(HideReason::Other));
    }
}
