//! What Enter would do with the message that is written, told before it is pressed.
//!
//! Owns why a message would not be taken, and how much it is; the words are the same wherever they are
//! said. Sends nothing and asks nobody. Start with [`Model::outlook`]. The invariant: what is not known
//! is called so, and is never a zero.

use super::Chip;
use crate::api::{Need, SessionRef};
use crate::model::timeline::unit::tokens_of;
use crate::text::units::{self, counted};
use crate::view::Model;

/// Why the service would take no message now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    SessionDisabled,
    AgentDisabled,
    /// It is parked, by so many calls.
    Waits(usize),
}

impl Refusal {
    /// Beside a key that would come to nothing.
    pub fn short(self) -> String {
        match self {
            Self::SessionDisabled => "the session is disabled".to_owned(),
            Self::AgentDisabled => "the agent is disabled".to_owned(),
            Self::Waits(calls) => format!("it waits for {}", counted(calls, "tool output")),
        }
    }

    pub fn words(self) -> String {
        match self {
            Self::SessionDisabled => "the session is disabled and takes no input".to_owned(),
            Self::AgentDisabled => "its agent is disabled and takes no input".to_owned(),
            Self::Waits(calls) => {
                let outputs = counted(calls, "tool output");
                format!("the agent waits for {outputs} and takes no message before")
            }
        }
    }
}

/// What becomes of the message if it is sent now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outlook {
    Becomes(Chip),
    /// The one before it is still on its way.
    Later,
    ReadOnly,
    /// The service refused the like before; a second Enter tries all the same.
    Denied,
    Refused(Refusal),
}

impl Outlook {
    pub fn words(self) -> String {
        match self {
            Self::Becomes(chip) => chip.words().to_owned(),
            Self::Later => "not yet: the one before is on its way".to_owned(),
            Self::ReadOnly => "not sent: read-only profile".to_owned(),
            Self::Denied => format!("not sent: needs {}", Need::Submit.least()),
            Self::Refused(refusal) => format!("not taken: {}", refusal.short()),
        }
    }

    /// The same where there is room for little.
    pub fn short(self) -> &'static str {
        match self {
            Self::Becomes(chip) => chip.short(),
            Self::Later => "not yet",
            Self::ReadOnly => "read-only",
            Self::Denied => "a role is missing",
            Self::Refused(_) => "not taken",
        }
    }
}

/// How much a message is, and what it leaves of the context.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Weight {
    /// Of its text and of the skills that are loaded with it, guessed.
    tokens: u64,
    /// Files and their bytes; what the agent will read of them, nobody knows.
    files: (usize, u64),
    /// Tokens in the context and tokens that it holds, as far as they are known.
    context: Option<(u64, u64)>,
    /// A turn adds to the context meanwhile.
    running: bool,
}

impl Weight {
    /// It would not fit any more.
    pub fn is_too_much(self) -> bool {
        self.context.is_some_and(|(used, window)| used.saturating_add(self.tokens) > window)
    }

    /// `about 12 tokens · context 62% → 63%`.
    pub fn words(self) -> String {
        format!("{} · {}", self.amount(), self.context())
    }

    fn amount(self) -> String {
        let words = match self.tokens {
            0 if self.files.0 == 0 => "nothing written yet".to_owned(),
            0 => "no text".to_owned(),
            1 => "about 1 token".to_owned(),
            tokens => format!("about {} tokens", units::tokens(tokens)),
        };
        match self.files {
            (0, _) => words,
            (files, bytes) => {
                let (files, size) = (counted(files, "file"), units::size(bytes));
                format!("{words} · {files}, {size}, not counted")
            }
        }
    }

    /// How full the context is and will be.
    pub fn context(self) -> String {
        let Some((used, window)) = self.context else { return "context not known".to_owned() };
        let percent = |tokens: u64| tokens.saturating_mul(100) / window.max(1);
        let (now, after) = (percent(used), percent(used.saturating_add(self.tokens)));
        if self.tokens == 0 {
            return format!("context {now}%");
        }
        let least = if self.running { "at least " } else { "" };
        let more = if self.is_too_much() { ", more than it holds" } else { "" };
        format!("context {now}% → {least}{after}%{more}")
    }
}

