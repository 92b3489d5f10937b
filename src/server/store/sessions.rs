//! Rows of sessions. The JSON body holds what a client may change; key and status are columns.

use std::collections::BTreeMap;

use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::damage::{self, Place, damaged};
use super::seal::{Seal, Subject, Vault};
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
    /// What its first input says it is about, where nobody described it.
    automatic: Option<String>,
}

const SELECT: &str = "SELECT s.id, s.agent_key, s.key, s.status, s.body, s.seal_key,
    s.context_base, s.created_at, s.tti_minutes, s.alias_key, s.description, a.seal_key,
    (SELECT group_concat(name) FROM session_secrets WHERE session = s.id)
    FROM sessions s LEFT JOIN agents a ON a.key = s.agent_key";

struct Columns {
    id: i64,
    agent: String,
    key: String,
    status: String,
    body: Vec<u8>,
    wrapped: Vec<u8>,
    context_base: i64,
    created_at: i64,
    tti_minutes: i64,
    alias_key: Option<String>,
    description: Vec<u8>,
    agent_wrapped: Vec<u8>,
    /// Joined by commas, which no name holds.
    secrets: Option<String>,
}

fn read(row: &Row<'_>) -> rusqlite::Result<Columns> {
    let id = row.get(0)?;
    Ok(Columns {
        id,
        agent: damage::text(row, 1)?,
        key: damage::name("", damage::bytes(row, 2)?, id),
        status: damage::text(row, 3)?,
        body: damage::bytes(row, 4)?.to_vec(),
        wrapped: damage::bytes(row, 5)?.to_vec(),
        context_base: damage::number(row, 6)?,
        created_at: damage::number(row, 7)?,
        tti_minutes: damage::number(row, 8)?,
        alias_key: damage::optional_text(row, 9)?,
        description: damage::bytes(row, 10)?.to_vec(),
        agent_wrapped: damage::bytes(row, 11)?.to_vec(),
        secrets: damage::optional_text(row, 12)?,
    })
}

/// The session, or a stand-in of one whose record or key is damaged. Where only the record is,
/// its events still open.
fn build(db: &Db, row: Columns) -> Result<StoredSession> {
    let agent = db.master.open_key(Subject::AgentKey(&row.agent), &row.agent_wrapped);
    let seal =
        agent.and_then(|agent| agent.open_key(Subject::SessionKey(&row.key), &row.wrapped)).ok();
    let whole = serde_json::from_slice(&row.body).ok().filter(|session: &Session| {
        seal.is_some() && session.key.as_str() == row.key && session.agent_key.as_str() == row.agent
    });
    let mut session = whole.unwrap_or_else(|| stand_in(&row));
    session.status = Some(SessionStatus::from(row.status));
    session.secrets = row.secrets.map(|names| mask(names.split(',')));
    let seal = seal.map_or_else(Seal::lost, Ok)?;
    let automatic = match session.description {
        None if !row.description.is_empty() => {
            let words = seal.open(Subject::Description, &row.description).ok();
            words.and_then(|words| String::from_utf8(words).ok())
        }
        _ => None,
    };
    session.description = session.description.or_else(|| automatic.clone());
    let vault = Vault { row: row.id, seal };
    Ok(StoredSession { vault, session, context_base: row.context_base, automatic })
}

fn stand_in(row: &Columns) -> Session {
    let what = format!("session {}", row.key);
    tracing::warn!(agent = row.agent, session = row.key, "a session is damaged");
    let name = format!("damaged: {}", row.key);
    let (agent, key) = (row.agent.as_str().into(), row.key.as_str().into());
    let mut session = Session::named(agent, key, name, damage::time(row.created_at));
    session.enabled = false;
    session.description = Some(damage::words(&what));
    session.metadata = damage::note(&what);
    session.tti_minutes = u64::try_from(row.tti_minutes).unwrap_or(0);
    session.alias_key.clone_from(&row.alias_key);
    session.damage = Some(what);
    session
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

impl StoredSession {
    /// Refuses a damaged one: nothing can be built on it.
    pub fn whole(self) -> Result<Self> {
        match self.session.damage {
            Some(what) => Err(damaged(what)),
            None => Ok(self),
        }
    }
}

/// The session, which must be whole.
pub fn get(db: &Db, of: &SessionRef) -> Result<Option<StoredSession>> {
    find(db, of)?.map(StoredSession::whole).transpose()
}

fn place(of: &SessionRef) -> Place<'_> {
    let within = Some(("agent_key", Value::Text(of.agent.to_string())));
    Place { table: "sessions", column: "key", prefix: "", name: of.key.as_str(), within }
}

