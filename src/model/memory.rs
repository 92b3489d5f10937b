//! What foretop knows from earlier runs: drafts, how far sessions were read, bookmarks, missing
//! roles, answers to recall, messages that were sent, steps to take back. Plain data and the rules about
//! it; the files are the business of the state directory.
//!
//! Never holds the body of an event, the arguments of a call, or a secret: of what a person sent, only what
//! they typed here, and nothing in which something looks like a key.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::api::{AgentKey, EventId, Need, SessionRef, Timestamp};
use crate::model::AnswerKind;
use crate::model::step::Step;
use crate::text::redact;
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

/// A message that was sent to an agent from here. One that is sent again is the same one, later.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SentMessage {
    pub agent: AgentKey,
    pub text: String,
}

impl SentMessage {
    /// Longer ones were pasted, and nobody brings them back by their words.
    const LONGEST: usize = 16 * 1024;

    /// The message, unless it is nothing to keep: too long, or with something in it that looks like a key
    /// or stands behind the name of one.
    pub fn worth_keeping(agent: &AgentKey, text: &str) -> Option<Self> {
        let text = text.trim_end();
        let fits = !text.trim().is_empty() && text.len() <= Self::LONGEST;
        let clean = fits && redact::line(text) == text;
        clean.then(|| Self { agent: agent.clone(), text: text.to_owned() })
    }
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
    /// Messages that were sent, without any that looks like a secret.
    #[serde(with = "pairs", default)]
    pub sent: Table<SentMessage, ()>,
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
    Sent(SentMessage, Option<()>),
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
            (Self::Sent(one, _), Self::Sent(two, _)) => one == two,
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

    /// Notes a message that was sent; says what there is to keep, if it is to be kept at all.
    pub fn sent(&mut self, agent: &AgentKey, text: &str, at: Timestamp) -> Option<Change> {
        let message = SentMessage::worth_keeping(agent, text)?;
        self.sent.insert(message.clone(), Kept { at, value: () });
        Some(Change { at, fact: Fact::Sent(message, Some(())) })
    }

    /// What was sent to an agent, the latest last.
    pub fn sent_to(&self, agent: &AgentKey) -> Vec<&str> {
        let first = SentMessage { agent: agent.clone(), text: String::new() };
        let of_agent = self.sent.range(first..).take_while(|(message, _)| message.agent == *agent);
        let mut sent: Vec<(Timestamp, &str)> =
            of_agent.map(|(message, kept)| (kept.at, message.text.as_str())).collect();
        sent.sort_unstable();
        sent.into_iter().map(|(_, text)| text).collect()
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
    fn messages_are_brought_back_in_the_order_in_which_they_were_last_sent() {
        let (one, two) = (AgentKey::from("a"), AgentKey::from("b"));
        let mut memory = Memory::default();
        for (second, agent, text) in
            [(1, &one, "x"), (2, &one, "a"), (3, &two, "z"), (4, &one, "x\n")]
        {
            assert!(memory.sent(agent, text, at(second)).is_some());
        }
        assert_eq!(memory.sent_to(&one), ["a", "x"]);
        assert_eq!(memory.sent_to(&two), ["z"]);
        for kept_by_nobody in [
            " \n",
            "use zut_0123456789abcdef",
            "the password: hunter2 please",
            "Authorization: Bearer abcdefgh12345678",
            "see https://me:pw@host/x",
        ] {
            assert_eq!(memory.sent(&one, kept_by_nobody, at(5)), None, "{kept_by_nobody}");
        }
        assert_eq!(memory.sent(&one, &"x".repeat(20_000), at(5)), None);
        assert_eq!(memory.sent_to(&one).len(), 2);
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