impl Model {
    /// As far as is known: what the service would say to a message, whoever sends it.
    pub fn refusal(&self, session: &SessionRef) -> Option<Refusal> {
        if self.sessions.get(session).is_some_and(|entry| !entry.session.enabled) {
            return Some(Refusal::SessionDisabled);
        }
        if self.is_agent_disabled(session) {
            return Some(Refusal::AgentDisabled);
        }
        // What runs takes messages, whatever it will wait for.
        let calls = self.calls.of_session(session).count();
        (calls > 0 && !self.is_running(session)).then_some(Refusal::Waits(calls))
    }

    /// A disabled agent takes no input, and makes no sessions.
    pub fn is_agent_disabled(&self, session: &SessionRef) -> bool {
        self.agents.get(&session.agent).is_some_and(|agent| !agent.enabled)
    }

    pub fn outlook(&self, session: &SessionRef) -> Outlook {
        if self.profile.read_only {
            return Outlook::ReadOnly;
        }
        if let Some(refusal) = self.refusal(session) {
            return Outlook::Refused(refusal);
        }
        if self.permissions.is_denied(&session.agent, Need::Submit, self.now) {
            return Outlook::Denied;
        }
        if self.composer.is_sending(session) {
            return Outlook::Later;
        }
        Outlook::Becomes(self.composer.chip(session, self.is_running(session)))
    }

    /// How much the message is that is being written to a session.
    pub fn weight_of_message(&self, session: &SessionRef) -> Weight {
        let typed = self.composer.draft(session).map_or(0, |draft| draft.editor.bytes());
        let agent = self.agents.get(&session.agent);
        let skill = |name: &String| agent?.skills.get(name)?.get("content")?.as_str();
        let skills = self.composer.skills(session).iter().filter_map(skill);
        let bytes = typed + skills.map(str::len).sum::<usize>();
        let files = self.composer.attached(session);
        let open = self.open.as_ref().filter(|open| open.reference == *session);
        let live = open.and_then(|open| open.latest().live_usage());
        let entry = self.sessions.get(session);
        let listed = entry.and_then(|entry| entry.session.session_context_usage.as_ref());
        let usage = live.or(listed).filter(|usage| usage.model_context_window > 0);
        Weight {
            tokens: tokens_of(bytes as u64).max(u64::from(bytes > 0)),
            files: (files.len(), files.iter().map(|file| file.size).sum()),
            context: usage.map(|usage| (usage.total_tokens, usage.model_context_window)),
            running: self.is_running(session),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn weight(tokens: u64, context: Option<(u64, u64)>) -> Weight {
        Weight { tokens, files: (0, 0), context, running: false }
    }

    #[test]
    fn what_is_not_known_is_called_so_and_what_does_not_fit_too() {
        assert_eq!(weight(0, None).words(), "nothing written yet · context not known");
        assert_eq!(
            weight(0, Some((124_000, 200_000))).words(),
            "nothing written yet · context 62%"
        );
        let message = weight(2_400, Some((124_000, 200_000)));
        assert_eq!(message.words(), "about 2.4k tokens · context 62% → 63%");
        let running = Weight { running: true, files: (2, 2_048), ..message };
        assert_eq!(
            running.words(),
            "about 2.4k tokens · 2 files, 2.0K, not counted · context 62% → at least 63%"
        );
        let files = Weight { tokens: 0, ..running };
        assert_eq!(files.words(), "no text · 2 files, 2.0K, not counted · context 62%");
        let much = weight(90_000, Some((124_000, 200_000)));
        assert!(much.is_too_much() && much.words().ends_with("107%, more than it holds"));
        assert!(!message.is_too_much() && !weight(u64::MAX, None).is_too_much());
    }
}
