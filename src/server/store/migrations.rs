//! Bringing an older database up to date, each step in one transaction.
//!
//! Version 0 is an empty file. Version 1 kept every body as plain text; its rows are sealed one by
//! one, and what they leave behind in the file is overwritten. Version 2 kept the first words of a
//! session in clear. Up to version 3 the policy of an alias was of a form of this project's own,
//! up to version 4 there were no traces, up to version 5 neither reasonings nor errands.

use rusqlite::params;
use serde_json::{Value, json};

use super::seal::{Subject, Vault};
use super::{Db, Result, damage, descriptions, errands, reasonings, schema, traces};

/// The first version with a master key.
pub(super) const FIRST_SEALED: i64 = 2;

pub(super) fn run(db: &mut Db, found: i64) -> Result<()> {
    let transaction = db.connection.unchecked_transaction()?;
    match found {
        1 => {
            transaction.execute_batch(SET_ASIDE)?;
            schema::create(&transaction)?;
            schema::leave_proof(db)?;
            seal_agents(db)?;
            transaction.execute_batch(DROP)?;
        }
        2 => transaction.execute_batch(WITH_DESCRIPTIONS)?,
        3..=5 => {}
        _ => {
            schema::create(&transaction)?;
            schema::leave_proof(db)?;
        }
    }
    if (1..=2).contains(&found) {
        descriptions::seal_old(db)?;
    }
    if (2..=3).contains(&found) {
        route_aliases(db)?;
    }
    if (2..=4).contains(&found) {
        transaction.execute_batch(traces::TABLES)?;
    }
    if (2..=5).contains(&found) {
        transaction.execute_batch(reasonings::TABLES)?;
        transaction.execute_batch(errands::TABLES)?;
    }
    transaction.pragma_update(None, "user_version", schema::VERSION)?;
    transaction.commit()?;
    if found > 0
        && let Err(error) = db.execute_batch("VACUUM; PRAGMA wal_checkpoint(TRUNCATE);")
    {
        // All is stored; only what it left behind in the file is not overwritten.
        tracing::warn!(%error, "the database was brought up to date and not tidied up");
    }
    Ok(())
}

const WITH_DESCRIPTIONS: &str = "
ALTER TABLE sessions ADD COLUMN description BLOB;
ALTER TABLE sessions ADD COLUMN described_by TEXT;
";

/// Gives the policies of aliases the form that the vendor's document has.
fn route_aliases(db: &Db) -> Result<()> {
    let mut aliases = db.prepare("SELECT rowid, body FROM aliases")?;
    let rows = aliases
        .query_map([], |row| Ok((row.get::<_, i64>(0)?, damage::bytes(row, 1)?.to_vec())))?;
    for row in rows {
        let (row, body) = row?;
        // A damaged one stays what it is, and is shown as such.
        let Ok(mut body) = serde_json::from_slice::<Value>(&body) else { continue };
        let old = body.get_mut("policy").map(Value::take).unwrap_or_default();
        let targets = match old["type"].as_str() {
            Some("single") => old,
            // What was drawn for every session by itself now goes by the session's name.
            Some("weighted") => json!({"type": "weighted",
                "partition_by": "get('$.session.key')", "options": old["targets"]}),
            _ => continue,
        };
        body["policy"] = json!({"type": "routed", "rules": [{"targets": targets}]});
        db.execute(
            "UPDATE aliases SET body = ?2 WHERE rowid = ?1",
            params![row, serde_json::to_string(&body)?],
        )?;
    }
    Ok(())
}

const SET_ASIDE: &str = "
DROP INDEX events_by_session;
ALTER TABLE agents RENAME TO old_agents;
ALTER TABLE sessions RENAME TO old_sessions;
ALTER TABLE events RENAME TO old_events;
ALTER TABLE pending_calls RENAME TO old_pending_calls;
ALTER TABLE queued_messages RENAME TO old_queued_messages;
ALTER TABLE artifacts RENAME TO old_artifacts;
";

