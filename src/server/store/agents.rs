//! Rows of agents.

use rusqlite::{Connection, OptionalExtension as _, params};

use super::seal::{Seal, Subject};
use super::{Db, Result};
use crate::api::{Agent, AgentKey};

/// Why a new agent was refused.
#[derive(Debug, PartialEq, Eq)]
pub enum Taken {
    Key,
    Name,
}

/// Adds an agent with a key of its own, or says which of its names another one has.
pub fn insert(db: &Db, agent: &Agent) -> Result<std::result::Result<(), Taken>> {
    let taken = |column: &str, value: &str| -> Result<bool> {
        let sql = format!("SELECT 1 FROM agents WHERE {column} = ?1");
        Ok(db.query_row(&sql, [value], |_| Ok(())).optional()?.is_some())
    };
    if taken("key", agent.key.as_str())? {
        return Ok(Err(Taken::Key));
    }
    if taken("name", &agent.name)? {
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
        .query_row("SELECT body FROM agents WHERE key = ?1", [key.as_str()], |row| row.get(0))
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

/// Agents in order of their keys, beginning after `after`.
pub fn list(db: &Connection, after: Option<&str>, limit: u32) -> Result<Vec<Agent>> {
    let mut query =
        db.prepare_cached("SELECT body FROM agents WHERE key > ?1 ORDER BY key LIMIT ?2")?;
    let rows =
        query.query_map(params![after.unwrap_or(""), limit], |row| row.get::<_, String>(0))?;
    rows.map(|body| Ok(serde_json::from_str(&body?)?)).collect()
}

/// Removes an agent with its sessions; `false` when there was none.
pub fn delete(db: &Connection, key: &AgentKey) -> Result<bool> {
    Ok(db.execute("DELETE FROM agents WHERE key = ?1", [key.as_str()])? > 0)
}
