//! Local commands for tool calls: what is configured, what was typed, what runs and what came of it.
//!
//! Knows no process. The invariant: a line of a command here has its placeholders unfilled, so that
//! it may be shown; what a command printed is in [`Ran`], which is sanitised where it is drawn.

use std::collections::{BTreeMap, BTreeSet};

use jiff::SignedDuration;

use crate::api::{EventId, PendingCall, SessionRef, Timestamp};
use crate::model::memory::RecordedAnswer;
use crate::tools::audit::{By, Sending};
use crate::tools::rules::{Pace, Rules};
use crate::tools::{Ran, ToolCommand, Words, configured};

/// How coarsely a running command's time is shown: a screen on which nothing happens writes
/// little.
const STEP_SECONDS: i64 = 5;

/// Fate of the output of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Became {
    TheDraft,
    /// The command failed, so the draft is as it was.
    Nothing,
    /// Somebody wrote in the draft while the command ran, and that stays.
    NothingOverEdits,
}

#[derive(Debug, Clone, PartialEq)]
pub enum RunState {
    Running,
    /// It was told to end.
    Stopping,
    Ended {
        ran: Box<Ran>,
        became: Became,
    },
}

/// The latest command of one call.
#[derive(Debug, Clone, PartialEq)]
pub struct CommandRun {
    /// As it was typed or configured, placeholders unfilled.
    pub line: String,
    /// The key for output that is no object.
    pub wrap: String,
    pub by: By,
    pub started: Timestamp,
    pub state: RunState,
    /// The draft when it began; once its output became the draft, that.
    pub draft: String,
    /// Why a rule that may send the output has not.
    pub held: Option<String>,
}

impl CommandRun {
    pub fn is_running(&self) -> bool {
        matches!(self.state, RunState::Running | RunState::Stopping)
    }

    /// Whole steps that it has been running.
    pub fn seconds(&self, now: Timestamp) -> i64 {
        let seconds = now.duration_since(self.started).as_secs().max(0);
        seconds / STEP_SECONDS * STEP_SECONDS
    }

    /// What it said, if it ended without success.
    pub fn failure(&self) -> Option<&Ran> {
        match &self.state {
            RunState::Ended { ran, .. } if !ran.succeeded() => Some(ran),
            _ => None,
        }
    }
}

#[derive(Debug, Clone, Default)]
pub struct Commands {
    /// By the name of a tool configuration, or of a tool.
    pub configured: BTreeMap<String, ToolCommand>,
    /// What was last typed for a tool configuration.
    typed: BTreeMap<String, ToolCommand>,
    runs: BTreeMap<EventId, CommandRun>,
    /// Rules that run commands unasked; `None` leaves all to the person.
    pub rules: Option<Rules>,
    pub pace: Pace,
    /// Calls that the rules have been put to. For good: a listing may lack a call for a while, and no
    /// command runs twice for one.
    pub tried: BTreeSet<EventId>,
    /// Outputs that a rule may send, and the rule. Void once the draft is another.
    pub sendable: BTreeMap<EventId, (String, String)>,
    /// Those of them that a rule is sending now.
    pub sent_by_rule: BTreeSet<EventId>,
    /// Answers on their way, and what will be kept of them.
    pub sending: BTreeMap<SessionRef, Vec<Sent>>,
    /// Names of calls under which earlier answers are kept.
    pub prints: BTreeMap<EventId, String>,
    /// Drafts that are earlier answers as long as they read so, and when those were given.
    pub recalled: BTreeMap<EventId, (Timestamp, String)>,
}

/// One answer that was sent and is not yet taken.
#[derive(Debug, Clone, PartialEq)]
pub struct Sent {
    /// For the log.
    pub note: Sending,
    /// For recalling, where it may be kept.
    pub answer: Option<(String, RecordedAnswer)>,
    /// A rule sent it, without a person.
    pub by_rule: bool,
}

impl Commands {
    /// For the header: how many rules are active, if any.
    pub fn rules_words(&self, read_only: bool) -> Option<String> {
        let rules = self.rules.as_ref()?;
        Some(if read_only { "rules: off, read-only".to_owned() } else { rules.words() })
    }

