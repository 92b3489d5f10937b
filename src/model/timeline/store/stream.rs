//! Taking over frames of a stream that we opened ourselves.

use std::fmt::Write as _;
use std::sync::Arc;

use serde_json::Value;

use crate::api::frame::{Activity, StreamOnly, TextChunk, ToolActivity};
use crate::api::{Event, EventBody, EventId, Frame, SessionKey, Timestamp};
use crate::text::sanitize;

use super::merge::Listed;
use super::{Change, Entry, LiveText, Rows, Store, UnitId};
use crate::model::timeline::unit::{ActivityLine, Kind};

/// Listings of a resting session without a frame between them, after which its stream is given up;
/// a status may be a moment older than the turn.
const SILENCES: u32 = 4;
/// Lines kept per tool; an agent below may report for hours.
const ACTIVITY_KEPT: usize = 200;

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

impl Store {
    pub(crate) fn open_stream(&mut self) {
        self.feed = Feed { open: true, ..Feed::default() };
    }

    pub(crate) fn close_stream(&mut self) {
        self.feed = Feed::default();
        for live in self.live.iter_mut().filter(|live| live.message.is_none()) {
            live.unfinished |= !live.ended;
            live.ended = true;
        }
    }

    pub(crate) fn stream_is_dead(&self) -> bool {
        self.feed.dead
    }

    pub(crate) fn awaits_listing(&self) -> bool {
        self.feed.open || !self.live.is_empty()
    }

    /// Draws conclusions from a whole listing, once it is worked in. Units that have another name now
    /// come back.
    pub(crate) fn compare_with_stream(&mut self, listed: &Listed) -> Vec<(UnitId, UnitId)> {
        self.drop_stored_live_texts();
        self.claim_live_texts(&listed.fresh);
        self.judge_stream(listed);
        self.take_renamed()
    }

    fn claim_live_texts(&mut self, fresh: &[Event]) {
        for event in fresh {
            let (kind, content) = match &*event.body {
                EventBody::AgentOutput(output) => (Kind::Agent, Some(output.content.as_str())),
                EventBody::Thinking(thinking) => (Kind::Think, thinking.content.as_deref()),
                _ => continue,
            };
            let Some(id) = &event.id else { continue };
            if !self.claim_live(kind, id, content, event.created_at) && self.feed.open {
                self.feed.ahead.push((kind, id.clone()));
            }
        }
    }

