//! `pending`, `answer`, `run`: tool calls that wait for their client.

use std::process::{ExitCode, Stdio};

use clap::Args;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

use super::connect::Context;
use super::exit::{Code, Failure};
use super::find::pick;
use super::output::{Column, Listing, OutputArgs, SCHEMA_VERSION};
use super::screen;
use super::sessions::read_input;
use super::triage::Outstanding;
use crate::api::input::{ToolAnswer, ToolOutputInput};
use crate::api::{Agent, Input, Object, Timestamp, time};
use crate::model::memory::EventRef;
use crate::model::tool_calls::Tally;
use crate::model::{Arguments, Memory};
use crate::text::{sanitize, units};

#[derive(Debug, Args)]
pub(super) struct PendingArgs {
    /// Exit with 10 when a call waits, with 0 when none does
    #[arg(long)]
    exit_code: bool,
    #[command(flatten)]
    output: OutputArgs,
}

const PENDING: &[Column] = &[
    Column("call", false),
    Column("session", false),
    Column("tool", false),
    Column("waiting", false),
    Column("agent", true),
    Column("arguments", false),
    Column("set aside", true),
];

pub(super) async fn pending(
    context: &Context,
    arguments: &PendingArgs,
) -> Result<ExitCode, Failure> {
    let reveal = context.may_reveal()?;
    let (mut calls, partial) = context.outstanding().await?;
    let agents = context.agents_of(&calls).await;
    let now = Timestamp::now();
    let memory = memory(context, now);
    let is_aside = |call: &Outstanding| {
        let (session, event) = (call.session.clone(), call.call.event_id.clone());
        memory.set_aside.contains_key(&EventRef { session, event })
    };
    // In the order of the screen: what is set aside comes last.
    calls.sort_by_key(is_aside);
    let set_aside = calls.iter().filter(|call| is_aside(call)).count();
    let tally = Tally { waiting: calls.len(), set_aside };
    let mut listing =
        Listing { columns: PENDING, empty: "no call waits for you", partial, ..Listing::default() };
    for call in &calls {
        let (shown, masked) = shown_arguments(call, agents.get(&call.session.agent), reveal);
        let since = call.since;
        listing.rows.push(vec![
            call.call.event_id.to_string(),
            call.session.key.to_string(),
            call.call.tool_configuration_name.clone(),
            since.map_or_else(String::new, |at| units::age(units::seconds_between(at, now))),
            call.session.agent.to_string(),
            sanitize::preview(&shown, 200),
            if is_aside(call) { "yes" } else { "" }.to_owned(),
        ]);
        listing.items.push(json!({
            "event_id": call.call.event_id, "agent_key": call.session.agent,
            "session_key": call.session.key, "tool_name": call.call.tool_name,
            "tool_configuration_name": call.call.tool_configuration_name,
            "waiting_since": since.map(time::format), "arguments": as_value(shown),
            "masked": masked, "set_aside": is_aside(call),
        }));
    }
    if set_aside > 0 {
        context.out.note(&tally.words());
    }
    if partial {
        context.out.note("some sessions could not be looked at, so there may be more");
    }
    context.out.listing(&listing, &arguments.output)?;
    let waits = arguments.exit_code && !calls.is_empty();
    Ok(if waits { Code::Condition.into() } else { ExitCode::SUCCESS })
}

/// What the screen keeps for this profile; nothing where that cannot be read.
fn memory(context: &Context, now: Timestamp) -> Memory {
    let name = screen::profile_name(&context.settings, &context.client);
    let read = screen::remember(&name).and_then(|state| {
        let (memory, _) = state.load(now).map_err(|error| Failure::other(error.to_string()))?;
        Ok(memory)
    });
    read.unwrap_or_else(|failure| {
        context.out.note(&format!("what is set aside is not known: {failure}"));
        Memory::default()
    })
}

/// The arguments as text, with what may be secret masked, and the paths of what is.
fn shown_arguments(
    call: &Outstanding,
    agent: Option<&Agent>,
    reveal: bool,
) -> (String, Vec<String>) {
    if reveal {
        return (call.call.arguments.text().to_owned(), Vec::new());
    }
    let mut arguments = Arguments::new(call.call.arguments.clone());
    if let Some(input) = &call.input {
        let name = &call.call.tool_configuration_name;
        arguments.learn(input, agent.and_then(|agent| agent.tool_configurations.get(name)));
    }
    (arguments.masked_text(), arguments.masked_paths())
}

