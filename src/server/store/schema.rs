//! Tables, pragmas and the version of both.

use std::cmp::Ordering;
use std::fs::{self, OpenOptions};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension as _};

use super::seal::{Seal, Subject};
use super::{
    Db, OpenError, StoreError, damage, errands, master_key, migrations, reasonings, shrinking,
    traces,
};
use crate::server::lasting::Lasting;
use crate::server::ownership;

pub(super) const FILE_NAME: &str = "foretop.db";

/// Stored in `user_version`. Raise it with a migration, never without.
pub(super) const VERSION: i64 = 6;

/// How long the writer waits for readers before it gives up emptying the log.
const BUSY: Duration = Duration::from_millis(200);

const PROOF: &[u8] = b"this is the key";

/// Columns named `body`, `data`, `value` and `seal_key` are sealed unless said otherwise.
const TABLES: &str = "
CREATE TABLE master (
    id          INTEGER PRIMARY KEY CHECK (id = 1),
    proof       BLOB NOT NULL              -- opens only under the right master key
) STRICT;

CREATE TABLE agents (
    key         TEXT PRIMARY KEY,
    name        TEXT NOT NULL UNIQUE,
    enabled     INTEGER NOT NULL,
    created_at  INTEGER NOT NULL,          -- milliseconds since 1970
    body        TEXT NOT NULL,             -- the whole agent as plain JSON
    seal_key    BLOB NOT NULL              -- under the master key
) STRICT;

CREATE TABLE agent_secrets (
    agent_key   TEXT NOT NULL REFERENCES agents(key) ON DELETE CASCADE ON UPDATE CASCADE,
    name        TEXT NOT NULL,
    value       BLOB NOT NULL,
    PRIMARY KEY (agent_key, name)
) STRICT;

CREATE TABLE tools (
    id          TEXT PRIMARY KEY,
    body        TEXT NOT NULL              -- plain JSON
) STRICT;

CREATE TABLE aliases (
    key         TEXT PRIMARY KEY,
    body        TEXT NOT NULL              -- plain JSON
) STRICT;

CREATE TABLE sessions (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    agent_key   TEXT NOT NULL REFERENCES agents(key) ON DELETE CASCADE,
    key         TEXT NOT NULL,
    alias_key   TEXT,
    status      TEXT NOT NULL,
    created_at  INTEGER NOT NULL,
    touched_at  INTEGER NOT NULL,          -- when something last happened in it
    tti_minutes INTEGER NOT NULL,          -- idle minutes until it is deleted; 0 for never
    body        TEXT NOT NULL,             -- plain JSON, less key, agent, status and secrets
    seal_key    BLOB NOT NULL,             -- under the agent's key
    continuation BLOB,                     -- sealed: what a parked turn does after its answers
    context_base INTEGER NOT NULL DEFAULT 0,
    description BLOB,                      -- sealed: words of the event described_by
    described_by TEXT,
    UNIQUE (agent_key, key)
) STRICT;
CREATE INDEX sessions_by_alias ON sessions (alias_key, key) WHERE alias_key IS NOT NULL;
CREATE INDEX sessions_to_expire ON sessions (tti_minutes, touched_at) WHERE tti_minutes > 0;

CREATE TABLE session_secrets (
    session     INTEGER NOT NULL REFERENCES sessions(id) ON DELETE CASCADE,
    name        TEXT NOT NULL,
    value       BLOB NOT NULL,
    PRIMARY KEY (session, name)
) STRICT;

CREATE TABLE events (
    seq         INTEGER PRIMARY KEY AUTOINCREMENT,
    session     INTEGER NOT NULL REFERENCES sessions(id) ON DELETE CASCADE,
    id          TEXT NOT NULL,
    type        TEXT NOT NULL,
    created_at  INTEGER NOT NULL,
    hide_reason TEXT,                      -- manual, compaction, or NULL while visible
    size        INTEGER NOT NULL,          -- bytes of the body before it was sealed
    body        BLOB NOT NULL,
    UNIQUE (session, id)
) STRICT;
CREATE INDEX events_by_session ON events (session, seq);
CREATE INDEX visible_events ON events (session, seq, size) WHERE hide_reason IS NULL;