/// The session, or the stand-in of a damaged one.
pub fn find(db: &Db, of: &SessionRef) -> Result<Option<StoredSession>> {
    let sql = format!("{SELECT} WHERE s.agent_key = ?1 AND s.key = ?2");
    let found = db
        .prepare_cached(&sql)?
        .query_row([of.agent.as_str(), of.key.as_str()], read)
        .optional()?;
    let found = match found {
        Some(row) => Some(row),
        None => by_row(db, of)?,
    };
    found.map(|row| build(db, row)).transpose()
}

/// One that its index does not know by the name it is listed under.
fn by_row(db: &Db, of: &SessionRef) -> Result<Option<Columns>> {
    let sql = format!("{SELECT} WHERE s.id = ?1");
    let read_row = |row: i64| Ok(db.query_row(&sql, [row], read)?);
    place(of).row(db)?.map(read_row).transpose()
}

/// Whether the session is still there: it may have been deleted since it was looked up.
pub fn is_there(db: &Connection, row: i64) -> Result<bool> {
    Ok(db
        .prepare_cached("SELECT 1 FROM sessions WHERE id = ?1")?
        .query_row([row], |_| Ok(()))
        .optional()?
        .is_some())
}

/// The session of a row, by name.
pub fn name_of(db: &Connection, row: i64) -> Result<Option<SessionRef>> {
    let mut query = db.prepare_cached("SELECT agent_key, key FROM sessions WHERE id = ?1")?;
    let read = |row: &Row<'_>| {
        Ok(SessionRef::new(damage::text(row, 0)?.as_str(), damage::text(row, 1)?.as_str()))
    };
    Ok(query.query_row([row], read).optional()?)
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
    amend(db, of, |stored| change(&mut stored.session))
}

fn amend(
    db: &Db,
    of: &SessionRef,
    change: impl FnOnce(&mut StoredSession),
) -> Result<Option<StoredSession>> {
    let Some(mut stored) = get(db, of)? else {
        return Ok(None);
    };
    if stored.automatic.is_some() {
        // Those words are not the record's to keep.
        stored.session.description = None;
    }
    change(&mut stored);
    db.prepare_cached("UPDATE sessions SET body = ?2, tti_minutes = ?3 WHERE id = ?1")?.execute(
        params![
            stored.vault.row,
            body(&stored.session)?,
            i64::try_from(stored.session.tti_minutes).unwrap_or(i64::MAX)
        ],
    )?;
    let StoredSession { session, automatic, .. } = &mut stored;
    session.description = session.description.take().or_else(|| automatic.clone());
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
        "SELECT agent_key, key, id FROM sessions
         WHERE tti_minutes > 0 AND status <> 'running'
             AND tti_minutes <= (?1 - touched_at) / 60000",
    )?;
    let rows = query.query_map([now.as_millisecond()], |row| {
        let key = damage::name("", damage::bytes(row, 1)?, row.get(2)?);
        Ok(SessionRef::new(damage::text(row, 0)?, key))
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

pub fn set_status(db: &Connection, row: i64, status: &SessionStatus) -> Result<()> {
    db.prepare_cached("UPDATE sessions SET status = ?2 WHERE id = ?1")?
        .execute(params![row, status.as_str()])?;
    Ok(())
}

/// Keeps the usage of the latest model call, worked out from what [`StoredSession::context_base`] says;
/// `None` where the session is gone.
pub fn set_usage(
    db: &Db,
    of: &SessionRef,
    usage: impl FnOnce(i64) -> ContextUsage,
) -> Result<Option<ContextUsage>> {
    let stored = amend(db, of, |stored| {
        stored.session.session_context_usage = Some(usage(stored.context_base));
    })?;
    Ok(stored.and_then(|stored| stored.session.session_context_usage))
}

/// The same where it follows from what was kept before.
pub fn change_usage(
    db: &Db,
    of: &SessionRef,
    change: impl FnOnce(Option<&ContextUsage>) -> ContextUsage,
) -> Result<Option<ContextUsage>> {
    let stored = amend(db, of, |stored| {
        let usage = &mut stored.session.session_context_usage;
        *usage = Some(change(usage.as_ref()));
    })?;
    Ok(stored.and_then(|stored| stored.session.session_context_usage))
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
            let plain = vault.seal.open(Subject::Continuation, &sealed).ok();
            let text = plain.and_then(|plain| String::from_utf8(plain).ok());
            text.ok_or_else(|| damaged("what this session had planned to do after its answers"))
        })
        .transpose()
}

/// Removes a session with its key, events and artifacts; `false` when there was none.
pub fn delete(db: &Connection, of: &SessionRef) -> Result<bool> {
    place(of).delete(db)
}
