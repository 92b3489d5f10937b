//! Rows of agents.

use rusqlite::{Connection, OptionalExtension as _, Row, params};
use serde_json::json;

use super::damage::{self, Place, damaged};
use super::seal::{Seal, Subject};
use super::{Db, Result};
use crate::api::agent::AgentModel;
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
    let open = |wrapped: Vec<u8>| {
        let seal = db.master.open_key(Subject::AgentKey(key), &wrapped);
        seal.map_err(|_| damaged(format!("the key of agent {key}")))
    };
    wrapped.map(open).transpose()
}

const COLUMNS: &str = "rowid, key, body, name, created_at";

/// The agent, or a stand-in of one whose record is damaged.
fn read(row: &Row<'_>) -> rusqlite::Result<Agent> {
    let key = damage::name("", damage::bytes(row, 1)?, row.get(0)?);
    let whole = serde_json::from_slice(damage::bytes(row, 2)?).ok();
    let whole = whole.filter(|agent: &Agent| agent.key.as_str() == key);
    if let Some(agent) = whole {
        return Ok(agent);
    }
    tracing::warn!(agent = key, "an agent is damaged");
    let what = format!("agent {key}");
    Ok(Agent {
        name: damage::text(row, 3)?,
        description: Some(damage::words(&what)),
        enabled: false,
        metadata: damage::note(&what),
        model: AgentModel { name: damage::RECORD.to_owned(), ..AgentModel::default() },
        first_step: json!({
            "name": damage::RECORD, "instructions": [], "output_parser": {"type": "default"},
        }),
        created_at: Some(damage::time(damage::number(row, 4)?)),
        damage: Some(what),
        ..Agent::unread(key.into())
    })
}

/// The agent, which must be whole.
pub fn get(db: &Connection, key: &AgentKey) -> Result<Option<Agent>> {
    let whole = |agent: Agent| match agent.damage {
        Some(what) => Err(damaged(what)),
        None => Ok(agent),
    };
    find(db, key)?.map(whole).transpose()
}

/// The agent, or the stand-in of a damaged one.
pub fn find(db: &Connection, key: &AgentKey) -> Result<Option<Agent>> {
    let sql = format!("SELECT {COLUMNS} FROM agents WHERE key = ?1");
    let found = db.prepare_cached(&sql)?.query_row([key.as_str()], read).optional()?;
    if found.is_some() {
        return Ok(found);
    }
    let sql = format!("SELECT {COLUMNS} FROM agents WHERE rowid = ?1");
    let row = place(key).row(db)?;
    Ok(row.map(|row| db.query_row(&sql, [row], read)).transpose()?)
}

fn place(key: &AgentKey) -> Place<'_> {
    Place { table: "agents", column: "key", prefix: "", name: key.as_str(), within: None }
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
    let sql = format!("SELECT {COLUMNS} FROM agents WHERE key > ?1 ORDER BY key LIMIT ?2");
    let mut query = db.prepare_cached(&sql)?;
    let rows = query.query_map(params![after.unwrap_or(""), limit], read)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Removes an agent with its key, its secrets and its sessions; `false` when there was none.
pub fn delete(db: &Connection, key: &AgentKey) -> Result<bool> {
    place(key).delete(db)
}
