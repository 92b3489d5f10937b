//! `run`: a command on the arguments of a call, whose output answers it.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::calls::{failed, find_call, object, send, succeeded};
use super::connect::Context;
use super::exit::{Code, Failure};
use super::output::SCHEMA_VERSION;
use super::serve_tools;
use super::triage::Outstanding;
use crate::runtime::ShutdownSignals;
use crate::text::json::spread;
use crate::tool_runner::{self, Stderr};
use crate::tools::{
    self, CallFacts, CommandError, Ending, Invocation, ToolCommand, Words, configured,
};

/// As good as no limit.
const NO_LIMIT: Duration = Duration::from_hours(24 * 365);

#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub(super) struct RunArgs {
    /// Id of the call, or its beginning
    #[arg(required_unless_present = "serve_tools")]
    call: Option<String>,
    /// Prints the answer and sends nothing
    #[arg(long)]
    no_send: bool,
    /// When the command fails, answers that the tool failed, with what it said
    #[arg(long)]
    answer_failure: bool,
    /// Sends although other calls of the session stay unanswered
    #[arg(long)]
    partial: bool,
    /// Instead of one call, answers every call that a rule of this file answers, until it is ended
    #[arg(long, value_name = "FILE",
          conflicts_with_all = ["call", "no_send", "answer_failure", "partial", "command"])]
    pub(super) serve_tools: Option<PathBuf>,
    /// With --serve-tools: only the calls of this session
    #[arg(long, value_name = "KEY", requires = "serve_tools")]
    pub(super) session: Option<String>,
    /// With --serve-tools: answers what waits now, and ends
    #[arg(long, requires = "serve_tools")]
    pub(super) once: bool,
    /// The command and its arguments; it gets the call's arguments as JSON on stdin. Without one,
    /// what the configuration has for the tool
    #[arg(last = true, value_name = "COMMAND")]
    command: Vec<String>,
}

pub(super) async fn run(context: &Context, arguments: &RunArgs) -> Result<ExitCode, Failure> {
    if let Some(rules) = &arguments.serve_tools {
        return serve_tools::serve(context, arguments, rules).await;
    }
    let (outstanding, gaps) = context.outstanding().await?;
    let call = find_call(&outstanding, &gaps, arguments.call.as_deref().unwrap_or_default())?;
    let (invocation, wrap) = prepare(context, arguments, call)?;
    let program = &invocation.program;
    let stop = CancellationToken::new();
    let mut endings = ShutdownSignals::listen()
        .map_err(|error| Failure::other(format!("cannot listen for signals: {error}")))?;
    let mut work = std::pin::pin!(tool_runner::run(&invocation, Stderr::Shared, &stop));
    let ran = tokio::select! {
        ran = &mut work => ran,
        () = endings.next() => {
            stop.cancel();
            work.await
        }
    };
    let item = match &ran.ending {
        Ending::Exited(0) => {
            let output = object(&tools::draft(&ran.stdout, &wrap), program)?;
            succeeded(call, output)
        }
        ending @ (Ending::Exited(_) | Ending::Signal(_)) if arguments.answer_failure => {
            let code = if let Ending::Exited(code) = ending { Some(code) } else { None };
            failed(call, json!({"exit_code": code, "output": ran.stdout.trim_end()}))
        }
        Ending::Exited(_) | Ending::Signal(_) => {
            let ending = &ran.ending;
            return Err(Failure::other(format!(
                "{program} ended with {ending}. Nothing was sent; --answer-failure would tell the agent"
            )));
        }
        Ending::TimedOut(limit) => {
            return Err(Failure::new(
                Code::TimedOut,
                format!("{program} took longer than {limit:?}. Nothing was sent"),
            ));
        }
        Ending::Stopped => {
            let text = format!("{program} was stopped. Nothing was sent");
            return Err(Failure::new(Code::Stopped, text));
        }
        ending @ (Ending::Flooded(_) | Ending::NotStarted(_)) => {
            return Err(Failure::other(format!("{program}: {ending}. Nothing was sent")));
        }
    };
    if arguments.no_send {
        // Of any depth, so that it must not become a value.
        let written = |error| Failure::other(format!("cannot write the answer: {error}"));
        let item = serde_json::to_string(&item).map_err(written)?;
        let session = serde_json::to_string(&call.session).map_err(written)?;
        let value =
            format!(r#"{{"schema_version":{SCHEMA_VERSION},"session":{session},"answer":{item}}}"#);
        context.out.exact(&value, &spread(&item))?;
        return Ok(ExitCode::SUCCESS);
    }
    send(context, &outstanding, &[call], vec![item], arguments.partial).await
}

/// What is started, and the key for output that is no object.
fn prepare(
    context: &Context,
    arguments: &RunArgs,
    call: &Outstanding,
) -> Result<(Invocation, String), Failure> {
    let known = context.tools()?;
    let json = call.call.arguments_json();
    let facts = facts(call, &json);
    let cannot = |error: CommandError| Failure::other(format!("{error}. Nothing was sent"));
    if let Some((program, words)) = arguments.command.split_first() {
        // Taken as it was typed: the shell has had its turn, and braces are the program's.
        let command = ToolCommand::new(Words::Direct(vec!["true".to_owned()]));
        let mut invocation = command.invocation(&facts).map_err(cannot)?;
        program.clone_into(&mut invocation.program);
        invocation.arguments = words.to_vec();
        invocation.limits.timeout = context.global.timeout.unwrap_or(NO_LIMIT);
        return Ok((invocation, command.wrap));
    }
    let tool = &call.call.tool_configuration_name;
    let command = configured(&known, &call.call).ok_or_else(|| {
        Failure::usage(format!(
            "name a command behind --, or set one for {tool} in [tools.{tool}] of the configuration"
        ))
    })?;
    if let Some(warning) = command.warning() {
        context.out.note(&warning);
    }
    let mut invocation = command.invocation(&facts).map_err(cannot)?;
    if let Some(limit) = context.global.timeout {
        invocation.limits.timeout = limit;
    }
    Ok((invocation, command.wrap.clone()))
}

/// What a command may know of a call whose arguments are `json`.
pub(super) fn facts<'a>(call: &'a Outstanding, json: &'a str) -> CallFacts<'a> {
    CallFacts {
        event_id: call.call.event_id.as_str(),
        tool: &call.call.tool_configuration_name,
        agent: call.session.agent.as_str(),
        session: call.session.key.as_str(),
        arguments: json,
    }
}
