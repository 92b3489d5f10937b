//! The threads that own the connections: one that writes, a few that read.
//!
//! The writer takes what waits for it as one batch and commits it once, which is what makes durable
//! appends cheap. The invariant: a write is answered after the commit that holds it, and a write
//! that fails takes nothing of its batch with it.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use tokio::sync::{mpsc, oneshot};

use super::damage::Trouble;
use super::{Db, StoreError, shrinking};
use crate::server::lasting::Lasting;

/// Jobs that may wait for a thread; callers beyond that wait for room.
pub(super) const QUEUE: usize = 1_024;
/// Writes that share one commit.
const MAX_BATCH: usize = 256;

/// Tells the caller how its write ended, once the commit has succeeded or failed.
pub(super) type Announce = Box<dyn FnOnce(Result<(), &StoreError>) + Send>;

/// Runs inside a savepoint, or not at all where there is nothing to run on; returns whether to keep
/// its changes, or what is wrong with the disk, and whom to tell.
pub(super) type Change =
    Box<dyn FnOnce(Option<&Db>) -> (Result<(), Option<Trouble>>, Announce) + Send>;

/// What a write asks of its commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Care {
    /// It outlives a loss of power from its answer on.
    Lasting,
    /// The same, and what it took away is not in the files.
    Erasing,
    /// It outlives the process. After a loss of power it may be gone, together with all that was written
    /// like it since the last commit that lasts.
    Passing,
}

pub(super) enum WriteJob {
    Change { work: Change, care: Care },
    Close(Closed),
}

pub(super) enum ReadJob {
    Work(Box<dyn FnOnce(&Db) + Send>),
    /// For one of the readers.
    Close(Closed),
}

/// Tells that a thread has let go of its connection.
pub(super) type Closed = oneshot::Sender<()>;

pub(super) fn spawn_writer(db: Db, inbox: mpsc::Receiver<WriteJob>) -> std::io::Result<()> {
    thread::Builder::new().name("store-writer".to_owned()).spawn(move || {
        let closed = write(&db, inbox);
        shrinking::finish(&db);
        empty_log(&db);
        drop(db);
        closed.map(|closed| closed.send(()))
    })?;
    Ok(())
}

/// Moves what is committed into the database file; the log beside it is not needed then.
fn empty_log(db: &Db) {
    let busy = db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, i64>(0));
    match busy {
        Ok(0) => {}
        Ok(_) => tracing::warn!("somebody reads the database: copy foretop.db-wal along with it"),
        Err(error) => tracing::warn!(%error, "copy foretop.db-wal along with foretop.db"),
    }
}

/// Readers share one queue, so that a slow listing holds up no more than one of them.
pub(super) fn spawn_reader(
    db: Db,
    inbox: Arc<Mutex<mpsc::Receiver<ReadJob>>>,
) -> std::io::Result<()> {
    thread::Builder::new().name("store-reader".to_owned()).spawn(move || {
        loop {
            let job = inbox.lock().unwrap_or_else(PoisonError::into_inner).blocking_recv();
            match job {
                Some(ReadJob::Work(job)) => job(&db),
                Some(ReadJob::Close(closed)) => {
                    drop(db);
                    let _ = closed.send(());
                    return;
                }
                None => return,
            }
        }
    })?;
    Ok(())
}

