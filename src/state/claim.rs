//! One worker a session: whoever holds the claim answers its calls, and others leave it alone.
//!
//! A lock on a file, so that it ends with the program that holds it, however that ends.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::PathBuf;

use super::{StateDir, StateError, at, name};
use crate::api::SessionRef;

/// Given back when dropped.
#[derive(Debug)]
pub struct Claim {
    path: PathBuf,
    /// Its lock is the claim.
    _file: File,
}

impl StateDir {
    /// Claims a session among the programs that share this directory; `None` while another one has
    /// it.
    pub fn claim(&self, session: &SessionRef) -> Result<Option<Claim>, StateError> {
        let directory = self.path.join("workers");
        DirBuilder::new().recursive(true).mode(0o700).create(&directory).map_err(at(&directory))?;
        let path = directory.join(name::of(&session.to_string()));
        loop {
            let mut options = OpenOptions::new();
            options.write(true).create(true).truncate(false).mode(0o600);
            let file = options.open(&path).map_err(at(&path))?;
            match file.try_lock() {
                Err(TryLockError::WouldBlock) => return Ok(None),
                Err(TryLockError::Error(why)) => return Err(StateError::Io { path, why }),
                Ok(()) => {}
            }
            // Between opening and locking, whoever had it may have removed the name.
            let ours = file.metadata().map_err(at(&path))?;
            if fs::metadata(&path).is_ok_and(|named| named.ino() == ours.ino()) {
                return Ok(Some(Claim { path, _file: file }));
            }
        }
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        // While the lock is held, so that nobody locks a file that has no name.
        let _ = fs::remove_file(&self.path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_has_one_worker_at_a_time() {
        let root = tempfile::tempdir().unwrap();
        let state = StateDir::open(root.path(), "p").unwrap();
        let (one, two) = (SessionRef::new("a", "one"), SessionRef::new("a", "two"));
        let claim = state.claim(&one).unwrap().unwrap();
        assert!(state.claim(&one).unwrap().is_none());
        assert!(state.claim(&two).unwrap().is_some(), "another session");
        drop(claim);
        assert!(state.claim(&one).unwrap().is_some());
        assert_eq!(fs::read_dir(root.path().join("p/workers")).unwrap().count(), 0);
    }
}
