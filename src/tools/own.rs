//! Commands of one's own: a program with places for what is under the cursor.
//!
//! Says what is started, and runs nothing. Start with [`OwnCommand::invocation`]. The invariant: a name
//! that a service chose is a word of a program, or a part of one, and no shell ever reads it.

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::invocation::{Inherits, Invocation, Limits};
use crate::text::quoted;

/// What may stand in braces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Slot {
    Session,
    Agent,
    Event,
    Call,
    Tool,
    File,
    Profile,
    Url,
}

impl Slot {
    pub const WORDS: [(&'static str, Self); 8] = [
        ("session", Self::Session),
        ("agent", Self::Agent),
        ("event", Self::Event),
        ("call", Self::Call),
        ("tool", Self::Tool),
        ("file", Self::File),
        ("profile", Self::Profile),
        ("url", Self::Url),
    ];

    fn word(self) -> &'static str {
        Self::WORDS.iter().find(|(_, slot)| *slot == self).map_or("", |(word, _)| word)
    }

    /// Why there is nothing to put there.
    fn missing(self) -> &'static str {
        match self {
            Self::Session | Self::Agent => "no session is open",
            Self::Event => "no stored event is under the cursor",
            Self::Call => "no call that waits is selected",
            Self::Tool => "neither a call nor a row of a tool is selected",
            Self::File => "no file is selected",
            Self::Profile => "the service has no name",
            Self::Url => "its address cannot be handed on",
        }
    }

    /// The variable that has the same value.
    fn variable(self) -> String {
        format!("FORETOP_{}", self.word().to_ascii_uppercase())
    }
}

/// What is under the cursor, as the service calls it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Subject {
    pub session: Option<String>,
    pub agent: Option<String>,
    pub event: Option<String>,
    pub call: Option<String>,
    pub tool: Option<String>,
    pub file: Option<String>,
    pub profile: Option<String>,
    pub url: Option<String>,
    /// The profile is one of the configuration, by which another foretop finds the service.
    pub is_configured: bool,
    /// The call or the event as JSON, with secrets masked.
    pub json: String,
}

impl Subject {
    fn get(&self, slot: Slot) -> Option<&str> {
        let value = match slot {
            Slot::Session => &self.session,
            Slot::Agent => &self.agent,
            Slot::Event => &self.event,
            Slot::Call => &self.call,
            Slot::Tool => &self.tool,
            Slot::File => &self.file,
            Slot::Profile => &self.profile,
            Slot::Url => &self.url,
        };
        value.as_deref().filter(|value| !value.is_empty())
    }
}

/// What becomes of the screen while the program runs, and of what it prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// It runs beside the screen, which says how it ended.
    #[default]
    Aside,
    /// It has the terminal until it ends.
    Foreground,
    /// It runs beside the screen, and what it printed is shown.
    Show,
}

impl Mode {
    pub const WORDS: [(&'static str, Self); 3] =
        [("aside", Self::Aside), ("foreground", Self::Foreground), ("show", Self::Show)];
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnCommand {
    pub name: String,
    /// What it does, in the person's words, or else what it runs.
    pub words: String,
    /// The program and its arguments.
    pub run: Vec<String>,
    pub mode: Mode,
    pub env: Vec<(String, String)>,
    pub cwd: Option<PathBuf>,
    pub timeout: Duration,
    /// `config.toml:12`.
    pub origin: String,
}

/// Why a command can never be run as it is written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    #[error("its first word names the program, and is empty")]
    Empty,
    #[error("which program is run is not for a service to say: name it without {{{0}}}")]
    Program(String),
    #[error(
        "{{{0}}} would be read by a shell, for which a name may be a command: write \"${1}\" there instead"
    )]
    Shell(String, String),
    #[error("there is no {{{word}}}{suggestion}; {{{{{word}}}}} stands for the braces themselves", suggestion = crate::text::suggest::did_you_mean(word, Slot::WORDS.map(|(word, _)| word)))]
    Unknown { word: String },
}

/// Programs that hand their words to a shell.
const SHELLS: [&str; 8] = ["sh", "bash", "dash", "zsh", "ksh", "ash", "fish", "busybox"];
const HAND_ON: [&str; 7] = ["ssh", "mosh", "su", "watch", "tmux", "screen", "eval"];
/// What no shell makes anything of.
const PLAIN: &str = "_-.:/@+,=%";
const GRACE: Duration = Duration::from_secs(2);
/// Bytes of output that are kept.
const MOST_OUTPUT: usize = 1 << 20;

/// The name of a program without the way to it.
fn base(word: &str) -> &str {
    word.rsplit('/').next().unwrap_or(word)
}

