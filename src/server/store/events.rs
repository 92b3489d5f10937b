//! Rows of events. `seq` is the durable order of a session's list; timestamps are not.

use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use serde_json::value::RawValue;

use super::damage::{self, Place, damaged};
use super::seal::{Subject, Vault};
use super::{Db, Result, descriptions, sessions};
use crate::api::{Event, EventId, SessionKey, Timestamp};

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
    /// Its body does not open, and the JSON is a stand-in that says so.
    pub is_damaged: bool,
}

impl StoredEvent {
    /// What is in it; a damaged one is in the way of whoever needs that.
    pub fn event(&self) -> Result<Event> {
        let event = self.shown()?;
        if self.is_damaged {
            return Err(damaged(described(event.id.as_ref())));
        }
        Ok(event)
    }

    /// As the list shows it, the stand-in of a damaged one included.
    pub fn shown(&self) -> Result<Event> {
        Ok(Event::from_raw(RawValue::from_string(self.json.clone())?))
    }
}

fn described(id: Option<&EventId>) -> String {
    format!("event {}", id.map_or("", EventId::as_str))
}

const COLUMNS: &str = "seq, id, body, hide_reason, type, created_at, size";

struct Columns {
    seq: i64,
    id: String,
    sealed: Vec<u8>,
    hide_reason: Option<String>,
    kind: String,
    created_at: i64,
    size: i64,
}

fn read(row: &Row<'_>) -> rusqlite::Result<Columns> {
    let seq = row.get(0)?;
    Ok(Columns {
        seq,
        id: damage::name("aev_", damage::bytes(row, 1)?, seq),
        sealed: damage::bytes(row, 2)?.to_vec(),
        hide_reason: damage::optional_text(row, 3)?,
        kind: damage::text(row, 4)?,
        created_at: damage::number(row, 5)?,
        size: damage::number(row, 6)?,
    })
}

fn build(db: &Db, vault: &Vault, row: Columns) -> Result<StoredEvent> {
    let Columns { seq, id, sealed, hide_reason, kind, created_at, size } = row;
    let plain = vault.seal.open(Subject::Event(&id), &sealed).ok();
    if let Some(json) = plain.and_then(|plain| String::from_utf8(plain).ok()) {
        return Ok(StoredEvent { seq, json, hide_reason, is_damaged: false });
    }
    let session = session_key(db, vault.row)?;
    tracing::warn!(event = id, %session, "an event is damaged");
    let stand_in = damage::event(&id, &session, &kind, damage::time(created_at), size)?;
    let json = stand_in.raw().get().to_owned();
    Ok(StoredEvent { seq, json, hide_reason, is_damaged: true })
}

fn session_key(db: &Db, row: i64) -> Result<SessionKey> {
    let key = db.query_row("SELECT key FROM sessions WHERE id = ?1", [row], |found| {
        Ok(damage::name("", damage::bytes(found, 0)?, row))
    });
    Ok(key.optional()?.unwrap_or_default().into())
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

/// Puts the row of a damaged event at the end of another session's list, where it is as damaged: a
/// copy hides no loss.
pub fn append_damaged(db: &Db, from: i64, into: &Vault, id: &EventId) -> Result<()> {
    db.execute(
        "INSERT INTO events (session, id, type, created_at, size, body)
         SELECT ?2, ?3, type, created_at, size, body FROM events WHERE seq = ?1",
        params![from, into.row, id.as_str()],
    )?;
    Ok(())
}

/// Keeps what does not open, and was to become an event, as an event that does not open.
pub fn append_lost(
    db: &Db,
    session: i64,
    id: &EventId,
    now: Timestamp,
    sealed: &[u8],
) -> Result<()> {
    let size = i64::try_from(sealed.len()).unwrap_or(i64::MAX);
    db.execute(
        "INSERT INTO events (session, id, type, created_at, size, body)
         VALUES (?1, ?2, 'input_message', ?3, ?4, ?5)",
        params![session, id.as_str(), now.as_millisecond(), size, sealed],
    )?;
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
    query
        .query_map(params![vault.row, start, limit], read)?
        .map(|row| build(db, vault, row?))
        .collect()
}

/// One event, or the stand-in of a damaged one.
pub fn get(db: &Db, vault: &Vault, id: &EventId) -> Result<Option<StoredEvent>> {
    let by_id = format!("SELECT {COLUMNS} FROM events WHERE session = ?1 AND id = ?2");
    let found =
        db.prepare_cached(&by_id)?.query_row(params![vault.row, id.as_str()], read).optional()?;
    let found = match found {
        Some(row) => Some(row),
        None => by_row(db, vault.row, id)?,
    };
    found.map(|row| build(db, vault, row)).transpose()
}

/// One that its index does not know by the name it is listed under.
fn by_row(db: &Db, session: i64, id: &EventId) -> Result<Option<Columns>> {
    let sql = format!("SELECT {COLUMNS} FROM events WHERE seq = ?1");
    let read_row = |seq: i64| Ok(db.query_row(&sql, [seq], read)?);
    place(session, id).row(db)?.map(read_row).transpose()
}

/// Where an event lies in the list.
pub fn seq(db: &Connection, session: i64, id: &EventId) -> Result<Option<i64>> {
    place(session, id).row(db)
}

fn place(session: i64, id: &EventId) -> Place<'_> {
    let within = Some(("session", Value::Integer(session)));
    Place { table: "events", column: "id", prefix: "aev_", name: id.as_str(), within }
}

/// Where the session's list ends; 0 while it is empty.
pub fn newest_id(db: &Connection, session: i64) -> Result<Option<EventId>> {
    let id = db
        .prepare_cached("SELECT id FROM events WHERE session = ?1 ORDER BY seq DESC LIMIT 1")?
        .query_row([session], |row| row.get::<_, String>(0))
        .optional()?;
    Ok(id.map(EventId::from))
}

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
    if let Some(seq) = seq(db, vault.row, id)? {
        let reason = reason.map(HideReason::as_str);
        db.execute("UPDATE events SET hide_reason = ?2 WHERE seq = ?1", params![seq, reason])?;
    }
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

/// All inputs, whether the agent still sees them or not.
pub fn count_inputs(db: &Connection, session: i64) -> Result<u64> {
    let count: i64 = db
        .prepare_cached(
            "SELECT count(*) FROM events WHERE session = ?1 AND type = 'input_message'",
        )?
        .query_row([session], |row| row.get(0))?;
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

/// Removes an event, and with it the call that waits for its output and the words that it gave its
/// session.
pub fn delete(db: &Connection, session: i64, id: &EventId) -> Result<bool> {
    db.execute(
        "DELETE FROM pending_calls WHERE session = ?1 AND event_id = ?2",
        params![session, id.as_str()],
    )?;
    descriptions::forget(db, session, id)?;
    place(session, id).delete(db)
}
