//! Copying out of a terminal: by OSC 52 through whatever multiplexer is around us, by the system's
//! clipboard where that is the person's own, and into a file where it would be too much. Nobody
//! confirms an OSC 52, and nothing here claims so. Over SSH the system's clipboard is that of another
//! machine, so that it is used only by who asks for it.

use std::borrow::Cow;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use serde_json::value::RawValue;

use crate::app::msg::Route;
use crate::terminal::{self, Passthrough};
use crate::text::{json, sanitize};

/// Encoded bytes that terminals take in one sequence; more is cut or ignored by some.
const MAX_ENCODED: usize = 74_994;
/// The copy in the state directory; the next one replaces it.
const FILE: &str = "copied.txt";

/// Which way a person wants copies to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ClipboardWay {
    /// The system's clipboard on this machine, OSC 52 from another.
    #[default]
    Auto,
    Osc52,
    Native,
    File,
    Off,
}

/// A copy on its way: what to send to the terminal, if anything, and how to call it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Copy {
    pub sequence: Vec<u8>,
    /// How much of it there is.
    pub bytes: usize,
    pub route: Route,
}

impl Copy {
    fn to(route: Route, text: &str) -> Self {
        Self { sequence: Vec::new(), bytes: text.len(), route }
    }
}

#[derive(Clone)]
pub(super) struct Clipboard {
    passthrough: Passthrough,
    way: ClipboardWay,
    /// A person sits at this machine, as far as its environment tells.
    local: bool,
    /// Kept: on X11 a text is there only as long as who offers it.
    native: Arc<Mutex<Option<arboard::Clipboard>>>,
    /// Closed to everybody else; without one the system's temporary directory is used.
    directory: Option<PathBuf>,
}

impl Clipboard {
    pub(super) fn new(
        way: ClipboardWay,
        variable: impl Fn(&str) -> Option<String>,
        directory: Option<PathBuf>,
    ) -> Self {
        let is_set = |name: &str| variable(name).is_some_and(|value| !value.is_empty());
        let remote = terminal::is_remote(&variable);
        let local = !remote && (cfg!(target_os = "macos") || is_set("DISPLAY"));
        let passthrough = Passthrough::of_environment(variable);
        Self { passthrough, way, local, native: Arc::default(), directory }
    }

    /// Makes a copy of a text, without what a terminal would obey that it is pasted into. Writes a file
    /// where the text is too long to be sent.
    pub(super) fn copy(&self, text: &str) -> io::Result<Copy> {
        let text = &*harmless(text);
        match self.way {
            ClipboardWay::Off => {
                return Err(io::Error::other("copying is off: clipboard = \"off\""));
            }
            ClipboardWay::File => return self.to_file(text),
            ClipboardWay::Native => {
                self.offer(text).map_err(|why| io::Error::other(format!("no clipboard: {why}")))?;
                return Ok(Copy::to(Route::Native, text));
            }
            // A display that cannot be reached is none.
            ClipboardWay::Auto if self.local && self.offer(text).is_ok() => {
                return Ok(Copy::to(Route::Native, text));
            }
            ClipboardWay::Auto | ClipboardWay::Osc52 => {}
        }
        if text.len().div_ceil(3) * 4 > MAX_ENCODED {
            return self.to_file(text);
        }
        let encoded = STANDARD.encode(text);
        let sequence = self.passthrough.wrap(&format!("\x1b]52;c;{encoded}\x07"));
        Ok(Copy { sequence, ..Copy::to(Route::Osc52, text) })
    }

    fn to_file(&self, text: &str) -> io::Result<Copy> {
        let path = self.write(text)?;
        Ok(Copy::to(Route::File(path), text))
    }

    fn offer(&self, text: &str) -> Result<(), arboard::Error> {
        let mut held = self.native.lock().unwrap_or_else(PoisonError::into_inner);
        let mut clipboard = match held.take() {
            Some(clipboard) => clipboard,
            None => arboard::Clipboard::new()?,
        };
        clipboard.set_text(text)?;
        *held = Some(clipboard);
        Ok(())
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

/// Line breaks and tabs stay. In JSON everything else has an escape that says the same; elsewhere it is
/// named.
fn harmless(text: &str) -> Cow<'_, str> {
    if !text.contains(|c: char| c.is_control() && c != '\n' && c != '\t') {
        return Cow::Borrowed(text);
    }
    match serde_json::from_str::<&RawValue>(text) {
        Ok(_) => json::inert(text),
        Err(_) => Cow::Owned(sanitize::data(text)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    fn inside(name: &'static str, directory: Option<PathBuf>) -> Clipboard {
        let variable = move |asked: &str| (asked == name).then(|| "1".to_owned());
        Clipboard::new(ClipboardWay::Auto, variable, directory)
    }

    fn sent(name: &'static str, text: &str) -> String {
        String::from_utf8(inside(name, None).copy(text).unwrap().sequence).unwrap()
    }

    #[test]
    fn one_sequence_is_sent_wrapped_for_what_is_around_us() {
        assert_eq!(sent("NONE", "a"), "\x1b]52;c;YQ==\x07");
        assert_eq!(sent("TMUX", "hi"), "\x1bPtmux;\x1b\x1b]52;c;aGk=\x07\x1b\\");
        assert_eq!(sent("STY", "hi"), "\x1bP\x1b]52;c;aGk=\x07\x1b\\");
    }

    #[test]
    fn what_is_pasted_into_a_terminal_is_not_obeyed() {
        let hostile = "a\x1b[201~\r\nrm -rf /\r\u{9b}1m\u{7f}\0\tb";
        assert_eq!(harmless(hostile), "a\\x1b[201~\nrm -rf /\\x0d\\x9b1m\\x7f\\x00\tb");
        let json = "{\"a\":\r\n\t\"\u{9b}\u{7f}\"}";
        assert_eq!(harmless(json), "{\"a\": \n\t\"\\u009b\\u007f\"}");
        let plain = "as it\n\tis\u{200b} 👩\u{200d}👧";
        assert_eq!(harmless(plain), plain);
        let copy = inside("NONE", None).copy(hostile).unwrap();
        let encoded = STANDARD.encode(&*harmless(hostile));
        assert_eq!(copy.sequence, format!("\x1b]52;c;{encoded}\x07").into_bytes());
        assert_eq!(copy.bytes, harmless(hostile).len());
    }

    #[test]
    fn the_way_is_the_persons_and_a_remote_display_is_nobodys() {
        let directory = tempfile::tempdir().unwrap();
        let copy = |way, set: &'static [&'static str]| {
            let variable = move |name: &str| set.contains(&name).then(|| ":no-such-display".into());
            let directory = Some(directory.path().to_owned());
            Clipboard::new(way, variable, directory).copy("x")
        };
        let ssh = copy(ClipboardWay::Auto, &["SSH_TTY", "DISPLAY"]).unwrap();
        assert_eq!(ssh.route, Route::Osc52);
        assert_eq!(copy(ClipboardWay::Osc52, &["DISPLAY"]).unwrap().route, Route::Osc52);
        let file = copy(ClipboardWay::File, &[]).unwrap();
        assert_eq!(file.route, Route::File(directory.path().join(FILE)));
        assert!(copy(ClipboardWay::Off, &[]).unwrap_err().to_string().contains("off"));
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
