//! The watcher: what is to be asked of the service next, and what its answers mean.
//!
//! Owns what lies between two answers: where listings of several pages stand, which looks at a
//! session still lack its calls, what this service and this key were found to be like. Decides
//! nothing about when to ask ([`WatchPlan`] does) nor what is shown. It is the one watcher of the
//! screen and of every command that waits for something: who uses it holds what was learnt
//! ([`World`]) and sends the questions; [`Patrol`] does both for commands. Start with [`Watcher`]. The
//! invariant: pure, so that time, answers and faults of any kind can be played to it.

mod answers;
mod calls;
mod census;
mod learnt;
mod patrol;
mod question;
mod round;
mod sweep;
#[cfg(test)]
mod tests;
mod viewing;
mod walks;

use std::collections::{HashMap, HashSet};

use jiff::SignedDuration;

use crate::api::page::MAX_LIMIT;
use crate::api::{
    Agent, AgentKey, Event, EventId, PendingCall, SessionRef, SessionStatus, Timestamp,
};
use crate::client::ClientError;
use crate::client::order::Direction;
use crate::client::watch::{Ask, PlanStatus, WatchPlan};
use crate::model::sessions::{SessionEntry, Sessions};

use question::{Answer, Question};
use viewing::Viewed;
use walks::{DeepWalk, LastPage, ListWalk, ListingCursor};

pub use census::Census;
pub use learnt::Learnt;
pub use patrol::Patrol;
pub use question::ask;
pub use round::{Looks, look_once};
pub use sweep::{Landed, Place, Sweep};

/// After so long without any answer a service that was asked is called silent.
const SILENT: SignedDuration = SignedDuration::from_secs(5);
/// Newest events that tell what a session is doing.
const PROBE_EVENTS: u32 = 20;

/// About the bytes of sessions, and of agents, that are kept of listings: a service that lists more is
/// not believed, or says more than anybody reads.
const MOST_SESSIONS: u64 = 64 << 20;
const MOST_AGENTS: u64 = 32 << 20;

/// What was learnt so far, and what of it somebody looks at.
pub trait World {
    fn sessions(&self) -> &Sessions;
    /// The agents that are known.
    fn agents(&self) -> impl Iterator<Item = &AgentKey>;
    /// The session that somebody looks at.
    fn open(&self) -> Option<&SessionRef>;
    /// The calls that the session was last known to wait with.
    fn calls(&self, session: &SessionRef) -> Vec<PendingCall>;
    /// Whether the open session needs a listing though nothing changed in it.
    fn awaits_listing(&self) -> bool {
        false
    }
    /// Whether the open session is read to its start, and which of its events are hidden.
    fn reads_to_start(&self) -> bool {
        false
    }
}

fn is_running(world: &impl World, session: &SessionRef) -> bool {
    world.sessions().get(session).is_some_and(SessionEntry::is_running)
}

/// What is watched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// Everything of these agents; of all where none is named.
    Agents(Vec<AgentKey>),
    /// The sessions that are known already: nothing is listed.
    Known,
}

/// What watching may cost the service.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spending {
    pub requests_per_second: f64,
    /// Requests that a start, a wake after sleep, `R` or a new agent may spend ahead.
    pub burst: f64,
    /// Requests under way at the same time.
    pub at_once: usize,
}

pub struct Watcher {
    plan: WatchPlan,
    /// What the plan was last told of, and when; until when it is not told of what came since.
    viewed: Option<(Viewed, Timestamp)>,
    gathers_until: Option<Timestamp>,
    service: Service,
    scope: Scope,
    agents: Vec<Agent>,
    agents_weight: u64,
    agents_at: ListingCursor,
    lists: HashMap<AgentKey, ListWalk>,
    last_pages: HashMap<SessionRef, LastPage>,
    open: OpenTail,
    deep: Option<DeepWalk>,
    /// Looks that wait for the calls of their session.
    looks: HashMap<SessionRef, NewestEvents>,
    /// Sessions whose calls were asked for before anything else, and what came of it.
    foretold: HashMap<SessionRef, Option<Vec<PendingCall>>>,
    /// What the last question about calls gave.
    settled: HashMap<SessionRef, Settled>,
    /// Sessions that were seen to wait for somebody.
    parked: HashSet<SessionRef>,
    /// Calls of sessions whose inputs lie behind the newest events, and those inputs.
    buried: HashMap<SessionRef, Buried>,
    /// Prints of the last answers, to tell whether anything is new.
    prints: HashMap<Ask, u64>,
    heard: Heard,
    /// Questions that were sent and not answered, by their numbers.
    flying: HashMap<u64, Ask>,
    sent: u64,
}

/// How long nothing has been heard while something was asked.
#[derive(Default)]
struct Heard {
    since: Option<Timestamp>,
    told: bool,
}

impl Heard {
    /// An answer came, whatever it says.
    fn something(&mut self, now: Timestamp, waits: bool) {
        self.since = waits.then_some(now);
        self.told = false;
    }
}

