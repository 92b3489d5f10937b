//! Rows of client tools.

use rusqlite::{Connection, OptionalExtension as _, params};

use super::Result;
use crate::api::ToolId;
use crate::api::tool::ClientTool;

/// Adds one; `false` when its id is taken.
pub fn insert(db: &Connection, one: &ClientTool) -> Result<bool> {
    let added = db.execute(
        "INSERT INTO tools (id, body) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
        params![one.id.as_str(), serde_json::to_string(one)?],
    )?;
    Ok(added > 0)
}

pub fn update(db: &Connection, one: &ClientTool) -> Result<()> {
    db.execute(
        "UPDATE tools SET body = ?2 WHERE id = ?1",
        params![one.id.as_str(), serde_json::to_string(one)?],
    )?;
    Ok(())
}

pub fn get(db: &Connection, id: &ToolId) -> Result<Option<ClientTool>> {
    let body: Option<String> = db
        .prepare_cached("SELECT body FROM tools WHERE id = ?1")?
        .query_row([id.as_str()], |row| row.get(0))
        .optional()?;
    Ok(body.map(|body| serde_json::from_str(&body)).transpose()?)
}

/// In order of their ids, beginning after `after`.
pub fn list(db: &Connection, after: Option<&str>, limit: u32) -> Result<Vec<ClientTool>> {
    let mut query =
        db.prepare_cached("SELECT body FROM tools WHERE id > ?1 ORDER BY id LIMIT ?2")?;
    let rows =
        query.query_map(params![after.unwrap_or(""), limit], |row| row.get::<_, String>(0))?;
    rows.map(|body| Ok(serde_json::from_str(&body?)?)).collect()
}

pub fn delete(db: &Connection, id: &ToolId) -> Result<bool> {
    Ok(db.execute("DELETE FROM tools WHERE id = ?1", [id.as_str()])? > 0)
}
