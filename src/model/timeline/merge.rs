//! Taking over listings: the service's word on what exists, in which order, and what is hidden.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::api::{Event, EventId};

use super::unit::UnitId;
use super::{Entry, Timeline};

/// One gap-free stretch of the listing with `include_hidden=true`, oldest first.
#[derive(Debug, Clone, Default)]
pub struct Window {
    pub events: Vec<Event>,
    /// Ids listed without hidden events. Ask for it *after* `events`: then an event that is
    /// missing here was hidden, and cannot merely be newer.
    pub visible: HashSet<EventId>,
    /// Nothing is older than the first event.
    pub reaches_start: bool,
    /// Nothing was newer than the last event when the listing was made.
    pub reaches_end: bool,
}

impl Timeline {
    /// Merges a listing. Known events inside the window's range that it lacks were deleted on the
    /// service; what streamed in after it stays.
    pub fn apply_window(&mut self, window: Window) {
        self.loaded = true;
        let Some((low, high)) = self.range(&window) else {
            if window.reaches_start && window.reaches_end {
                self.entries.retain(|entry| entry.streamed || !entry.stored);
                self.reaches_start = true;
            }
            self.rebuild();
            return;
        };
        let tail = self.entries.split_off(high);
        let replaced = self.entries.split_off(low);
        if low == 0 {
            self.reaches_start = window.reaches_start;
        }
        let mut known: HashMap<EventId, Entry> = HashMap::new();
        // Rows that only we have keep their place behind the event that they followed.
        let mut local: HashMap<Option<EventId>, Vec<Entry>> = HashMap::new();
        let mut previous = None;
        for entry in replaced {
            match entry.event.id.clone().filter(|_| entry.stored) {
                Some(id) => {
                    previous = Some(id.clone());
                    known.insert(id, entry);
                }
                None => local.entry(previous.clone()).or_default().push(entry),
            }
        }
        let fresh = self.fresh(&window.events, &known);
        let listed: HashSet<&EventId> =
            window.events.iter().filter_map(|e| e.id.as_ref()).collect();
        // Those whose predecessor is gone move to the start of the window.
        let lost: Vec<Option<EventId>> = local
            .keys()
            .filter(|after| after.as_ref().is_none_or(|id| !listed.contains(id)))
            .cloned()
            .collect();
        for after in lost {
            self.entries.extend(local.remove(&after).unwrap_or_default());
        }
        for event in window.events {
            let id = event.id.clone();
            let entry = listed_entry(event, &window.visible, &mut known);
            self.entries.push(entry);
            if id.is_some() {
                self.entries.extend(local.remove(&id).unwrap_or_default());
            }
        }
        self.entries.extend(tail);
        self.compare_with_stream(&fresh, window.reaches_end);
        self.rebuild();
    }

    /// The listed events that were not here; nobody asks unless something streams or streamed.
    fn fresh(&self, listed: &[Event], known: &HashMap<EventId, Entry>) -> Vec<Event> {
        if self.live.is_empty() && !self.feed.open {
            return Vec::new();
        }
        let is_known = |id: &EventId| known.contains_key(id) || self.event(id).is_some();
        let fresh = listed.iter().filter(|event| !event.id.as_ref().is_some_and(is_known));
        fresh.cloned().collect()
    }

    /// The local entries that the window speaks about, as a half-open range.
    fn range(&mut self, window: &Window) -> Option<(usize, usize)> {
        let (first, last) = (window.events.first()?, window.events.last()?);
        let listed: HashSet<&EventId> =
            window.events.iter().filter_map(|e| e.id.as_ref()).collect();
        let is_listed = |entry: &Entry| {
            entry.stored && entry.event.id.as_ref().is_some_and(|id| listed.contains(id))
        };
        let place = |event: &Event| {
            self.entries.iter().position(|entry| entry.stored && entry.event.id == event.id)
        };
        let overlap = self.entries.iter().position(is_listed);
        let Some(known_low) = overlap else {
            let older = self.entries.iter().find(|entry| entry.stored).is_some_and(|oldest| {
                last.created_at.zip(oldest.event.created_at).is_some_and(|(a, b)| a <= b)
            });
            if older && !window.reaches_end {
                return Some((0, 0));
            }
            // Newer than everything here with a gap between: start afresh rather than hide it.
            let keep = |entry: &Entry| entry.streamed && entry.event.created_at > last.created_at;
            self.entries.retain(keep);
            return Some((0, 0));
        };
        let known_high = self.entries.iter().rposition(is_listed).unwrap_or(known_low);
        let low = match place(first) {
            _ if window.reaches_start => 0,
            Some(low) => low,
            None => {
                let within =
                    |entry: &Entry| entry.stored && entry.event.created_at >= first.created_at;
                self.entries.iter().position(within).unwrap_or(known_low).min(known_low)
            }
        };
        let gone = |entry: &Entry| {
            entry.stored
                && if window.reaches_end {
                    !entry.streamed
                } else {
                    entry.event.created_at <= last.created_at
                }
        };
        let after = self.entries[known_high + 1..].iter().rposition(gone);
        let high = match after {
            Some(after) if window.reaches_end || place(last).is_none() => {
                known_high + 1 + after + 1
            }
            _ => known_high + 1,
        };
        // Rows that only we have go with the event that they followed.
        let local = self.entries[high..].iter().take_while(|entry| !entry.stored).count();
        Some((low, high + local))
    }

    /// Adds a stored event that came by a stream, or renews it.
    pub(super) fn upsert(&mut self, event: Event) {
        let Some(id) = event.id.clone() else { return };
        let same = |entry: &&mut Entry| entry.stored && entry.event.id.as_ref() == Some(&id);
        if let Some(entry) = self.entries.iter_mut().rev().find(same) {
            renew(entry, event);
            return;
        }
        let hidden = event.hide_reason.is_some();
        self.entries.push(Entry {
            id: UnitId::from(&id),
            event: Arc::new(event),
            hidden,
            stored: true,
            streamed: true,
            revision: 0,
            hiding: None,
        });
    }
}

fn renew(entry: &mut Entry, event: Event) {
    if *entry.event != event {
        entry.event = Arc::new(event);
        entry.revision += 1;
    }
}

fn listed_entry(
    event: Event,
    visible: &HashSet<EventId>,
    known: &mut HashMap<EventId, Entry>,
) -> Entry {
    let id = event.id.clone();
    let hidden = event.hide_reason.is_some() || id.as_ref().is_some_and(|id| !visible.contains(id));
    let mut entry = match id.as_ref().and_then(|id| known.remove(id)) {
        Some(mut entry) => {
            renew(&mut entry, event);
            entry
        }
        None => Entry {
            id: id.as_ref().map_or_else(|| UnitId(Arc::from(event.raw().get())), UnitId::from),
            event: Arc::new(event),
            hidden,
            stored: true,
            streamed: false,
            revision: 0,
            hiding: None,
        },
    };
    entry.hidden = hidden;
    entry.streamed = false;
    // A listing that already shows the wish confirms it; an older one must not undo the mark.
    if entry.hiding == Some(hidden) {
        entry.hiding = None;
    }
    entry
}
