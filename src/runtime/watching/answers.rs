//! What an answer means: messages for the model, and news for the plan.

use std::hash::{DefaultHasher, Hash, Hasher};

use jiff::SignedDuration;

use super::super::execute::problem;
use super::super::observe::Answer;
use super::{Asked, NewestEvents, Settled, Watcher};
use crate::api::{
    Agent, AgentKey, Event, EventId, Page, PendingCall, Session, SessionRef, SessionStatus,
    Timestamp,
};
use crate::app::Msg;
use crate::app::msg::{EventWindow, ServiceMsg};
use crate::client::ClientError;
use crate::client::order::{Direction, oldest_first};
use crate::client::watch::{Ask, News};
use crate::model::probe::{may_wait, read_probe, read_probe_without_calls};
use crate::model::sessions::CallsAnswer;
use crate::view::Model;

/// A call without an output may become one that waits with no event in between, and back again
/// when somebody interrupts. So the same events are asked about again, less and less often.
const CALLS_AGAIN_OPEN: SignedDuration = SignedDuration::from_secs(2);
const CALLS_AGAIN_WAITING_OPEN: SignedDuration = SignedDuration::from_secs(5);
const CALLS_AGAIN_WAITING: SignedDuration = SignedDuration::from_secs(60);
/// After so many answers without calls a still session whose newest events lack an output is believed
/// to wait for nobody.
const EMPTY_ENOUGH: u32 = 3;

/// The calls of a session, or why they are not known.
type Waiting = Result<Vec<PendingCall>, CallsAnswer>;

impl Watcher {
    /// Takes an answer in.
    pub(in super::super) fn arrived(
        &mut self,
        asked: Asked,
        model: &Model,
        now: Timestamp,
    ) -> Vec<Msg> {
        let Asked { ask, at: asked_at, to, result } = asked;
        match result {
            Ok(answer) => {
                let (mut msgs, news) = self.read(&ask, answer, asked_at, to, model, now);
                self.plan.answered(&ask, now, news);
                msgs.push(Msg::Service(ServiceMsg::LinkWorks));
                msgs
            }
            // Only an outage slows everything down; one request that was refused must not.
            Err(error) if error.is_outage() => {
                self.plan.failed(&ask, now, error.retry_after());
                if self.plan.failures() < 2 {
                    // One fault in passing is no lost link; half a second later it is known.
                    return Vec::new();
                }
                let next_try = self.plan.next_try().unwrap_or(now);
                vec![Msg::Service(ServiceMsg::LinkFailed { problem: problem(&error), next_try })]
            }
            Err(error) => {
                self.plan.answered(&ask, now, News::Nothing);
                self.refused(ask, &error, asked_at, now)
            }
        }
    }

    fn read(
        &mut self,
        ask: &Ask,
        answer: Answer,
        asked_at: Timestamp,
        to: Option<EventId>,
        model: &Model,
        now: Timestamp,
    ) -> (Vec<Msg>, News) {
        match (ask, answer) {
            (Ask::Agents, Answer::Agents(page)) => self.agents(page),
            (Ask::Sessions(agent), Answer::Sessions(page)) => self.first_sessions(ask, agent, page),
            (Ask::MoreSessions(agent), Answer::Sessions(page)) => self.more_sessions(agent, page),
            (Ask::Tail(session), Answer::Events(page)) => {
                self.tail(ask, session, page, asked_at, model, now)
            }
            // The calls alone, where the events may not be read.
            (Ask::Tail(session), Answer::Calls(calls)) => {
                let events = (0..calls.len()).map(|at| calls[at].event_id.clone());
                let news = self.news(ask, print_of(events));
                (vec![probed(session, &[], Ok(calls), asked_at)], news)
            }
            (Ask::Calls(session), Answer::Calls(calls)) => {
                (self.calls(session, calls, model, now), News::Something)
            }
            (Ask::State(_), Answer::State(session)) => {
                let news = self.news(ask, print_of([state(&session)]));
                (vec![Msg::Service(ServiceMsg::SessionRead(session))], news)
            }
            (Ask::Visible(session), Answer::Events(page)) => {
                self.visible(ask, session, page, asked_at, to)
            }
            (Ask::Deep(session), Answer::Events(page)) => self.deep(session, page, asked_at),
            _ => (Vec::new(), News::Nothing),
        }
    }

    /// Whether an answer differs from the one before.
    fn news(&mut self, ask: &Ask, print: u64) -> News {
        let before = self.prints.insert(ask.clone(), print);
        if before == Some(print) { News::Nothing } else { News::Something }
    }

