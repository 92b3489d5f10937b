//! A session of the list: what its listing says, and what a look at it told.
//!
//! Plain data and what follows from one entry alone. The invariant: what is claimed of it is not older than
//! what it was asked about.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use super::order::Place;
use crate::api::{EventId, Session, SessionStatus, Timestamp};
use crate::model::attention::{self, Attention, Urgency};
use crate::model::reasons::Why;

/// So soon a session that stopped is known to wait or not.
const KNOWN_WITHIN: SignedDuration = SignedDuration::from_secs(3);

/// Whether the service told which calls of a session wait for a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallsAnswer {
    #[default]
    Told,
    /// It works, and nothing that it shows may wait.
    NotAsked,
    /// The key may not ask (contract section 1.4).
    Forbidden,
    /// It was asked, and no answer could be had.
    Failed,
}

impl CallsAnswer {
    /// Whether the calls that go with it are all that is known to wait.
    pub fn is_told(self) -> bool {
        matches!(self, Self::Told | Self::NotAsked)
    }

    /// Why it is not known, in two words; `None` where it is.
    pub fn problem(self) -> Option<&'static str> {
        match self {
            Self::Told => None,
            Self::NotAsked => Some("not asked"),
            Self::Forbidden => Some("no right"),
            Self::Failed => Some("ask failed"),
        }
    }
}

/// What reading the newest events and the outstanding calls of a session told about it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Probe {
    /// Whether `waiting` is known to be all that waits.
    #[serde(default)]
    pub calls: CallsAnswer,
    pub last_event_at: Option<Timestamp>,
    /// Since when the last turn runs, or ran.
    #[serde(default)]
    pub turn: Option<TurnStart>,
    /// What it did last, in a word or two: a tool, `thinking`, `done`.
    pub last_tool: Option<String>,
    /// Tool errors at the end of the events, with no success after them.
    pub trailing_errors: u32,
    pub error_text: Option<String>,
    /// The last failure among the newest events, be it mended since.
    #[serde(default)]
    pub last_error: Option<Box<SeenError>>,
    /// Tools of the outstanding calls, oldest first.
    pub waiting: Vec<String>,
    pub waiting_since: Option<Timestamp>,
    pub step: Option<String>,
    /// What led to each outstanding call, where that is among the newest events.
    #[serde(default)]
    pub why: BTreeMap<EventId, Why>,
}

/// A failure among the newest events of a session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeenError {
    pub at: Timestamp,
    pub text: String,
}

/// When a turn began, as far as the newest events tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TurnStart {
    At(Timestamp),
    /// Its input is older than the newest events: it began before this.
    Before(Timestamp),
}

impl TurnStart {
    pub fn at(self) -> Timestamp {
        match self {
            Self::At(at) | Self::Before(at) => at,
        }
    }
}

/// What a listing says for free; a probe is needed only when this changed since the last one.
pub(super) type Fingerprint = (Option<SessionStatus>, Option<u64>, Option<String>);

#[derive(Debug, Clone, PartialEq)]
pub struct SessionEntry {
    pub session: Session,
    pub probe: Option<Probe>,
    pub probed_at: Option<Timestamp>,
    pub attention: Attention,
    pub(super) probed_fingerprint: Option<Fingerprint>,
    /// What the listing said at the last arrangement, and since when it says so.
    pub(super) seen: Option<(Fingerprint, Timestamp)>,
    /// When the listing was seen to change.
    stirred: Option<Timestamp>,
    pub(super) place: Option<Place>,
}

impl SessionEntry {
    /// One that was listed and not looked at.
    pub(super) fn new(session: Session) -> Self {
        Self {
            session,
            probe: None,
            probed_at: None,
            attention: Attention::Unknown,
            probed_fingerprint: None,
            seen: None,
            stirred: None,
            place: None,
        }
    }

    /// One that a command looked at, or only listed.
    pub fn looked_at(session: Session, probe: Option<Probe>, attention: Attention) -> Self {
        Self { probe, attention, ..Self::new(session) }
    }

    /// Notes when the listing began to say something else.
    pub(super) fn note_change(&mut self, now: Timestamp) {
        if self.seen.as_ref().is_none_or(|(seen, _)| !self.shows(seen)) {
            self.stirred = self.seen.as_ref().map(|_| now);
            self.seen = Some((self.fingerprint(), now));
        }
    }

    /// Whether the listing says something else than at that time, as far as is known: what was not noted
    /// yet may have come later.
    pub(super) fn changed_since(&self, then: Timestamp) -> bool {
        self.seen.as_ref().is_some_and(|(seen, since)| *since > then || !self.shows(seen))
    }

    pub(super) fn fingerprint(&self) -> Fingerprint {
        (self.session.status.clone(), self.tokens(), self.session.current_step_name.clone())
    }

    fn tokens(&self) -> Option<u64> {
        self.session.session_context_usage.as_ref().map(|usage| usage.total_tokens)
    }

    /// Whether that is still its fingerprint. Asked of every session, often.
    fn shows(&self, (status, tokens, step): &Fingerprint) -> bool {
        let Session { status: now, current_step_name, .. } = &self.session;
        now == status && self.tokens() == *tokens && current_step_name == step
    }

    /// Whether the listing differs from what it was at the last probe, or there was none.
    pub fn is_changed(&self) -> bool {
        !self.probed_fingerprint.as_ref().is_some_and(|probed| self.shows(probed))
    }

    /// Whether it worked a moment ago: it is being asked what it waits for, and stays where it is
    /// until that is known or takes too long.
    pub(super) fn has_just_stopped(&self, now: Timestamp) -> bool {
        let is_told = self.probe.as_ref().is_none_or(|probe| probe.calls != CallsAnswer::NotAsked);
        let since = |at: Timestamp| now.duration_since(at) < KNOWN_WITHIN;
        !is_told && self.attention == Attention::Running && self.stirred.is_some_and(since)
    }

    /// The latest that is known to have happened in it.
    pub fn last_sign(&self) -> Timestamp {
        let event = self.probe.as_ref().and_then(|probe| probe.last_event_at);
        let signs = [event, self.stirred].into_iter().flatten();
        signs.fold(self.session.created_at, Timestamp::max)
    }

    pub fn is_running(&self) -> bool {
        self.session.status == Some(SessionStatus::Running)
    }

    /// Since when it waits for a person, or runs; else the last sign of life.
    pub fn since(&self) -> Timestamp {
        attention::since(self.attention, &self.session, self.probe.as_ref())
    }

    pub(super) fn urgency(&self, now: Timestamp) -> Urgency {
        Urgency::of(self.attention, &self.session, self.probe.as_ref(), now)
    }

    /// What people call it: its name, or its key where it has none.
    pub fn called(&self) -> &str {
        let name = self.session.name.trim();
        if name.is_empty() { self.session.key.as_str() } else { name }
    }
}
