//! One run of a session, from idle to idle: its frames, its queue, its end.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio_util::sync::CancellationToken;

use super::log::{FrameLog, Reader};
use super::turns::Turns;
use crate::api::frame::StreamOnly;
use crate::api::input::Behavior;
use crate::api::{Frame, SessionRef};
use crate::server::store::queue::QueuedMessage;

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(super) struct Run {
    pub(super) log: Arc<FrameLog>,
    cancel: Mutex<CancellationToken>,
    pub(super) steering: Arc<Steering>,
    follow_ups: Mutex<FollowUps>,
}

#[derive(Default)]
struct FollowUps {
    /// The turn being played.
    turn: u64,
    waiting: VecDeque<QueuedMessage>,
    /// No more input is taken: the run is over.
    closed: bool,
}

/// Messages on their way into the running turn.
#[derive(Default)]
pub(super) struct Steering(Mutex<Vec<QueuedMessage>>);

impl Steering {
    pub(super) fn take(&self) -> Vec<QueuedMessage> {
        std::mem::take(&mut *lock(&self.0))
    }
}

/// What follows a turn.
pub(super) enum Next {
    /// Another turn, under a fresh token.
    Turn(QueuedMessage, CancellationToken),
    /// Nothing. What is left was accepted but gets no turn of its own.
    End(Vec<QueuedMessage>),
}

impl Run {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self {
            log: FrameLog::new(),
            cancel: Mutex::default(),
            steering: Arc::default(),
            follow_ups: Mutex::default(),
        })
    }

    pub(super) fn token(&self) -> CancellationToken {
        lock(&self.cancel).clone()
    }

    pub(super) fn is_closed(&self) -> bool {
        lock(&self.follow_ups).closed
    }

    /// Waits until the run is off the list and its readers have ended.
    pub(super) async fn ended(&self) {
        let mut tail = self.log.read_from_here(u64::MAX);
        while tail.next().await.is_some() {}
    }

    /// Cancels the turn being played; the reader shows how it ends.
    pub(super) fn interrupt(&self) -> Reader {
        let follow_ups = lock(&self.follow_ups);
        let reader = self.log.read_from_here(follow_ups.turn);
        lock(&self.cancel).cancel();
        reader
    }

    /// Cancels everything, follow-ups included.
    pub(super) fn abandon(&self) {
        let mut follow_ups = lock(&self.follow_ups);
        follow_ups.closed = true;
        follow_ups.waiting.clear();
        lock(&self.cancel).cancel();
    }

    /// Queues a message for the running loop, or gives it back because the run is over.
    pub(super) fn enqueue(
        &self,
        message: QueuedMessage,
        behavior: Option<&Behavior>,
    ) -> Result<Reader, QueuedMessage> {
        let mut follow_ups = lock(&self.follow_ups);
        if follow_ups.closed {
            return Err(message);
        }
        if behavior == Some(&Behavior::FollowUp) {
            follow_ups.waiting.push_back(message);
            let turn = follow_ups.turn + follow_ups.waiting.len() as u64;
            Ok(self.log.read_from_here(turn))
        } else {
            lock(&self.steering.0).push(message);
            Ok(self.log.read_from_here(follow_ups.turn))
        }
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
    pub(super) turns: Turns,
    pub(super) of: SessionRef,
    pub(super) run: Arc<Run>,
}

impl Drop for RunGuard {
    fn drop(&mut self) {
        self.turns.remove(&self.of, &self.run);
        let turn = {
            let mut follow_ups = lock(&self.run.follow_ups);
            follow_ups.closed = true;
            follow_ups.turn
        };
        self.run.log.push(turn, Frame::Only(StreamOnly::End {}));
        self.run.log.close();
    }
}
