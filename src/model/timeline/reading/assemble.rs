//! Puts a unit together when it comes into view; nothing of it is kept.

use std::sync::Arc;

use super::{Reading, Store};
use crate::api::{Event, EventBody, EventKind, Timestamp};
use crate::model::timeline::Visibility;
use crate::model::timeline::store::Record;
use crate::model::timeline::unit::{Above, Before, Kind, State, Unit, UnitId, Who};

/// Rows looked back for the time of the one before.
const LOOK_BACK: usize = 64;

impl Reading {
    /// The unit that begins at this row.
    pub(crate) fn make_unit(&self, store: &Store, row: usize) -> Option<Unit> {
        let Some(record) = store.record(row) else {
            return Some(store.live().get(row.checked_sub(store.event_count())?)?.unit());
        };
        if store.is_filed() {
            return self.unit_of_file(store, row, record, false);
        }
        let id = store.id_of(row)?;
        let event = store.event_at(row)?;
        let output_row = self.past.partner(store, row);
        let output = output_row.and_then(|at| store.event_at(at));
        let activity = match &*event.body {
            EventBody::ToolInput(input) => store.activity(&input.tool_call_id),
            _ => None,
        };
        // What was reported has no time; it belongs to the whole call.
        let activity = activity.filter(|_| !self.past.still_ran(store, row));
        let relays = activity.into_iter().flatten().any(|line| line.kind != "tool");
        let seen = self.past.place_seen(store, row);
        let mut unit = Unit {
            version: 0,
            kind: if relays { Kind::SubAgent } else { kind(event, record) },
            at: event.created_at,
            gap: milliseconds(time_before(store, row), event.created_at),
            state: self.state(store, row, event, output),
            visibility: self.past.visibility(store, seen),
            hiding: store.hiding(row),
            duration: output.and_then(|output| milliseconds(event.created_at, output.created_at)),
            size: output.unwrap_or(event).size() as u64,
            stored: record.stored(),
            live_text: None,
            unfinished: false,
            fate: None,
            // Who answered is told by the output.
            who: store.who(output_row.unwrap_or(row)),
            hidden_by: store.who_hid(row),
            activity: activity.cloned().unwrap_or_default(),
            clipped: false,
            problem: None,
            above: self.read_marker.is_first_new(&id).then_some(Above::LastLook),
            before: Before::Unknown,
            chat: self.chat_part(store, row),
            note: self.note(&id).cloned(),
            folded_behind: self.folded_behind(store, row),
            event: Some(Arc::clone(event)),
            output: output.cloned(),
            id,
        };
        let revision = u64::from(store.revision(row)) << 32;
        unit.seal(revision | output_row.map_or(0, |row| u64::from(store.revision(row)) + 1));
        Some(unit)
    }

    pub(crate) fn whole_unit(&self, store: &Store, id: &UnitId) -> Option<Unit> {
        let row = store.row_of(id)?;
        if store.is_filed() {
            return self.unit_of_file(store, row, store.record(row)?, true);
        }
        self.make_unit(store, row)
    }

    pub(crate) fn unit(&self, store: &Store, id: &UnitId) -> Option<Unit> {
        self.make_unit(store, store.row_of(id)?)
    }

    pub(crate) fn units(&self, store: &Store) -> impl DoubleEndedIterator<Item = Unit> {
        let joined = |row: &usize| store.record(*row).is_some_and(Record::joined);
        let rows = (0..store.row_count()).filter(move |row| !joined(row));
        rows.filter_map(|row| self.make_unit(store, row))
    }

