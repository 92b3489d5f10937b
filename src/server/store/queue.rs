//! Inputs that were accepted while a turn ran and have not joined the history yet. They are on disk
//! before they are answered, like everything else.

use rusqlite::{Connection, params};
use serde::{Deserialize, Serialize};

use super::damage;
use super::seal::{Subject, Vault};
use super::{Db, Result, sessions};
use crate::api::SessionRef;
use crate::api::event::{ArtifactReference, InputMessage};
use crate::api::input::CompactInput;

/// What a turn can begin with, or be joined by.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum TurnInput {
    /// Words, files, or both. The files are stored already.
    Message {
        #[serde(default)]
        message: Option<InputMessage>,
        #[serde(default)]
        uploads: Vec<ArtifactReference>,
    },
    Compact(CompactInput),
}

/// Keeps an input and tells the row that holds it until it becomes events.
pub fn push(db: &Db, vault: &Vault, input: &TurnInput) -> Result<i64> {
    let sealed = vault.seal.seal(Subject::QueuedInput, &serde_json::to_vec(input)?)?;
    db.execute(
        "INSERT INTO queued_inputs (session, body) VALUES (?1, ?2)",
        params![vault.row, sealed],
    )?;
    Ok(db.last_insert_rowid())
}

/// Takes an input off the queue; `false` when somebody else has already.
pub fn remove(db: &Connection, row: i64) -> Result<bool> {
    Ok(db.execute("DELETE FROM queued_inputs WHERE id = ?1", [row])? > 0)
}

/// An input that a crash left waiting.
#[derive(Debug, Clone)]
pub struct LeftOver {
    pub row: i64,
    pub of: SessionRef,
    pub vault: Vault,
    /// What was said, or the bytes of what does not open.
    pub input: std::result::Result<TurnInput, Vec<u8>>,
}

/// What a crash left waiting, oldest first.
pub fn left_over(db: &Db) -> Result<Vec<LeftOver>> {
    let mut query = db.prepare(
        "SELECT q.id, s.agent_key, s.key, q.body FROM queued_inputs q
         JOIN sessions s ON s.id = q.session ORDER BY q.id",
    )?;
    let rows = query.query_map([], |row| {
        let of = SessionRef::new(damage::text(row, 1)?, damage::text(row, 2)?);
        Ok((row.get::<_, i64>(0)?, of, damage::bytes(row, 3)?.to_vec()))
    })?;
    let mut out = Vec::new();
    for row in rows {
        let (row, of, sealed) = row?;
        if let Some(stored) = sessions::find(db, &of)? {
            let plain = stored.vault.seal.open(Subject::QueuedInput, &sealed).ok();
            let input = plain.and_then(|plain| serde_json::from_slice(&plain).ok()).ok_or(sealed);
            out.push(LeftOver { row, of, vault: stored.vault, input });
        }
    }
    Ok(out)
}
