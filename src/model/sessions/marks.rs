//! Sessions that a person marked, to do something with all of them.
//!
//! Knows names. The invariant: what is acted on is either marked and known, or the selected one.

use std::collections::BTreeSet;

use super::{ListLine, Sessions};
use crate::api::SessionRef;

#[derive(Debug, Clone, Default)]
pub(super) struct Marks {
    marked: BTreeSet<SessionRef>,
    /// The end of a range that stays where it is.
    range_from: Option<SessionRef>,
}

impl Marks {
    pub(super) fn forget(&mut self, name: &SessionRef) {
        self.marked.remove(name);
        self.range_from.take_if(|from| from == name);
    }
}

impl Sessions {
    pub fn is_marked(&self, name: &SessionRef) -> bool {
        self.marks.marked.contains(name) || self.range().any(|(_, within)| within == name)
    }

    /// How many are marked, wherever they stand.
    pub fn marked_len(&self) -> usize {
        let range = self.range().filter(|(_, name)| !self.marks.marked.contains(*name)).count();
        self.marks.marked.len() + range
    }

    pub fn toggle_mark(&mut self, name: &SessionRef) {
        if !self.marks.marked.remove(name) {
            self.marks.marked.insert(name.clone());
        }
    }

    /// Begins a range at the selected session, or marks the one that was begun.
    pub fn toggle_range(&mut self) {
        if self.marks.range_from.is_some() {
            let range: Vec<SessionRef> = self.range().map(|(_, name)| name.clone()).collect();
            self.marks.marked.extend(range);
            self.marks.range_from = None;
        } else {
            self.marks.range_from.clone_from(&self.selected);
        }
    }

    /// Marks every session that is listed, or takes the marks away where all have one.
    pub fn mark_listed(&mut self) {
        let listed: Vec<SessionRef> = self.session_lines().map(|(_, name)| name.clone()).collect();
        if listed.iter().all(|name| self.marks.marked.contains(name)) {
            for name in &listed {
                self.marks.marked.remove(name);
            }
        } else {
            self.marks.marked.extend(listed);
        }
    }

    /// Takes all marks away; says whether there were any.
    pub fn clear_marks(&mut self) -> bool {
        let marks = std::mem::take(&mut self.marks);
        !marks.marked.is_empty() || marks.range_from.is_some()
    }

    /// Only these are marked, as far as they are known.
    pub fn mark_only(&mut self, names: impl IntoIterator<Item = SessionRef>) {
        let known = names.into_iter().filter(|name| self.entries.contains_key(name));
        self.marks = Marks { marked: known.collect(), range_from: None };
    }

    /// The marked ones, those that are listed first and in that order; else the selected one.
    pub fn targets(&self) -> Vec<SessionRef> {
        if self.marked_len() == 0 {
            return self
                .selected
                .iter()
                .filter(|name| self.entries.contains_key(*name))
                .cloned()
                .collect();
        }
        let listed = self.session_lines().map(|(_, name)| name);
        let mut targets: Vec<SessionRef> =
            listed.filter(|name| self.is_marked(name)).cloned().collect();
        let unlisted = self.marks.marked.iter().filter(|name| !targets.contains(name));
        let unlisted: Vec<SessionRef> = unlisted.cloned().collect();
        targets.extend(unlisted);
        targets
    }

    /// The listed sessions of the range that was begun, if one was.
    fn range(&self) -> impl Iterator<Item = (usize, &SessionRef)> {
        let place = |of: &Option<SessionRef>| {
            let of = of.as_ref()?;
            self.lines
                .iter()
                .position(|line| matches!(line, ListLine::Session { session, .. } if session == of))
        };
        let ends = place(&self.marks.range_from).zip(place(&self.selected));
        let within = move |at: usize| {
            ends.is_some_and(|(from, to)| (from.min(to)..=from.max(to)).contains(&at))
        };
        self.session_lines().filter(move |(at, _)| within(*at))
    }
}
