//! What foretop knows from earlier runs: drafts, how far sessions were read, bookmarks, missing
//! roles, answers to recall, steps to take back. Plain data and the rules about it; the files are the business of the state directory.
//!
//! Never holds the body of an event, the arguments of a call, or a secret.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::api::{AgentKey, EventId, Need, SessionRef, Timestamp};
use crate::model::AnswerKind;
use crate::model::step::Step;
use crate::tools::audit::Record;

/// What a draft was written for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DraftOf {
    Message(SessionRef),
    Answer { session: SessionRef, call: EventId },
}

/// Text that was typed and not sent.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SavedDraft {
    pub text: String,
    /// For answers; messages leave it alone.
    #[serde(default)]
    pub kind: AnswerKind,
    /// The same for what was written as the other kind of answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub other: Option<String>,
    /// Row and column of the cursor, from zero; `None` is the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<(usize, usize)>,
}

/// How far a session was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    pub event: EventId,
    /// When the newest of what was seen happened, by the clock of the service.
    pub happened_at: Option<Timestamp>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct EventRef {
    pub session: SessionRef,
    pub event: EventId,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Bookmark {
    #[serde(default)]
    pub note: String,
}

/// What the service refused for want of a role.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Denied {
    pub agent: AgentKey,
    pub need: Need,
}

/// An answer that was given. Kept only where nothing in it is masked, and under a name that tells
/// nothing of the arguments; see [`crate::tools::recall`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordedAnswer {
    pub text: String,
    pub kind: AnswerKind,
}

/// Something kept, and when that was last changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept<T> {
    pub at: Timestamp,
    pub value: T,
}

pub type Table<K, V> = BTreeMap<K, Kept<V>>;

/// Everything that is kept for one profile.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Memory {
    /// Those that were not yet given back to the person.
    #[serde(with = "pairs")]
    pub drafts: Table<DraftOf, SavedDraft>,
    #[serde(with = "pairs")]
    pub seen: Table<SessionRef, Seen>,
    #[serde(with = "pairs")]
    pub bookmarks: Table<EventRef, Bookmark>,
    /// Calls that a person put off.
    #[serde(default, with = "pairs")]
    pub set_aside: Table<EventRef, ()>,
    #[serde(with = "pairs")]
    pub denied: Table<Denied, ()>,
    #[serde(with = "pairs", default)]
    pub answers: Table<String, RecordedAnswer>,
    /// What can be taken back, by when it was done.
    #[serde(with = "pairs", default)]
    pub steps: Table<Timestamp, Step>,
    /// What was chosen for the screen, by its name.
    #[serde(with = "pairs", default)]
    pub choices: Table<String, String>,
}

/// Tables as lists of pairs: their keys are more than text.
mod pairs {
    use serde::de::{Deserialize, Deserializer};
    use serde::{Serialize, Serializer};

    use super::{Kept, Table};

    pub(super) fn serialize<K, V, S>(table: &Table<K, V>, serializer: S) -> Result<S::Ok, S::Error>
    where
        K: Serialize,
        V: Serialize,
        S: Serializer,
    {
        serializer.collect_seq(table)
    }

    pub(super) fn deserialize<'de, K, V, D>(deserializer: D) -> Result<Table<K, V>, D::Error>
    where
        K: Deserialize<'de> + Ord,
        V: Deserialize<'de>,
        D: Deserializer<'de>,
    {
        let pairs: Vec<(K, Kept<V>)> = Vec::deserialize(deserializer)?;
        Ok(pairs.into_iter().collect())
    }
}

/// One thing to keep, or (`None`) to keep no longer.
#[derive(Debug, Clone, PartialEq)]
pub enum Fact {
    Draft(DraftOf, Option<SavedDraft>),
    Seen(SessionRef, Option<Seen>),
    Bookmark(EventRef, Option<Bookmark>),
    SetAside(EventRef, Option<()>),
    Denied(Denied, Option<()>),
    Answer(String, Option<RecordedAnswer>),
    Step(Timestamp, Option<Step>),
    Choice(String, Option<String>),
    /// Something for the log of answers.
    Noted(Box<Record>),
}

