//! Records that cannot be read whole, because a bit of the file was lost or altered.
//!
//! One of them costs no other: listings show a stand-in under the record's own name, whatever needs
//! its content fails in words that name it, and it can be deleted by that name. Columns are read
//! leniently, and an index that disagrees with its table is made anew when a deletion finds out.

use rusqlite::types::{Value, ValueRef};
use rusqlite::{Connection, ErrorCode, OptionalExtension as _, Row, ffi, params};
use serde_json::json;

use super::{Result, StoreError};
use crate::api::event::StructuredOutput;
use crate::api::{Event, EventBody, Object, SessionKey, Timestamp};

/// What a stand-in calls itself where a name is wanted that nothing else has.
pub const RECORD: &str = "foretop_damaged_record";

/// What to do about it, for people.
const REMEDY: &str = "delete or replace it, or restore a copy of the data directory";

/// A failure that names the record.
pub(super) fn damaged(what: impl Into<String>) -> StoreError {
    StoreError::Damaged { what: what.into() }
}

/// What is said of a record in its stand-in.
pub(super) fn words(what: &str) -> String {
    format!("{what} is damaged and cannot be read; {REMEDY}")
}

pub(super) fn note(what: &str) -> Object {
    Object::from_iter([(RECORD.to_owned(), words(what).into())])
}

/// A column's bytes, of whatever type a flipped bit made it.
pub(super) fn bytes<'r>(row: &'r Row<'_>, at: usize) -> rusqlite::Result<&'r [u8]> {
    Ok(match row.get_ref(at)? {
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => bytes,
        _ => &[],
    })
}

/// A column as text; what is no UTF-8 in it is replaced, so that no seal opens for it.
pub(super) fn text(row: &Row<'_>, at: usize) -> rusqlite::Result<String> {
    Ok(String::from_utf8_lossy(bytes(row, at)?).into_owned())
}

pub(super) fn optional_text(row: &Row<'_>, at: usize) -> rusqlite::Result<Option<String>> {
    Ok(match row.get_ref(at)? {
        ValueRef::Null => None,
        _ => Some(text(row, at)?),
    })
}

pub(super) fn number(row: &Row<'_>, at: usize) -> rusqlite::Result<i64> {
    Ok(match row.get_ref(at)? {
        ValueRef::Integer(number) => number,
        _ => 0,
    })
}

/// The name in a column, or one made of the row's number where it is none that a path can hold. All
/// names of a kind begin alike.
pub(super) fn name(prefix: &str, bytes: &[u8], row: i64) -> String {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    match std::str::from_utf8(bytes) {
        Ok(name) if name.starts_with(prefix) && !name.is_empty() && name.chars().all(is_word) => {
            name.to_owned()
        }
        _ => format!("{prefix}row_{row}"),
    }
}

pub(super) fn time(milliseconds: i64) -> Timestamp {
    Timestamp::from_millisecond(milliseconds).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// The event that stands for one whose body does not open. Of all types of the contract this is the
/// one that can say so without putting words into anybody's mouth: its name and content are free,
/// and it is no text that an agent spoke.
pub(super) fn event(
    id: &str,
    session: &SessionKey,
    kind: &str,
    created_at: Timestamp,
    size: i64,
) -> Result<Event> {
    let body = EventBody::StructuredOutput(StructuredOutput {
        schema_name: RECORD.to_owned(),
        content: json!({
            "damaged": true, "type": kind, "size_bytes": size, "message": words("this event"),
        }),
    });
    Ok(Event::new(id.into(), session.clone(), created_at, &body)?)
}

/// A row by its name, and what the name is unique in.
pub(super) struct Place<'a> {
    pub(super) table: &'static str,
    pub(super) column: &'static str,
    pub(super) prefix: &'static str,
    pub(super) name: &'a str,
    pub(super) within: Option<(&'static str, Value)>,
}

impl Place<'_> {
    fn scope(&self) -> (&'static str, Value) {
        self.within.clone().unwrap_or(("1", Value::Integer(1)))
    }

    /// Deletes the row, also where an index disagrees with its table about the name.
    pub(super) fn delete(&self, db: &Connection) -> Result<bool> {
        let Some(row) = self.row(db)? else {
            return Ok(false);
        };
        let sql = format!("DELETE FROM {} WHERE rowid = ?1", self.table);
        match db.prepare_cached(&sql)?.execute([row]) {
            Err(error) if is_index_stale(&error) => {
                tracing::warn!(table = self.table, "an index did not fit its table; made anew");
                db.execute_batch("REINDEX")?;
                Ok(db.execute(&sql, [row])? > 0)
            }
            deleted => Ok(deleted? > 0),
        }
    }

    /// The row of that name, by the index or else by the table itself.
    pub(super) fn row(&self, db: &Connection) -> Result<Option<i64>> {
        let Self { table, column, .. } = self;
        let (scope, of) = self.scope();
        let by_name = format!("SELECT rowid FROM {table} WHERE {scope} = ?1 AND {column} = ?2");
        let found =
            db.prepare_cached(&by_name)?.query_row(params![of, self.name], |row| row.get(0));
        if let Some(row) = found.optional()? {
            return Ok(Some(row));
        }
        // By its number each row is read from the table, not from an index that may be wrong.
        let sql = format!(
            "SELECT t.rowid, t.{column} FROM (SELECT rowid AS r FROM {table} WHERE {scope} = ?1)
             CROSS JOIN {table} t ON t.rowid = r"
        );
        let mut query = db.prepare_cached(&sql)?;
        let mut rows = query.query([of])?;
        while let Some(row) = rows.next()? {
            let number = row.get(0)?;
            if name(self.prefix, bytes(row, 1)?, number) == self.name {
                return Ok(Some(number));
            }
        }
        Ok(None)
    }
}

fn is_index_stale(error: &rusqlite::Error) -> bool {
    matches!(error, rusqlite::Error::SqliteFailure(ffi::Error { extended_code, .. }, _)
        if *extended_code == ffi::SQLITE_CORRUPT_INDEX)
}

/// What is wrong with the disk or the file, as far as somebody can do something about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    Full,
    /// The file as a whole, not one record in it.
    Damaged,
    Disk,
}

impl Trouble {
    pub(super) fn of(error: &rusqlite::Error) -> Option<Self> {
        match error.sqlite_error_code()? {
            ErrorCode::DiskFull => Some(Self::Full),
            ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => Some(Self::Damaged),
            ErrorCode::SystemIoFailure | ErrorCode::ReadOnly | ErrorCode::CannotOpen => {
                Some(Self::Disk)
            }
            _ => None,
        }
    }
}
