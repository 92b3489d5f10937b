//! Taking over frames of a stream that we opened ourselves.

use std::fmt::Write as _;
use std::sync::Arc;

use serde_json::Value;

use crate::api::frame::{Activity, StreamOnly, TextChunk, ToolActivity};
use crate::api::{Event, EventBody, EventId, Frame, SessionKey, Timestamp};
use crate::text::sanitize;

use super::unit::{ActivityLine, Kind, State, Unit, UnitId};
use super::visibility::Visibility;
use super::{Entry, Timeline};

/// Listings of a resting session without a frame between them, after which its stream is given up;
/// a status may be a moment older than the turn.
const SILENCES: u32 = 4;
/// Lines kept per tool; an agent below may report for hours.
const ACTIVITY_KEPT: usize = 200;

/// Text that arrives in chunks, until the stored event takes its place.
#[derive(Debug, Clone)]
pub(super) struct LiveText {
    pub(super) id: UnitId,
    pub(super) kind: Kind,
    pub(super) at: Option<Timestamp>,
    pub(super) text: String,
    ended: bool,
    /// The stream ended before the text did.
    unfinished: bool,
    stored_as: Option<EventId>,
}

/// The stream that we opened, as far as texts and its health depend on it.
#[derive(Debug, Clone, Default)]
pub(super) struct Feed {
    pub(super) open: bool,
    /// Kinds of text whose stored event was listed while their chunks were still coming; those
    /// are not shown a second time.
    absorbing: Vec<Kind>,
    /// Stored texts that were listed before the first of their chunks came.
    ahead: Vec<(Kind, EventId)>,
    /// Frames so far.
    heard: u64,
    /// A listing has brought something since the last frame.
    overtaken: bool,
    /// What had been heard at the last listing of the resting session.
    heard_at_rest: Option<u64>,
    /// Such listings in a row with nothing heard between them.
    silences: u32,
    dead: bool,
}

impl LiveText {
    pub(super) fn unit(&self) -> Unit {
        let mut unit = Unit {
            id: self.id.clone(),
            version: 0,
            kind: self.kind,
            at: self.at,
            gap: None,
            state: State::None,
            visibility: Visibility::InContext,
            hiding: None,
            duration: None,
            size: self.text.len() as u64,
            stored: false,
            live_text: Some(self.text.clone()),
            unfinished: self.unfinished,
            activity: Vec::new(),
            clipped: false,
            problem: None,
            above: None,
            note: None,
            folded_behind: None,
            event: None,
            output: None,
        };
        unit.seal(u64::from(self.ended) | u64::from(self.unfinished) << 1);
        unit
    }
}

impl Timeline {
    /// Says that a stream of ours begins; until [`Frame::Only`] `End` or [`Self::close_stream`].
    pub fn open_stream(&mut self) {
        self.feed = Feed { open: true, ..Feed::default() };
    }

    /// The stream is over, well or not. Its texts stay until a listing brings their stored events
    /// or shows the session at rest; one that had not ended is marked as unfinished.
    pub fn close_stream(&mut self) {
        self.feed = Feed::default();
        for live in &mut self.live {
            live.unfinished |= !live.ended;
            live.ended = true;
        }
    }

    /// Whether the open stream seems dead without having said so: the session rests, and nothing
    /// is heard from one listing to the next, the sooner if listings ran ahead of it.
    pub fn stream_is_dead(&self) -> bool {
        self.feed.dead
    }

    /// Whether even a listing that brings nothing new tells something: that a stream is overtaken,
    /// or that an unfinished text will not become an event any more.
    pub fn awaits_listing(&self) -> bool {
        self.feed.open || !self.live.is_empty()
    }

    /// Draws conclusions from a whole listing; `fresh` are the events that only it has brought.
    pub(super) fn compare_with_stream(&mut self, fresh: &[Event], reaches_end: bool) {
        self.drop_stored_live_texts();
        for event in fresh {
            let (kind, content) = match &event.body {
                EventBody::AgentOutput(output) => (Kind::Agent, Some(output.content.as_str())),
                EventBody::Thinking(thinking) => (Kind::Think, thinking.content.as_deref()),
                _ => continue,
            };
            let Some(id) = &event.id else { continue };
            if !self.claim_live(kind, id, content, event.created_at) && self.feed.open {
                self.feed.ahead.push((kind, id.clone()));
            }
        }
        self.feed.overtaken |= !fresh.is_empty();
        if !reaches_end || self.situation.running {
            (self.feed.heard_at_rest, self.feed.silences) = (None, 0);
            return;
        }
        if !self.feed.open {
            // A session at rest adds nothing more: its listing wins over what we put together.
            self.live.clear();
            return;
        }
        let heard = self.feed.heard;
        let silent = self.feed.heard_at_rest.replace(heard) == Some(heard);
        self.feed.silences = if silent { self.feed.silences + 1 } else { 0 };
        let enough = if self.feed.overtaken { 1 } else { SILENCES };
        self.feed.dead = self.feed.silences >= enough;
    }

