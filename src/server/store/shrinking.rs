//! A database file that becomes smaller when much is deleted.
//!
//! SQLite keeps pages that nothing is on for later. Where the file says so since its first page
//! (`auto_vacuum`), they can be given back a few at a time; one that does not has to be written anew
//! once, which takes as much room again and, because nothing of it may lie in clear elsewhere, memory.

use std::time::{Duration, Instant};

use rusqlite::Connection;

/// Larger files are not written anew at a start.
const MOST_BYTES: i64 = 64 << 20;

/// Pages that are given back at a time: other writes wait for that long.
const STEP: i64 = 512;

const INCREMENTAL: i64 = 2;

/// How long a stop may take over it; the next start goes on.
const FINISH: Duration = Duration::from_millis(500);

fn number(connection: &Connection, pragma: &str) -> rusqlite::Result<i64> {
    connection.pragma_query_value(None, pragma, |row| row.get(0))
}

/// Lets a database of an earlier build shrink, if it is small enough to be written anew.
pub(super) fn bring_over(connection: &Connection) -> rusqlite::Result<()> {
    if number(connection, "auto_vacuum")? == INCREMENTAL {
        return Ok(());
    }
    let bytes = number(connection, "page_count")? * number(connection, "page_size")?;
    if bytes > MOST_BYTES {
        tracing::warn!(
            "the database is of an earlier build and does not shrink; docs/server.md says how"
        );
        return Ok(());
    }
    let written = connection.execute_batch(
        "PRAGMA auto_vacuum = INCREMENTAL; VACUUM; PRAGMA wal_checkpoint(TRUNCATE);",
    );
    if let Err(error) = written {
        // It is what it was.
        tracing::warn!(%error, "the database does not shrink when much is deleted");
    }
    Ok(())
}

/// Gives some pages back; whether there may be more of them.
pub(super) fn step(connection: &Connection) -> rusqlite::Result<bool> {
    if number(connection, "auto_vacuum")? != INCREMENTAL {
        return Ok(false);
    }
    let before = number(connection, "freelist_count")?;
    if before > 0 {
        let mut vacuum = connection.prepare(&format!("PRAGMA incremental_vacuum({STEP})"))?;
        let mut pages = vacuum.query([])?;
        // A page for each row that is asked for.
        while pages.next()?.is_some() {}
    }
    let left = number(connection, "freelist_count")?;
    if left > 0 && left < before {
        return Ok(true);
    }
    if before > 0 {
        // The file is cut only where the log is written into it. Readers may be in the way; then it
        // is cut with one of the next deletions, or at the end.
        connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
    }
    Ok(false)
}

/// Gives back what is left to give back before the file is closed, as far as there is time.
pub(super) fn finish(connection: &Connection) {
    let begun = Instant::now();
    while begun.elapsed() < FINISH && step(connection).unwrap_or(false) {}
}
