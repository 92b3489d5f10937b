//! Rows of traces and of their spans (contract section 8.4).
//!
//! A span keeps no words of the conversation: it names the events that hold them, and whoever may see
//! its content reads those. So what is deleted is gone from traces too, and with a session go all of
//! its. What a span does keep is sealed under the key of the session that it is about, which for a
//! sub-agent is the child's; what traces are looked for by is plain.

use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension as _, Row, params, params_from_iter};
use serde::{Deserialize, Serialize};

use super::damage;
use super::seal::{Subject, Vault};
use super::{Db, Result, sessions};
use crate::api::{EventId, Object, SessionRef};

pub(super) const TABLES: &str = "
CREATE TABLE traces (
    seq         INTEGER PRIMARY KEY AUTOINCREMENT,
    session     INTEGER NOT NULL REFERENCES sessions(id) ON DELETE CASCADE,
    id          TEXT NOT NULL UNIQUE,
    started_at  INTEGER NOT NULL,          -- milliseconds since 1970
    duration_ms INTEGER NOT NULL,
    error_type  TEXT,                      -- NULL where it went well
    input_tokens INTEGER NOT NULL,
    output_tokens INTEGER NOT NULL
) STRICT;
CREATE INDEX traces_by_start ON traces (started_at, seq);
CREATE INDEX traces_by_session ON traces (session);

CREATE TABLE spans (
    seq         INTEGER PRIMARY KEY AUTOINCREMENT,
    trace       INTEGER NOT NULL REFERENCES traces(seq) ON DELETE CASCADE,
    session     INTEGER NOT NULL REFERENCES sessions(id) ON DELETE CASCADE,
    id          TEXT NOT NULL,
    parent      TEXT,
    operation   TEXT NOT NULL,
    started_at  INTEGER NOT NULL,
    tool_name   TEXT,
    tool_error_type TEXT,
    body        BLOB NOT NULL,
    UNIQUE (trace, id)
) STRICT;
CREATE INDEX spans_by_session ON spans (session);
";

/// Operations whose spans carry the event that they came to.
pub const BY_EVENT: [&str; 4] = ["output", "step_transition", "image_read", "compaction"];

/// A trace on its way into the store.
#[derive(Debug, Clone)]
pub struct NewTrace {
    pub id: String,
    pub started_at: i64,
    pub duration_ms: i64,
    pub error_type: Option<&'static str>,
    pub input_tokens: u64,
    pub output_tokens: u64,
    /// Parents before their children.
    pub spans: Vec<NewSpan>,
}

#[derive(Debug, Clone)]
pub struct NewSpan {
    /// The session that it is about.
    pub vault: Vault,
    pub id: String,
    pub parent: Option<String>,
    pub operation: &'static str,
    pub started_at: i64,
    pub tool_name: Option<String>,
    pub tool_error_type: Option<&'static str>,
    pub body: SpanBody,
}

/// What of a span is sealed.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct SpanBody {
    /// `None` where nobody measured it, as with a call that waits for a client.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<i64>,
    pub failed: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_message: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub step_name: Option<String>,
    pub attributes: Object,
    /// The events that hold what went in, and what came out.
    pub inputs: Vec<EventId>,
    pub outputs: Vec<EventId>,
    pub thoughts: Vec<EventId>,
}

/// Keeps a trace of a session; nothing where the session is gone. Spans about sessions that are gone
/// are left out.
pub fn insert(db: &Db, vault: &Vault, trace: &NewTrace) -> Result<()> {
    if !sessions::is_there(db, vault.row)? {
        return Ok(());
    }
    let number = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    db.prepare_cached(
        "INSERT INTO traces (session, id, started_at, duration_ms, error_type, input_tokens,
             output_tokens) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?
    .execute(params![
        vault.row,
        trace.id,
        trace.started_at,
        trace.duration_ms,
        trace.error_type,
        number(trace.input_tokens),
        number(trace.output_tokens)
    ])?;
    let row = db.last_insert_rowid();
    for span in &trace.spans {
        if span.vault.row != vault.row && !sessions::is_there(db, span.vault.row)? {
            continue;
        }
        let body = serde_json::to_vec(&span.body)?;
        let body = span.vault.seal.seal(Subject::Span(&span.id), &body)?;
        db.prepare_cached(
            "INSERT INTO spans (trace, session, id, parent, operation, started_at, tool_name,
                 tool_error_type, body) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        )?
        .execute(params![
            row,
            span.vault.row,
            span.id,
            span.parent,
            span.operation,
            span.started_at,
            span.tool_name,
            span.tool_error_type,
            body
        ])?;
    }
    Ok(())
}

