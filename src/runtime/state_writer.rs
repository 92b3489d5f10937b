//! Keeping things between runs: gathers what changed, and has it written by a thread of its own,
//! because a disk may take its time.

use crate::app::msg::RunMsg;
use std::sync::mpsc;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::inbox::{Arrival, Sender};
use crate::api::Timestamp;
use crate::app::Msg;
use crate::model::memory::{Change, Fact};
use crate::state::StateDir;

/// How old the oldest change gets before it is written. Counted from the first key, not from the
/// last: somebody who types without a pause must not lose it all.
const DELAY: Duration = Duration::from_millis(500);

/// Does nothing where nothing is to be kept.
pub(super) struct StateWriter {
    waiting: Vec<Change>,
    due: Option<Instant>,
    writer: Option<Writer>,
}

/// How long a disk may take before leaving waits no more for it.
const PATIENCE: Duration = Duration::from_secs(10);

/// What the thread is handed.
enum Order {
    Write(Vec<Change>),
    /// Tells what is not on the disk once everything before was tried.
    Tell(oneshot::Sender<Option<Unwritten>>),
}

/// What is not on the disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Unwritten {
    /// Drafts among it.
    pub(super) drafts: usize,
    pub(super) problem: String,
}

struct Writer {
    batches: mpsc::Sender<Order>,
    task: JoinHandle<()>,
}

impl StateWriter {
    pub(super) fn new(state: Option<StateDir>, inbox: Sender) -> Self {
        let writer = state.map(|state| {
            let (batches, received) = mpsc::channel();
            let task = tokio::task::spawn_blocking(move || write(&state, &received, &inbox));
            Writer { batches, task }
        });
        Self { waiting: Vec::new(), due: None, writer }
    }

    pub(super) fn note(&mut self, change: Change, now: Instant) {
        if self.writer.is_some() {
            change.join(&mut self.waiting);
            self.due.get_or_insert(now + DELAY);
        }
    }

    /// When something is to be written.
    pub(super) fn wake_at(&self) -> Option<Instant> {
        self.due
    }

    pub(super) fn save_if_due(&mut self, now: Instant) {
        if self.due.is_some_and(|due| due <= now) {
            self.save();
        }
    }

    /// Hands over what waits, whether it is due or not.
    pub(super) fn save(&mut self) {
        self.due = None;
        let waiting = std::mem::take(&mut self.waiting);
        if let Some(writer) = self.writer.as_ref().filter(|_| !waiting.is_empty()) {
            // The thread ends only after this sender is gone.
            let _ = writer.batches.send(Order::Write(waiting));
        }
    }

    /// What of everything so far is not on the disk, once it was tried.
    pub(super) async fn settle(&mut self) -> Option<Unwritten> {
        self.save();
        let writer = self.writer.as_ref()?;
        let (tell, told) = oneshot::channel();
        writer.batches.send(Order::Tell(tell)).ok()?;
        let late = || Unwritten { drafts: 1, problem: "the disk does not answer".to_owned() };
        match tokio::time::timeout(PATIENCE, told).await {
            Ok(told) => told.unwrap_or_else(|_| Some(late())),
            Err(_) => Some(late()),
        }
    }

    /// Returns when everything is on the disk.
    pub(super) async fn finish(mut self) {
        self.save();
        if let Some(Writer { batches, task }) = self.writer {
            drop(batches);
            let _ = task.await;
        }
    }
}

/// Writes what comes until nobody is left to send any. What failed is tried again with the next.
fn write(state: &StateDir, batches: &mpsc::Receiver<Order>, inbox: &Sender) {
    let mut unsaved = Vec::new();
    let mut said = false;
    while let Ok(batch) = batches.recv() {
        // Whatever else came meanwhile goes into the same write.
        let mut asked = Vec::new();
        for order in std::iter::once(batch).chain(batches.try_iter()) {
            match order {
                Order::Write(batch) => {
                    for change in batch {
                        change.join(&mut unsaved);
                    }
                }
                Order::Tell(to) => asked.push(to),
            }
        }
        let outcome =
            if unsaved.is_empty() { Ok(()) } else { state.apply(&unsaved, Timestamp::now()) };
        let unwritten = outcome.as_ref().err().map(|error| Unwritten {
            drafts: unsaved.iter().filter(|change| is_draft(change)).count(),
            problem: error.to_string(),
        });
        // Whoever asked may have gone.
        for to in asked {
            drop(to.send(unwritten.clone()));
        }
        match outcome {
            Ok(()) => {
                unsaved.clear();
                if said {
                    let again = Arrival::Msg(Msg::Run(RunMsg::KeptAgain));
                    said = inbox.try_send(again).is_err();
                }
            }
            Err(error) if !said => {
                // Never waits: at the end nobody reads any more.
                said = inbox
                    .try_send(Arrival::Msg(Msg::Run(RunMsg::NotKept(error.to_string()))))
                    .is_ok();
            }
            Err(_) => {}
        }
    }
}

