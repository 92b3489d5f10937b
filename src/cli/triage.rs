//! "Does this need me?" for commands: the same reading of the newest events and outstanding calls
//! that the screen makes, for every session that is listed.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::connect::Context;
use super::coverage::Gaps;
use super::exit::Failure;
use crate::api::{
    Agent, AgentKey, Event, Need, PendingCall, Session, SessionRef, SessionStatus, Timestamp, time,
};
use crate::model::attention::{self, Attention, Urgency};
use crate::model::sessions::{CallsAnswer, Probe, SessionEntry};
use crate::text::units;
use crate::watcher::{Learnt, Looks, look_once};

/// What a session is doing, and the calls that it waits with.
#[derive(Debug, Clone, Default)]
pub(super) struct SessionLook {
    pub(super) probe: Probe,
    pub(super) calls: Vec<PendingCall>,
    /// The `tool_input` events of those calls, as far as they could be had.
    pub(super) inputs: Vec<Event>,
}

/// A session, and what a look at it told.
pub(super) struct Looked {
    pub(super) session: Session,
    /// `None` when it was not looked at, or could not be.
    pub(super) look: Option<SessionLook>,
    pub(super) problem: Option<String>,
    pub(super) attention: Attention,
}

impl Looked {
    /// What asking for its calls came to; `None` where nobody looked.
    pub(super) fn calls_answer(&self) -> Option<CallsAnswer> {
        self.probe().map(|probe| probe.calls)
    }

    fn probe(&self) -> Option<&Probe> {
        self.look.as_ref().map(|look| &look.probe)
    }

    pub(super) fn waiting(&self) -> &[String] {
        self.probe().map_or(&[], |probe| &probe.waiting)
    }

    /// Whether the session is in a state that somebody asked for by this word.
    pub(super) fn is(&self, word: State) -> bool {
        match word {
            State::Parked => self.attention == Attention::NeedsYou,
            State::Error => self.attention == Attention::Failing,
            State::Running => {
                self.session.status == Some(SessionStatus::Running) && self.waiting().is_empty()
            }
            State::Expiring => self.attention == Attention::ExpiresSoon,
            State::Idle => {
                self.session.status != Some(SessionStatus::Running)
                    && self.waiting().is_empty()
                    && self.is_known()
            }
        }
    }

    /// Whether it was learnt which of its calls wait.
    pub(super) fn is_known(&self) -> bool {
        self.attention != Attention::Unknown
    }

    /// The word of the list.
    pub(super) fn state(&self) -> &'static str {
        match self.attention {
            Attention::NeedsYou => "parked",
            Attention::Failing => "error",
            Attention::Unknown => "unknown",
            Attention::Running => "running",
            Attention::ExpiresSoon => "expiring",
            Attention::Idle if self.session.status == Some(SessionStatus::Unstarted) => "unstarted",
            Attention::Idle => "idle",
        }
    }

    pub(super) fn json(&self, now: Timestamp) -> Value {
        let probe = self.probe();
        let stamp = |at: Option<Timestamp>| at.map(time::format);
        let session = &self.session;
        json!({
            "agent_key": session.agent_key, "key": session.key, "name": session.name,
            "state": self.state(), "needs_you": self.attention == Attention::NeedsYou,
            "waiting": self.waiting(),
            "waiting_since": stamp(probe.and_then(|probe| probe.waiting_since)),
            "last_event_at": stamp(probe.and_then(|probe| probe.last_event_at)),
            "last_error": probe.and_then(|probe| probe.error_text.clone()),
            "looked": self.calls_answer() == Some(CallsAnswer::Told),
            "status": session.status.as_ref().map(SessionStatus::as_str),
            "enabled": session.enabled, "step": session.current_step_name,
            "context_percent": attention::percent(session),
            "tti_minutes": session.tti_minutes,
            "expires_in_minutes": attention::minutes_left(session, probe, now),
            "description": session.description, "metadata": session.metadata,
            "parent_session_key": session.created_by_session_key,
            "created_at": time::format(session.created_at),
        })
    }

    /// What it waits for, how it fails, or what it did last.
    pub(super) fn doing(&self) -> String {
        let Some(probe) = self.probe() else {
            return self.problem.as_ref().map_or_else(String::new, |_| "not looked at".to_owned());
        };
        if !probe.waiting.is_empty() {
            return probe.waiting.join(", ");
        }
        if !self.is_known() {
            let why = match probe.calls {
                CallsAnswer::Forbidden => format!("asking needs {}", Need::Submit.least()),
                CallsAnswer::Failed => "asking for its calls failed".to_owned(),
                CallsAnswer::Told | CallsAnswer::NotAsked => String::new(),
            };
            return why;
        }
        let error = probe.error_text.clone().filter(|_| self.attention == Attention::Failing);
        error.or_else(|| probe.last_tool.clone()).unwrap_or_default()
    }

    /// How long it has been so.
    pub(super) fn age(&self, now: Timestamp) -> String {
        let since = attention::since(self.attention, &self.session, self.probe());
        units::age(units::seconds_between(since, now))
    }

    /// Where it stands among others.
    pub(super) fn urgency(&self, now: Timestamp) -> Urgency {
        Urgency::of(self.attention, &self.session, self.probe(), now)
    }
}

