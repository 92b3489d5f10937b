//! Limits and switches of the embedded server, from a TOML file.
//!
//! The switches are the points on which the sources about the real service differ (contract section
//! 9): with them a client can be proven against both sides. Start with [`Settings::parse`].

use std::time::Duration;

use serde::Deserialize;

use super::mistake::{self, Mistake};

#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    pub limits: Limits,
    pub switches: Switches,
}

/// Beyond these a request is refused, and nothing of it is stored. Times in milliseconds.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
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
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ListOrder {
    #[default]
    NewestFirst,
    OldestFirst,
}

/// What becomes of a message without `since` while a turn runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunningWithoutSince {
    #[default]
    Conflict,
    Merge,
}

/// What becomes of a message while client tool calls are outstanding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ParkedInput {
    #[default]
    Refuse,
    /// It joins the history, and the agent sees it once the calls are answered.
    Queue,
}

/// What a message with `since` and without `behavior` does while a turn runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DefaultBehavior {
    #[default]
    Steer,
    FollowUp,
}

impl Settings {
    /// Reads a settings file.
    pub fn parse(text: &str) -> Result<Self, Mistake> {
        toml::from_str(text).map_err(|error| mistake::of(text, &error))
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
    fn a_mistake_is_shown_with_its_line_and_what_would_fit() {
        let error = Settings::parse("[switches]\nlist_ordr = \"x\"").unwrap_err().to_string();
        assert_eq!(error, "2: there is no setting \"list_ordr\", did you mean \"list_order\"?");
        let error = Settings::parse("[switches]\nlist_order = \"sideways\"").unwrap_err();
        assert!(error.words.contains("newest_first, oldest_first"), "{error}");
        let error = Settings::parse("[limits]\nmax_body_bytes = \"big\"").unwrap_err();
        assert_eq!(error.to_string(), "2: a whole number that is not negative is wanted here");
    }
}
