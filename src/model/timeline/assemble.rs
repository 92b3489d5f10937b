//! Puts a unit together when it comes into view; nothing of it is kept.

use std::sync::Arc;

use crate::api::{Event, EventBody, EventKind, Timestamp};

use super::filed::Filed;
use super::record::Record;
use super::{Above, Kind, State, Timeline, Unit, UnitId};

/// Rows looked back for the time of the one before.
const LOOK_BACK: usize = 64;

impl Timeline {
    /// The unit that begins at this row.
    pub(super) fn make_unit(&self, row: usize) -> Option<Unit> {
        let Some(record) = self.records.get(row).copied() else {
            let live = self.live.get(row.checked_sub(self.records.len())?)?;
            return Some(live.unit());
        };
        if let Some(filed) = &self.filed {
            return self.unit_of_file(filed, row, record, false);
        }
        let entry = self.entries.get(row)?;
        let output_entry = self.partner_then(row).and_then(|at| self.entries.get(at));
        let (event, output) = (&entry.event, output_entry.map(|entry| &entry.event));
        let activity = match &event.body {
            EventBody::ToolInput(input) => self.situation.activity.get(&input.tool_call_id),
            _ => None,
        };
        // What was reported has no time; it belongs to the whole call.
        let activity = activity.filter(|_| !self.still_ran(row));
        let relays = activity.into_iter().flatten().any(|line| line.kind != "tool");
        let seen = self.place_seen(row);
        let mut unit = Unit {
            id: entry.id.clone(),
            version: 0,
            kind: if relays { Kind::SubAgent } else { kind(event, record) },
            at: event.created_at,
            gap: milliseconds(self.time_before(row), event.created_at),
            state: self.state(row, event, output),
            visibility: self.visibility_then(seen),
            hiding: entry.hiding,
            duration: output.and_then(|output| milliseconds(event.created_at, output.created_at)),
            size: output.unwrap_or(event).size() as u64,
            stored: entry.stored,
            live_text: None,
            unfinished: false,
            activity: activity.cloned().unwrap_or_default(),
            clipped: false,
            problem: None,
            above: self.looked.is_first_new(&entry.id).then_some(Above::LastLook),
            note: self.bookmarks.get(&entry.id).cloned(),
            folded_behind: self.folded_behind(row),
            event: Some(Arc::clone(event)),
            output: output.cloned(),
        };
        let revision = u64::from(entry.revision) << 32;
        unit.seal(revision | output_entry.map_or(0, |entry| u64::from(entry.revision) + 1));
        Some(unit)
    }

    /// The unit with all of its text, however long.
    pub fn whole_unit(&self, id: &UnitId) -> Option<Unit> {
        let row = self.row_of(id)?;
        match &self.filed {
            Some(filed) => self.unit_of_file(filed, row, *self.records.get(row)?, true),
            None => self.make_unit(row),
        }
    }

    fn unit_of_file(&self, filed: &Filed, row: usize, record: Record, whole: bool) -> Option<Unit> {
        let read = if whole { Filed::read_whole } else { Filed::read };
        let first = read(filed, &self.records, row)?;
        let second = self.partner_then(row).and_then(|row| read(filed, &self.records, row));
        let event = first.event;
        let seen = self.place_seen(row);
        let output = second.as_ref().map(|reading| Arc::clone(&reading.event));
        let id = self.id_of(row)?;
        let mut unit = Unit {
            id: id.clone(),
            version: 0,
            kind: kind(&event, record),
            at: event.created_at,
            gap: milliseconds(self.time_before(row), event.created_at),
            state: self.state(row, &event, output.as_ref()),
            visibility: self.visibility_then(seen),
            hiding: None,
            duration: output.as_ref().and_then(|o| milliseconds(event.created_at, o.created_at)),
            size: second.as_ref().map_or(first.size, |reading| reading.size),
            stored: true,
            live_text: None,
            unfinished: false,
            activity: Vec::new(),
            clipped: first.clipped || second.is_some_and(|reading| reading.clipped),
            problem: first.problem,
            above: self.is_behind_gap(row).then_some(Above::Unread),
            note: self.bookmarks.get(&id).cloned(),
            folded_behind: self.folded_behind(row),
            event: Some(event),
            output,
        };
        unit.seal(0);
        Some(unit)
    }

    fn time_before(&self, row: usize) -> Option<Timestamp> {
        let rows = self.records[..row].iter().enumerate().rev().take(LOOK_BACK);
        let mut times = rows.filter(|(_, record)| !record.joined());
        if self.filed.is_some() {
            let at = times.find_map(|(_, record)| record.at(self.derived.since?))?;
            return Timestamp::from_millisecond(at).ok();
        }
        times.find_map(|(row, _)| self.entries.get(row)?.event.created_at)
    }

    fn state(&self, row: usize, event: &Event, output: Option<&Arc<Event>>) -> State {
        match (&event.body, output.map(|output| &output.body)) {
            (EventBody::ToolInput(_), Some(EventBody::ToolOutput(output)))
            | (EventBody::ToolOutput(output), _) => {
                if output.error {
                    State::Failed
                } else {
                    State::Ok
                }
            }
            (EventBody::ToolInput(_), _) if self.still_ran(row) => State::Running,
            (EventBody::ToolInput(_), _) if self.is_pending_row(row) => State::YourTurn,
            (EventBody::ToolInput(_), _) if self.situation.running => State::Running,
            (EventBody::ToolInput(_), _) if self.filed.is_some() => State::Unanswered,
            (EventBody::ToolInput(_), _) => State::Cancelled,
            _ => State::None,
        }
    }
}

fn kind(event: &Event, record: Record) -> Kind {
    if matches!(event.body, EventBody::Malformed(_)) {
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
