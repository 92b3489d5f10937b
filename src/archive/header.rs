//! The few fields of a line that a glance is made of, taken in one of two ways.
//!
//! [`quick`] reads plain members from the left until it knows enough, and gives up at anything
//! else: an escape, a number, a container before the fields it needs. [`whole`] reads the line as
//! a JSON parser does. Of a key that comes twice the first counts, in both. The invariant: where
//! `quick` answers, `whole` gives the same answer, on broken lines too.

use std::borrow::Cow;
use std::fmt;
use std::sync::LazyLock;

use memchr::memmem::Finder;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::fault::FaultKind;
use crate::api::glance::{HideReason, fingerprint};
use crate::api::odd::readable;
use crate::api::{EventKind, Glance, Timestamp};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u16)]
enum Name {
    Id = 1,
    CreatedAt = 1 << 1,
    Type = 1 << 2,
    Call = 1 << 3,
    Tool = 1 << 4,
    Failed = 1 << 5,
    ToolType = 1 << 6,
    HideReason = 1 << 7,
    Compacted = 1 << 8,
    /// Not the service's, but ours: whether the agent no longer sees the event.
    Hidden = 1 << 9,
    /// The older form of that: the event is a member beside it.
    Event = 1 << 10,
    Other = 0,
}

impl Name {
    fn of(key: &str) -> Self {
        match key {
            "id" => Self::Id,
            "created_at" => Self::CreatedAt,
            "type" => Self::Type,
            "tool_call_id" => Self::Call,
            "tool_configuration_name" => Self::Tool,
            "error" => Self::Failed,
            "tool_type" => Self::ToolType,
            "hide_reason" => Self::HideReason,
            "events_compacted" => Self::Compacted,
            "hidden" => Self::Hidden,
            "event" => Self::Event,
            _ => Self::Other,
        }
    }
}

/// The keys of which a glance is made, for whoever cuts a line down.
pub(super) fn is_wanted(key: &[u8]) -> bool {
    std::str::from_utf8(key).is_ok_and(|key| Name::of(key) != Name::Other)
}

enum Value<'a> {
    Text(Cow<'a, str>),
    Flag(bool),
    Count(u64),
    Null,
    Other,
}

