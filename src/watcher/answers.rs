//! What an answer means: what was learnt, and news for the plan.

use std::hash::{DefaultHasher, Hash, Hasher};

use super::learnt::Learnt;
use super::question::{Answer, Question};
use super::{
    Asked, Asking, MOST_AGENTS, MOST_SESSIONS, NewestEvents, Scope, Watcher, World, is_running,
};
use crate::api::{
    Agent, AgentKey, Event, EventId, Page, Session, SessionRef, SessionStatus, Timestamp,
};
use crate::client::ClientError;
use crate::client::order::{Direction, oldest_first};
use crate::client::watch::{Ask, News};
use crate::model::event_window::EventWindow;
use crate::model::probe::may_wait;
use crate::model::sessions::CallsAnswer;

/// Pages of agents that are listed.
const AGENT_PAGES: usize = 20;

impl Watcher {
    /// Takes an answer in.
    pub fn arrived(&mut self, asked: Asked, world: &impl World, now: Timestamp) -> Vec<Learnt> {
        let Asked { asking: Asking { number, ask, at: asked_at, to, question }, result } = asked;
        if self.flying.remove(&number).is_none() {
            // It was given up, and asked anew.
            return Vec::new();
        }
        // That time ran out is no word from the service.
        if !matches!(result, Err(ClientError::Timeout { .. })) {
            self.heard.something(now, !self.flying.is_empty());
        }
        match result {
            Ok(answer) => {
                let (mut learnt, news) = self.read(&ask, answer, asked_at, to, world, now);
                self.plan.answered(&ask, now, news);
                learnt.push(Learnt::LinkWorks { oldest: self.plan.oldest_claim() });
                learnt
            }
            // Only an outage slows everything down; one request that was refused must not.
            Err(error) if error.is_outage() => {
                self.plan.failed(&ask, now, error.retry_after());
                let mut learnt: Vec<Learnt> =
                    ask.session().map(missed(&error)).into_iter().collect();
                // One fault in passing is no lost link: half a second later it is known. A pause that
                // was asked for stands from now on.
                if self.plan.failures() < 2 && error.retry_after().is_none() {
                    return learnt;
                }
                let next_try = self.plan.next_try().unwrap_or(now);
                learnt.push(Learnt::LinkLost { error, next_try });
                learnt
            }
            Err(error) => {
                let mut learnt = vec![Learnt::LinkAnswers];
                match ask {
                    Ask::Tail(session) if self.is_foretelling(&session, &question) => {
                        self.plan.answered(&Ask::Tail(session.clone()), now, News::More);
                        if error.status() == Some(403) {
                            self.service.no_calls.insert(session.agent);
                        }
                    }
                    ask => {
                        self.plan.answered(&ask, now, News::Nothing);
                        learnt.extend(self.refused(ask, error, asked_at, now));
                    }
                }
                learnt
            }
        }
    }

    fn read(
        &mut self,
        ask: &Ask,
        answer: Answer,
        asked_at: Timestamp,
        to: Option<EventId>,
        world: &impl World,
        now: Timestamp,
    ) -> (Vec<Learnt>, News) {
        match (ask, answer) {
            (Ask::Agents, Answer::Agents(page)) => self.agents(page),
            (Ask::Sessions(agent), Answer::Sessions(page)) => self.first_sessions(ask, agent, page),
            (Ask::MoreSessions(agent), Answer::Sessions(page)) => self.more_sessions(agent, page),
            (Ask::Tail(session), Answer::Events(page)) => {
                self.tail(ask, session, page, asked_at, world, now)
            }
            // The calls before anything else: what the session did follows.
            (Ask::Tail(session), Answer::Calls(calls))
                if !self.service.no_events.contains(&session.agent) =>
            {
                self.remember_parked(session, &calls);
                let waits = !calls.is_empty();
                self.foretold.insert(session.clone(), Some(calls.clone()));
                let looked = waits.then(|| self.looked(session, &[], Ok(calls), asked_at));
                (looked.into_iter().collect(), News::More)
            }
            // The calls alone, where the events may not be read.
            (Ask::Tail(session), Answer::Calls(calls)) => {
                self.remember_parked(session, &calls);
                self.foretold.insert(session.clone(), None);
                let events = (0..calls.len()).map(|at| calls[at].event_id.clone());
                let news = self.news(ask, print_of(events));
                (vec![self.looked(session, &[], Ok(calls), asked_at)], news)
            }
            (Ask::Calls(session), Answer::Calls(calls)) => {
                (self.calls(session, calls, world, now), News::Something)
            }
            (Ask::Event(session, _), Answer::Event(input)) => {
                (self.dug_up(session, Some(*input)), News::Something)
            }
            (Ask::State(_), Answer::State(session)) => {
                let news = self.news(ask, print_of([state(&session)]));
                (vec![Learnt::Session(session)], news)
            }
            (Ask::Visible(session), Answer::Events(page)) => {
                self.visible(ask, session, page, asked_at, to)
            }
            (Ask::Deep(session), Answer::Events(page)) => self.deep(session, page, asked_at),
            _ => (Vec::new(), News::Nothing),
        }
    }

