//! Where listings of several pages stand, one page per request. Pure: pages come in, and the key of
//! the next one comes out.
//!
//! A listing ends by the rules of contract section 1.6: at an absent key, at an empty page, or at a
//! key seen before.

use std::collections::HashSet;

use crate::api::{Event, EventId, Page, Session, SessionKey, SessionRef, Timestamp};

/// Pages that one walk takes at most.
const MAX_PAGES: usize = 100;
/// Pages of one session's events; what lies beyond is shown as "more".
const MAX_EVENT_PAGES: usize = 20;
/// What a walk may bring together, in about the bytes that it takes.
const MOST_WEIGHT: u64 = 64 << 20;

/// A place in a listing.
#[derive(Debug, Clone, Default)]
pub(super) struct ListingCursor {
    pub(super) next: Option<String>,
    seen: HashSet<String>,
    weight: u64,
}

impl ListingCursor {
    /// Goes on behind a page; whether there is more.
    pub(super) fn advance<T>(&mut self, page: &Page<T>, most: usize) -> bool {
        let next = page.page_key.clone().filter(|_| !page.items.is_empty());
        self.weight = self.weight.saturating_add(page.weight);
        self.follow(next.filter(|_| self.weight <= MOST_WEIGHT), most)
    }

    /// Goes on at this key, where it is a new one; whether there is more.
    pub(super) fn follow(&mut self, next: Option<String>, most: usize) -> bool {
        self.next = next.filter(|key| self.seen.len() < most && self.seen.insert(key.clone()));
        self.next.is_some()
    }

    /// Whether there is more behind a page at which this ended. A key that comes again is an end.
    pub(super) fn is_cut_at<T>(&self, page: &Page<T>) -> bool {
        let next = page.page_key.as_ref().filter(|_| !page.items.is_empty());
        next.is_some_and(|key| !self.seen.contains(key))
    }
}

/// The sessions of one agent: a first page that is read often, and a walk over the others.
#[derive(Debug, Default)]
pub(super) struct ListWalk {
    first: HashSet<SessionKey>,
    second: Option<String>,
    place: ListingCursor,
    listed: HashSet<SessionKey>,
    /// What is kept of all that was listed since a walk came to its end, and about what it takes.
    kept: HashSet<SessionKey>,
    weight: u64,
}

impl ListWalk {
    /// Whether there is more than the first page.
    pub(super) fn has_more(&self) -> bool {
        self.second.is_some()
    }

    /// Pages behind the first, as far as is known.
    pub(super) fn further_pages(&self) -> usize {
        let behind = self.kept.len().saturating_sub(self.first.len());
        let pages = behind.div_ceil(self.first.len().max(1));
        if self.has_more() { pages.max(1) } else { 0 }
    }

    /// Whether the first page has this one.
    pub(super) fn shows(&self, session: &SessionKey) -> bool {
        self.first.contains(session)
    }

    /// About what is kept of this listing takes, once this page is kept too.
    pub(super) fn weight_with(&self, page: &Page<Session>) -> u64 {
        let news = keys(page).filter(|key| !self.kept.contains(key)).count() as u64;
        self.weight + page.weight * news / page.items.len().max(1) as u64
    }

    pub(super) fn weight(&self) -> u64 {
        self.weight
    }

    fn keep(&mut self, page: &Page<Session>) {
        self.weight = self.weight_with(page);
        self.kept.extend(keys(page));
    }

    /// These are all that there are.
    fn keep_only(&mut self, listed: &HashSet<SessionKey>) {
        let before = self.kept.len().max(1) as u64;
        self.kept.retain(|key| listed.contains(key));
        self.weight = self.weight * self.kept.len() as u64 / before;
    }

    pub(super) fn first_page(&mut self, page: &Page<Session>) {
        self.keep(page);
        self.first = keys(page).collect();
        self.second = page.page_key.clone().filter(|_| !page.items.is_empty());
        if self.second.is_none() {
            let first = std::mem::take(&mut self.first);
            self.keep_only(&first);
            self.first = first;
        }
        // What moved from a later page to the first while the walk was under way is not gone.
        self.listed.extend(keys(page));
    }

