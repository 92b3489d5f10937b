//! Taking over listings: the service's word on what exists, in which order, and what is hidden.

use std::collections::{HashMap, HashSet};

use crate::api::{Event, EventId};

use super::{Change, Entry, Store, UnitId};

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

/// What a listing has told, for the stream.
#[derive(Debug)]
pub(crate) struct Listed {
    /// Events that only the listing has brought.
    pub(super) fresh: Vec<Event>,
    pub(super) reaches_end: bool,
}

impl Store {
    /// Merges a listing. Known events inside the window's range that it lacks were deleted on the
    /// service; what streamed in after it stays. What a stream has to be compared with comes back.
    pub(crate) fn apply_window(&mut self, window: Window) -> (Change, Option<Listed>) {
        self.loaded = true;
        let newest = self.newest_event().cloned();
        let Some((low, high)) = self.range(&window) else {
            if window.reaches_start && window.reaches_end {
                self.entries.retain(|entry| entry.streamed || !entry.stored);
                self.reaches_start = true;
                self.changed_from = 0;
            }
            return (self.refresh(), None);
        };
        let tail = self.entries.split_off(high);
        let replaced = self.entries.split_off(low);
        if low == 0 {
            self.reaches_start = window.reaches_start;
        }
        let had = low + replaced.len();
        let mut known: HashMap<EventId, (usize, Entry)> = HashMap::new();
        // Rows that only we have keep their place behind the event that they followed.
        let mut local: HashMap<Option<EventId>, Vec<Entry>> = HashMap::new();
        let mut previous = None;
        for (at, entry) in replaced.into_iter().enumerate() {
            match entry.event.id.clone().filter(|_| entry.stored) {
                Some(id) => {
                    previous = Some(id.clone());
                    known.insert(id, (low + at, entry));
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
        // Most listings bring nothing, or something at the end.
        let mut same_until = self.entries.len();
        for event in window.events {
            let id = event.id.clone();
            let (was_at, entry) = listed_entry(event, &window.visible, &mut known);
            let at = self.entries.len();
            if was_at == Some(at) && same_until == at {
                same_until += 1;
            }
            self.entries.push(entry);
            if id.is_some() {
                self.entries.extend(local.remove(&id).unwrap_or_default());
            }
        }
        if same_until < had || (self.entries.len() > had && !tail.is_empty()) {
            self.changed_from = self.changed_from.min(same_until);
        }
        self.entries.extend(tail);
        let listed = Listed { fresh, reaches_end: window.reaches_end };
        self.claim_messages();
        self.note_others(newest.as_ref());
        self.join_interrupts();
        (self.refresh(), Some(listed))
    }

    /// The listed events that were not here; nobody asks unless something streams or streamed.
    fn fresh(&self, listed: &[Event], known: &HashMap<EventId, (usize, Entry)>) -> Vec<Event> {
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
            self.changed_from = 0;
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

    /// Where the stored event is, also while changes wait to be worked in.
    fn entry_of(&self, id: &EventId) -> Option<usize> {
        let same = |entry: &Entry| entry.stored && entry.event.id.as_ref() == Some(id);
        let known = self.place(&UnitId::from(id));
        let up_to_date =
            self.changed_from == usize::MAX && self.entries.len() == self.records.len();
        if up_to_date || known.and_then(|at| self.entries.get(at)).is_some_and(same) {
            return known;
        }
        self.entries.iter().rposition(same)
    }

    /// Adds a stored event that came by a stream, or renews it.
    pub(super) fn upsert(&mut self, event: Event) {
        let Some(id) = event.id.clone() else { return };
        if let Some(at) = self.entry_of(&id) {
            if self.entries[at].renew(event) {
                self.changed_from = self.changed_from.min(at);
            }
            return;
        }
        self.entries.push(Entry { streamed: true, ..Entry::new(UnitId::from(&id), event) });
    }
}

/// The entry of a listed event, and where it was if nothing of it that shows has changed.
fn listed_entry(
    event: Event,
    visible: &HashSet<EventId>,
    known: &mut HashMap<EventId, (usize, Entry)>,
) -> (Option<usize>, Entry) {
    let id = event.id.clone();
    let hidden = event.hide_reason.is_some() || id.as_ref().is_some_and(|id| !visible.contains(id));
    let Some((at, mut entry)) = id.as_ref().and_then(|id| known.remove(id)) else {
        let name = id.as_ref().map_or_else(|| UnitId::named(event.raw().get()), UnitId::from);
        return (None, Entry { hidden, ..Entry::new(name, event) });
    };
    let before = (entry.hidden, entry.hiding);
    let renewed = entry.renew(event);
    entry.streamed = false;
    // A listing that already shows the wish confirms it; an older one must not undo the mark.
    entry.set_hidden(hidden);
    let same = !renewed && before == (entry.hidden, entry.hiding);
    (same.then_some(at), entry)
}
