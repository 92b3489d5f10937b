//! Rows of artifacts. Listing never touches the data.

use rusqlite::{OptionalExtension as _, Row, params};

use super::damage::{self, damaged};
use super::seal::{OVERHEAD, Subject, Vault};
use super::{Db, Result, StoreError};
use crate::api::{Artifact, ArtifactId, Object};

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
        "SELECT {column}, seq, id, body, created_at, updated_at, length(data) FROM artifacts
         WHERE session = ?1 AND ({column}, seq) {beyond} (?2, ?3)
         ORDER BY {column} {order}, seq {order} LIMIT ?4"
    );
    let mut query = db.prepare_cached(&sql)?;
    let rows =
        query.query_map(params![vault.row, after.time, after.seq, listing.limit], |row| {
            let place = PageEnd { time: damage::number(row, 0)?, seq: row.get(1)? };
            let id = damage::name("art_", damage::bytes(row, 2)?, place.seq);
            let plain = vault.seal.open(Subject::Artifact(&id), damage::bytes(row, 3)?).ok();
            let whole = plain.and_then(|plain| serde_json::from_slice(&plain).ok());
            Ok((
                place,
                match whole {
                    Some(artifact) => artifact,
                    None => stand_in(row, &id)?,
                },
            ))
        })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// What is still known of an artifact whose record does not open: its times, and the size of its
/// data. The checksum is left empty, which fits no file.
fn stand_in(row: &Row<'_>, id: &str) -> rusqlite::Result<Artifact> {
    tracing::warn!(artifact = id, "an artifact is damaged");
    let what = format!("artifact {id}");
    let sealed = u64::try_from(damage::number(row, 6)?).unwrap_or(0);
    Ok(Artifact {
        id: id.into(),
        filename: format!("damaged-{id}"),
        mime_type: "application/octet-stream".to_owned(),
        size_bytes: sealed.saturating_sub(OVERHEAD as u64),
        checksum_sha256: String::new(),
        metadata: damage::note(&what),
        created_at: damage::time(damage::number(row, 4)?),
        updated_at: damage::time(damage::number(row, 5)?),
        description: Some(damage::words(&what)),
        ttl_days: None,
        data: None,
        extra: Object::new(),
        damage: Some(what),
    })
}

/// The artifact and its bytes.
pub fn get(db: &Db, vault: &Vault, id: &ArtifactId) -> Result<Option<(Artifact, Vec<u8>)>> {
    let id = id.as_str();
    let found: Option<(Vec<u8>, Vec<u8>)> = db
        .query_row(
            "SELECT body, data FROM artifacts WHERE session = ?1 AND id = ?2",
            params![vault.row, id],
            |row| Ok((damage::bytes(row, 0)?.to_vec(), damage::bytes(row, 1)?.to_vec())),
        )
        .optional()?;
    let open = |(body, data): (Vec<u8>, Vec<u8>)| {
        let body = vault.seal.open(Subject::Artifact(id), &body).ok()?;
        let data = vault.seal.open(Subject::ArtifactData(id), &data).ok()?;
        Some((serde_json::from_slice(&body).ok()?, data))
    };
    let opened = |sealed| open(sealed).ok_or_else(|| damaged(format!("artifact {id}")));
    found.map(opened).transpose()
}

/// How many files a session has, and their bytes as they are stored.
pub fn weight(db: &Db, session: i64) -> Result<(u64, u64)> {
    let sql = "SELECT COUNT(*), COALESCE(SUM(LENGTH(data)), 0) FROM artifacts WHERE session = ?1";
    let mut query = db.prepare_cached(sql)?;
    let number = |number: i64| u64::try_from(number).unwrap_or(0);
    Ok(query.query_row([session], |row| Ok((number(row.get(0)?), number(row.get(1)?))))?)
}

/// Copies every artifact of one session into another, under the same ids: events refer to them.
pub fn copy(db: &Db, from: &Vault, into: &Vault) -> Result<()> {
    let mut query =
        db.prepare_cached("SELECT seq, id FROM artifacts WHERE session = ?1 ORDER BY seq")?;
    let rows = query.query_map([from.row], |row| {
        let seq: i64 = row.get(0)?;
        Ok((seq, damage::name("art_", damage::bytes(row, 1)?, seq)))
    })?;
    for row in rows {
        let (seq, id) = row?;
        match get(db, from, &ArtifactId::from(id.as_str())) {
            Ok(Some((artifact, data))) => insert(db, into, &artifact, &data)?,
            // The copy is as damaged: it hides no loss.
            Ok(None) | Err(StoreError::Damaged { .. }) => {
                db.execute(
                    "INSERT INTO artifacts (session, id, created_at, updated_at, body, data)
                     SELECT ?2, ?3, created_at, updated_at, body, data FROM artifacts
                     WHERE seq = ?1",
                    params![seq, into.row, id],
                )?;
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