#[derive(Debug, Clone)]
pub struct StoredTrace {
    pub seq: i64,
    session: i64,
    pub of: SessionRef,
    pub id: String,
    pub started_at: i64,
    pub duration_ms: i64,
    pub failed: bool,
    pub input_tokens: i64,
    pub output_tokens: i64,
}

/// Where a page of traces ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TracePlace {
    pub started_at: i64,
    pub seq: i64,
}

impl StoredTrace {
    pub fn place(&self) -> TracePlace {
        TracePlace { started_at: self.started_at, seq: self.seq }
    }
}

/// What a list of traces is to hold; bounds are part of it.
#[derive(Debug, Clone, Default)]
pub struct TraceFilter {
    pub agent: Option<String>,
    pub session: Option<String>,
    pub failed: Option<bool>,
    pub error_type: Option<String>,
    /// Some span does this.
    pub operation: Option<String>,
    /// Some span calls this tool, and where both are given fails so.
    pub tool_name: Option<String>,
    pub tool_error_type: Option<String>,
    pub started_after: Option<i64>,
    pub started_before: Option<i64>,
    pub min_duration_ms: Option<i64>,
    pub max_duration_ms: Option<i64>,
}

const TRACE: &str =
    "SELECT t.seq, t.session, s.agent_key, s.key, t.id, t.started_at, t.duration_ms,
    t.error_type IS NOT NULL, t.input_tokens, t.output_tokens
    FROM traces t JOIN sessions s ON s.id = t.session";

fn read_trace(row: &Row<'_>) -> rusqlite::Result<StoredTrace> {
    let (seq, session) = (row.get(0)?, row.get(1)?);
    Ok(StoredTrace {
        seq,
        session,
        of: reference(row, 2, session)?,
        id: damage::name("", damage::bytes(row, 4)?, seq),
        started_at: damage::number(row, 5)?,
        duration_ms: damage::number(row, 6)?,
        failed: damage::number(row, 7)? != 0,
        input_tokens: damage::number(row, 8)?,
        output_tokens: damage::number(row, 9)?,
    })
}

/// A session by the two columns that name it.
fn reference(row: &Row<'_>, at: usize, session: i64) -> rusqlite::Result<SessionRef> {
    let key = damage::name("", damage::bytes(row, at + 1)?, session);
    Ok(SessionRef::new(damage::text(row, at)?, key))
}

