//! Order on the screen: groups by urgency, children below their parents, lines to draw.

use std::collections::{BTreeMap, HashMap};

use jiff::SignedDuration;

use super::facts::Listed;
use super::order::{Place, SortBy};
use super::{CallsAnswer, Counts, FOLDED_SHOWN, ListLine, SessionEntry, Sessions};
use crate::api::{SessionRef, SessionStatus, Timestamp};
use crate::model::attention::{Attention, Urgency};
use crate::query::Answer;

/// Urgency by the clock moves in minutes; looking every few seconds is soon enough.
const TIME_STEP: i64 = 10;

/// Sessions from which on news of them are gathered for a moment, instead of being put in order one by
/// one: to order so many takes longer than the next of them is away.
const MANY: usize = 1_000;
const GATHERED: SignedDuration = SignedDuration::from_millis(250);

/// What an arrangement was made for: the same again would give the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Done {
    version: u64,
    time: i64,
    details: bool,
    rows: usize,
}

impl Sessions {
    /// Works out urgency, order and lines anew. `details` asks for second lines and for air
    /// between groups. Call it after any change, and when time alone may have changed something.
    pub fn arrange(&mut self, now: Timestamp, details: bool) {
        let rows = self.viewport.height();
        let time = now.as_second() / TIME_STEP;
        let wanted = Done { version: self.version, time, details, rows };
        if self.arranged.is_some_and(|(done, _)| done == wanted) {
            return;
        }
        self.gathers_until = self.gathers(wanted, now);
        if self.gathers_until.is_some() {
            return;
        }
        self.arranged = Some((wanted, now));
        let before = self.position();
        let refiltered = std::mem::take(&mut self.refiltered);
        // What is under the bar is not taken away by news about it, only by a person.
        let kept = self.selected.clone().filter(|_| before.is_some() && !refiltered);
        for entry in self.entries.values_mut() {
            entry.note_change(now);
            let attention = Attention::of(&entry.session, entry.probe.as_ref(), now);
            if attention != Attention::Unknown || !entry.has_just_stopped(now) {
                entry.attention = attention;
            }
        }
        let is_kept = |name: &SessionRef| kept.as_ref() == Some(name);
        let named = self.iter().enumerate();
        let shown: Vec<Shown> = named
            .filter(|(_, (name, _))| is_kept(name) || self.matches_filter(name, now))
            .map(|(nth, (name, entry))| Shown { nth, name, entry, urgency: entry.urgency(now) })
            .collect();
        let count = shown.len();
        let Arranged { lines, waiting_below, placed } = self.arrangement(&shown, now, details);
        (self.lines, self.waiting_below) = (lines, waiting_below);
        if let Some(placed) = placed {
            self.note_places(placed);
        }
        self.count(count);
        self.keep_selection(before, refiltered);
    }

    /// Until when the last arrangement will do, where nothing but news of many sessions asks for another.
    fn gathers(&self, wanted: Done, now: Timestamp) -> Option<Timestamp> {
        let (done, at) = self.arranged?;
        let same = (done.details, done.rows) == (wanted.details, wanted.rows);
        self.gathered_since(at, now).filter(|_| same)
    }

    /// Whether to go through all of them takes so long that it is not done for one of them.
    pub fn are_many(&self) -> bool {
        self.entries.len() > MANY
    }

    /// Until when news wait to be worked through together, by one who did that last at `last`; `None`
    /// where now is the time.
    pub fn gathered_since(&self, last: Timestamp, now: Timestamp) -> Option<Timestamp> {
        let until = last.checked_add(GATHERED).ok().filter(|_| self.are_many())?;
        // A clock that was set back lets nobody wait.
        (last <= now && now < until).then_some(until)
    }