fn is_draft(change: &Change) -> bool {
    matches!(change.fact, Fact::Draft(_, Some(_)))
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;
    use crate::api::SessionRef;
    use crate::model::memory::{DraftOf, SavedDraft};
    use crate::runtime::inbox::Inbox;

    fn draft(text: &str) -> Change {
        let draft = SavedDraft { text: text.to_owned(), ..SavedDraft::default() };
        let of = DraftOf::Message(SessionRef::new("a", "s"));
        Change { at: Timestamp::now(), fact: Fact::Draft(of, Some(draft)) }
    }

    fn texts(state: &StateDir) -> Vec<String> {
        let (memory, _) = state.load(Timestamp::now()).unwrap();
        memory.drafts.into_values().map(|kept| kept.value.text).collect()
    }

    #[tokio::test]
    async fn typing_on_does_not_put_off_the_writing() {
        let dir = tempfile::tempdir().unwrap();
        let state = StateDir::open(dir.path(), "p").unwrap();
        let mut keeper = StateWriter::new(Some(state.clone()), Inbox::new().0);
        let start = Instant::now();
        let after = |milliseconds| start + Duration::from_millis(milliseconds);
        keeper.note(draft("a"), start);
        keeper.note(draft("ab"), after(400));
        assert_eq!(keeper.wake_at(), Some(after(500)));
        keeper.save_if_due(after(499));
        assert!(keeper.wake_at().is_some());
        keeper.save_if_due(after(500));
        assert_eq!(keeper.wake_at(), None);
        keeper.finish().await;
        assert_eq!(texts(&state), ["ab"]);
    }

    #[tokio::test]
    async fn what_waits_is_written_at_the_end() {
        let dir = tempfile::tempdir().unwrap();
        let state = StateDir::open(dir.path(), "p").unwrap();
        let mut keeper = StateWriter::new(Some(state.clone()), Inbox::new().0);
        keeper.note(draft("last words"), Instant::now());
        keeper.finish().await;
        assert_eq!(texts(&state), ["last words"]);
        let mut forgetful = StateWriter::new(None, Inbox::new().0);
        forgetful.note(draft("x"), Instant::now());
        assert_eq!(forgetful.wake_at(), None);
        forgetful.finish().await;
    }

    #[tokio::test]
    async fn what_cannot_be_written_is_said_and_written_later() {
        let dir = tempfile::tempdir().unwrap();
        let state = StateDir::open(dir.path(), "p").unwrap();
        let (sender, mut inbox) = Inbox::new();
        let mut keeper = StateWriter::new(Some(state.clone()), sender);
        std::fs::remove_dir(state.path()).unwrap();
        keeper.note(draft("held"), Instant::now());
        keeper.save();
        let said = inbox.next_batch().await;
        assert!(matches!(&said[..], [Arrival::Msg(Msg::Run(RunMsg::NotKept(_)))]));
        let unwritten = keeper.settle().await.unwrap();
        assert_eq!(unwritten.drafts, 1);
        assert!(unwritten.problem.contains("lock"), "{}", unwritten.problem);
        StateDir::open(dir.path(), "p").unwrap();
        let other = Change {
            at: Timestamp::now(),
            fact: Fact::Draft(DraftOf::Message(SessionRef::new("a", "other")), None),
        };
        keeper.note(other, Instant::now());
        keeper.finish().await;
        let said = inbox.next_batch().now_or_never().unwrap_or_default();
        assert!(matches!(&said[..], [Arrival::Msg(Msg::Run(RunMsg::KeptAgain))]));
        assert_eq!(texts(&state), ["held"]);
    }
}
