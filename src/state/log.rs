//! The log of the program itself, for whoever looks for the cause of something later: lines of text
//! in one file for all profiles, which only its owner can read.
//!
//! Start with [`LogFile`]. The invariants: a line holds no control characters and nothing that looks
//! like a secret or is one that it was told of, and the files never hold much more than
//! [`MOST_BYTES`] each.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use zeroize::Zeroizing;

use super::{StateError, at};
use crate::text::{redact, sanitize};

const FILE: &str = "foretop.log";
/// What was logged before the file was begun anew.
const EARLIER: &str = "foretop.log.1";
/// A file beyond this is put away, in the place of the one that was put away before.
pub const MOST_BYTES: u64 = 1024 * 1024;
/// Of one line; what is longer is cut.
const MOST_CHARS: usize = 8 * 1024;
/// Shorter ones are no secrets, and hiding them would hide half of the log.
const LEAST_SECRET: usize = 6;

/// Made when something is first written.
#[derive(Debug)]
pub struct LogFile {
    path: PathBuf,
    open: Mutex<Option<File>>,
    secrets: Mutex<Vec<Zeroizing<String>>>,
}

impl LogFile {
    /// The log below `root`, the directory that holds those of the profiles.
    pub fn below(root: &Path) -> Self {
        let path = root.join(FILE);
        Self { path, open: Mutex::default(), secrets: Mutex::default() }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Never writes this, whatever it looks like.
    pub fn hide(&self, secret: &str) {
        let secret = secret.trim();
        if secret.len() >= LEAST_SECRET {
            let mut secrets = self.secrets.lock().unwrap_or_else(PoisonError::into_inner);
            secrets.push(Zeroizing::new(secret.to_owned()));
        }
    }

    /// Whether it can be written: how large it is.
    pub fn check(&self) -> Result<u64, StateError> {
        let file = self.make().map_err(at(&self.path))?;
        file.metadata().map(|about| about.len()).map_err(at(&self.path))
    }

    /// Adds a line, on which everything stands that `text` holds.
    pub fn line(&self, text: &str) -> Result<(), StateError> {
        let mut line = self.fit(text.trim_end());
        line.push('\n');
        self.append(line.as_bytes()).map_err(at(&self.path))
    }

    fn fit(&self, text: &str) -> String {
        let secrets = self.secrets.lock().unwrap_or_else(PoisonError::into_inner);
        let told = secrets.iter().fold(text.to_owned(), |text, secret| {
            if text.contains(secret.as_str()) {
                text.replace(secret.as_str(), redact::REDACTED)
            } else {
                text
            }
        });
        sanitize::preview(&redact::line(&told), MOST_CHARS)
    }

    fn append(&self, line: &[u8]) -> io::Result<()> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let file = loop {
            let file = match open.take() {
                Some(file) => file,
                None => self.make()?,
            };
            // Lines of several programs must not mix, nor may two of them put the file away.
            file.lock()?;
            if !leads_to(&self.path, &file)? {
                // Another program has put it away, or somebody has removed it.
                continue;
            }
            let length = file.metadata()?.len();
            if length > 0 && length + line.len() as u64 > MOST_BYTES {
                fs::rename(&self.path, self.path.with_file_name(EARLIER))?;
                continue;
            }
            break file;
        };
        let written = (&file).write_all(line);
        file.unlock()?;
        *open = Some(file);
        written
    }

    fn make(&self) -> io::Result<File> {
        if let Some(directory) = self.path.parent() {
            fs::DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
        }
        OpenOptions::new().append(true).create(true).mode(0o600).open(&self.path)
    }
}

/// Whether the name still leads to that file.
pub(super) fn leads_to(path: &Path, file: &File) -> io::Result<bool> {
    let ours = file.metadata()?;
    let is_ours = |named: fs::Metadata| (named.dev(), named.ino()) == (ours.dev(), ours.ino());
    Ok(fs::metadata(path).is_ok_and(is_ours))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn text_of(path: &Path) -> String {
        fs::read_to_string(path).unwrap()
    }

    #[test]
    fn a_line_is_one_line_for_its_owner_without_secrets_and_control_characters() {
        let root = tempfile::tempdir().unwrap();
        let log = LogFile::below(&root.path().join("not/there/yet"));
        log.hide("open sesame\n");
        log.line("got \x1b[31mred\r\nAuthorization: Basic YWJjOmRlZg== and open sesame").unwrap();
        log.line("key zut_0123456789abcdef; x-api-key: plain; https://me:pw@proxy/").unwrap();
        let text = text_of(log.path());
        assert_eq!(text.lines().count(), 2, "{text}");
        assert!(text.contains("got \\x1b[31mred"), "{text}");
        for secret in ["YWJj", "sesame", "zut_", "plain", "me:pw", "\x1b", "\r"] {
            assert!(!text.contains(secret), "{secret:?} in {text}");
        }
        let mode = fs::metadata(log.path()).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(log.check().unwrap(), text.len() as u64);
    }

    #[test]
    fn it_is_put_away_before_it_grows_too_large_by_whichever_program() {
        let root = tempfile::tempdir().unwrap();
        let (one, two) = (LogFile::below(root.path()), LogFile::below(root.path()));
        let long = "x".repeat(4_000);
        for at in 0..900 {
            let writer = if at % 2 == 0 { &one } else { &two };
            writer.line(&format!("{at} {long}")).unwrap();
        }
        let mut names: Vec<_> = fs::read_dir(root.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        assert_eq!(names, [FILE, EARLIER]);
        for name in names {
            assert!(fs::metadata(root.path().join(name)).unwrap().len() <= MOST_BYTES);
        }
        let all = text_of(&root.path().join(EARLIER)) + &text_of(&root.path().join(FILE));
        let numbers: Vec<u32> =
            all.lines().map(|line| line.split(' ').next().unwrap().parse().unwrap()).collect();
        assert_eq!(numbers.last(), Some(&899));
        assert!(numbers.windows(2).all(|pair| pair[1] == pair[0] + 1), "none is lost in between");
        fs::remove_file(one.path()).unwrap();
        one.line("anew").unwrap();
        assert_eq!(text_of(one.path()), "anew\n");
    }

    #[test]
    fn a_place_that_cannot_be_written_is_named() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let log = LogFile::below(file.path());
        assert!(log.line("x").unwrap_err().to_string().contains(FILE));
        assert!(log.check().is_err());
    }
}