    /// Whether this is the question about calls that goes before the first look at the events.
    fn is_foretelling(&self, session: &SessionRef, question: &Question) -> bool {
        matches!(question, Question::Calls(_)) && !self.service.no_events.contains(&session.agent)
    }

    /// Whether an answer differs from the one before.
    fn news(&mut self, ask: &Ask, print: u64) -> News {
        let before = self.prints.insert(ask.clone(), print);
        if before == Some(print) { News::Nothing } else { News::Something }
    }

    fn agents(&mut self, page: Page<Agent>) -> (Vec<Learnt>, News) {
        let more = self.agents_at.advance(&page, AGENT_PAGES);
        let is_cut = !more && self.agents_at.is_cut_at(&page);
        self.agents_weight = self.agents_weight.saturating_add(page.weight);
        let fits = self.agents_weight <= MOST_AGENTS;
        if fits {
            self.agents.extend(page.items);
        }
        if more && fits {
            return (Vec::new(), News::More);
        }
        self.agents_at = super::ListingCursor::default();
        self.agents_weight = 0;
        let mut agents = std::mem::take(&mut self.agents);
        if let Scope::Agents(only) = &self.scope {
            agents.retain(|agent| only.is_empty() || only.contains(&agent.key));
        }
        let news = self.news(&Ask::Agents, print_of(agents.iter().map(|agent| &agent.key)));
        let mut learnt = vec![Learnt::Agents(agents)];
        if is_cut || !fits {
            let why = "it is longer than anybody could watch".to_owned();
            let error = ClientError::Endless { what: "the agents", why };
            learnt.push(Learnt::Unlisted { agent: None, error });
        }
        (learnt, news)
    }

    /// What there is to say of a page of sessions that may not be kept beside all others.
    fn too_much(&self, agent: &AgentKey, page: &Page<Session>) -> Option<Learnt> {
        let others = self.lists.iter().filter(|(other, _)| *other != agent);
        let others: u64 = others.map(|(_, list)| list.weight()).sum();
        let this = self.lists.get(agent).map_or(page.weight, |list| list.weight_with(page));
        if others.saturating_add(this) <= MOST_SESSIONS {
            return None;
        }
        let most = MOST_SESSIONS >> 20;
        let why = format!("all that are listed would take more than {most}M of memory");
        let error = ClientError::Endless { what: "the sessions", why };
        Some(Learnt::Unlisted { agent: Some(agent.clone()), error })
    }

    fn names_agents(&self) -> bool {
        matches!(&self.scope, Scope::Agents(only) if !only.is_empty())
    }

    fn named_agents(&self) -> Vec<Learnt> {
        let Scope::Agents(only) = &self.scope else { return Vec::new() };
        vec![Learnt::Agents(only.iter().cloned().map(Agent::unread).collect())]
    }