/// A look whose calls are known, while the events that they came with are still fetched.
struct Buried {
    look: NewestEvents,
    calls: Vec<PendingCall>,
    inputs: Vec<Event>,
    /// Inputs that were asked for and neither came nor were refused.
    missing: usize,
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
#[derive(Clone)]
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
    pub fn new(spending: Spending, scope: Scope) -> Self {
        let plan = WatchPlan::new(spending.requests_per_second);
        Self {
            scope,
            plan: plan.with_burst(spending.burst).at_most_at_once(spending.at_once),
            viewed: None,
            gathers_until: None,
            service: Service::default(),
            agents: Vec::new(),
            agents_weight: 0,
            agents_at: ListingCursor::default(),
            lists: HashMap::new(),
            last_pages: HashMap::new(),
            open: OpenTail::default(),
            deep: None,
            looks: HashMap::new(),
            foretold: HashMap::new(),
            settled: HashMap::new(),
            buried: HashMap::new(),
            parked: HashSet::new(),
            prints: HashMap::new(),
            heard: Heard::default(),
            flying: HashMap::new(),
            sent: 0,
        }
    }

    /// The questions that are due. Each is to be sent once, and [`Self::arrived`] told what came.
    pub fn due(&mut self, world: &impl World, now: Timestamp) -> Vec<Asking> {
        self.look_at(world, now);
        let mut due = Vec::new();
        for ask in self.plan.next(now) {
            let question = self.question(&ask, world, now);
            self.sent += 1;
            self.flying.insert(self.sent, ask.clone());
            due.push(Asking { number: self.sent, ask, question, at: now, to: self.open.newest() });
        }
        if !due.is_empty() {
            self.heard.since.get_or_insert(now);
        }
        due
    }

    /// Says, once, that what was asked is not answered.
    pub fn silence(&mut self, now: Timestamp) -> Option<Learnt> {
        let since = self.heard.since.filter(|_| !self.heard.told)?;
        if now.duration_since(since) < SILENT {
            return None;
        }
        self.heard.told = true;
        Some(Learnt::Silent { since })
    }

    /// The next moment at which something is due, unless an answer comes first.
    pub fn wake_at(&self, now: Timestamp) -> Timestamp {
        let silent = self.heard.since.filter(|_| !self.heard.told);
        let silent = silent.and_then(|since| since.checked_add(SILENT).ok());
        let due = self.plan.wake_at(now);
        [silent, self.gathers_until].into_iter().flatten().fold(due, Timestamp::min)
    }

    pub fn status(&self, now: Timestamp) -> PlanStatus {
        self.plan.status(now)
    }

    /// Somebody wants to know now, or something just ended. Roles may have changed as well.
    pub fn ask_now(&mut self, now: Timestamp) {
        self.service.no_events.clear();
        self.service.no_calls.clear();
        if self.heard.told {
            // What hangs may hang for long; whatever it still says comes too late.
            for ask in self.flying.drain().map(|(_, ask)| ask) {
                self.plan.dropped(&ask);
            }
        }
        self.plan.ask_now(now);
    }

    /// Lets one request beside the watching be sent, or says when to try again.
    pub fn lend(&mut self, now: Timestamp) -> Result<(), Timestamp> {
        self.plan.lend(now)
    }

    /// A key was pressed.
    pub fn attend(&mut self, now: Timestamp) {
        self.plan.attend(now);
    }

    /// Whether more is on its way about a session than was told.
    fn is_halfway(&self, session: &SessionRef) -> bool {
        self.looks.contains_key(session)
            || self.foretold.get(session).is_some_and(Option::is_some)
            || self.buried.get(session).is_some_and(|buried| buried.missing > 0)
    }

    /// Whether nothing was asked about a session so far.
    fn is_new(&self, session: &SessionRef, world: &impl World) -> bool {
        world.open() != Some(session)
            && !self.service.no_calls.contains(&session.agent)
            && !self.foretold.contains_key(session)
            && world.sessions().get(session).is_some_and(|entry| {
                entry.probe.is_none() && entry.session.status != Some(SessionStatus::Unstarted)
            })
    }

    /// The request that an ask stands for now.
    fn question(&mut self, ask: &Ask, world: &impl World, now: Timestamp) -> Question {
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
            // Whether somebody is waited for matters more than what was done, and one request tells it.
            Ask::Tail(session) if self.is_new(session, world) => {
                self.foretold.insert(session.clone(), None);
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
            Ask::Event(session, event) => Question::Event(session.clone(), event.clone()),
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

/// A question on its way to the service.
#[derive(Debug, Clone)]
pub struct Asking {
    number: u64,
    ask: Ask,
    pub question: Question,
    at: Timestamp,
    /// The newest event of the open session that was known when this was asked.
    to: Option<EventId>,
}

impl Asking {
    pub fn answered(self, result: Result<Answer, ClientError>) -> Asked {
        Asked { asking: self, result }
    }
}

/// A question with its answer.
#[derive(Debug)]
pub struct Asked {
    asking: Asking,
    result: Result<Answer, ClientError>,
}
