//! Copies of events that a person deleted for good: the one place where bodies of events are kept,
//! because this person asked for them to go and may have erred. For seven days.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::PathBuf;
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
        let directory = self.path.join("deleted");
        DirBuilder::new().recursive(true).mode(0o700).create(&directory).map_err(at(&directory))?;
        let file = format!("{}-{}.jsonl", name::of(session.key.as_str()), now.as_millisecond());
        let path = directory.join(file);
        let mut options = OpenOptions::new();
        let mut out =
            options.write(true).create_new(true).mode(0o600).open(&path).map_err(at(&path))?;
        for event in events {
            // An event is one JSON value, which may have been received over several lines.
            let line = event.raw().get().replace(['\n', '\r'], " ");
            writeln!(out, "{line}").map_err(at(&path))?;
        }
        out.sync_all().map_err(at(&path))?;
        Ok(path)
    }

    /// Removes copies that are older than seven days by the clock of the file system.
    pub(super) fn forget_deleted(&self) {
        let Ok(files) = fs::read_dir(self.path.join("deleted")) else { return };
        for file in files.flatten() {
            let modified = file.metadata().and_then(|about| about.modified());
            let age = modified.ok().and_then(|at| SystemTime::now().duration_since(at).ok());
            if age.is_some_and(|age| age > KEPT) {
                // Another run may have been faster; the next one tries again.
                let _ = fs::remove_file(file.path());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

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
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        state.forget_deleted();
        assert!(path.exists());
        let old = SystemTime::now() - KEPT - Duration::from_mins(1);
        fs::File::options().write(true).open(&path).unwrap().set_modified(old).unwrap();
        state.forget_deleted();
        assert!(!path.exists());
    }
}