    fn agents(&mut self, page: Page<Agent>) -> (Vec<Msg>, News) {
        let more = self.agents_at.advance(&page, 20);
        self.agents.extend(page.items);
        if more {
            return (Vec::new(), News::More);
        }
        self.agents_at = super::ListingCursor::default();
        let mut agents = std::mem::take(&mut self.agents);
        agents.retain(|agent| self.only.is_empty() || self.only.contains(&agent.key));
        let news = self.news(&Ask::Agents, print_of(agents.iter().map(|agent| &agent.key)));
        (vec![Msg::Service(ServiceMsg::AgentsListed(agents))], news)
    }

    fn first_sessions(
        &mut self,
        ask: &Ask,
        agent: &AgentKey,
        page: Page<Session>,
    ) -> (Vec<Msg>, News) {
        let walk = self.lists.entry(agent.clone()).or_default();
        walk.first_page(&page);
        let complete = !walk.has_more();
        let news = self.news(ask, print_of(page.items.iter().map(state)));
        let listed = Msg::Service(ServiceMsg::SessionsListed {
            agent: agent.clone(),
            sessions: page.items,
            complete,
        });
        (vec![listed], news)
    }

    fn more_sessions(&mut self, agent: &AgentKey, page: Page<Session>) -> (Vec<Msg>, News) {
        let Some(walk) = self.lists.get_mut(agent) else { return (Vec::new(), News::Nothing) };
        let end = walk.further_page(&page);
        let news = if walk.is_under_way() { News::More } else { News::Nothing };
        let agent = agent.clone();
        let sessions = page.items;
        let mut msgs = vec![Msg::Service(ServiceMsg::SessionsListed {
            agent: agent.clone(),
            sessions,
            complete: false,
        })];
        msgs.extend(end.map(|listed| Msg::Service(ServiceMsg::ListingEnded { agent, listed })));
        (msgs, news)
    }

    /// The newest events of a session, which say whether it may be waiting.
    fn tail(
        &mut self,
        ask: &Ask,
        session: &SessionRef,
        page: Page<Event>,
        asked_at: Timestamp,
        model: &Model,
        now: Timestamp,
    ) -> (Vec<Msg>, News) {
        let key = page.page_key.filter(|_| !page.items.is_empty());
        let mut events = oldest_first(page.items, &mut self.service.direction);
        self.service.marked |= events.iter().any(|event| event.hide_reason.is_some());
        let mut reaches_start = key.is_none();
        let mut older = key.clone();
        if self.service.direction == Direction::OldestFirst {
            let last = self.last_pages.entry(session.clone()).or_default();
            reaches_start = last.reaches_start();
            older = None;
            let more;
            (events, more) = last.take(&events, key);
            if more {
                // The newest page is the last one: on to it.
                let msgs = self.window(session, &events, reaches_start, false, asked_at);
                return (msgs, News::More);
            }
        }
        let print = print_of_events(&events);
        let news = self.news(ask, print);
        let mut msgs = Vec::new();
        if self.open.session.as_ref() == Some(session) {
            let awaited = model
                .open
                .as_ref()
                .is_some_and(|open| open.reference == *session && open.latest().awaits_listing());
            if awaited || self.open.shown != Some(print) {
                msgs = self.window(session, &events, reaches_start, true, asked_at);
                self.open.shown = Some(print);
            }
            self.open.events.clone_from(&events);
            self.open.older = older;
        }
        let known: Vec<PendingCall> =
            model.calls.of_session(session).map(|call| call.pending.clone()).collect();
        let entry = model.sessions.get(session);
        let unstarted = entry.is_some_and(|entry| {
            entry.session.status == Some(SessionStatus::Unstarted) && events.is_empty()
        });
        let lacks_output = may_wait(&events);
        // While it works on, what it shows is asked about; what it may hide, once it is quiet.
        let works = model.is_running(session) && news != News::Nothing && !lacks_output;
        let waiting = if self.service.no_calls.contains(&session.agent) {
            Err(CallsAnswer::Forbidden)
        } else if unstarted {
            Ok(Vec::new())
        } else if works {
            self.settled.remove(session);
            Err(CallsAnswer::NotAsked)
        } else if self.must_ask(session, print, lacks_output, model, now) {
            self.looks.insert(session.clone(), NewestEvents { events, print, asked_at });
            self.plan.want(now, &Ask::Calls(session.clone()));
            return (msgs, news);
        } else {
            Ok(known.clone())
        };
        let same = waiting.as_ref().is_ok_and(|waiting| waiting.len() == known.len());
        let told = waiting.as_ref().err().copied().unwrap_or_default();
        let knew = entry.and_then(|entry| entry.probe.as_ref()).map(|probe| probe.calls);
        let nothing_new =
            news == News::Nothing && (same || told != CallsAnswer::Told) && knew == Some(told);
        if !nothing_new || entry.is_some_and(|entry| entry.is_changed() || entry.probe.is_none()) {
            msgs.push(probed(session, &events, waiting, asked_at));
        }
        (msgs, news)
    }

