//! Rows of sessions. The JSON body holds what a client may change; key and status are columns.

use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::Result;
use crate::api::session::ContextUsage;
use crate::api::{AgentKey, Session, SessionRef, SessionStatus};

/// A session and what only the server knows of it.
#[derive(Debug, Clone)]
pub struct StoredSession {
    /// Names the session in the other tables.
    pub id: i64,
    pub session: Session,
    /// Tokens that `/tokens` declared beyond what the events amount to.
    pub context_base: i64,
}

const COLUMNS: &str = "id, status, body, context_base";

fn read(row: &Row<'_>) -> rusqlite::Result<(i64, String, String, i64)> {
    Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
}

fn build((id, status, body, context_base): (i64, String, String, i64)) -> Result<StoredSession> {
    let mut session: Session = serde_json::from_str(&body)?;
    session.status = Some(SessionStatus::from(status));
    Ok(StoredSession { id, session, context_base })
}

/// Adds a session; `false` when its key is taken.
pub fn insert(db: &Connection, session: &Session) -> Result<bool> {
    let status = session.status.clone().unwrap_or(SessionStatus::Unstarted);
    let added = db.execute(
        "INSERT INTO sessions (agent_key, key, status, created_at, body)
         VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (agent_key, key) DO NOTHING",
        params![
            session.agent_key.as_str(),
            session.key.as_str(),
            status.as_str(),
            session.created_at.as_millisecond(),
            serde_json::to_string(session)?
        ],
    )?;
    Ok(added > 0)
}

pub fn get(db: &Connection, of: &SessionRef) -> Result<Option<StoredSession>> {
    let sql = format!("SELECT {COLUMNS} FROM sessions WHERE agent_key = ?1 AND key = ?2");
    db.prepare_cached(&sql)?
        .query_row([of.agent.as_str(), of.key.as_str()], read)
        .optional()?
        .map(build)
        .transpose()
}

/// Newest first, beginning below the row `before`.
pub fn list(
    db: &Connection,
    agent: &AgentKey,
    before: Option<i64>,
    limit: u32,
) -> Result<Vec<StoredSession>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM sessions WHERE agent_key = ?1 AND id < ?2 ORDER BY id DESC LIMIT ?3"
    );
    let mut query = db.prepare_cached(&sql)?;
    let rows = query.query_map(params![agent.as_str(), before.unwrap_or(i64::MAX), limit], read)?;
    rows.map(|row| build(row?)).collect()
}

/// Writes back what `change` makes of a session.
pub fn update(
    db: &Connection,
    of: &SessionRef,
    change: impl FnOnce(&mut Session),
) -> Result<Option<Session>> {
    let Some(mut stored) = get(db, of)? else {
        return Ok(None);
    };
    change(&mut stored.session);
    db.execute(
        "UPDATE sessions SET body = ?2 WHERE id = ?1",
        params![stored.id, serde_json::to_string(&stored.session)?],
    )?;
    Ok(Some(stored.session))
}

pub fn set_status(db: &Connection, id: i64, status: &SessionStatus) -> Result<()> {
    db.execute("UPDATE sessions SET status = ?2 WHERE id = ?1", params![id, status.as_str()])?;
    Ok(())
}

/// Keeps the usage that the latest model call reported.
pub fn set_usage(db: &Connection, of: &SessionRef, usage: &ContextUsage) -> Result<()> {
    update(db, of, |session| session.session_context_usage = Some(usage.clone())).map(|_| ())
}

pub fn set_context_base(db: &Connection, id: i64, tokens: i64) -> Result<()> {
    db.execute("UPDATE sessions SET context_base = ?2 WHERE id = ?1", params![id, tokens])?;
    Ok(())
}

/// Keeps, as JSON, what a parked turn will do after its calls are answered.
pub fn set_continuation(db: &Connection, id: i64, moves: Option<&str>) -> Result<()> {
    db.execute("UPDATE sessions SET continuation = ?2 WHERE id = ?1", params![id, moves])?;
    Ok(())
}

/// What [`set_continuation`] left.
pub fn continuation(db: &Connection, id: i64) -> Result<Option<String>> {
    Ok(db.query_row("SELECT continuation FROM sessions WHERE id = ?1", [id], |row| row.get(0))?)
}

/// Removes a session with its events and artifacts; `false` when there was none.
pub fn delete(db: &Connection, of: &SessionRef) -> Result<bool> {
    let removed = db.execute(
        "DELETE FROM sessions WHERE agent_key = ?1 AND key = ?2",
        [of.agent.as_str(), of.key.as_str()],
    )?;
    Ok(removed > 0)
}
