//! What the list of sessions is ordered by, and which places its rows have.
//!
//! The invariant: while somebody moves in the list no row changes its place; what would is told apart.

use std::cmp::Ordering;

use super::{SessionEntry, Sessions};
use crate::api::{SessionRef, Timestamp};
use crate::model::attention::{self, Attention};

/// A column that the list can be ordered by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SortBy {
    /// In groups, as the queue is ordered, and with children below their parents.
    #[default]
    Urgency,
    Name,
    Agent,
    /// The latest sign of life first.
    Age,
    /// The fullest context first.
    Context,
    /// What is deleted soonest first.
    Expiry,
}

impl SortBy {
    const ALL: [Self; 6] =
        [Self::Urgency, Self::Name, Self::Agent, Self::Age, Self::Context, Self::Expiry];

    pub fn word(self) -> &'static str {
        match self {
            Self::Urgency => "urgency",
            Self::Name => "name",
            Self::Agent => "agent",
            Self::Age => "age",
            Self::Context => "context",
            Self::Expiry => "expiry",
        }
    }
}

/// An order, one way or the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ListOrder {
    pub by: SortBy,
    pub reversed: bool,
}

impl ListOrder {
    #[must_use]
    pub fn next(self) -> Self {
        let at = SortBy::ALL.iter().position(|by| *by == self.by).unwrap_or(0);
        Self { by: SortBy::ALL[(at + 1) % SortBy::ALL.len()], reversed: false }
    }

    /// As it is kept between runs.
    pub fn kept(self) -> String {
        let way = if self.reversed { "-" } else { "" };
        format!("{way}{}", self.by.word())
    }

    pub fn from_kept(kept: &str) -> Option<Self> {
        let (reversed, word) = match kept.strip_prefix('-') {
            Some(word) => (true, word),
            None => (false, kept),
        };
        let by = SortBy::ALL.into_iter().find(|by| by.word() == word)?;
        Some(Self { by, reversed })
    }

    /// The words that are known, for somebody who wrote another one.
    pub fn all() -> String {
        SortBy::ALL.map(SortBy::word).join(", ")
    }

    /// For the heading: `by urgency`.
    pub fn words(self) -> String {
        let way = if self.reversed { ", reversed" } else { "" };
        format!("by {}{way}", self.by.word())
    }
}

/// Rows keep their places.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Held {
    /// One of them would stand elsewhere.
    pub(super) out_of_place: bool,
}

/// Where a root stood when the rows were last put in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) group: Attention,
    pub(super) rank: usize,
}

impl Sessions {
    pub fn order(&self) -> ListOrder {
        self.order
    }

    pub fn set_order(&mut self, order: ListOrder) {
        self.order = order;
        self.arranged = None;
    }

    /// Whether rows stay where they are although what they say has changed.
    pub fn hold(&mut self, held: bool) {
        if self.held.is_some() != held {
            self.held = held.then(Held::default);
            self.arranged = None;
        }
    }

    /// Whether this one would stand in another group.
    pub fn would_move(&self, name: &SessionRef) -> bool {
        let Some(entry) = self.entries.get(name).filter(|_| self.held.is_some()) else {
            return false;
        };
        // What is more urgent below it keeps it where it is.
        entry.place.is_some_and(|place| entry.attention < place.group)
    }

    /// Whether a row would stand elsewhere.
    pub fn is_out_of_place(&self) -> bool {
        self.held.is_some_and(|held| held.out_of_place)
    }

    pub(super) fn by_column(&self, one: &SessionRef, two: &SessionRef, now: Timestamp) -> Ordering {
        let (a, b) = (&self.entries[one], &self.entries[two]);
        let order = match self.order.by {
            SortBy::Urgency => a.urgency(now).cmp(&b.urgency(now)),
            SortBy::Name => name_of(a).cmp(&name_of(b)),
            SortBy::Agent => one.agent.cmp(&two.agent),
            SortBy::Age => b.last_sign().cmp(&a.last_sign()),
            SortBy::Context => attention::percent(&b.session).cmp(&attention::percent(&a.session)),
            SortBy::Expiry => expiry(a, now).cmp(&expiry(b, now)),
        };
        // What is alike keeps the order of names, whichever way.
        let order = if self.order.reversed { order.reverse() } else { order };
        order.then_with(|| one.cmp(two))
    }
}

