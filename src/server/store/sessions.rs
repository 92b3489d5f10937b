//! Rows of sessions. The JSON body holds what a client may change; key and status are columns.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::seal::{Subject, Vault};
use super::secrets::{self, MASK, SecretChanges};
use super::{Db, Result, StoreError, agents};
use crate::api::session::ContextUsage;
use crate::api::{AgentKey, AliasKey, Session, SessionKey, SessionRef, SessionStatus, Timestamp};

/// A session and what only the server knows of it.
#[derive(Debug, Clone)]
pub struct StoredSession {
    pub vault: Vault,
    pub session: Session,
    /// Tokens that `/tokens` declared beyond what the events amount to.
    pub context_base: i64,
}

const SELECT: &str = "SELECT s.id, s.agent_key, s.key, s.status, s.body, s.seal_key,
    s.context_base, a.seal_key,
    (SELECT group_concat(name) FROM session_secrets WHERE session = s.id)
    FROM sessions s JOIN agents a ON a.key = s.agent_key";

struct Columns {
    id: i64,
    agent: String,
    key: String,
    status: String,
    body: String,
    wrapped: Vec<u8>,
    context_base: i64,
    agent_wrapped: Vec<u8>,
    /// Joined by commas, which no name holds.
    secrets: Option<String>,
}

fn read(row: &Row<'_>) -> rusqlite::Result<Columns> {
    Ok(Columns {
        id: row.get(0)?,
        agent: row.get(1)?,
        key: row.get(2)?,
        status: row.get(3)?,
        body: row.get(4)?,
        wrapped: row.get(5)?,
        context_base: row.get(6)?,
        agent_wrapped: row.get(7)?,
        secrets: row.get(8)?,
    })
}

fn build(db: &Db, row: Columns) -> Result<StoredSession> {
    let mut session: Session = serde_json::from_str(&row.body)?;
    session.status = Some(SessionStatus::from(row.status));
    session.secrets = row.secrets.map(|names| mask(names.split(',')));
    let agent = db.master.open_key(Subject::AgentKey(&row.agent), &row.agent_wrapped)?;
    let seal = agent.open_key(Subject::SessionKey(&row.key), &row.wrapped)?;
    let vault = Vault { row: row.id, seal };
    Ok(StoredSession { vault, session, context_base: row.context_base })
}

fn mask<'a>(names: impl Iterator<Item = &'a str>) -> BTreeMap<String, String> {
    names.map(|name| (name.to_owned(), MASK.to_owned())).collect()
}

/// Adds a session of an agent that exists; `None` when its key is taken.
pub fn insert(db: &Db, session: &Session, secrets: &SecretChanges) -> Result<Option<Vault>> {
    let status = session.status.clone().unwrap_or(SessionStatus::Unstarted);
    let agent = agents::seal(db, session.agent_key.as_str())?
        .ok_or(StoreError::Database(rusqlite::Error::QueryReturnedNoRows))?;
    let (seal, wrapped) = agent.new_key(Subject::SessionKey(session.key.as_str()))?;
    let created_at = session.created_at.as_millisecond();
    let added = db
        .prepare_cached(
            "INSERT INTO sessions (agent_key, key, alias_key, status, created_at, touched_at,
                 tti_minutes, body, seal_key)
             VALUES (?1, ?2, ?3, ?4, ?5, ?5, ?6, ?7, ?8)
             ON CONFLICT (agent_key, key) DO NOTHING",
        )?
        .execute(params![
            session.agent_key.as_str(),
            session.key.as_str(),
            session.alias_key,
            status.as_str(),
            created_at,
            i64::try_from(session.tti_minutes).unwrap_or(i64::MAX),
            body(session)?,
            wrapped
        ])?;
    if added == 0 {
        return Ok(None);
    }
    let vault = Vault { row: db.last_insert_rowid(), seal };
    secrets::change_sessions(db, &vault, secrets)?;
    Ok(Some(vault))
}

/// The JSON that is kept. Secrets have a table of their own, and their names are read from there.
fn body(session: &Session) -> Result<String> {
    let kept = Session { secrets: None, ..session.clone() };
    Ok(serde_json::to_string(&kept)?)
}

pub fn get(db: &Db, of: &SessionRef) -> Result<Option<StoredSession>> {
    let sql = format!("{SELECT} WHERE s.agent_key = ?1 AND s.key = ?2");
    db.prepare_cached(&sql)?
        .query_row([of.agent.as_str(), of.key.as_str()], read)
        .optional()?
        .map(|row| build(db, row))
        .transpose()
}

/// Whether the session is still there: it may have been deleted since it was looked up.
pub fn is_there(db: &Connection, row: i64) -> Result<bool> {
    Ok(db
        .prepare_cached("SELECT 1 FROM sessions WHERE id = ?1")?
        .query_row([row], |_| Ok(()))
        .optional()?
        .is_some())
}

