//! Writing a run down: the loop hands lines over and never waits for a disk.
//!
//! A thread looks each line through for what resembles a secret and writes it. The invariant: the
//! file is readable by its owner alone, and nothing is in it that [`fit`] and [`redact`] leave out.

use crate::app::msg::RunMsg;
use std::borrow::Cow;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, TryRecvError};
use std::thread::JoinHandle;
use std::time::Duration;

use serde::Serialize;

use super::inbox::{Arrival, Sender};
use crate::api::Timestamp;
use crate::app::recording::{Entry, Header, fit};
use crate::app::{Keymap, Msg};
use crate::text::{redact, units};
use crate::view::Model;

/// Bytes that may wait for the disk; beyond that it is taken for too slow.
const WAITING: usize = 64 << 20;
/// A recording ends before it is larger than this: days of a busy screen.
const MOST_BYTES: usize = 512 << 20;
/// How long the way out waits for the last lines.
const PATIENCE: Duration = Duration::from_secs(2);

/// Where a run is to be recorded.
#[derive(Debug)]
pub struct Recording {
    file: File,
    /// Text that is typed is kept as it is.
    typed: bool,
}

impl Recording {
    /// Makes the file. One that is there is left alone unless `force` says otherwise.
    pub fn create(path: &Path, force: bool, typed: bool) -> io::Result<Self> {
        if force {
            match fs::symlink_metadata(path) {
                // A new file, so that neither its rights nor a link of before are kept.
                Ok(about) if about.is_file() || about.is_symlink() => fs::remove_file(path)?,
                Ok(_) => return Err(io::Error::new(ErrorKind::InvalidInput, "it is no file")),
                Err(_) => {}
            }
        }
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
        Ok(Self { file, typed })
    }
}

pub(super) struct Recorder {
    lines: mpsc::Sender<String>,
    waiting: Arc<AtomicUsize>,
    writer: JoinHandle<()>,
    typed: bool,
}

impl Recorder {
    pub(super) fn start(
        recording: Recording,
        model: &Model,
        keymap: &Keymap,
        inbox: Sender,
    ) -> Self {
        let (lines, received) = mpsc::channel();
        let waiting = Arc::new(AtomicUsize::new(0));
        let taken = Arc::clone(&waiting);
        let writer = std::thread::spawn(move || {
            if let Err(error) = write(&recording.file, &received, &taken, MOST_BYTES) {
                // Before the loop is told, so that nothing more is handed over.
                drop(received);
                let msg = Msg::Run(RunMsg::NotRecorded(error.to_string()));
                let _ = inbox.blocking_send(Arrival::Msg(msg));
            }
        });
        let recorder = Self { lines, waiting, writer, typed: recording.typed };
        recorder.hand_over(&Header::of(model, Timestamp::now()).with_keys(keymap, &model.own));
        recorder
    }

    /// Notes a message that the machine is about to get. What ends the recording comes back.
    pub(super) fn note(&self, msg: &Msg, model: &Model, at: Timestamp) -> Option<String> {
        if let Some(msg) = fit(msg, model, self.typed) {
            self.hand_over(&Entry { at, msg });
        }
        let waiting = self.waiting.load(Ordering::Relaxed);
        (waiting > WAITING).then(|| "the disk does not keep up".to_owned())
    }

    fn hand_over(&self, line: &impl Serialize) {
        let Ok(line) = serde_json::to_string(line) else { return };
        self.waiting.fetch_add(line.len(), Ordering::Relaxed);
        // A writer that has failed has said so.
        let _ = self.lines.send(line);
    }

    /// Waits a moment for what is not written yet.
    pub(super) async fn finish(self) {
        drop(self.lines);
        let writer = self.writer;
        let written = tokio::task::spawn_blocking(move || writer.join());
        let _ = tokio::time::timeout(PATIENCE, written).await;
    }
}

