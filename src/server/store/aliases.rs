//! Rows of aliases.

use rusqlite::{Connection, OptionalExtension as _, params};

use super::Result;
use crate::api::AliasKey;
use crate::api::alias::Alias;

/// Adds one; `false` when its key is taken.
pub fn insert(db: &Connection, one: &Alias) -> Result<bool> {
    let added = db.execute(
        "INSERT INTO aliases (key, body) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
        params![one.key.as_str(), serde_json::to_string(one)?],
    )?;
    Ok(added > 0)
}

pub fn update(db: &Connection, one: &Alias) -> Result<()> {
    db.execute(
        "UPDATE aliases SET body = ?2 WHERE key = ?1",
        params![one.key.as_str(), serde_json::to_string(one)?],
    )?;
    Ok(())
}

pub fn get(db: &Connection, key: &AliasKey) -> Result<Option<Alias>> {
    let body: Option<String> = db
        .prepare_cached("SELECT body FROM aliases WHERE key = ?1")?
        .query_row([key.as_str()], |row| row.get(0))
        .optional()?;
    Ok(body.map(|body| serde_json::from_str(&body)).transpose()?)
}

/// In order of their keys, beginning after `after`.
pub fn list(db: &Connection, after: Option<&str>, limit: u32) -> Result<Vec<Alias>> {
    let mut query =
        db.prepare_cached("SELECT body FROM aliases WHERE key > ?1 ORDER BY key LIMIT ?2")?;
    let rows =
        query.query_map(params![after.unwrap_or(""), limit], |row| row.get::<_, String>(0))?;
    rows.map(|body| Ok(serde_json::from_str(&body?)?)).collect()
}

pub fn delete(db: &Connection, key: &AliasKey) -> Result<bool> {
    Ok(db.execute("DELETE FROM aliases WHERE key = ?1", [key.as_str()])? > 0)
}

/// Whether sessions that the alias made still exist.
pub fn has_sessions(db: &Connection, key: &AliasKey) -> Result<bool> {
    Ok(db
        .query_row(
            "SELECT 1 FROM sessions WHERE alias_key = ?1 LIMIT 1",
            [key.as_str()],
            |_| Ok(()),
        )
        .optional()?
        .is_some())
}
