//! Rows of artifacts. Listing never touches the data.

use rusqlite::{OptionalExtension as _, params};

use super::seal::{Subject, Vault};
use super::{Db, Result};
use crate::api::{Artifact, ArtifactId};

pub fn insert(db: &Db, vault: &Vault, artifact: &Artifact, data: &[u8]) -> Result<()> {
    let id = artifact.id.as_str();
    let body = vault.seal.seal(Subject::Artifact(id), &serde_json::to_vec(artifact)?)?;
    db.execute(
        "INSERT INTO artifacts (session, id, created_at, updated_at, body, data)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        params![
            vault.row,
            id,
            artifact.created_at.as_millisecond(),
            artifact.updated_at.as_millisecond(),
            body,
            vault.seal.seal(Subject::ArtifactData(id), data)?
        ],
    )?;
    Ok(())
}

/// The last artifact of a page: its time by the chosen order, and its row.
#[derive(Debug, Clone, Copy)]
pub struct PageEnd {
    pub time: i64,
    pub seq: i64,
}

/// How artifacts are sorted (contract section 3.8).
#[derive(Debug, Clone, Copy)]
pub struct Listing {
    pub by_update: bool,
    pub ascending: bool,
    pub after: Option<PageEnd>,
    pub limit: u32,
}

pub fn list(db: &Db, vault: &Vault, listing: Listing) -> Result<Vec<(PageEnd, Artifact)>> {
    let column = if listing.by_update { "updated_at" } else { "created_at" };
    let (order, beyond, start) = if listing.ascending {
        ("ASC", ">", PageEnd { time: i64::MIN, seq: i64::MIN })
    } else {
        ("DESC", "<", PageEnd { time: i64::MAX, seq: i64::MAX })
    };
    let after = listing.after.unwrap_or(start);
    let sql = format!(
        "SELECT {column}, seq, id, body FROM artifacts
         WHERE session = ?1 AND ({column}, seq) {beyond} (?2, ?3)
         ORDER BY {column} {order}, seq {order} LIMIT ?4"
    );
    let mut query = db.prepare_cached(&sql)?;
    let rows =
        query.query_map(params![vault.row, after.time, after.seq, listing.limit], |row| {
            let place = PageEnd { time: row.get(0)?, seq: row.get(1)? };
            Ok((place, row.get::<_, String>(2)?, row.get::<_, Vec<u8>>(3)?))
        })?;
    rows.map(|row| {
        let (place, id, sealed) = row?;
        let plain = vault.seal.open(Subject::Artifact(&id), &sealed)?;
        Ok((place, serde_json::from_slice(&plain)?))
    })
    .collect()
}

/// The artifact and its bytes.
pub fn get(db: &Db, vault: &Vault, id: &ArtifactId) -> Result<Option<(Artifact, Vec<u8>)>> {
    let id = id.as_str();
    let found: Option<(Vec<u8>, Vec<u8>)> = db
        .query_row(
            "SELECT body, data FROM artifacts WHERE session = ?1 AND id = ?2",
            params![vault.row, id],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .optional()?;
    found
        .map(|(body, data)| {
            let body = vault.seal.open(Subject::Artifact(id), &body)?;
            let data = vault.seal.open(Subject::ArtifactData(id), &data)?;
            Ok((serde_json::from_slice(&body)?, data))
        })
        .transpose()
}

/// Copies every artifact of one session into another, under the same ids: events refer to them.
pub fn copy(db: &Db, from: &Vault, into: &Vault) -> Result<()> {
    let mut query =
        db.prepare_cached("SELECT id FROM artifacts WHERE session = ?1 ORDER BY seq")?;
    let ids = query.query_map([from.row], |row| row.get::<_, String>(0))?;
    for id in ids {
        if let Some((artifact, data)) = get(db, from, &ArtifactId::from(id?))? {
            insert(db, into, &artifact, &data)?;
        }
    }
    Ok(())
}
