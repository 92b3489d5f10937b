//! The threads that own the connections: one that writes, a few that read.
//!
//! The writer takes what waits for it as one batch and commits it once, which is what makes durable
//! appends cheap. The invariant: a write is answered after the commit that holds it, and a write
//! that fails takes nothing of its batch with it.

use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use tokio::sync::mpsc;

use super::{Db, StoreError};

/// Jobs that may wait for a thread; callers beyond that wait for room.
pub(super) const QUEUE: usize = 1_024;
/// Writes that share one commit.
const MAX_BATCH: usize = 256;

/// Tells the caller how its write ended, once the commit has succeeded or failed.
pub(super) type Announce = Box<dyn FnOnce(Result<(), &StoreError>) + Send>;

/// Runs inside a savepoint; returns whether to keep its changes, and whom to tell.
pub(super) type Change = Box<dyn FnOnce(&Db) -> (bool, Announce) + Send>;

pub(super) enum WriteJob {
    Change {
        work: Change,
        erases: bool,
    },
    /// Runs alone, outside of any transaction.
    Alone(Box<dyn FnOnce(&Db) + Send>),
}

pub(super) type ReadJob = Box<dyn FnOnce(&Db) + Send>;

pub(super) fn spawn_writer(db: Db, inbox: mpsc::Receiver<WriteJob>) -> std::io::Result<()> {
    thread::Builder::new().name("store-writer".to_owned()).spawn(move || write(&db, inbox))?;
    Ok(())
}

/// Readers share one queue, so that a slow listing holds up no more than one of them.
pub(super) fn spawn_reader(
    db: Db,
    inbox: Arc<Mutex<mpsc::Receiver<ReadJob>>>,
) -> std::io::Result<()> {
    thread::Builder::new().name("store-reader".to_owned()).spawn(move || {
        loop {
            let job = inbox.lock().unwrap_or_else(PoisonError::into_inner).blocking_recv();
            let Some(job) = job else { return };
            job(&db);
        }
    })?;
    Ok(())
}

fn write(db: &Db, mut inbox: mpsc::Receiver<WriteJob>) {
    // Set while erased pages may still be in the write-ahead log.
    let mut scrub = false;
    while let Some(first) = inbox.blocking_recv() {
        let mut batch = Vec::new();
        let mut alone = None;
        let mut next = Some(first);
        while let Some(job) = next {
            match job {
                WriteJob::Alone(job) => {
                    alone = Some(job);
                    break;
                }
                WriteJob::Change { work, erases } => {
                    scrub |= erases;
                    batch.push(work);
                }
            }
            next = (batch.len() < MAX_BATCH).then(|| inbox.try_recv().ok()).flatten();
        }
        let (outcome, announcements) = commit(db, batch);
        if let Some(job) = alone {
            job(db);
        }
        if scrub {
            // Before anybody is told: what is said to be gone is gone from the log as well. Busy
            // readers may keep it in use; then the next batch tries again.
            let busy: Result<i64, _> =
                db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0));
            scrub = !matches!(busy, Ok(0));
        }
        for announce in announcements {
            announce(outcome.as_ref().copied());
        }
    }
}

/// Runs a batch and commits it; who is to be told what comes of it stays to be done.
fn commit(db: &Db, batch: Vec<Change>) -> (Result<(), StoreError>, Vec<Announce>) {
    if batch.is_empty() {
        return (Ok(()), Vec::new());
    }
    let mut announcements = Vec::with_capacity(batch.len());
    let outcome = (|| {
        db.execute_batch("BEGIN IMMEDIATE")?;
        for work in batch {
            db.execute_batch("SAVEPOINT change")?;
            let (keep, announce) = work(db);
            announcements.push(announce);
            db.execute_batch(if keep {
                "RELEASE change"
            } else {
                "ROLLBACK TO change; RELEASE change"
            })?;
        }
        db.execute_batch("COMMIT")?;
        Ok::<_, rusqlite::Error>(())
    })();
    let outcome = outcome.map_err(|error| {
        tracing::error!(%error, "nothing of this batch was stored");
        // After a failed BEGIN there is nothing to roll back, which is no news.
        let _ = db.execute_batch("ROLLBACK");
        StoreError::from(error)
    });
    (outcome, announcements)
}
