//! The one table of settings: what `config.toml` may say, where, in which form, and what it means.
//!
//! The reader knows no other names, the schema for editors is made of it, and docs/configuration.md shows it. Start
//! with [`SETTINGS`]. The invariant: what stands here is read, and nothing else is.

use super::profile::{Auth, Badge, TokenBody};
use super::resolve::{Clipboard, Glyphs, Mouse, Notify};
use crate::tools::own::Mode;

/// Which table of the file a setting stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    Top,
    /// `[profiles.NAME]`
    Profile,
    /// `[tools.NAME]`
    Tool,
    /// `[commands.NAME]`
    Command,
}

/// How a value is written.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Form {
    Text,
    Path,
    Truth,
    Number(f64, f64),
    /// Bytes, or a text with a unit; the least and the most.
    Size(u64, u64),
    Texts,
    /// One of these.
    Word(&'static [&'static str]),
    /// Some of these.
    Words(&'static [&'static str]),
    /// A name, or one for a dark background and one for a light one.
    Theme,
    /// Seconds, or a text with a unit.
    Time,
    /// Words of a command, or a line.
    Command,
    /// Keys pressed one after the other, a list of such, or `false` for none.
    Keys,
    /// Names with a text each.
    Variables,
    /// Names with a table each.
    Tables(Place),
}

/// One row of the table.
#[derive(Debug, Clone, Copy)]
pub struct Known {
    pub place: Place,
    pub name: &'static str,
    pub form: Form,
    /// As a file writes it.
    pub example: &'static str,
    pub about: &'static str,
}

const fn row(
    place: Place,
    name: &'static str,
    form: Form,
    example: &'static str,
    about: &'static str,
) -> Known {
    Known { place, name, form, example, about }
}

