//! Order on the screen: groups by urgency, children below their parents, lines to draw.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::facts::Listed;
use super::{CallsAnswer, Counts, FOLDED_SHOWN, ListLine, SessionEntry, Sessions};
use crate::api::{SessionRef, SessionStatus, Timestamp};
use crate::model::attention::{Attention, minutes_left};
use crate::query::Answer;

/// Urgency by the clock moves in minutes; looking every few seconds is soon enough.
const TIME_STEP: i64 = 10;

/// What an arrangement was made for: the same again would give the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Done {
    version: u64,
    time: i64,
    details: bool,
}

impl Sessions {
    /// Works out urgency, order and lines anew. `details` asks for second lines and for air
    /// between groups. Call it after any change, and when time alone may have changed something.
    pub fn arrange(&mut self, now: Timestamp, details: bool) {
        let done = Done { version: self.version, time: now.as_second() / TIME_STEP, details };
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
        let shown: Vec<&SessionRef> = self.entries.keys().filter(passes).collect();
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

    fn matches_filter(&self, name: &SessionRef, now: Timestamp) -> bool {
        let (Some(query), Some(entry)) = (&self.query, self.entries.get(name)) else {
            return true;
        };
        query.session(&Listed { entry, new: self.news.contains(name) }, now) == Answer::Yes
    }

    fn make_lines(&self, shown: &[&SessionRef], now: Timestamp, details: bool) -> Vec<ListLine> {
        let known: BTreeSet<&SessionRef> = shown.iter().copied().collect();
        let mut children: BTreeMap<SessionRef, Vec<&SessionRef>> = BTreeMap::new();
        let mut groups: BTreeMap<Attention, Vec<&SessionRef>> = BTreeMap::new();
        let mut counts: BTreeMap<Attention, usize> = BTreeMap::new();
        for name in shown {
            let entry = &self.entries[*name];
            *counts.entry(entry.attention).or_default() += 1;
            // A child that is more urgent than its parent must not be buried below it.
            let parent = Self::parent(entry).filter(|parent| {
                known.contains(parent)
                    && parent != *name
                    && self.entries[parent].attention == entry.attention
            });
            match parent {
                Some(parent) => children.entry(parent).or_default().push(name),
                None => groups.entry(entry.attention).or_default().push(name),
            }
        }
        let mut lines = Vec::new();
        for attention in Attention::ALL {
            let Some(mut roots) = groups.remove(&attention) else {
                continue;
            };
            roots.sort_by_key(|name| self.order(name, now));
            if details && !lines.is_empty() {
                lines.push(ListLine::Blank);
            }
            let count = counts.get(&attention).copied().unwrap_or_default();
            lines.push(ListLine::Heading { attention, count });
            let cut = attention.begins_folded()
                && self.query.is_none()
                && !self.unfolded.contains(&attention)
                && roots.len() > FOLDED_SHOWN + 1;
            let take = if cut { FOLDED_SHOWN } else { roots.len() };
            for root in &roots[..take] {
                self.push_tree(&mut lines, root, &children, 0, details);
            }
            if cut {
                lines.push(ListLine::More { attention, count: roots.len() - take });
            }
        }
        if self.query.is_none() {
            let unlisted = self.listings.refusals().map(|(agent, _)| agent.clone());
            lines.extend(unlisted.map(|agent| ListLine::Unlisted { agent }));
        }
        lines
    }

    fn parent(entry: &SessionEntry) -> Option<SessionRef> {
        let key = entry.session.created_by_session_key.as_ref()?;
        let agent = entry.session.created_by_agent_key.as_ref().unwrap_or(&entry.session.agent_key);
        Some(SessionRef { agent: agent.clone(), key: key.clone() })
    }

    /// Within a group: what expires first, else the latest sign of life first.
    fn order(&self, name: &SessionRef, now: Timestamp) -> (u64, Reverse<Timestamp>) {
        let entry = &self.entries[name];
        let left = (entry.attention == Attention::ExpiresSoon)
            .then(|| minutes_left(&entry.session, entry.probe.as_ref(), now))
            .flatten();
        (left.unwrap_or(0), Reverse(entry.since()))
    }

    fn push_tree(
        &self,
        lines: &mut Vec<ListLine>,
        name: &SessionRef,
        children: &BTreeMap<SessionRef, Vec<&SessionRef>>,
        depth: usize,
        details: bool,
    ) {
        lines.push(ListLine::Session { session: name.clone(), depth });
        let entry = &self.entries[name];
        let urgent = matches!(entry.attention, Attention::NeedsYou | Attention::Failing);
        if details && urgent && entry.probe.is_some() {
            lines.push(ListLine::Detail { session: name.clone() });
        }
        // A cycle of parents cannot be reached from a root, but depth is bounded all the same.
        if depth < 8 {
            for child in children.get(name).into_iter().flatten() {
                self.push_tree(lines, child, children, depth + 1, details);
            }
        }
    }
}
