//! What a query may ask of a session of the list.

use std::ops::ControlFlow;

use super::{SessionEntry, Sessions};
use crate::api::{Object, SessionKey, SessionStatus, Timestamp};
use crate::model::attention::{self, Attention};
use crate::query::{Answer, Fact, Known, Names, Query, Reader, SessionFacts, SessionState};

/// An entry, its urgency worked out.
pub(super) struct Listed<'a> {
    pub(super) entry: &'a SessionEntry,
    /// Something happened since the person looked.
    pub(super) new: bool,
}

impl SessionEntry {
    /// Whether it passes, as far as is known of it; whether it is new to somebody is not.
    pub fn passes(&self, query: &Query, now: Timestamp) -> Answer {
        query.session(&Listed { entry: self, new: false }, now)
    }
}

impl SessionFacts for Listed<'_> {
    fn key(&self) -> &str {
        self.entry.session.key.as_str()
    }

    fn name(&self) -> &str {
        &self.entry.session.name
    }

    fn agent(&self) -> &str {
        self.entry.session.agent_key.as_str()
    }

    fn parent(&self) -> Option<&str> {
        self.entry.session.created_by_session_key.as_ref().map(SessionKey::as_str)
    }

    fn is(&self, state: SessionState) -> Fact<bool> {
        let SessionEntry { session, attention, .. } = self.entry;
        let unstarted = session.status == Some(SessionStatus::Unstarted);
        let about_calls = matches!(state, SessionState::Parked | SessionState::Idle);
        if about_calls && *attention == Attention::Unknown {
            return Fact::Unread;
        }
        Fact::Known(match state {
            SessionState::Parked => *attention == Attention::NeedsYou,
            SessionState::Running => self.entry.is_running(),
            SessionState::Idle => {
                !self.entry.is_running() && !unstarted && *attention != Attention::NeedsYou
            }
            SessionState::Unstarted => unstarted,
            SessionState::Error => *attention == Attention::Failing,
            SessionState::Disabled => !session.enabled,
            SessionState::Expiring => *attention == Attention::ExpiresSoon,
            SessionState::New => self.new,
            // Nothing pins a session yet.
            SessionState::Pinned => false,
        })
    }

    fn step(&self) -> Fact<Option<&str>> {
        let probed = || self.entry.probe.as_ref().and_then(|probe| probe.step.as_deref());
        Fact::Known(self.entry.session.current_step_name.as_deref().or_else(probed))
    }

    fn created_at(&self) -> Timestamp {
        self.entry.session.created_at
    }

    fn last_sign(&self) -> Fact<Timestamp> {
        Fact::Known(self.entry.last_sign())
    }

    fn tti_minutes(&self) -> Option<u64> {
        Some(self.entry.session.tti_minutes).filter(|minutes| *minutes > 0)
    }

    fn context_percent(&self) -> Option<u64> {
        attention::percent(&self.entry.session)
    }

    fn metadata(&self) -> &Object {
        &self.entry.session.metadata
    }

    fn text(&self, reader: &mut Reader<'_>) -> Fact<()> {
        let probe = self.entry.probe.as_ref();
        let described = self.entry.session.description.as_deref();
        let error = probe.and_then(|probe| probe.error_text.as_deref());
        let waiting = probe.into_iter().flat_map(|probe| &probe.waiting).map(String::as_str);
        let mut texts = described.into_iter().chain(error).chain(waiting);
        let _: ControlFlow<()> = texts.try_for_each(reader);
        Fact::Known(())
    }
}

impl Known for Sessions {
    fn each(&self, names: Names, visit: &mut dyn FnMut(&str)) {
        for (_, SessionEntry { session, probe, .. }) in self.iter() {
            match names {
                Names::Agents => visit(session.agent_key.as_str()),
                Names::Parents => {
                    if let Some(parent) = &session.created_by_session_key {
                        visit(parent.as_str());
                    }
                }
                Names::Sessions => visit(&session.name),
                Names::Steps => {
                    let probed = || probe.as_ref().and_then(|probe| probe.step.as_deref());
                    if let Some(step) = session.current_step_name.as_deref().or_else(probed) {
                        visit(step);
                    }
                }
                Names::MetadataPaths => session.metadata.keys().for_each(|key| visit(key)),
                _ => {}
            }
        }
    }
}