/// The agent that an alias picked when it made this session.
pub fn agent_of_alias(
    db: &Connection,
    alias: &AliasKey,
    key: &SessionKey,
) -> Result<Option<AgentKey>> {
    let found: Option<String> = db
        .prepare_cached("SELECT agent_key FROM sessions WHERE alias_key = ?1 AND key = ?2")?
        .query_row([alias.as_str(), key.as_str()], |row| row.get(0))
        .optional()?;
    Ok(found.map(AgentKey::from))
}

/// Whose sessions to list.
#[derive(Debug, Clone)]
pub enum Owner {
    Agent(AgentKey),
    /// Those made through this alias, whichever agents it picked.
    Alias(AliasKey),
}

/// Newest first, beginning below the row `before`.
pub fn list(db: &Db, owner: &Owner, before: Option<i64>, limit: u32) -> Result<Vec<StoredSession>> {
    let (column, key) = match owner {
        Owner::Agent(key) => ("agent_key", key.as_str()),
        Owner::Alias(key) => ("alias_key", key.as_str()),
    };
    let sql = format!("{SELECT} WHERE s.{column} = ?1 AND s.id < ?2 ORDER BY s.id DESC LIMIT ?3");
    let mut query = db.prepare_cached(&sql)?;
    let rows = query.query_map(params![key, before.unwrap_or(i64::MAX), limit], read)?;
    rows.map(|row| build(db, row?)).collect()
}

/// Writes back what `change` makes of a session. Its keys and secrets are not changed here.
pub fn update(
    db: &Db,
    of: &SessionRef,
    change: impl FnOnce(&mut Session),
) -> Result<Option<StoredSession>> {
    let Some(mut stored) = get(db, of)? else {
        return Ok(None);
    };
    change(&mut stored.session);
    db.prepare_cached("UPDATE sessions SET body = ?2, tti_minutes = ?3 WHERE id = ?1")?.execute(
        params![
            stored.vault.row,
            body(&stored.session)?,
            i64::try_from(stored.session.tti_minutes).unwrap_or(i64::MAX)
        ],
    )?;
    Ok(Some(stored))
}

/// Something happened in the session: its idle time starts again.
pub fn touch(db: &Connection, row: i64, now: Timestamp) -> Result<()> {
    db.prepare_cached("UPDATE sessions SET touched_at = ?2 WHERE id = ?1")?
        .execute(params![row, now.as_millisecond()])?;
    Ok(())
}

/// Sessions whose idle time is over. A running one is not idle.
pub fn expired(db: &Connection, now: Timestamp) -> Result<Vec<SessionRef>> {
    let mut query = db.prepare_cached(
        "SELECT agent_key, key FROM sessions
         WHERE tti_minutes > 0 AND status <> 'running'
             AND tti_minutes <= (?1 - touched_at) / 60000",
    )?;
    let rows = query.query_map([now.as_millisecond()], |row| {
        Ok(SessionRef::new(row.get::<_, String>(0)?, row.get::<_, String>(1)?))
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

pub fn set_status(db: &Connection, row: i64, status: &SessionStatus) -> Result<()> {
    db.prepare_cached("UPDATE sessions SET status = ?2 WHERE id = ?1")?
        .execute(params![row, status.as_str()])?;
    Ok(())
}

/// Keeps the usage that the latest model call reported.
pub fn set_usage(db: &Db, of: &SessionRef, usage: &ContextUsage) -> Result<()> {
    update(db, of, |session| session.session_context_usage = Some(usage.clone())).map(|_| ())
}

pub fn set_context_base(db: &Connection, row: i64, tokens: i64) -> Result<()> {
    db.execute("UPDATE sessions SET context_base = ?2 WHERE id = ?1", params![row, tokens])?;
    Ok(())
}

/// Keeps, as JSON, what a parked turn will do after its calls are answered.
pub fn set_continuation(db: &Db, vault: &Vault, moves: Option<&str>) -> Result<()> {
    let sealed =
        moves.map(|moves| vault.seal.seal(Subject::Continuation, moves.as_bytes())).transpose()?;
    db.prepare_cached("UPDATE sessions SET continuation = ?2 WHERE id = ?1")?
        .execute(params![vault.row, sealed])?;
    Ok(())
}

/// What [`set_continuation`] left.
pub fn continuation(db: &Db, vault: &Vault) -> Result<Option<String>> {
    let sealed: Option<Vec<u8>> = db
        .query_row("SELECT continuation FROM sessions WHERE id = ?1", [vault.row], |row| row.get(0))
        .optional()?
        .flatten();
    sealed
        .map(|sealed| {
            let plain = vault.seal.open(Subject::Continuation, &sealed)?;
            String::from_utf8(plain).map_err(|_| StoreError::Text)
        })
        .transpose()
}

/// Removes a session with its key, events and artifacts; `false` when there was none.
pub fn delete(db: &Connection, of: &SessionRef) -> Result<bool> {
    let removed = db.execute(
        "DELETE FROM sessions WHERE agent_key = ?1 AND key = ?2",
        [of.agent.as_str(), of.key.as_str()],
    )?;
    Ok(removed > 0)
}
