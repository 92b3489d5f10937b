//! Client tool calls that wait for an answer. They outlive the process: a parked session is still
//! parked after a restart. Their arguments hold secrets in clear, so they are sealed.

use rusqlite::{Connection, params};
use serde::{Deserialize, Serialize};

use super::damage;
use super::seal::{Subject, Vault};
use super::{Db, Result};
use crate::api::{EventId, Object, PendingCall, ToolCallId};

/// A waiting call and what its output will carry.
#[derive(Debug, Clone)]
pub struct StoredCall {
    pub tool_call_id: ToolCallId,
    pub call: PendingCall,
    /// Arguments that the configuration supplied, by path, with secrets masked.
    pub resolved_overrides: Option<Object>,
}

#[derive(Serialize, Deserialize)]
struct Body<C> {
    call: C,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    resolved_overrides: Option<Object>,
}

pub fn insert(db: &Db, vault: &Vault, waiting: &StoredCall) -> Result<()> {
    let id = waiting.call.event_id.as_str();
    let body = Body { call: &waiting.call, resolved_overrides: waiting.resolved_overrides.clone() };
    let sealed = vault.seal.seal(Subject::PendingCall(id), &serde_json::to_vec(&body)?)?;
    db.execute(
        "INSERT INTO pending_calls (session, event_id, tool_call_id, body) VALUES (?1, ?2, ?3, ?4)",
        params![vault.row, id, waiting.tool_call_id.as_str(), sealed],
    )?;
    Ok(())
}

/// In the order in which the agent made them. A damaged one is listed under a name that no program
/// answers to: its arguments are lost, and nothing may run without them.
pub fn list(db: &Db, vault: &Vault) -> Result<Vec<StoredCall>> {
    let mut query = db.prepare_cached(
        "SELECT event_id, tool_call_id, body FROM pending_calls WHERE session = ?1 ORDER BY rowid",
    )?;
    let rows = query.query_map([vault.row], |row| {
        Ok((damage::text(row, 0)?, damage::text(row, 1)?, damage::bytes(row, 2)?.to_vec()))
    })?;
    rows.map(|row| {
        let (id, tool_call_id, sealed) = row?;
        let plain = vault.seal.open(Subject::PendingCall(&id), &sealed).ok();
        let body = plain.and_then(|plain| serde_json::from_slice(&plain).ok());
        let body: Body<PendingCall> = body.unwrap_or_else(|| stand_in(&id));
        Ok(StoredCall {
            tool_call_id: tool_call_id.into(),
            call: body.call,
            resolved_overrides: body.resolved_overrides,
        })
    })
    .collect()
}

fn stand_in(id: &str) -> Body<PendingCall> {
    tracing::warn!(event = id, "a waiting call is damaged");
    let what = format!("the call of event {id}");
    let call = PendingCall {
        event_id: id.into(),
        tool_configuration_name: damage::RECORD.to_owned(),
        tool_name: damage::RECORD.to_owned(),
        arguments: damage::note(&what).into(),
        extra: Object::new(),
    };
    Body { call, resolved_overrides: None }
}

/// The events whose calls wait, in the same order.
pub fn ids(db: &Connection, session: i64) -> Result<Vec<EventId>> {
    let mut query =
        db.prepare_cached("SELECT event_id FROM pending_calls WHERE session = ?1 ORDER BY rowid")?;
    let ids = query.query_map([session], |row| Ok(damage::text(row, 0)?.into()))?;
    Ok(ids.collect::<rusqlite::Result<_>>()?)
}

pub fn clear(db: &Connection, session: i64) -> Result<()> {
    db.prepare_cached("DELETE FROM pending_calls WHERE session = ?1")?.execute([session])?;
    Ok(())
}
