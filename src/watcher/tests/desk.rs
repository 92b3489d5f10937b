//! A desk: the watcher, what it learnt, the service in memory that it asks, and the faults between.
//!
//! Start with [`Desk::run_until`]. The invariant: time moves only here, from one due moment to the next.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use serde_json::{Value, json};

use crate::api::{ErrorBody, Event, EventId, Need, Page, PendingCall, SessionRef, Timestamp};
use crate::client::{self, ClientError, Intent, Refusal};
use crate::model::attention::Attention;
use crate::watcher::question::{Answer, Question};
use crate::watcher::{Asking, Census, Learnt, Scope, Spending, Watcher};

pub(super) fn at(ms: i64) -> Timestamp {
    Timestamp::from_millisecond(1_700_000_000_000 + ms).unwrap()
}

pub(super) fn name(agent: &str, key: &str) -> SessionRef {
    SessionRef::new(agent, key)
}

/// A session of the service: what its endpoints say of it.
#[derive(Clone)]
pub(super) struct Stored {
    pub(super) status: &'static str,
    pub(super) tokens: u64,
    pub(super) events: Vec<Event>,
    pub(super) waiting: Vec<EventId>,
}

impl Stored {
    pub(super) fn idle(events: Vec<Event>) -> Self {
        Self { status: "idle", tokens: 0, events, waiting: Vec::new() }
    }

    /// It parks with a call, which is its newest event.
    pub(super) fn park(&mut self, call: &str) {
        self.events.push(input(call));
        self.waiting.push(call.into());
        self.status = "idle";
        self.tokens += 10;
    }

    /// Somebody answers: it works again.
    pub(super) fn answer(&mut self) {
        for call in std::mem::take(&mut self.waiting) {
            self.events.push(output(call.as_str()));
        }
        self.status = "running";
        self.tokens += 10;
    }
}

pub(super) fn event(body: &Value) -> Event {
    serde_json::from_value(body.clone()).unwrap()
}

pub(super) fn input(id: &str) -> Event {
    event(&json!({"id": id, "type": "tool_input", "tool_call_id": format!("call_{id}"),
        "tool_name": "t", "tool_configuration_name": "transfer", "tool_input": {},
        "created_at": "2023-11-14T22:00:00Z"}))
}

pub(super) fn output(id: &str) -> Event {
    event(
        &json!({"id": format!("out_{id}"), "type": "tool_output", "tool_call_id": format!("call_{id}"),
        "tool_name": "t", "tool_configuration_name": "transfer", "tool_output": {}}),
    )
}

pub(super) fn said(id: usize) -> Event {
    event(&json!({"id": format!("said_{id}"), "type": "agent_output", "content": "x"}))
}

/// Of a type that nobody knows, as what cannot be read is.
pub(super) fn unreadable(id: usize) -> Event {
    event(&json!({"id": format!("odd_{id}"), "type": "tool_input", "tool_call_id": 7}))
}

/// What lies between: how late answers are, and which do not come as they should.
#[derive(Clone, Copy)]
pub(super) enum Fault {
    Refuse(u16),
    Truncate,
    /// As the first time that it was asked.
    Stale,
    Late(i64),
    /// No answer within so many milliseconds.
    TimeOut(i64),
    Limit(u64),
}

pub(super) type Faults = fn(&Question, i64) -> Option<Fault>;

pub(super) struct Desk {
    pub(super) watcher: Watcher,
    pub(super) census: Census,
    pub(super) service: BTreeMap<SessionRef, Stored>,
    pub(super) faults: Faults,
    pub(super) latency: i64,
    pub(super) now: i64,
    pub(super) flying: VecDeque<(i64, Asking, Result<Answer, ClientError>)>,
    pub(super) first: BTreeMap<String, Vec<u8>>,
    pub(super) sent: Vec<(i64, Question)>,
    pub(super) learnt: Vec<(i64, Learnt)>,
}

pub(super) const SPENDING: Spending =
    Spending { requests_per_second: 4.0, burst: 60.0, at_once: 8 };