const DROP: &str = "
DROP TABLE old_artifacts;
DROP TABLE old_queued_messages;
DROP TABLE old_pending_calls;
DROP TABLE old_events;
DROP TABLE old_sessions;
DROP TABLE old_agents;
";

fn seal_agents(db: &Db) -> Result<()> {
    let mut agents = db.prepare("SELECT key FROM old_agents")?;
    let keys = agents.query_map([], |row| row.get::<_, String>(0))?;
    for key in keys {
        let key = key?;
        let (agent_seal, wrapped) = db.master.new_key(Subject::AgentKey(&key))?;
        db.execute(
            "INSERT INTO agents SELECT key, name, enabled, created_at, body, ?2 FROM old_agents
             WHERE key = ?1",
            params![key, wrapped],
        )?;
        let mut sessions =
            db.prepare("SELECT id, key, continuation FROM old_sessions WHERE agent_key = ?1")?;
        let rows = sessions.query_map([&key], |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?, row.get::<_, Option<String>>(2)?))
        })?;
        for row in rows {
            let (row, session, continuation) = row?;
            let (seal, wrapped) = agent_seal.new_key(Subject::SessionKey(&session))?;
            let vault = Vault { row, seal };
            let continuation = continuation
                .map(|text| vault.seal.seal(Subject::Continuation, text.as_bytes()))
                .transpose()?;
            db.execute(
                "INSERT INTO sessions (id, agent_key, key, status, created_at, touched_at,
                     tti_minutes, body, seal_key, continuation, context_base)
                 SELECT id, agent_key, key, status, created_at, created_at,
                     coalesce(body ->> 'tti_minutes', 0), body, ?2, ?3, context_base
                 FROM old_sessions WHERE id = ?1",
                params![row, wrapped, continuation],
            )?;
            seal_session(db, &vault)?;
        }
    }
    Ok(())
}