    fn count(&mut self, shown: usize) {
        self.counts = Counts {
            shown,
            loaded: self.entries.len(),
            complete: self.listings.are_whole(),
            unlisted: self.listings.refusals().count(),
            ..Counts::default()
        };
        let mut agents: Vec<_> = self.entries.keys().map(|name| &name.agent).collect();
        agents.dedup();
        self.counts.agents = agents.len();
        for entry in self.entries.values() {
            match entry.attention {
                Attention::NeedsYou => self.counts.need_you += 1,
                Attention::Failing => self.counts.failing += 1,
                Attention::Running => self.counts.running += 1,
                Attention::Unknown | Attention::ExpiresSoon | Attention::Idle => {}
            }
            let unstarted = entry.session.status == Some(SessionStatus::Unstarted);
            match &entry.probe {
                None if !unstarted => self.counts.unasked += 1,
                // Of one that runs its status says enough, until it was asked in vain.
                Some(probe) => match probe.calls {
                    CallsAnswer::NotAsked if entry.attention == Attention::Unknown => {
                        self.counts.unasked += 1;
                    }
                    CallsAnswer::Forbidden | CallsAnswer::Failed => self.counts.untold += 1,
                    CallsAnswer::NotAsked | CallsAnswer::Told => {}
                },
                None => {}
            }
        }
    }

    /// When [`Self::arrange`] has to be called again for what it put off.
    pub fn next_arrangement(&self) -> Option<Timestamp> {
        self.gathers_until
    }

    /// All that pass the filter, in whichever group and folded or not, the latest sign of life first.
    pub fn newest_passing(&self, now: Timestamp) -> Vec<SessionRef> {
        let passing = self.iter().filter(|(name, _)| self.matches_filter(name, now));
        let mut passing: Vec<(&SessionRef, &SessionEntry)> = passing.collect();
        passing.sort_by_key(|(_, entry)| std::cmp::Reverse(entry.last_sign()));
        passing.into_iter().map(|(name, _)| name.clone()).collect()
    }

    fn matches_filter(&self, name: &SessionRef, now: Timestamp) -> bool {
        let (Some(query), Some(entry)) = (&self.query, self.get(name)) else {
            return true;
        };
        let listed = Listed { entry, new: self.news.contains(name) };
        self.is_served(name) && query.session(&listed, now) == Answer::Yes
    }

    fn arrangement(&self, shown: &[Shown], now: Timestamp, details: bool) -> Arranged {
        let tree = Tree::of(shown);
        let waiting_below = tree
            .waiting_below
            .iter()
            .map(|(at, count)| (shown[*at].name.clone(), *count))
            .collect();
        if self.order.by != SortBy::Urgency {
            let mut names: Vec<SessionRef> = shown.iter().map(|one| one.name.clone()).collect();
            names.sort_by(|one, two| self.by_column(one, two, now));
            return Arranged { lines: self.flat(names), waiting_below, placed: None };
        }
        let root = |(at, urgency): (usize, Urgency)| {
            let held = shown[at].entry.place.filter(|_| self.held.is_some());
            let group = held.map_or(urgency.attention(), |place| place.group);
            Root { at, group, rank: held.map_or(usize::MAX, |place| place.rank), urgency }
        };
        let mut roots: Vec<Root> = tree.roots().map(root).collect();
        roots.sort_by(|one, two| {
            let order = one.order().cmp(&two.order());
            let reverse = self.order.reversed && one.group == two.group;
            if reverse { order.reverse() } else { order }
        });
        let mut placed = vec![None; self.entries.len()];
        for (rank, root) in roots.iter().enumerate() {
            placed[shown[root.at].nth] = Some(Place { group: root.urgency.attention(), rank });
        }
        let mut groups: BTreeMap<Attention, Vec<usize>> = BTreeMap::new();
        for root in &roots {
            groups.entry(root.group).or_default().push(root.at);
        }
        let lines = self.lines_of(shown, &groups, &tree, details);
        Arranged { lines, waiting_below, placed: Some(placed) }
    }

    /// Where each entry belongs among the roots. Those that hold their places only tell whether one of
    /// them would move.
    fn note_places(&mut self, placed: Vec<Option<Place>>) {
        if let Some(held) = &mut self.held {
            let mut both = self.entries.values().zip(placed);
            held.out_of_place = both.any(|(entry, belongs)| {
                entry.place.zip(belongs).is_some_and(|(is, belongs)| is.group != belongs.group)
            });
            return;
        }
        for (entry, place) in self.entries.values_mut().zip(placed) {
            entry.place = place;
        }
    }