/// What is nested deeper than values go stays text.
fn as_value(json: String) -> Value {
    serde_json::from_str(&json).unwrap_or(Value::String(json))
}

#[derive(Debug, Args)]
pub(super) struct AnswerArgs {
    /// Ids of the calls, or their beginnings; calls of one session are answered together
    #[arg(required = true)]
    calls: Vec<String>,
    /// JSON object to answer with; - reads stdin. One for each call, in the same order
    #[arg(short = 'f', long = "file", value_name = "FILE", required_unless_present = "error")]
    files: Vec<String>,
    /// Answers that the tool failed, with this text
    #[arg(long, value_name = "TEXT", conflicts_with = "files")]
    error: Option<String>,
    /// Sends although other calls of the session stay unanswered
    #[arg(long)]
    partial: bool,
}

pub(super) async fn answer(context: &Context, arguments: &AnswerArgs) -> Result<ExitCode, Failure> {
    let (outstanding, _) = context.outstanding().await?;
    let mut calls = Vec::new();
    for text in &arguments.calls {
        calls.push(find_call(&outstanding, text)?);
    }
    let items: Vec<ToolAnswer> = if let Some(error) = &arguments.error {
        calls.iter().map(|call| failed(call, Value::from(error.as_str()))).collect()
    } else {
        if arguments.files.len() != calls.len() {
            return Err(Failure::usage(format!(
                "{} for {}: give one -f for each call, in the same order",
                units::counted(arguments.files.len(), "file"),
                units::counted(calls.len(), "call")
            )));
        }
        let pairs = calls.iter().zip(&arguments.files);
        let read = pairs.map(|(call, file)| {
            let output = object(&read_input(file)?, file)?;
            Ok(succeeded(call, output))
        });
        read.collect::<Result<_, Failure>>()?
    };
    send(context, &outstanding, &calls, items, arguments.partial).await
}

fn find_call<'a>(outstanding: &'a [Outstanding], text: &str) -> Result<&'a Outstanding, Failure> {
    let name = |call: &Outstanding| call.call.event_id.to_string();
    if outstanding.is_empty() {
        return Err(Failure::new(Code::NotFound, "no call waits for you"));
    }
    Ok(&outstanding[pick("waiting call", text, outstanding, name)?])
}

fn succeeded(call: &Outstanding, output: Object) -> ToolAnswer {
    ToolAnswer::Success { event_id: call.call.event_id.clone(), output: output.into() }
}

fn failed(call: &Outstanding, error: Value) -> ToolAnswer {
    ToolAnswer::Error { event_id: call.call.event_id.clone(), error: error.into() }
}

/// The service takes objects only (contract section 3.1).
fn object(text: &str, from: &str) -> Result<Object, Failure> {
    let wrong = |why: String| {
        let from = if from == "-" { "stdin" } else { from };
        Failure::new(Code::Rejected, format!("{from}: {why}. Nothing was sent"))
    };
    match serde_json::from_str(text) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err(wrong("an answer must be a JSON object, such as {\"ok\": true}".to_owned())),
        Err(error) => Err(wrong(format!("not JSON: {error}"))),
    }
}

/// Sends the answers, after making sure that no call of the session would be left out unawares.
async fn send(
    context: &Context,
    outstanding: &[Outstanding],
    calls: &[&Outstanding],
    items: Vec<ToolAnswer>,
    partial: bool,
) -> Result<ExitCode, Failure> {
    let Some(first) = calls.first() else { return Ok(ExitCode::SUCCESS) };
    if calls.iter().any(|call| call.session != first.session) {
        return Err(Failure::usage("those calls are of several sessions; answer one at a time"));
    }
    let answered =
        |call: &Outstanding| calls.iter().any(|of| of.call.event_id == call.call.event_id);
    let left: Vec<String> = outstanding
        .iter()
        .filter(|call| call.session == first.session && !answered(call))
        .map(|call| format!("{} ({})", call.call.event_id, call.call.tool_configuration_name))
        .collect();
    if !left.is_empty() && !partial {
        return Err(Failure::usage(format!(
            "the session goes on when all of its calls are answered, and these are left out: {}. \
             Answer them together, or add --partial. Nothing was sent",
            left.join(", ")
        )));
    }
    let input = Input::ToolOutput(ToolOutputInput { tool_outputs: items });
    let reply = context.client.stream_input(&first.session, &input).await;
    match context.sent(reply)? {
        Some(stream) => super::say::follow(context, &first.session, stream).await,
        None => Ok(ExitCode::SUCCESS),
    }
}