/// Words for what a session can be, for `--state`, `--until` and `--on`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum State {
    /// It waits for you
    Parked,
    Error,
    Running,
    Expiring,
    /// It neither runs nor waits
    Idle,
}

impl Context {
    /// Looks at one session.
    pub(super) async fn look_at(&self, session: Session, now: Timestamp) -> Looked {
        let looks = self.look_once(vec![session.clone()]).await;
        Looked::of(session, &looks, now)
    }

    /// Looks at all of them, a few at a time, in their order.
    pub(super) async fn look_at_all(&self, sessions: Vec<Session>, now: Timestamp) -> Vec<Looked> {
        let looks = self.look_once(sessions.clone()).await;
        sessions.into_iter().map(|session| Looked::of(session, &looks, now)).collect()
    }

    async fn look_once(&self, sessions: Vec<Session>) -> Looks {
        let tell = |learnt: &Learnt| {
            if let Learnt::Silent { since } = learnt {
                self.note_silence(*since);
            }
        };
        look_once(&self.client, self.settings.at_once(), sessions, tell).await
    }

    pub(super) fn note_silence(&self, since: Timestamp) {
        let seconds = Timestamp::now().duration_since(since).as_secs();
        self.out.note(&format!("no answer for {seconds} s; still waiting"));
    }

    /// Every outstanding call of the profile, oldest first, and what could not be learnt.
    pub(super) async fn outstanding(&self) -> Result<(Vec<Outstanding>, Gaps), Failure> {
        let (looked, gaps) = self.look_at_everything().await?;
        let mut calls: Vec<Outstanding> = looked.into_iter().flat_map(Outstanding::of).collect();
        calls.sort_by_key(|call| call.since.unwrap_or(Timestamp::MAX));
        Ok((calls, gaps))
    }

    /// The agents behind some calls, for telling secrets from plain values. One that may not be
    /// read proves nothing, so that its overrides stay masked.
    pub(super) async fn agents_of(&self, calls: &[Outstanding]) -> HashMap<AgentKey, Agent> {
        let mut agents = HashMap::new();
        for call in calls {
            if agents.contains_key(&call.session.agent) {
                continue;
            }
            if let Ok(agent) = self.client.get_agent(&call.session.agent).await {
                agents.insert(call.session.agent.clone(), agent);
            }
        }
        agents
    }
}

/// One call that waits for its client.
pub(super) struct Outstanding {
    pub(super) session: SessionRef,
    pub(super) call: PendingCall,
    /// Its `tool_input`, where the look at the newest events found it.
    pub(super) input: Option<Event>,
    pub(super) since: Option<Timestamp>,
}

impl Outstanding {
    pub(super) fn of(looked: Looked) -> Vec<Self> {
        let session = looked.session.reference();
        let Some(look) = looked.look else { return Vec::new() };
        let SessionLook { calls, inputs, .. } = look;
        let outstanding = calls.into_iter().map(|call| {
            let input = inputs.iter().find(|event| event.id.as_ref() == Some(&call.event_id));
            let since = input.and_then(|event| event.created_at);
            Self { session: session.clone(), call, input: input.cloned(), since }
        });
        outstanding.collect()
    }
}

impl Looked {
    /// By one look at it. In one that was never started nothing was ever said.
    fn of(session: Session, looks: &Looks, now: Timestamp) -> Self {
        let name = session.reference();
        let known = looks.census.get(&name).filter(|entry| entry.probe.is_some());
        let mut looked = match known {
            Some(entry) => Self::known(entry, looks.census.calls_of(&name), now),
            None => Self::unseen(session),
        };
        if looked.session.status == Some(SessionStatus::Unstarted) {
            looked.look.get_or_insert_default();
        }
        looked.problem = looks.problems.get(&name).cloned();
        looked.attention = Attention::of(&looked.session, looked.probe(), now);
        looked
    }

    /// As a watch knows it.
    pub(super) fn known<'a>(
        entry: &SessionEntry,
        calls: impl Iterator<Item = &'a (PendingCall, Option<Event>)>,
        now: Timestamp,
    ) -> Self {
        let (calls, inputs): (Vec<_>, Vec<_>) = calls.cloned().unzip();
        let inputs = inputs.into_iter().flatten().collect();
        let look = |probe: &Probe| SessionLook { probe: probe.clone(), calls, inputs };
        let attention = Attention::of(&entry.session, entry.probe.as_ref(), now);
        let look = entry.probe.as_ref().map(look);
        Self { session: entry.session.clone(), look, problem: None, attention }
    }

    /// Listed, and not looked at.
    pub(super) fn unseen(session: Session) -> Self {
        let attention = Attention::of(&session, None, session.created_at);
        Self { session, look: None, problem: None, attention }
    }
}
