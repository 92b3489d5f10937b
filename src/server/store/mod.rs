//! Durable state of the embedded server: one SQLite database and one key file in the data directory.
//!
//! What can be listed and filtered by (names, times, types, metadata) is plain; bodies of events,
//! files, arguments and secrets are sealed (see [`seal`]). One thread writes, a few read; everybody
//! else sends them work and awaits the answer; before anybody is served, whoever asks does the work
//! ([`founding`]). Start with [`Store::open`]. The invariant: what was answered is on disk.

pub mod agents;
pub mod aliases;
pub mod artifacts;
pub mod backup;
pub mod check;
pub mod damage;
pub mod descriptions;
pub mod errands;
pub mod events;
mod founding;
mod master_key;
mod migrations;
pub mod pending;
pub mod queue;
pub mod reasonings;
pub mod recording;
mod schema;
pub mod seal;
pub mod secrets;
pub mod sessions;
mod shrinking;
mod threads;
pub mod tools;
pub mod traces;

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::ops::Deref;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use super::lasting::Lasting;
use super::ownership::{self, Untrusted};
use damage::Trouble;
use founding::Founding;
use seal::{Seal, SealError};
use threads::{Care, ReadJob, WriteJob};

/// Threads that read; more would only share the two or three cores that such machines have.
const READERS: usize = 2;

/// A connection and the key that opens what it finds.
pub struct Db {
    connection: Connection,
    pub(in crate::server) master: Seal,
    lasting: Lasting,
}

impl Deref for Db {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        &self.connection
    }
}

/// A handle to the database; clones share it.
#[derive(Clone)]
pub struct Store {
    way: Way,
    /// Held open for as long as any handle lives: a second server must not share the directory.
    _lock: Arc<File>,
}

/// Who does the work.
#[derive(Clone)]
enum Way {
    Threads { reads: mpsc::Sender<ReadJob>, writes: mpsc::Sender<WriteJob> },
    Founding(Founding),
}

#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("cannot use {path}: {source}. Give another data directory with --data")]
    Directory { path: PathBuf, source: io::Error },
    #[error(transparent)]
    Untrusted(#[from] Untrusted),
    #[error("another foretop serves {path}. Stop it, or give another directory with --data")]
    Locked { path: PathBuf },
    #[error(
        "{path} is not a sound foretop database ({why}). Nothing was changed; restore a copy, or \
         give another directory with --data"
    )]
    Corrupt { path: PathBuf, why: String },
    #[error(
        "{path} was written by a newer foretop (schema {found}, this one knows {known}). Nothing \
         was changed; upgrade foretop, or give another directory with --data"
    )]
    Newer { path: PathBuf, found: i64, known: i64 },
    #[error(
        "{path} was written by an older foretop (schema {found}, this one writes {known}). Serve it \
         once, which brings it up to date"
    )]
    Older { path: PathBuf, found: i64, known: i64 },
    #[error(
        "the key file {path} is missing, and without it the database beside it cannot be read. \
         Restore both from the same copy, or give another directory with --data"
    )]
    KeyMissing { path: PathBuf },
    #[error(
        "{key} is here and the database that it opens is not: {path} is missing or empty. Restore \
         both from the same copy; or move the key away, and a new database begins with a new one"
    )]
    DatabaseMissing { path: PathBuf, key: PathBuf },
    #[error(
        "{path} is a database of another program. Nothing was changed; give another directory \
         with --data"
    )]
    Foreign { path: PathBuf },
    #[error("{path} does not fit the database beside it. Restore both from the same copy")]
    KeyWrong { path: PathBuf },
    #[error("others can read the key file {path}. Look who did, then: chmod 600 {path}")]
    KeyExposed { path: PathBuf },
    #[error("{path} is not a key file: it must hold 64 hexadecimal digits. Restore it from a copy")]
    KeyUnreadable { path: PathBuf },
}