    /// Without groups: what order they have says the heading.
    fn flat(&self, names: Vec<SessionRef>) -> Vec<ListLine> {
        let mut lines: Vec<ListLine> =
            names.into_iter().map(|session| ListLine::Session { session, depth: 0 }).collect();
        lines.extend(self.unlisted_lines());
        lines
    }

    fn unlisted_lines(&self) -> Vec<ListLine> {
        let wanted = self.query.is_none();
        let unlisted = self.listings.refusals().filter(|_| wanted);
        unlisted.map(|(agent, _)| ListLine::Unlisted { agent: agent.clone() }).collect()
    }

    fn lines_of(
        &self,
        shown: &[Shown],
        groups: &BTreeMap<Attention, Vec<usize>>,
        tree: &Tree,
        details: bool,
    ) -> Vec<ListLine> {
        let unlisted = self.unlisted_lines();
        let mut counts: BTreeMap<Attention, usize> = BTreeMap::new();
        for one in shown {
            *counts.entry(one.entry.attention).or_default() += 1;
        }
        let selected = self.selected.as_ref().and_then(|name| Shown::find(shown, name));
        let folds = |group: Attention| {
            group.begins_folded() && self.query.is_none() && !self.unfolded.contains(&group)
        };
        // What does not fold comes first in any case; the rest has the rows that are left.
        let air = if details { groups.len().saturating_sub(1) } else { 0 };
        let fixed = groups.iter().filter(|(group, _)| !folds(**group));
        let rows = |root: usize| tree.rows(shown, root, details);
        let fixed = fixed.flat_map(|(_, roots)| roots.iter().map(|root| rows(*root)));
        let taken = fixed.sum::<usize>() + groups.len() + air + unlisted.len();
        let mut free = self.viewport.height().saturating_sub(taken);
        let mut lines = Vec::new();
        for (group, roots) in groups {
            if details && !lines.is_empty() {
                lines.push(ListLine::Blank);
            }
            let count = counts.get(group).copied().unwrap_or(roots.len());
            lines.push(ListLine::Heading { attention: *group, count });
            let before = lines.len();
            // The line that says how many more there are needs a row, too.
            let room = free.saturating_sub(1).max(FOLDED_SHOWN);
            let has_selected = |root: &usize| selected.is_some_and(|name| tree.has(*root, name));
            let selected = roots.iter().position(has_selected);
            for (at, root) in roots.iter().enumerate() {
                let used = lines.len() - before;
                let last = at + 1 == roots.len();
                let fits = used + rows(*root) <= room + usize::from(last);
                if folds(*group) && !fits && selected.is_none_or(|selected| selected < at) {
                    let count = roots[at..].iter().map(|root| tree.size(*root)).sum();
                    lines.push(ListLine::More { attention: *group, count });
                    break;
                }
                tree.push(&mut lines, shown, *root, 0, details);
            }
            if folds(*group) {
                free = free.saturating_sub(lines.len() - before);
            }
        }
        lines.extend(unlisted);
        lines
    }

    fn parent(entry: &SessionEntry) -> Option<SessionRef> {
        let key = entry.session.created_by_session_key.as_ref()?;
        let agent = entry.session.created_by_agent_key.as_ref().unwrap_or(&entry.session.agent_key);
        Some(SessionRef { agent: agent.clone(), key: key.clone() })
    }

    /// Sessions that it made, directly or not, and that wait for somebody.
    pub fn waiting_below(&self, name: &SessionRef) -> usize {
        self.waiting_below.get(name).copied().unwrap_or(0)
    }
}

/// Levels of children that are shown.
const DEEPEST: usize = 8;

/// A session that passes the filter. In the order of names, others are told by their index.
struct Shown<'a> {
    /// Among all entries.
    nth: usize,
    name: &'a SessionRef,
    entry: &'a SessionEntry,
    urgency: Urgency,
}

impl Shown<'_> {
    fn find(shown: &[Self], name: &SessionRef) -> Option<usize> {
        shown.binary_search_by(|one| one.name.cmp(name)).ok()
    }

    /// Whether there is something to say in a second line.
    fn has_detail(&self) -> bool {
        let urgent = matches!(self.entry.attention, Attention::NeedsYou | Attention::Failing);
        urgent && self.entry.probe.is_some()
    }
}

