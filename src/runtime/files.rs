//! What is done with files on this machine: saved, given to a program, looked up, attached.
//!
//! Each becomes a task that answers with a message. Start with [`Files::start`]. The invariant:
//! nothing is written or run but what an effect names.

use crate::app::effect::FileWork;
use std::path::Path;
use std::sync::Arc;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::inbox::{Arrival, Sender};
use super::save::{self, SaveError};
use super::setup::KeepKeys;
use super::{execute, paths};
use crate::app::Msg;
use crate::app::msg::{FileMsg, Piped, SaveOutcome};
use crate::client::media_type;
use crate::content::Prepared;
use crate::text::units;
use crate::tool_runner::{self, Stderr};
use crate::tools::{Inherits, Invocation, Limits};
use crate::view::pane::composer::Attachment;

/// Bytes of a file that are looked at for its type.
const HEAD: u64 = 8 * 1024;
/// More than that a message cannot carry from memory.
const MOST_ATTACHED: u64 = 1 << 30;
/// How long a program may take, and what it may print.
const PIPE: Limits = Limits {
    timeout: std::time::Duration::from_mins(30),
    max_output: 4 << 20,
    grace: std::time::Duration::from_secs(2),
};

pub(super) struct Files {
    inbox: Sender,
    tasks: TaskTracker,
    /// The program that runs.
    piping: CancellationToken,
    keep_keys: Option<KeepKeys>,
}

impl Files {
    pub(super) fn new(inbox: Sender, keep_keys: Option<KeepKeys>) -> Self {
        let (tasks, piping) = (TaskTracker::new(), CancellationToken::new());
        Self { inbox, tasks, piping, keep_keys }
    }

    pub(super) fn start(&mut self, work: FileWork) {
        match work {
            FileWork::Save { file, to, name, replace } => {
                self.answer(move || {
                    Msg::File(FileMsg::FileSaved(save_file(&file, &to, &name, replace)))
                });
            }
            FileWork::CompletePath { typed } => self.answer(move || {
                let (completed, offers) = paths::complete(&typed);
                Msg::File(FileMsg::PathCompleted { typed, completed, offers })
            }),
            FileWork::Attach { session, path } => self.answer(move || {
                let outcome = examine(&path);
                Msg::File(FileMsg::Attached { session, outcome })
            }),
            FileWork::WriteDrafts { to, text } => {
                self.answer(move || Msg::File(FileMsg::DraftsWritten(write_drafts(&to, &text))));
            }
            FileWork::Pipe { file, line, words } => self.pipe(file, line, words),
            FileWork::KeepKeys(line) => {
                let keep = self.keep_keys.clone();
                self.answer(move || {
                    let nowhere = || Err("there is no home directory to keep them in".to_owned());
                    Msg::File(FileMsg::KeysKept(keep.map_or_else(nowhere, |keep| keep(&line))))
                });
            }
            FileWork::StopPipe => self.piping.cancel(),
        }
    }

    fn answer(&self, work: impl FnOnce() -> Msg + Send + 'static) {
        let inbox = self.inbox.clone();
        self.tasks.spawn_blocking(move || {
            // Without a loop there is nobody left to tell.
            let _ = inbox.blocking_send(Arrival::Msg(work()));
        });
    }

    fn pipe(&mut self, file: Arc<Prepared>, line: String, words: Vec<String>) {
        self.piping.cancel();
        self.piping = CancellationToken::new();
        let (inbox, stop) = (self.inbox.clone(), self.piping.clone());
        self.tasks.spawn(async move {
            let mut words = words.into_iter();
            let invocation = Invocation {
                program: words.next().unwrap_or_default(),
                arguments: words.collect(),
                env: Vec::new(),
                inherits: Inherits::All,
                cwd: None,
                stdin: String::new(),
                limits: PIPE,
            };
            let given = Arc::clone(file.bytes());
            let ran = tool_runner::run_fed(&invocation, given, Stderr::Kept, &stop).await;
            let printed = ran.stdout.len() as u64;
            let mut output = ran.stdout.clone();
            if !ran.stderr.trim().is_empty() {
                output.push_str("\n── stderr ──\n");
                output.push_str(&ran.stderr);
            }
            let summary = format!("{}, {}", ran.ending, units::size(printed));
            let piped = Piped { line, summary, succeeded: ran.succeeded(), output };
            let _ = inbox.send(Arrival::Msg(Msg::File(FileMsg::Piped(Box::new(piped))))).await;
        });
    }

    /// Waits for saves that are under way; a program that runs is ended.
    pub(super) async fn finish(self) {
        self.piping.cancel();
        self.tasks.close();
        let _ = tokio::time::timeout(execute::LAST_WRITES, self.tasks.wait()).await;
    }
}

fn save_file(file: &Prepared, to: &str, name: &str, replace: bool) -> SaveOutcome {
    let typed = paths::expand(to);
    let saved =
        save::place(&typed, name, replace).and_then(|path| save::save(path, file.bytes(), replace));
    match saved {
        Ok(path) => SaveOutcome::Saved {
            path: std::path::absolute(&path).unwrap_or(path).display().to_string(),
            bytes: file.bytes().len() as u64,
        },
        Err(SaveError::Exists { path, free }) => SaveOutcome::Exists {
            path: path.display().to_string(),
            free: free.display().to_string(),
        },
        Err(error) => SaveOutcome::Refused(error.to_string()),
    }
}

/// For its owner only; never over a file that is there, nor through a link.
fn write_drafts(to: &str, text: &str) -> Result<String, String> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;

    let path = paths::expand(to);
    let failed = |error: std::io::Error| format!("cannot write {}: {error}", path.display());
    let mut options = std::fs::OpenOptions::new();
    let mut file = options.write(true).create_new(true).mode(0o600).open(&path).map_err(failed)?;
    if let Err(error) = file.write_all(text.as_bytes()).and_then(|()| file.sync_all()) {
        // A half of it is taken for the whole.
        let _ = std::fs::remove_file(&path);
        return Err(failed(error));
    }
    Ok(std::path::absolute(&path).unwrap_or_else(|_| path.clone()).display().to_string())
}

fn examine(typed: &str) -> Result<Attachment, String> {
    use std::io::Read as _;

    let path = paths::expand(typed);
    let unreadable = |error: std::io::Error| format!("cannot attach {typed}: {error}");
    let found = std::fs::metadata(&path).map_err(unreadable)?;
    if !found.is_file() {
        let what = if found.is_dir() { "a directory" } else { "no file" };
        return Err(format!("cannot attach {typed}: it is {what}"));
    }
    if found.len() > MOST_ATTACHED {
        let most = units::bytes(MOST_ATTACHED);
        return Err(format!("cannot attach {typed}: it is larger than {most}"));
    }
    let mut head = Vec::new();
    let file = std::fs::File::open(&path).map_err(unreadable)?;
    file.take(HEAD).read_to_end(&mut head).map_err(unreadable)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let mime = media_type(&name, &head);
    // Wherever foretop stands when it is sent.
    let path = std::path::absolute(&path).map_err(unreadable)?;
    Ok(Attachment { path, name, mime, size: found.len() })
}

/// The bytes of what was attached, as they are now.
pub(super) fn load(attached: &Attachment) -> Result<crate::client::UploadFile, String> {
    let path: &Path = &attached.path;
    let bytes = std::fs::read(path)
        .map_err(|error| format!("nothing was sent: cannot read {}: {error}", path.display()))?;
    Ok(crate::client::UploadFile {
        filename: attached.name.clone(),
        mime_type: media_type(&attached.name, &bytes),
        bytes: bytes.into(),
    })
}
