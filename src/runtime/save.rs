//! Writing a file that came from the service: whole under its final name, or not there at all.
//!
//! Decides nothing about names of the service ([`crate::text::file_name`] does) and asks nobody.
//! Start with [`place`], then [`Saving`]. The invariant: whatever fails, the name that was there
//! before still names what it named, and nothing of ours is left beside it.

use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::text::file_name::numbered;

/// Numbers that are tried for a name that is free.
const NUMBERS: std::ops::Range<u32> = 2..1_000;

#[derive(Debug, thiserror::Error)]
pub enum SaveError {
    /// A file has that name; this one is free.
    #[error("{} is there already", .path.display())]
    Exists { path: PathBuf, free: PathBuf },
    #[error("not saved: {} is {what}, and no place for a file", .path.display())]
    NoPlace { path: PathBuf, what: &'static str },
    #[error("not saved: there is no directory {}", .0.display())]
    NoDirectory(PathBuf),
    #[error("not saved: {} cannot be written: {why}; nothing of it is left", .path.display())]
    Failed { path: PathBuf, why: String },
}

fn failed(path: &Path, error: &io::Error) -> SaveError {
    let why = match error.kind() {
        io::ErrorKind::StorageFull => "the disk is full".to_owned(),
        io::ErrorKind::QuotaExceeded => "the quota is used up".to_owned(),
        io::ErrorKind::FileTooLarge => "it is larger than a file may be here".to_owned(),
        io::ErrorKind::PermissionDenied => "that is not allowed".to_owned(),
        io::ErrorKind::ReadOnlyFilesystem => "the disk is read-only".to_owned(),
        _ => error.to_string(),
    };
    SaveError::Failed { path: path.to_owned(), why }
}

/// Where a file goes that a person wants at `typed`: into a directory under `name`, else there.
pub fn place(typed: &Path, name: &str, replace: bool) -> Result<PathBuf, SaveError> {
    let path = if typed.is_dir() { typed.join(name) } else { typed.to_owned() };
    // A path that ends in a slash means a directory.
    if path.as_os_str().as_encoded_bytes().ends_with(b"/") {
        return Err(SaveError::NoDirectory(path));
    }
    match fs::metadata(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let directory = directory_of(&path);
            if !directory.is_dir() {
                return Err(SaveError::NoDirectory(directory.to_owned()));
            }
            // A link that leads nowhere is something all the same.
            if path.is_symlink() {
                return Err(SaveError::NoPlace { path, what: "a link that leads nowhere" });
            }
            Ok(path)
        }
        Err(error) => Err(failed(&path, &error)),
        Ok(found) if found.is_file() => {
            if !replace {
                let free = free_beside(&path);
                return Err(SaveError::Exists { path, free });
            }
            // What a link leads to is replaced, and not the link.
            fs::canonicalize(&path).map_err(|error| failed(&path, &error))
        }
        Ok(found) => {
            let kind = found.file_type();
            let what = if kind.is_dir() {
                "a directory"
            } else if kind.is_fifo() {
                "a pipe"
            } else if kind.is_socket() {
                "a socket"
            } else {
                "a device"
            };
            Err(SaveError::NoPlace { path, what })
        }
    }
}

fn directory_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

fn free_beside(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let free = NUMBERS.map(|number| path.with_file_name(numbered(&name, number)));
    free.into_iter().find(|path| !path.exists() && !path.is_symlink()).unwrap_or_default()
}

/// A file that is being written beside the name that it will get.
pub struct Saving {
    file: NamedTempFile,
    path: PathBuf,
    replace: bool,
}

impl Saving {
    /// Readable by nobody else while it is written. `path` comes from [`place`].
    pub fn begin(path: PathBuf, replace: bool) -> Result<Self, SaveError> {
        let file = tempfile::Builder::new().prefix(".foretop-").tempfile_in(directory_of(&path));
        let file = file.map_err(|error| failed(&path, &error))?;
        Ok(Self { file, path, replace })
    }

    pub fn write(&mut self, bytes: &[u8]) -> Result<(), SaveError> {
        self.file.write_all(bytes).map_err(|error| failed(&self.path, &error))
    }