impl Value<'_> {
    /// Whether it says that something failed: an error in words, too, is one.
    fn tells(&self) -> bool {
        match self {
            Self::Text(text) => !text.is_empty(),
            Self::Flag(flag) => *flag,
            Self::Count(count) => *count > 0,
            Self::Null => false,
            Self::Other => true,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Header {
    /// Fingerprint of the event's id.
    pub(super) id: Option<u64>,
    glance: Glance,
    /// What the line says of its being hidden.
    marked: Option<bool>,
    seen: u16,
}

impl Header {
    fn nothing() -> Self {
        Self { id: None, glance: Glance::nothing(), marked: None, seen: 0 }
    }

    fn has(&self, name: Name) -> bool {
        self.seen & name as u16 != 0
    }

    fn take(&mut self, name: Name, value: &Value<'_>) {
        if self.has(name) {
            return;
        }
        self.seen |= name as u16;
        let glance = &mut self.glance;
        match (name, value) {
            (Name::Id, Value::Text(text)) => self.id = Some(fingerprint(text)),
            (Name::CreatedAt, Value::Text(text)) => glance.at = milliseconds(text),
            (Name::Type, Value::Text(text)) => glance.kind = kind(text),
            (Name::Call, Value::Text(text)) if !text.is_empty() => {
                glance.call = Some(fingerprint(text));
            }
            (Name::Tool, Value::Text(text)) if !text.is_empty() => {
                glance.tool = Some(fingerprint(text));
            }
            (Name::Failed, value) => glance.failed = value.tells(),
            (Name::ToolType, Value::Text(text)) => glance.sub_agent = text.contains(SUB_AGENT),
            (Name::HideReason, Value::Text(text)) => {
                let compaction = text == "compaction";
                let reason = if compaction { HideReason::Compaction } else { HideReason::Other };
                glance.hidden = Some(reason);
            }
            (Name::Compacted, Value::Count(count)) => glance.compacted = *count,
            (Name::Hidden, Value::Flag(hidden)) => self.marked = Some(*hidden),
            _ => {}
        }
    }

    /// Each type has its own fields; the same name in another type is another thing.
    pub(super) fn glance(&self) -> Glance {
        let all = self.glance;
        let hidden = HideReason::marked(all.hidden, self.marked);
        let told = self.marked.is_some() || all.hidden.is_some();
        let mut glance = Glance { kind: all.kind, at: all.at, hidden, told, ..Glance::nothing() };
        match all.kind {
            EventKind::ToolInput => {
                (glance.call, glance.tool, glance.sub_agent) = (all.call, all.tool, all.sub_agent);
            }
            EventKind::ToolOutput => {
                (glance.call, glance.tool, glance.failed) = (all.call, all.tool, all.failed);
            }
            EventKind::Compaction => glance.compacted = all.compacted,
            _ => {}
        }
        glance
    }

    /// Whether it is an event, of whatever type.
    pub(super) fn is_event(&self) -> bool {
        let glance = self.glance;
        glance.kind != EventKind::Unknown || (self.id.is_some() && glance.at.is_some())
    }

    /// The event that is a member of this, if this is none itself.
    fn unwrapped(self, event: Option<Self>) -> Self {
        let bare = !self.has(Name::Type) && !self.has(Name::Id);
        match event.filter(|_| bare) {
            Some(event) => Self { marked: event.marked.or(self.marked), ..event },
            None => self,
        }
    }

    /// Whether all is known but what may lie anywhere in the line.
    fn is_settled(&self) -> bool {
        let common = self.has(Name::Id) && self.has(Name::CreatedAt) && self.has(Name::Type);
        let joined = self.has(Name::Call) && self.has(Name::Tool);
        common
            && match self.glance.kind {
                EventKind::ToolInput | EventKind::ToolOutput => joined,
                EventKind::Compaction => self.has(Name::Compacted),
                _ => true,
            }
    }

    /// Whether even what may lie anywhere is known.
    fn is_complete(&self) -> bool {
        match self.glance.kind {
            EventKind::ToolInput => self.has(Name::ToolType),
            EventKind::ToolOutput => self.has(Name::Failed),
            _ => true,
        }
    }
}

const SUB_AGENT: &str = "sub_agent";
static FIND_SUB_AGENT: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(SUB_AGENT));
static FIND_ERROR: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("\"error\""));
static FIND_HIDE_REASON: LazyLock<Finder<'static>> =
    LazyLock::new(|| Finder::new("\"hide_reason\""));
static FIND_HIDDEN: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("\"hidden\""));
static FIND_ESCAPE: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("\\u00"));

/// Calls `found` with each place in a block whose line [`quick`] must not be asked about: it may
/// be hidden, or spell a key with escapes.
pub(super) fn find_unfit(block: &[u8], mut found: impl FnMut(usize)) {
    FIND_HIDE_REASON.find_iter(block).for_each(&mut found);
    // At the beginning of a line the quick way meets it.
    let leads = |at: &usize| matches!(block.get(..*at), Some([.., b'\n', b'{'] | [b'{']));
    FIND_HIDDEN.find_iter(block).filter(|at| !leads(at)).for_each(&mut found);
    // The letters of the keys and their underscores are 5f and 61 to 7a.
    let spells = |at: &usize| matches!(block.get(at + 4), Some(b'5' | b'6' | b'7'));
    FIND_ESCAPE.find_iter(block).filter(spells).for_each(found);
}

/// The header of a line in which [`find_unfit`] finds nothing; `None` where it takes more.
pub(super) fn quick(line: &str) -> Option<Header> {
    let mut rest = Cursor { line, at: 0 };
    let mut header = Header::nothing();
    rest.space();
    rest.eat(b'{')?;
    loop {
        rest.space();
        let name = Name::of(rest.string()?);
        rest.space();
        rest.eat(b':')?;
        rest.space();
        let value = match rest.peek()? {
            b'"' => Value::Text(Cow::Borrowed(rest.string()?)),
            b't' => rest.word("true", Value::Flag(true))?,
            b'f' => rest.word("false", Value::Flag(false))?,
            b'n' => rest.word("null", Value::Null)?,
            _ => break,
        };
        header.take(name, &value);
        if header.is_settled() && header.is_complete() {
            return Some(header);
        }
        rest.space();
        match rest.peek()? {
            b',' => rest.at += 1,
            // The end of the object: what is not here is nowhere.
            b'}' => return Some(header),
            _ => break,
        }
    }
    let rest = rest.line.as_bytes().get(rest.at..)?;
    let undecided = match header.glance.kind {
        EventKind::ToolInput => FIND_SUB_AGENT.find(rest).is_some(),
        EventKind::ToolOutput => !header.is_complete() && may_have_failed(rest),
        _ => false,
    };
    (header.is_settled() && !undecided).then_some(header)
}