fn seal_session(db: &Db, vault: &Vault) -> Result<()> {
    let mut events = db.prepare("SELECT seq, id, body FROM old_events WHERE session = ?1")?;
    let rows = events.query_map([vault.row], |row| {
        Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?, row.get::<_, String>(2)?))
    })?;
    for row in rows {
        let (seq, id, body) = row?;
        let sealed = vault.seal.seal(Subject::Event(&id), body.as_bytes())?;
        db.execute(
            "INSERT INTO events (seq, session, id, type, created_at, hide_reason, size, body)
             SELECT seq, session, id, type,
                 coalesce(CAST(1000 * unixepoch(body ->> 'created_at', 'subsec') AS INTEGER), 0),
                 hide_reason, length(CAST(body AS BLOB)), ?2
             FROM old_events WHERE seq = ?1",
            params![seq, sealed],
        )?;
    }
    let mut calls = db
        .prepare("SELECT event_id, tool_call_id, body FROM old_pending_calls WHERE session = ?1")?;
    let rows = calls.query_map([vault.row], |row| {
        Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?, row.get::<_, String>(2)?))
    })?;
    for row in rows {
        let (event_id, tool_call_id, body) = row?;
        // Since then a call also knows which of its arguments were configured.
        let body = format!(r#"{{"call":{body}}}"#);
        let sealed = vault.seal.seal(Subject::PendingCall(&event_id), body.as_bytes())?;
        db.execute(
            "INSERT INTO pending_calls VALUES (?1, ?2, ?3, ?4)",
            params![vault.row, event_id, tool_call_id, sealed],
        )?;
    }
    let mut queued =
        db.prepare("SELECT body FROM old_queued_messages WHERE session = ?1 ORDER BY id")?;
    let rows = queued.query_map([vault.row], |row| row.get::<_, String>(0))?;
    for body in rows {
        let body = format!(r#"{{"kind":"message","message":{}}}"#, body?);
        let sealed = vault.seal.seal(Subject::QueuedInput, body.as_bytes())?;
        db.execute(
            "INSERT INTO queued_inputs (session, body) VALUES (?1, ?2)",
            params![vault.row, sealed],
        )?;
    }
    let mut artifacts =
        db.prepare("SELECT seq, id, body, data FROM old_artifacts WHERE session = ?1")?;
    let rows = artifacts.query_map([vault.row], |row| {
        Ok((
            row.get::<_, i64>(0)?,
            row.get::<_, String>(1)?,
            row.get::<_, String>(2)?,
            row.get::<_, Vec<u8>>(3)?,
        ))
    })?;
    for row in rows {
        let (seq, id, body, data) = row?;
        let body = vault.seal.seal(Subject::Artifact(&id), body.as_bytes())?;
        let data = vault.seal.seal(Subject::ArtifactData(&id), &data)?;
        db.execute(
            "INSERT INTO artifacts (seq, session, id, created_at, updated_at, body, data)
             SELECT seq, session, id, created_at, updated_at, ?2, ?3
             FROM old_artifacts WHERE seq = ?1",
            params![seq, body, data],
        )?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::*;
    use crate::api::event::InputMessage;
    use crate::api::{Agent, ArtifactId, Event, EventBody, EventId, Session, SessionRef};
    use crate::server::store::queue::TurnInput;
    use crate::server::store::secrets::SecretChanges;
    use crate::server::store::{
        OpenError, Store, agents, aliases, artifacts, check, events, pending, queue, sessions,
    };

    /// The tables as the first release made them.
    const V1: &str = "
CREATE TABLE agents (
    key         TEXT PRIMARY KEY,
    name        TEXT NOT NULL UNIQUE,
    enabled     INTEGER NOT NULL,
    created_at  INTEGER NOT NULL,
    body        TEXT NOT NULL
) STRICT;

CREATE TABLE sessions (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    agent_key   TEXT NOT NULL REFERENCES agents(key) ON DELETE CASCADE,
    key         TEXT NOT NULL,
    status      TEXT NOT NULL,
    created_at  INTEGER NOT NULL,
    body        TEXT NOT NULL,
    continuation TEXT,
    context_base INTEGER NOT NULL DEFAULT 0,
    UNIQUE (agent_key, key)
) STRICT;

CREATE TABLE events (
    seq         INTEGER PRIMARY KEY AUTOINCREMENT,
    session     INTEGER NOT NULL REFERENCES sessions(id) ON DELETE CASCADE,
    id          TEXT NOT NULL,
    type        TEXT NOT NULL,
    hide_reason TEXT,
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
    body        TEXT NOT NULL,
    data        BLOB NOT NULL,
    UNIQUE (session, id)
) STRICT;
";

    const ROWS: &str = r#"
INSERT INTO agents VALUES ('a', 'A', 1, 5, '{"key":"a","name":"A","tool_configurations":{},"model":{"name":"m"},"first_step":{},"enabled":true}');
INSERT INTO sessions VALUES (7, 'a', 's', 'running', 6, '{"key":"s","agent_key":"a","name":"S","enabled":true,"tti_minutes":9,"created_at":"2026-01-01T00:00:00.000Z"}', '[]', 3);
INSERT INTO events VALUES (3, 7, 'aev_1', 'agent_output', 'manual', '{"id":"aev_1","session_key":"s","created_at":"2026-01-01T00:00:01.500Z","type":"agent_output","content":"old-plain-text"}');
INSERT INTO pending_calls VALUES (7, 'aev_1', 'call_1', '{"event_id":"aev_1","tool_configuration_name":"t","tool_name":"t","arguments":{"x":"old-plain-text"}}');
INSERT INTO queued_messages VALUES (2, 7, '{"messages":[{"type":"text","content":"old-plain-text"}]}');
INSERT INTO artifacts VALUES (4, 7, 'art_1', 1, 2, '{"artifact_id":"art_1","filename":"f","mime_type":"text/plain","size_bytes":14,"checksum_sha256":"1c0fd5b3bfcf1a5ad8f1e5ba9b5a3e8f5c7e7b8d","created_at":"2026-01-01T00:00:00.000Z","updated_at":"2026-01-01T00:00:00.000Z"}', CAST('old-plain-text' AS BLOB));
"#;

    fn old_database(directory: &std::path::Path) {
        let db = Connection::open(directory.join(schema::FILE_NAME)).unwrap();
        db.execute_batch(V1).unwrap();
        db.execute_batch(ROWS).unwrap();
        db.pragma_update(None, "user_version", 1).unwrap();
    }

    #[tokio::test]
    async fn the_first_releases_data_is_sealed_and_complete() {
        let dir = tempfile::tempdir().unwrap();
        old_database(dir.path());
        assert!(matches!(check::check(dir.path()), Err(OpenError::KeyMissing { .. })));
        let store = Store::open(dir.path()).unwrap();
        let read = store.read(|db| {
            let stored = sessions::get(db, &SessionRef::new("a", "s"))?.unwrap();
            let vault = stored.vault.clone();
            let event = events::get(db, &vault, &EventId::from("aev_1"))?.unwrap();
            let calls = pending::list(db, &vault)?;
            let (_, data) = artifacts::get(db, &vault, &ArtifactId::from("art_1"))?.unwrap();
            let plan = sessions::continuation(db, &vault)?;
            Ok((stored, event, calls, data, plan, queue::left_over(db)?))
        });
        let (stored, event, calls, data, plan, left) = read.await.unwrap();
        assert_eq!((stored.vault.row, stored.context_base), (7, 3));
        assert_eq!(stored.session.tti_minutes, 9);
        assert_eq!((event.seq, event.hide_reason.as_deref()), (3, Some("manual")));
        assert!(event.json.contains("old-plain-text"));
        assert_eq!(calls[0].call.arguments.text(), r#"{"x":"old-plain-text"}"#);
        assert_eq!((data.as_slice(), plan.as_deref()), (&b"old-plain-text"[..], Some("[]")));
        let message = Some(InputMessage::text("old-plain-text"));
        let input = TurnInput::Message { message, uploads: Vec::new() };
        assert_eq!(left[0].input, Ok(input));
        for entry in std::fs::read_dir(dir.path()).unwrap() {
            let path = entry.unwrap().path();
            let bytes = std::fs::read(&path).unwrap();
            let found = bytes.windows(14).any(|window| window == b"old-plain-text");
            assert!(!found, "in clear in {}", path.display());
        }
        // Opened once more, it is what it became.
        drop(store);
        let problems = check::check(dir.path()).unwrap().problems;
        assert_eq!(problems.len(), 2, "only what the rows above get wrong: {problems:?}");
    }

    #[tokio::test]
    async fn what_the_fifth_version_lacks_is_made() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).unwrap();
        let older = "DROP TABLE reasonings; DROP TABLE errands; PRAGMA user_version = 5;";
        store.write(|db| Ok(db.execute_batch(older)?)).await.unwrap();
        store.close().await;
        drop(store);
        let store = Store::open(dir.path()).unwrap();
        let count = |db: &Db| -> Result<i64> {
            let counts =
                "SELECT (SELECT count(*) FROM reasonings) + (SELECT count(*) FROM errands)";
            Ok(db.query_row(counts, [], |row| row.get(0))?)
        };
        assert_eq!(store.read(count).await.unwrap(), 0);
    }

    #[tokio::test]
    async fn aliases_of_the_third_version_become_routed() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).unwrap();
        let write = store.write(|db| {
            // As that version wrote them.
            db.execute_batch(
                r#"INSERT INTO aliases VALUES ('one', '{"key":"one","name":"One","enabled":false,"metadata":{"a":1},"policy":{"type":"single","agent_key":"a"},"created_at":"2026-01-01T00:00:00.000Z","updated_at":"2026-01-02T00:00:00.000Z"}');
                 INSERT INTO aliases VALUES ('some', '{"key":"some","name":"Some","enabled":true,"metadata":{},"policy":{"type":"weighted","targets":[{"agent_key":"a","weight":3},{"agent_key":"b","weight":1}]},"created_at":"2026-01-01T00:00:00.000Z","updated_at":"2026-01-01T00:00:00.000Z"}');
                 INSERT INTO aliases VALUES ('torn', '{"key":"torn",');
                 DROP TABLE spans;
                 DROP TABLE traces;
                 DROP TABLE reasonings;
                 DROP TABLE errands;
                 PRAGMA user_version = 3;"#,
            )?;
            Ok(())
        });
        write.await.unwrap();
        store.close().await;
        drop(store);
        let store = Store::open(dir.path()).unwrap();
        let found = store.read(|db| aliases::list(db, None, 9)).await.unwrap();
        let policies: Vec<_> = found.iter().map(|alias| json!(alias.policy)).collect();
        let routed = |targets: Value| json!({"type": "routed", "rules": [{"targets": targets}]});
        assert_eq!(policies[0], routed(json!({"type": "single", "agent_key": "a"})));
        let options = json!([{"agent_key": "a", "weight": 3}, {"agent_key": "b", "weight": 1}]);
        let weighted = json!({"type": "weighted", "partition_by": "get('$.session.key')",
            "options": options});
        assert_eq!(policies[1], routed(weighted));
        assert_eq!((found[0].name.as_str(), found[0].enabled), ("One", false));
        assert_eq!(json!(found[0])["updated_at"], "2026-01-02T00:00:00.000Z");
        assert!(found[2].name.starts_with("damaged"));
        assert!(store.read(|db| aliases::get(db, &"torn".into())).await.is_err());
    }

    #[tokio::test]
    async fn words_that_the_second_version_kept_in_clear_are_sealed() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).unwrap();
        let write = store.write(|db| {
            let agent: Agent = serde_json::from_str(r#"{"key":"a","name":"A"}"#)?;
            agents::insert(db, &agent)?.unwrap();
            for (key, description) in [("automatic", "some-plain-words"), ("own", "by hand")] {
                let now = jiff::Timestamp::UNIX_EPOCH;
                let mut session = Session::named("a".into(), key.into(), "S".to_owned(), now);
                session.description = Some(description.to_owned());
                let vault = sessions::insert(db, &session, &SecretChanges::new())?.unwrap();
                let said = EventBody::InputMessage(InputMessage::text("some-plain-words"));
                events::append(db, &vault, &Event::new("aev_1".into(), key.into(), now, &said)?)?;
            }
            db.execute_batch(
                "ALTER TABLE sessions DROP COLUMN description;
                 ALTER TABLE sessions DROP COLUMN described_by;
                 DROP TABLE spans;
                 DROP TABLE traces;
                 DROP TABLE reasonings;
                 DROP TABLE errands;
                 PRAGMA user_version = 2;",
            )?;
            Ok(())
        });
        write.await.unwrap();
        store.close().await;
        drop(store);
        let in_clear = || {
            let bytes = std::fs::read(dir.path().join(schema::FILE_NAME)).unwrap();
            bytes.windows(16).any(|window| window == b"some-plain-words")
        };
        assert!(in_clear());
        let store = Store::open(dir.path()).unwrap();
        let read = store.read(|db| {
            ["automatic", "own"]
                .into_iter()
                .map(|key| Ok(sessions::get(db, &SessionRef::new("a", key))?.unwrap()))
                .collect::<Result<Vec<_>>>()
        });
        let found = read.await.unwrap();
        let descriptions: Vec<_> =
            found.iter().map(|stored| stored.session.description.as_deref()).collect();
        assert_eq!(descriptions, [Some("some-plain-words"), Some("by hand")]);
        store.close().await;
        assert!(!in_clear());
    }
}
