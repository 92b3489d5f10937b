//! Files that are read because of where they are, which nobody asked for by name; and writing one's own.
//!
//! Start with [`read_planted`] and [`write()`]. The invariant: whoever wrote such a file can neither make us
//! wait nor make us grow, because what is opened is looked at before it is read, and never the path again;
//! what is written is there whole or not at all.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read as _, Write as _};
use std::os::unix::fs::{FileTypeExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

use super::exit::Failure;
use crate::text::{sanitize, units};

/// A project's file has a line or two.
const MOST_PLANTED: u64 = 64 << 10;
/// Files of one's own may be larger; one without an end is a slip.
const MOST: u64 = 16 << 20;

/// The text of a file that may have come with a checkout: a regular one of few bytes. `None` when
/// there is none.
pub(super) fn read_planted(path: &Path) -> Result<Option<String>, Failure> {
    let mut options = OpenOptions::new();
    // So that a pipe that nobody writes to does not hold us up.
    let nonblocking = rustix::fs::OFlags::NONBLOCK | rustix::fs::OFlags::NOCTTY;
    let flags = i32::try_from(nonblocking.bits()).unwrap_or(0);
    let file = match options.read(true).custom_flags(flags).open(path) {
        Ok(file) => file,
        Err(error) if is_absent(&error) => return Ok(None),
        Err(error) => return Err(cannot(path, &error.to_string())),
    };
    let kind = file.metadata().map_err(|error| cannot(path, &error.to_string()))?.file_type();
    if !kind.is_file() {
        let what = if kind.is_fifo() {
            "a pipe"
        } else if kind.is_dir() {
            "a directory"
        } else {
            "a device"
        };
        return Err(cannot(path, &format!("it is {what}, not a file of text. Remove it")));
    }
    text(path, file, MOST_PLANTED).map(Some)
}

/// The text of a file that was named; `None` when there is none.
pub(super) fn read(path: &Path) -> Result<Option<String>, Failure> {
    match File::open(path) {
        Ok(file) => text(path, file, MOST).map(Some),
        Err(error) if is_absent(&error) => Ok(None),
        Err(error) => Err(cannot(path, &error.to_string())),
    }
}

/// Whole or not at all. Who keeps the file elsewhere and links to it keeps the link.
pub(super) fn write(path: &Path, text: &str) -> Result<(), Failure> {
    let shown = path.display();
    let failed = |error: std::io::Error| Failure::other(format!("cannot write {shown}: {error}"));
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    let directory = directory.unwrap_or(Path::new("."));
    fs::create_dir_all(directory).map_err(failed)?;
    // Made with mode 0600; one that was there keeps its own.
    let mut file =
        tempfile::Builder::new().prefix(".config-").tempfile_in(directory).map_err(failed)?;
    if let Ok(about) = fs::metadata(&path) {
        let mode = fs::Permissions::from_mode(about.permissions().mode() & 0o777);
        file.as_file().set_permissions(mode).map_err(failed)?;
    }
    file.write_all(text.as_bytes()).map_err(failed)?;
    file.as_file().sync_all().map_err(failed)?;
    file.persist(&path).map_err(|error| failed(error.error))?;
    Ok(())
}

fn is_absent(error: &std::io::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
}

fn text(path: &Path, file: File, most: u64) -> Result<String, Failure> {
    let mut bytes = Vec::new();
    let read = file.take(most + 1).read_to_end(&mut bytes);
    read.map_err(|error| cannot(path, &error.to_string()))?;
    if bytes.len() as u64 > most {
        let most = units::bytes(most);
        return Err(cannot(path, &format!("it is larger than {most}")));
    }
    String::from_utf8(bytes).map_err(|_| cannot(path, "it is no UTF-8 text"))
}

fn cannot(path: &Path, why: &str) -> Failure {
    let path = path.display().to_string();
    Failure::usage(format!("cannot read {}: {why}", sanitize::one_line(&path)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn what_is_planted_is_a_small_regular_file_or_refused_at_once() {
        let dir = tempfile::tempdir().unwrap();
        let place = |name: &str| dir.path().join(name);
        let said = |name: &str| read_planted(&place(name)).unwrap_err().to_string();
        std::fs::write(place("fine"), "agent = \"a\"").unwrap();
        symlink(place("fine"), place("link")).unwrap();
        for name in ["fine", "link"] {
            assert_eq!(read_planted(&place(name)).unwrap().unwrap(), "agent = \"a\"");
        }
        assert!(read_planted(&place("none")).unwrap().is_none());
        assert!(read_planted(&place("fine").join("below")).unwrap().is_none());

        let mode = rustix::fs::Mode::from_raw_mode(0o600);
        rustix::fs::mknodat(rustix::fs::CWD, place("pipe"), rustix::fs::FileType::Fifo, mode, 0)
            .unwrap();
        assert!(said("pipe").contains("it is a pipe"), "{}", said("pipe"));
        symlink("/dev/zero", place("zero")).unwrap();
        assert!(said("zero").contains("it is a device"), "{}", said("zero"));
        std::fs::create_dir(place("dir")).unwrap();
        assert!(said("dir").contains("it is a directory"), "{}", said("dir"));
        std::fs::write(place("large"), "é".repeat(40_000)).unwrap();
        assert!(said("large").contains("it is larger than 64K"), "{}", said("large"));
        std::fs::write(place("bytes"), b"\xff").unwrap();
        assert!(said("bytes").contains("UTF-8"), "{}", said("bytes"));
    }

    #[test]
    fn a_file_of_ones_own_without_an_end_is_read_up_to_a_bound() {
        let said = read(Path::new("/dev/zero")).unwrap_err().to_string();
        assert!(said.contains("it is larger than 16M"), "{said}");
        assert_eq!(read(Path::new("/dev/null")).unwrap().unwrap(), "");
    }
}