    fn window(
        &self,
        session: &SessionRef,
        events: &[Event],
        reaches_start: bool,
        reaches_end: bool,
        asked_at: Timestamp,
    ) -> Vec<Msg> {
        if self.open.session.as_ref() != Some(session) {
            return Vec::new();
        }
        vec![Msg::Service(ServiceMsg::EventsListed(Box::new(EventWindow {
            session: session.clone(),
            events: events.to_vec(),
            marked: self.service.marked,
            reaches_start,
            reaches_end,
            asked_at,
        })))]
    }

    /// Whether the outstanding calls may be others than what was last heard.
    fn must_ask(
        &self,
        session: &SessionRef,
        print: u64,
        lacks_output: bool,
        model: &Model,
        now: Timestamp,
    ) -> bool {
        let Some(settled) = self.settled.get(session).filter(|settled| settled.print == print)
        else {
            return true;
        };
        let passed = now.duration_since(settled.at);
        let open = self.open.session.as_ref() == Some(session);
        let changed = model
            .sessions
            .get(session)
            .is_some_and(|entry| entry.is_changed() || entry.is_running() || settled.running);
        match (settled.waiting, open) {
            (true, true) => passed >= CALLS_AGAIN_WAITING_OPEN,
            (true, false) => passed >= CALLS_AGAIN_WAITING,
            (false, true) => lacks_output && passed >= CALLS_AGAIN_OPEN,
            (false, false) => changed || lacks_output && settled.empty < EMPTY_ENOUGH,
        }
    }

    /// The calls that a look was waiting for.
    fn calls(
        &mut self,
        session: &SessionRef,
        calls: Vec<PendingCall>,
        model: &Model,
        now: Timestamp,
    ) -> Vec<Msg> {
        let Some(look) = self.looks.remove(session) else { return Vec::new() };
        let before = self.settled.get(session).filter(|settled| settled.print == look.print);
        let empty = before.map_or(0, |settled| settled.empty) + u32::from(calls.is_empty());
        let settled = Settled {
            print: look.print,
            at: now,
            waiting: !calls.is_empty(),
            running: model.is_running(session),
            empty,
        };
        self.settled.insert(session.clone(), settled);
        vec![probed(session, &look.events, Ok(calls), look.asked_at)]
    }

    /// The newest events without hidden ones.
    fn visible(
        &mut self,
        ask: &Ask,
        session: &SessionRef,
        page: Page<Event>,
        asked_at: Timestamp,
        to: Option<EventId>,
    ) -> (Vec<Msg>, News) {
        let whole = page.page_key.is_none() || page.items.is_empty();
        let events = oldest_first(page.items, &mut self.service.direction);
        let backwards = self.service.direction == Direction::OldestFirst;
        let ids = || events.iter().filter_map(|event| event.id.clone());
        let news = self.news(ask, print_of(ids()));
        let Some(to) = to.filter(|_| whole || !backwards) else { return (Vec::new(), news) };
        let from = if whole { None } else { ids().next() };
        let (session, visible) = (session.clone(), ids().collect());
        (
            vec![Msg::Service(ServiceMsg::VisibleListed { session, visible, from, to, asked_at })],
            news,
        )
    }

    /// A page of a reading to the start.
    fn deep(
        &mut self,
        session: &SessionRef,
        page: Page<Event>,
        asked_at: Timestamp,
    ) -> (Vec<Msg>, News) {
        let Some(mut walk) = self.deep.take().filter(|walk| walk.session == *session) else {
            return (Vec::new(), News::Nothing);
        };
        let more = walk.advance(&page);
        let whole = page.page_key.is_none() || page.items.is_empty();
        let events = oldest_first(page.items, &mut self.service.direction);
        if walk.hidden {
            self.service.marked |= events.iter().any(|event| event.hide_reason.is_some());
            if !events.is_empty() {
                walk.last = events;
            }
            let msgs = self.window(session, &walk.last, whole, false, asked_at);
            if !more && self.service.marked {
                return (msgs, News::Nothing);
            }
            if !more {
                walk.turn();
            }
            self.deep = Some(walk);
            return (msgs, News::More);
        }
        walk.visible.extend(events.iter().filter_map(|event| event.id.clone()));
        if more {
            self.deep = Some(walk);
            return (Vec::new(), News::More);
        }
        let from = events.first().and_then(|event| event.id.clone()).filter(|_| !whole);
        let backwards = self.service.direction == Direction::OldestFirst;
        let Some(to) = walk.to.filter(|_| whole || !backwards) else {
            return (Vec::new(), News::Nothing);
        };
        let (session, visible) = (session.clone(), walk.visible);
        let asked_at = walk.visible_from;
        (
            vec![Msg::Service(ServiceMsg::VisibleListed { session, visible, from, to, asked_at })],
            News::Nothing,
        )
    }