fn name_of(entry: &SessionEntry) -> String {
    entry.called().to_lowercase()
}

/// Those that never expire are last.
fn expiry(entry: &SessionEntry, now: Timestamp) -> u64 {
    attention::minutes_left(&entry.session, entry.probe.as_ref(), now).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::Session;
    use crate::model::sessions::{ListLine, Probe};

    #[test]
    fn an_order_comes_back_as_it_was_kept() {
        let mut order = ListOrder::default();
        for _ in SortBy::ALL {
            for reversed in [false, true] {
                let order = ListOrder { reversed, ..order };
                assert_eq!(ListOrder::from_kept(&order.kept()), Some(order));
            }
            order = order.next();
        }
        assert_eq!(order, ListOrder::default(), "all of them were there");
        assert_eq!(ListOrder::from_kept("colour"), None);
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_000 + second).unwrap()
    }

    fn name(key: &str) -> SessionRef {
        SessionRef::new("a", key)
    }

    fn session(key: &str, parent: Option<&str>) -> Session {
        let made = Session::named("a".into(), key.into(), key.to_uppercase(), at(0));
        Session { created_by_session_key: parent.map(Into::into), ..made }
    }

    /// Sessions that rest, in the order of their keys.
    fn list(of: &[(&str, Option<&str>)]) -> Sessions {
        let mut sessions = Sessions::default();
        let all = of.iter().map(|(key, parent)| session(key, *parent)).collect();
        sessions.apply_listing(&"a".into(), all, true);
        for (key, _) in of {
            sessions.apply_probe(&name(key), Probe::default(), at(0));
        }
        sessions.arrange(at(1), false);
        sessions
    }

    fn rows(sessions: &Sessions) -> Vec<String> {
        let line = |line: &ListLine| match line {
            ListLine::Session { session, depth } => {
                Some(format!("{}{}", ">".repeat(*depth), session.key))
            }
            ListLine::More { count, .. } => Some(format!("+{count}")),
            _ => None,
        };
        sessions.lines().iter().filter_map(line).collect()
    }

    fn parks(sessions: &mut Sessions, key: &str, since: i64) {
        let waiting_since = Some(at(since));
        let probe = Probe { waiting: vec!["t".into()], waiting_since, ..Probe::default() };
        sessions.apply_probe(&name(key), probe, at(since));
    }

    #[test]
    fn rows_stay_while_they_are_held_and_go_where_they_belong_afterwards() {
        let mut sessions = list(&[("a", None), ("b", None), ("c", None)]);
        let before = rows(&sessions);
        sessions.hold(true);
        parks(&mut sessions, "c", 2);
        sessions.arrange(at(3), false);
        assert_eq!(rows(&sessions), before);
        assert!(sessions.would_move(&name("c")) && !sessions.would_move(&name("a")));
        assert!(sessions.is_out_of_place());
        assert_eq!(sessions.counts().need_you, 1, "which the header says at once");
        sessions.hold(false);
        sessions.arrange(at(4), false);
        assert_eq!(rows(&sessions)[0], "c");
        assert!(!sessions.is_out_of_place());
    }

    #[test]
    fn who_waits_longest_is_first_as_in_the_queue() {
        let mut sessions = list(&[("a", None), ("b", None), ("c", None)]);
        for (key, since) in [("a", 30), ("b", 10), ("c", 20)] {
            parks(&mut sessions, key, since);
        }
        sessions.arrange(at(40), false);
        assert_eq!(rows(&sessions), ["b", "c", "a"]);
    }

    #[test]
    fn news_of_very_many_are_gathered_for_a_moment_and_what_is_gone_is_gone_at_once() {
        let keys: Vec<String> = (1_000..2_500).map(|n| n.to_string()).collect();
        let all: Vec<(&str, Option<&str>)> = keys.iter().map(|key| (key.as_str(), None)).collect();
        let mut sessions = list(&all);
        let soon = |ms| at(1).checked_add(jiff::SignedDuration::from_millis(ms)).unwrap();
        assert_eq!(sessions.next_arrangement(), None);
        parks(&mut sessions, "2000", 1);
        sessions.arrange(soon(100), false);
        assert_eq!((rows(&sessions)[0].as_str(), sessions.counts().need_you), ("1000", 0));
        assert_eq!(sessions.next_arrangement(), Some(soon(250)), "and is not forgotten");
        sessions.arrange(soon(250), false);
        assert_eq!((rows(&sessions)[0].as_str(), sessions.counts().need_you), ("2000", 1));
        assert_eq!(sessions.next_arrangement(), None);
        parks(&mut sessions, "2001", 1);
        sessions.remove(&name("1000"));
        sessions.arrange(soon(300), false);
        assert!(!rows(&sessions).contains(&"1000".to_owned()));
        assert_eq!(sessions.counts().need_you, 2);
    }

    #[test]
    fn a_column_orders_all_of_them_either_way() {
        let mut sessions = list(&[("b", None), ("a", Some("b")), ("c", None)]);
        parks(&mut sessions, "c", 2);
        let by_name = ListOrder { by: SortBy::Name, reversed: false };
        sessions.set_order(by_name);
        sessions.arrange(at(3), false);
        assert_eq!(rows(&sessions), ["a", "b", "c"], "without groups and children");
        sessions.set_order(ListOrder { reversed: true, ..by_name });
        sessions.arrange(at(3), false);
        assert_eq!(rows(&sessions), ["c", "b", "a"]);
    }

    #[test]
    fn children_stand_below_their_parent_and_who_is_its_own_ancestor_is_not_lost() {
        let mut sessions =
            list(&[("p", None), ("kid", Some("p")), ("x", Some("y")), ("y", Some("x"))]);
        parks(&mut sessions, "kid", 2);
        sessions.arrange(at(3), false);
        assert_eq!(rows(&sessions)[..2], ["p", ">kid"]);
        assert_eq!(sessions.waiting_below(&name("p")), 1);
        assert!(rows(&sessions).contains(&"x".to_owned()), "{:?}", rows(&sessions));
        assert!(rows(&sessions).contains(&"y".to_owned()), "{:?}", rows(&sessions));
    }

    #[test]
    fn what_is_folded_has_the_rows_that_are_free() {
        let keys: Vec<String> = (10..40).map(|n| n.to_string()).collect();
        let all: Vec<(&str, Option<&str>)> = keys.iter().map(|key| (key.as_str(), None)).collect();
        let mut sessions = list(&all);
        for (height, shown) in [(4, 3), (12, 10), (20, 18), (31, 30), (60, 30)] {
            sessions.settle(height);
            sessions.arrange(at(3), false);
            let rows = rows(&sessions);
            let listed = rows.iter().filter(|row| !row.starts_with('+')).count();
            assert_eq!(listed, shown, "{height} rows: {rows:?}");
            let more = rows.last().unwrap().strip_prefix('+').map_or(0, |n| n.parse().unwrap());
            assert_eq!(listed + more, 30, "and says how many there are");
        }
    }

    #[test]
    fn second_lines_are_among_the_rows_that_are_not_free() {
        let keys: Vec<String> = (10..40).map(|n| n.to_string()).collect();
        let all: Vec<(&str, Option<&str>)> = keys.iter().map(|key| (key.as_str(), None)).collect();
        let mut sessions = list(&all);
        for key in ["10", "11", "12"] {
            parks(&mut sessions, key, 2);
        }
        sessions.settle(20);
        sessions.arrange(at(3), true);
        assert_eq!(sessions.lines().len(), 20, "all of it is seen, how many more there are too");
        assert!(matches!(sessions.lines().last(), Some(ListLine::More { .. })));
    }
}
