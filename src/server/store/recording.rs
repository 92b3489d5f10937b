//! Recordings: what a database holds of sessions, opened, as lines of JSON, and the way back into a
//! database under keys of its own.
//!
//! Owns which rows that is and how a value is written down. The agents are not among them and must be
//! there first. Start with [`lay_down`]; what is laid down was written by the tests of this module. The
//! invariant: a recording that was laid down copies to itself, but for its moments, all of which lie as
//! much later as was asked for.

use std::collections::HashMap;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use memchr::memmem;
use rusqlite::params_from_iter;
use rusqlite::types::Value;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use super::damage::damaged;
use super::seal::{Seal, Subject, Vault};
use super::{Db, Result, StoreError, agents};
use crate::api::{Timestamp, time};

/// When a recording ends. Nothing in it is about that year, so what looks like a moment of it is one.
pub const RECORDED_AT: Timestamp = Timestamp::constant(959_817_600, 0);
const MOMENT: &str = "\"2000-0";
const MOMENT_LENGTH: usize = "2000-06-01T00:00:00.000Z".len();

struct Column {
    name: &'static str,
    form: Form,
    /// As what it is sealed, in a row of this name.
    sealed: Option<fn(&str) -> Subject<'_>>,
}

/// How a value is written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Number,
    /// Milliseconds since 1970, as a time.
    Moment,
    Text,
    /// A text that is JSON, as that JSON.
    Json,
    /// In base64.
    Bytes,
}

const fn number(name: &'static str) -> Column {
    Column { name, form: Form::Number, sealed: None }
}

const fn moment(name: &'static str) -> Column {
    Column { name, form: Form::Moment, sealed: None }
}

const fn text(name: &'static str) -> Column {
    Column { name, form: Form::Text, sealed: None }
}

const fn json(name: &'static str) -> Column {
    Column { name, form: Form::Json, sealed: None }
}

const fn bytes(name: &'static str) -> Column {
    Column { name, form: Form::Bytes, sealed: None }
}

impl Column {
    const fn sealed(self, subject: fn(&str) -> Subject<'_>) -> Self {
        Self { sealed: Some(subject), ..self }
    }
}

struct Table {
    name: &'static str,
    /// The first is the row's session.
    columns: &'static [Column],
    /// Names the row.
    key: &'static str,
}

const SESSIONS: &str = "sessions";

/// None refers to one below it.
const TABLES: [Table; 6] = [
    Table {
        name: SESSIONS,
        columns: &[
            number("id"),
            text("agent_key"),
            text("key"),
            text("alias_key"),
            text("status"),
            moment("created_at"),
            moment("touched_at"),
            number("tti_minutes"),
            json("body"),
            json("continuation").sealed(|_| Subject::Continuation),
            number("context_base"),
            text("description").sealed(|_| Subject::Description),
            text("described_by"),
        ],
        key: "key",
    },
    Table {
        name: "events",
        columns: &[
            number("session"),
            number("seq"),
            text("id"),
            text("type"),
            moment("created_at"),
            text("hide_reason"),
            number("size"),
            json("body").sealed(|id| Subject::Event(id)),
        ],
        key: "id",
    },
    Table {
        name: "pending_calls",
        columns: &[
            number("session"),
            text("event_id"),
            text("tool_call_id"),
            json("body").sealed(|id| Subject::PendingCall(id)),
        ],
        key: "event_id",
    },
    Table {
        name: "artifacts",
        columns: &[
            number("session"),
            number("seq"),
            text("id"),
            moment("created_at"),
            moment("updated_at"),
            json("body").sealed(|id| Subject::Artifact(id)),
            bytes("data").sealed(|id| Subject::ArtifactData(id)),
        ],
        key: "id",
    },
    Table {
        name: "traces",
        columns: &[
            number("session"),
            number("seq"),
            text("id"),
            moment("started_at"),
            number("duration_ms"),
            text("error_type"),
            number("input_tokens"),
            number("output_tokens"),
        ],
        key: "id",
    },
    Table {
        name: "spans",
        columns: &[
            number("session"),
            number("seq"),
            number("trace"),
            text("id"),
            text("parent"),
            text("operation"),
            moment("started_at"),
            text("tool_name"),
            text("tool_error_type"),
            json("body").sealed(|id| Subject::Span(id)),
        ],
        key: "id",
    },
];