    /// The key of the page to read now.
    pub(super) fn next(&mut self) -> Option<String> {
        if self.place.next.is_none() {
            self.place = ListingCursor { next: self.second.clone(), ..ListingCursor::default() };
            self.listed.clone_from(&self.first);
        }
        self.place.next.clone()
    }

    /// Takes over a further page; at the end, every key that was listed.
    pub(super) fn further_page(&mut self, page: &Page<Session>) -> Option<HashSet<SessionKey>> {
        self.keep(page);
        self.listed.extend(keys(page));
        if self.place.advance(page, MAX_PAGES) {
            return None;
        }
        // A walk that was cut short has not seen everything.
        let whole = page.page_key.is_none() || page.items.is_empty();
        let listed = std::mem::take(&mut self.listed);
        if whole {
            self.keep_only(&listed);
        }
        whole.then_some(listed)
    }

    pub(super) fn is_under_way(&self) -> bool {
        self.place.next.is_some()
    }

    /// The service does not know the place any more.
    pub(super) fn lost(&mut self) {
        self.place = ListingCursor::default();
    }
}

fn keys(page: &Page<Session>) -> impl Iterator<Item = SessionKey> {
    page.items.iter().map(|session| session.key.clone())
}

/// A reading of the open session to its start: its older events first, then which of all are
/// visible.
#[derive(Debug)]
pub(super) struct DeepWalk {
    pub(super) session: SessionRef,
    /// Which of the two listings is being read.
    pub(super) hidden: bool,
    pub(super) place: ListingCursor,
    pub(super) visible: HashSet<EventId>,
    /// The newest event that was known when the visible ones began to be listed, and when that was.
    pub(super) to: Option<EventId>,
    pub(super) visible_from: Timestamp,
    /// The last events that were read, for a service that says only afterwards that these were all.
    pub(super) last: Vec<Event>,
}

impl DeepWalk {
    /// `older` is the key of the page behind the newest events; without one only visibility is read.
    pub(super) fn new(session: &SessionRef, older: Option<String>, last: Vec<Event>) -> Self {
        Self {
            session: session.clone(),
            hidden: older.is_some(),
            place: ListingCursor { next: older, ..ListingCursor::default() },
            visible: HashSet::new(),
            to: None,
            visible_from: Timestamp::MIN,
            last,
        }
    }

    pub(super) fn advance(&mut self, page: &Page<Event>) -> bool {
        self.place.advance(page, MAX_EVENT_PAGES)
    }

    /// Goes over to the second listing.
    pub(super) fn turn(&mut self) {
        self.hidden = false;
        self.place = ListingCursor::default();
    }
}

/// The end of a session on a service that lists the oldest events first: the key of the last page,
/// and the events of the page before it, because the last one may hold a single event.
#[derive(Debug, Clone, Default)]
pub(super) struct LastPage {
    pub(super) key: Option<String>,
    before: Vec<Event>,
    /// Pages that have others behind them.
    full: u32,
}

impl LastPage {
    /// The newest events with this page, and whether there are later ones.
    pub(super) fn take(&mut self, events: &[Event], next: Option<String>) -> (Vec<Event>, bool) {
        let newest = [&self.before, events].concat();
        let more = next.is_some() && !events.is_empty() && next != self.key;
        if more {
            self.key = next;
            self.before = events.to_vec();
            self.full += 1;
        }
        (newest, more)
    }