fn write(
    file: &File,
    lines: &Receiver<String>,
    waiting: &AtomicUsize,
    most: usize,
) -> io::Result<()> {
    let mut out = BufWriter::new(file);
    let mut written = 0;
    loop {
        let line = match lines.try_recv() {
            Ok(line) => line,
            Err(TryRecvError::Disconnected) => return out.flush(),
            Err(TryRecvError::Empty) => {
                out.flush()?;
                let Ok(line) = lines.recv() else { return Ok(()) };
                line
            }
        };
        let told = redacted(&line);
        written += told.len() + 1;
        if written > most {
            out.flush()?;
            let size = units::bytes(most as u64);
            return Err(io::Error::other(format!(
                "it has reached {size}, and what it holds stays"
            )));
        }
        out.write_all(told.as_bytes())?;
        out.write_all(b"\n")?;
        waiting.fetch_sub(line.len(), Ordering::Relaxed);
    }
}

/// The line without what looks like a secret; byte by byte the same where nothing does.
fn redacted(line: &str) -> Cow<'_, str> {
    redact::json(line).map_or(Cow::Borrowed(line), Cow::Owned)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_recording_is_for_its_owner_and_never_takes_the_place_of_a_file_unasked() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("run.jsonl");
        Recording::create(&path, false, false).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let again = Recording::create(&path, false, false).unwrap_err();
        assert_eq!(again.kind(), ErrorKind::AlreadyExists);
        let other = dir.path().join("other");
        fs::write(&other, "precious").unwrap();
        fs::remove_file(&path).unwrap();
        std::os::unix::fs::symlink(&other, &path).unwrap();
        Recording::create(&path, true, false).unwrap();
        assert_eq!(fs::read_to_string(&other).unwrap(), "precious", "a link is not followed");
        assert!(Recording::create(dir.path(), true, false).is_err());
    }

    #[test]
    fn what_looks_like_a_secret_goes_and_everything_else_stays_as_it_was() {
        let plain = r#"{"n": 1.50, "big": 123456789012345678901234567890, "token": "****"}"#;
        assert_eq!(redacted(plain), plain);
        let line = redacted(r#"{"a":["Bearer abcdefgh12345678"],"password":"p"}"#);
        assert_eq!(line, r#"{"a":["[redacted]"],"password":"[redacted]"}"#);
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        let line = redacted(&deep);
        assert_eq!(line.len(), deep.len());
    }

    #[test]
    fn a_recording_ends_before_it_is_too_large_and_what_is_written_is_whole() {
        let mut file = tempfile::tempfile().unwrap();
        let (lines, received) = mpsc::channel();
        for at in 0..10 {
            lines.send(format!("{{\"at\":{at}}}")).unwrap();
        }
        let waiting = AtomicUsize::new(1_000);
        let ended = write(&file, &received, &waiting, 25).unwrap_err();
        assert!(ended.to_string().contains("it has reached 25"), "{ended}");
        let mut text = String::new();
        io::Seek::rewind(&mut file).unwrap();
        io::Read::read_to_string(&mut file, &mut text).unwrap();
        assert_eq!(text, "{\"at\":0}\n{\"at\":1}\n");
    }

    #[tokio::test]
    async fn a_disk_that_fails_is_said_once_and_the_loop_goes_on() {
        let (sender, mut inbox) = crate::runtime::inbox::Inbox::new();
        // Always full.
        let file = OpenOptions::new().write(true).open("/dev/full").unwrap();
        let model = Model::new(Timestamp::UNIX_EPOCH, (80, 24));
        let recorder = Recorder::start(
            Recording { file, typed: false },
            &model,
            &crate::app::default_keymap().unwrap(),
            sender,
        );
        let said = inbox.next_batch().await;
        assert!(matches!(said.as_slice(), [Arrival::Msg(Msg::Run(RunMsg::NotRecorded(_)))]));
        for _ in 0..3 {
            assert_eq!(recorder.note(&Msg::Run(RunMsg::Wake), &model, Timestamp::UNIX_EPOCH), None);
        }
        recorder.finish().await;
    }
}
