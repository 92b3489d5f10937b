//! Rows of client tools.

use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::Result;
use super::damage::{self, Place, damaged};
use crate::api::tool::ClientTool;
use crate::api::{Object, Timestamp, ToolId};

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

const COLUMNS: &str = "rowid, id, body";

/// A tool, and its name in words where it is the stand-in of a damaged one.
type Read = (ClientTool, Option<String>);

fn read(row: &Row<'_>) -> rusqlite::Result<Read> {
    let name = damage::name("tol_", damage::bytes(row, 1)?, row.get(0)?);
    let whole = serde_json::from_slice(damage::bytes(row, 2)?).ok();
    if let Some(whole) = whole.filter(|one: &ClientTool| one.id.as_str() == name) {
        return Ok((whole, None));
    }
    tracing::warn!(tool = name, "a record is damaged");
    let what = format!("tool {name}");
    Ok((stand_in(&name, &what), Some(what)))
}

fn stand_in(name: &str, what: &str) -> ClientTool {
    ClientTool {
        id: name.into(),
        kind: "client".to_owned(),
        name: format!("damaged: {name}"),
        title: None,
        description: damage::words(what),
        input_schema: Object::new(),
        output_schema: None,
        enabled: false,
        metadata: damage::note(what),
        created_at: Timestamp::UNIX_EPOCH,
        updated_at: Timestamp::UNIX_EPOCH,
        extra: Object::new(),
        damage: None,
    }
}

/// The tool, which must be whole.
pub fn get(db: &Connection, id: &ToolId) -> Result<Option<ClientTool>> {
    match find(db, id)? {
        Some((_, Some(what))) => Err(damaged(what)),
        found => Ok(found.map(|(one, _)| one)),
    }
}

fn find(db: &Connection, id: &ToolId) -> Result<Option<Read>> {
    let Some(row) = place(id).row(db)? else {
        return Ok(None);
    };
    let sql = format!("SELECT {COLUMNS} FROM tools WHERE rowid = ?1");
    Ok(db.prepare_cached(&sql)?.query_row([row], read).optional()?)
}

fn place(id: &ToolId) -> Place<'_> {
    Place { table: "tools", column: "id", prefix: "tol_", name: id.as_str(), within: None }
}

/// In order of their ids, beginning after `after`.
pub fn list(db: &Connection, after: Option<&str>, limit: u32) -> Result<Vec<ClientTool>> {
    let sql = format!("SELECT {COLUMNS} FROM tools WHERE id > ?1 ORDER BY id LIMIT ?2");
    let mut query = db.prepare_cached(&sql)?;
    let rows = query.query_map(params![after.unwrap_or(""), limit], read)?;
    rows.map(|row| Ok(row?.0)).collect()
}

pub fn delete(db: &Connection, id: &ToolId) -> Result<bool> {
    place(id).delete(db)
}
