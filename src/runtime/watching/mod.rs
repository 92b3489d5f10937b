//! Watching: the plan's questions become requests, and their answers become messages.
//!
//! Owns what lies between two answers: where listings of several pages stand, which looks at a
//! session still lack its calls, what this service and this key were found to be like. Decides
//! nothing about when to ask ([`WatchPlan`] does) nor what is shown (the model does).

mod answers;
mod inside;
mod walks;

use std::collections::{HashMap, HashSet};

use super::inbox::{Arrival, Sender};
use super::observe::{self, Question};
use crate::api::page::MAX_LIMIT;
use crate::api::{Agent, AgentKey, Event, EventId, SessionRef, Timestamp};
use crate::client::order::Direction;
use crate::client::watch::{Ask, Open, WatchPlan, WatchView, Watched};
use crate::client::{Client, ClientError};
use crate::view::Model;

use walks::{DeepWalk, LastPage, ListWalk, ListingCursor};

/// Requests that a start, a wake after sleep, `R` or a new agent may spend ahead.
const BURST: f64 = 60.0;
/// Newest events that tell what a session is doing.
const PROBE_EVENTS: u32 = 20;

pub(super) struct Watcher {
    client: Client,
    sender: Sender,
    plan: WatchPlan,
    /// What the plan was last told of.
    viewed: Option<Viewed>,
    service: Service,
    only: Vec<AgentKey>,
    agents: Vec<Agent>,
    agents_at: ListingCursor,
    lists: HashMap<AgentKey, ListWalk>,
    last_pages: HashMap<SessionRef, LastPage>,
    open: OpenTail,
    deep: Option<DeepWalk>,
    /// Looks that wait for the calls of their session.
    looks: HashMap<SessionRef, NewestEvents>,
    /// What the last question about calls gave.
    settled: HashMap<SessionRef, Settled>,
    /// Prints of the last answers, to tell whether anything is new.
    prints: HashMap<Ask, u64>,
}

/// Everything that the plan's view is made from; equal means nothing to do.
#[derive(PartialEq)]
struct Viewed {
    sessions: u64,
    open: Option<Open>,
    agents: Vec<(AgentKey, bool)>,
}

/// What was learnt about the service and the key.
#[derive(Default)]
struct Service {
    /// In which order it lists events.
    direction: Direction,
    /// Hidden events carry a mark.
    marked: bool,
    /// Agents whose events, or whose outstanding calls, this key may not read.
    no_events: HashSet<AgentKey>,
    no_calls: HashSet<AgentKey>,
}

/// The newest page of the open session.
#[derive(Default)]
struct OpenTail {
    session: Option<SessionRef>,
    events: Vec<Event>,
    /// The key of the page behind it.
    older: Option<String>,
    /// Print of what the timeline was told last.
    shown: Option<u64>,
}

impl OpenTail {
    fn newest(&self) -> Option<EventId> {
        self.events.iter().rev().find_map(|event| event.id.clone())
    }
}

/// The newest events of a session, oldest first.
struct NewestEvents {
    events: Vec<Event>,
    print: u64,
    asked_at: Timestamp,
}

struct Settled {
    print: u64,
    at: Timestamp,
    waiting: bool,
    running: bool,
    /// Answers without calls for the same events.
    empty: u32,
}

impl Watcher {
    /// `only` are the agents to watch; empty means all.
    pub(super) fn new(
        client: Client,
        sender: Sender,
        requests_per_second: f64,
        only: Vec<AgentKey>,
    ) -> Self {
        Self {
            only,
            // The plan counts requests and decides when to repeat one.
            client: client.without_repeats(),
            sender,
            plan: WatchPlan::new(requests_per_second).with_burst(BURST),
            viewed: None,
            service: Service::default(),
            agents: Vec::new(),
            agents_at: ListingCursor::default(),
            lists: HashMap::new(),
            last_pages: HashMap::new(),
            open: OpenTail::default(),
            deep: None,
            looks: HashMap::new(),
            settled: HashMap::new(),
            prints: HashMap::new(),
        }
    }

    /// Asks what is due.
    pub(super) fn ask_what_is_due(&mut self, model: &Model, now: Timestamp) {
        self.look_at(model, now);
        for ask in self.plan.next(now) {
            let question = self.question(&ask, now);
            let to = self.open.newest();
            let (client, sender) = (self.client.clone(), self.sender.clone());
            tokio::spawn(async move {
                let result = observe::ask(&client, question).await;
                let asked = Asked { ask, at: now, to, result };
                let _ = sender.send(Arrival::Asked(asked)).await;
            });
        }
    }

    pub(super) fn wake_at(&self, now: Timestamp) -> Timestamp {
        self.plan.wake_at(now)
    }

