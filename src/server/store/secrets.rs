//! Secrets of agents and sessions: names in clear, values sealed.

use std::collections::BTreeMap;

use rusqlite::{Row, params};

use super::damage::{self, damaged};
use super::seal::{Seal, Subject, Vault};
use super::{Db, Result, agents};
use crate::api::AgentKey;

/// Name to value, in clear. Never to be logged, and shown only as `****`.
pub type Secrets = BTreeMap<String, String>;

/// What stands for a value wherever it is shown.
pub const MASK: &str = "****";

/// New values by name; `None` removes a secret.
pub type SecretChanges = BTreeMap<String, Option<String>>;

/// A secret in clear. A damaged one is in the way of whoever needs it, until it is set again.
fn open(seal: &Seal, subject: Subject<'_>, name: &str, sealed: &[u8]) -> Result<String> {
    let plain = seal.open(subject, sealed).ok();
    let text = plain.and_then(|plain| String::from_utf8(plain).ok());
    text.ok_or_else(|| damaged(format!("secret {name}")))
}

fn read(row: &Row<'_>) -> rusqlite::Result<(String, Vec<u8>)> {
    Ok((damage::text(row, 0)?, damage::bytes(row, 1)?.to_vec()))
}

/// What an agent's secrets are called.
pub fn names_of_agent(db: &Db, agent: &str) -> Result<Vec<String>> {
    let mut query =
        db.prepare_cached("SELECT name FROM agent_secrets WHERE agent_key = ?1 ORDER BY name")?;
    let names = query.query_map([agent], |row| damage::text(row, 0))?;
    Ok(names.collect::<rusqlite::Result<_>>()?)
}

/// An agent's secrets; `None` when there is no such agent.
pub fn of_agent(db: &Db, agent: &str) -> Result<Option<Secrets>> {
    let Some(seal) = agents::seal(db, agent)? else {
        return Ok(None);
    };
    let mut query =
        db.prepare_cached("SELECT name, value FROM agent_secrets WHERE agent_key = ?1")?;
    let rows = query.query_map([agent], read)?;
    let secrets = rows.map(|row| {
        let (name, sealed) = row?;
        let value = open(&seal, Subject::AgentSecret(&name), &name, &sealed)?;
        Ok((name, value))
    });
    secrets.collect::<Result<Secrets>>().map(Some)
}

/// Sets and removes secrets of an agent that exists; those that are not named stay.
pub fn change_agents(db: &Db, agent: &str, changes: &SecretChanges) -> Result<()> {
    let Some(seal) = agents::seal(db, agent)? else {
        return Ok(());
    };
    for (name, value) in changes {
        match value {
            Some(value) => {
                let sealed = seal.seal(Subject::AgentSecret(name), value.as_bytes())?;
                db.execute(
                    "INSERT OR REPLACE INTO agent_secrets (agent_key, name, value)
                     VALUES (?1, ?2, ?3)",
                    params![agent, name, sealed],
                )?;
            }
            None => {
                db.execute(
                    "DELETE FROM agent_secrets WHERE agent_key = ?1 AND name = ?2",
                    params![agent, name],
                )?;
            }
        }
    }
    Ok(())
}

/// Removes an agent's secrets, all of them.
pub fn clear_agents(db: &Db, agent: &str) -> Result<()> {
    db.execute("DELETE FROM agent_secrets WHERE agent_key = ?1", [agent])?;
    Ok(())
}

/// A session's secrets.
pub fn of_session(db: &Db, vault: &Vault) -> Result<Secrets> {
    let mut query =
        db.prepare_cached("SELECT name, value FROM session_secrets WHERE session = ?1")?;
    let rows = query.query_map([vault.row], read)?;
    rows.map(|row| {
        let (name, sealed) = row?;
        let value = open(&vault.seal, Subject::SessionSecret(&name), &name, &sealed)?;
        Ok((name, value))
    })
    .collect()
}

/// Sets and removes secrets of a session; those that are not named stay.
pub fn change_sessions(db: &Db, vault: &Vault, changes: &SecretChanges) -> Result<()> {
    for (name, value) in changes {
        match value {
            Some(value) => {
                let sealed = vault.seal.seal(Subject::SessionSecret(name), value.as_bytes())?;
                db.execute(
                    "INSERT OR REPLACE INTO session_secrets (session, name, value)
                     VALUES (?1, ?2, ?3)",
                    params![vault.row, name, sealed],
                )?;
            }
            None => {
                db.execute(
                    "DELETE FROM session_secrets WHERE session = ?1 AND name = ?2",
                    params![vault.row, name],
                )?;
            }
        }
    }
    Ok(())
}

/// What a session's tools can refer to: its own secrets and its agent's.
pub fn of_both(db: &Db, vault: &Vault, agent: &AgentKey) -> Result<(Secrets, Secrets)> {
    let agents = of_agent(db, agent.as_str())?.unwrap_or_default();
    Ok((of_session(db, vault)?, agents))
}
