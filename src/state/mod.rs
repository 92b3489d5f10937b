//! What is kept between runs, as files: drafts, how far sessions were read, bookmarks, calls
//! set aside, missing roles, messages that were sent, steps to take back. One directory per profile, only its owner can read it.
//!
//! Never holds event bodies, arguments of calls, or secrets: [`crate::model::memory`] has no place
//! for them. There are two exceptions: copies of events that a person deleted, for seven
//! days, and the log of answers, which holds them with secrets masked. Of messages it has what was typed
//! here, without any in which something looks like a key. Start with [`StateDir`]. The invariant: two programs on one profile lose nothing of
//! each other's, because a write changes only what it is about, under a lock.

mod audit;
mod claim;
mod deleted;
mod log;
mod name;
mod table;
#[cfg(test)]
mod tests;

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

pub use deleted::CopyOfSession;
pub use log::LogFile;

use crate::api::Timestamp;
use crate::model::memory::{Change, Fact, Kept, Memory, Table};

const DRAFTS: &str = "drafts";
const SEEN: &str = "seen";
const BOOKMARKS: &str = "bookmarks";
const SET_ASIDE: &str = "set-aside";
const ROLES: &str = "roles";
const ANSWERS: &str = "answers";
const STEPS: &str = "steps";
const SENT: &str = "sent";
const CHOICES: &str = "choices";
/// Answers that are kept to be recalled.
const KEPT_ANSWERS: usize = 200;
/// Messages that are kept to be brought back, to all agents together.
const KEPT_MESSAGES: usize = 1_000;
/// Steps that can be taken back.
const KEPT_STEPS: usize = 200;

/// How long another program may hold the lock. It does so for the time of one write.
const LOCK_PATIENCE: Duration = Duration::from_secs(2);
const LOCK_RETRY: Duration = Duration::from_millis(5);

#[derive(Debug, thiserror::Error)]
pub enum StateError {
    #[error("cannot use {}: {why}", .path.display())]
    Io { path: PathBuf, why: io::Error },
    #[error("{} is locked by another program", .path.display())]
    Locked { path: PathBuf },
    #[error("cannot write {}: {why}", .path.display())]
    Encode { path: PathBuf, why: serde_json::Error },
}

/// Gives a failed operation the path that it was about.
fn at(path: &Path) -> impl FnOnce(io::Error) -> StateError {
    |why| StateError::Io { path: path.to_owned(), why }
}

/// The directory of one profile.
#[derive(Debug, Clone)]
pub struct StateDir {
    path: PathBuf,
}

impl StateDir {
    /// The place of `profile` below `root`, made if need be, and closed to everybody else.
    pub fn open(root: &Path, profile: &str) -> Result<Self, StateError> {
        let path = root.join(name::of(profile));
        DirBuilder::new().recursive(true).mode(0o700).create(&path).map_err(at(&path))?;
        // Where it is closed already, nothing is changed: the file system may be read-only.
        let mode = fs::metadata(&path).map_err(at(&path))?.permissions().mode();
        if mode & 0o777 != 0o700 {
            fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).map_err(at(&path))?;
        }
        Ok(Self { path })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Everything that is kept, and what a person should be told about the files: those that could
    /// not be read were set aside, and what was legible in them is here.
    pub fn load(&self, now: Timestamp) -> Result<(Memory, Vec<String>), StateError> {
        let _lock = self.lock()?;
        self.forget_deleted();
        let mut remarks = Vec::new();
        let memory = Memory {
            drafts: table::load(&self.path, DRAFTS, now, &mut remarks)?,
            seen: table::load(&self.path, SEEN, now, &mut remarks)?,
            bookmarks: table::load(&self.path, BOOKMARKS, now, &mut remarks)?,
            set_aside: table::load(&self.path, SET_ASIDE, now, &mut remarks)?,
            denied: table::load(&self.path, ROLES, now, &mut remarks)?,
            answers: table::load(&self.path, ANSWERS, now, &mut remarks)?,
            sent: table::load(&self.path, SENT, now, &mut remarks)?,
            steps: table::load(&self.path, STEPS, now, &mut remarks)?,
            choices: table::load(&self.path, CHOICES, now, &mut remarks)?,
        };
        Ok((memory, remarks))
    }

    /// Whether anything can be kept here.
    pub fn check(&self) -> Result<(), StateError> {
        self.lock().map(drop)
    }

