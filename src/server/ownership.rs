//! Whose a file is: what the server trusts must be in nobody else's hands.
//!
//! A path that is a link, that belongs to another user, or that others may write is refused before
//! it is opened. The invariant: what is checked lies in a directory that was checked, or was named
//! by the person who starts the server.

use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use rustix::process::geteuid;

use super::lasting::Lasting;

/// Why a path is not trusted.
#[derive(Debug, thiserror::Error)]
pub enum Untrusted {
    #[error("{path} is a symbolic link. Give the place itself: where a link leads can change")]
    Link { path: PathBuf },
    #[error("others may write {path}. Look who did, then: chmod go-w {path}")]
    Writable { path: PathBuf },
    #[error("{path} belongs to another user, who may change it. Look who did, then take it over")]
    Foreign { path: PathBuf },
    #[error("{path} is no {wanted}")]
    Kind { path: PathBuf, wanted: &'static str },
    #[error("cannot look at {path}: {source}")]
    Io { path: PathBuf, source: io::Error },
}

/// Looks at a directory; `false` where there is none yet.
pub(super) fn directory(path: &Path) -> Result<bool, Untrusted> {
    let Some(found) = look(path)? else {
        return Ok(false);
    };
    if !found.is_dir() {
        return Err(Untrusted::Kind { path: path.to_owned(), wanted: "directory" });
    }
    Ok(true)
}

/// Looks at a file; `None` where there is none yet. What is no regular file is refused: reading it
/// may never end.
pub(super) fn file(path: &Path) -> Result<Option<Metadata>, Untrusted> {
    let found = look(path)?;
    if found.as_ref().is_some_and(|found| !found.is_file()) {
        return Err(Untrusted::Kind { path: path.to_owned(), wanted: "regular file" });
    }
    Ok(found)
}

fn look(path: &Path) -> Result<Option<Metadata>, Untrusted> {
    // Without the slash at its end, which would look behind a link.
    let path: PathBuf = path.components().collect();
    let found = match fs::symlink_metadata(&path) {
        Ok(found) => found,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(Untrusted::Io { path, source }),
    };
    if found.is_symlink() {
        return Err(Untrusted::Link { path });
    }
    if found.uid() != geteuid().as_raw() {
        return Err(Untrusted::Foreign { path });
    }
    if found.permissions().mode() & 0o022 != 0 {
        return Err(Untrusted::Writable { path });
    }
    Ok(Some(found))
}

/// Whether others can read it.
pub(super) fn is_exposed(found: &Metadata) -> bool {
    found.permissions().mode() & 0o077 != 0
}

/// Puts a secret text where nothing is yet: whole, and on disk where it is to last, or not at all.
pub(super) fn write_new(path: &Path, text: &str, lasting: Lasting) -> io::Result<()> {
    use std::io::Write as _;

    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    let directory = directory.unwrap_or(Path::new("."));
    // Made with mode 0600, and gone again if it cannot be filled.
    let mut file = tempfile::Builder::new().prefix(".new-").tempfile_in(directory)?;
    file.write_all(text.as_bytes())?;
    lasting.sync(file.as_file())?;
    file.persist_noclobber(path).map_err(|error| error.error)?;
    lasting.sync(&fs::File::open(directory)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn links_and_what_others_may_write_are_refused_before_they_are_opened() {
        let dir = tempfile::tempdir().unwrap();
        let (inner, link) = (dir.path().join("inner"), dir.path().join("link"));
        assert!(!directory(&inner).unwrap());
        fs::create_dir(&inner).unwrap();
        fs::set_permissions(&inner, fs::Permissions::from_mode(0o755)).unwrap();
        assert!(directory(&inner).unwrap());
        symlink(&inner, &link).unwrap();
        assert!(matches!(directory(&link), Err(Untrusted::Link { .. })));
        assert!(matches!(directory(&link.join("")), Err(Untrusted::Link { .. })), "with a slash");
        for mode in [0o775, 0o757] {
            fs::set_permissions(&inner, fs::Permissions::from_mode(mode)).unwrap();
            assert!(matches!(directory(&inner), Err(Untrusted::Writable { .. })), "{mode:o}");
        }
        assert!(matches!(file(&link), Err(Untrusted::Link { .. })));
        assert!(matches!(file(dir.path()), Err(Untrusted::Kind { .. })));
        assert!(file(&dir.path().join("none")).unwrap().is_none());
    }

    #[test]
    fn a_secret_is_written_whole_private_and_never_over_another() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("secret");
        write_new(&path, "one", Lasting::ForGood).unwrap();
        assert!(write_new(&path, "two", Lasting::ForGood).is_err());
        assert_eq!(fs::read_to_string(&path).unwrap(), "one");
        assert!(!is_exposed(&file(&path).unwrap().unwrap()));
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }
}
