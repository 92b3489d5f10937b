//! Durable state of the embedded server: one SQLite database in the data directory.
//!
//! One thread owns the connection; everybody else sends it work and awaits the answer, which comes
//! after the commit. Start with [`Store::open`]. The invariant: what was answered is on disk.

pub mod agents;
pub mod artifacts;
pub mod events;
pub mod pending;
pub mod queue;
mod schema;
pub mod sessions;

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

/// Jobs that may wait for the database thread; callers beyond that wait for room.
const QUEUE: usize = 256;

type Job = Box<dyn FnOnce(&mut Connection) + Send>;

/// A handle to the database thread; clones share it.
#[derive(Clone)]
pub struct Store {
    jobs: mpsc::Sender<Job>,
    /// Held open for as long as any handle lives: a second server must not share the directory.
    _lock: Arc<File>,
}

#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("cannot use the data directory {path}: {source}. Give another one with --data")]
    Directory { path: PathBuf, source: io::Error },
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
}

/// A failure inside the store; callers show it as an internal error.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error(transparent)]
    Database(#[from] rusqlite::Error),
    #[error("a stored body is not JSON: {0}")]
    Body(#[from] serde_json::Error),
    #[error("the database thread has stopped")]
    Stopped,
}

pub type Result<T> = std::result::Result<T, StoreError>;

impl Store {
    /// Opens or creates the database in `directory`, which is created when missing.
    pub fn open(directory: &Path) -> std::result::Result<Self, OpenError> {
        let at = |source| OpenError::Directory { path: directory.to_owned(), source };
        fs::DirBuilder::new().recursive(true).mode(0o700).create(directory).map_err(at)?;
        let lock = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(directory.join("lock"))
            .map_err(at)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(OpenError::Locked { path: directory.to_owned() });
            }
            Err(TryLockError::Error(source)) => return Err(at(source)),
        }
        let mut connection = schema::open(&directory.join("foretop.db"))?;
        let (jobs, mut inbox) = mpsc::channel::<Job>(QUEUE);
        std::thread::Builder::new()
            .name("store".to_owned())
            .spawn(move || {
                while let Some(job) = inbox.blocking_recv() {
                    job(&mut connection);
                }
            })
            .map_err(at)?;
        Ok(Self { jobs, _lock: Arc::new(lock) })
    }

    /// Runs `job` on the database thread, in the order of arrival.
    pub async fn call<T, F>(&self, job: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut Connection) -> Result<T> + Send + 'static,
    {
        let (answer, result) = oneshot::channel();
        let job: Job = Box::new(move |connection| {
            // A caller that left does not matter: the work is done all the same.
            let _ = answer.send(job(connection));
        });
        self.jobs.send(job).await.map_err(|_| StoreError::Stopped)?;
        result.await.map_err(|_| StoreError::Stopped)?
    }
}
