//! Looking through a whole data directory: every seal opened, every record read, every reference
//! followed. Changes nothing, and may run beside the server.

use std::path::Path;

use rusqlite::Row;
use serde::de::DeserializeOwned;
use sha2::{Digest as _, Sha256};

use super::damage::{self, bytes, number, text};
use super::seal::{Seal, Subject, Vault};
use super::{Db, OpenError, Result, master_key, schema};
use crate::api::alias::Alias;
use crate::api::tool::ClientTool;
use crate::api::{Agent, Artifact, Session};
use crate::server::ownership;
use crate::text::units;

/// What was looked at, and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Report {
    pub agents: u64,
    pub sessions: u64,
    pub events: u64,
    pub artifacts: u64,
    pub secrets: u64,
    /// Calls that wait, inputs that are queued, and plans of parked turns.
    pub pending: u64,
    pub problems: Vec<String>,
}

impl Report {
    fn opens(&mut self, seal: &Seal, subject: Subject<'_>, sealed: &[u8], what: &str) -> Vec<u8> {
        seal.open(subject, sealed).unwrap_or_else(|_| {
            self.problems.push(format!("{what} does not open"));
            Vec::new()
        })
    }

    fn reads<T: DeserializeOwned>(&mut self, body: &[u8], what: &str, fits: impl Fn(&T) -> bool) {
        if !serde_json::from_slice(body).is_ok_and(|read| fits(&read)) {
            self.problems.push(format!("{what} cannot be read"));
        }
    }
}

/// Opens the database to read it, beside a server or alone, with the key that fits.
pub(super) fn open(directory: &Path) -> std::result::Result<Db, OpenError> {
    ownership::directory(directory)?;
    ownership::file(&directory.join(schema::FILE_NAME))?;
    let master = master_key::load(directory)?
        .ok_or_else(|| OpenError::KeyMissing { path: directory.join(master_key::FILE_NAME) })?;
    let db = schema::open_to_read(directory, &master)?;
    schema::is_current(&db, directory)?;
    schema::prove(&db, directory)?;
    Ok(db)
}

/// Checks the database in `directory`.
pub fn check(directory: &Path) -> std::result::Result<Report, OpenError> {
    let path = directory.join(schema::FILE_NAME);
    let db = open(directory)?;
    let corrupt = |error: super::StoreError| OpenError::Corrupt {
        path: path.clone(),
        why: error.to_string(),
    };
    let mut report = Report::default();
    files(&db, &mut report).map_err(corrupt)?;
    agents(&db, &mut report).map_err(corrupt)?;
    documents(&db, &mut report).map_err(corrupt)?;
    Ok(report)
}

/// What SQLite itself finds, and the record that proves the key.
fn files(db: &Db, report: &mut Report) -> Result<()> {
    report.problems.extend(schema::verdicts(db, "PRAGMA integrity_check(20)")?);
    let mut references = db.prepare("PRAGMA foreign_key_check")?;
    let found = references.query_map([], |row| {
        Ok((row.get::<_, String>(0)?, row.get::<_, Option<i64>>(1)?, row.get::<_, String>(2)?))
    })?;
    for reference in found {
        let (table, row, parent) = reference?;
        let row = row.unwrap_or_default();
        report.problems.push(format!("row {row} of {table} refers to nothing in {parent}"));
    }
    let proof = db.query_row("SELECT proof FROM master", [], |row| Ok(bytes(row, 0)?.to_vec()))?;
    report.opens(&db.master, Subject::Proof, &proof, "the record that proves the master key");
    Ok(())
}

/// A row's name in its first column and what is sealed in its second.
fn named(row: &Row<'_>) -> rusqlite::Result<(String, Vec<u8>)> {
    Ok((text(row, 0)?, bytes(row, 1)?.to_vec()))
}