    /// Gives the place of a text to the stored event that it became: the one that agrees with it,
    /// or, when its chunks have ended for good, the next one of its kind.
    fn claim_live(
        &mut self,
        kind: Kind,
        id: &EventId,
        content: Option<&str>,
        at: Option<Timestamp>,
    ) -> bool {
        let open = self.feed.open;
        let candidate = |live: &LiveText| live.kind == kind && live.stored_as.is_none();
        let agrees = |live: &LiveText| {
            candidate(live)
                && content.is_none_or(|whole| {
                    whole.starts_with(&live.text) || live.text.starts_with(whole)
                })
        };
        // A frame may have been lost in the middle of the text.
        let follows = |live: &LiveText| {
            candidate(live)
                && !open
                && live.at.zip(at).is_none_or(|(begun, stored)| begun <= stored)
        };
        let place = self.live.iter().position(agrees);
        let Some(place) = place.or_else(|| self.live.iter().position(follows)) else {
            return false;
        };
        let gone = self.live.remove(place);
        if open && !gone.ended {
            self.feed.absorbing.push(kind);
        }
        self.rename(&gone.id, &UnitId::from(id));
        true
    }

    /// Makes finished texts events, in their order, as soon as their ids are known. The text is
    /// whole; everything else about the event comes with the next listing.
    fn adopt_texts(&mut self, session: &SessionKey) {
        while let Some((id, live)) =
            self.live.first().and_then(|live| Some((live.stored_as.clone()?, live.clone())))
        {
            let mut json = serde_json::json!({"id": id, "session_key": session});
            if let Some(at) = live.at {
                json["created_at"] = at.to_string().into();
            }
            json["type"] = "agent_output".into();
            json["content"] = live.text.into();
            let Ok(event) = serde_json::from_str(&json.to_string()) else { return };
            self.live.remove(0);
            self.rename(&live.id, &UnitId::from(&id));
            self.upsert(event);
        }
    }

    /// Merges one frame of the stream of `session`.
    pub fn apply_frame(&mut self, session: &SessionKey, frame: Frame) {
        self.loaded = true;
        self.feed.heard += 1;
        self.feed.overtaken = false;
        match frame {
            Frame::Event(event) => self.apply_event(session, event),
            Frame::Only(only) => match only {
                StreamOnly::AgentText(chunk) => return self.add_text(Kind::Agent, &chunk),
                StreamOnly::Thinking(chunk) => return self.add_text(Kind::Think, &chunk),
                StreamOnly::AgentTextEnd { event_id, .. } => self.end_text(Kind::Agent, event_id),
                StreamOnly::ThinkingEnd { .. } => self.end_text(Kind::Think, None),
                StreamOnly::ContextConsumed { session_context_usage, .. } => {
                    self.usage = Some(session_context_usage);
                    return;
                }
                StreamOnly::ToolActivity(activity) => self.add_activity(activity),
                StreamOnly::Error { messages, .. } => {
                    let json = serde_json::json!({"type": "error", "messages": messages});
                    if let Ok(event) = serde_json::from_str(&json.to_string()) {
                        self.push_unstored(event);
                    }
                }
                StreamOnly::End {} => return self.close_stream(),
            },
        }
        self.adopt_texts(session);
        self.refresh();
    }

    fn apply_event(&mut self, session: &SessionKey, event: Event) {
        if event.session_key.as_ref().is_some_and(|key| key != session) {
            // A sub-agent's own event; its place is the activity of the tool that runs it.
            return;
        }
        match &event.body {
            // Holds arguments in clear; only the ids are of use here, the queue has the rest.
            EventBody::ClientToolPending(pending) => {
                let ids = pending.pending_calls.iter().map(|call| call.event_id.clone());
                self.situation.outstanding.extend(ids);
            }
            EventBody::CompactionStarted {}
            | EventBody::SessionInterrupted {}
            | EventBody::ContextLimitExceeded(_)
            | EventBody::StepTransitionLimitExceeded(_)
            | EventBody::Error(_) => self.push_unstored(event),
            _ if event.id.is_none() => self.push_unstored(event),
            body => {
                match body {
                    EventBody::Compaction(_) => self.drop_compaction_started(),
                    EventBody::AgentOutput(_) => self.replace_live(Kind::Agent, event.id.as_ref()),
                    EventBody::Thinking(_) => self.replace_live(Kind::Think, event.id.as_ref()),
                    _ => {}
                }
                self.upsert(event);
            }
        }
    }

    fn new_id(&mut self) -> UnitId {
        self.next_live += 1;
        UnitId::named(&format!("live:{}", self.next_live))
    }

    fn push_unstored(&mut self, event: Event) {
        let id = self.new_id();
        self.entries.push(Entry {
            hidden: false,
            stored: false,
            streamed: true,
            ..Entry::new(id, event)
        });
    }

