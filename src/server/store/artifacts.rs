//! Rows of artifacts. Listing never touches the data.

use rusqlite::{Connection, OptionalExtension as _, params};

use super::Result;
use crate::api::{Artifact, ArtifactId};

pub fn insert(db: &Connection, session: i64, artifact: &Artifact, data: &[u8]) -> Result<()> {
    db.execute(
        "INSERT INTO artifacts (session, id, created_at, updated_at, body, data)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        params![
            session,
            artifact.id.as_str(),
            artifact.created_at.as_millisecond(),
            artifact.updated_at.as_millisecond(),
            serde_json::to_string(artifact)?,
            data
        ],
    )?;
    Ok(())
}

/// How artifacts are sorted (contract section 3.8).
#[derive(Debug, Clone, Copy)]
pub struct Listing {
    pub by_update: bool,
    pub ascending: bool,
    /// Artifacts on the pages before.
    pub offset: u32,
    pub limit: u32,
}

pub fn list(db: &Connection, session: i64, listing: Listing) -> Result<Vec<Artifact>> {
    let column = if listing.by_update { "updated_at" } else { "created_at" };
    let order = if listing.ascending { "ASC" } else { "DESC" };
    let sql = format!(
        "SELECT body FROM artifacts WHERE session = ?1
         ORDER BY {column} {order}, seq {order} LIMIT ?2 OFFSET ?3"
    );
    let mut query = db.prepare_cached(&sql)?;
    let rows = query.query_map(params![session, listing.limit, listing.offset], |row| {
        row.get::<_, String>(0)
    })?;
    rows.map(|body| Ok(serde_json::from_str(&body?)?)).collect()
}

/// The artifact and its bytes.
pub fn get(db: &Connection, session: i64, id: &ArtifactId) -> Result<Option<(Artifact, Vec<u8>)>> {
    let found: Option<(String, Vec<u8>)> = db
        .query_row(
            "SELECT body, data FROM artifacts WHERE session = ?1 AND id = ?2",
            params![session, id.as_str()],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .optional()?;
    found.map(|(body, data)| Ok((serde_json::from_str(&body)?, data))).transpose()
}