/// Whether `"error"` stands anywhere, at whatever depth, and is neither false nor nothing.
fn may_have_failed(rest: &[u8]) -> bool {
    FIND_ERROR.find_iter(rest).any(|at| {
        let value = rest.get(at + "\"error\"".len()..).unwrap_or_default().trim_ascii_start();
        let value = value.strip_prefix(b":").map(<[u8]>::trim_ascii_start);
        value.is_some_and(|value| !value.starts_with(b"false") && !value.starts_with(b"null"))
    })
}

/// A place in a line, moved over members without escapes.
struct Cursor<'a> {
    line: &'a str,
    at: usize,
}

impl<'a> Cursor<'a> {
    fn peek(&self) -> Option<u8> {
        self.line.as_bytes().get(self.at).copied()
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn eat(&mut self, byte: u8) -> Option<()> {
        (self.peek()? == byte).then(|| self.at += 1)
    }

    fn string(&mut self) -> Option<&'a str> {
        self.eat(b'"')?;
        let start = self.at;
        let rest = self.line.as_bytes().get(start..)?;
        let length = rest.iter().position(|&byte| matches!(byte, b'"' | b'\\' | 0..0x20))?;
        self.at += length;
        self.eat(b'"')?;
        self.line.get(start..start + length)
    }

    fn word<T>(&mut self, word: &str, value: T) -> Option<T> {
        self.line.get(self.at..)?.starts_with(word).then(|| self.at += word.len())?;
        Some(value)
    }
}

/// The commonest first; there are eighteen.
fn kind(text: &str) -> EventKind {
    match text {
        "tool_input" => EventKind::ToolInput,
        "tool_output" => EventKind::ToolOutput,
        "thinking" => EventKind::Thinking,
        "agent_output" => EventKind::AgentOutput,
        "input_message" => EventKind::InputMessage,
        _ => EventKind::from_wire(text),
    }
}

/// A time as an event reads it, by the short way if it has the service's form.
fn milliseconds(text: &str) -> Option<i64> {
    service_time(text.as_bytes())
        .or_else(|| text.parse::<Timestamp>().ok().map(Timestamp::as_millisecond))
}

/// `2026-05-28T22:17:09.627Z`, and nothing else.
fn service_time(text: &[u8]) -> Option<i64> {
    let text: &[u8; 24] = text.try_into().ok()?;
    let marks = (text[4], text[7], text[10], text[13], text[16], text[19], text[23]);
    if marks != (b'-', b'-', b'T', b':', b':', b'.', b'Z') {
        return None;
    }
    let number = |from: usize, to: usize| {
        let digits = text.get(from..to)?;
        digits.iter().try_fold(0_i64, |number, digit| {
            digit.is_ascii_digit().then(|| number * 10 + i64::from(digit - b'0'))
        })
    };
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    // Days that some months do not have, and leap seconds, are left to the long way.
    let plain = year >= 1970
        && (1..=12).contains(&month)
        && (1..=if month == 2 { 28 } else { 30 }).contains(&day)
        && hour < 24
        && minute < 60
        && second < 60;
    if !plain {
        return None;
    }
    // Days since 1970, with years that begin in March, so that a leap day is the last of one.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let (century, of_century) = (year / 100, year % 100);
    let days =
        century * 146_097 / 4 + of_century * 1461 / 4 + (153 * month + 2) / 5 + day - 719_469;
    Some((((days * 24 + hour) * 60 + minute) * 60 + second) * 1000 + number(20, 23)?)
}

/// What a parser reads of a line until its end or its first mistake, and that mistake. What it only
/// refuses to read into a value is no mistake.
pub(super) fn whole(line: &[u8]) -> (Header, Option<serde_json::Error>) {
    let (header, error) = strict(line);
    if error.is_some()
        && let Ok(json) = serde_json::from_slice::<&RawValue>(line)
    {
        return strict(readable(json.get()).as_bytes());
    }
    (header, error)
}

fn strict(line: &[u8]) -> (Header, Option<serde_json::Error>) {
    let (mut header, mut event) = (Header::nothing(), None);
    let mut input = serde_json::Deserializer::from_slice(line);
    let members = Members { header: &mut header, event: Some(&mut event) };
    let read = members.deserialize(&mut input).and_then(|()| input.end());
    (header.unwrapped(event), read.err())
}