CREATE TABLE pending_calls (
    session     INTEGER NOT NULL REFERENCES sessions(id) ON DELETE CASCADE,
    event_id    TEXT NOT NULL,
    tool_call_id TEXT NOT NULL,
    body        BLOB NOT NULL,
    PRIMARY KEY (session, event_id)
) STRICT;

CREATE TABLE queued_inputs (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    session     INTEGER NOT NULL REFERENCES sessions(id) ON DELETE CASCADE,
    body        BLOB NOT NULL
) STRICT;

CREATE TABLE artifacts (
    seq         INTEGER PRIMARY KEY AUTOINCREMENT,
    session     INTEGER NOT NULL REFERENCES sessions(id) ON DELETE CASCADE,
    id          TEXT NOT NULL,
    created_at  INTEGER NOT NULL,
    updated_at  INTEGER NOT NULL,
    body        BLOB NOT NULL,             -- the artifact as JSON, less its data
    data        BLOB NOT NULL,
    UNIQUE (session, id)
) STRICT;
";

/// Makes all tables of this version.
pub(super) fn create(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch(TABLES)?;
    connection.execute_batch(traces::TABLES)?;
    connection.execute_batch(reasonings::TABLES)?;
    connection.execute_batch(errands::TABLES)
}

/// Opens the database in `directory` for writing, creates it when there is nothing, brings an older
/// one up to date, and brings sessions that a crash left running to rest.
pub(super) fn open(directory: &Path, lasting: Lasting) -> Result<Db, OpenError> {
    let path = directory.join(FILE_NAME);
    let fault = |error: rusqlite::Error| describe(&path, &error);
    for suffix in ["", "-wal", "-shm", "-journal"] {
        ownership::file(&directory.join(format!("{FILE_NAME}{suffix}")))?;
    }
    let key = master_key::load(directory)?;
    if key.is_some() && !path.exists() {
        return Err(missing(directory));
    }
    // Names and metadata are nobody else's: SQLite gives its other files the same mode.
    let created =
        OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(&path);
    if let Err(source) = created {
        return Err(OpenError::Directory { path, source });
    }
    let connection = Connection::open(&path).map_err(fault)?;
    let found = version(&connection).map_err(fault)?;
    if found > VERSION {
        return Err(OpenError::Newer { path, found, known: VERSION });
    }
    let verdicts = verdicts(&connection, "PRAGMA integrity_check").map_err(fault)?;
    let is_bearable = |verdict: &str| is_about_one_row(verdict) || is_about_an_index(verdict);
    if let Some(why) = verdicts.iter().find(|verdict| !is_bearable(verdict)) {
        return Err(OpenError::Corrupt { path, why: why.clone() });
    }
    let is_index_wrong = verdicts.iter().any(|verdict| is_about_an_index(verdict));
    if found == 0 && has_tables(&connection).map_err(fault)? {
        return Err(OpenError::Foreign { path });
    }
    let db = match (key, found) {
        (Some(_), 0) => return Err(missing(directory)),
        (Some(key), _) => prepare(connection, key, lasting, found, directory)?,
        (None, 0 | 1) => {
            let begun = begin(connection, lasting, found, directory);
            if found == 0 && begun.is_err() {
                clear_away(directory);
            }
            begun?
        }
        (None, _) => {
            // A start that was cut short between the database and the name of its key.
            let wanted = || OpenError::KeyMissing { path: directory.join(master_key::FILE_NAME) };
            let staged = master_key::load_staged(directory).ok_or_else(wanted)?;
            let db =
                prepare(connection, staged, lasting, found, directory).map_err(|_| wanted())?;
            master_key::settle(directory, lasting)?;
            db
        }
    };
    if is_index_wrong {
        tracing::warn!("an index did not fit its table; all are made anew");
        db.execute_batch("REINDEX").map_err(fault)?;
    }
    db.execute("UPDATE sessions SET status = 'stopped' WHERE status = 'running'", [])
        .map_err(fault)?;
    Ok(db)
}

