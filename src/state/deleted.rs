//! Copies of what a person deleted for good: the one place where bodies of events are kept, because
//! this person asked for them to go and may have erred. For seven days.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{BufWriter, IntoInnerError, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::{StateDir, StateError, at, name};
use crate::api::{Event, SessionRef, Timestamp};

const KEPT: Duration = Duration::from_hours(7 * 24);

impl StateDir {
    /// Writes events as they were received, one per line, in the form that `foretop open` reads.
    /// On the disk when it returns.
    pub fn keep_deleted(
        &self,
        session: &SessionRef,
        events: &[Arc<Event>],
        now: Timestamp,
    ) -> Result<PathBuf, StateError> {
        let path = self.place_of_copy(session, ".jsonl", now)?;
        // An event is one JSON value, which may have been received over several lines.
        let lines = events.iter().map(|event| event.raw().get().replace(['\n', '\r'], " "));
        write_lines(&path, lines)?;
        Ok(path)
    }

    /// A directory of its own for the copy of a whole session.
    pub fn begin_copy(
        &self,
        session: &SessionRef,
        now: Timestamp,
    ) -> Result<CopyOfSession, StateError> {
        let path = self.place_of_copy(session, "", now)?;
        DirBuilder::new().mode(0o700).create(&path).map_err(at(&path))?;
        Ok(CopyOfSession { path })
    }

    fn place_of_copy(
        &self,
        session: &SessionRef,
        suffix: &str,
        now: Timestamp,
    ) -> Result<PathBuf, StateError> {
        let directory = self.path.join("deleted");
        DirBuilder::new().recursive(true).mode(0o700).create(&directory).map_err(at(&directory))?;
        let key = name::of(session.key.as_str());
        Ok(directory.join(format!("{key}-{}{suffix}", now.as_millisecond())))
    }

    /// Removes copies that are older than seven days by the clock of the file system.
    pub(super) fn forget_deleted(&self) {
        let Ok(copies) = fs::read_dir(self.path.join("deleted")) else { return };
        for copy in copies.flatten() {
            let Ok(about) = copy.metadata() else { continue };
            let age =
                about.modified().ok().and_then(|at| SystemTime::now().duration_since(at).ok());
            if age.is_some_and(|age| age > KEPT) {
                // Another run may have been faster; the next one tries again.
                let path = copy.path();
                let _ =
                    if about.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
            }
        }
    }
}

/// A whole session on the disk: `session.jsonl`, which `foretop open` reads, and its files.
#[derive(Debug)]
pub struct CopyOfSession {
    path: PathBuf,
}

impl CopyOfSession {
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes what the session is and its events. On the disk when it returns.
    pub fn write_session(&self, lines: impl Iterator<Item = String>) -> Result<(), StateError> {
        write_lines(&self.path.join("session.jsonl"), lines)
    }

    /// A new file for an artifact. What it is called there is no name of the service's alone, since
    /// that may lead anywhere.
    pub fn file(&self, number: usize, name: &str) -> Result<File, StateError> {
        let directory = self.path.join("files");
        DirBuilder::new().recursive(true).mode(0o700).create(&directory).map_err(at(&directory))?;
        let path = directory.join(format!("{number:03}-{}", name::of(name)));
        create(&path)
    }

    /// Takes away what is of no use.
    pub fn discard(self) {
        let _ = fs::remove_dir_all(self.path);
    }
}

fn create(path: &Path) -> Result<File, StateError> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(0o600).open(path).map_err(at(path))
}

fn write_lines(path: &Path, lines: impl Iterator<Item = String>) -> Result<(), StateError> {
    let mut out = BufWriter::new(create(path)?);
    for line in lines {
        writeln!(out, "{line}").map_err(at(path))?;
    }
    let file = out.into_inner().map_err(IntoInnerError::into_error).map_err(at(path))?;
    file.sync_all().map_err(at(path))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn make_old(path: &Path) {
        let old = SystemTime::now() - KEPT - Duration::from_mins(1);
        File::open(path).unwrap().set_modified(old).unwrap();
    }

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn a_copy_is_what_was_received_for_its_owner_only_and_not_for_ever() {
        let root = tempfile::tempdir().unwrap();
        let state = StateDir::open(root.path(), "p").unwrap();
        let event: Event =
            serde_json::from_str("{\"type\":\"agent_output\",\n \"content\":\"x\"}").unwrap();
        let session = SessionRef::new("a", "s/../1");
        let now = Timestamp::from_second(5).unwrap();
        let path = state.keep_deleted(&session, &[Arc::new(event)], now).unwrap();
        let text = fs::read_to_string(&path).unwrap();
        assert_eq!(text, "{\"type\":\"agent_output\",  \"content\":\"x\"}\n");
        assert!(path.starts_with(root.path().join("p/deleted")), "{}", path.display());
        assert_eq!(mode(&path), 0o600);
        state.forget_deleted();
        assert!(path.exists());
        make_old(&path);
        state.forget_deleted();
        assert!(!path.exists());
    }

    #[test]
    fn a_whole_session_has_a_directory_of_its_own_that_goes_as_well() {
        let root = tempfile::tempdir().unwrap();
        let state = StateDir::open(root.path(), "p").unwrap();
        let session = SessionRef::new("a", "s");
        let copy = state.begin_copy(&session, Timestamp::from_second(5).unwrap()).unwrap();
        copy.write_session(["{\"session\":1}".to_owned()].into_iter()).unwrap();
        copy.file(1, "../../etc/passwd").unwrap().write_all(b"x").unwrap();
        let path = copy.path().to_owned();
        assert_eq!((mode(&path), mode(&path.join("session.jsonl"))), (0o700, 0o600));
        let files: Vec<_> = fs::read_dir(path.join("files")).unwrap().flatten().collect();
        assert_eq!(files.len(), 1, "nothing leads out of it");
        make_old(&path);
        state.forget_deleted();
        assert!(!path.exists());
    }
}