    /// Somebody wants to know now, or something just ended. Roles may have changed as well.
    pub(super) fn ask_now(&mut self, now: Timestamp) {
        self.service.no_events.clear();
        self.service.no_calls.clear();
        self.plan.ask_now(now);
    }

    /// A key was pressed.
    pub(super) fn attend(&mut self, now: Timestamp) {
        self.plan.attend(now);
    }

    /// Tells the plan what is on the screen, if that is not what it knows.
    fn look_at(&mut self, model: &Model, now: Timestamp) {
        let open = model.open.as_ref().map(|open| &open.reference);
        if self.open.session.as_ref() != open {
            self.open = OpenTail { session: open.cloned(), ..OpenTail::default() };
            self.deep = None;
        }
        let viewed = self.viewed_now(model);
        if self.viewed.as_ref() == Some(&viewed) {
            return;
        }
        let mut newest_first: Vec<_> = model.sessions.iter().collect();
        newest_first.sort_by_cached_key(|(_, entry)| std::cmp::Reverse(entry.last_sign()));
        let sessions = newest_first.into_iter().map(|(session, entry)| Watched {
            session: session.clone(),
            running: entry.is_running(),
            changed: entry.is_changed(),
        });
        let view = WatchView {
            open: viewed.open.clone(),
            sessions: sessions.collect(),
            agents: viewed.agents.clone(),
        };
        self.plan.watch(now, &view);
        self.viewed = Some(viewed);
        self.forget_what_left(model);
    }

    fn viewed_now(&self, model: &Model) -> Viewed {
        let known = self.open.newest().is_some();
        let backwards = self.service.direction == Direction::OldestFirst;
        let second = known && !self.service.marked;
        let open = self.open.session.as_ref().map(|session| Open {
            session: session.clone(),
            running: model.is_running(session),
            // On a service that lists the oldest first, the first page tells nothing of the newest.
            visible: second && !backwards,
            deep: self.open.older.is_some() || second && backwards,
        });
        let more = |agent: &AgentKey| self.lists.get(agent).is_some_and(ListWalk::has_more);
        let agents = model.agents.keys().map(|agent| (agent.clone(), more(agent)));
        Viewed { sessions: model.sessions.version(), open, agents: agents.collect() }
    }

    fn forget_what_left(&mut self, model: &Model) {
        let is_here = |session: &SessionRef| model.sessions.get(session).is_some();
        self.last_pages.retain(|session, _| is_here(session));
        self.looks.retain(|session, _| is_here(session));
        self.settled.retain(|session, _| is_here(session));
        self.lists.retain(|agent, _| model.agents.contains_key(agent));
        let plan = &self.plan;
        self.prints.retain(|ask, _| plan.knows(ask));
    }

    /// The request that an ask stands for now.
    fn question(&mut self, ask: &Ask, now: Timestamp) -> Question {
        match ask {
            Ask::Agents => Question::Agents { page_key: self.agents_at.next.clone() },
            Ask::Sessions(agent) => Question::Sessions { agent: agent.clone(), page_key: None },
            Ask::MoreSessions(agent) => {
                let page_key = self.lists.entry(agent.clone()).or_default().next();
                Question::Sessions { agent: agent.clone(), page_key }
            }
            // Who may only talk to an agent may still answer its calls.
            Ask::Tail(session) if self.service.no_events.contains(&session.agent) => {
                Question::Calls(session.clone())
            }
            Ask::Tail(session) => {
                let whole = self.open.session.as_ref() == Some(session)
                    || self.service.direction == Direction::OldestFirst;
                Question::Events {
                    session: session.clone(),
                    hidden: true,
                    limit: if whole { MAX_LIMIT } else { PROBE_EVENTS },
                    page_key: self.last_pages.get(session).and_then(|last| last.key.clone()),
                }
            }
            Ask::Calls(session) => Question::Calls(session.clone()),
            Ask::State(session) => Question::State(session.clone()),
            Ask::Visible(session) => Question::Events {
                session: session.clone(),
                hidden: false,
                limit: MAX_LIMIT,
                page_key: None,
            },
            Ask::Deep(session) => {
                let (tail, newest) = (&self.open, self.open.newest());
                let begin = || DeepWalk::new(session, tail.older.clone(), tail.events.clone());
                let walk = self.deep.get_or_insert_with(begin);
                if !walk.hidden && walk.to.is_none() {
                    (walk.to, walk.visible_from) = (newest, now);
                }
                Question::Events {
                    session: session.clone(),
                    hidden: walk.hidden,
                    limit: MAX_LIMIT,
                    page_key: walk.place.next.clone(),
                }
            }
        }
    }
}

/// An answer on its way back to the loop.
pub(super) struct Asked {
    ask: Ask,
    at: Timestamp,
    /// The newest event of the open session that was known when this was asked.
    to: Option<EventId>,
    result: Result<observe::Answer, ClientError>,
}
