//! Limits and switches of the embedded server, from a TOML file.
//!
//! The switches are the points on which the sources about the real service differ (contract section
//! 9): with them a client can be proven against both sides. Start with [`Settings::parse`].

use std::time::Duration;

use super::reading::{self, Mistake, Reader, Value};

#[derive(Debug, Clone, PartialEq, Default)]
pub struct Settings {
    pub limits: Limits,
    pub switches: Switches,
}

/// Beyond these a request is refused, and nothing of it is stored. Times in milliseconds.
#[derive(Debug, Clone, PartialEq)]
pub struct Limits {
    pub max_body_bytes: usize,
    /// Of a whole multipart body.
    pub max_upload_bytes: usize,
    /// Of the request line and the headers together.
    pub max_header_bytes: usize,
    pub header_timeout_ms: u64,
    /// Silence between two requests of a connection.
    pub idle_timeout_ms: u64,
    pub body_timeout_ms: u64,
    pub upload_timeout_ms: u64,
    /// Of all text parts of a message together.
    pub max_message_chars: usize,
    /// As JSON.
    pub max_metadata_bytes: usize,
    /// How long a reply that is no stream may wait for its turn; the turn goes on.
    pub blocking_reply_ms: u64,
    /// Silence of a stream after which a comment shows that it lives.
    pub keep_alive_ms: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_body_bytes: 16 << 20,
            max_upload_bytes: 64 << 20,
            // Two filters of 8,000 characters, each of up to twelve bytes as a URL writes it.
            max_header_bytes: 256 << 10,
            header_timeout_ms: 10_000,
            idle_timeout_ms: 75_000,
            body_timeout_ms: 30_000,
            upload_timeout_ms: 600_000,
            max_message_chars: 1_000_000,
            max_metadata_bytes: 64 << 10,
            blocking_reply_ms: 300_000,
            keep_alive_ms: 15_000,
        }
    }
}

impl Limits {
    pub fn header_timeout(&self) -> Duration {
        Duration::from_millis(self.header_timeout_ms)
    }

    pub fn idle_timeout(&self) -> Duration {
        Duration::from_millis(self.idle_timeout_ms)
    }

    pub fn body_timeout(&self) -> Duration {
        Duration::from_millis(self.body_timeout_ms)
    }

    pub fn upload_timeout(&self) -> Duration {
        Duration::from_millis(self.upload_timeout_ms)
    }

    pub fn blocking_reply(&self) -> Duration {
        Duration::from_millis(self.blocking_reply_ms)
    }

    pub fn keep_alive(&self) -> Duration {
        Duration::from_millis(self.keep_alive_ms)
    }
}

/// Rows of contract section 9, each with the default that has the better evidence.
#[derive(Debug, Clone, PartialEq, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub struct Switches {
    /// Row 2.
    pub list_order: ListOrder,
    /// Row 1: `hide_reason` on hidden events.
    pub hide_reason: bool,
    /// Row 13: the last page carries a key, too; the page after it is empty.
    pub dangling_page_key: bool,
    /// Row 14: a new session is a 404 for this long.
    pub visibility_delay_ms: u64,
    /// Row 11: errors of a turn are stored as events.
    pub store_errors: bool,
    /// Row 3: every turn begins with an event of a type that nobody knows.
    pub inject_unknown_event: bool,
    /// Row 5.
    pub running_without_since: RunningWithoutSince,
    /// Row 8.
    pub parked_input: ParkedInput,
    /// Row 6.
    pub default_behavior: DefaultBehavior,
}

/// How events are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ListOrder {
    #[default]
    NewestFirst,
    OldestFirst,
}

/// What becomes of a message without `since` while a turn runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RunningWithoutSince {
    #[default]
    Conflict,
    Merge,
}

/// What becomes of a message while client tool calls are outstanding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ParkedInput {
    #[default]
    Refuse,
    /// It joins the history, and the agent sees it once the calls are answered.
    Queue,
}

/// What a message with `since` and without `behavior` does while a turn runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DefaultBehavior {
    #[default]
    Steer,
    FollowUp,
}

const SWITCHES: &[&str] = &[
    "list_order",
    "hide_reason",
    "dangling_page_key",
    "visibility_delay_ms",
    "store_errors",
    "inject_unknown_event",
    "running_without_since",
    "parked_input",
    "default_behavior",
];

impl Settings {
    /// Reads a settings file.
    pub fn parse(text: &str) -> Result<Self, Vec<Mistake>> {
        reading::read(text, |reader, table| {
            let mut settings = Self::default();
            for (key, value) in table {
                match key.get_ref().as_ref() {
                    "limits" => limits(reader, value, &mut settings.limits),
                    "switches" => switches(reader, value, &mut settings.switches),
                    name => {
                        reader.unknown("the file", name, &key.span(), &["limits", "switches"]);
                    }
                }
            }
            settings
        })
    }
}