    /// Whether a rule of ours sent the answers that are on their way to a session.
    pub fn is_by_rule(&self, session: &SessionRef) -> bool {
        let sent = self.sending.get(session);
        sent.is_some_and(|sent| sent.iter().any(|one| one.by_rule))
    }

    pub fn configured(&self, call: &PendingCall) -> Option<&ToolCommand> {
        configured(&self.configured, call)
    }

    /// What a person is offered for a call: what they typed last, else what is configured, else an
    /// empty command.
    pub fn offered(&self, call: &PendingCall) -> ToolCommand {
        let typed = self.typed.get(&call.tool_configuration_name);
        let known = typed.or_else(|| self.configured(call)).cloned();
        known.unwrap_or_else(|| ToolCommand::new(Words::Direct(Vec::new())))
    }

    pub fn was_typed(&mut self, call: &PendingCall, command: ToolCommand) {
        self.typed.insert(call.tool_configuration_name.clone(), command);
    }

    pub fn begin(&mut self, call: &EventId, run: CommandRun) {
        self.runs.insert(call.clone(), run);
    }

    pub fn get(&self, call: &EventId) -> Option<&CommandRun> {
        self.runs.get(call)
    }

    pub fn get_mut(&mut self, call: &EventId) -> Option<&mut CommandRun> {
        self.runs.get_mut(call)
    }

    pub fn is_running(&self, call: &EventId) -> bool {
        self.runs.get(call).is_some_and(CommandRun::is_running)
    }

    pub fn forget(&mut self, call: &EventId) {
        self.runs.remove(call);
    }

    /// Lets go of commands whose calls are gone; those that still run are needed to be told of.
    pub fn retain(&mut self, waits: impl Fn(&EventId) -> bool) {
        self.runs.retain(|call, run| run.is_running() || waits(call));
        self.sendable.retain(|call, _| waits(call));
        self.prints.retain(|call, _| waits(call));
        self.recalled.retain(|call, _| waits(call));
    }

    /// When a running command's time looks different.
    pub fn next_change(&self, now: Timestamp) -> Option<Timestamp> {
        let running = self.runs.values().filter(|run| run.is_running());
        let step = |run: &CommandRun| {
            let next = SignedDuration::from_secs(run.seconds(now) + STEP_SECONDS);
            run.started.checked_add(next).ok()
        };
        running.filter_map(step).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(configuration: &str, tool: &str) -> PendingCall {
        serde_json::from_value(serde_json::json!({"event_id": "aev_1",
            "tool_configuration_name": configuration, "tool_name": tool, "arguments": {}}))
        .unwrap()
    }

    #[test]
    fn what_was_typed_comes_before_what_is_configured() {
        let mut commands = Commands::default();
        let line = |commands: &Commands, of| commands.offered(&of).line();
        assert_eq!(line(&commands, call("prod", "refund")), "");
        commands.configured.insert("refund".into(), ToolCommand::parse("by-tool").unwrap());
        assert_eq!(line(&commands, call("prod", "refund")), "by-tool");
        commands.configured.insert("prod".into(), ToolCommand::parse("by-name").unwrap());
        assert_eq!(line(&commands, call("prod", "refund")), "by-name");
        commands.was_typed(&call("prod", "refund"), ToolCommand::parse("typed").unwrap());
        assert_eq!(line(&commands, call("prod", "refund")), "typed");
        assert_eq!(line(&commands, call("stage", "refund")), "by-tool");
    }

    #[test]
    fn time_is_shown_in_steps_and_nothing_wakes_without_a_command() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let mut commands = Commands::default();
        assert_eq!(commands.next_change(at(3)), None);
        let run = CommandRun {
            line: "x".into(),
            wrap: "output".into(),
            by: By::Person,
            started: at(10),
            state: RunState::Running,
            draft: String::new(),
            held: None,
        };
        commands.begin(&"aev_1".into(), run);
        assert_eq!(commands.next_change(at(13)), Some(at(15)));
        assert_eq!(commands.get(&"aev_1".into()).unwrap().seconds(at(21)), 10);
        commands.retain(|_| false);
        assert!(commands.is_running(&"aev_1".into()));
    }
}
