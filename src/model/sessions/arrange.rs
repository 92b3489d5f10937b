//! Order on the screen: groups by urgency, children below their parents, lines to draw.

use std::collections::{BTreeMap, BTreeSet};

use super::facts::Listed;
use super::order::SortBy;
use super::{CallsAnswer, Counts, FOLDED_SHOWN, ListLine, SessionEntry, Sessions};
use crate::api::{SessionRef, SessionStatus, Timestamp};
use crate::model::attention::{Attention, Urgency};
use crate::query::Answer;

/// Urgency by the clock moves in minutes; looking every few seconds is soon enough.
const TIME_STEP: i64 = 10;

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
        let done = Done { version: self.version, time, details, rows };
        if self.arranged.replace(done) == Some(done) {
            return;
        }
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
        let passes =
            |name: &&SessionRef| kept.as_ref() == Some(*name) || self.matches_filter(name, now);
        let shown: Vec<SessionRef> = self.entries.keys().filter(passes).cloned().collect();
        self.counts = Counts {
            shown: shown.len(),
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
        self.lines = self.make_lines(&shown, now, details);
        self.keep_selection(before, refiltered);
    }

    /// All that pass the filter, in whichever group and folded or not, the latest sign of life first.
    pub fn newest_passing(&self, now: Timestamp) -> Vec<SessionRef> {
        let passing = self.entries.iter().filter(|(name, _)| self.matches_filter(name, now));
        let mut passing: Vec<(&SessionRef, &SessionEntry)> = passing.collect();
        passing.sort_by_key(|(_, entry)| std::cmp::Reverse(entry.last_sign()));
        passing.into_iter().map(|(name, _)| name.clone()).collect()
    }

    fn matches_filter(&self, name: &SessionRef, now: Timestamp) -> bool {
        let (Some(query), Some(entry)) = (&self.query, self.entries.get(name)) else {
            return true;
        };
        let listed = Listed { entry, new: self.news.contains(name) };
        self.is_served(name) && query.session(&listed, now) == Answer::Yes
    }

    /// The lines, and which roots stand in which group.
    fn make_lines(&mut self, shown: &[SessionRef], now: Timestamp, details: bool) -> Vec<ListLine> {
        if self.order.by != SortBy::Urgency {
            self.waiting_below = self.tree(shown, now).waiting_below;
            let mut names = shown.to_vec();
            names.sort_by(|one, two| self.by_column(one, two, now));
            return self.flat(names);
        }
        let tree = self.tree(shown, now);
        let mut roots: Vec<(&SessionRef, Urgency)> =
            tree.roots.iter().map(|(n, u)| (n, *u)).collect();
        let place = |name: &SessionRef, urgency: Urgency| {
            let group = self.places.group(name).filter(|_| self.held.is_some());
            let rank = self.held.map_or(usize::MAX, |_| self.places.rank(name));
            (group.unwrap_or(urgency.attention()), rank, urgency)
        };
        roots.sort_by(|(one, a), (two, b)| {
            let order = place(one, *a).cmp(&place(two, *b));
            let reverse = self.order.reversed && place(one, *a).0 == place(two, *b).0;
            if reverse { order.reverse() } else { order }
        });
        let mut groups: BTreeMap<Attention, Vec<&SessionRef>> = BTreeMap::new();
        for (name, urgency) in &roots {
            groups.entry(place(name, *urgency).0).or_default().push(name);
        }
        let out_of_place = |(name, urgency): &(&SessionRef, Urgency)| {
            self.places.group(name).is_some_and(|group| group != urgency.attention())
        };
        let moved = roots.iter().any(out_of_place);
        let lines = self.lines_of(&groups, &tree, details);
        let placed: Vec<(SessionRef, Attention)> =
            roots.iter().map(|(name, urgency)| ((*name).clone(), urgency.attention())).collect();
        if let Some(held) = &mut self.held {
            held.out_of_place = moved;
        }
        self.waiting_below = tree.waiting_below;
        if self.held.is_none() {
            self.places.note(placed.into_iter());
        }
        lines
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
        groups: &BTreeMap<Attention, Vec<&SessionRef>>,
        tree: &Tree,
        details: bool,
    ) -> Vec<ListLine> {
        let unlisted = self.unlisted_lines();
        let mut counts: BTreeMap<Attention, usize> = BTreeMap::new();
        for name in &tree.all {
            *counts.entry(self.entries[name].attention).or_default() += 1;
        }
        let folds = |group: Attention| {
            group.begins_folded() && self.query.is_none() && !self.unfolded.contains(&group)
        };
        // What does not fold comes first in any case; the rest has the rows that are left.
        let air = if details { groups.len().saturating_sub(1) } else { 0 };
        let fixed = groups.iter().filter(|(group, _)| !folds(**group));
        let rows = |root: &SessionRef| self.rows_of(root, tree, details);
        let fixed = fixed.flat_map(|(_, roots)| roots.iter().map(|root| rows(root)));
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
            let selected = roots.iter().position(|root| tree.has(root, self.selected.as_ref()));
            for (at, root) in roots.iter().enumerate() {
                let used = lines.len() - before;
                let last = at + 1 == roots.len();
                let fits = used + rows(root) <= room + usize::from(last);
                if folds(*group) && !fits && selected.is_none_or(|selected| selected < at) {
                    let count = roots[at..].iter().map(|root| tree.size(root)).sum();
                    lines.push(ListLine::More { attention: *group, count });
                    break;
                }
                self.push_tree(&mut lines, root, tree, 0, details);
            }
            if folds(*group) {
                free = free.saturating_sub(lines.len() - before);
            }
        }
        lines.extend(unlisted);
        lines
    }

    /// Lines that a root takes, with all that stands below it.
    fn rows_of(&self, root: &SessionRef, tree: &Tree, details: bool) -> usize {
        let children = tree.children.get(root).into_iter().flatten();
        let below: usize = children.map(|(_, child)| self.rows_of(child, tree, details)).sum();
        1 + usize::from(details && self.has_detail(root)) + below
    }

    /// Whether there is something to say in a second line.
    fn has_detail(&self, name: &SessionRef) -> bool {
        let entry = &self.entries[name];
        let urgent = matches!(entry.attention, Attention::NeedsYou | Attention::Failing);
        urgent && entry.probe.is_some()
    }

    /// Who stands below whom: a session below the one that made it, as far as that is listed.
    fn tree(&self, shown: &[SessionRef], now: Timestamp) -> Tree {
        let known: BTreeSet<&SessionRef> = shown.iter().collect();
        let parent_of = |name: &SessionRef| {
            let parent = Self::parent(self.entries.get(name)?)?;
            (parent != *name && known.contains(&parent)).then_some(parent)
        };
        let mut tree = Tree { all: shown.to_vec(), ..Tree::default() };
        for name in shown {
            let urgency = self.entries[name].urgency(now);
            let mut root = name.clone();
            let mut steps = 0;
            let mut above = Vec::new();
            while let Some(parent) = parent_of(&root).filter(|_| steps <= DEEPEST) {
                above.push(parent.clone());
                root = parent;
                steps += 1;
            }
            // Who is its own ancestor, or too far down, stands by itself.
            if steps == 0 || steps > DEEPEST {
                let of = tree.roots.entry(name.clone()).or_insert(urgency);
                *of = urgency.min(*of);
                continue;
            }
            if let Some(parent) = parent_of(name) {
                tree.children.entry(parent).or_default().push((urgency, name.clone()));
            }
            if urgency.attention() == Attention::NeedsYou {
                for parent in above {
                    *tree.waiting_below.entry(parent).or_default() += 1;
                }
            }
            // It is as urgent as its most urgent child.
            let of = tree.roots.entry(root).or_insert(urgency);
            *of = urgency.min(*of);
        }
        for children in tree.children.values_mut() {
            children.sort();
        }
        tree
    }

    fn parent(entry: &SessionEntry) -> Option<SessionRef> {
        let key = entry.session.created_by_session_key.as_ref()?;
        let agent = entry.session.created_by_agent_key.as_ref().unwrap_or(&entry.session.agent_key);
        Some(SessionRef { agent: agent.clone(), key: key.clone() })
    }

    fn push_tree(
        &self,
        lines: &mut Vec<ListLine>,
        name: &SessionRef,
        tree: &Tree,
        depth: usize,
        details: bool,
    ) {
        lines.push(ListLine::Session { session: name.clone(), depth });
        if details && self.has_detail(name) {
            lines.push(ListLine::Detail { session: name.clone() });
        }
        if depth < DEEPEST {
            for (_, child) in tree.children.get(name).into_iter().flatten() {
                self.push_tree(lines, child, tree, depth + 1, details);
            }
        }
    }

    /// Sessions that it made, directly or not, and that wait for somebody.
    pub fn waiting_below(&self, name: &SessionRef) -> usize {
        self.waiting_below.get(name).copied().unwrap_or(0)
    }
}

/// Levels of children that are shown.
const DEEPEST: usize = 8;

/// Sessions below those that made them.
#[derive(Default)]
struct Tree {
    all: Vec<SessionRef>,
    /// With the most urgent that stands below it, itself among them.
    roots: BTreeMap<SessionRef, Urgency>,
    children: BTreeMap<SessionRef, Vec<(Urgency, SessionRef)>>,
    waiting_below: BTreeMap<SessionRef, usize>,
}

impl Tree {
    /// Sessions of a root, itself among them.
    fn size(&self, root: &SessionRef) -> usize {
        let children = self.children.get(root).into_iter().flatten();
        1 + children.map(|(_, child)| self.size(child)).sum::<usize>()
    }

    fn has(&self, root: &SessionRef, name: Option<&SessionRef>) -> bool {
        let children = || self.children.get(root).into_iter().flatten();
        name == Some(root) || children().any(|(_, child)| self.has(child, name))
    }
}
