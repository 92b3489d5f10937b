//! Commands that wait for something: the watch over sessions, and what is said of it on the way.
//!
//! Start with [`Watching::next`]. The invariant: a service that does not answer is said and waited for,
//! one that refuses the question as a whole ends the command.

use std::collections::HashSet;

use super::connect::Context;
use super::exit::{Code, Failure};
use super::triage::Looked;
use crate::api::{Event, SessionRef, Timestamp};
use crate::watcher::{Census, Learnt, Patrol};

pub(super) struct Watching<'a> {
    context: &'a Context,
    patrol: Patrol,
    /// The service does not answer, and that was said.
    lost: bool,
    /// What could not be learnt, said once.
    noted: HashSet<String>,
    /// The newest events of the one session that is watched, where they changed.
    newest: Option<Vec<Event>>,
}

impl<'a> Watching<'a> {
    pub(super) fn new(context: &'a Context, patrol: Patrol) -> Self {
        Self { context, patrol, lost: false, noted: HashSet::new(), newest: None }
    }

    pub(super) fn census(&self) -> &Census {
        self.patrol.census()
    }

    /// The service took answers to all calls of a session.
    pub(super) fn note_answered(&mut self, session: &SessionRef) {
        self.patrol.note_answered(session);
    }

    /// Waits for the next answer; the sessions of which something may be different now. Cancel safe.
    pub(super) async fn next(&mut self) -> Result<Vec<SessionRef>, Failure> {
        let mut touched = Vec::new();
        for report in self.patrol.next().await {
            touched.extend(report.touched);
            self.heed(report.learnt)?;
        }
        Ok(touched)
    }

    /// The newest events of the one session that is watched, oldest first, if they are others than
    /// the last time.
    pub(super) fn take_newest(&mut self) -> Option<Vec<Event>> {
        self.newest.take()
    }

    /// A session, once what is known of it belongs together: its calls were asked for since its
    /// listing changed.
    pub(super) fn settled(&self, name: &SessionRef) -> Option<Looked> {
        let entry = self.census().get(name).filter(|entry| !entry.is_changed())?;
        Some(Looked::known(entry, self.census().calls_of(name), Timestamp::now()))
    }

    fn heed(&mut self, learnt: Learnt) -> Result<(), Failure> {
        let out = &self.context.out;
        match learnt {
            Learnt::LinkLost { error, .. } => {
                let failure = Failure::from(error);
                if !std::mem::replace(&mut self.lost, true) {
                    out.note(&format!("{failure} Trying again until it works."));
                }
            }
            Learnt::Silent { since } => {
                self.context.note_silence(since);
                self.lost = true;
            }
            Learnt::LinkWorks { .. } | Learnt::LinkAnswers => {
                if std::mem::take(&mut self.lost) {
                    out.note("the service answers again");
                }
            }
            Learnt::Unlisted { agent: None, error } => return Err(error.into()),
            Learnt::Unlisted { agent: Some(agent), error } => {
                if self.census().is_refused() {
                    return Err(error.into());
                }
                self.note(&format!("the sessions of {agent} are not known: {error}"));
            }
            Learnt::Refused { session, error } if self.census().is_about(&session) => {
                return Err(error.into());
            }
            Learnt::Refused { session, error } => {
                self.note(&format!("could not look at {session}: {error}"));
            }
            Learnt::Gone(session) if self.census().is_about(&session) => {
                let text = format!("the session {session} was deleted");
                return Err(Failure::new(Code::NotFound, text));
            }
            Learnt::Events(window) if window.reaches_end => self.newest = Some(window.events),
            Learnt::Gone(_)
            | Learnt::Agents(_)
            | Learnt::Sessions { .. }
            | Learnt::ListingEnded { .. }
            | Learnt::Session(_)
            | Learnt::Looked { .. }
            | Learnt::Events(_)
            | Learnt::Visible { .. }
            | Learnt::Missed { .. } => {}
        }
        Ok(())
    }

    fn note(&mut self, text: &str) {
        if self.noted.insert(text.to_owned()) {
            self.context.out.note(text);
        }
    }
}
