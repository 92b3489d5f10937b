//! Rows of events. `seq` is the durable order of a session's list; timestamps are not.

use rusqlite::{Connection, OptionalExtension as _, Row, params};
use serde_json::value::RawValue;

use super::seal::{Subject, Vault};
use super::{Db, Result, StoreError, sessions};
use crate::api::{Event, EventId, Timestamp};

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

/// An event as it lies in the list. Its JSON is passed on as it was stored, and read only by those
/// who need to know what is in it.
#[derive(Debug, Clone)]
pub struct StoredEvent {
    pub seq: i64,
    pub json: String,
    pub hide_reason: Option<String>,
}

impl StoredEvent {
    pub fn event(&self) -> Result<Event> {
        Ok(Event::from_raw(RawValue::from_string(self.json.clone())?))
    }
}

const COLUMNS: &str = "seq, id, body, hide_reason";

type Columns = (i64, String, Vec<u8>, Option<String>);

fn read(row: &Row<'_>) -> rusqlite::Result<Columns> {
    Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
}

fn build(vault: &Vault, (seq, id, sealed, hide_reason): Columns) -> Result<StoredEvent> {
    let plain = vault.seal.open(Subject::Event(&id), &sealed)?;
    let json = String::from_utf8(plain).map_err(|_| StoreError::Text)?;
    Ok(StoredEvent { seq, json, hide_reason })
}

/// Adds an event at the end of the session's list and tells its place in it.
pub fn append(db: &Db, vault: &Vault, event: &Event) -> Result<i64> {
    let id = event.id.as_ref().map_or("", EventId::as_str);
    let created_at = event.created_at.unwrap_or(Timestamp::UNIX_EPOCH);
    let sealed = vault.seal.seal(Subject::Event(id), event.raw().get().as_bytes())?;
    db.prepare_cached(
        "INSERT INTO events (session, id, type, created_at, size, body)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?
    .execute(params![
        vault.row,
        id,
        &*event.kind,
        created_at.as_millisecond(),
        i64::try_from(event.size()).unwrap_or(i64::MAX),
        sealed
    ])?;
    let seq = db.last_insert_rowid();
    sessions::touch(db, vault.row, created_at)?;
    Ok(seq)
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

pub fn list(db: &Db, vault: &Vault, listing: Listing) -> Result<Vec<StoredEvent>> {
    let Listing { include_hidden, newest_first, after, limit } = listing;
    let (beyond, order, start) = if newest_first {
        ("<", "DESC", after.unwrap_or(i64::MAX))
    } else {
        (">", "ASC", after.unwrap_or(0))
    };
    let visible = if include_hidden { "" } else { "AND hide_reason IS NULL" };
    let sql = format!(
        "SELECT {COLUMNS} FROM events
         WHERE session = ?1 AND seq {beyond} ?2 {visible} ORDER BY seq {order} LIMIT ?3"
    );
    let mut query = db.prepare_cached(&sql)?;
    query.query_map(params![vault.row, start, limit], read)?.map(|row| build(vault, row?)).collect()
}

pub fn get(db: &Db, vault: &Vault, id: &EventId) -> Result<Option<StoredEvent>> {
    let sql = format!("SELECT {COLUMNS} FROM events WHERE session = ?1 AND id = ?2");
    db.prepare_cached(&sql)?
        .query_row(params![vault.row, id.as_str()], read)
        .optional()?
        .map(|row| build(vault, row))
        .transpose()
}

/// Where an event lies in the list.
pub fn seq(db: &Connection, session: i64, id: &EventId) -> Result<Option<i64>> {
    Ok(db
        .prepare_cached("SELECT seq FROM events WHERE session = ?1 AND id = ?2")?
        .query_row(params![session, id.as_str()], |row| row.get(0))
        .optional()?)
}

/// Where the session's list ends; 0 while it is empty.
pub fn last_seq(db: &Connection, session: i64) -> Result<i64> {
    Ok(db
        .prepare_cached("SELECT coalesce(max(seq), 0) FROM events WHERE session = ?1")?
        .query_row([session], |row| row.get(0))?)
}

/// Hides an event, or shows it again with `None`. Repeating either is harmless.
pub fn set_hidden(
    db: &Db,
    vault: &Vault,
    id: &EventId,
    reason: Option<HideReason>,
) -> Result<Option<StoredEvent>> {
    db.execute(
        "UPDATE events SET hide_reason = ?3 WHERE session = ?1 AND id = ?2",
        params![vault.row, id.as_str(), reason.map(HideReason::as_str)],
    )?;
    get(db, vault, id)
}

/// What a compaction takes out of the context.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Compacted {
    pub events: u64,
    pub turns: u64,
}

/// The last event before the `keep` most recent inputs, all of which a compaction leaves alone;
/// `None` when there is nothing visible before them.
pub fn compactable_up_to(db: &Connection, session: i64, keep: u32) -> Result<Option<i64>> {
    let kept: Option<i64> = db
        .prepare_cached(
            "SELECT seq FROM events
             WHERE session = ?1 AND type = 'input_message' AND hide_reason IS NULL
             ORDER BY seq DESC LIMIT 1 OFFSET ?2 - 1",
        )?
        .query_row(params![session, keep.max(1)], |row| row.get(0))
        .optional()?;
    let Some(kept) = kept else {
        return Ok(None);
    };
    Ok(db
        .prepare_cached(
            "SELECT max(seq) FROM events
             WHERE session = ?1 AND seq < ?2 AND hide_reason IS NULL",
        )?
        .query_row([session, kept], |row| row.get(0))?)
}

pub fn count_visible_up_to(db: &Connection, session: i64, last: i64) -> Result<u64> {
    let count: i64 = db
        .prepare_cached(
            "SELECT count(*) FROM events
             WHERE session = ?1 AND seq <= ?2 AND hide_reason IS NULL",
        )?
        .query_row([session, last], |row| row.get(0))?;
    Ok(u64::try_from(count).unwrap_or(0))
}

pub fn has_visible_up_to(db: &Connection, session: i64, last: i64) -> Result<bool> {
    Ok(count_visible_up_to(db, session, last)? > 0)
}

/// Visible inputs, which is what turns are counted by.
pub fn count_inputs_up_to(db: &Connection, session: i64, last: i64) -> Result<u64> {
    let count: i64 = db
        .prepare_cached(
            "SELECT count(*) FROM events
             WHERE session = ?1 AND seq <= ?2 AND hide_reason IS NULL AND type = 'input_message'",
        )?
        .query_row([session, last], |row| row.get(0))?;
    Ok(u64::try_from(count).unwrap_or(0))
}

/// Hides the visible events up to and including the row `last` as compacted.
pub fn compact(db: &Connection, session: i64, last: i64) -> Result<Compacted> {
    let turns = count_inputs_up_to(db, session, last)?;
    let events = db.execute(
        "UPDATE events SET hide_reason = ?3
         WHERE session = ?1 AND seq <= ?2 AND hide_reason IS NULL",
        params![session, last, HideReason::Compaction.as_str()],
    )?;
    Ok(Compacted { events: events as u64, turns })
}

/// Bytes of everything the agent still sees.
pub fn context_bytes(db: &Connection, session: i64) -> Result<u64> {
    let bytes = db
        .prepare_cached(
            "SELECT coalesce(sum(size), 0) FROM events
             WHERE session = ?1 AND hide_reason IS NULL",
        )?
        .query_row([session], |row| row.get::<_, i64>(0))?;
    Ok(u64::try_from(bytes).unwrap_or(0))
}

/// Removes an event, and with it the call that waits for its output.
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