    /// The service answered and would not.
    fn refused(
        &mut self,
        ask: Ask,
        error: &ClientError,
        asked_at: Timestamp,
        now: Timestamp,
    ) -> Vec<Msg> {
        let refusal =
            |session| Msg::Service(ServiceMsg::Refused { session, problem: problem(error) });
        match (ask, error.status()) {
            (Ask::Sessions(agent), Some(404)) => {
                // The agent went away between two looks.
                vec![Msg::Service(ServiceMsg::SessionsListed {
                    agent,
                    sessions: Vec::new(),
                    complete: true,
                })]
            }
            (
                Ask::Tail(session)
                | Ask::Calls(session)
                | Ask::State(session)
                | Ask::Visible(session)
                | Ask::Deep(session),
                Some(404),
            ) => vec![Msg::Service(ServiceMsg::SessionGone(session))],
            (Ask::Tail(session), status) => {
                // A place in the listing that the service does not know any more may be the reason.
                self.last_pages.remove(&session);
                if status == Some(403) && self.service.no_events.insert(session.agent.clone()) {
                    let look = NewestEvents { events: Vec::new(), print: 0, asked_at };
                    self.looks.insert(session.clone(), look);
                    self.plan.want(now, &Ask::Calls(session.clone()));
                }
                // The pane of another session says it once somebody looks there.
                let open = self.open.session.as_ref() == Some(&session);
                open.then(|| refusal(Some(session))).into_iter().collect()
            }
            (Ask::Calls(session), status) => {
                let why = if status == Some(403) {
                    // A viewer may not ask; nothing is known then, and nothing is claimed.
                    self.service.no_calls.insert(session.agent.clone());
                    CallsAnswer::Forbidden
                } else {
                    CallsAnswer::Failed
                };
                let look = self.looks.remove(&session);
                let probed =
                    |look: NewestEvents| probed(&session, &look.events, Err(why), look.asked_at);
                look.map(probed).into_iter().collect()
            }
            (Ask::Deep(_), _) => {
                self.deep = None;
                Vec::new()
            }
            (Ask::MoreSessions(agent), _) => {
                if let Some(walk) = self.lists.get_mut(&agent) {
                    walk.lost();
                }
                Vec::new()
            }
            (Ask::State(_) | Ask::Visible(_), _) => Vec::new(),
            (Ask::Agents | Ask::Sessions(_), _) => {
                self.agents_at = super::ListingCursor::default();
                self.agents.clear();
                vec![refusal(None)]
            }
        }
    }
}

fn probed(session: &SessionRef, events: &[Event], waiting: Waiting, asked_at: Timestamp) -> Msg {
    let (probe, calls) = match waiting {
        Ok(calls) => (read_probe(events, &calls), calls),
        Err(why) => (read_probe_without_calls(events, why), Vec::new()),
    };
    let waits = |event: &&Event| {
        &*event.kind == "tool_input"
            && calls.iter().any(|call| event.id.as_ref() == Some(&call.event_id))
    };
    let inputs = events.iter().filter(waits).cloned().collect();
    Msg::Service(ServiceMsg::Probed { session: session.clone(), probe, calls, inputs, asked_at })
}

/// What a session object says that a look could be about.
fn state(session: &Session) -> impl Hash + use<> {
    let usage = session.session_context_usage.as_ref().map(|usage| usage.total_tokens);
    let status = session.status.as_ref().map(|status| format!("{status:?}"));
    (session.key.clone(), status, usage, session.current_step_name.clone())
}

fn print_of(items: impl IntoIterator<Item = impl Hash>) -> u64 {
    let mut hasher = DefaultHasher::new();
    for item in items {
        item.hash(&mut hasher);
    }
    hasher.finish()
}

fn print_of_events(events: &[Event]) -> u64 {
    print_of(events.iter().map(|event| (&event.id, &event.hide_reason, event.raw().get().len())))
}
