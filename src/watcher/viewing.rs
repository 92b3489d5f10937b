//! What the watch plan is told of: the session that somebody looks at, and all others.
//!
//! Start with [`Watcher::look_at`]. The invariant: nothing that changed is forgotten; of very many sessions
//! it is told a quarter of a second later, but for the one that somebody turned to.

use std::cmp::Reverse;
use std::collections::HashSet;

use jiff::SignedDuration;

use super::walks::ListWalk;
use super::{OpenTail, Scope, Watcher, World, is_running};
use crate::api::{AgentKey, SessionRef, Timestamp};
use crate::client::order::Direction;
use crate::client::watch::{NEWEST, Open, WatchView, Watched, WatchedAgent};
use crate::model::sessions::SessionEntry;

/// Sessions that waited before and are on no first page, looked at one by one every few seconds.
const CLOSE: usize = 2;
/// How long what is asked of all others waits for the frame of one that somebody turned to.
const AFTER_A_FRAME: SignedDuration = SignedDuration::from_millis(50);

/// Everything that the plan's view is made from; equal means nothing to do.
#[derive(PartialEq)]
pub(super) struct Viewed {
    pub(super) sessions: u64,
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

impl Watcher {
    /// Tells the plan what is on the screen, if that is not what it knows.
    pub(super) fn look_at(&mut self, world: &impl World, now: Timestamp) {
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
}