    /// What is legible of it, without a lock and without changing anything: for a directory that
    /// cannot be written.
    pub fn peek(&self, now: Timestamp) -> Memory {
        Memory {
            drafts: table::peek(&self.path, DRAFTS, now),
            seen: table::peek(&self.path, SEEN, now),
            bookmarks: table::peek(&self.path, BOOKMARKS, now),
            set_aside: table::peek(&self.path, SET_ASIDE, now),
            denied: table::peek(&self.path, ROLES, now),
            answers: table::peek(&self.path, ANSWERS, now),
            sent: table::peek(&self.path, SENT, now),
            steps: table::peek(&self.path, STEPS, now),
            choices: table::peek(&self.path, CHOICES, now),
        }
    }

    /// Writes changes over what is there now. On the disk when it returns. An entry that somebody
    /// else changed later than that stays as it is.
    pub fn apply(&self, changes: &[Change], now: Timestamp) -> Result<(), StateError> {
        let _lock = self.lock()?;
        self.write(DRAFTS, changes, now, |fact| match fact {
            Fact::Draft(of, draft) => Some((of.clone(), draft.clone())),
            _ => None,
        })?;
        self.write(SEEN, changes, now, |fact| match fact {
            Fact::Seen(session, seen) => Some((session.clone(), seen.clone())),
            _ => None,
        })?;
        self.write(BOOKMARKS, changes, now, |fact| match fact {
            Fact::Bookmark(on, mark) => Some((on.clone(), mark.clone())),
            _ => None,
        })?;
        self.write(SET_ASIDE, changes, now, |fact| match fact {
            Fact::SetAside(on, kept) => Some((on.clone(), *kept)),
            _ => None,
        })?;
        self.write(ROLES, changes, now, |fact| match fact {
            Fact::Denied(denied, kept) => Some((denied.clone(), *kept)),
            _ => None,
        })?;
        self.write(ANSWERS, changes, now, |fact| match fact {
            Fact::Answer(print, answer) => Some((print.clone(), answer.clone())),
            _ => None,
        })?;
        self.write(SENT, changes, now, |fact| match fact {
            Fact::Sent(message, kept) => Some((message.clone(), *kept)),
            _ => None,
        })?;
        self.write(STEPS, changes, now, |fact| match fact {
            Fact::Step(at, step) => Some((*at, step.clone())),
            _ => None,
        })?;
        self.write(CHOICES, changes, now, |fact| match fact {
            Fact::Choice(name, choice) => Some((name.clone(), choice.clone())),
            _ => None,
        })?;
        // Last, because a line is added every time: what failed before it is tried again whole.
        let noted = changes.iter().filter_map(|change| match &change.fact {
            Fact::Noted(record) => Some((**record).clone()),
            _ => None,
        });
        let noted: Vec<_> = noted.collect();
        if noted.is_empty() { Ok(()) } else { self.note_answers(&noted) }
    }

    /// Merges those changes that `pick` takes into one file; leaves the file alone if there are
    /// none.
    fn write<K: table::Name, V: table::Value>(
        &self,
        file: &str,
        changes: &[Change],
        now: Timestamp,
        pick: impl Fn(&Fact) -> Option<(K, Option<V>)>,
    ) -> Result<(), StateError> {
        let mut picked =
            changes.iter().filter_map(|change| Some((change.at, pick(&change.fact)?))).peekable();
        if picked.peek().is_none() {
            return Ok(());
        }
        // Remarks were made when the files were loaded; a file that is damaged since is set aside.
        let mut table: Table<K, V> = table::load(&self.path, file, now, &mut Vec::new())?;
        for (at, (key, value)) in picked {
            // A stamp from the future comes from a clock that was wrong, and must not win for ever.
            let newer = |there: &Kept<V>| there.at > at && there.at <= now;
            if table.get(&key).is_some_and(newer) {
                continue;
            }
            match value {
                Some(value) => table.insert(key, Kept { at, value }),
                None => table.remove(&key),
            };
        }
        match file {
            ANSWERS => table::keep_newest(&mut table, KEPT_ANSWERS),
            STEPS => table::keep_newest(&mut table, KEPT_STEPS),
            SENT => table::keep_newest(&mut table, KEPT_MESSAGES),
            _ => {}
        }
        table::store(&self.path, file, &mut table, now)
    }

    /// Held until dropped. Advisory: it keeps out other programs of ours.
    fn lock(&self) -> Result<File, StateError> {
        let path = self.path.join("lock");
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(false).mode(0o600);
        let file = options.open(&path).map_err(at(&path))?;
        let patience = Instant::now();
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(file),
                Err(TryLockError::Error(why)) => return Err(StateError::Io { path, why }),
                Err(TryLockError::WouldBlock) if patience.elapsed() > LOCK_PATIENCE => {
                    return Err(StateError::Locked { path });
                }
                Err(TryLockError::WouldBlock) => std::thread::sleep(LOCK_RETRY),
            }
        }
    }
}
