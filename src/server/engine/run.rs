//! One run of a session, from idle to idle: its frames, its queue, its end.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio_util::sync::CancellationToken;

use super::log::{FrameLog, Reader, Ticket};
use crate::api::frame::StreamOnly;
use crate::api::{Frame, SessionRef};
use crate::server::store::queue::TurnInput;

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// All running sessions.
#[derive(Default)]
pub struct Runs(Mutex<HashMap<SessionRef, Arc<Run>>>);

impl Runs {
    pub(super) fn lock(&self) -> MutexGuard<'_, HashMap<SessionRef, Arc<Run>>> {
        lock(&self.0)
    }

    pub(super) fn get(&self, of: &SessionRef) -> Option<Arc<Run>> {
        self.lock().get(of).cloned()
    }

    /// Takes a run off the list, unless another one has its place by now.
    pub(super) fn remove(&self, of: &SessionRef, run: &Arc<Run>) {
        let mut runs = self.lock();
        if runs.get(of).is_some_and(|listed| Arc::ptr_eq(listed, run)) {
            runs.remove(of);
        }
    }
}

pub struct Run {
    /// A sub-agent works within the turn that asked it. Only what steers it joins it; what wants a turn of
    /// its own waits until it is over.
    pub(super) is_errand: bool,
    pub(super) log: Arc<FrameLog>,
    /// Cancelled once the run's first events are stored and logged; nobody joins it before.
    pub(super) begun: CancellationToken,
    cancel: Mutex<CancellationToken>,
    pub(super) steering: Arc<Steering>,
    follow_ups: Mutex<FollowUps>,
}

/// An input that waits, and the row that keeps it until it becomes events.
#[derive(Debug)]
pub(super) struct QueuedInput {
    pub(super) row: i64,
    pub(super) input: TurnInput,
    /// Shared with the reader of whoever sent it.
    pub(super) ticket: Ticket,
}

/// Whether an input joins the turn being played or waits for one of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Joins {
    ThisTurn,
    Later,
}

#[derive(Default)]
struct FollowUps {
    /// The turn being played.
    turn: u64,
    waiting: VecDeque<QueuedInput>,
    /// No more input is taken: the run is over.
    closed: bool,
    /// The session is about to be deleted, or is.
    abandoned: bool,
}

/// Inputs on their way into the running turn.
#[derive(Default)]
pub(super) struct Steering(Mutex<Vec<QueuedInput>>);

impl Steering {
    pub(super) fn take(&self) -> Vec<QueuedInput> {
        std::mem::take(&mut *lock(&self.0))
    }
}

/// What follows a turn.
pub(super) enum Next {
    /// Another turn, under a fresh token.
    Turn(QueuedInput, CancellationToken),
    /// Nothing. What is left was accepted but gets no turn of its own.
    End(Vec<QueuedInput>),
}

impl Run {
    pub(super) fn new() -> Arc<Self> {
        Self::made(false)
    }

    pub(super) fn errand() -> Arc<Self> {
        Self::made(true)
    }

    fn made(is_errand: bool) -> Arc<Self> {
        Arc::new(Self {
            is_errand,
            log: FrameLog::new(),
            begun: CancellationToken::new(),
            cancel: Mutex::default(),
            steering: Arc::default(),
            follow_ups: Mutex::default(),
        })
    }

    pub(super) fn token(&self) -> CancellationToken {
        lock(&self.cancel).clone()
    }

    /// Lets it be cancelled together with the turn that it works for; it may have been already.
    pub(super) fn under(&self, token: CancellationToken) -> CancellationToken {
        let mut cancel = lock(&self.cancel);
        if cancel.is_cancelled() {
            token.cancel();
        }
        cancel.clone_from(&token);
        token
    }

    pub(super) fn is_closed(&self) -> bool {
        lock(&self.follow_ups).closed
    }

    /// Cancels the turn being played because the process ends; nothing follows it.
    pub(super) fn stop(&self) {
        lock(&self.cancel).cancel();
    }

