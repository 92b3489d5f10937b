//! The keys of the language: one table for each domain, for parsing, completion and help alike.

use super::Domain;

/// Keys whose value is a name, compared as it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Name {
    Agent,
    /// Who made a file.
    By,
    /// The name of a file.
    File,
    /// The MIME type of a file, or one of its two halves.
    Mime,
    /// The name of a session. A regular expression for it is the service's to run.
    Session,
    Parent,
    Step,
    SubAgent,
    Tool,
}

/// Keys whose value is an amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Measure {
    Age,
    Context,
    Duration,
    Idle,
    Size,
    TimeToIdle,
}

impl Measure {
    pub(super) fn unit(self) -> Unit {
        match self {
            Self::Size => Unit::Bytes,
            Self::Context => Unit::Percent,
            Self::Age | Self::Duration | Self::Idle | Self::TimeToIdle => Unit::Time,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    Bytes,
    /// In milliseconds.
    Time,
    Percent,
}

/// What may stand behind a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    Is,
    Kind,
    Meta,
    Measure(Measure),
    Name(Name),
    Since,
    Text,
}

pub(super) struct Key {
    pub(super) word: &'static str,
    pub(super) shape: Shape,
    pub(super) about: &'static str,
    /// A value to begin with, where values do not come from a list.
    pub(super) sample: &'static str,
}

const fn key(word: &'static str, shape: Shape, sample: &'static str, about: &'static str) -> Key {
    Key { word, shape, about, sample }
}

/// What follows `meta.` is a path into the metadata, so that this key is written with a dot.
pub(super) const META: &str = "meta";

const SESSIONS: &[Key] = &[
    key("is", Shape::Is, "", "its state"),
    key("agent", Shape::Name(Name::Agent), "", "key of its agent"),
    key("step", Shape::Name(Name::Step), "", "step that it is in"),
    key("parent", Shape::Name(Name::Parent), "", "key of the session that made it"),
    key("age", Shape::Measure(Measure::Age), "<2h", "time since it was made"),
    key("idle", Shape::Measure(Measure::Idle), ">30m", "time since anything happened in it"),
    key("tti", Shape::Measure(Measure::TimeToIdle), "<1d", "idle time before it is deleted"),
    key("ctx", Shape::Measure(Measure::Context), ">80%", "how full its context window is"),
    key(META, Shape::Meta, "", "a value of its metadata"),
    key("name", Shape::Name(Name::Session), "", "its name; /re/ runs on the server"),
];

const EVENTS: &[Key] = &[
    key("type", Shape::Kind, "", "what kind of event it is"),
    key("tool", Shape::Name(Name::Tool), "", "name of its tool"),
    key("is", Shape::Is, "", "its state"),
    key("text", Shape::Text, "", "what stands in it, names apart"),
    key("size", Shape::Measure(Measure::Size), ">20k", "bytes of its JSON, 1k is 1,024"),
    key("dur", Shape::Measure(Measure::Duration), ">5s", "how long its tool took"),
    key("since", Shape::Since, "1h", "happened at that time or later"),
    key("step", Shape::Name(Name::Step), "", "step in which it happened"),
    key("sub", Shape::Name(Name::SubAgent), "", "sub-agent that it runs or comes from"),
];

const FILES: &[Key] = &[
    key("name", Shape::Name(Name::File), "", "its name"),
    key("type", Shape::Name(Name::Mime), "", "its MIME type, or either half"),
    key("size", Shape::Measure(Measure::Size), ">20k", "its bytes, 1k is 1,024"),
    key("by", Shape::Name(Name::By), "", "the tool that made it, agent, or you"),
    key("age", Shape::Measure(Measure::Age), "<2h", "time since it was made"),
];

pub(super) fn of(domain: Domain) -> &'static [Key] {
    match domain {
        Domain::Sessions => SESSIONS,
        Domain::Events => EVENTS,
        Domain::Files => FILES,
    }
}

pub(super) fn find(domain: Domain, word: &str) -> Option<&'static Key> {
    of(domain).iter().find(|key| key.word.eq_ignore_ascii_case(word))
}

/// How the key of a name or an amount is written.
pub(super) fn word(domain: Domain, shape: Shape) -> &'static str {
    of(domain).iter().find(|key| key.shape == shape).map_or("", |key| key.word)
}
