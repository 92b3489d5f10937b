//! Copying out of a terminal: by OSC 52 through whatever multiplexer is around us, and into a file
//! where that would be too much. Nobody confirms an OSC 52, and nothing here claims so.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::passthrough::Passthrough;
use crate::app::msg::Route;

/// Encoded bytes that terminals take in one sequence; more is cut or ignored by some.
const MAX_ENCODED: usize = 74_994;
/// The copy in the state directory; the next one replaces it.
const FILE: &str = "copied.txt";

/// A copy on its way: what to send to the terminal, if anything, and how to call it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Copy {
    pub sequence: Vec<u8>,
    pub route: Route,
}

#[derive(Debug, Clone)]
pub(super) struct Clipboard {
    passthrough: Passthrough,
    /// Closed to everybody else; without one the system's temporary directory is used.
    directory: Option<PathBuf>,
}

impl Clipboard {
    pub(super) fn new(
        variable: impl Fn(&str) -> Option<String>,
        directory: Option<PathBuf>,
    ) -> Self {
        Self { passthrough: Passthrough::of_environment(variable), directory }
    }

    /// Makes a copy of exactly these bytes. Writes a file where the text is too long to be sent.
    pub(super) fn copy(&self, text: &str) -> io::Result<Copy> {
        if text.len().div_ceil(3) * 4 > MAX_ENCODED {
            let path = self.write(text)?;
            return Ok(Copy { sequence: Vec::new(), route: Route::File(path) });
        }
        let encoded = STANDARD.encode(text);
        let sequence = self.passthrough.wrap(&format!("\x1b]52;c;{encoded}\x07"));
        Ok(Copy { sequence, route: Route::Osc52 })
    }

    /// Readable by its owner only, as files of the library are from the start.
    fn write(&self, text: &str) -> io::Result<PathBuf> {
        let mut builder = tempfile::Builder::new();
        builder.prefix("foretop-copy-").suffix(".txt");
        let fill = |mut file: tempfile::NamedTempFile| -> io::Result<tempfile::NamedTempFile> {
            file.write_all(text.as_bytes())?;
            file.flush()?;
            Ok(file)
        };
        let in_state = |directory: &Path| -> io::Result<PathBuf> {
            let path = directory.join(FILE);
            fill(builder.tempfile_in(directory)?)?.persist(&path)?;
            Ok(path)
        };
        match &self.directory {
            Some(directory) => in_state(directory),
            None => Ok(fill(builder.tempfile()?)?.keep()?.1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    fn inside(name: &'static str, directory: Option<PathBuf>) -> Clipboard {
        let variable = move |asked: &str| (asked == name).then(|| "1".to_owned());
        Clipboard::new(variable, directory)
    }

    fn sent(name: &'static str, text: &str) -> String {
        String::from_utf8(inside(name, None).copy(text).unwrap().sequence).unwrap()
    }

    #[test]
    fn one_sequence_is_sent_wrapped_for_what_is_around_us() {
        assert_eq!(sent("NONE", "a\x1b"), "\x1b]52;c;YRs=\x07");
        assert_eq!(sent("TMUX", "hi"), "\x1bPtmux;\x1b\x1b]52;c;aGk=\x07\x1b\\");
        assert_eq!(sent("STY", "hi"), "\x1bP\x1b]52;c;aGk=\x07\x1b\\");
    }

    #[test]
    fn more_than_a_terminal_takes_goes_to_a_file_of_its_owner() {
        let most = "x".repeat(MAX_ENCODED / 4 * 3);
        let directory = tempfile::tempdir().unwrap();
        let clipboard = inside("TMUX", Some(directory.path().to_owned()));
        assert_eq!(clipboard.copy(&most).unwrap().route, Route::Osc52);
        for text in [format!("{most}y"), format!("{most}z")] {
            let copy = clipboard.copy(&text).unwrap();
            let Route::File(path) = copy.route else { panic!("{:?}", copy.route) };
            assert_eq!((copy.sequence.len(), std::fs::read_to_string(&path).unwrap()), (0, text));
            let mode = std::fs::metadata(&path).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 1);
    }
}
