//! A copy of the database at one moment, made beside a server that runs.
//!
//! The copy is as sealed as the original: the key is not in it, and never changes, so that one copy
//! of `master.key`, kept elsewhere, fits every backup.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use super::{OpenError, check, schema};

/// What opens a backup and is not in it.
pub const KEY_FILE: &str = super::master_key::FILE_NAME;

#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error("{path} is there already; a backup never replaces a file")]
    Taken { path: PathBuf },
    #[error("cannot write {path}: {source}")]
    Write { path: PathBuf, source: io::Error },
    #[error("{path} was not written: the database cannot be copied ({why}). {remedy}")]
    Copy { path: PathBuf, why: String, remedy: &'static str },
}

const REMEDY: &str = "Look with foretop serve --check";

/// Copies the database of `directory` into the new file `path`, and tells its size. The file is
/// there whole or not at all.
pub fn backup(directory: &Path, path: &Path) -> Result<u64, BackupError> {
    let db = check::open(directory)?;
    let write = |source| BackupError::Write { path: path.to_owned(), source };
    let copy = |why: String| BackupError::Copy { path: path.to_owned(), why, remedy: REMEDY };
    if path.symlink_metadata().is_ok() {
        return Err(BackupError::Taken { path: path.to_owned() });
    }
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    let parent = parent.unwrap_or(Path::new("."));
    // For its owner only, from the first byte on.
    let file = tempfile::Builder::new().prefix(".backup-").tempfile_in(parent).map_err(write)?;
    let name = file.path().to_str().ok_or_else(|| write(io::ErrorKind::InvalidFilename.into()))?;
    db.execute("VACUUM INTO ?1", [name]).map_err(|error| copy(error.to_string()))?;
    let problems =
        schema::verdicts_of_file(file.path()).map_err(|error| copy(error.to_string()))?;
    if let Some(problem) = problems.into_iter().next() {
        return Err(copy(problem));
    }
    file.as_file().sync_all().map_err(write)?;
    let size = file.as_file().metadata().map_err(write)?.len();
    file.persist_noclobber(path).map_err(|error| write(error.error))?;
    File::open(parent).and_then(|parent| parent.sync_all()).map_err(write)?;
    Ok(size)
}