/// One with no parent above it.
struct Root {
    at: usize,
    group: Attention,
    /// Where it is held.
    rank: usize,
    urgency: Urgency,
}

impl Root {
    fn order(&self) -> (Attention, usize, Urgency) {
        (self.group, self.rank, self.urgency)
    }
}

struct Arranged {
    lines: Vec<ListLine>,
    waiting_below: BTreeMap<SessionRef, usize>,
    /// Of every entry, where there are groups.
    placed: Option<Vec<Option<Place>>>,
}

/// Who stands below whom: a session below the one that made it, as far as that is shown.
struct Tree {
    /// Of those that are roots, the most urgent that stands below it, itself among them.
    roots: Vec<Option<Urgency>>,
    children: HashMap<usize, Vec<(Urgency, usize)>>,
    waiting_below: HashMap<usize, usize>,
}

impl Tree {
    fn of(shown: &[Shown]) -> Self {
        let parent = |(at, one): (usize, &Shown)| {
            let parent = Sessions::parent(one.entry)?;
            Shown::find(shown, &parent).filter(|parent| *parent != at)
        };
        let parents: Vec<Option<usize>> = shown.iter().enumerate().map(parent).collect();
        let mut roots: Vec<Option<Urgency>> = vec![None; shown.len()];
        let mut children: HashMap<usize, Vec<(Urgency, usize)>> = HashMap::new();
        let mut waiting_below: HashMap<usize, usize> = HashMap::new();
        for (at, Shown { urgency, .. }) in shown.iter().enumerate() {
            let mut above = Vec::new();
            while let Some(parent) = parents[above.last().copied().unwrap_or(at)]
                && above.len() <= DEEPEST
            {
                above.push(parent);
            }
            // Who is its own ancestor, or too far down, stands by itself.
            let root = match (parents[at], above.last()) {
                (Some(parent), Some(root)) if above.len() <= DEEPEST => {
                    children.entry(parent).or_default().push((*urgency, at));
                    if urgency.attention() == Attention::NeedsYou {
                        for above in &above {
                            *waiting_below.entry(*above).or_default() += 1;
                        }
                    }
                    *root
                }
                _ => at,
            };
            // It is as urgent as its most urgent child.
            roots[root] = Some(roots[root].map_or(*urgency, |other| other.min(*urgency)));
        }
        for children in children.values_mut() {
            children.sort_unstable();
        }
        Self { roots, children, waiting_below }
    }

    fn roots(&self) -> impl Iterator<Item = (usize, Urgency)> {
        self.roots.iter().enumerate().filter_map(|(at, urgency)| Some((at, (*urgency)?)))
    }

    fn children(&self, of: usize) -> impl Iterator<Item = usize> {
        self.children.get(&of).into_iter().flatten().map(|(_, child)| *child)
    }

    /// Sessions of a root, itself among them.
    fn size(&self, root: usize) -> usize {
        1 + self.children(root).map(|child| self.size(child)).sum::<usize>()
    }

    fn has(&self, root: usize, one: usize) -> bool {
        root == one || self.children(root).any(|child| self.has(child, one))
    }

    /// Lines that a root takes, with all that stands below it.
    fn rows(&self, shown: &[Shown], root: usize, details: bool) -> usize {
        let below: usize = self.children(root).map(|child| self.rows(shown, child, details)).sum();
        1 + usize::from(details && shown[root].has_detail()) + below
    }

    fn push(
        &self,
        lines: &mut Vec<ListLine>,
        shown: &[Shown],
        at: usize,
        depth: usize,
        details: bool,
    ) {
        let session = shown[at].name;
        lines.push(ListLine::Session { session: session.clone(), depth });
        if details && shown[at].has_detail() {
            lines.push(ListLine::Detail { session: session.clone() });
        }
        if depth < DEEPEST {
            for child in self.children(at) {
                self.push(lines, shown, child, depth + 1, details);
            }
        }
    }
}