/// A part of a word.
enum Part<'a> {
    Text(&'a str),
    Named(&'a str),
}

/// A word in its parts; braces around anything but letters are text.
fn parts(word: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let mut rest = word;
    while let Some(at) = rest.find('{') {
        let (before, from) = rest.split_at(at);
        parts.push(Part::Text(before));
        let doubled = from.starts_with("{{");
        let inner = &from[if doubled { 2 } else { 1 }..];
        let length = inner.bytes().take_while(u8::is_ascii_lowercase).count();
        let (name, behind) = inner.split_at(length);
        let closing = if doubled { "}}" } else { "}" };
        match behind.strip_prefix(closing) {
            Some(after) if length > 0 => {
                // What is doubled stands for itself in single braces.
                let itself = from.get(1..length + 3).filter(|_| doubled);
                parts.push(itself.map_or(Part::Named(name), Part::Text));
                rest = after;
            }
            _ => {
                parts.push(Part::Text(&from[..1]));
                rest = &from[1..];
            }
        }
    }
    parts.push(Part::Text(rest));
    parts
}

fn slot(name: &str) -> Option<Slot> {
    Slot::WORDS.iter().find(|(word, _)| *word == name).map(|(_, slot)| *slot)
}

fn named(word: &str) -> Option<&str> {
    parts(word).into_iter().find_map(|part| match part {
        Part::Named(name) => Some(name),
        Part::Text(_) => None,
    })
}

/// Why these words can never be run.
pub fn unfit(run: &[String]) -> Option<Unfit> {
    let Some(program) = run.first().filter(|program| !program.trim().is_empty()) else {
        return Some(Unfit::Empty);
    };
    for word in run {
        for part in parts(word) {
            if let Part::Named(name) = part
                && slot(name).is_none()
            {
                return Some(Unfit::Unknown { word: name.to_owned() });
            }
        }
    }
    if let Some(name) = named(program) {
        return Some(Unfit::Program(name.to_owned()));
    }
    let shell = run.iter().position(|word| SHELLS.contains(&base(word)))?;
    let rest = &run[shell + 1..];
    let option = |word: &String| {
        word == "--command"
            || (word.starts_with('-') && !word.starts_with("--") && word.contains('c'))
    };
    let script = rest.get(rest.iter().position(option)? + 1)?;
    let name = named(script)?;
    let variable = slot(name).map(Slot::variable).unwrap_or_default();
    Some(Unfit::Shell(name.to_owned(), variable))
}

impl OwnCommand {
    /// What is started, or why nothing can be with what is under the cursor.
    pub fn invocation(&self, subject: &Subject) -> Result<Invocation, String> {
        let mut words = Vec::with_capacity(self.run.len());
        for word in &self.run {
            words.push(self.filled(word, subject)?);
        }
        let mut words = words.into_iter();
        let mut env = variables(subject);
        env.extend(self.env.iter().cloned());
        Ok(Invocation {
            program: words.next().unwrap_or_default(),
            arguments: words.collect(),
            env,
            inherits: Inherits::All,
            cwd: self.cwd.clone(),
            stdin: subject.json.clone(),
            limits: Limits { timeout: self.timeout, max_output: MOST_OUTPUT, grace: GRACE },
        })
    }

    /// One word with what belongs into its braces.
    fn filled(&self, word: &str, subject: &Subject) -> Result<String, String> {
        let hands_on = self.run.iter().find(|word| HAND_ON.contains(&base(word)));
        let mut out = String::with_capacity(word.len());
        for part in parts(word) {
            let name = match part {
                Part::Text(text) => {
                    out.push_str(text);
                    continue;
                }
                Part::Named(name) => name,
            };
            let Some(slot) = slot(name) else { return Err(format!("there is no {{{name}}}")) };
            let value = subject.get(slot);
            let value =
                value.ok_or_else(|| format!("it wants {{{name}}}, and {}", slot.missing()))?;
            let shown = || quoted::in_sentence(value);
            if value.chars().any(char::is_control) {
                return Err(format!("{{{name}}} is {}, with a control character in it", shown()));
            }
            if out.is_empty() && value.starts_with('-') {
                return Err(format!(
                    "{{{name}}} is {}, which a program may take for an option; --name={{{name}}} keeps them apart",
                    shown()
                ));
            }
            let is_plain = value.chars().all(|c| c.is_ascii_alphanumeric() || PLAIN.contains(c));
            if let Some(program) = hands_on.filter(|_| !is_plain) {
                return Err(format!(
                    "{{{name}}} is {}, and {} hands its words to a shell",
                    shown(),
                    base(program)
                ));
            }
            out.push_str(value);
        }
        Ok(out)
    }

    /// As a recording has it: what is wanted of the screen, and nothing of what is run.
    #[must_use]
    pub fn outline(&self) -> Self {
        let slots = self.run.iter().flat_map(|word| parts(word)).filter_map(|part| match part {
            Part::Named(name) => Some(format!("{{{name}}}")),
            Part::Text(_) => None,
        });
        Self {
            run: std::iter::once("not-recorded".to_owned()).chain(slots).collect(),
            env: Vec::new(),
            cwd: None,
            words: self.name.clone(),
            ..self.clone()
        }
    }
}

/// The same values for programs that would rather have them so.
fn variables(subject: &Subject) -> Vec<(String, String)> {
    let mut env = Vec::new();
    for (_, slot) in Slot::WORDS {
        // Another foretop takes one of them for the way to the service, and not both.
        let wanted = match slot {
            Slot::Profile => subject.is_configured,
            Slot::Url => !subject.is_configured,
            _ => true,
        };
        if let Some(value) = subject.get(slot).filter(|_| wanted)
            && !value.chars().any(char::is_control)
        {
            env.push((slot.variable(), value.to_owned()));
        }
    }
    env
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command(run: &[&str]) -> OwnCommand {
        OwnCommand {
            name: "c".to_owned(),
            words: String::new(),
            run: run.iter().map(|word| (*word).to_owned()).collect(),
            mode: Mode::Aside,
            env: vec![("TICKET".to_owned(), "1".to_owned())],
            cwd: None,
            timeout: Duration::from_mins(1),
            origin: String::new(),
        }
    }

    fn subject() -> Subject {
        Subject {
            session: Some("a b;$(rm)".to_owned()),
            agent: Some("support".to_owned()),
            file: Some("-rf".to_owned()),
            event: Some("aev_\u{1b}[2J".to_owned()),
            profile: Some("prod".to_owned()),
            url: Some("https://api.example".to_owned()),
            is_configured: true,
            json: "{}".to_owned(),
            ..Subject::default()
        }
    }

    fn unfit_words(run: &[&str]) -> Option<String> {
        super::unfit(&command(run).run).map(|unfit| unfit.to_string())
    }

    #[test]
    fn a_name_of_a_service_is_one_word_whatever_it_is() {
        let made =
            command(&["open", "{session}", "x={agent}/{session}", "{{agent}}", "{a b}", "{}"])
                .invocation(&subject())
                .unwrap();
        assert_eq!(made.program, "open");
        assert_eq!(made.arguments, ["a b;$(rm)", "x=support/a b;$(rm)", "{agent}", "{a b}", "{}"]);
        let names: Vec<&str> = made.env.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(
            names,
            ["FORETOP_SESSION", "FORETOP_AGENT", "FORETOP_FILE", "FORETOP_PROFILE", "TICKET"],
            "no variable has a control character, and no address beside a profile"
        );
    }

    #[test]
    fn what_cannot_be_handed_over_says_why() {
        let why = |run: &[&str]| command(run).invocation(&subject()).unwrap_err();
        assert!(why(&["x", "{call}"]).contains("no call that waits is selected"));
        assert!(why(&["x", "{event}"]).contains("control character"), "{}", why(&["x", "{event}"]));
        assert!(!why(&["x", "{event}"]).contains('\u{1b}'));
        assert!(why(&["x", "{file}"]).contains("for an option"));
        assert!(command(&["x", "--name={file}"]).invocation(&subject()).is_ok());
        assert!(why(&["ssh", "host", "{session}"]).contains("ssh hands its words to a shell"));
        assert!(command(&["ssh", "host", "{agent}"]).invocation(&subject()).is_ok());
    }

    #[test]
    fn a_shell_never_reads_a_name() {
        for run in [
            &["sh", "-c", "echo {session}"][..],
            &["/bin/bash", "-xc", "echo {session}"],
            &["env", "A=1", "zsh", "-c", "{session}"],
        ] {
            let words = unfit_words(run).unwrap();
            assert!(words.contains("\"$FORETOP_SESSION\""), "{words}");
        }
        assert_eq!(unfit_words(&["sh", "-c", "echo \"$1\"", "sh", "{session}"]), None);
        assert_eq!(unfit_words(&["sh", "-c", "echo \"$FORETOP_SESSION\""]), None);
    }

    #[test]
    fn slips_are_told_before_anything_is_run() {
        assert!(unfit_words(&[]).unwrap().contains("names the program"));
        assert!(unfit_words(&["{tool}"]).unwrap().contains("without {tool}"));
        let words = unfit_words(&["x", "{sesion}"]).unwrap();
        assert_eq!(
            words,
            "there is no {sesion}, did you mean \"session\"?; {{sesion}} stands for the braces themselves"
        );
    }

    #[test]
    fn a_recording_has_nothing_of_what_is_run() {
        let outline = command(&["curl", "-H", "x: hunter2", "{session}"]).outline();
        assert!(!format!("{outline:?}").contains("hunter2"));
        assert_eq!(outline.run, ["not-recorded", "{session}"]);
    }
}
