//! What happens while somebody reads and types: watched all the time, said between two commands.
//!
//! Start with [`News::next`] and [`News::lines`]. It writes nothing itself, so that no line comes into
//! the middle of what is typed. The invariant: each call that begins to wait is told once.

use std::collections::BTreeSet;

use crate::api::{EventId, SessionRef};
use crate::text::{quoted, units};
use crate::watcher::{Learnt, Patrol};

/// Sessions that are told by name.
const NAMED: usize = 3;

pub(super) struct News {
    patrol: Patrol,
    told: BTreeSet<(SessionRef, EventId)>,
    /// The service does not answer, in words why; and whether that was said.
    lost: Option<(String, bool)>,
    back: bool,
}

impl News {
    pub(super) fn new(patrol: Patrol) -> Self {
        Self { patrol, told: BTreeSet::new(), lost: None, back: false }
    }

    /// Takes the next answer of the watch in. Cancel safe.
    pub(super) async fn next(&mut self) {
        for report in self.patrol.next().await {
            match report.learnt {
                Learnt::LinkLost { error, .. } if self.lost.is_none() => {
                    self.lost = Some((error.to_string(), false));
                }
                Learnt::LinkWorks { .. } | Learnt::LinkAnswers => {
                    self.back |= self.lost.take().is_some_and(|(_, said)| said);
                }
                _ => {}
            }
        }
    }

    /// What there is to say now, a line each.
    pub(super) fn lines(&mut self) -> Vec<String> {
        let mut out = Vec::new();
        if std::mem::take(&mut self.back) {
            out.push("the service answers again".to_owned());
        }
        if let Some((why, said @ false)) = &mut self.lost {
            *said = true;
            out.push(format!("the service does not answer, so lists may be old: {why}"));
        }
        out.extend(self.waiting());
        out
    }

    fn waiting(&mut self) -> Option<String> {
        let census = self.patrol.census();
        // Half of what waits is no news.
        if !census.is_whole() {
            return None;
        }
        let waiting: BTreeSet<(SessionRef, EventId)> = census
            .waiting()
            .flat_map(|session| {
                let calls = census.calls_of(session);
                calls.map(|(call, _)| (session.clone(), call.event_id.clone()))
            })
            .collect();
        let new: Vec<_> = waiting.difference(&self.told).cloned().collect();
        // What could not be asked about for a moment is no news when it can be again.
        self.told.extend(new.iter().cloned());
        let sessions: BTreeSet<&SessionRef> = new.iter().map(|(session, _)| session).collect();
        if sessions.is_empty() {
            return None;
        }
        let first = sessions.iter().take(NAMED).map(|of| quoted::in_sentence(of.key.as_str()));
        let mut names = first.collect::<Vec<_>>().join(", ");
        if sessions.len() > NAMED {
            names = format!("{names} and {} more", sessions.len() - NAMED);
        }
        let verb = if new.len() == 1 { "waits" } else { "wait" };
        Some(format!(
            "needs you: {} {verb} in {names}; pending lists them",
            units::counted(new.len(), "call")
        ))
    }
}