fn missing(directory: &Path) -> OpenError {
    OpenError::DatabaseMissing {
        path: directory.join(FILE_NAME),
        key: directory.join(master_key::FILE_NAME),
    }
}

/// Gives a database that has no key yet a new one.
fn begin(
    connection: Connection,
    lasting: Lasting,
    found: i64,
    directory: &Path,
) -> Result<Db, OpenError> {
    let key = master_key::stage(directory, lasting)?;
    let db = prepare(connection, key, lasting, found, directory)?;
    master_key::settle(directory, lasting)?;
    Ok(db)
}

/// Takes away what a first start could not finish, so that the next one begins where it did.
fn clear_away(directory: &Path) {
    master_key::discard(directory);
    for suffix in ["-wal", "-shm", "-journal", ""] {
        let _ = fs::remove_file(directory.join(format!("{FILE_NAME}{suffix}")));
    }
}

fn version(connection: &Connection) -> rusqlite::Result<i64> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}

fn has_tables(connection: &Connection) -> rusqlite::Result<bool> {
    connection.query_row("SELECT count(*) > 0 FROM sqlite_schema", [], |row| row.get(0))
}

fn prepare(
    connection: Connection,
    master: Seal,
    lasting: Lasting,
    found: i64,
    directory: &Path,
) -> Result<Db, OpenError> {
    let path = directory.join(FILE_NAME);
    let fault = |error: rusqlite::Error| describe(&path, &error);
    // Secure delete: what is erased is overwritten.
    for (pragma, value) in [
        // First: it only holds for a file that is still empty.
        ("auto_vacuum", "INCREMENTAL"),
        ("journal_mode", "WAL"),
        ("synchronous", lasting.pragma()),
        ("foreign_keys", "ON"),
        ("secure_delete", "ON"),
        // What is sorted or taken back must not lie in clear in another directory.
        ("temp_store", "MEMORY"),
    ] {
        connection.pragma_update(None, pragma, value).map_err(fault)?;
    }
    keep_statements(&connection).map_err(fault)?;
    let mut db = Db { connection, master, lasting };
    if found >= migrations::FIRST_SEALED {
        prove(&db, directory)?;
    }
    if found != VERSION {
        migrations::run(&mut db, found).map_err(|error| match error {
            StoreError::Database(error) => fault(error),
            error => OpenError::Corrupt { path: path.clone(), why: error.to_string() },
        })?;
    }
    shrinking::bring_over(&db).map_err(fault)?;
    // One without a version was made just now.
    if found > 0 && !has_own_shape(&db).map_err(fault)? {
        let why = "its tables are not what they were made as".to_owned();
        return Err(OpenError::Corrupt { path, why });
    }
    Ok(db)
}

fn has_own_shape(db: &Db) -> rusqlite::Result<bool> {
    let new = Connection::open_in_memory()?;
    create(&new)?;
    Ok(shape(db)? == shape(&new)?)
}

/// The tables with their columns, and the indices. The order of columns depends on the version that
/// made them.
fn shape(connection: &Connection) -> rusqlite::Result<Vec<(String, String, String)>> {
    let mut query = connection.prepare(
        "SELECT t.name, c.name, c.type FROM sqlite_schema t JOIN pragma_table_info(t.name) c
         WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%'
         UNION ALL SELECT tbl_name, name, type FROM sqlite_schema WHERE type = 'index'
         ORDER BY 1, 2, 3",
    )?;
    query.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?.collect()
}

/// A connection that cannot change anything, for a database that [`open`] found in order.
pub(super) fn open_to_read(directory: &Path, master: &Seal) -> Result<Db, OpenError> {
    let path = directory.join(FILE_NAME);
    let fault = |error: rusqlite::Error| describe(&path, &error);
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(&path, flags).map_err(fault)?;
    keep_statements(&connection).map_err(fault)?;
    Ok(Db { connection, master: master.clone(), lasting: Lasting::default() })
}

/// Lets statements that are kept be used again as they are. By default SQLite plans a query anew where
/// other values might suit another plan, and takes the emptying of a kept statement for such a change:
/// each look-up of a session cost many times what it does.
fn keep_statements(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(BUSY)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(())
}