fn agents(db: &Db, report: &mut Report) -> Result<()> {
    let mut query = db.prepare("SELECT key, seal_key, body FROM agents ORDER BY rowid")?;
    let rows = query.query_map([], |row| {
        let (key, wrapped) = named(row)?;
        Ok((key, wrapped, bytes(row, 2)?.to_vec()))
    })?;
    for row in rows {
        let (key, wrapped, body) = row?;
        report.agents += 1;
        report.reads(&body, &format!("agent {key}"), |agent: &Agent| agent.key.as_str() == key);
        let Ok(seal) = db.master.open_key(Subject::AgentKey(&key), &wrapped) else {
            report.problems.push(format!("the key of agent {key} does not open"));
            continue;
        };
        let mut secrets =
            db.prepare_cached("SELECT name, value FROM agent_secrets WHERE agent_key = ?1")?;
        for secret in secrets.query_map([&key], named)? {
            let (name, sealed) = secret?;
            report.secrets += 1;
            let what = format!("secret {name} of agent {key}");
            report.opens(&seal, Subject::AgentSecret(&name), &sealed, &what);
        }
        sessions(db, report, &key, &seal)?;
    }
    Ok(())
}

/// Tools and aliases.
fn documents(db: &Db, report: &mut Report) -> Result<()> {
    let mut tools = db.prepare("SELECT id, body FROM tools ORDER BY rowid")?;
    for row in tools.query_map([], named)? {
        let (id, body) = row?;
        report.reads(&body, &format!("tool {id}"), |tool: &ClientTool| tool.id.as_str() == id);
    }
    let mut aliases = db.prepare("SELECT key, body FROM aliases ORDER BY rowid")?;
    for row in aliases.query_map([], named)? {
        let (key, body) = row?;
        report.reads(&body, &format!("alias {key}"), |alias: &Alias| alias.key.as_str() == key);
    }
    Ok(())
}

struct SessionRow {
    id: i64,
    key: String,
    wrapped: Vec<u8>,
    continuation: Vec<u8>,
    description: Vec<u8>,
    body: Vec<u8>,
}

fn sessions(db: &Db, report: &mut Report, agent: &str, seal: &Seal) -> Result<()> {
    let mut query = db.prepare(
        "SELECT id, key, seal_key, continuation, body, description FROM sessions WHERE agent_key = ?1
         ORDER BY id",
    )?;
    let rows = query.query_map([agent], |row| {
        let id = row.get(0)?;
        Ok(SessionRow {
            id,
            key: damage::name("", bytes(row, 1)?, id),
            wrapped: bytes(row, 2)?.to_vec(),
            continuation: bytes(row, 3)?.to_vec(),
            body: bytes(row, 4)?.to_vec(),
            description: bytes(row, 5)?.to_vec(),
        })
    })?;
    for row in rows {
        let SessionRow { id, key, wrapped, continuation, description, body } = row?;
        report.sessions += 1;
        let name = format!("{agent}/{key}");
        let fits = |session: &Session| session.key.as_str() == key;
        report.reads(&body, &format!("session {name}"), fits);
        let Ok(seal) = seal.open_key(Subject::SessionKey(&key), &wrapped) else {
            report.problems.push(format!("the key of session {name} does not open"));
            continue;
        };
        if !continuation.is_empty() {
            report.pending += 1;
            let what = format!("the plan of session {name}");
            report.opens(&seal, Subject::Continuation, &continuation, &what);
        }
        if !description.is_empty() {
            let what = format!("the description of session {name}");
            report.opens(&seal, Subject::Description, &description, &what);
        }
        session(db, report, &name, &Vault { row: id, seal })?;
    }
    Ok(())
}