/// A failure inside the store; callers show it as an internal error.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error(transparent)]
    Database(#[from] rusqlite::Error),
    #[error("a stored body is not JSON: {0}")]
    Body(#[from] serde_json::Error),
    #[error(transparent)]
    Seal(#[from] SealError),
    /// One record; the rest is sound.
    #[error("{}", damage::words(what))]
    Damaged { what: String },
    #[error("the change was not stored: {why}")]
    NotCommitted { why: String, trouble: Option<Trouble> },
    #[error("the database threads have stopped")]
    Stopped,
    /// No failure: somebody deleted what the turn was about.
    #[error("the session was deleted while its turn ran")]
    Deleted,
}

pub type Result<T> = std::result::Result<T, StoreError>;

impl OpenError {
    fn unusable(directory: &Path, error: StoreError) -> Self {
        Self::Directory { path: directory.to_owned(), source: io::Error::other(error) }
    }
}

impl StoreError {
    pub fn trouble(&self) -> Option<Trouble> {
        match self {
            Self::Database(error) => Trouble::of(error),
            Self::NotCommitted { trouble, .. } => *trouble,
            _ => None,
        }
    }

    /// The same for somebody whose change shared its fate.
    fn not_committed(&self) -> Self {
        Self::NotCommitted { why: self.to_string(), trouble: self.trouble() }
    }

    /// What a client is told of a request: what it can do something about, and no insides.
    pub fn words(&self) -> String {
        self.words_with("nothing of this was stored")
    }

    /// What the readers of a turn are told.
    pub fn words_of_turn(&self) -> String {
        self.words_with("the turn ended early, and what it had stored is listed")
    }

    fn words_with(&self, therefore: &str) -> String {
        match (self, self.trouble()) {
            (Self::Damaged { .. }, _) => format!("DATA_LOSS: {self}"),
            (Self::Deleted, _) => format!("ABORTED: {self}"),
            (Self::Stopped, _) => format!("UNAVAILABLE: the server is stopping; {therefore}"),
            (_, Some(Trouble::Full)) => format!(
                "RESOURCE_EXHAUSTED: the disk of the server's data directory is full; {therefore}. \
                 Make room, then try again"
            ),
            (_, Some(Trouble::Damaged)) => "DATA_LOSS: the database file is damaged; `foretop \
                 serve --check` says where"
                .to_owned(),
            (_, Some(Trouble::Disk)) => format!(
                "UNAVAILABLE: the server's data directory cannot be read or written; {therefore}"
            ),
            _ => "INTERNAL: the store failed".to_owned(),
        }
    }
}

impl Store {
    /// Opens or creates the database in `directory`, which is created when missing.
    pub fn open(directory: &Path) -> std::result::Result<Self, OpenError> {
        let lock = lock(directory)?;
        Self::with_threads(directory, schema::open(directory, Lasting::ForGood)?, Arc::new(lock))
    }

    /// The same, to be filled before anybody is served: nothing of what is written counts before
    /// [`Self::founded`].
    pub fn found(directory: &Path, lasting: Lasting) -> std::result::Result<Self, OpenError> {
        let lock = lock(directory)?;
        let begun = Founding::begin(schema::open(directory, lasting)?);
        let founding = begun.map_err(|error| OpenError::unusable(directory, error))?;
        Ok(Self { way: Way::Founding(founding), _lock: Arc::new(lock) })
    }

    /// Keeps what was written, and from here on threads do the work.
    pub fn founded(self, directory: &Path) -> std::result::Result<Self, OpenError> {
        let Self { way, _lock: lock } = self;
        let Way::Founding(founding) = way else { return Ok(Self { way, _lock: lock }) };
        let db = founding.end().map_err(|error| OpenError::unusable(directory, error))?;
        Self::with_threads(directory, db, lock)
    }

    fn with_threads(
        directory: &Path,
        db: Db,
        lock: Arc<File>,
    ) -> std::result::Result<Self, OpenError> {
        let at = |source| OpenError::Directory { path: directory.to_owned(), source };
        let (reads, inbox) = mpsc::channel(threads::QUEUE);
        let (writes, changes) = mpsc::channel(threads::QUEUE);
        let inbox = Arc::new(Mutex::new(inbox));
        for _ in 0..READERS {
            let reader = schema::open_to_read(directory, &db.master)?;
            threads::spawn_reader(reader, Arc::clone(&inbox)).map_err(at)?;
        }
        threads::spawn_writer(db, changes).map_err(at)?;
        Ok(Self { way: Way::Threads { reads, writes }, _lock: lock })
    }

    /// Runs `job` on a reading thread. It sees everything that was answered before.
    pub async fn read<T, F>(&self, job: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Db) -> Result<T> + Send + 'static,
    {
        let reads = match &self.way {
            Way::Threads { reads, .. } => reads,
            Way::Founding(founding) => return founding.read(job),
        };
        let (answer, result) = oneshot::channel();
        let job = ReadJob::Work(Box::new(move |db| {
            let _ = answer.send(job(db));
        }));
        reads.send(job).await.map_err(|_| StoreError::Stopped)?;
        result.await.map_err(|_| StoreError::Stopped)?
    }

    /// Runs `job` on the writing thread, in the order of arrival, whole or not at all: when it
    /// fails, nothing that it changed stays.
    pub async fn write<T, F>(&self, job: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Db) -> Result<T> + Send + 'static,
    {
        self.change(job, Care::Lasting).await
    }

    /// Like [`Store::write`], for what a start works out by itself where a loss of power took it: it is
    /// answered before it is on the disk. It costs no wait, and nothing is lost by `kill -9`.
    pub async fn settle<T, F>(&self, job: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Db) -> Result<T> + Send + 'static,
    {
        self.change(job, Care::Passing).await
    }

    /// Like [`Store::write`], for what must not be found in the files afterwards.
    pub async fn erase<T, F>(&self, job: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Db) -> Result<T> + Send + 'static,
    {
        self.change(job, Care::Erasing).await
    }

    async fn change<T, F>(&self, job: F, care: Care) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Db) -> Result<T> + Send + 'static,
    {
        let writes = match &self.way {
            Way::Threads { writes, .. } => writes,
            Way::Founding(founding) => return founding.write(job),
        };
        let (answer, result) = oneshot::channel();
        let work = Box::new(move |db: Option<&Db>| {
            let outcome = db.map(job);
            let done = match &outcome {
                Some(Ok(_)) => Ok(()),
                Some(Err(error)) => Err(error.trouble()),
                None => Err(None),
            };
            let announce: threads::Announce = Box::new(move |committed| {
                // A caller that left does not matter: the work is done all the same.
                let _ = answer.send(match (outcome, committed) {
                    // Its own failure tells more than that of its batch.
                    (Some(Err(error)), _) => Err(error),
                    (_, Err(error)) => Err(error.not_committed()),
                    (Some(outcome), Ok(())) => outcome,
                    (None, Ok(())) => Err(StoreError::Stopped),
                });
            });
            (done, announce)
        });
        let job = WriteJob::Change { work, care };
        writes.send(job).await.map_err(|_| StoreError::Stopped)?;
        result.await.map_err(|_| StoreError::Stopped)?
    }

    /// Ends the threads. Everything committed is in the database file then, which can be copied as
    /// it is; later work finds nobody.
    pub async fn close(&self) {
        let (reads, writes) = match &self.way {
            Way::Threads { reads, writes } => (reads, writes),
            Way::Founding(founding) => return founding.give_up(),
        };
        let mut closing = Vec::new();
        // The writer lets go last: it tidies up behind all others.
        for _ in 0..READERS {
            let (closed, gone) = oneshot::channel();
            if reads.send(ReadJob::Close(closed)).await.is_ok() {
                closing.push(gone);
            }
        }
        for gone in closing {
            let _ = gone.await;
        }
        let (closed, gone) = oneshot::channel();
        if writes.send(WriteJob::Close(closed)).await.is_ok() {
            let _ = gone.await;
        }
    }
}

/// A server that just stopped may hold its lock a moment longer: a process that was being started
/// beside it shares its files until it runs another program.
const LOCK_PATIENCE: Duration = Duration::from_millis(500);
const LOCK_RETRY: Duration = Duration::from_millis(10);

fn lock(directory: &Path) -> std::result::Result<File, OpenError> {
    let at = |source| OpenError::Directory { path: directory.to_owned(), source };
    if !ownership::directory(directory)? {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(directory).map_err(at)?;
    }
    let path = directory.join("lock");
    ownership::file(&path)?;
    let lock = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path)
        .map_err(at)?;
    let patience = Instant::now();
    loop {
        match lock.try_lock() {
            Ok(()) => return Ok(lock),
            Err(TryLockError::WouldBlock) if patience.elapsed() < LOCK_PATIENCE => {
                std::thread::sleep(LOCK_RETRY);
            }
            Err(TryLockError::WouldBlock) => {
                return Err(OpenError::Locked { path: directory.to_owned() });
            }
            Err(TryLockError::Error(source)) => return Err(at(source)),
        }
    }
}
