//! Messages that were accepted while a turn ran and have not joined the history yet. They are on
//! disk before they are answered, like everything else.

use rusqlite::{Connection, params};

use super::{Result, events};
use crate::api::Event;
use crate::api::event::InputMessage;

/// A message and the row that keeps it until it becomes an event.
#[derive(Debug, Clone)]
pub struct QueuedMessage {
    pub row: i64,
    pub message: InputMessage,
}

pub fn push(db: &Connection, session: i64, message: &InputMessage) -> Result<i64> {
    db.execute(
        "INSERT INTO queued_messages (session, body) VALUES (?1, ?2)",
        params![session, serde_json::to_string(message)?],
    )?;
    Ok(db.last_insert_rowid())
}

pub fn remove(db: &Connection, row: i64) -> Result<()> {
    db.execute("DELETE FROM queued_messages WHERE id = ?1", [row])?;
    Ok(())
}

/// Turns a queued message into the event that it became, at once or not at all.
pub fn settle(db: &mut Connection, session: i64, row: i64, event: &Event) -> Result<()> {
    let transaction = db.transaction()?;
    events::append(&transaction, session, event)?;
    remove(&transaction, row)?;
    Ok(transaction.commit()?)
}

/// What a crash left waiting, oldest first, with the session's row and key.
pub fn left_over(db: &Connection) -> Result<Vec<(i64, String, QueuedMessage)>> {
    let mut query = db.prepare(
        "SELECT q.id, q.session, s.key, q.body FROM queued_messages q
         JOIN sessions s ON s.id = q.session ORDER BY q.id",
    )?;
    let rows = query.query_map([], |row| {
        Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get::<_, String>(3)?))
    })?;
    rows.map(|row| {
        let (row, session, key, body) = row?;
        Ok((session, key, QueuedMessage { row, message: serde_json::from_str(&body)? }))
    })
    .collect()
}