/// Leaves a sentence in an empty database that only this master key opens.
pub(super) fn leave_proof(db: &Db) -> Result<(), StoreError> {
    let proof = db.master.seal(Subject::Proof, PROOF)?;
    db.execute("INSERT INTO master (id, proof) VALUES (1, ?1)", [proof])?;
    Ok(())
}

/// Refuses a database of another version than this program writes.
pub(super) fn is_current(db: &Db, directory: &Path) -> Result<(), OpenError> {
    let path = directory.join(FILE_NAME);
    let found: i64 = db
        .pragma_query_value(None, "user_version", |row| row.get(0))
        .map_err(|error| describe(&path, &error))?;
    match found.cmp(&VERSION) {
        Ordering::Less => Err(OpenError::Older { path, found, known: VERSION }),
        Ordering::Equal => Ok(()),
        Ordering::Greater => Err(OpenError::Newer { path, found, known: VERSION }),
    }
}

pub(super) fn prove(db: &Db, directory: &Path) -> Result<(), OpenError> {
    let path = directory.join(FILE_NAME);
    let proof: Option<Vec<u8>> = db
        .query_row("SELECT proof FROM master", [], |row| Ok(damage::bytes(row, 0)?.to_vec()))
        .optional()
        .map_err(|error| describe(&path, &error))?;
    if proof.is_some_and(|proof| db.master.open(Subject::Proof, &proof).is_ok()) {
        return Ok(());
    }
    // The sentence itself may be what is damaged; the agents' keys prove the same.
    if opens_an_agent(db).map_err(|error| describe(&path, &error))? {
        tracing::warn!(
            "the record that proves the master key is damaged; the key fits all the same"
        );
        return Ok(());
    }
    Err(OpenError::KeyWrong { path: directory.join(master_key::FILE_NAME) })
}

