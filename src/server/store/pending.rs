//! Client tool calls that wait for an answer. They outlive the process: a parked session is still
//! parked after a restart.

use rusqlite::{Connection, params};

use super::Result;
use crate::api::{PendingCall, ToolCallId};

/// A waiting call and the id that its output will carry.
#[derive(Debug, Clone)]
pub struct StoredCall {
    pub tool_call_id: ToolCallId,
    pub call: PendingCall,
}

pub fn insert(db: &Connection, session: i64, waiting: &StoredCall) -> Result<()> {
    db.execute(
        "INSERT INTO pending_calls (session, event_id, tool_call_id, body) VALUES (?1, ?2, ?3, ?4)",
        params![
            session,
            waiting.call.event_id.as_str(),
            waiting.tool_call_id.as_str(),
            serde_json::to_string(&waiting.call)?
        ],
    )?;
    Ok(())
}

/// In the order in which the agent made them.
pub fn list(db: &Connection, session: i64) -> Result<Vec<StoredCall>> {
    let mut query = db.prepare_cached(
        "SELECT tool_call_id, body FROM pending_calls WHERE session = ?1 ORDER BY rowid",
    )?;
    let rows = query
        .query_map([session], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))?;
    rows.map(|row| {
        let (tool_call_id, body) = row?;
        Ok(StoredCall { tool_call_id: tool_call_id.into(), call: serde_json::from_str(&body)? })
    })
    .collect()
}

pub fn clear(db: &Connection, session: i64) -> Result<()> {
    db.execute("DELETE FROM pending_calls WHERE session = ?1", [session])?;
    Ok(())
}