impl Fact {
    /// Whether the later of two facts makes the earlier one void.
    fn replaces(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Draft(one, _), Self::Draft(two, _)) => one == two,
            (Self::Seen(one, _), Self::Seen(two, _)) => one == two,
            (Self::Bookmark(one, _), Self::Bookmark(two, _))
            | (Self::SetAside(one, _), Self::SetAside(two, _)) => one == two,
            (Self::Denied(one, _), Self::Denied(two, _)) => one == two,
            (Self::Answer(one, _), Self::Answer(two, _))
            | (Self::Choice(one, _), Self::Choice(two, _)) => one == two,
            (Self::Step(one, _), Self::Step(two, _)) => one == two,
            _ => false,
        }
    }
}

/// A fact, and when it became one.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    pub at: Timestamp,
    pub fact: Fact,
}

impl Change {
    /// Adds itself to changes that wait, in place of an earlier one about the same thing.
    pub fn join(self, waiting: &mut Vec<Self>) {
        waiting.retain(|earlier| !self.fact.replaces(&earlier.fact));
        waiting.push(self);
    }
}

impl Memory {
    /// Notes how far a session was read; says what there is to keep, if it is news.
    pub fn see(&mut self, session: &SessionRef, seen: Seen, at: Timestamp) -> Option<Change> {
        if self.seen.get(session).is_some_and(|before| before.value == seen) {
            return None;
        }
        let fact = Fact::Seen(session.clone(), Some(seen.clone()));
        self.seen.insert(session.clone(), Kept { at, value: seen });
        Some(Change { at, fact })
    }

    /// Whether a session that was looked at before has gone on since. One that never was has no
    /// news: everything in it is.
    pub fn has_news(&self, session: &SessionRef, last_event_at: Option<Timestamp>) -> bool {
        let seen = self.seen.get(session).and_then(|seen| seen.value.happened_at);
        seen.zip(last_event_at).is_some_and(|(seen, last)| last > seen)
    }

    /// Sets a bookmark, changes its note, or (`None`) takes it away.
    pub fn bookmark(&mut self, on: EventRef, mark: Option<Bookmark>, at: Timestamp) -> Change {
        match mark.clone() {
            Some(value) => self.bookmarks.insert(on.clone(), Kept { at, value }),
            None => self.bookmarks.remove(&on),
        };
        Change { at, fact: Fact::Bookmark(on, mark) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn seen(event: &str, second: i64) -> Seen {
        Seen { event: event.into(), happened_at: Some(at(second)) }
    }

    #[test]
    fn only_what_was_looked_at_has_news() {
        let (read, other) = (SessionRef::new("a", "read"), SessionRef::new("a", "other"));
        let mut memory = Memory::default();
        assert!(memory.see(&read, seen("aev_1", 10), at(11)).is_some());
        assert_eq!(memory.see(&read, seen("aev_1", 10), at(12)), None, "nothing new to keep");
        assert!(!memory.has_news(&read, Some(at(10))));
        assert!(memory.has_news(&read, Some(at(13))));
        assert!(!memory.has_news(&read, None) && !memory.has_news(&other, Some(at(13))));
    }

    #[test]
    fn a_later_change_takes_the_place_of_the_earlier_one_about_the_same_thing() {
        let (one, two) = (SessionRef::new("a", "one"), SessionRef::new("a", "two"));
        let change = |second, session: &SessionRef| Change {
            at: at(second),
            fact: Fact::Draft(DraftOf::Message(session.clone()), None),
        };
        let mut waiting = Vec::new();
        for next in [change(1, &one), change(2, &two), change(3, &one)] {
            next.join(&mut waiting);
        }
        assert_eq!(waiting, [change(2, &two), change(3, &one)]);
    }

    #[test]
    fn a_bookmark_is_there_until_it_is_taken_away() {
        let on = EventRef { session: SessionRef::new("a", "s"), event: "aev_1".into() };
        let mark = Bookmark { note: "where it went wrong".into() };
        let mut memory = Memory::default();
        let change = memory.bookmark(on.clone(), Some(mark.clone()), at(1));
        assert_eq!(change.fact, Fact::Bookmark(on.clone(), Some(mark)));
        assert_eq!(memory.bookmarks[&on].value.note, "where it went wrong");
        memory.bookmark(on, None, at(2));
        assert!(memory.bookmarks.is_empty());
    }
}
