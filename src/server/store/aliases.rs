//! Rows of aliases.

use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::Result;
use super::damage::{self, Place, damaged};
use crate::api::alias::{Alias, Policy};
use crate::api::{AliasKey, Timestamp};

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

const COLUMNS: &str = "rowid, key, body";

/// An alias, and its name in words where it is the stand-in of a damaged one.
type Read = (Alias, Option<String>);

fn read(row: &Row<'_>) -> rusqlite::Result<Read> {
    let name = damage::name("", damage::bytes(row, 1)?, row.get(0)?);
    let whole = serde_json::from_slice(damage::bytes(row, 2)?).ok();
    if let Some(whole) = whole.filter(|one: &Alias| one.key.as_str() == name) {
        return Ok((whole, None));
    }
    tracing::warn!(alias = name, "a record is damaged");
    let what = format!("alias {name}");
    Ok((stand_in(&name, &what), Some(what)))
}

fn stand_in(name: &str, what: &str) -> Alias {
    Alias {
        key: name.into(),
        name: format!("damaged: {name}"),
        description: Some(damage::words(what)),
        policy: Policy::Routed { rules: Vec::new() },
        enabled: false,
        metadata: Some(damage::note(what)),
        created_at: Timestamp::UNIX_EPOCH,
        updated_at: None,
        damage: None,
    }
}

/// The alias, which must be whole.
pub fn get(db: &Connection, key: &AliasKey) -> Result<Option<Alias>> {
    match find(db, key)? {
        Some((_, Some(what))) => Err(damaged(what)),
        found => Ok(found.map(|(one, _)| one)),
    }
}

fn find(db: &Connection, key: &AliasKey) -> Result<Option<Read>> {
    let Some(row) = place(key).row(db)? else {
        return Ok(None);
    };
    let sql = format!("SELECT {COLUMNS} FROM aliases WHERE rowid = ?1");
    Ok(db.prepare_cached(&sql)?.query_row([row], read).optional()?)
}

fn place(key: &AliasKey) -> Place<'_> {
    Place { table: "aliases", column: "key", prefix: "", name: key.as_str(), within: None }
}

/// In order of their keys, beginning after `after`.
pub fn list(db: &Connection, after: Option<&str>, limit: u32) -> Result<Vec<Alias>> {
    let sql = format!("SELECT {COLUMNS} FROM aliases WHERE key > ?1 ORDER BY key LIMIT ?2");
    let mut query = db.prepare_cached(&sql)?;
    let rows = query.query_map(params![after.unwrap_or(""), limit], read)?;
    rows.map(|row| Ok(row?.0)).collect()
}

pub fn delete(db: &Connection, key: &AliasKey) -> Result<bool> {
    place(key).delete(db)
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
