//! One thing that happened: an event, or the input and the output of a tool joined.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use crate::api::event::{ToolInput, ToolOutput};
use crate::api::{Event, EventBody, EventId, Timestamp, ToolCallId};

use super::visibility::{self, Visibility};
use super::{Entry, Situation};

/// Name of a unit: the id of its first event, or one of ours for what the service does not store.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UnitId(pub Arc<str>);

impl From<&EventId> for UnitId {
    fn from(id: &EventId) -> Self {
        Self(Arc::from(id.as_str()))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    You,
    Agent,
    Think,
    Tool,
    SubAgent,
    Step,
    Image,
    Skill,
    Upload,
    Structured,
    Compaction,
    Error,
    Limit,
    Interrupted,
    Note,
    Unknown,
}

impl Kind {
    pub fn word(self) -> &'static str {
        match self {
            Self::You => "you",
            Self::Agent => "agent",
            Self::Think => "think",
            Self::Tool => "tool",
            Self::SubAgent => "sub",
            Self::Step => "step",
            Self::Image => "image",
            Self::Skill => "skill",
            Self::Upload => "file",
            Self::Structured => "data",
            Self::Compaction => "cmp",
            Self::Error => "error",
            Self::Limit => "limit",
            Self::Interrupted => "stop",
            Self::Note => "note",
            Self::Unknown => "?",
        }
    }
}

/// How a tool call stands; `None` for everything that is no tool call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum State {
    #[default]
    None,
    Running,
    Ok,
    Failed,
    YourTurn,
    Cancelled,
}

impl State {
    pub fn word(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Running => "running",
            Self::Ok => "ok",
            Self::Failed => "ERR",
            Self::YourTurn => "YOUR TURN",
            Self::Cancelled => "cancelled",
        }
    }
}

/// Something a tool reported while it ran, a sub-agent's event included.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ActivityLine {
    pub kind: String,
    pub text: String,
}

#[derive(Debug, Clone)]
pub struct Unit {
    pub id: UnitId,
    /// Changes whenever anything that is drawn changes, and only then.
    pub version: u64,
    pub kind: Kind,
    pub at: Option<Timestamp>,
    /// Milliseconds since the unit before.
    pub gap: Option<u64>,
    pub state: State,
    pub visibility: Visibility,
    /// The compaction that stands for it.
    pub covered_by: Option<UnitId>,
    /// A hide (`true`) or unhide was sent and is not confirmed yet.
    pub hiding: Option<bool>,
    pub duration: Option<u64>,
    pub size: u64,
    /// False for rows that a listing will never show again.
    pub stored: bool,
    /// Text that is still streaming in.
    pub live_text: Option<String>,
    /// The stream ended in the middle of that text.
    pub unfinished: bool,
    pub activity: Vec<ActivityLine>,
    /// The first one since the session was last looked at.
    pub first_new: bool,
    /// The first event; a live text has none.
    pub event: Option<Arc<Event>>,
    pub output: Option<Arc<Event>>,
}

impl Unit {
    /// Ids of the stored events that it is made of.
    pub fn event_ids(&self) -> Vec<EventId> {
        if !self.stored {
            return Vec::new();
        }
        let events = self.event.iter().chain(&self.output);
        events.filter_map(|event| event.id.clone()).collect()
    }

    pub fn tool_input(&self) -> Option<&ToolInput> {
        match &self.event.as_ref()?.body {
            EventBody::ToolInput(input) => Some(input),
            _ => None,
        }
    }

    pub fn tool_output(&self) -> Option<&ToolOutput> {
        let found = |event: &'_ Arc<Event>| matches!(event.body, EventBody::ToolOutput(_));
        let event = self.output.as_ref().or(self.event.as_ref()).filter(|event| found(event))?;
        match &event.body {
            EventBody::ToolOutput(output) => Some(output),
            _ => None,
        }
    }

    pub fn is_error(&self) -> bool {
        self.state == State::Failed || matches!(self.kind, Kind::Error | Kind::Limit)
    }

    /// A rough guess, for "about 18k tokens freed": four bytes of JSON per token.
    pub fn estimated_tokens(&self) -> u64 {
        self.size / 4
    }

    pub(super) fn seal(&mut self, revision: u64) {
        let mut hash = DefaultHasher::new();
        (revision, self.state, self.visibility, self.hiding, self.stored, self.size)
            .hash(&mut hash);
        (self.gap, self.duration, self.kind, &self.activity, &self.live_text).hash(&mut hash);
        self.version = hash.finish();
    }
}

fn kind(event: &Event) -> Kind {
    match &event.body {
        EventBody::InputMessage(_) => Kind::You,
        EventBody::SkillLoad(_) => Kind::Skill,
        EventBody::ArtifactUpload(_) => Kind::Upload,
        EventBody::ToolInput(input) => match input.tool_type.as_deref() {
            Some(kind) if kind.contains("sub_agent") => Kind::SubAgent,
            _ => Kind::Tool,
        },
        EventBody::ToolOutput(_) => Kind::Tool,
        EventBody::Thinking(_) => Kind::Think,
        EventBody::AgentOutput(_) => Kind::Agent,
        EventBody::StructuredOutput(_) => Kind::Structured,
        EventBody::ImageRead(_) => Kind::Image,
        EventBody::StepTransition(_) => Kind::Step,
        EventBody::Compaction(_) => Kind::Compaction,
        EventBody::SessionInterrupted {} => Kind::Interrupted,
        EventBody::ContextLimitExceeded(_) | EventBody::StepTransitionLimitExceeded(_) => {
            Kind::Limit
        }
        EventBody::Error(_) => Kind::Error,
        EventBody::ClientToolPending(_) | EventBody::CompactionStarted {} => Kind::Note,
        EventBody::Unknown | EventBody::Malformed(_) => Kind::Unknown,
    }
}

