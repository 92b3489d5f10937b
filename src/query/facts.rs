//! What a query may ask of an event and of a session, and how it is answered.
//!
//! The owner of the data implements one of the two traits, from an index or from the whole object.
//! Where an index cannot tell, it says [`Fact::Unread`], and the query asks again once the object
//! has been read.

use std::ops::ControlFlow;

use crate::api::{EventKind, Object, Timestamp};

/// What is known of something without reading more than is at hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fact<T> {
    Known(T),
    Unread,
}

/// Whether something passes a query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    Yes,
    No,
    /// What is at hand does not decide it: read the whole and ask again.
    NeedsReading,
}

impl From<bool> for Answer {
    fn from(passes: bool) -> Self {
        if passes { Self::Yes } else { Self::No }
    }
}

impl From<Fact<bool>> for Answer {
    fn from(fact: Fact<bool>) -> Self {
        match fact {
            Fact::Known(passes) => passes.into(),
            Fact::Unread => Self::NeedsReading,
        }
    }
}

/// Takes one piece of text after the other; `Break` says that it has what it looked for.
pub type Reader<'a> = dyn FnMut(&str) -> ControlFlow<()> + 'a;

macro_rules! closed_set {
    ($(#[$doc:meta])* $name:ident { $($variant:ident = $word:literal, $about:literal;)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $name { $($variant,)+ }

        impl $name {
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            pub fn word(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }

            pub fn about(self) -> &'static str {
                match self { $(Self::$variant => $about,)+ }
            }
        }
    };
}

closed_set! {
    /// The words of `is:` for sessions.
    SessionState {
        Parked = "parked", "waits for you";
        Running = "running", "its agent works";
        Idle = "idle", "neither runs nor waits";
        Unstarted = "unstarted", "nothing was ever said in it";
        Error = "error", "fails, or its context is full";
        Disabled = "disabled", "takes no input";
        Expiring = "expiring", "is deleted soon unless used";
        New = "new", "something happened since you looked";
        Pinned = "pinned", "pinned by you";
    }
}

closed_set! {
    /// The words of `is:` for events.
    EventState {
        Error = "error", "failed, or says that something did";
        Hidden = "hidden", "hidden from the agent";
        Compacted = "compacted", "a summary stands for it";
        Pending = "pending", "waits for a client's answer";
        Live = "live", "not stored by the service";
        Bookmarked = "bookmarked", "bookmarked by you";
    }
}

/// The tool of an event, as far as it is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tool<'a> {
    None,
    Named(&'a str),
    /// [`crate::api::glance::fingerprint`] of its name, which decides an exact comparison.
    Fingerprint(u64),
}

pub trait EventFacts {
    fn kind(&self) -> EventKind;
    fn is(&self, state: EventState) -> Fact<bool>;
    fn tool(&self) -> Tool<'_>;
    /// Bytes of JSON.
    fn size(&self) -> u64;
    /// How long its tool took.
    fn duration_ms(&self) -> Fact<Option<u64>>;
    fn at(&self) -> Option<Timestamp>;
    /// The step in which it happened.
    fn step(&self) -> Fact<Option<&str>>;
    /// The sub-agent that it runs or comes from.
    fn sub_agent(&self) -> Fact<Option<&str>>;
    /// Hands over everything in it that a person can read, in pieces, its id included, until the
    /// reader has enough.
    fn text(&self, reader: &mut Reader<'_>) -> Fact<()>;
}

pub trait SessionFacts {
    fn key(&self) -> &str;
    fn name(&self) -> &str;
    fn agent(&self) -> &str;
    fn parent(&self) -> Option<&str>;
    fn is(&self, state: SessionState) -> Fact<bool>;
    fn step(&self) -> Fact<Option<&str>>;
    fn created_at(&self) -> Timestamp;
    /// The latest that is known to have happened in it.
    fn last_sign(&self) -> Fact<Timestamp>;
    /// Idle minutes before the service deletes it; `None` means never.
    fn tti_minutes(&self) -> Option<u64>;
    fn context_percent(&self) -> Option<u64>;
    fn metadata(&self) -> &Object;
    /// Hands over its description, and what is at hand of what was said in it.
    fn text(&self, reader: &mut Reader<'_>) -> Fact<()>;
}
