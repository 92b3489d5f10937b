//! A local program that answers for a tool, as the configuration of the server says.
//!
//! It gets the call as JSON on its input and answers with JSON on its output. Start with [`Command::run`].
//! The invariant: which program runs, with which arguments and in which directory, stands in the file;
//! nothing of a call is part of that.

use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::refusal::Refusal;
use super::{Done, ToolCall, Workplace, offers};
use crate::api::Object;
use crate::server::store::{StoreError, sessions};
use crate::text::{redact, sanitize};
use crate::tool_runner::{self, Stderr};
use crate::tools::{Ending, Inherits, Invocation, Limits, Ran, draft};

/// The key under which output that is no JSON object becomes one.
const WRAP: &str = "output";
const GRACE: Duration = Duration::from_secs(2);
/// Of what a program complained about, so much is told.
const COMPLAINT_CHARS: usize = 2_000;

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Command {
    pub(super) name: String,
    pub(super) program: String,
    pub(super) arguments: Vec<String>,
    /// Variables of our environment that it gets beside the usual ones.
    pub(super) env: Vec<String>,
    pub(super) directory: PathBuf,
    /// Tools of agents, and types of tools, that it answers for.
    pub(super) names: Vec<String>,
    pub(super) kinds: Vec<String>,
    pub(super) description: Option<String>,
    pub(super) schema: Option<Object>,
    pub(super) timeout: Duration,
    pub(super) output: Option<usize>,
}

impl Command {
    pub(super) fn has_name(&self, name: &str) -> bool {
        self.names.iter().any(|own| own == name)
    }

    pub(super) fn has_kind(&self, kind: &str) -> bool {
        self.kinds.iter().any(|own| own == kind)
    }

    pub(super) fn patience(&self) -> Duration {
        // It is given time to end, too.
        self.timeout + 2 * GRACE
    }

    /// What a model is told of it.
    pub(super) fn told(&self, kind: &str) -> (String, Object) {
        let described = || match kind {
            "web_search" => "Searches the web.".to_owned(),
            "corpora_search" => "Searches the documents that there are.".to_owned(),
            _ => format!("Runs {} on the server.", self.name),
        };
        let description = self.description.clone().unwrap_or_else(described);
        (description, self.schema.clone().unwrap_or_else(|| offers::schema(kind)))
    }

    pub(super) async fn run(
        &self,
        at: &Workplace,
        call: &ToolCall<'_>,
        kind: &str,
        most: usize,
    ) -> Result<Done, Refusal> {
        let row = at.vault.row;
        let of = at.store.read(move |db| sessions::name_of(db, row)).await?;
        let of = of.ok_or_else(|| Refusal::from(StoreError::Deleted))?;
        let (agent, session) = (of.agent.to_string(), of.key.to_string());
        let told = json!({
            "tool": call.name, "type": kind, "arguments": call.arguments,
            "session": session, "agent": agent,
        });
        let variable = |name: &str, value: &str| (name.to_owned(), value.replace('\0', ""));
        let invocation = Invocation {
            program: self.program.clone(),
            arguments: self.arguments.clone(),
            env: vec![
                variable("FORETOP_TOOL", call.name),
                variable("FORETOP_AGENT", &agent),
                variable("FORETOP_SESSION", &session),
            ],
            inherits: Inherits::Named(self.env.clone()),
            cwd: Some(self.directory.clone()),
            stdin: told.to_string(),
            limits: Limits {
                timeout: self.timeout,
                max_output: self.output.map_or(most, |own| own.min(most)),
                grace: GRACE,
            },
        };
        let ran = tool_runner::run(&invocation, Stderr::Kept, &CancellationToken::new()).await;
        Ok(self.outcome(&ran))
    }

    fn outcome(&self, ran: &Ran) -> Done {
        if ran.succeeded() {
            let output = serde_json::from_str::<Value>(&draft(&ran.stdout, WRAP));
            return match output {
                Ok(Value::Object(output)) => Done::output(output),
                // Nested deeper than values go.
                _ => {
                    Done::failed("execution_error", "the program printed JSON that cannot be read")
                }
            };
        }
        let failure = match &ran.ending {
            Ending::TimedOut(_) => "timeout",
            Ending::NotStarted(_) => "invalid_configuration",
            _ => "execution_error",
        };
        let why = format!("the program that answers for this tool, {}: {}", self.name, ran.ending);
        let mut done = Done::failed(failure, why);
        let said = if ran.stderr.trim().is_empty() { &ran.stdout } else { &ran.stderr };
        let said = redact::text(said.trim());
        if !said.is_empty() {
            let from = said.char_indices().rev().nth(COMPLAINT_CHARS).map_or(0, |(at, _)| at);
            let said = sanitize::lines(&said[from..]).collect::<Vec<_>>().join("\n");
            done.output.insert("said".to_owned(), said.into());
        }
        done
    }
}
