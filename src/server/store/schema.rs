//! Tables, pragmas and the version of both.

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use rusqlite::{Connection, ErrorCode};

use super::OpenError;

/// Stored in `user_version`. Raise it with a migration, never without.
const VERSION: i64 = 1;

const TABLES: &str = "
CREATE TABLE agents (
    key         TEXT PRIMARY KEY,
    name        TEXT NOT NULL UNIQUE,
    enabled     INTEGER NOT NULL,
    created_at  INTEGER NOT NULL,          -- milliseconds since 1970
    body        TEXT NOT NULL              -- the whole agent as JSON
) STRICT;

CREATE TABLE sessions (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    agent_key   TEXT NOT NULL REFERENCES agents(key) ON DELETE CASCADE,
    key         TEXT NOT NULL,
    status      TEXT NOT NULL,
    created_at  INTEGER NOT NULL,
    body        TEXT NOT NULL,             -- the session as JSON, less key, agent and status
    continuation TEXT,                     -- what a parked turn does once its calls are answered
    context_base INTEGER NOT NULL DEFAULT 0,
    UNIQUE (agent_key, key)
) STRICT;

CREATE TABLE events (
    seq         INTEGER PRIMARY KEY AUTOINCREMENT,
    session     INTEGER NOT NULL REFERENCES sessions(id) ON DELETE CASCADE,
    id          TEXT NOT NULL,
    type        TEXT NOT NULL,
    hide_reason TEXT,                      -- manual, compaction, or NULL while visible
    body        TEXT NOT NULL,
    UNIQUE (session, id)
) STRICT;
CREATE INDEX events_by_session ON events (session, seq);

CREATE TABLE pending_calls (
    session     INTEGER NOT NULL REFERENCES sessions(id) ON DELETE CASCADE,
    event_id    TEXT NOT NULL,
    tool_call_id TEXT NOT NULL,
    body        TEXT NOT NULL,
    PRIMARY KEY (session, event_id)
) STRICT;

CREATE TABLE queued_messages (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    session     INTEGER NOT NULL REFERENCES sessions(id) ON DELETE CASCADE,
    body        TEXT NOT NULL
) STRICT;

CREATE TABLE artifacts (
    seq         INTEGER PRIMARY KEY AUTOINCREMENT,
    session     INTEGER NOT NULL REFERENCES sessions(id) ON DELETE CASCADE,
    id          TEXT NOT NULL,
    created_at  INTEGER NOT NULL,
    updated_at  INTEGER NOT NULL,
    body        TEXT NOT NULL,             -- the artifact as JSON, less its data
    data        BLOB NOT NULL,
    UNIQUE (session, id)
) STRICT;
";

/// Opens the database at `path`, creates it when there is none, and brings sessions that a crash
/// left running to rest.
pub(super) fn open(path: &Path) -> Result<Connection, OpenError> {
    let fault = |error: rusqlite::Error| match error.sqlite_error_code() {
        Some(ErrorCode::CannotOpen | ErrorCode::PermissionDenied | ErrorCode::ReadOnly) => {
            OpenError::Directory {
                path: path.to_owned(),
                source: std::io::Error::other(error.to_string()),
            }
        }
        _ => OpenError::Corrupt { path: path.to_owned(), why: error.to_string() },
    };
    // Arguments and messages are nobody else's: SQLite gives its other files the same mode.
    let created =
        OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path);
    if let Err(source) = created {
        return Err(OpenError::Directory { path: path.to_owned(), source });
    }
    let mut connection = Connection::open(path).map_err(fault)?;
    let found: i64 =
        connection.pragma_query_value(None, "user_version", |row| row.get(0)).map_err(fault)?;
    if found > VERSION {
        return Err(OpenError::Newer { path: path.to_owned(), found, known: VERSION });
    }
    let verdict: String =
        connection.pragma_query_value(None, "quick_check", |row| row.get(0)).map_err(fault)?;
    if verdict != "ok" {
        let why = verdict.lines().next().unwrap_or_default().to_owned();
        return Err(OpenError::Corrupt { path: path.to_owned(), why });
    }
    // FULL: an answered write survives a power cut, not only a killed process.
    for (pragma, value) in
        [("journal_mode", "WAL"), ("synchronous", "FULL"), ("foreign_keys", "ON")]
    {
        connection.pragma_update(None, pragma, value).map_err(fault)?;
    }
    let transaction = connection.transaction().map_err(fault)?;
    if found == 0 {
        transaction.execute_batch(TABLES).map_err(fault)?;
        transaction.pragma_update(None, "user_version", VERSION).map_err(fault)?;
    }
    transaction
        .execute("UPDATE sessions SET status = 'stopped' WHERE status = 'running'", [])
        .map_err(fault)?;
    transaction.commit().map_err(fault)?;
    Ok(connection)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_what_is_not_its_own_and_leaves_it_alone() {
        let dir = tempfile::tempdir().unwrap();
        let garbage = dir.path().join("garbage.db");
        std::fs::write(&garbage, "not a database, and long enough to be looked at ".repeat(40))
            .unwrap();
        let before = std::fs::read(&garbage).unwrap();
        assert!(matches!(open(&garbage), Err(OpenError::Corrupt { .. })));
        assert_eq!(std::fs::read(&garbage).unwrap(), before);

        let newer = dir.path().join("newer.db");
        open(&newer).unwrap().pragma_update(None, "user_version", VERSION + 1).unwrap();
        assert!(matches!(open(&newer), Err(OpenError::Newer { .. })));
    }
}