pub(super) const AMPLE: Spending =
    Spending { requests_per_second: 400.0, burst: 2_000.0, at_once: 8 };

impl Desk {
    pub(super) fn new(service: impl IntoIterator<Item = (SessionRef, Stored)>) -> Self {
        Self {
            watcher: Watcher::new(SPENDING, Scope::Agents(Vec::new())),
            census: Census::default(),
            service: service.into_iter().collect(),
            faults: |_, _| None,
            latency: 5,
            now: 0,
            flying: VecDeque::new(),
            first: BTreeMap::new(),
            sent: Vec::new(),
            learnt: Vec::new(),
        }
    }

    /// Goes on until `to` ms, or until that is so.
    pub(super) fn run_until(&mut self, to: i64, so: impl Fn(&Self) -> bool) -> Option<i64> {
        while !so(self) {
            let now = at(self.now);
            for asking in self.watcher.due(&self.census, now) {
                self.sent.push((self.now, asking.question.clone()));
                self.fly(asking);
            }
            self.learnt.extend(self.watcher.silence(now).map(|learnt| (self.now, learnt)));
            let landing = self.flying.iter().map(|(at, ..)| *at).min();
            let wake = self.watcher.wake_at(now).as_millisecond() - at(0).as_millisecond();
            let next = landing.map_or(wake, |landing| landing.min(wake)).max(self.now);
            if next > to {
                self.now = to;
                return None;
            }
            // A moment of its own where nothing else moves time.
            self.now = if next == self.now && landing != Some(next) { next + 1 } else { next };
            self.land();
        }
        Some(self.now)
    }

    pub(super) fn run(&mut self, to: i64) {
        self.run_until(to, |_| false);
    }

    pub(super) fn fly(&mut self, asking: Asking) {
        let fault = (self.faults)(&asking.question, self.now);
        let (late, result) = match fault {
            Some(Fault::Refuse(status)) => (0, Err(refusal(status, None))),
            Some(Fault::Limit(seconds)) => (0, Err(refusal(429, Some(seconds)))),
            Some(Fault::Truncate) => {
                let fault = client::Fault::Truncated { bytes: 9 };
                (0, Err(ClientError::Decode { what: "it", fault, intent: Intent::Read }))
            }
            Some(Fault::Late(late)) => (late, self.answer(&asking.question, false)),
            Some(Fault::TimeOut(limit)) => {
                let intent = Intent::Read;
                let of = Duration::from_millis(limit.unsigned_abs());
                (limit, Err(ClientError::Timeout { what: "it", limit: of, intent }))
            }
            Some(Fault::Stale) => (0, self.answer(&asking.question, true)),
            None => (0, self.answer(&asking.question, false)),
        };
        self.flying.push_back((self.now + self.latency + late, asking, result));
    }

    pub(super) fn land(&mut self) {
        while let Some(place) = self.flying.iter().position(|(at, ..)| *at <= self.now) {
            let Some((_, asking, result)) = self.flying.remove(place) else { return };
            let now = at(self.now);
            for learnt in self.watcher.arrived(asking.answered(result), &self.census, now) {
                self.census.take(&learnt, now);
                self.learnt.push((self.now, learnt));
            }
        }
    }

    pub(super) fn answer(
        &mut self,
        question: &Question,
        stale: bool,
    ) -> Result<Answer, ClientError> {
        let body = self.body(question)?;
        let first = self.first.entry(format!("{question:?}")).or_insert_with(|| body.clone());
        let body = if stale { first.clone() } else { body };
        let page = |body: &[u8]| serde_json::from_slice(body).unwrap();
        Ok(match question {
            Question::Agents { .. } => Answer::Agents(page_of(&body)),
            Question::Sessions { .. } => Answer::Sessions(page_of(&body)),
            Question::Events { .. } => Answer::Events(page_of(&body)),
            Question::Calls(_) => {
                let calls: Vec<PendingCall> = serde_json::from_slice(&body).unwrap();
                Answer::Calls(calls)
            }
            Question::Event(..) => Answer::Event(Box::new(serde_json::from_slice(&body).unwrap())),
            Question::State(_) => Answer::State(Box::new(page(&body))),
        })
    }