fn milliseconds(from: Option<Timestamp>, to: Option<Timestamp>) -> Option<u64> {
    u64::try_from(to?.as_millisecond() - from?.as_millisecond()).ok()
}

/// Joins entries to units in the order of their first events, and counts events by visibility.
pub(super) fn join(entries: &[Entry], situation: &Situation) -> (Vec<Unit>, visibility::Counts) {
    let seen = visibility::of(entries);
    let mut counts = visibility::Counts::default();
    for (entry, (seen, _)) in entries.iter().zip(&seen) {
        match seen {
            _ if !entry.stored => {}
            Visibility::InContext => counts.in_context += 1,
            Visibility::Compacted => counts.compacted += 1,
            Visibility::Hidden => counts.hidden += 1,
        }
    }
    // An output is found by its call id, wherever it lies. Providers may re-use ids, so each input
    // takes the first output that comes after it and is not taken.
    let mut outputs: HashMap<&ToolCallId, Vec<usize>> = HashMap::new();
    let mut inputs: HashMap<&ToolCallId, usize> = HashMap::new();
    for (at, entry) in entries.iter().enumerate().rev() {
        match &entry.event.body {
            EventBody::ToolOutput(output) => {
                outputs.entry(&output.tool_call_id).or_default().push(at);
            }
            EventBody::ToolInput(input) => *inputs.entry(&input.tool_call_id).or_default() += 1,
            _ => {}
        }
    }
    let mut output_of: HashMap<usize, usize> = HashMap::new();
    let mut taken = vec![false; entries.len()];
    for (at, entry) in entries.iter().enumerate() {
        let EventBody::ToolInput(input) = &entry.event.body else {
            continue;
        };
        let Some(found) = outputs.get_mut(&input.tool_call_id) else {
            continue;
        };
        let only = inputs.get(&input.tool_call_id) == Some(&1);
        let place = found
            .iter()
            .rposition(|output| *output > at)
            .or((only && !found.is_empty()).then_some(0));
        if let Some(place) = place {
            let output = found.remove(place);
            taken[output] = true;
            output_of.insert(at, output);
        }
    }
    let mut units = Vec::with_capacity(entries.len());
    let mut before = None;
    for (at, taken) in taken.into_iter().enumerate() {
        if taken {
            continue;
        }
        let output = output_of.get(&at).copied();
        let unit = make(entries, at, output, &seen, situation, before);
        before = unit.at.or(before);
        units.push(unit);
    }
    (units, counts)
}

fn make(
    entries: &[Entry],
    at: usize,
    output: Option<usize>,
    seen: &[(Visibility, Option<usize>)],
    situation: &Situation,
    before: Option<Timestamp>,
) -> Unit {
    let entry = &entries[at];
    let event = &entry.event;
    let output_entry = output.map(|at| &entries[at]);
    let output_event = output_entry.map(|entry| Arc::clone(&entry.event));
    // Half hidden is shown as hidden: the agent no longer sees the whole.
    let place = output.filter(|_| seen[at].0 == Visibility::InContext).unwrap_or(at);
    let (visibility, cover) = seen[place];
    let activity = match &event.body {
        EventBody::ToolInput(input) => situation.activity.get(&input.tool_call_id).cloned(),
        _ => None,
    };
    let size = output_event.as_ref().map_or(event.size(), |output| output.size());
    let state = state(event, output_event.as_deref(), situation);
    let relays = activity.iter().flatten().any(|line| line.kind != "tool");
    let mut unit = Unit {
        id: entry.id.clone(),
        version: 0,
        kind: if relays { Kind::SubAgent } else { kind(event) },
        at: event.created_at,
        gap: milliseconds(before, event.created_at),
        state,
        visibility,
        covered_by: cover.map(|cover| entries[cover].id.clone()),
        hiding: entry.hiding,
        duration: output_event.as_ref().and_then(|o| milliseconds(event.created_at, o.created_at)),
        size: size as u64,
        stored: entry.stored,
        live_text: None,
        unfinished: false,
        activity: activity.unwrap_or_default(),
        first_new: false,
        event: Some(Arc::clone(event)),
        output: output_event,
    };
    let revision = u64::from(entry.revision) << 32;
    unit.seal(revision | output_entry.map_or(0, |entry| u64::from(entry.revision) + 1));
    unit
}

fn state(event: &Event, output: Option<&Event>, situation: &Situation) -> State {
    match (&event.body, output.map(|output| &output.body)) {
        (EventBody::ToolInput(_), Some(EventBody::ToolOutput(output)))
        | (EventBody::ToolOutput(output), _) => {
            if output.error {
                State::Failed
            } else {
                State::Ok
            }
        }
        (EventBody::ToolInput(_), _) => {
            if event.id.as_ref().is_some_and(|id| situation.outstanding.contains(id)) {
                State::YourTurn
            } else if situation.running {
                State::Running
            } else {
                State::Cancelled
            }
        }
        _ => State::None,
    }
}
