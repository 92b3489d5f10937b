//! The session list: what listings and probes told, the selection, and the lines to draw.
//!
//! Selection is a name, never an index, so that it survives every re-ordering. Start with
//! [`Sessions::arrange`]: it turns the store into lines, most urgent first.

mod arrange;
mod by_agent;
pub mod columns;
mod entry;
mod facts;
mod list_view;
mod listings;
mod marks;
mod order;
mod served;

use std::collections::{BTreeMap, BTreeSet, HashSet};

use crate::api::{AgentKey, Session, SessionKey, SessionRef, SessionStatus, Timestamp};
use crate::model::attention::Attention;
use crate::query::Query;
use crate::text::units;
use crate::viewport::{Motion, Viewport};
use columns::Columns;

pub use by_agent::AgentTally;
pub use entry::{CallsAnswer, Probe, SeenError, SessionEntry, TurnStart};
pub use list_view::ListView;
use listings::Listings;
pub use listings::Unlisted;
pub use order::ListOrder;
pub use served::Wanted;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ListLine {
    Blank,
    Heading {
        attention: Attention,
        count: usize,
    },
    Session {
        session: SessionRef,
        depth: usize,
    },
    /// Second line of a session: what it waits for, or how it fails.
    Detail {
        session: SessionRef,
    },
    More {
        attention: Attention,
        count: usize,
    },
    /// An agent whose sessions are not known.
    Unlisted {
        agent: AgentKey,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    pub need_you: usize,
    pub failing: usize,
    pub running: usize,
    /// Sessions that may wait for somebody and were not asked yet.
    pub unasked: usize,
    /// Sessions of which the service would not or could not tell whether they wait.
    pub untold: usize,
    /// Agents that they belong to, and those whose sessions could not be listed.
    pub agents: usize,
    pub unlisted: usize,
    /// Sessions that are listed now, and those that we know of.
    pub shown: usize,
    pub loaded: usize,
    /// Everything was listed; otherwise there may be more.
    pub complete: bool,
}

impl Counts {
    /// Whether every session that is there was listed, and asked where it may wait.
    pub fn are_asked(&self) -> bool {
        self.complete && self.unasked == 0
    }

    /// What the other counts leave out, in words; `None` once they are whole.
    pub fn left_out(&self) -> Option<String> {
        if self.loaded == 0 && !self.complete {
            return Some("nothing listed yet".to_owned());
        }
        if self.unasked > 0 || !self.complete {
            let asked = units::grouped(self.loaded - self.unasked);
            let more = if self.complete { "" } else { "+" };
            return Some(format!("asked {asked} of {}{more}", units::grouped(self.loaded)));
        }
        let agents = (self.unlisted > 0).then(|| units::counted(self.unlisted, "agent"));
        let sessions = (self.untold > 0).then(|| units::grouped(self.untold));
        let unknown: Vec<String> = agents.into_iter().chain(sessions).collect();
        (!unknown.is_empty()).then(|| format!("{} not known", unknown.join(" and ")))
    }
}

/// Sessions of a group that is folded to begin with, shown until it is unfolded.
const FOLDED_SHOWN: usize = 3;

/// Which session was selected, and which lines were seen.
#[derive(Debug, Clone)]
pub struct Whereabouts {
    selected: Option<SessionRef>,
    viewport: Viewport,
}

#[derive(Debug, Clone, Default)]
pub struct Sessions {
    /// Boxed, because a tree leaves room for almost as many again.
    entries: BTreeMap<SessionRef, Box<SessionEntry>>,
    listings: Listings,
    selected: Option<SessionRef>,
    /// As it was typed, and what it asks for.
    filter: String,
    query: Option<Query>,
    /// What the service said of a part of it.
    served: Option<served::Served>,
    /// The filter is another one than at the last arrangement.
    refiltered: bool,
    /// The selected session is gone since the last arrangement.
    removed: bool,
    /// Where something happened since the person looked, while a filter may ask for it.
    news: BTreeSet<SessionRef>,
    unfolded: BTreeSet<Attention>,
    marks: marks::Marks,
    order: ListOrder,
    /// While rows keep their places.
    held: Option<order::Held>,
    /// Of a session how many wait that it made.
    waiting_below: BTreeMap<SessionRef, usize>,
    /// Those of a view, while its filter stands.
    columns: Option<Columns>,
    lines: Vec<ListLine>,
    counts: Counts,
    /// Over the lines.
    viewport: Viewport,
    /// Counts changes of the entries.
    version: u64,
    /// Counts those that are gone.
    removals: u64,
    /// What `arrange` was last done for, and when; until when it puts off what came since.
    arranged: Option<(arrange::Done, Timestamp)>,
    gathers_until: Option<Timestamp>,
}

impl Sessions {
    /// Differs whenever anything about any session does.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// Differs whenever a session that was there is not any more.
    pub fn removals(&self) -> u64 {
        self.removals
    }

    /// These are all agents that there are.
    pub fn apply_agents(&mut self, agents: &[AgentKey]) {
        self.version += u64::from(self.listings.expect(agents));
    }

    /// The sessions of an agent, or (`None`) the agents, could not be listed. Says whether that is
    /// new.
    pub fn apply_refusal(&mut self, agent: Option<&AgentKey>, why: Unlisted) -> bool {
        let is_new = self.listings.refused(agent, why);
        self.version += u64::from(is_new);
        is_new
    }

    /// Takes over a listing. A complete one also says which sessions are gone; they are returned.
    pub fn apply_listing(
        &mut self,
        agent: &AgentKey,
        sessions: Vec<Session>,
        complete: bool,
    ) -> Vec<SessionRef> {
        let mut gone = Vec::new();
        if complete {
            let listed: BTreeSet<_> = sessions.iter().map(Session::reference).collect();
            let known = self.entries.keys().filter(|name| name.agent == *agent);
            gone.extend(known.filter(|name| !listed.contains(name)).cloned());
            for name in &gone {
                self.remove(name);
            }
        }
        self.version += u64::from(self.listings.page(agent, complete));
        for session in sessions {
            self.apply_session(session);
        }
        gone
    }

    /// A listing of several pages has come to its end; says which sessions it did not contain.
    pub fn end_listing(
        &mut self,
        agent: &AgentKey,
        listed: &HashSet<SessionKey>,
    ) -> Vec<SessionRef> {
        self.version += u64::from(self.listings.ended(agent));
        let missing = self.entries.keys().filter(|name| name.agent == *agent);
        missing.filter(|name| !listed.contains(&name.key)).cloned().collect()
    }

    /// Takes over one session object, keeping what probes found.
    pub fn apply_session(&mut self, session: Session) {
        let name = session.reference();
        if let Some(entry) = self.entries.get_mut(&name) {
            if entry.session != session {
                entry.session = session;
                self.version += 1;
            }
        } else {
            self.version += 1;
            self.entries.insert(name, Box::new(SessionEntry::new(session)));
        }
    }

    /// The service took input: the session runs until a listing says otherwise.
    pub fn begin_turn(&mut self, name: &SessionRef) {
        if let Some(entry) = self.entries.get_mut(name) {
            entry.session.status = Some(SessionStatus::Running);
            self.version += 1;
        }
    }

    /// The service took the answers to every call of the session: none waits until a look says
    /// otherwise, as in the queue.
    pub fn note_answered(&mut self, name: &SessionRef) {
        if let Some(probe) = self.entries.get_mut(name).and_then(|entry| entry.probe.as_mut()) {
            probe.waiting.clear();
            probe.waiting_since = None;
            self.version += 1;
        }
    }

    /// Takes over a look at a session. What the listing has said only since `asked_at` is not
    /// covered by it: such a session still counts as changed, and is looked at again.
    pub fn apply_probe(&mut self, name: &SessionRef, probe: Probe, asked_at: Timestamp) {
        if let Some(entry) = self.entries.get_mut(name) {
            self.version += 1;
            entry.probe = Some(probe);
            entry.probed_at = Some(asked_at);
            let overtaken = entry.changed_since(asked_at);
            entry.probed_fingerprint = (!overtaken).then(|| entry.fingerprint());
        }
    }

    pub fn remove(&mut self, name: &SessionRef) {
        self.entries.remove(name);
        self.marks.forget(name);
        self.removed |= self.selected.as_ref() == Some(name);
        self.version += 1;
        self.removals += 1;
        // No line is about what is not there.
        self.arranged = None;
    }

    /// Whether the sessions of this agent were listed at all.
    pub fn has_listed(&self, agent: &AgentKey) -> bool {
        self.listings.any_page(agent)
    }

    /// Why the sessions of an agent are not known.
    pub fn unlisted(&self, agent: &AgentKey) -> Option<&Unlisted> {
        self.listings.refusals().find(|(of, _)| *of == agent).map(|(_, why)| why)
    }

    /// Why the agents are not known.
    pub fn no_agents(&self) -> Option<&Unlisted> {
        self.listings.no_agents()
    }

    /// Whether agents were listed; how many there are, and of how many the sessions are awaited.
    pub fn awaited(&self) -> Option<(usize, usize)> {
        self.listings.have_begun().then(|| self.listings.awaited())
    }

    pub fn get(&self, name: &SessionRef) -> Option<&SessionEntry> {
        self.entries.get(name).map(Box::as_ref)
    }

    /// The name of a session that is known, as it is kept.
    pub fn named(&self, name: &SessionRef) -> Option<&SessionRef> {
        self.entries.get_key_value(name).map(|(name, _)| name)
    }

    pub fn iter(&self) -> impl Iterator<Item = (&SessionRef, &SessionEntry)> {
        self.entries.iter().map(|(name, entry)| (name, entry.as_ref()))
    }

    pub fn counts(&self) -> Counts {
        self.counts
    }

    pub fn lines(&self) -> &[ListLine] {
        &self.lines
    }

    /// Lines on the screen.
    pub fn seen(&self) -> &[ListLine] {
        &self.lines[self.viewport.seen(self.lines.len())]
    }

    pub fn selected(&self) -> Option<&SessionRef> {
        self.selected.as_ref()
    }

    pub fn select(&mut self, name: &SessionRef) {
        self.selected = Some(name.clone());
        self.removed = false;
    }

    pub fn whereabouts(&self) -> Whereabouts {
        Whereabouts { selected: self.selected.clone(), viewport: self.viewport }
    }

    pub fn return_to(&mut self, place: &Whereabouts) {
        (self.selected, self.viewport) = (place.selected.clone(), place.viewport);
    }

    pub fn filter(&self) -> &str {
        &self.filter
    }

    /// What a view wants beside the name, while it is shown.
    pub fn columns(&self) -> Option<&Columns> {
        self.columns.as_ref()
    }

    /// Shows only sessions that pass.
    pub fn set_filter(&mut self, filter: &str, query: Option<Query>) {
        filter.clone_into(&mut self.filter);
        if query.is_none() {
            self.columns = None;
        }
        self.query = query;
        self.refiltered = true;
        self.arranged = None;
    }

    /// Says where something happened since the person looked; nobody asks without a filter.
    pub fn note_news(&mut self, has_news: impl Fn(&SessionRef, Option<Timestamp>) -> bool) {
        if self.query.is_none() {
            return;
        }
        let last =
            |entry: &SessionEntry| entry.probe.as_ref().and_then(|probe| probe.last_event_at);
        let news = self.entries.iter().filter(|(name, entry)| has_news(name, last(entry)));
        let news: BTreeSet<SessionRef> = news.map(|(name, _)| name.clone()).collect();
        if news != self.news {
            self.news = news;
            self.arranged = None;
        }
    }

    /// Folds or unfolds the group of the selected session; where that never folds, those that do.
    pub fn toggle_groups(&mut self) {
        let own = self.selected.as_ref().and_then(|name| self.entries.get(name));
        let own = own.map(|entry| entry.attention).filter(|group| group.begins_folded());
        let folding = Attention::ALL.into_iter().filter(|group| group.begins_folded());
        let groups: Vec<Attention> = own.map_or_else(|| folding.collect(), |own| vec![own]);
        let unfold = !groups.iter().all(|group| self.unfolded.contains(group));
        for group in groups {
            if unfold {
                self.unfolded.insert(group);
            } else {
                self.unfolded.remove(&group);
            }
        }
        self.arranged = None;
    }

    fn position(&self) -> Option<usize> {
        let selected = self.selected.as_ref()?;
        self.lines.iter().position(
            |line| matches!(line, ListLine::Session { session, .. } if session == selected),
        )
    }

    /// When the selected session is gone, or left out by another filter, the one that took its
    /// place is selected. Where there is none, or where it was never listed, it stays the selected
    /// one, out of sight.
    fn keep_selection(&mut self, before: Option<usize>, refiltered: bool) {
        let removed = std::mem::take(&mut self.removed);
        let known = self.selected.is_some() && !removed;
        let left_out = refiltered && self.query.is_some() && self.position().is_none();
        if known && !left_out {
            return;
        }
        let names: Vec<(usize, &SessionRef)> = self.session_lines().collect();
        let wanted = before.unwrap_or(0);
        let next = names.iter().find(|(at, _)| *at >= wanted).or(names.last());
        if next.is_some() || !known {
            self.selected = next.map(|(_, name)| (*name).clone());
        }
    }

    fn session_lines(&self) -> impl Iterator<Item = (usize, &SessionRef)> {
        self.lines.iter().enumerate().filter_map(|(at, line)| match line {
            ListLine::Session { session, .. } => Some((at, session)),
            _ => None,
        })
    }

    /// Moves the selection to the furthest session within a motion over the lines, and past lines of
    /// no session at least to the next one.
    pub fn go(&mut self, motion: Motion) {
        let Some(at) = self.position() else { return self.move_selection(0) };
        if motion.scrolls().is_some() {
            self.viewport.select(at);
            self.viewport.go(motion, self.lines.len());
            return self.select_near(at, self.viewport.at());
        }
        let to = motion.from(at, self.lines.len(), self.viewport.height());
        let is_ahead = |line: usize| if motion.is_forward() { line > at } else { line < at };
        let mut ahead: Vec<_> = self.session_lines().filter(|(line, _)| is_ahead(*line)).collect();
        if !motion.is_forward() {
            ahead.reverse();
        }
        let far = ahead.iter().rfind(|(line, _)| line.abs_diff(at) <= to.abs_diff(at));
        if let Some((_, name)) = far.or(ahead.first()) {
            self.selected = Some((*name).clone());
        }
    }

    /// Moves the selection from a line to another, or to the first session beyond that, if there is one.
    fn select_near(&mut self, at: usize, to: usize) {
        let found = if to > at {
            self.session_lines().find(|(line, _)| *line >= to)
        } else {
            self.session_lines().filter(|(line, _)| *line <= to).last()
        };
        let found = found.filter(|_| to != at).map(|(_, name)| name.clone());
        if found.is_some() {
            self.selected = found;
        }
    }

    /// The session that a line of the list belongs to.
    pub fn at_line(&self, line: usize) -> Option<&SessionRef> {
        match self.lines.get(line)? {
            ListLine::Session { session, .. } | ListLine::Detail { session } => Some(session),
            ListLine::Blank
            | ListLine::Heading { .. }
            | ListLine::More { .. }
            | ListLine::Unlisted { .. } => None,
        }
    }

    /// First line on the screen.
    pub fn top(&self) -> usize {
        self.viewport.top()
    }

    /// Moves the selection by whole sessions, stopping at the ends.
    pub fn move_selection(&mut self, by: isize) {
        let names: Vec<&SessionRef> = self.session_lines().map(|(_, name)| name).collect();
        let now = self.selected.as_ref().and_then(|s| names.iter().position(|name| *name == s));
        let last = names.len().saturating_sub(1);
        let to = now.map_or(0, |now| now.saturating_add_signed(by).min(last));
        if let Some(name) = names.get(to) {
            self.selected = Some((*name).clone());
        }
    }

    /// Scrolls just enough that the selection is within `height` lines, its second line too, and its
    /// heading if near.
    pub fn settle(&mut self, height: usize) {
        let (mut above, mut below) = (0, 0);
        if let Some(at) = self.position() {
            let is_detail = |line: &ListLine| matches!(line, ListLine::Detail { .. });
            let before = at.checked_sub(1).and_then(|above| self.lines.get(above));
            above = usize::from(matches!(before, Some(ListLine::Heading { .. })));
            below = usize::from(self.lines.get(at + 1).is_some_and(is_detail));
            self.viewport.select(at);
        }
        self.viewport.settle_around(self.lines.len(), height.max(1), above, below);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn session(key: &str, status: &str, parent: Option<&str>) -> Session {
        serde_json::from_value(json!({
            "key": key, "agent_key": "a", "name": key, "enabled": true, "status": status,
            "created_by_session_key": parent, "created_at": "2026-05-03T14:00:00.000Z"
        }))
        .unwrap()
    }

    fn now() -> Timestamp {
        "2026-05-03T14:10:00Z".parse().unwrap()
    }

    fn name(key: &str) -> SessionRef {
        SessionRef::new("a", key)
    }

    fn order(sessions: &Sessions) -> Vec<(String, usize)> {
        let lines = sessions.lines().iter().filter_map(|line| match line {
            ListLine::Session { session, depth } => Some((session.key.to_string(), *depth)),
            _ => None,
        });
        lines.collect()
    }

    #[test]
    fn most_urgent_first_and_children_below_their_parent() {
        let mut sessions = Sessions::default();
        let all = vec![
            session("idle", "stopped", None),
            session("kid", "running", Some("run")),
            session("loud", "running", Some("run")),
            session("run", "running", None),
        ];
        sessions.apply_listing(&"a".into(), all, true);
        let waiting = Probe { waiting: vec!["t".into()], ..Probe::default() };
        sessions.apply_probe(&name("loud"), waiting, now());
        sessions.apply_probe(&name("idle"), Probe::default(), now());
        sessions.arrange(now(), false);
        let wanted = [("run", 0), ("loud", 1), ("kid", 1), ("idle", 0)];
        assert_eq!(order(&sessions), wanted.map(|(key, depth)| (key.to_owned(), depth)));
        assert_eq!(sessions.counts().need_you, 1);
        assert_eq!(sessions.waiting_below(&name("run")), 1, "as urgent as its child, and says why");
        assert!(matches!(sessions.lines()[0], ListLine::Heading { count: 1, .. }));
    }

    #[test]
    fn the_selection_follows_its_session_and_falls_to_the_neighbour() {
        let mut sessions = Sessions::default();
        let all = ["b", "c", "d"].map(|key| session(key, "stopped", None)).to_vec();
        sessions.apply_listing(&"a".into(), all.clone(), true);
        sessions.arrange(now(), false);
        sessions.select(&name("c"));
        let waiting = Probe { waiting: vec!["t".into()], ..Probe::default() };
        sessions.apply_probe(&name("d"), waiting, now());
        sessions.arrange(now(), false);
        assert_eq!(sessions.selected(), Some(&name("c")));
        sessions.apply_listing(&"a".into(), vec![all[0].clone(), all[2].clone()], true);
        sessions.arrange(now(), false);
        assert!(sessions.selected().is_some_and(|s| *s != name("c")));
    }

    #[test]
    fn it_scrolls_as_every_list_does_and_skips_what_is_no_session() {
        let mut sessions = Sessions::default();
        let all = (10..30).map(|n| session(&n.to_string(), "running", None)).collect();
        sessions.apply_listing(&"a".into(), all, true);
        sessions.arrange(now(), false);
        let list = sessions.clone();
        crate::viewport::assert_scrolls(list, |list| list.viewport, Sessions::go, Sessions::settle);
        sessions.apply_session(session("idle", "stopped", None));
        sessions.apply_probe(&name("idle"), Probe::default(), now());
        sessions.arrange(now(), true);
        sessions.settle(9);
        for (motion, key) in [
            (Motion::Last, "idle"),
            (Motion::Up, "29"),
            (Motion::Down, "idle"),
            (Motion::First, "10"),
        ] {
            sessions.go(motion);
            assert_eq!(sessions.selected(), Some(&name(key)), "{motion:?}");
        }
    }

    #[test]
    fn a_filter_asks_for_states_and_for_what_is_new() {
        let mut sessions = Sessions::default();
        let all = vec![session("old", "stopped", None), session("run", "running", None)];
        sessions.apply_listing(&"a".into(), all, true);
        let mut shows = |text: &str| {
            let query = Query::parse(text, crate::query::Domain::Sessions).unwrap();
            sessions.set_filter(text, Some(query));
            sessions.note_news(|name, _| name.key.as_str() == "old");
            sessions.arrange(now(), false);
            order(&sessions).into_iter().map(|(key, _)| key).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(shows("is:running"), "run");
        assert_eq!(shows("is:new"), "old");
        assert_eq!(shows("age:<5m or agent:b"), "");
        assert_eq!(shows("age:10m..1h !is:idle"), "run");
    }

    fn changed(sessions: &Sessions) -> usize {
        sessions.iter().filter(|(_, entry)| entry.is_changed()).count()
    }

    #[test]
    fn a_probe_is_due_only_after_a_change() {
        let mut sessions = Sessions::default();
        sessions.apply_listing(&"a".into(), vec![session("b", "running", None)], true);
        assert_eq!(changed(&sessions), 1);
        sessions.apply_probe(&name("b"), Probe::default(), now());
        sessions.apply_listing(&"a".into(), vec![session("b", "running", None)], false);
        assert_eq!(changed(&sessions), 0);
        sessions.apply_listing(&"a".into(), vec![session("b", "stopped", None)], false);
        assert_eq!(changed(&sessions), 1);
    }

    #[test]
    fn a_change_during_a_probe_asks_for_another_one() {
        let mut sessions = Sessions::default();
        let listed = |status: &str| -> Session {
            serde_json::from_value(json!({"key": "s", "agent_key": "a", "name": "s",
                "enabled": true, "status": status, "created_at": "2026-05-03T14:00:00Z"}))
            .unwrap()
        };
        let later = |seconds| now() + jiff::SignedDuration::from_secs(seconds);
        sessions.apply_listing(&"a".into(), vec![listed("running")], true);
        sessions.arrange(now(), false);
        sessions.apply_listing(&"a".into(), vec![listed("stopped")], true);
        sessions.arrange(later(2), false);
        let name = SessionRef::new("a", "s");
        sessions.apply_probe(&name, Probe::default(), later(1));
        assert_eq!(changed(&sessions), 1);
        sessions.apply_probe(&name, Probe::default(), later(3));
        assert_eq!(changed(&sessions), 0);
        // Where news are gathered, nobody knows yet which came first.
        sessions.apply_listing(&"a".into(), vec![listed("running")], true);
        sessions.apply_probe(&name, Probe::default(), later(4));
        assert_eq!(changed(&sessions), 1);
    }

    #[test]
    fn one_that_just_stopped_stays_where_it_is_until_it_is_known_or_takes_too_long() {
        let at = |second: i64| Timestamp::from_second(1_000 + second).unwrap();
        let mut sessions = Sessions::default();
        let name = SessionRef::new("a", "s");
        sessions.apply_listing(&"a".into(), vec![session("s", "running", None)], true);
        let probe = Probe { calls: CallsAnswer::NotAsked, ..Probe::default() };
        sessions.apply_probe(&name, probe, at(0));
        let attention = |sessions: &mut Sessions, second: i64| {
            sessions.version += 1;
            sessions.arrange(at(second), false);
            (sessions.get(&name).unwrap().attention, sessions.counts().left_out())
        };
        assert_eq!(attention(&mut sessions, 1), (Attention::Running, None));
        sessions.apply_session(session("s", "stopped", None));
        assert_eq!(attention(&mut sessions, 2), (Attention::Running, None));
        assert_eq!(attention(&mut sessions, 4), (Attention::Running, None));
        let unknown = (Attention::Unknown, Some("asked 0 of 1".to_owned()));
        assert_eq!(attention(&mut sessions, 5), unknown);
    }
}