    /// Tells from what was listed how the stream does.
    fn judge_stream(&mut self, listed: &Listed) {
        self.feed.overtaken |= !listed.fresh.is_empty();
        if !listed.reaches_end || self.situation.running {
            (self.feed.heard_at_rest, self.feed.silences) = (None, 0);
            return;
        }
        if !self.feed.open {
            // A session at rest adds nothing more: its listing wins over what we put together.
            self.live.retain(|live| live.message.is_some());
            self.doubt_messages();
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
        self.renamed.push((gone.id, UnitId::from(id)));
        true
    }

    /// Makes finished texts events, in their order, as soon as their ids are known. The text is
    /// whole; everything else about the event comes with the next listing.
    fn adopt_texts(&mut self, session: &SessionKey) {
        while let Some((id, live)) =
            self.live.first().and_then(|live| Some((live.stored_as.clone()?, live.clone())))
        {
            if live.cut {
                // Not whole: the next listing has it.
                return;
            }
            let mut json = serde_json::json!({"id": id, "session_key": session});
            if let Some(at) = live.at {
                json["created_at"] = at.to_string().into();
            }
            json["type"] = "agent_output".into();
            json["content"] = live.text.into();
            let Ok(event) = serde_json::from_str(&json.to_string()) else { return };
            self.live.remove(0);
            self.renamed.push((live.id, UnitId::from(&id)));
            self.upsert(event);
        }
    }

    pub(crate) fn apply_frame(&mut self, session: &SessionKey, frame: Frame) -> Change {
        self.loaded = true;
        let newest = self.newest_event().cloned();
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
                    return Change::default();
                }
                StreamOnly::ToolActivity(activity) => self.add_activity(activity),
                StreamOnly::Error { messages, .. } => {
                    // Where it was under way, that is what failed.
                    self.drop_compaction_started();
                    let json = serde_json::json!({"type": "error", "messages": messages});
                    if let Ok(event) = serde_json::from_str(&json.to_string()) {
                        self.push_unstored(event);
                    }
                }
                StreamOnly::End {} => {
                    self.close_stream();
                    return Change::default();
                }
            },
        }
        self.adopt_texts(session);
        self.claim_messages();
        self.note_others(newest.as_ref());
        self.join_interrupts();
        self.refresh()
    }

    fn apply_event(&mut self, session: &SessionKey, event: Event) {
        if event.session_key.as_ref().is_some_and(|key| key != session) {
            // A sub-agent's own event; its place is the activity of the tool that runs it.
            return;
        }
        match &*event.body {
            // Holds arguments in clear; only the ids are of use here, the queue has the rest.
            EventBody::ClientToolPending(pending) => {
                let ids = pending.pending_calls.iter().map(|call| call.event_id.clone());
                self.situation.outstanding.extend(ids);
            }
            EventBody::CompactionStarted {}
            | EventBody::SessionInterrupted {}
            | EventBody::ContextLimitExceeded(_)
            | EventBody::StepTransitionLimitExceeded(_) => self.push_unstored(event),
            EventBody::Error(_) => {
                self.drop_compaction_started();
                self.push_unstored(event);
            }
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

    pub(super) fn new_id(&mut self) -> UnitId {
        self.next_live += 1;
        UnitId::named(&format!("live:{}", self.next_live))
    }

    pub(super) fn push_unstored(&mut self, event: Event) {
        let id = self.new_id();
        self.entries.push(Entry {
            hidden: false,
            stored: false,
            streamed: true,
            ..Entry::new(id, event)
        });
    }

    fn add_text(&mut self, kind: Kind, chunk: &TextChunk) -> Change {
        // The rest of a text whose beginning passed by while another session was shown.
        if !self.feed.open || self.feed.absorbing.contains(&kind) {
            return Change::default();
        }
        let open = self.live.iter().rposition(|live| live.kind == kind && !live.ended);
        if let Some(place) = open {
            // The one hot path: nothing else changes, so nothing else is looked at.
            self.live[place].push(&chunk.content);
            return Change::default();
        }
        if let Some(place) = self.feed.ahead.iter().position(|(ahead, _)| *ahead == kind) {
            let (_, id) = self.feed.ahead.remove(place);
            let begins = |event: &Arc<Event>| match &*event.body {
                EventBody::AgentOutput(output) => output.content.starts_with(&chunk.content),
                EventBody::Thinking(thinking) => {
                    thinking.content.as_deref().is_none_or(|text| text.starts_with(&chunk.content))
                }
                _ => false,
            };
            if self.event(&id).is_some_and(begins) {
                self.feed.absorbing.push(kind);
                return Change::default();
            }
        }
        let id = self.new_id();
        let (at, text) = (chunk.created_at, chunk.content.clone());
        let (ended, unfinished, cut) = (false, false, false);
        let was_empty = self.is_empty();
        let (stored_as, message) = (None, None);
        let place = self.before_messages();
        let text = LiveText { id, kind, at, text, cut, ended, unfinished, stored_as, message };
        self.live.insert(place, text);
        Change { rows: Rows::TextBegan { was_empty, kind }, ..Change::default() }
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
            self.renamed.push((gone.id, id));
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
            self.renamed.push((live, id));
        }
    }

    fn drop_compaction_started(&mut self) {
        let gone = |entry: &Entry| {
            !entry.stored && matches!(&*entry.event.body, EventBody::CompactionStarted {})
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