#[derive(Debug, Args)]
pub(super) struct RunArgs {
    /// Id of the call, or its beginning
    call: String,
    /// Prints the answer and sends nothing
    #[arg(long)]
    no_send: bool,
    /// When the command fails, answers that the tool failed, with what it said
    #[arg(long)]
    answer_failure: bool,
    /// Sends although other calls of the session stay unanswered
    #[arg(long)]
    partial: bool,
    /// The command and its arguments; it gets the call's arguments as JSON on stdin
    #[arg(last = true, required = true, value_name = "COMMAND")]
    command: Vec<String>,
}

pub(super) async fn run(context: &Context, arguments: &RunArgs) -> Result<ExitCode, Failure> {
    let (outstanding, _) = context.outstanding().await?;
    let call = find_call(&outstanding, &arguments.call)?;
    let (program, rest) = arguments
        .command
        .split_first()
        .ok_or_else(|| Failure::usage("name a command behind --"))?;
    let failed_to = |what: &str, error: std::io::Error| {
        Failure::other(format!("{what} {program}: {error}. Nothing was sent"))
    };
    let mut child = Command::new(program)
        .args(rest)
        .env("FORETOP_CALL", call.call.event_id.as_str())
        .env("FORETOP_TOOL", &call.call.tool_configuration_name)
        .env("FORETOP_AGENT", call.session.agent.as_str())
        .env("FORETOP_SESSION", call.session.key.as_str())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| failed_to("cannot run", error))?;
    let input = call.call.arguments_json();
    let stdin = child.stdin.take();
    // Both at once: a command may answer before it has read everything, or read nothing.
    let feed = async move {
        if let Some(mut stdin) = stdin {
            let _ = stdin.write_all(input.as_bytes()).await;
        }
    };
    let wait = async {
        let work = child.wait_with_output();
        match context.global.timeout {
            None => work.await.map_err(|error| failed_to("cannot wait for", error)),
            Some(limit) => match tokio::time::timeout(limit, work).await {
                Ok(output) => output.map_err(|error| failed_to("cannot wait for", error)),
                Err(_) => Err(Failure::new(
                    Code::TimedOut,
                    format!("{program} took longer than {limit:?}. Nothing was sent"),
                )),
            },
        }
    };
    let ((), output) = tokio::join!(feed, wait);
    let output = output?;
    let text = String::from_utf8_lossy(&output.stdout);
    let item = if output.status.success() {
        succeeded(call, wrapped(&text))
    } else if arguments.answer_failure {
        let code = output.status.code();
        failed(call, json!({"exit_code": code, "output": text.trim_end()}))
    } else {
        let status = output.status;
        return Err(Failure::other(format!(
            "{program} ended with {status}. Nothing was sent; --answer-failure would tell the agent"
        )));
    };
    if arguments.no_send {
        let value =
            json!({"schema_version": SCHEMA_VERSION, "session": call.session, "answer": item});
        let lines = serde_json::to_string_pretty(&item).unwrap_or_default();
        context.out.value(&value, &lines)?;
        return Ok(ExitCode::SUCCESS);
    }
    send(context, &outstanding, &[call], vec![item], arguments.partial).await
}

/// A JSON object as it is; anything else as the text that it is.
fn wrapped(text: &str) -> Object {
    match serde_json::from_str(text) {
        Ok(Value::Object(object)) => object,
        Ok(value) => Object::from_iter([("output".to_owned(), value)]),
        Err(_) => {
            let text = text.trim_end_matches(['\r', '\n']);
            Object::from_iter([("output".to_owned(), Value::from(text))])
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_command_prints_becomes_an_object() {
        assert_eq!(Value::Object(wrapped("{\"a\": 1}\n")), json!({"a": 1}));
        assert_eq!(Value::Object(wrapped("[1]")), json!({"output": [1]}));
        assert_eq!(Value::Object(wrapped("two\nlines\n")), json!({"output": "two\nlines"}));
        assert_eq!(Value::Object(wrapped("")), json!({"output": ""}));
    }

    #[test]
    fn an_answer_that_is_no_object_is_not_sent() {
        for bad in ["[1]", "1", "{", ""] {
            let failure = object(bad, "-").unwrap_err();
            assert_eq!(failure.code(), Code::Rejected, "{bad}");
            assert!(failure.to_string().contains("stdin"), "{failure}");
        }
    }
}