const fn words<T: Copy, const N: usize>(pairs: [(&'static str, T); N]) -> [&'static str; N] {
    let mut out = [""; N];
    let mut at = 0;
    while at < N {
        out[at] = pairs[at].0;
        at += 1;
    }
    out
}

const AUTH: [&str; 3] = words(Auth::WORDS);
const BADGE: [&str; 6] = words(Badge::WORDS);
const BODY: [&str; 2] = words(TokenBody::WORDS);
const GLYPHS: [&str; 4] = words(Glyphs::WORDS);
const MOUSE: [&str; 3] = words(Mouse::WORDS);
const MODE: [&str; 3] = words(Mode::WORDS);
const NOTIFY: [&str; 6] = words(Notify::WORDS);
const CLIPBOARD: [&str; 5] = words(Clipboard::WORDS);

/// Bytes of a reply that a service may be believed.
pub(super) const REPLY_LIMITS: (u64, u64) = (1 << 20, 16 << 30);
const ANY_SIZE: Form = Form::Size(0, u64::MAX);
/// Bytes of output that may be asked for: an answer is one request.
pub(super) const MOST_OUTPUT: f64 = 50e6;

pub const SETTINGS: &[Known] = &[
    row(
        Place::Top,
        "profile",
        Form::Text,
        "\"prod\"",
        "the profile that is used when none is named; a single one needs no naming",
    ),
    row(
        Place::Top,
        "agent",
        Form::Text,
        "\"support\"",
        "the agent that commands are about when none is named",
    ),
    row(Place::Top, "theme", Form::Theme, "\"nord\"", "colours; or `{ dark = …, light = … }`"),
    row(
        Place::Top,
        "glyphs",
        Form::Word(&GLYPHS),
        "\"auto\"",
        "signs to draw with; `auto` goes by the locale",
    ),
    row(
        Place::Top,
        "ambiguous_width",
        Form::Number(1.0, 2.0),
        "1",
        "columns of characters that some fonts draw twice as wide, such as ─ and █",
    ),
    row(Place::Top, "plain", Form::Truth, "false", "a session line by line, as `--plain`"),
    row(
        Place::Top,
        "notify",
        Form::Word(&NOTIFY),
        "\"auto\"",
        "how you are told of a session that waits or fails",
    ),
    row(
        Place::Top,
        "mouse",
        Form::Word(&MOUSE),
        "\"auto\"",
        "whose the mouse is; `auto` leaves it to the terminal over SSH",
    ),
    row(
        Place::Top,
        "wheel_lines",
        Form::Number(1.0, 20.0),
        "3",
        "rows that one notch of the wheel scrolls by",
    ),
    row(Place::Top, "title", Form::Truth, "true", "the title of the window says how many need you"),
    row(Place::Top, "clipboard", Form::Word(&CLIPBOARD), "\"auto\"", "which way copies go"),
    row(
        Place::Top,
        "columns",
        Form::Words(&super::LIST_COLUMNS),
        "[\"state\", \"age\"]",
        "columns of the list beside the name; what fits, when left out",
    ),
    row(Place::Top, "ask_above", ANY_SIZE, "\"1M\"", "larger files are fetched after a question"),
    row(
        Place::Top,
        "artifact_cache",
        ANY_SIZE,
        "\"128M\"",
        "bytes of files that are kept in memory",
    ),
    row(
        Place::Top,
        "reply_limit",
        Form::Size(REPLY_LIMITS.0, REPLY_LIMITS.1),
        "\"32M\"",
        "larger replies are not read to their end",
    ),
    row(Place::Top, "rules", Form::Path, "\"~/rules.toml\"", "calls that are answered without you"),
    row(Place::Top, "profiles", Form::Tables(Place::Profile), "{}", "a table for each service"),
    row(
        Place::Top,
        "tools",
        Form::Tables(Place::Tool),
        "{}",
        "a table for each tool whose calls a command answers",
    ),
    row(
        Place::Top,
        "commands",
        Form::Tables(Place::Command),
        "{}",
        "a table for each command of one's own",
    ),
    row(Place::Profile, "url", Form::Text, "\"https://api.vectara.io\"", "where the service is"),
    row(
        Place::Profile,
        "serve",
        Form::Path,
        "\"~/rehearsal\"",
        "instead of url: a directory that foretop serves itself while it runs",
    ),
    row(
        Place::Profile,
        "models",
        Form::Path,
        "\"~/models.toml\"",
        "what agents of that directory think with, as `foretop serve --models FILE`",
    ),
    row(
        Place::Profile,
        "auth",
        Form::Word(&AUTH),
        "\"api-key\"",
        "what requests prove themselves with; `oauth` is client credentials",
    ),
    row(
        Place::Profile,
        "api_key_file",
        Form::Path,
        "\"~/keys/prod\"",
        "a file with the key, instead of `foretop auth login`",
    ),
    row(Place::Profile, "client_id", Form::Text, "\"me\"", "for `oauth`"),
    row(
        Place::Profile,
        "client_secret_file",
        Form::Path,
        "\"~/keys/secret\"",
        "a file with the secret, instead of `foretop auth login`",
    ),
    row(
        Place::Profile,
        "token_url",
        Form::Text,
        "\"https://auth.example/oauth2/token\"",
        "where tokens come from; the vendor's, else `/oauth2/token` of the url",
    ),
    row(
        Place::Profile,
        "token_body",
        Form::Word(&BODY),
        "\"form\"",
        "how a token is asked for; both are tried when left out",
    ),
    row(
        Place::Profile,
        "agents",
        Form::Texts,
        "[\"support\", \"ops\"]",
        "agents to watch; all when left out",
    ),
    row(
        Place::Profile,
        "agent",
        Form::Text,
        "\"support\"",
        "the agent that commands are about when none is named",
    ),
    row(Place::Profile, "read_only", Form::Truth, "true", "nothing but reads leaves the process"),
    row(
        Place::Profile,
        "production",
        Form::Truth,
        "true",
        "PROD in the header; deleting asks for the whole key",
    ),
    row(
        Place::Profile,
        "badge",
        Form::Word(&BADGE),
        "\"red\"",
        "colour of the profile's name in the header",
    ),
    row(
        Place::Profile,
        "requests_per_second",
        Form::Number(0.1, 1000.0),
        "4",
        "what watching may cost; 400 where url is this machine",
    ),
    row(
        Place::Profile,
        "requests_ahead",
        Form::Number(1.0, 10_000.0),
        "60",
        "of these, what a start may spend at once; 2,000 where url is this machine",
    ),
    row(
        Place::Profile,
        "requests_at_once",
        Form::Number(1.0, 100.0),
        "8",
        "requests under way at the same time",
    ),
    row(
        Place::Profile,
        "allow_http",
        Form::Truth,
        "false",
        "plain `http` to other machines, for networks that are trusted otherwise",
    ),
    row(
        Place::Profile,
        "reply_limit",
        Form::Size(REPLY_LIMITS.0, REPLY_LIMITS.1),
        "\"32M\"",
        "as above, for this service",
    ),
    row(Place::Profile, "rules", Form::Path, "\"~/rules.toml\"", "as above, for this service"),
    row(
        Place::Tool,
        "run",
        Form::Command,
        "[\"./refund\", \"{order_id}\"]",
        "the command; a text is split without a shell",
    ),
    row(Place::Tool, "shell", Form::Truth, "false", "gives `run`, then a text, to `sh`"),
    row(Place::Tool, "wrap", Form::Text, "\"output\"", "key for output that is no JSON object"),
    row(Place::Tool, "timeout", Form::Time, "\"60s\"", "after which it is stopped; a day at most"),
    row(
        Place::Tool,
        "max_output",
        Form::Number(1.0, MOST_OUTPUT),
        "1000000",
        "bytes that it may print",
    ),
    row(Place::Tool, "env", Form::Variables, "{ CURRENCY = \"{currency}\" }", "variables for it"),
    row(Place::Tool, "cwd", Form::Path, "\"~/tools\"", "where it runs"),
    row(
        Place::Command,
        "run",
        Form::Command,
        "[\"jira\", \"view\", \"{session}\"]",
        "the program and its words; braces name what is under the cursor",
    ),
    row(Place::Command, "keys", Form::Keys, "\"g t\"", "keys that run it; `:NAME` always does"),
    row(
        Place::Command,
        "scope",
        Form::Text,
        "\"timeline\"",
        "where its keys work; left out, around every pane",
    ),
    row(
        Place::Command,
        "mode",
        Form::Word(&MODE),
        "\"show\"",
        "beside the screen, in its place, or with its output shown",
    ),
    row(Place::Command, "help", Form::Text, "\"the ticket\"", "what it does, for `?` and `:`"),
    row(Place::Command, "timeout", Form::Time, "\"60s\"", "after which it is stopped"),
    row(Place::Command, "env", Form::Variables, "{ PAGE = \"{event}\" }", "variables for it"),
    row(Place::Command, "cwd", Form::Path, "\"~/work\"", "where it runs"),
];

/// The names that a table may have.
pub(super) fn names(place: Place) -> Vec<&'static str> {
    SETTINGS.iter().filter(|known| known.place == place).map(|known| known.name).collect()
}

impl Form {
    /// For people.
    pub fn words(self) -> String {
        let list =
            |words: &[&str]| words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>();
        match self {
            Self::Text => "text".to_owned(),
            Self::Path => "path".to_owned(),
            Self::Truth => "`true` or `false`".to_owned(),
            Self::Number(least, most) => format!("number, {least} to {most}"),
            Self::Size(0, _) => "bytes, or `\"4M\"`".to_owned(),
            Self::Size(..) => "bytes, `\"1M\"` to `\"16G\"`".to_owned(),
            Self::Texts => "list of texts".to_owned(),
            Self::Word(words) => list(words).join(" "),
            Self::Words(words) => format!("list of {}", list(words).join(" ")),
            Self::Theme => "name, or two".to_owned(),
            Self::Time => "`\"30s\"`, `\"5m\"`, or seconds".to_owned(),
            Self::Command => "list of words, or text".to_owned(),
            Self::Variables => "table of texts".to_owned(),
            Self::Tables(Place::Profile) => "`[profiles.NAME]`".to_owned(),
            Self::Keys => "text, or list of texts".to_owned(),
            Self::Tables(Place::Command) => "`[commands.NAME]`".to_owned(),
            Self::Tables(_) => "`[tools.NAME]`".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use serde_json::Value;

    use super::*;
    use crate::config::{Config, schema};

    /// A file with that value for that setting, and what it needs beside it.
    fn file(known: &Known, value: &str) -> String {
        let line = format!("{} = {value}\n", known.name);
        match known.place {
            Place::Top => line,
            Place::Profile => format!("[profiles.a]\n{line}"),
            Place::Tool if known.name == "run" => format!("[tools.a]\n{line}"),
            Place::Tool => format!("[tools.a]\nrun = \"x\"\n{line}"),
            Place::Command if known.name == "run" => format!("[commands.a]\n{line}"),
            Place::Command => format!("[commands.a]\nrun = [\"x\"]\n{line}"),
        }
    }

    fn is_taken_by_schema(text: &str) -> bool {
        let table: toml::Table = text.parse().unwrap();
        let value: Value = serde_json::to_value(table).unwrap();
        jsonschema::validator_for(&schema()).unwrap().is_valid(&value)
    }

    #[test]
    fn what_the_table_has_is_read_and_taken_by_the_schema() {
        for known in SETTINGS {
            let text = file(known, known.example);
            let read = Config::salvage(Path::new("/c"), &text);
            assert!(read.mistakes.is_empty(), "{text}: {:?}", read.mistakes);
            assert!(read.slips.is_empty(), "{text}: {:?}", read.slips);
            assert!(is_taken_by_schema(&text), "{text}");
        }
    }

    #[test]
    fn what_has_no_such_form_is_refused_by_both() {
        for known in SETTINGS {
            let text = file(known, "[[1]]");
            let read = Config::salvage(Path::new("/c"), &text);
            assert!(read.is_damaged() || !read.slips.is_empty(), "{text}");
            assert!(!is_taken_by_schema(&text), "{text}");
        }
        let strange = "no_such_setting = 1\n";
        assert!(!is_taken_by_schema(strange));
        let read = Config::salvage(Path::new("/c"), strange);
        assert!(!read.mistakes.is_empty() && !read.is_damaged(), "passed over, and said");
    }

    #[test]
    fn sizes_are_written_the_same_for_both() {
        for (size, is_one) in [
            ("4M", true),
            ("1.5M", true),
            ("64 KiB", true),
            ("12", true),
            ("4X", false),
            ("", false),
        ] {
            let text = format!("ask_above = \"{size}\"\n");
            assert_eq!(is_taken_by_schema(&text), is_one, "{size}");
            assert_eq!(Config::parse(Path::new("/c"), &text).is_ok(), is_one, "{size}");
        }
    }
}