    fn first_sessions(
        &mut self,
        ask: &Ask,
        agent: &AgentKey,
        page: Page<Session>,
    ) -> (Vec<Learnt>, News) {
        if let Some(refused) = self.too_much(agent, &page) {
            return (vec![refused], News::Nothing);
        }
        let walk = self.lists.entry(agent.clone()).or_default();
        walk.first_page(&page);
        let complete = !walk.has_more();
        let news = self.news(ask, print_of(page.items.iter().map(state)));
        let (agent, sessions) = (agent.clone(), page.items);
        (vec![Learnt::Sessions { agent, sessions, complete }], news)
    }

    fn more_sessions(&mut self, agent: &AgentKey, page: Page<Session>) -> (Vec<Learnt>, News) {
        let refused = self.too_much(agent, &page);
        let Some(walk) = self.lists.get_mut(agent) else { return (Vec::new(), News::Nothing) };
        if let Some(refused) = refused {
            walk.lost();
            return (vec![refused], News::Nothing);
        }
        let end = walk.further_page(&page);
        let news = if walk.is_under_way() { News::More } else { News::Nothing };
        let agent = agent.clone();
        let sessions = page.items;
        let mut learnt = vec![Learnt::Sessions { agent: agent.clone(), sessions, complete: false }];
        learnt.extend(end.map(|listed| Learnt::ListingEnded { agent, listed }));
        (learnt, news)
    }