fn session(db: &Db, report: &mut Report, name: &str, vault: &Vault) -> Result<()> {
    let seal = &vault.seal;
    let mut events = db
        .prepare_cached("SELECT id, body, size, seq FROM events WHERE session = ?1 ORDER BY seq")?;
    let rows = events.query_map([vault.row], |row| {
        let id = damage::name("aev_", bytes(row, 0)?, row.get(3)?);
        Ok((id, bytes(row, 1)?.to_vec(), number(row, 2)?))
    })?;
    for row in rows {
        let (id, sealed, size) = row?;
        report.events += 1;
        let what = format!("event {id} of session {name}");
        let plain = report.opens(seal, Subject::Event(&id), &sealed, &what);
        if !plain.is_empty() && i64::try_from(plain.len()) != Ok(size) {
            report.problems.push(format!("{what} has another size than its row says"));
        }
    }
    let mut secrets =
        db.prepare_cached("SELECT name, value FROM session_secrets WHERE session = ?1")?;
    for row in secrets.query_map([vault.row], named)? {
        let (secret, sealed) = row?;
        report.secrets += 1;
        let what = format!("secret {secret} of session {name}");
        report.opens(seal, Subject::SessionSecret(&secret), &sealed, &what);
    }
    let mut calls = db.prepare_cached(
        "SELECT c.event_id, c.body, e.id IS NULL FROM pending_calls c
         LEFT JOIN events e ON e.session = c.session AND e.id = c.event_id AND e.type = 'tool_input'
         WHERE c.session = ?1",
    )?;
    let rows = calls.query_map([vault.row], |row| {
        let (id, body) = named(row)?;
        Ok((id, body, row.get::<_, bool>(2)?))
    })?;
    for row in rows {
        let (id, sealed, is_lost) = row?;
        report.pending += 1;
        let what = format!("the call {id} that waits in session {name}");
        report.opens(seal, Subject::PendingCall(&id), &sealed, &what);
        if is_lost {
            report.problems.push(format!("{what} has no tool_input"));
        }
    }
    let mut queued = db.prepare_cached("SELECT body FROM queued_inputs WHERE session = ?1")?;
    for sealed in queued.query_map([vault.row], |row| Ok(bytes(row, 0)?.to_vec()))? {
        report.pending += 1;
        let what = format!("an input queued for session {name}");
        report.opens(seal, Subject::QueuedInput, &sealed?, &what);
    }
    let mut spans = db.prepare_cached("SELECT id, body FROM spans WHERE session = ?1")?;
    for row in spans.query_map([vault.row], named)? {
        let (id, sealed) = row?;
        let what = format!("span {id} of session {name}");
        report.opens(seal, Subject::Span(&id), &sealed, &what);
    }
    let mut thoughts = db.prepare_cached("SELECT id, body FROM reasonings WHERE session = ?1")?;
    for row in thoughts.query_map([vault.row], named)? {
        let (id, sealed) = row?;
        let what = format!("what goes back with the call {id} of session {name}");
        report.opens(seal, Subject::Reasoning(&id), &sealed, &what);
    }
    let mut errands = db.prepare_cached("SELECT body FROM errands WHERE session = ?1")?;
    for sealed in errands.query_map([vault.row], |row| Ok(bytes(row, 0)?.to_vec()))? {
        let what = format!("the call that session {name} works for");
        report.opens(seal, Subject::Errand, &sealed?, &what);
    }
    artifacts(db, report, name, vault)
}

fn artifacts(db: &Db, report: &mut Report, name: &str, vault: &Vault) -> Result<()> {
    let mut query = db.prepare_cached("SELECT id, body, data FROM artifacts WHERE session = ?1")?;
    let rows = query.query_map([vault.row], |row| {
        let (id, body) = named(row)?;
        Ok((id, body, bytes(row, 2)?.to_vec()))
    })?;
    for row in rows {
        let (id, body, data) = row?;
        report.artifacts += 1;
        let what = format!("artifact {id} of session {name}");
        let body = report.opens(&vault.seal, Subject::Artifact(&id), &body, &what);
        let subject = Subject::ArtifactData(&id);
        let data = report.opens(&vault.seal, subject, &data, &format!("the data of {what}"));
        let described = serde_json::from_slice::<Artifact>(&body).ok();
        let fits = described.is_some_and(|artifact| {
            artifact.size_bytes == data.len() as u64
                && artifact.checksum_sha256 == units::hex(&Sha256::digest(&data))
        });
        if !body.is_empty() && !fits {
            report.problems.push(format!("{what} has another size or checksum than it says"));
        }
    }
    Ok(())
}