    /// Gives it its name, once it is on the disk. A file that took the name meanwhile stays.
    pub fn finish(self) -> Result<PathBuf, SaveError> {
        let Self { file, path, replace } = self;
        let mode = mode_for(&path);
        let ready = file
            .as_file()
            .sync_all()
            .and_then(|()| file.as_file().set_permissions(fs::Permissions::from_mode(mode?)));
        ready.map_err(|error| failed(&path, &error))?;
        let kept = if replace { file.persist(&path) } else { file.persist_noclobber(&path) };
        match kept {
            Ok(_) => {}
            Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => {
                let free = free_beside(&path);
                return Err(SaveError::Exists { path, free });
            }
            Err(error) => return Err(failed(&path, &error.error)),
        }
        // The name, too, or a crash could take it back. Not every file system can.
        if let Ok(directory) = File::open(directory_of(&path)) {
            let _ = directory.sync_all();
        }
        Ok(path)
    }
}

/// That of the file that is replaced, else what the person's mask leaves of a new one. The mask can
/// only be asked for by changing it, so that a file made with it tells.
fn mode_for(path: &Path) -> io::Result<u32> {
    if let Ok(found) = fs::metadata(path) {
        return Ok(found.permissions().mode() & 0o777);
    }
    let mut builder = tempfile::Builder::new();
    builder.prefix(".foretop-").permissions(fs::Permissions::from_mode(0o666));
    let probe = builder.tempfile_in(directory_of(path))?;
    Ok(probe.as_file().metadata()?.permissions().mode() & 0o777)
}

/// Writes a whole file to `path`, which comes from [`place`].
pub fn save(path: PathBuf, bytes: &[u8], replace: bool) -> Result<PathBuf, SaveError> {
    let mut saving = Saving::begin(path, replace)?;
    saving.write(bytes)?;
    saving.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(directory: &Path) -> Vec<String> {
        let entries = fs::read_dir(directory).unwrap();
        let name = |entry: io::Result<fs::DirEntry>| entry.unwrap().file_name();
        let mut names: Vec<_> =
            entries.map(name).map(|name| name.to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_directory_takes_the_file_in_and_nothing_is_overwritten_unasked() {
        let at = tempfile::tempdir().unwrap();
        let path = place(at.path(), "x.md", false).unwrap();
        assert_eq!(save(path.clone(), b"one", false).unwrap(), at.path().join("x.md"));
        let mode = fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode & 0o600, 0o600);
        let Err(SaveError::Exists { free, .. }) = place(&path, "", false) else { panic!() };
        assert_eq!(free, at.path().join("x (2).md"));
        // Somebody was quicker.
        let Err(SaveError::Exists { .. }) = save(path.clone(), b"two", false) else { panic!() };
        assert_eq!(fs::read(&path).unwrap(), b"one");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        let link = at.path().join("link");
        std::os::unix::fs::symlink(&path, &link).unwrap();
        let target = place(&link, "", true).unwrap();
        save(target, b"three", true).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"three");
        assert!(link.is_symlink());
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640);
        assert_eq!(names(at.path()), ["link", "x.md"]);
    }

    #[test]
    fn what_is_no_place_for_a_file_is_refused_in_words() {
        let at = tempfile::tempdir().unwrap();
        let fifo = at.path().join("fifo");
        let made = std::process::Command::new("mkfifo").arg(&fifo).status().unwrap();
        assert!(made.success());
        fs::create_dir(at.path().join("x.md")).unwrap();
        let lost = at.path().join("lost");
        std::os::unix::fs::symlink("/nowhere/at/all", &lost).unwrap();
        for (path, words) in [
            (Path::new("/dev/null"), "a device"),
            (&fifo, "a pipe"),
            (&lost, "a link that leads nowhere"),
            (&at.path().join("no/x.md"), "no directory"),
            (&at.path().join("new/"), "no directory"),
            (at.path(), "a directory"),
        ] {
            for replace in [false, true] {
                let error = place(path, "x.md", replace).unwrap_err().to_string();
                assert!(error.contains(words), "{error}");
            }
        }
        assert_eq!(names(at.path()), ["fifo", "lost", "x.md"]);
    }

    #[test]
    fn what_was_not_finished_leaves_nothing() {
        let at = tempfile::tempdir().unwrap();
        let mut saving = Saving::begin(at.path().join("x"), false).unwrap();
        saving.write(b"half").unwrap();
        drop(saving);
        assert!(names(at.path()).is_empty());
    }
}