    pub(super) fn body(&self, question: &Question) -> Result<Vec<u8>, ClientError> {
        let stored = |of: &SessionRef| self.service.get(of).ok_or_else(|| refusal(404, None));
        let session = |(of, stored): (&SessionRef, &Stored)| {
            json!({"key": of.key, "agent_key": of.agent, "name": of.key, "enabled": true,
                "created_at": "2023-11-14T22:00:00Z", "status": stored.status,
                "session_context_usage": {"total_tokens": stored.tokens,
                    "model_context_window": 1_000_000, "auto_compaction_limit": 900_000}})
        };
        let value = match question {
            Question::Agents { .. } => {
                let mut agents: Vec<_> = self.service.keys().map(|of| &of.agent).collect();
                agents.dedup();
                let agents: Vec<Value> =
                    agents.iter().map(|agent| json!({"key": agent, "name": agent})).collect();
                json!({"items": agents, "page_key": null})
            }
            Question::Sessions { agent, page_key } => {
                let all: Vec<Value> =
                    self.service.iter().filter(|(of, _)| of.agent == *agent).map(session).collect();
                paged(&all, 100, page_key.as_deref())
            }
            Question::Events { session, limit, page_key, .. } => {
                let events = &stored(session)?.events;
                let raw = events.iter().rev().map(|event| event.raw().get().to_owned());
                let raw: Vec<Value> = raw.map(|raw| serde_json::from_str(&raw).unwrap()).collect();
                paged(&raw, *limit as usize, page_key.as_deref())
            }
            Question::Calls(session) => {
                let call = |id: &EventId| {
                    json!({"event_id": id, "tool_configuration_name": "transfer",
                        "tool_name": "t", "arguments": {}})
                };
                stored(session)?.waiting.iter().map(call).collect()
            }
            Question::Event(session, id) => {
                let events = &stored(session)?.events;
                let found = events.iter().find(|event| event.id.as_ref() == Some(id));
                let found = found.ok_or_else(|| refusal(404, None))?;
                serde_json::from_str(found.raw().get()).unwrap()
            }
            Question::State(of) => session((of, stored(of)?)),
        };
        Ok(value.to_string().into_bytes())
    }

    pub(super) fn attention(&self, of: &SessionRef) -> Attention {
        self.census.get(of).unwrap().attention
    }

    pub(super) fn finds(&self, of: &SessionRef, call: &str) -> bool {
        self.census.calls_of(of).any(|(found, _)| found.event_id.as_str() == call)
    }
}

pub(super) fn paged(items: &[Value], limit: usize, page_key: Option<&str>) -> Value {
    let from = page_key.map_or(0, |key| key.parse().unwrap());
    let page = &items[from..items.len().min(from + limit)];
    let next = (from + limit < items.len()).then(|| (from + limit).to_string());
    json!({"items": page, "page_key": next})
}

pub(super) fn page_of<T: serde::de::DeserializeOwned>(body: &[u8]) -> Page<T> {
    #[derive(serde::Deserialize)]
    struct Sent<T> {
        items: Vec<T>,
        page_key: Option<String>,
    }
    let Sent { items, page_key } = serde_json::from_slice(body).unwrap();
    Page { items, page_key, weight: 0 }
}

pub(super) fn refusal(status: u16, retry_after: Option<u64>) -> ClientError {
    let refusal = Refusal {
        body: ErrorBody::default(),
        what: "it",
        need: Need::Submit,
        intent: Intent::Read,
        retry_after: retry_after.map(Duration::from_secs),
    };
    ClientError::Api { status, refusal: Box::new(refusal) }
}

pub(super) fn many(count: usize, agent: &str) -> Vec<(SessionRef, Stored)> {
    let session = |n: usize| (name(agent, &format!("s{n:04}")), Stored::idle(vec![said(n)]));
    (0..count).map(session).collect()
}

pub(super) fn parked(agent: &str, key: &str) -> (SessionRef, Stored) {
    let mut stored = Stored::idle(vec![said(0)]);
    stored.park("aev_1");
    (name(agent, key), stored)
}