/// Why a line is no JSON object, if so.
pub(super) fn mistake(error: &serde_json::Error) -> FaultKind {
    use serde_json::error::Category;
    match error.classify() {
        Category::Data => FaultKind::NoObject,
        Category::Eof | Category::Syntax | Category::Io => FaultKind::NotJson,
    }
}

struct Members<'a> {
    header: &'a mut Header,
    /// Where an event goes that is a member; in such an event it is a member like others.
    event: Option<&'a mut Option<Header>>,
}

impl<'de> DeserializeSeed<'de> for Members<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, input: D) -> Result<(), D::Error> {
        input.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Members<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut members: A) -> Result<(), A::Error> {
        while let Some(name) = members.next_key::<Name>()? {
            if name == Name::Other || self.header.has(name) {
                members.next_value::<IgnoredAny>()?;
                continue;
            }
            if let Some(event) = self.event.as_deref_mut().filter(|_| name == Name::Event) {
                *event = members.next_value::<Member>()?.0;
            } else {
                let value = members.next_value()?;
                self.header.take(name, &value);
            }
            self.header.seen |= name as u16;
        }
        Ok(())
    }
}

/// An event that is a member, or a value that is none.
struct Member(Option<Header>);

impl<'de> serde::Deserialize<'de> for Member {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        let raw = <&RawValue>::deserialize(input)?;
        if !raw.get().starts_with('{') {
            return Ok(Self(None));
        }
        let read = |json: &str| {
            let mut header = Header::nothing();
            let mut input = serde_json::Deserializer::from_str(json);
            let members = Members { header: &mut header, event: None };
            members.deserialize(&mut input).is_ok().then_some(header)
        };
        Ok(Self(read(raw.get()).or_else(|| read(&readable(raw.get())))))
    }
}

impl<'de> serde::Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        struct Key;
        impl Visitor<'_> for Key {
            type Value = Name;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a key")
            }

            fn visit_str<E>(self, key: &str) -> Result<Name, E> {
                Ok(Name::of(key))
            }
        }
        input.deserialize_str(Key)
    }
}

impl<'de> serde::Deserialize<'de> for Value<'de> {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Value<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("any value")
            }

            fn visit_bool<E>(self, flag: bool) -> Result<Self::Value, E> {
                Ok(Value::Flag(flag))
            }

            fn visit_u64<E>(self, count: u64) -> Result<Self::Value, E> {
                Ok(Value::Count(count))
            }

            fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
                Ok(Value::Other)
            }

            fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
                Ok(Value::Other)
            }

            fn visit_unit<E>(self) -> Result<Self::Value, E> {
                Ok(Value::Null)
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Value::Text(Cow::Borrowed(text)))
            }

            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Value::Text(Cow::Owned(text.to_owned())))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
                while items.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Value::Other)
            }

            fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
                while members.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(Value::Other)
            }
        }
        input.deserialize_any(Any)
    }
}

