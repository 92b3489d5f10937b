//! One look at each of some sessions, and then the end: for commands that ask once.
//!
//! Start with [`look_once`]. The invariant: a session that could not be looked at to the end has its
//! problem in words; it is never left out, nor waited for without end.

use std::collections::{HashMap, HashSet};

use super::{Census, Learnt, Patrol, Watcher};
use crate::api::{Session, SessionRef, SessionStatus};
use crate::client::Client;

/// Outages in a row, with pauses between, after which the rest is given up.
const OUTAGES: u32 = 3;

/// What came of it.
#[derive(Debug, Default)]
pub struct Looks {
    pub census: Census,
    /// Why some sessions could not be looked at, or not to the end.
    pub problems: HashMap<SessionRef, String>,
}

/// Looks at these sessions, as many `at_once` as may be and no faster than the service answers.
/// `tell` hears what is learnt on the way.
pub async fn look_once(
    client: &Client,
    at_once: usize,
    sessions: Vec<Session>,
    mut tell: impl FnMut(&Learnt),
) -> Looks {
    // Nothing was ever said in one that was not started.
    let started = |session: &Session| session.status != Some(SessionStatus::Unstarted);
    let sessions: Vec<_> = sessions.into_iter().filter(started).collect();
    let mut round = Round::over(&sessions);
    let mut patrol = Patrol::of_sessions(client, at_once, sessions);
    while !round.is_over() {
        for report in patrol.next().await {
            tell(&report.learnt);
            round.note(&report.learnt);
            round.settle(&report.touched, patrol.census(), patrol.watcher());
        }
    }
    Looks { census: patrol.into_census(), problems: round.problems }
}

/// Which sessions still have to be looked at.
#[derive(Debug, Default)]
pub(super) struct Round {
    left: HashSet<SessionRef>,
    problems: HashMap<SessionRef, String>,
    outages: u32,
}

impl Round {
    pub(super) fn over(sessions: &[Session]) -> Self {
        Self { left: sessions.iter().map(Session::reference).collect(), ..Self::default() }
    }

    #[cfg(test)]
    pub(super) fn problems(&self) -> &HashMap<SessionRef, String> {
        &self.problems
    }

    pub(super) fn is_over(&self) -> bool {
        self.left.is_empty()
    }

    /// Takes a word about failures.
    pub(super) fn note(&mut self, learnt: &Learnt) {
        match learnt {
            Learnt::Looked { session, .. } => {
                self.problems.remove(session);
            }
            Learnt::Refused { session, error } => {
                self.problems.insert(session.clone(), error.to_string());
            }
            // The request was repeated already where that could help.
            Learnt::Missed { session, problem } => {
                self.left.remove(session);
                self.problems.insert(session.clone(), problem.clone());
            }
            Learnt::Gone(session) => {
                self.left.remove(session);
                self.problems.insert(session.clone(), "it was deleted meanwhile".to_owned());
            }
            Learnt::LinkWorks { .. } => self.outages = 0,
            Learnt::LinkLost { error, .. } => {
                self.outages += 1;
                if self.outages >= OUTAGES {
                    let problem = error.to_string();
                    self.problems.extend(self.left.drain().map(|left| (left, problem.clone())));
                }
            }
            _ => {}
        }
    }

    /// Lets go of those that were looked at to the end.
    pub(super) fn settle(&mut self, touched: &[SessionRef], census: &Census, watcher: &Watcher) {
        for session in touched {
            let is_answered = census.get(session).is_some_and(|entry| entry.probe.is_some());
            if (is_answered || self.problems.contains_key(session)) && !watcher.is_halfway(session)
            {
                self.left.remove(session);
            }
        }
    }
}