/// Newest first, beginning below `before`.
pub fn list(
    db: &Connection,
    filter: &TraceFilter,
    before: Option<TracePlace>,
    limit: u32,
) -> Result<Vec<StoredTrace>> {
    let text = |text: &Option<String>| text.clone().map(Value::Text);
    let number = |number: Option<i64>| number.map(Value::Integer);
    let clauses = [
        ("s.agent_key = ?", text(&filter.agent)),
        ("s.key = ?", text(&filter.session)),
        ("(t.error_type IS NOT NULL) = ?", number(filter.failed.map(i64::from))),
        ("t.error_type = ?", text(&filter.error_type)),
        ("t.started_at >= ?", number(filter.started_after)),
        ("t.started_at <= ?", number(filter.started_before)),
        ("t.duration_ms >= ?", number(filter.min_duration_ms)),
        ("t.duration_ms <= ?", number(filter.max_duration_ms)),
        (
            "EXISTS (SELECT 1 FROM spans p WHERE p.trace = t.seq AND p.operation = ?)",
            text(&filter.operation),
        ),
    ];
    let mut sql = format!("{TRACE} WHERE (t.started_at, t.seq) < (?, ?)");
    let before = before.unwrap_or(TracePlace { started_at: i64::MAX, seq: i64::MAX });
    let mut values = vec![Value::Integer(before.started_at), Value::Integer(before.seq)];
    for (clause, value) in clauses {
        if let Some(value) = value {
            sql.push_str(" AND ");
            sql.push_str(clause);
            values.push(value);
        }
    }
    let of_tools = [
        ("tool_name", text(&filter.tool_name)),
        ("tool_error_type", text(&filter.tool_error_type)),
    ];
    if of_tools.iter().any(|(_, value)| value.is_some()) {
        sql.push_str(" AND EXISTS (SELECT 1 FROM spans p WHERE p.trace = t.seq");
        for (column, value) in of_tools {
            if let Some(value) = value {
                sql.push_str(&[" AND p.", column, " = ?"].concat());
                values.push(value);
            }
        }
        sql.push(')');
    }
    sql.push_str(" ORDER BY t.started_at DESC, t.seq DESC LIMIT ?");
    values.push(Value::Integer(limit.into()));
    let mut query = db.prepare_cached(&sql)?;
    let rows = query.query_map(params_from_iter(values), read_trace)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

pub fn get(db: &Connection, id: &str) -> Result<Option<StoredTrace>> {
    let sql = format!("{TRACE} WHERE t.id = ?1");
    Ok(db.prepare_cached(&sql)?.query_row([id], read_trace).optional()?)
}

#[derive(Debug, Clone)]
pub struct StoredSpan {
    pub seq: i64,
    /// The session that it is about.
    pub of: SessionRef,
    pub id: String,
    pub parent: Option<String>,
    pub operation: String,
    pub started_at: i64,
    pub has_children: bool,
    sealed: Vec<u8>,
}

impl StoredSpan {
    /// What is sealed of it; of a damaged one a stand-in that says so.
    pub fn body(&self, vault: &Vault) -> SpanBody {
        let plain = vault.seal.open(Subject::Span(&self.id), &self.sealed).ok();
        plain.and_then(|plain| serde_json::from_slice(&plain).ok()).unwrap_or_else(|| {
            tracing::warn!(span = self.id, "a span is damaged");
            let words = damage::words(&format!("span {}", self.id));
            SpanBody { failed: true, error_message: Some(words), ..SpanBody::default() }
        })
    }
}

/// Which spans of a trace.
#[derive(Debug, Clone, Default)]
pub struct SpanFilter {
    pub id: Option<String>,
    pub operation: Option<String>,
    pub parent: Option<String>,
    pub without_sub_agents: bool,
}

const SPAN: &str = "SELECT p.seq, p.session, s.agent_key, s.key, p.id, p.parent, p.operation,
    p.started_at, EXISTS (SELECT 1 FROM spans c WHERE c.trace = p.trace AND c.parent = p.id), p.body
    FROM spans p JOIN sessions s ON s.id = p.session";

fn read_span(row: &Row<'_>) -> rusqlite::Result<StoredSpan> {
    let seq = row.get(0)?;
    Ok(StoredSpan {
        seq,
        of: reference(row, 2, row.get(1)?)?,
        id: damage::name("", damage::bytes(row, 4)?, seq),
        parent: damage::optional_text(row, 5)?,
        operation: damage::text(row, 6)?,
        started_at: damage::number(row, 7)?,
        has_children: damage::number(row, 8)? != 0,
        sealed: damage::bytes(row, 9)?.to_vec(),
    })
}

/// In the order in which they began, behind `after`.
pub fn spans(
    db: &Connection,
    trace: &StoredTrace,
    filter: &SpanFilter,
    after: Option<i64>,
    limit: u32,
) -> Result<Vec<StoredSpan>> {
    let sql = format!(
        "{SPAN} WHERE p.trace = ?1 AND p.seq > ?2 AND (?3 IS NULL OR p.operation = ?3)
             AND (?4 IS NULL OR p.parent = ?4) AND (?5 IS NULL OR p.session = ?5)
             AND (?6 IS NULL OR p.id = ?6)
         ORDER BY p.seq LIMIT ?7"
    );
    let own = filter.without_sub_agents.then_some(trace.session);
    let mut query = db.prepare_cached(&sql)?;
    let rows = query.query_map(
        params![
            trace.seq,
            after.unwrap_or(0),
            filter.operation,
            filter.parent,
            own,
            filter.id,
            limit
        ],
        read_span,
    )?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
