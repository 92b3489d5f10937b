//! What providers want back of a model's thoughts, with the calls that followed them. It lies beside the
//! events, which the API shows as they are.
//!
//! Start with [`insert`] and [`seen`]. The invariant: it goes with the session, and with the call that
//! it lies beside.

use rusqlite::params;
use serde::{Deserialize, Serialize};

use super::events::{self, Listing};
use super::seal::{Subject, Vault};
use super::{Db, Result, damage};
use crate::api::EventId;
use crate::server::models::Reasoning;

pub(super) const TABLES: &str = "
CREATE TABLE reasonings (
    seq         INTEGER PRIMARY KEY REFERENCES events(seq) ON DELETE CASCADE,  -- the first call
    session     INTEGER NOT NULL REFERENCES sessions(id) ON DELETE CASCADE,
    last        INTEGER NOT NULL,          -- where the last call of the same answer lies
    id          TEXT NOT NULL,             -- of the first call
    body        BLOB NOT NULL
) STRICT;
CREATE INDEX reasonings_by_session ON reasonings (session, last);
";

/// The thoughts of one answer, and the events that it became.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reasoned {
    pub reasoning: Reasoning,
    /// In the order of the answer; never empty.
    pub calls: Vec<EventId>,
    /// What is shown of the thoughts: whoever hides one of these does not want it told.
    pub thoughts: Vec<EventId>,
}

/// Keeps it beside the first of the calls that are stored.
pub fn insert(db: &Db, vault: &Vault, reasoned: &Reasoned) -> Result<()> {
    let mut places = Vec::new();
    for call in &reasoned.calls {
        places.extend(events::seq(db, vault.row, call)?);
    }
    let (Some(first), Some(seq), Some(last)) =
        (reasoned.calls.first(), places.iter().min(), places.iter().max())
    else {
        return Ok(());
    };
    let id = first.as_str();
    let sealed = vault.seal.seal(Subject::Reasoning(id), &serde_json::to_vec(reasoned)?)?;
    db.execute(
        "INSERT INTO reasonings (seq, session, last, id, body) VALUES (?1, ?2, ?3, ?4, ?5)",
        params![seq, vault.row, last, id, sealed],
    )?;
    Ok(())
}

/// Those of answers of which anything may still be visible. One that does not open is not told.
pub fn seen(db: &Db, vault: &Vault) -> Result<Vec<Reasoned>> {
    let visible = Listing { include_hidden: false, newest_first: false, after: None, limit: 1 };
    let Some(first) = events::list(db, vault, visible)?.first().map(|row| row.seq) else {
        return Ok(Vec::new());
    };
    since(db, vault, first)
}

fn since(db: &Db, vault: &Vault, first: i64) -> Result<Vec<Reasoned>> {
    let mut query = db.prepare_cached(
        "SELECT id, body FROM reasonings WHERE session = ?1 AND last >= ?2 ORDER BY seq",
    )?;
    let rows = query.query_map(params![vault.row, first], |row| {
        Ok((damage::text(row, 0)?, damage::bytes(row, 1)?.to_vec()))
    })?;
    let mut out = Vec::new();
    for row in rows {
        let (id, sealed) = row?;
        let plain = vault.seal.open(Subject::Reasoning(&id), &sealed).ok();
        if let Some(reasoned) = plain.and_then(|plain| serde_json::from_slice(&plain).ok()) {
            out.push(reasoned);
        } else {
            tracing::warn!(event = id, "what a provider wants back of a call is damaged");
        }
    }
    Ok(out)
}

/// Takes them along into a fork, where their events have other names; `name` tells them.
pub fn copy(
    db: &Db,
    from: &Vault,
    into: &Vault,
    name: impl Fn(&EventId) -> Option<EventId>,
) -> Result<()> {
    for mut reasoned in since(db, from, 0)? {
        let thoughts: Option<Vec<_>> = reasoned.thoughts.iter().map(&name).collect();
        // A thought that was hidden stayed behind, and what was called with it is told without it.
        let Some(thoughts) = thoughts else { continue };
        // A call that stayed behind keeps its place among those that came along.
        let calls = reasoned.calls.iter().map(|id| name(id).unwrap_or_else(|| id.clone()));
        (reasoned.calls, reasoned.thoughts) = (calls.collect(), thoughts);
        insert(db, into, &reasoned)?;
    }
    Ok(())
}