    /// The newest events of a session, which say whether it may be waiting.
    fn tail(
        &mut self,
        ask: &Ask,
        session: &SessionRef,
        page: Page<Event>,
        asked_at: Timestamp,
        world: &impl World,
        now: Timestamp,
    ) -> (Vec<Learnt>, News) {
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
                let learnt = self.window(session, &events, reaches_start, false, asked_at);
                return (learnt, News::More);
            }
        }
        let print = print_of_events(&events);
        let news = self.news(ask, print);
        let mut learnt = Vec::new();
        if self.open.session.as_ref() == Some(session) {
            if world.awaits_listing() || self.open.shown != Some(print) {
                learnt = self.window(session, &events, reaches_start, true, asked_at);
                self.open.shown = Some(print);
            }
            self.open.events.clone_from(&events);
            self.open.older = older;
        }
        let known = world.calls(session);
        let entry = world.sessions().get(session);
        let unstarted = entry.is_some_and(|entry| {
            entry.session.status == Some(SessionStatus::Unstarted) && events.is_empty()
        });
        let lacks_output = may_wait(&events);
        // While it works on, what it shows is asked about; what it may hide, once it is quiet.
        let works = is_running(world, session) && news != News::Nothing && !lacks_output;
        let foretold = self.foretold.get_mut(session).and_then(Option::take);
        let foretold = foretold.filter(|calls| !calls.is_empty() || !lacks_output);
        let waiting = if let Some(calls) = foretold {
            let look = NewestEvents { events: events.clone(), print, asked_at };
            self.settle(session, &look, &calls, world, now);
            Ok(calls)
        } else if self.service.no_calls.contains(&session.agent) {
            Err(CallsAnswer::Forbidden)
        } else if unstarted {
            Ok(Vec::new())
        } else if works {
            self.settled.remove(session);
            Err(CallsAnswer::NotAsked)
        } else if self.must_ask(session, print, lacks_output, world, now) {
            self.looks.insert(session.clone(), NewestEvents { events, print, asked_at });
            self.plan.want(now, &Ask::Calls(session.clone()));
            return (learnt, news);
        } else {
            Ok(known.clone())
        };
        let same = waiting.as_ref().is_ok_and(|waiting| waiting.len() == known.len());
        let told = waiting.as_ref().err().copied().unwrap_or_default();
        let knew = entry.and_then(|entry| entry.probe.as_ref()).map(|probe| probe.calls);
        let nothing_new =
            news == News::Nothing && (same || told != CallsAnswer::Told) && knew == Some(told);
        if !nothing_new || entry.is_some_and(|entry| entry.is_changed() || entry.probe.is_none()) {
            learnt.push(self.looked(session, &events, waiting, asked_at));
        }
        (learnt, news)
    }

    fn window(
        &self,
        session: &SessionRef,
        events: &[Event],
        reaches_start: bool,
        reaches_end: bool,
        asked_at: Timestamp,
    ) -> Vec<Learnt> {
        if self.open.session.as_ref() != Some(session) {
            return Vec::new();
        }
        vec![Learnt::Events(Box::new(EventWindow {
            session: session.clone(),
            events: events.to_vec(),
            marked: self.service.marked,
            reaches_start,
            reaches_end,
            asked_at,
        }))]
    }

    /// The newest events without hidden ones.
    fn visible(
        &mut self,
        ask: &Ask,
        session: &SessionRef,
        page: Page<Event>,
        asked_at: Timestamp,
        to: Option<EventId>,
    ) -> (Vec<Learnt>, News) {
        let whole = page.page_key.is_none() || page.items.is_empty();
        let events = oldest_first(page.items, &mut self.service.direction);
        let backwards = self.service.direction == Direction::OldestFirst;
        let ids = || events.iter().filter_map(|event| event.id.clone());
        let news = self.news(ask, print_of(ids()));
        let Some(to) = to.filter(|_| whole || !backwards) else { return (Vec::new(), news) };
        let from = if whole { None } else { ids().next() };
        let (session, visible) = (session.clone(), ids().collect());
        (vec![Learnt::Visible { session, visible, from, to, asked_at }], news)
    }

    /// A page of a reading to the start.
    fn deep(
        &mut self,
        session: &SessionRef,
        page: Page<Event>,
        asked_at: Timestamp,
    ) -> (Vec<Learnt>, News) {
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
            let learnt = self.window(session, &walk.last, whole, false, asked_at);
            if !more && self.service.marked {
                return (learnt, News::Nothing);
            }
            if !more {
                walk.turn();
            }
            self.deep = Some(walk);
            return (learnt, News::More);
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
        (vec![Learnt::Visible { session, visible, from, to, asked_at }], News::Nothing)
    }

    /// The service answered and would not.
    fn refused(
        &mut self,
        ask: Ask,
        error: ClientError,
        asked_at: Timestamp,
        now: Timestamp,
    ) -> Vec<Learnt> {
        match (ask, error.status()) {
            (Ask::Sessions(agent), Some(404)) => {
                // The agent went away between two looks.
                vec![Learnt::Sessions { agent, sessions: Vec::new(), complete: true }]
            }
            (
                Ask::Tail(session)
                | Ask::Calls(session)
                | Ask::State(session)
                | Ask::Visible(session)
                | Ask::Deep(session),
                Some(404),
            ) => vec![Learnt::Gone(session)],
            (Ask::Tail(session), status) => {
                // A place in the listing that the service does not know any more may be the reason.
                self.last_pages.remove(&session);
                let foretold = self.foretold.get_mut(&session).and_then(Option::take);
                let mut learnt = vec![Learnt::Refused { session: session.clone(), error }];
                if status == Some(403) {
                    self.service.no_events.insert(session.agent.clone());
                    if let Some(calls) = foretold {
                        learnt.push(self.looked(&session, &[], Ok(calls), asked_at));
                    } else {
                        let look = NewestEvents { events: Vec::new(), print: 0, asked_at };
                        self.looks.insert(session.clone(), look);
                        self.plan.want(now, &Ask::Calls(session));
                    }
                }
                learnt
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
                look.map(|look| self.looked(&session, &look.events, Err(why), look.asked_at))
                    .into_iter()
                    .collect()
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
            (Ask::Event(session, _), _) => self.dug_up(&session, None),
            (Ask::State(_) | Ask::Visible(_), _) => Vec::new(),
            (Ask::Sessions(agent), _) => vec![Learnt::Unlisted { agent: Some(agent), error }],
            // Those that were named can be watched without a list of all.
            (Ask::Agents, Some(403)) if self.names_agents() => self.named_agents(),
            (Ask::Agents, _) => {
                self.agents_at = super::ListingCursor::default();
                self.agents_weight = 0;
                self.agents.clear();
                vec![Learnt::Unlisted { agent: None, error }]
            }
        }
    }
}

fn missed(error: &ClientError) -> impl Fn(&SessionRef) -> Learnt {
    |session| Learnt::Missed { session: session.clone(), problem: error.to_string() }
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