/// Whether [`quick`] may be asked about a line that stands alone.
#[cfg(test)]
fn is_fit(line: &str) -> bool {
    let mut fit = true;
    find_unfit(line.as_bytes(), |_| fit = false);
    fit
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::Event;
    use proptest::prelude::*;

    #[track_caller]
    fn agrees(line: &str) {
        if is_fit(line)
            && let Some(header) = quick(line)
        {
            let (slow, _) = whole(line.as_bytes());
            assert_eq!((header.id, header.glance()), (slow.id, slow.glance()), "{line}");
        }
    }

    const OUTPUT: &str = r#"{"id":"aev_1","session_key":"s","created_at":"2026-07-02T09:00:01.007Z","type":"tool_output","tool_call_id":"c1","tool_configuration_name":"t","tool_name":"t","tool_output":{"error":false,"type":"x"},"error":false}"#;

    #[test]
    fn the_services_own_order_is_read_the_quick_way() {
        let header = quick(OUTPUT).unwrap();
        let glance = header.glance();
        assert_eq!(glance.kind, EventKind::ToolOutput);
        assert_eq!(glance.at, Some(1_782_982_801_007));
        assert_eq!(glance.call, Some(fingerprint("c1")));
        assert_eq!(header.id, Some(fingerprint("aev_1")));
        assert!(!glance.failed);
        let spaced = OUTPUT.replace(':', ": ").replace(',', ", ").replace(": 0", ":0");
        assert_eq!(quick(&spaced).unwrap().glance(), glance);
    }

    #[test]
    fn a_failure_that_may_lie_deeper_is_left_to_the_parser() {
        let inner = OUTPUT.replace(r#"{"error":false"#, r#"{"error": true"#);
        assert_eq!(quick(&inner), None);
        assert!(!whole(inner.as_bytes()).0.glance().failed);
        let outer = OUTPUT.replace(r#""error":false}"#, r#""error" : true}"#);
        assert_eq!(quick(&outer), None);
        assert!(whole(outer.as_bytes()).0.glance().failed);
    }

    #[test]
    fn keys_in_disguise_are_not_overlooked() {
        for line in [
            OUTPUT.replace(r#""error":false}"#, r#""err\u006fr":true}"#),
            OUTPUT.replace(r#""error":false}"#, r#""hide\u005freason":"compaction"}"#),
            OUTPUT.replace(r#""id""#, r#""\u0069d""#),
        ] {
            assert!(!is_fit(&line), "{line}");
            let event: Event = serde_json::from_str(&line).unwrap();
            if !line.contains("err\\u") && !line.contains("hide") {
                assert!(event.id.is_some());
            }
            assert_eq!(whole(line.as_bytes()).0.glance().hidden, Glance::from(&event).hidden);
        }
    }

    #[test]
    fn the_first_of_two_keys_counts_in_both_ways() {
        let twice = OUTPUT.replacen(r#""type":"#, r#""type":"thinking","type":"#, 1);
        assert_eq!(quick(&twice).unwrap().glance().kind, EventKind::Thinking);
        agrees(&twice);
        let mistyped = OUTPUT.replacen(r#""id":"#, r#""id":null,"id":"#, 1);
        assert_eq!(quick(&mistyped).unwrap().id, None);
        agrees(&mistyped);
    }

    #[test]
    fn broken_lines_tell_what_stands_before_the_mistake() {
        let (header, error) = whole(br#"{"id":"a","type":"thinking","content":"#);
        assert_eq!(header.glance().kind, EventKind::Thinking);
        assert_eq!(mistake(&error.unwrap()), FaultKind::NotJson);
        let (_, error) = whole(b"[1]");
        assert_eq!(mistake(&error.unwrap()), FaultKind::NoObject);
        let deep = format!("{{\"a\":{}", "[".repeat(1_000_000));
        assert!(whole(deep.as_bytes()).1.is_some());
        let deep = format!("{{\"id\":{}", "[".repeat(1_000_000));
        assert!(whole(deep.as_bytes()).1.is_some());
        let deep = format!("{}{}", "{\"id\":".repeat(1000), "}".repeat(1000));
        assert!(whole(deep.as_bytes()).1.is_some());
    }

    /// Values that try to be taken for others, and plain ones.
    fn value() -> impl Strategy<Value = String> {
        prop_oneof![
            prop::sample::select(vec![
                "true",
                "false",
                "null",
                "0",
                "47",
                "-1",
                "1e3",
                "1e999",
                "{}",
                "[]",
                "tru",
                "",
                r#""""#,
                r#""a""#,
                r#""tool_output""#,
                r#""tool_input""#,
                r#""compaction""#,
                r#""thinking""#,
                r#""manual""#,
                r#""sub_agent""#,
                r#""run_sub_agent_2""#,
                r#""2026-07-02T09:00:01.007Z""#,
                r#""2026-02-30T09:00:01.007Z""#,
                r#""2026-12-31T23:59:60.000Z""#,
                r#""2026-07-02T11:00:01+02:00""#,
                r#""a\"error\":true""#,
                r#""\"error\"""#,
                r#""tool_\u006futput""#,
                r#""\ud83d\ude00""#,
                r#""\ud83d""#,
                r#""\q""#,
                "\"tab\there\"",
                r#""größe 🚀""#,
                r#"{"error":true,"type":"x"}"#,
                r#"{"tool_type":"sub_agent","id":"inner"}"#,
                r#"[{"error" : true}]"#,
                r#"{"hide_reason":"compaction"}"#,
                r#"{"a":"}","b":["]"]}"#,
            ])
            .prop_map(str::to_owned),
            "\"[a-z_]{0,12}\"",
        ]
    }

    fn key() -> impl Strategy<Value = &'static str> {
        prop::sample::select(vec![
            "id",
            "session_key",
            "created_at",
            "type",
            "tool_call_id",
            "tool_configuration_name",
            "tool_name",
            "tool_input",
            "tool_output",
            "error",
            "hide_reason",
            "tool_type",
            "events_compacted",
            "content",
            "hidden",
            "event",
            "x",
            r"err\u006fr",
            r"\u0069d",
            r#"a\"error"#,
            "",
        ])
    }

    /// Mostly what stands there in earnest, so that the quick way is taken often.
    fn member() -> impl Strategy<Value = (String, String)> {
        let plain = prop::sample::select(vec![
            ("id", r#""aev_1""#),
            ("created_at", r#""2026-07-02T09:00:01.007Z""#),
            ("type", r#""tool_output""#),
            ("type", r#""tool_input""#),
            ("type", r#""compaction""#),
            ("tool_call_id", r#""c""#),
            ("tool_configuration_name", r#""t""#),
            ("error", "true"),
            ("error", "false"),
            ("events_compacted", "9"),
            ("tool_type", r#""sub_agent""#),
            ("hidden", "true"),
            ("hidden", "false"),
            ("event", r#"{"id":"aev_2","type":"tool_output","error":true}"#),
        ]);
        let odd = (key(), value()).prop_map(|(key, value)| (key.to_owned(), value));
        prop_oneof![3 => plain.prop_map(|(k, v)| (k.to_owned(), v.to_owned())), 1 => odd]
    }

    fn line() -> impl Strategy<Value = String> {
        let space = prop::sample::select(vec!["", "", "", " ", "\t", "  "]);
        let ends = prop::sample::select(vec!["}", "}", "}", "} ", "}}", ",}", "", "} {}"]);
        (prop::collection::vec(member(), 0..10), space, ends).prop_map(|(members, s, end)| {
            let member = |(k, v): &(String, String)| format!("{s}\"{k}\"{s}:{s}{v}{s}");
            format!("{s}{{{}{end}", members.iter().map(member).collect::<Vec<_>>().join(","))
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(600))]

        #[test]
        fn the_quick_way_never_says_anything_else_than_the_parser(line in line()) {
            agrees(&line);
        }

        #[test]
        fn nor_after_any_one_byte_was_changed(
            members in prop::collection::vec(member(), 3..9).prop_shuffle(),
            at in any::<prop::sample::Index>(), with in "[\\x00-\\x7f]",
        ) {
            let members: Vec<_> = members.iter().map(|(k, v)| format!("\"{k}\":{v}")).collect();
            let mut line: Vec<char> = format!("{{{}}}", members.join(",")).chars().collect();
            let at = at.index(line.len());
            line[at] = with.chars().next().unwrap_or('x');
            agrees(&line.into_iter().collect::<String>());
        }

        #[test]
        fn a_line_and_its_event_give_the_same_glance(
            members in prop::collection::vec(member(), 0..8),
        ) {
            let mut members = members;
            members.sort();
            members.dedup_by(|a, b| a.0 == b.0);
            let members: Vec<_> = members.iter().map(|(k, v)| format!("\"{k}\":{v}")).collect();
            let line = format!("{{{}}}", members.join(","));
            if let Ok(event) = serde_json::from_str::<Event>(&line)
                && !matches!(&*event.body, crate::api::EventBody::Malformed(_))
                && event.remark.is_none()
                && EventKind::from_wire(&event.kind) != EventKind::Unknown
            {
                prop_assert_eq!(whole(line.as_bytes()).0.glance(), Glance::from(&event), "{}", line);
            }
        }

        #[test]
        fn the_short_way_to_a_time_is_the_right_way(
            year in 1960_u32..2400, month in 0_u32..14, day in 0_u32..33, hour in 0_u32..26,
            minute in 0_u32..62, second in 0_u32..62, ms in 0_u32..1000,
        ) {
            let text = format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{ms:03}Z");
            if let Some(short) = service_time(text.as_bytes()) {
                let long = text.parse::<Timestamp>().ok().map(Timestamp::as_millisecond);
                prop_assert_eq!(Some(short), long, "{}", text);
            }
        }
    }

    #[test]
    fn most_times_take_the_short_way() {
        assert_eq!(service_time(b"1970-01-01T00:00:00.001Z"), Some(1));
        assert_eq!(service_time(b"2024-02-29T00:00:00.000Z"), None);
        assert_eq!(milliseconds("2024-02-29T00:00:00.000Z"), Some(1_709_164_800_000));
        assert_eq!(milliseconds("yesterday"), None);
    }
}