fn write(db: &Db, mut inbox: mpsc::Receiver<WriteJob>) -> Option<Closed> {
    // Set while erased pages may still be in the write-ahead log.
    let mut scrub = false;
    // Set while the file may hold pages that nothing is on; an earlier process may have left some.
    let mut shrinks = true;
    while let Some(first) = next_job(db, &mut inbox, &mut shrinks) {
        let mut batch = VecDeque::new();
        let (mut closed, mut lasts) = (None, false);
        let mut next = Some(first);
        while let Some(job) = next {
            match job {
                WriteJob::Close(sender) => {
                    closed = Some(sender);
                    break;
                }
                WriteJob::Change { work, care } => {
                    scrub |= care == Care::Erasing;
                    shrinks |= care == Care::Erasing;
                    lasts |= care != Care::Passing;
                    batch.push_back(work);
                }
            }
            next = (batch.len() < MAX_BATCH).then(|| inbox.try_recv().ok()).flatten();
        }
        let ends = if lasts { commit(db, batch) } else { commit_unsynced(db, batch) };
        if scrub {
            // Before anybody is told: what is said to be gone is gone from the log as well. Busy
            // readers may keep it in use; then the next batch tries again.
            let busy: Result<i64, _> =
                db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0));
            scrub = !matches!(busy, Ok(0));
        }
        for End { outcome, announcements } in ends {
            for announce in announcements {
                announce(outcome.as_ref().copied());
            }
        }
        if closed.is_some() {
            return closed;
        }
    }
    None
}

/// The next job. As long as there is none, the file is made smaller, a little at a time.
fn next_job(db: &Db, inbox: &mut mpsc::Receiver<WriteJob>, shrinks: &mut bool) -> Option<WriteJob> {
    while *shrinks {
        if let Ok(job) = inbox.try_recv() {
            return Some(job);
        }
        *shrinks = shrinking::step(db).unwrap_or_else(|error| {
            tracing::warn!(%error, "the database file stays as large as it is");
            false
        });
    }
    inbox.blocking_recv()
}

/// How a transaction ended, and who is to be told.
struct End {
    outcome: Result<(), StoreError>,
    announcements: Vec<Announce>,
}

/// Runs a batch and commits it without waiting for the disk: the commit is in the log, and the next one
/// that lasts takes it along.
fn commit_unsynced(db: &Db, batch: VecDeque<Change>) -> Vec<End> {
    if db.lasting == Lasting::WithTheProcess {
        return commit(db, batch);
    }
    let waits = db.pragma_update(None, "synchronous", "NORMAL").is_ok();
    let ends = commit(db, batch);
    if waits && let Err(error) = db.pragma_update(None, "synchronous", "FULL") {
        tracing::error!(%error, "writes do not wait for the disk any more");
    }
    ends
}

/// Runs a batch and commits it. On a disk that is full SQLite may take back a transaction in the
/// middle: then what has not run yet gets another one.
fn commit(db: &Db, mut batch: VecDeque<Change>) -> Vec<End> {
    let mut ends = Vec::new();
    while !batch.is_empty() {
        let mut announcements = Vec::with_capacity(batch.len());
        let outcome = commit_together(db, &mut batch, &mut announcements);
        if let Err(error) = &outcome {
            tracing::error!(%error, "nothing of this batch was stored");
            // After a failed BEGIN there is nothing to roll back, which is no news.
            let _ = db.execute_batch("ROLLBACK");
            if announcements.is_empty() {
                // Nothing can be begun: the others would fare no better.
                announcements.extend(batch.drain(..).map(|work| work(None).1));
            }
        }
        ends.push(End { outcome, announcements });
    }
    ends
}

fn commit_together(
    db: &Db,
    batch: &mut VecDeque<Change>,
    announcements: &mut Vec<Announce>,
) -> Result<(), StoreError> {
    db.execute_batch("BEGIN IMMEDIATE")?;
    while let Some(work) = batch.pop_front() {
        if let Err(error) = db.execute_batch("SAVEPOINT change") {
            batch.push_front(work);
            return Err(error.into());
        }
        let (done, announce) = work(Some(db));
        announcements.push(announce);
        if db.is_autocommit() {
            let why = "the transaction was taken back".to_owned();
            return Err(StoreError::NotCommitted { why, trouble: done.err().flatten() });
        }
        db.execute_batch(match done {
            Ok(()) => "RELEASE change",
            Err(_) => "ROLLBACK TO change; RELEASE change",
        })?;
    }
    db.execute_batch("COMMIT")?;
    Ok(())
}