    fn unit_of_file(&self, store: &Store, row: usize, record: Record, whole: bool) -> Option<Unit> {
        let first = store.read(row, whole)?;
        let second = self.past.partner(store, row).and_then(|row| store.read(row, whole));
        let event = first.event;
        let seen = self.past.place_seen(store, row);
        let output = second.as_ref().map(|read| Arc::clone(&read.event));
        let id = store.id_of(row)?;
        let mut unit = Unit {
            version: 0,
            kind: kind(&event, record),
            at: event.created_at,
            gap: milliseconds(time_before(store, row), event.created_at),
            state: self.state(store, row, &event, output.as_ref()),
            visibility: match self.past.visibility(store, seen) {
                Visibility::InContext if !store.tells_context() => Visibility::Unknown,
                visibility => visibility,
            },
            hiding: None,
            duration: output.as_ref().and_then(|o| milliseconds(event.created_at, o.created_at)),
            size: second.as_ref().map_or(first.size, |read| read.size),
            stored: true,
            live_text: None,
            unfinished: false,
            fate: None,
            who: store.who(row),
            hidden_by: Who::Unknown,
            activity: Vec::new(),
            clipped: first.clipped || second.is_some_and(|read| read.clipped),
            problem: first.problem,
            above: store.is_behind_gap(row).then_some(Above::Unread),
            before: Before::Unknown,
            chat: self.chat_part(store, row),
            note: self.note(&id).cloned(),
            folded_behind: self.folded_behind(store, row),
            event: Some(event),
            output,
            id,
        };
        unit.seal(0);
        Some(unit)
    }

    fn state(
        &self,
        store: &Store,
        row: usize,
        event: &Event,
        output: Option<&Arc<Event>>,
    ) -> State {
        match (&*event.body, output.map(|output| &*output.body)) {
            (EventBody::ToolInput(_), Some(EventBody::ToolOutput(output)))
            | (EventBody::ToolOutput(output), _) => {
                if output.error {
                    State::Failed
                } else {
                    State::Ok
                }
            }
            (EventBody::ToolInput(_), _) if self.past.still_ran(store, row) => State::Running,
            (EventBody::ToolInput(_), _) if store.is_pending_row(row) => State::YourTurn,
            (EventBody::ToolInput(_), _) if store.is_running() => State::Running,
            (EventBody::ToolInput(_), _) if store.is_filed() || !store.is_told_what_waits() => {
                State::Unanswered
            }
            (EventBody::ToolInput(_), _) => State::Cancelled,
            _ => State::None,
        }
    }
}

fn time_before(store: &Store, row: usize) -> Option<Timestamp> {
    let rows = (0..row).rev().take(LOOK_BACK);
    let mut rows = rows.filter(|row| !store.records()[*row].joined());
    rows.find_map(|row| store.time_of(row))
}

fn kind(event: &Event, record: Record) -> Kind {
    if matches!(&*event.body, EventBody::Malformed(_)) {
        return Kind::Unknown;
    }
    match record.kind() {
        EventKind::InputMessage => Kind::You,
        EventKind::SkillLoad => Kind::Skill,
        EventKind::ArtifactUpload => Kind::Upload,
        EventKind::ToolInput if record.sub_agent() => Kind::SubAgent,
        EventKind::ToolInput | EventKind::ToolOutput => Kind::Tool,
        EventKind::Thinking => Kind::Think,
        EventKind::AgentOutput => Kind::Agent,
        EventKind::StructuredOutput => Kind::Structured,
        EventKind::ImageRead => Kind::Image,
        EventKind::StepTransition => Kind::Step,
        EventKind::Compaction => Kind::Compaction,
        EventKind::SessionInterrupted => Kind::Interrupted,
        EventKind::ContextLimitExceeded | EventKind::StepTransitionLimitExceeded => Kind::Limit,
        EventKind::Error => Kind::Error,
        EventKind::ClientToolPending | EventKind::CompactionStarted => Kind::Note,
        EventKind::Unknown => Kind::Unknown,
    }
}

fn milliseconds(from: Option<Timestamp>, to: Option<Timestamp>) -> Option<u64> {
    u64::try_from(to?.as_millisecond() - from?.as_millisecond()).ok()
}