fn limits(reader: &mut Reader<'_>, value: Value<'_, '_>, limits: &mut Limits) {
    let Some(table) = reader.table("limits", value) else { return };
    let mut sizes = [
        ("max_body_bytes", &mut limits.max_body_bytes),
        ("max_upload_bytes", &mut limits.max_upload_bytes),
        ("max_header_bytes", &mut limits.max_header_bytes),
        ("max_message_chars", &mut limits.max_message_chars),
        ("max_metadata_bytes", &mut limits.max_metadata_bytes),
    ];
    let mut times = [
        ("header_timeout_ms", &mut limits.header_timeout_ms),
        ("idle_timeout_ms", &mut limits.idle_timeout_ms),
        ("body_timeout_ms", &mut limits.body_timeout_ms),
        ("upload_timeout_ms", &mut limits.upload_timeout_ms),
        ("blocking_reply_ms", &mut limits.blocking_reply_ms),
        ("keep_alive_ms", &mut limits.keep_alive_ms),
    ];
    for (key, value) in table {
        let word: &str = key.get_ref();
        let size = sizes.iter_mut().find(|(name, _)| *name == word);
        let time = times.iter_mut().find(|(name, _)| *name == word);
        match (size, time) {
            (Some((_, size)), _) => {
                let found = reader.whole(word, value, 0..=u64::MAX);
                put(found.map(|number| usize::try_from(number).unwrap_or(usize::MAX)), size);
            }
            (_, Some((_, time))) => put(reader.whole(word, value, 0..=u64::MAX), time),
            _ => {
                let names = sizes.iter().map(|(name, _)| *name);
                let known: Vec<_> = names.chain(times.iter().map(|(name, _)| *name)).collect();
                reader.unknown("[limits]", word, &key.span(), &known);
            }
        }
    }
}

fn switches(reader: &mut Reader<'_>, value: Value<'_, '_>, switches: &mut Switches) {
    let Some(table) = reader.table("switches", value) else { return };
    for (key, value) in table {
        let word: &str = key.get_ref();
        match word {
            "list_order" => {
                let words = [
                    ("newest_first", ListOrder::NewestFirst),
                    ("oldest_first", ListOrder::OldestFirst),
                ];
                put(reader.choice(word, value, &words), &mut switches.list_order);
            }
            "running_without_since" => {
                let words = [
                    ("conflict", RunningWithoutSince::Conflict),
                    ("merge", RunningWithoutSince::Merge),
                ];
                put(reader.choice(word, value, &words), &mut switches.running_without_since);
            }
            "parked_input" => {
                let words = [("refuse", ParkedInput::Refuse), ("queue", ParkedInput::Queue)];
                put(reader.choice(word, value, &words), &mut switches.parked_input);
            }
            "default_behavior" => {
                let words =
                    [("steer", DefaultBehavior::Steer), ("follow_up", DefaultBehavior::FollowUp)];
                put(reader.choice(word, value, &words), &mut switches.default_behavior);
            }
            "hide_reason" => put(reader.truth(word, value), &mut switches.hide_reason),
            "dangling_page_key" => {
                put(reader.truth(word, value), &mut switches.dangling_page_key);
            }
            "store_errors" => put(reader.truth(word, value), &mut switches.store_errors),
            "inject_unknown_event" => {
                put(reader.truth(word, value), &mut switches.inject_unknown_event);
            }
            "visibility_delay_ms" => {
                put(reader.whole(word, value, 0..=u64::MAX), &mut switches.visibility_delay_ms);
            }
            _ => reader.unknown("[switches]", word, &key.span(), SWITCHES),
        }
    }
}

fn put<T>(found: Option<T>, into: &mut T) {
    if let Some(found) = found {
        *into = found;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_file_leaves_out_keeps_its_default() {
        let settings = Settings::parse(
            "[limits]\nmax_body_bytes = 10\n[switches]\nlist_order = \"oldest_first\"\n",
        )
        .unwrap();
        assert_eq!(settings.limits.max_body_bytes, 10);
        assert_eq!(settings.limits.max_header_bytes, Limits::default().max_header_bytes);
        assert_eq!(settings.switches.list_order, ListOrder::OldestFirst);
        assert_eq!(Settings::parse("").unwrap(), Settings::default());
    }

    #[test]
    fn every_name_is_read() {
        let known = |told: Vec<Mistake>| {
            let words = told[0].words.clone();
            let (_, known) = words.split_once("There are: ").unwrap();
            known.split(", ").map(str::to_owned).collect::<Vec<_>>()
        };
        let mut names = 0;
        for table in ["limits", "switches"] {
            let all = known(Settings::parse(&format!("{table}.none_of_these = 1")).unwrap_err());
            for name in &all {
                // What is known and not read would be unknown.
                let told = Settings::parse(&format!("{table}.{name} = []")).unwrap_err();
                assert!(told[0].words.contains(" must be "), "{name}: {told:?}");
            }
            names += all.len();
        }
        assert_eq!(names, 20);
    }

    #[test]
    fn all_mistakes_are_told_with_their_lines_and_what_would_fit() {
        let text = "[switches]\nlist_ordr = \"x\"\nlist_order = \"sideways\"\n\
                    [limits]\nmax_body_bytes = \"big\"\nkeep_alive_ms = -1\n[limit]\n";
        let told = Settings::parse(text).unwrap_err();
        let told: Vec<String> = told.iter().map(Mistake::to_string).collect();
        for (told, wanted) in told.iter().zip([
            "2: [switches] has no \"list_ordr\", did you mean \"list_order\"?",
            "3: list_order is \"sideways\". It can be: newest_first, oldest_first",
            "5: max_body_bytes must be a whole number",
            "6: keep_alive_ms must be 0 or more",
            "7: the file has no \"limit\", did you mean \"limits\"?",
        ]) {
            assert!(told.starts_with(wanted), "{told}");
        }
        assert_eq!(told.len(), 5, "{told:?}");
    }
}
