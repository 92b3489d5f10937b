//! Rows of events. `seq` is the durable order of a session's list; timestamps are not.

use rusqlite::{Connection, OptionalExtension as _, Row, params};
use serde_json::value::RawValue;

use super::Result;
use crate::api::{Event, EventId};

/// Why an event is not part of the agent's context.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HideReason {
    Manual,
    Compaction,
}

impl HideReason {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Manual => "manual",
            Self::Compaction => "compaction",
        }
    }
}

#[derive(Debug, Clone)]
pub struct StoredEvent {
    pub seq: i64,
    pub event: Event,
    pub hide_reason: Option<String>,
}

fn read(row: &Row<'_>) -> rusqlite::Result<(i64, String, Option<String>)> {
    Ok((row.get(0)?, row.get(1)?, row.get(2)?))
}

fn build((seq, body, hide_reason): (i64, String, Option<String>)) -> Result<StoredEvent> {
    let event = Event::from_raw(RawValue::from_string(body)?);
    Ok(StoredEvent { seq, event, hide_reason })
}

/// Adds an event at the end of the session's list.
pub fn append(db: &Connection, session: i64, event: &Event) -> Result<()> {
    let id = event.id.as_ref().map_or("", EventId::as_str);
    db.prepare_cached("INSERT INTO events (session, id, type, body) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![session, id, &*event.kind, event.raw().get()])?;
    Ok(())
}

/// Which events to list, and from where.
#[derive(Debug, Clone, Copy)]
pub struct Listing {
    pub include_hidden: bool,
    pub newest_first: bool,
    /// The last row of the page before.
    pub after: Option<i64>,
    pub limit: u32,
}

pub fn list(db: &Connection, session: i64, listing: Listing) -> Result<Vec<StoredEvent>> {
    let Listing { include_hidden, newest_first, after, limit } = listing;
    let (beyond, order, start) = if newest_first {
        ("<", "DESC", after.unwrap_or(i64::MAX))
    } else {
        (">", "ASC", after.unwrap_or(0))
    };
    let visible = if include_hidden { "" } else { "AND hide_reason IS NULL" };
    let sql = format!(
        "SELECT seq, body, hide_reason FROM events
         WHERE session = ?1 AND seq {beyond} ?2 {visible} ORDER BY seq {order} LIMIT ?3"
    );
    let mut query = db.prepare_cached(&sql)?;
    query.query_map(params![session, start, limit], read)?.map(|row| build(row?)).collect()
}

/// Visible events stored after the row `seq`, oldest first.
pub fn after(db: &Connection, session: i64, seq: i64) -> Result<Vec<Event>> {
    let mut query = db.prepare_cached(
        "SELECT seq, body, hide_reason FROM events
         WHERE session = ?1 AND seq > ?2 AND hide_reason IS NULL ORDER BY seq",
    )?;
    query.query_map([session, seq], read)?.map(|row| Ok(build(row?)?.event)).collect()
}

pub fn get(db: &Connection, session: i64, id: &EventId) -> Result<Option<StoredEvent>> {
    db.prepare_cached("SELECT seq, body, hide_reason FROM events WHERE session = ?1 AND id = ?2")?
        .query_row(params![session, id.as_str()], read)
        .optional()?
        .map(build)
        .transpose()
}

/// Hides an event, or shows it again with `None`. Repeating either is harmless.
pub fn set_hidden(
    db: &Connection,
    session: i64,
    id: &EventId,
    reason: Option<HideReason>,
) -> Result<Option<StoredEvent>> {
    db.execute(
        "UPDATE events SET hide_reason = ?3 WHERE session = ?1 AND id = ?2",
        params![session, id.as_str(), reason.map(HideReason::as_str)],
    )?;
    get(db, session, id)
}

/// What a compaction took out of the context.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Compacted {
    pub events: u64,
    pub turns: u64,
}

/// Hides every visible event as compacted.
pub fn compact(db: &Connection, session: i64) -> Result<Compacted> {
    let turns = db.query_row(
        "SELECT count(*) FROM events
         WHERE session = ?1 AND hide_reason IS NULL AND type = 'input_message'",
        [session],
        |row| row.get::<_, i64>(0),
    )?;
    let events = db.execute(
        "UPDATE events SET hide_reason = ?2 WHERE session = ?1 AND hide_reason IS NULL",
        params![session, HideReason::Compaction.as_str()],
    )?;
    Ok(Compacted { events: events as u64, turns: u64::try_from(turns).unwrap_or(0) })
}

/// Bytes of everything the agent still sees.
pub fn context_bytes(db: &Connection, session: i64) -> Result<u64> {
    let bytes = db.query_row(
        "SELECT coalesce(sum(length(body)), 0) FROM events
         WHERE session = ?1 AND hide_reason IS NULL",
        [session],
        |row| row.get::<_, i64>(0),
    )?;
    Ok(u64::try_from(bytes).unwrap_or(0))
}

pub fn delete(db: &Connection, session: i64, id: &EventId) -> Result<bool> {
    db.execute(
        "DELETE FROM pending_calls WHERE session = ?1 AND event_id = ?2",
        params![session, id.as_str()],
    )?;
    Ok(db.execute(
        "DELETE FROM events WHERE session = ?1 AND id = ?2",
        params![session, id.as_str()],
    )? > 0)
}
