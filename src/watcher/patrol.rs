//! The watcher at work without a screen: sends its questions and keeps a census of the answers.
//!
//! Start with [`Patrol::next`]. The invariant: everything that is asked is asked by the watch plan,
//! within its budget.

use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::{Asked, Census, Learnt, Scope, Spending, Watcher, question};
use crate::api::{Session, SessionRef, Timestamp};
use crate::client::Client;

/// Answers that may wait to be taken in; beyond that, askers do.
const WAITING: usize = 64;
/// Requests a second that no service answers one by one.
const UNBOUNDED: f64 = 1_000.0;

pub struct Patrol {
    client: Client,
    watcher: Watcher,
    census: Census,
    sender: mpsc::Sender<Asked>,
    answers: mpsc::Receiver<Asked>,
    /// Ends with the patrol.
    asking: JoinSet<()>,
}

/// What one answer brought.
#[derive(Debug)]
pub struct Report {
    pub learnt: Learnt,
    /// Sessions of which something may be different now.
    pub touched: Vec<SessionRef>,
}

impl Patrol {
    /// Over all sessions of a scope.
    pub fn new(client: &Client, spending: Spending, scope: Scope) -> Self {
        Self::over(client, spending, scope, Census::default())
    }

    /// Over one session.
    pub fn of_session(client: &Client, spending: Spending, session: Session) -> Self {
        Self::over(client, spending, Scope::Known, Census::of(session, Timestamp::now()))
    }

    /// Over these sessions, for one look. Somebody waits for all of it and for nothing else, so that
    /// only what is under way `at_once` is bounded, and each request is repeated by itself.
    pub(super) fn of_sessions(client: &Client, at_once: usize, sessions: Vec<Session>) -> Self {
        let spending = Spending { requests_per_second: UNBOUNDED, burst: UNBOUNDED, at_once };
        let census = Census::of_all(sessions, Timestamp::now());
        Self { client: client.clone(), ..Self::over(client, spending, Scope::Known, census) }
    }

    fn over(client: &Client, spending: Spending, scope: Scope, census: Census) -> Self {
        let (sender, answers) = mpsc::channel(WAITING);
        Self {
            // The plan counts requests and decides when to repeat one.
            client: client.clone().without_repeats(),
            watcher: Watcher::new(spending, scope),
            census,
            sender,
            answers,
            asking: JoinSet::new(),
        }
    }

    pub fn census(&self) -> &Census {
        &self.census
    }

    pub(super) fn into_census(self) -> Census {
        self.census
    }

    pub(super) fn watcher(&self) -> &Watcher {
        &self.watcher
    }

    /// The service took answers to all calls of a session.
    pub fn note_answered(&mut self, session: &SessionRef) {
        self.census.note_answered(session);
    }

    /// Waits for the next answer, or for silence to be noticed. Cancel safe.
    pub async fn next(&mut self) -> Vec<Report> {
        loop {
            let now = Timestamp::now();
            for asking in self.watcher.due(&self.census, now) {
                let (client, sender) = (self.client.clone(), self.sender.clone());
                self.asking.spawn(async move {
                    let answer = question::ask(&client, asking.question.clone()).await;
                    // Nobody waits for it any more where the other end is gone.
                    let _ = sender.send(asking.answered(answer)).await;
                });
            }
            while self.asking.try_join_next().is_some() {}
            if let Some(silent) = self.watcher.silence(now) {
                return self.take(vec![silent], now);
            }
            let wait = self.watcher.wake_at(now).duration_since(now);
            let wait = Duration::try_from(wait).unwrap_or_default();
            tokio::select! {
                Some(asked) = self.answers.recv() => {
                    let now = Timestamp::now();
                    let learnt = self.watcher.arrived(asked, &self.census, now);
                    if !learnt.is_empty() {
                        return self.take(learnt, now);
                    }
                }
                () = tokio::time::sleep(wait) => {}
            }
        }
    }

    fn take(&mut self, learnt: Vec<Learnt>, now: Timestamp) -> Vec<Report> {
        let report = |learnt: Learnt| {
            let touched = self.census.take(&learnt, now);
            Report { learnt, touched }
        };
        learnt.into_iter().map(report).collect()
    }
}