/// Writes the rows of a recording into tables that have none, `later` milliseconds after they were.
pub fn lay_down(db: &Db, recording: &str, later: i64) -> Result<()> {
    let recording = moved(recording, later);
    let mut lines = recording.lines().peekable();
    let mut vaults = HashMap::new();
    for table in &TABLES {
        let mut insert = db.prepare(&table.insert())?;
        while let Some(line) = lines.next_if(|line| table.is_of(line)) {
            let (_, written) = serde_json::from_str::<(&str, Vec<&RawValue>)>(line)?;
            let row = Row { table, written };
            let session = row.read(table.columns.first().map_or("", |column| column.name))?;
            let mut own_key = None;
            if table.name == SESSIONS {
                let (seal, wrapped) = row.new_key(db)?;
                own_key = Some(Value::Blob(wrapped));
                vaults.insert(session, Vault { row: session, seal });
            }
            let values = row.values(vaults.get(&session).ok_or_else(unfit)?)?;
            insert.execute(params_from_iter(values.into_iter().chain(own_key)))?;
        }
    }
    lines.next().map_or(Ok(()), |_| Err(unfit()))
}

fn unfit() -> StoreError {
    damaged("a recording")
}

impl Table {
    /// A session has a key of its own besides.
    fn insert(&self) -> String {
        let own_key = (self.name == SESSIONS).then_some("seal_key");
        let columns = self.columns.iter().map(|column| column.name).chain(own_key);
        let columns: Vec<&str> = columns.collect();
        let places = vec!["?"; columns.len()].join(", ");
        format!("INSERT INTO {} ({}) VALUES ({places})", self.name, columns.join(", "))
    }

    fn is_of(&self, line: &str) -> bool {
        let rest = line.strip_prefix("[\"").and_then(|line| line.strip_prefix(self.name));
        rest.is_some_and(|rest| rest.starts_with('"'))
    }
}

/// A row as it is written down.
struct Row<'a> {
    table: &'static Table,
    written: Vec<&'a RawValue>,
}

impl Row<'_> {
    fn read<T: DeserializeOwned>(&self, column: &str) -> Result<T> {
        let at = self.table.columns.iter().position(|known| known.name == column);
        let value = at.and_then(|at| self.written.get(at)).ok_or_else(unfit)?;
        Ok(serde_json::from_str(value.get())?)
    }

    /// A key for a session, plain and under that of its agent.
    fn new_key(&self, db: &Db) -> Result<(Seal, Vec<u8>)> {
        let (agent, key) = (self.read::<String>("agent_key")?, self.read::<String>("key")?);
        let agent = agents::seal(db, &agent)?.ok_or_else(unfit)?;
        Ok(agent.new_key(Subject::SessionKey(&key))?)
    }

    fn values(&self, vault: &Vault) -> Result<Vec<Value>> {
        let name: String = self.read(self.table.key)?;
        let columns = self.table.columns.iter().zip(&self.written);
        columns.map(|(column, written)| column.value(written.get(), &name, vault)).collect()
    }
}

impl Column {
    fn value(&self, written: &str, row: &str, vault: &Vault) -> Result<Value> {
        if written == "null" {
            return Ok(Value::Null);
        }
        let bytes = match self.form {
            Form::Number => return Ok(Value::Integer(serde_json::from_str(written)?)),
            Form::Moment => {
                let moment: Timestamp = serde_json::from_str(written)?;
                return Ok(Value::Integer(moment.as_millisecond()));
            }
            Form::Text => serde_json::from_str::<String>(written)?.into_bytes(),
            Form::Json => written.as_bytes().to_vec(),
            Form::Bytes => {
                let written: String = serde_json::from_str(written)?;
                BASE64_STANDARD.decode(written).map_err(|_| unfit())?
            }
        };
        Ok(match self.sealed {
            Some(subject) => Value::Blob(vault.seal.seal(subject(row), &bytes)?),
            None => Value::Text(String::from_utf8(bytes).map_err(|_| unfit())?),
        })
    }
}