    fn add_text(&mut self, kind: Kind, chunk: &TextChunk) {
        // The rest of a text whose beginning passed by while another session was shown.
        if !self.feed.open || self.feed.absorbing.contains(&kind) {
            return;
        }
        let open = self.live.iter().rposition(|live| live.kind == kind && !live.ended);
        if let Some(place) = open {
            // The one hot path: nothing else changes, so nothing else is looked at.
            return self.live[place].text.push_str(&chunk.content);
        }
        if let Some(place) = self.feed.ahead.iter().position(|(ahead, _)| *ahead == kind) {
            let (_, id) = self.feed.ahead.remove(place);
            let begins = |event: &Arc<Event>| match &event.body {
                EventBody::AgentOutput(output) => output.content.starts_with(&chunk.content),
                EventBody::Thinking(thinking) => {
                    thinking.content.as_deref().is_none_or(|text| text.starts_with(&chunk.content))
                }
                _ => false,
            };
            if self.event(&id).is_some_and(begins) {
                return self.feed.absorbing.push(kind);
            }
        }
        let id = self.new_id();
        let (at, text) = (chunk.created_at, chunk.content.clone());
        let (ended, unfinished) = (false, false);
        let was_empty = self.is_empty();
        self.live.push(LiveText { id, kind, at, text, ended, unfinished, stored_as: None });
        self.arrived(was_empty, usize::from(self.shows_live()));
    }

    fn end_text(&mut self, kind: Kind, stored_as: Option<EventId>) {
        if let Some(place) = self.feed.absorbing.iter().position(|absorbed| *absorbed == kind) {
            self.feed.absorbing.remove(place);
            return;
        }
        if let Some(live) = self.live.iter_mut().find(|live| live.kind == kind && !live.ended) {
            live.ended = true;
            live.stored_as = stored_as;
        }
        self.drop_stored_live_texts();
    }

    /// The stored event takes the place of the text that names it, or else of the oldest one.
    fn replace_live(&mut self, kind: Kind, id: Option<&EventId>) {
        self.feed.ahead.retain(|(_, ahead)| Some(ahead) != id);
        if id.is_some_and(|id| self.event(id).is_some()) {
            return;
        }
        let named = self.live.iter().position(|live| live.stored_as.as_ref() == id);
        let unnamed = |live: &LiveText| live.kind == kind && live.stored_as.is_none();
        let Some(place) = named.or_else(|| self.live.iter().position(unnamed)) else {
            return;
        };
        let gone = self.live.remove(place);
        if let Some(id) = id.map(UnitId::from) {
            self.rename(&gone.id, &id);
        }
    }

    fn drop_stored_live_texts(&mut self) {
        let stored = |live: &LiveText| {
            let id = live.stored_as.as_ref().filter(|id| self.event(id).is_some());
            id.map(|id| (live.id.clone(), UnitId::from(id)))
        };
        let renamed: Vec<(UnitId, UnitId)> = self.live.iter().filter_map(stored).collect();
        for (live, id) in renamed {
            self.live.retain(|text| text.id != live);
            self.rename(&live, &id);
        }
    }

    /// The reader's place and folds go over from the streamed text to its stored event.
    fn rename(&mut self, from: &UnitId, to: &UnitId) {
        if self.scroll.cursor.as_ref() == Some(from) {
            self.scroll.cursor = Some(to.clone());
        }
        if let Some((anchor, _)) = self.scroll.anchor.as_mut().filter(|(id, _)| id == from) {
            *anchor = to.clone();
        }
        if self.folds.units.remove(from) {
            self.folds.units.insert(to.clone());
        }
        self.taken_over += 1;
    }

    fn drop_compaction_started(&mut self) {
        let gone = |entry: &Entry| {
            !entry.stored && matches!(entry.event.body, EventBody::CompactionStarted {})
        };
        if let Some(first) = self.entries.iter().position(gone) {
            self.entries.retain(|entry| !gone(entry));
            self.changed_from = self.changed_from.min(first);
        }
    }

    fn add_activity(&mut self, activity: ToolActivity) {
        let line = match activity.activity {
            Activity::SubAgent { agent_event, .. } => relayed(&agent_event),
            Activity::Generic { activity_type, message, .. } => {
                let mut text = sanitize::preview(&message, 200);
                if text.is_empty() {
                    let _ = write!(text, "{}", sanitize::preview(&activity_type, 60));
                }
                ActivityLine { kind: "tool".to_owned(), text }
            }
        };
        let lines = self.situation.activity.entry(activity.tool_call_id).or_default();
        lines.push(line);
        if lines.len() > ACTIVITY_KEPT {
            lines.remove(0);
        }
    }
}

/// A sub-agent's event in one line; it is never an entry of this session.
fn relayed(event: &crate::api::Object) -> ActivityLine {
    let text_of = |key: &str| event.get(key).and_then(Value::as_str);
    let kind = text_of("type").unwrap_or("event");
    let text = ["tool_name", "content", "to_step", "filename"].into_iter().find_map(text_of);
    ActivityLine {
        kind: sanitize::preview(kind, 40).replace('_', " "),
        text: sanitize::preview(text.unwrap_or_default(), 200),
    }
}
