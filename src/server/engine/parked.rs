//! Sub-agents that wait for a client, while the turn that asked them waits for them.
//!
//! They have no turn of their own that could be begun with the answers: the answers are handed to where they
//! wait. Start with [`Parked::wait`]. The invariant: answers reach whoever waits exactly once, or
//! nobody waits and they begin a run like any others, which is so after a restart.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::oneshot;

use super::run::{RunGuard, lock};
use crate::api::{Event, SessionRef};

/// What a client answered, stored already, and the run that goes on with it, where the client reads.
pub(super) struct Answers {
    pub(super) outputs: Vec<Event>,
    pub(super) guard: RunGuard,
}

pub(super) type Waiter = oneshot::Sender<Answers>;

/// All that wait, by session; of those whose answers are being stored the name alone.
#[derive(Default)]
pub struct Parked {
    waiting: Mutex<HashMap<SessionRef, Option<Waiter>>>,
    closed: AtomicBool,
}

/// Who waits in a session.
pub(super) enum Found {
    Nobody,
    Waiter(Waiter),
    /// Somebody, who is being answered.
    Taken,
}

impl Parked {
    /// Waits in a session. Must begin before its calls are stored, so that no answer begins a run.
    pub(super) fn wait(&self, of: &SessionRef) -> oneshot::Receiver<Answers> {
        let (waiter, answers) = oneshot::channel();
        lock(&self.waiting).insert(of.clone(), Some(waiter));
        answers
    }

    /// Takes the waiter of a session, to be answered or put back.
    pub(super) fn take(&self, of: &SessionRef) -> Found {
        match lock(&self.waiting).get_mut(of) {
            None => Found::Nobody,
            Some(waiter) => waiter.take().map_or(Found::Taken, Found::Waiter),
        }
    }

    /// The answers were none: it waits on, unless it has left meanwhile.
    pub(super) fn put_back(&self, of: &SessionRef, waiter: Waiter) {
        if let Some(place) = lock(&self.waiting).get_mut(of) {
            *place = Some(waiter);
        }
    }

    pub(super) fn forget(&self, of: &SessionRef) {
        lock(&self.waiting).remove(of);
    }

    /// Lets go of those in sessions that are about to be deleted.
    pub(super) fn abandon(&self, fits: impl Fn(&SessionRef) -> bool) {
        lock(&self.waiting).retain(|of, _| !fits(of));
    }

    /// The process ends: what waits for a client goes on waiting, in the store.
    pub(super) fn close(&self) {
        self.closed.store(true, Ordering::Release);
    }

    pub(super) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }
}