/// The recording, had it been made so many milliseconds later.
fn moved(recording: &str, later: i64) -> String {
    let mut moved = String::with_capacity(recording.len());
    let mut rest = recording;
    while let Some(quote) = memmem::find(rest.as_bytes(), MOMENT.as_bytes()) {
        let (before, from) = rest.split_at(quote + 1);
        let (written, behind) = from.split_at_checked(MOMENT_LENGTH).unwrap_or((from, ""));
        let then =
            written.parse().map(|then: Timestamp| then.as_millisecond().saturating_add(later));
        let then = then.ok().and_then(|then| Timestamp::from_millisecond(then).ok());
        moved.push_str(before);
        moved.push_str(&then.map_or_else(|| written.to_owned(), time::format));
        rest = behind;
    }
    moved.push_str(rest);
    moved
}

#[cfg(test)]
pub mod tests {
    use std::fmt::Write as _;

    use rusqlite::types::ValueRef;

    use super::super::sessions;
    use super::*;

    impl Column {
        fn written(&self, value: ValueRef<'_>, row: &str, vault: &Vault) -> String {
            let bytes = match value {
                ValueRef::Null => return "null".to_owned(),
                ValueRef::Integer(moment) if self.form == Form::Moment => {
                    return format!(
                        "{:?}",
                        time::format(Timestamp::from_millisecond(moment).unwrap())
                    );
                }
                ValueRef::Integer(number) => return number.to_string(),
                ValueRef::Text(bytes) | ValueRef::Blob(bytes) => bytes.to_vec(),
                ValueRef::Real(real) => panic!("{} is {real}", self.name),
            };
            let open =
                |subject: fn(&str) -> Subject<'_>| vault.seal.open(subject(row), &bytes).unwrap();
            let bytes = self.sealed.map_or_else(|| bytes.clone(), open);
            if self.form == Form::Bytes {
                return format!("{:?}", BASE64_STANDARD.encode(bytes));
            }
            let text = String::from_utf8(bytes).unwrap();
            if self.form == Form::Json { text } else { serde_json::to_string(&text).unwrap() }
        }
    }

    /// The rows of all sessions, as they are laid down.
    pub fn copy(db: &Db) -> String {
        let mut recording = String::new();
        for table in &TABLES {
            let columns: Vec<_> = table.columns.iter().map(|column| column.name).collect();
            let sql = format!("SELECT {} FROM {} ORDER BY rowid", columns.join(", "), table.name);
            let mut query = db.prepare(&sql).unwrap();
            let mut rows = query.query([]).unwrap();
            while let Some(row) = rows.next().unwrap() {
                let of = sessions::name_of(db, row.get(0).unwrap()).unwrap().unwrap();
                let vault = sessions::get(db, &of).unwrap().unwrap().vault;
                let key: String = row.get(table.key).unwrap();
                let values = table.columns.iter().enumerate();
                let values = values
                    .map(|(at, column)| column.written(row.get_ref(at).unwrap(), &key, &vault));
                let values = values.collect::<Vec<_>>().join(",");
                writeln!(recording, "[{:?},[{values}]]", table.name).unwrap();
            }
        }
        recording
    }

    #[test]
    fn only_moments_of_the_recording_move() {
        let recording = r#"["events",["2000-05-31T23:59:59.500Z","at \"2000-06-01T00:00:00.000Z\"","2000-0","2001-05-31T23:59:59.500Z"]]"#;
        let later = recording.replace("2000-05-31T23:59:59.500Z", "2000-06-01T00:00:01.000Z");
        let later = later.replace("2000-06-01T00:00:00.000Z", "2000-06-01T00:00:01.500Z");
        assert_eq!(moved(recording, 1_500), later);
        assert_eq!(moved("\"2000-0", 1), "\"2000-0");
    }
}
