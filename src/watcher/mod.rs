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
mod walks;

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};

use jiff::SignedDuration;

use crate::api::page::MAX_LIMIT;
use crate::api::{
    Agent, AgentKey, Event, EventId, PendingCall, SessionRef, SessionStatus, Timestamp,
};
use crate::client::ClientError;
use crate::client::order::Direction;
use crate::client::watch::{
    Ask, NEWEST, Open, PlanStatus, WatchPlan, WatchView, Watched, WatchedAgent,
};
use crate::model::sessions::{SessionEntry, Sessions};

use question::{Answer, Question};
use walks::{DeepWalk, LastPage, ListWalk, ListingCursor};

pub use census::Census;
pub use learnt::Learnt;
pub use patrol::Patrol;
pub use question::ask;
pub use round::{Looks, look_once};
pub use sweep::{Landed, Place, Sweep};

/// After so long without any answer a service that was asked is called silent.
const SILENT: SignedDuration = SignedDuration::from_secs(5);
/// Sessions that waited before and are on no first page, looked at one by one every few seconds.
const CLOSE: usize = 2;
/// How long what is asked of all others waits for the frame of one that somebody turned to.
const AFTER_A_FRAME: SignedDuration = SignedDuration::from_millis(50);
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

/// Everything that the plan's view is made from; equal means nothing to do.
#[derive(PartialEq)]
struct Viewed {
    sessions: u64,
    removals: u64,
    open: Option<Open>,
    agents: Vec<(AgentKey, usize)>,
}

/// Agents whose first pages, or whose further ones, hold sessions that may need somebody soon.
#[derive(Default)]
struct Lively<'w> {
    shown: HashSet<&'w AgentKey>,
    behind: HashSet<&'w AgentKey>,
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

    /// Tells the plan what is on the screen, if that is not what it knows.
    fn look_at(&mut self, world: &impl World, now: Timestamp) {
        let open = world.open();
        if self.open.session.as_ref() != open {
            self.open = OpenTail { session: open.cloned(), ..OpenTail::default() };
            self.deep = None;
        }
        let viewed = self.viewed_now(world);
        let Some(is_left) = self.is_due(&viewed, world, now) else { return };
        let mut newest_first: Vec<_> = world.sessions().iter().collect();
        newest_first.sort_by_cached_key(|(_, entry)| Reverse(entry.last_sign()));
        let mut close = CLOSE;
        let sessions = newest_first.into_iter().map(|(session, entry)| {
            let is_close =
                close > 0 && self.parked.contains(session) && !self.is_on_a_first_page(session);
            close -= usize::from(is_close);
            Watched {
                session: session.clone(),
                running: entry.is_running(),
                close: is_close,
                changed: entry.is_changed(),
            }
        });
        let lively = self.lively(world);
        let agents = viewed.agents.iter().map(|(agent, further_pages)| WatchedAgent {
            agent: agent.clone(),
            further_pages: *further_pages,
            lively: lively.shown.contains(agent),
            lively_behind: lively.behind.contains(agent),
        });
        let view = WatchView {
            open: viewed.open.clone(),
            sessions: sessions.collect(),
            agents: agents.collect(),
            lists: self.scope != Scope::Known,
        };
        self.plan.watch(now, &view);
        self.viewed = Some((viewed, now));
        if is_left || self.prints.len() > self.plan.count() {
            self.forget_what_left(world);
        }
    }

    /// Whether the plan is told now, and then whether anything is gone. Of very many it is told a few
    /// times a second, but of the session that somebody turned to at once.
    fn is_due(&mut self, viewed: &Viewed, world: &impl World, now: Timestamp) -> Option<bool> {
        let waited = self.gathers_until.take();
        let Some((before, at)) = &mut self.viewed else { return Some(true) };
        if before == viewed {
            return None;
        }
        if world.sessions().are_many() && before.agents == viewed.agents {
            // A clock that was set back lets nobody wait.
            let still = waited.filter(|until| *at <= now && now < *until);
            self.gathers_until = world.sessions().gathered_since(*at, now).or(still);
            if before.open != viewed.open {
                if let Some(open) = &viewed.open {
                    self.plan.turn_to(now, open);
                }
                before.open.clone_from(&viewed.open);
                if self.gathers_until.is_none() && waited.is_none() {
                    // The frame that shows it comes first.
                    self.gathers_until = now.checked_add(AFTER_A_FRAME).ok();
                }
            }
            if self.gathers_until.is_some() {
                return None;
            }
        }
        Some(before.agents != viewed.agents || before.removals != viewed.removals)
    }

    fn viewed_now(&self, world: &impl World) -> Viewed {
        let known = self.open.newest().is_some();
        let backwards = self.service.direction == Direction::OldestFirst;
        let second = known && !self.service.marked;
        let whole = world.reads_to_start();
        let open = self.open.session.as_ref().map(|session| Open {
            session: session.clone(),
            running: is_running(world, session),
            // On a service that lists the oldest first, the first page tells nothing of the newest.
            visible: whole && second && !backwards,
            deep: whole && (self.open.older.is_some() || second && backwards),
        });
        let further = |agent: &AgentKey| self.lists.get(agent).map_or(0, ListWalk::further_pages);
        let agents = world.agents().map(|agent| (agent.clone(), further(agent)));
        let sessions = world.sessions();
        Viewed {
            sessions: sessions.version(),
            removals: sessions.removals(),
            open,
            agents: agents.collect(),
        }
    }

    /// Agents with sessions that are among the newest, or that waited before.
    fn lively<'w>(&self, world: &'w impl World) -> Lively<'w> {
        let mut newest: Vec<_> = world.sessions().iter().collect();
        if newest.len() > NEWEST {
            let sign = |(_, entry): &(&SessionRef, &SessionEntry)| Reverse(entry.last_sign());
            newest.select_nth_unstable_by_key(NEWEST, sign);
        }
        let newest = newest.into_iter().take(NEWEST).map(|(session, _)| session);
        let parked = self.parked.iter().filter_map(|session| world.sessions().named(session));
        let mut lively = Lively::default();
        for session in newest.chain(parked) {
            if self.is_on_a_first_page(session) {
                lively.shown.insert(&session.agent);
            } else {
                lively.behind.insert(&session.agent);
            }
        }
        lively
    }

    fn is_on_a_first_page(&self, session: &SessionRef) -> bool {
        self.lists.get(&session.agent).is_some_and(|list| list.shows(&session.key))
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

    fn forget_what_left(&mut self, world: &impl World) {
        let is_here = |session: &SessionRef| world.sessions().get(session).is_some();
        self.last_pages.retain(|session, _| is_here(session));
        self.looks.retain(|session, _| is_here(session));
        self.foretold.retain(|session, _| is_here(session));
        self.settled.retain(|session, _| is_here(session));
        self.buried.retain(|session, _| is_here(session));
        self.parked.retain(is_here);
        let agents: HashSet<&AgentKey> = world.agents().collect();
        self.lists.retain(|agent, _| agents.contains(agent));
        let plan = &self.plan;
        self.prints.retain(|ask, _| plan.knows(ask));
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
