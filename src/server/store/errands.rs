//! Sessions of sub-agents that work for another session, and for which call of it: so that the other one is
//! told what came of it also after a restart.
//!
//! Start with [`begin`] and [`of`]. The invariant: at a start only those are left at whose end somebody
//! waits for a client, because whatever else was under way was cut short.

use std::collections::HashSet;

use rusqlite::{Connection, OptionalExtension as _, params};
use serde::{Deserialize, Serialize};

use super::seal::{Subject, Vault};
use super::{Db, Result, damage, sessions};
use crate::api::{Object, SessionRef, ToolCallId};

pub(super) const TABLES: &str = "
CREATE TABLE errands (
    session     INTEGER PRIMARY KEY REFERENCES sessions(id) ON DELETE CASCADE,
    parent      INTEGER NOT NULL REFERENCES sessions(id) ON DELETE CASCADE,
    body        BLOB NOT NULL
) STRICT;
CREATE INDEX errands_by_parent ON errands (parent);
";

/// The call of the parent that is to be answered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Errand {
    pub tool_call_id: ToolCallId,
    pub tool_configuration_name: String,
    pub tool_name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolved_overrides: Option<Object>,
}

/// Notes for whom a session works. It works for one at a time.
pub fn begin(db: &Db, child: &Vault, parent: &SessionRef, errand: &Errand) -> Result<()> {
    let Some(parent) = sessions::find(db, parent)? else { return Ok(()) };
    let sealed = child.seal.seal(Subject::Errand, &serde_json::to_vec(errand)?)?;
    db.execute(
        "INSERT OR REPLACE INTO errands (session, parent, body) VALUES (?1, ?2, ?3)",
        params![child.row, parent.vault.row, sealed],
    )?;
    Ok(())
}

/// It came to its end, or nobody waits for that.
pub fn end(db: &Connection, child: i64) -> Result<()> {
    db.prepare_cached("DELETE FROM errands WHERE session = ?1")?.execute([child])?;
    Ok(())
}

/// For whom a session works. What does not open is nobody's errand.
pub fn of(db: &Db, child: &Vault) -> Result<Option<(SessionRef, Errand)>> {
    let found = db
        .prepare_cached(
            "SELECT s.agent_key, s.key, e.body FROM errands e JOIN sessions s ON s.id = e.parent
             WHERE e.session = ?1",
        )?
        .query_row([child.row], |row| {
            let parent = SessionRef::new(damage::text(row, 0)?, damage::text(row, 1)?);
            Ok((parent, damage::bytes(row, 2)?.to_vec()))
        })
        .optional()?;
    let Some((parent, sealed)) = found else { return Ok(None) };
    let plain = child.seal.open(Subject::Errand, &sealed).ok();
    let errand = plain.and_then(|plain| serde_json::from_slice(&plain).ok());
    if errand.is_none() {
        tracing::warn!(%parent, "a sub-agent's call is damaged, and is not answered");
    }
    Ok(errand.map(|errand| (parent, errand)))
}

/// How many others work for the same session.
pub fn others(db: &Connection, parent: i64, but: i64) -> Result<u64> {
    let count: i64 = db
        .prepare_cached("SELECT count(*) FROM errands WHERE parent = ?1 AND session <> ?2")?
        .query_row([parent, but], |row| row.get(0))?;
    Ok(u64::try_from(count).unwrap_or(0))
}

/// Forgets those that a restart cut short: neither they, nor anybody who works for them, waits for a
/// client.
pub fn sweep(db: &Connection) -> Result<()> {
    let all: Vec<(i64, i64)> = db
        .prepare("SELECT session, parent FROM errands")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?;
    let mut kept: HashSet<i64> = db
        .prepare("SELECT DISTINCT session FROM pending_calls")?
        .query_map([], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    // Whoever is waited for is kept with those who wait for it, however long the chain is.
    loop {
        let more = all.iter().filter(|(child, _)| kept.contains(child)).map(|(_, parent)| *parent);
        let more: Vec<_> = more.filter(|parent| !kept.contains(parent)).collect();
        if more.is_empty() {
            break;
        }
        kept.extend(more);
    }
    for (child, _) in all.iter().filter(|(child, _)| !kept.contains(child)) {
        end(db, *child)?;
    }
    Ok(())
}