fn opens_an_agent(db: &Db) -> rusqlite::Result<bool> {
    let mut query = db.prepare("SELECT key, seal_key FROM agents")?;
    let mut rows = query.query([])?;
    while let Some(row) = rows.next()? {
        let (key, wrapped) = (damage::text(row, 0)?, damage::bytes(row, 1)?);
        if db.master.open_key(Subject::AgentKey(&key), wrapped).is_ok() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// What one of SQLite's own checks finds, a line each; nothing where all is well.
pub(super) fn verdicts(connection: &Connection, check: &str) -> rusqlite::Result<Vec<String>> {
    let mut query = connection.prepare(check)?;
    let found =
        query.query_map([], |row| row.get::<_, String>(0))?.collect::<Result<Vec<_>, _>>()?;
    let lines = found.iter().flat_map(|verdict| verdict.lines());
    Ok(lines.filter(|line| *line != "ok").map(str::to_owned).collect())
}

/// What SQLite finds in a database that nobody uses.
pub(super) fn verdicts_of_file(path: &Path) -> rusqlite::Result<Vec<String>> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    let mut found = verdicts(&connection, "PRAGMA quick_check")?;
    found.retain(|verdict| !is_about_one_row(verdict));
    Ok(found)
}

/// Whether a verdict is about a column of one row, which costs no other row anything.
fn is_about_one_row(verdict: &str) -> bool {
    verdict.contains(" value in ") || verdict.starts_with("CHECK constraint failed in ")
}

/// Whether a verdict is about an index, which can be made anew from its table.
fn is_about_an_index(verdict: &str) -> bool {
    [" missing from index ", " entries in index ", " entry in index ", " of index "]
        .iter()
        .any(|words| verdict.contains(words))
}

fn describe(path: &Path, error: &rusqlite::Error) -> OpenError {
    match error.sqlite_error_code() {
        Some(
            ErrorCode::CannotOpen
            | ErrorCode::PermissionDenied
            | ErrorCode::ReadOnly
            | ErrorCode::DiskFull
            | ErrorCode::SystemIoFailure,
        ) => {
            let source = std::io::Error::other(error.to_string());
            OpenError::Directory { path: path.to_owned(), source }
        }
        _ => OpenError::Corrupt { path: path.to_owned(), why: error.to_string() },
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::StatementStatus;

    use super::*;

    fn open(directory: &Path) -> Result<Db, OpenError> {
        super::open(directory, Lasting::ForGood)
    }

    #[test]
    fn refuses_what_is_not_its_own_and_leaves_it_alone() {
        let dir = tempfile::tempdir().unwrap();
        let garbage = dir.path().join(FILE_NAME);
        std::fs::write(&garbage, "not a database, and long enough to be looked at ".repeat(40))
            .unwrap();
        let before = std::fs::read(&garbage).unwrap();
        assert!(matches!(open(dir.path()), Err(OpenError::Corrupt { .. })));
        assert_eq!(std::fs::read(&garbage).unwrap(), before);

        let dir = tempfile::tempdir().unwrap();
        open(dir.path()).unwrap().pragma_update(None, "user_version", VERSION + 1).unwrap();
        assert!(matches!(open(dir.path()), Err(OpenError::Newer { .. })));
    }

    #[test]
    fn a_database_is_refused_without_its_own_key() {
        let dir = tempfile::tempdir().unwrap();
        open(dir.path()).unwrap();
        let key = dir.path().join(master_key::FILE_NAME);
        let own = std::fs::read(&key).unwrap();
        std::fs::remove_file(&key).unwrap();
        assert!(matches!(open(dir.path()), Err(OpenError::KeyMissing { .. })));
        master_key::stage(dir.path(), Lasting::ForGood).unwrap();
        assert!(matches!(open(dir.path()), Err(OpenError::KeyMissing { .. })), "not its own");
        master_key::settle(dir.path(), Lasting::ForGood).unwrap();
        assert!(matches!(open(dir.path()), Err(OpenError::KeyWrong { .. })));

        // As a start leaves it that is cut short before the key has its name.
        std::fs::remove_file(&key).unwrap();
        crate::server::ownership::write_new(
            &dir.path().join("master.key.new"),
            std::str::from_utf8(&own).unwrap(),
            Lasting::ForGood,
        )
        .unwrap();
        open(dir.path()).unwrap();
        assert_eq!(std::fs::read(&key).unwrap(), own);
    }

    #[test]
    fn a_key_without_its_database_is_refused_and_nothing_is_made() {
        let dir = tempfile::tempdir().unwrap();
        open(dir.path()).unwrap();
        let path = dir.path().join(FILE_NAME);
        std::fs::remove_file(&path).unwrap();
        assert!(matches!(open(dir.path()), Err(OpenError::DatabaseMissing { .. })));
        assert!(!path.exists());
        std::fs::write(&path, "").unwrap();
        assert!(matches!(open(dir.path()), Err(OpenError::DatabaseMissing { .. })));
        let other = Connection::open(&path).unwrap();
        other.execute_batch("CREATE TABLE bookmarks (url TEXT)").unwrap();
        drop(other);
        let before = std::fs::read(&path).unwrap();
        assert!(matches!(open(dir.path()), Err(OpenError::Foreign { .. })));
        std::fs::remove_file(dir.path().join(master_key::FILE_NAME)).unwrap();
        assert!(matches!(open(dir.path()), Err(OpenError::Foreign { .. })), "without a key too");
        assert_eq!(std::fs::read(&path).unwrap(), before);
    }

    #[test]
    fn a_statement_is_prepared_once_whatever_it_is_asked_for() {
        let dir = tempfile::tempdir().unwrap();
        let db = open(dir.path()).unwrap();
        let reader = open_to_read(dir.path(), &db.master).unwrap();
        let by_name = "SELECT s.id, a.seal_key FROM sessions s
            LEFT JOIN agents a ON a.key = s.agent_key WHERE s.agent_key = ?1 AND s.key = ?2";
        for db in [&db, &reader] {
            for key in ["one", "two", "three"] {
                assert!(!db.prepare_cached(by_name).unwrap().exists(["a", key]).unwrap());
            }
            let kept = db.prepare_cached(by_name).unwrap();
            assert_eq!(kept.get_status(StatementStatus::RePrepare), 0);
        }
    }
}
