//! Rows of agents.

use rusqlite::{Connection, OptionalExtension as _, params};

use super::seal::{Seal, Subject};
use super::{Db, Result};
use crate::api::{Agent, AgentKey};

/// Why an agent was refused.
#[derive(Debug, PartialEq, Eq)]
pub enum Taken {
    Key,
    Name,
}

/// Adds an agent with a key of its own, or says which of its names another one has.
pub fn insert(db: &Db, agent: &Agent) -> Result<std::result::Result<(), Taken>> {
    if exists(db, &agent.key)? {
        return Ok(Err(Taken::Key));
    }
    if is_name_taken(db, agent)? {
        return Ok(Err(Taken::Name));
    }
    let created_at = agent.created_at.map_or(0, jiff::Timestamp::as_millisecond);
    let (_, wrapped) = db.master.new_key(Subject::AgentKey(agent.key.as_str()))?;
    db.execute(
        "INSERT INTO agents (key, name, enabled, created_at, body, seal_key)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        params![
            agent.key.as_str(),
            agent.name,
            agent.enabled,
            created_at,
            serde_json::to_string(agent)?,
            wrapped
        ],
    )?;
    Ok(Ok(()))
}

/// Writes an agent back; its key is what it was.
pub fn update(db: &Db, agent: &Agent) -> Result<std::result::Result<(), Taken>> {
    if is_name_taken(db, agent)? {
        return Ok(Err(Taken::Name));
    }
    db.execute(
        "UPDATE agents SET name = ?2, enabled = ?3, body = ?4 WHERE key = ?1",
        params![agent.key.as_str(), agent.name, agent.enabled, serde_json::to_string(agent)?],
    )?;
    Ok(Ok(()))
}

fn is_name_taken(db: &Connection, agent: &Agent) -> Result<bool> {
    Ok(db
        .query_row(
            "SELECT 1 FROM agents WHERE name = ?1 AND key <> ?2",
            [agent.name.as_str(), agent.key.as_str()],
            |_| Ok(()),
        )
        .optional()?
        .is_some())
}

/// The key of what belongs to an agent; `None` when there is no such agent.
pub(super) fn seal(db: &Db, key: &str) -> Result<Option<Seal>> {
    let wrapped: Option<Vec<u8>> = db
        .prepare_cached("SELECT seal_key FROM agents WHERE key = ?1")?
        .query_row([key], |row| row.get(0))
        .optional()?;
    Ok(wrapped.map(|wrapped| db.master.open_key(Subject::AgentKey(key), &wrapped)).transpose()?)
}

pub fn get(db: &Connection, key: &AgentKey) -> Result<Option<Agent>> {
    let body: Option<String> = db
        .prepare_cached("SELECT body FROM agents WHERE key = ?1")?
        .query_row([key.as_str()], |row| row.get(0))
        .optional()?;
    Ok(body.map(|body| serde_json::from_str(&body)).transpose()?)
}

pub fn exists(db: &Connection, key: &AgentKey) -> Result<bool> {
    Ok(db
        .prepare_cached("SELECT 1 FROM agents WHERE key = ?1")?
        .query_row([key.as_str()], |_| Ok(()))
        .optional()?
        .is_some())
}

/// Whether a new session may be given to this agent.
pub fn is_usable(db: &Connection, key: &AgentKey) -> Result<bool> {
    Ok(get(db, key)?.is_some_and(|agent| agent.enabled))
}

/// Agents in order of their keys, beginning after `after`.
pub fn list(db: &Connection, after: Option<&str>, limit: u32) -> Result<Vec<Agent>> {
    let mut query =
        db.prepare_cached("SELECT body FROM agents WHERE key > ?1 ORDER BY key LIMIT ?2")?;
    let rows =
        query.query_map(params![after.unwrap_or(""), limit], |row| row.get::<_, String>(0))?;
    rows.map(|body| Ok(serde_json::from_str(&body?)?)).collect()
}

/// Removes an agent with its key, its secrets and its sessions; `false` when there was none.
pub fn delete(db: &Connection, key: &AgentKey) -> Result<bool> {
    Ok(db.execute("DELETE FROM agents WHERE key = ?1", [key.as_str()])? > 0)
}