    /// Whether the next `take` gives everything back to the first event of the session.
    pub(super) fn reaches_start(&self) -> bool {
        self.full <= 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn page(keys: &[&str], next: Option<&str>) -> Page<Session> {
        let session = |key: &&str| {
            let json = json!({"key": key, "agent_key": "a", "name": key, "enabled": true,
                "created_at": "2026-07-02T08:00:00Z"});
            serde_json::from_value(json).unwrap()
        };
        let items = keys.iter().map(session).collect();
        Page { items, page_key: next.map(str::to_owned), weight: 0 }
    }

    #[test]
    fn a_walk_over_sessions_names_all_of_them_and_starts_again() {
        let mut walk = ListWalk::default();
        walk.first_page(&page(&["a"], Some("2")));
        assert!(walk.has_more());
        for _ in 0..2 {
            assert_eq!(walk.next().as_deref(), Some("2"));
            assert_eq!(walk.further_page(&page(&["b"], Some("3"))), None);
            assert_eq!(walk.next().as_deref(), Some("3"));
            // A new one pushes the others down meanwhile.
            walk.first_page(&page(&["new"], Some("2")));
            let listed = walk.further_page(&page(&["c"], None)).unwrap();
            assert_eq!(listed, ["a", "b", "c", "new"].map(SessionKey::from).into());
            walk.first_page(&page(&["a"], Some("2")));
        }
    }

    #[test]
    fn a_key_that_comes_again_and_an_empty_page_end_a_walk() {
        let mut place = ListingCursor::default();
        assert!(place.advance(&page(&["a"], Some("x")), 9));
        assert!(!place.advance(&page(&["a"], Some("x")), 9));
        let mut place = ListingCursor::default();
        assert!(!place.advance(&page(&[], Some("x")), 9));
        assert!(place.advance(&page(&["a"], Some("x")), 1));
        assert!(!place.advance(&page(&["a"], Some("y")), 1), "longer than it may be");
    }

    #[test]
    fn what_is_kept_is_weighed_and_what_is_gone_is_not() {
        let page = |keys: &[&str], next| Page { weight: 1_000, ..page(keys, next) };
        let mut walk = ListWalk::default();
        walk.first_page(&page(&["a", "b"], Some("2")));
        assert_eq!((walk.weight(), walk.weight_with(&page(&["b", "c"], None))), (1_000, 1_500));
        for _ in 0..3 {
            walk.first_page(&page(&["a", "b"], Some("2")));
        }
        assert_eq!(walk.weight(), 1_000);
        walk.first_page(&page(&["c", "d"], Some("2")));
        walk.next();
        walk.further_page(&page(&["e"], None));
        assert_eq!(walk.weight(), 1_800, "a and b are gone");
        let mut place = ListingCursor::default();
        assert!(place.advance(&Page { weight: MOST_WEIGHT, ..page(&["a"], Some("x")) }, 9));
        assert!(!place.advance(&page(&["b"], Some("y")), 9));
        assert!(place.is_cut_at(&page(&["b"], Some("y"))));
        assert!(!place.is_cut_at(&page(&["b"], Some("x"))), "seen before");
        assert!(!place.is_cut_at(&page(&[], Some("y"))));
    }

    #[test]
    fn the_last_page_is_read_again_and_the_one_before_is_kept() {
        let event = |id: &str| -> Event {
            serde_json::from_value(json!({"id": id, "type": "agent_output", "content": id}))
                .unwrap()
        };
        let ids = |events: &[Event]| -> Vec<String> {
            events.iter().map(|event| event.id.as_ref().unwrap().to_string()).collect()
        };
        let mut last = LastPage::default();
        let (newest, more) = last.take(&[event("1"), event("2")], Some("k".into()));
        assert!(more && ids(&newest) == ["1", "2"]);
        let (newest, more) = last.take(&[event("3")], None);
        assert!(!more && ids(&newest) == ["1", "2", "3"] && last.reaches_start());
        let (newest, _) = last.take(&[event("3"), event("4")], None);
        assert_eq!(ids(&newest), ["1", "2", "3", "4"]);
        assert_eq!(last.key.as_deref(), Some("k"));
        last.take(&[event("3"), event("4")], Some("l".into()));
        assert!(!last.reaches_start());
    }
}