    /// Takes no more input. Whether some that was taken waits for a turn.
    pub(super) fn close(&self) -> bool {
        let mut follow_ups = lock(&self.follow_ups);
        follow_ups.closed = true;
        !follow_ups.waiting.is_empty() || !lock(&self.steering.0).is_empty()
    }

    pub(super) fn is_abandoned(&self) -> bool {
        lock(&self.follow_ups).abandoned
    }

    /// Waits until the run is off the list and its readers have ended.
    pub(super) async fn ended(&self) {
        let mut tail = self.log.read_from_here(Ticket::waiting());
        while tail.next().await.is_some() {}
    }

    /// Cancels the turn being played; the reader shows how it ends.
    pub(super) fn interrupt(&self) -> Reader {
        let follow_ups = lock(&self.follow_ups);
        let reader = self.log.read_from_here(Ticket::of(follow_ups.turn));
        lock(&self.cancel).cancel();
        reader
    }

    /// Cancels everything, follow-ups included.
    pub(super) fn abandon(&self) {
        let mut follow_ups = lock(&self.follow_ups);
        follow_ups.closed = true;
        follow_ups.abandoned = true;
        follow_ups.waiting.clear();
        lock(&self.cancel).cancel();
    }

    /// Queues an input for the running loop, or gives it back because the run is over.
    pub(super) fn enqueue(&self, queued: QueuedInput, joins: Joins) -> Result<Reader, QueuedInput> {
        let mut follow_ups = lock(&self.follow_ups);
        if follow_ups.closed {
            return Err(queued);
        }
        let reader = self.log.read_from_here(queued.ticket.clone());
        match joins {
            Joins::ThisTurn => lock(&self.steering.0).push(queued),
            Joins::Later => follow_ups.waiting.push_back(queued),
        }
        Ok(reader)
    }

    /// What comes after the turn that was just played. Steering that came too late for it gets a
    /// turn of its own; a parked session plays no more turns until its calls are answered.
    pub(super) fn next_turn(&self, parked: bool) -> Next {
        let mut follow_ups = lock(&self.follow_ups);
        for late in self.steering.take().into_iter().rev() {
            follow_ups.waiting.push_front(late);
        }
        if parked || follow_ups.closed {
            follow_ups.closed = true;
            return Next::End(follow_ups.waiting.drain(..).collect());
        }
        if let Some(next) = follow_ups.waiting.pop_front() {
            follow_ups.turn += 1;
            let fresh = CancellationToken::new();
            // Under the same lock as the turn's number, so that no interrupt hits the old token.
            *lock(&self.cancel) = fresh.clone();
            Next::Turn(next, fresh)
        } else {
            follow_ups.closed = true;
            Next::End(Vec::new())
        }
    }
}

/// Takes a run off the list and ends its readers when it is dropped, by a panic as well.
pub(super) struct RunGuard {
    pub(super) runs: Arc<Runs>,
    pub(super) of: SessionRef,
    pub(super) run: Arc<Run>,
}

impl RunGuard {
    /// Puts the run of a sub-agent on the list; `None` where another run has the session.
    pub(super) fn of_errand(runs: &Arc<Runs>, of: &SessionRef) -> Option<Self> {
        let run = Run::errand();
        let mut all = runs.lock();
        if all.contains_key(of) {
            return None;
        }
        all.insert(of.clone(), Arc::clone(&run));
        Some(Self { runs: Arc::clone(runs), of: of.clone(), run })
    }
}

impl Drop for RunGuard {
    fn drop(&mut self) {
        self.runs.remove(&self.of, &self.run);
        let turn = {
            let mut follow_ups = lock(&self.run.follow_ups);
            follow_ups.closed = true;
            follow_ups.turn
        };
        self.run.log.push(turn, Frame::Only(StreamOnly::End {}));
        self.run.log.close();
        self.run.begun.cancel();
    }
}
