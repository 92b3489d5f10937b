//! `pending`, `answer`: tool calls that wait for their client.

use std::process::ExitCode;

use clap::Args;
use serde_json::{Value, json};

use super::connect::Context;
use super::coverage::Gaps;
use super::exit::{Code, Failure};
use super::find::pick;
use super::output::{Column, Listing, OutputArgs};
use super::reply::{Before, follow};
use super::screen;
use super::sessions::read_input;
use super::triage::Outstanding;
use crate::api::input::{ToolAnswer, ToolOutputInput};
use crate::api::odd::readable;
use crate::api::{Agent, Exact, Input, Timestamp, time};
use crate::model::Memory;
use crate::model::memory::EventRef;
use crate::text::{sanitize, units};
use crate::tools::audit::By;
use crate::view::Arguments;
use crate::view::pane::tool_calls::Tally;

#[derive(Debug, Args)]
pub(super) struct PendingArgs {
    /// Exit with 10 when a call waits, with 0 when none does, and with 4 or 7 when not all could be
    /// asked about
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
    let (mut calls, gaps) = context.outstanding().await?;
    let partial = !gaps.are_none();
    let empty =
        if partial { "no call waits, as far as could be asked" } else { "no call waits for you" };
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
    let mut listing = Listing { columns: PENDING, empty, partial, ..Listing::default() };
    let brief = context.out.is_brief(&arguments.output);
    for call in &calls {
        let (shown, masked) = shown_arguments(call, agents.get(&call.session.agent), reveal);
        let since = call.since;
        listing.rows.push(vec![
            call.call.event_id.to_string(),
            call.session.key.to_string(),
            call.call.tool_configuration_name.clone(),
            since.map_or_else(String::new, |at| units::age(units::seconds_between(at, now))),
            call.session.agent.to_string(),
            sanitize::preview(&shown, if brief { 200 } else { usize::MAX }),
            if is_aside(call) { "yes" } else { "" }.to_owned(),
        ]);
        listing.items.push(
            json!({
                "event_id": call.call.event_id, "agent_key": call.session.agent,
                "session_key": call.session.key, "tool_name": call.call.tool_name,
                "tool_configuration_name": call.call.tool_configuration_name,
                "waiting_since": since.map(time::format), "arguments": as_value(shown),
                "masked": masked, "set_aside": is_aside(call),
            })
            .into(),
        );
    }
    if set_aside > 0 {
        context.out.note(&tally.words());
    }
    for note in gaps.notes() {
        context.out.note(&note);
    }
    context.out.listing(&listing, &arguments.output)?;
    Ok(match (arguments.exit_code, calls.is_empty()) {
        (true, false) => Code::Condition.into(),
        // What was not asked about may wait.
        (true, true) if partial => gaps.code().into(),
        _ => ExitCode::SUCCESS,
    })
}

/// What the screen keeps for this profile; nothing where that cannot be read.
fn memory(context: &Context, now: Timestamp) -> Memory {
    let name = screen::profile_name(&context.settings, &context.client);
    let read = screen::remember(&name).map(|state| match state.load(now) {
        Ok((memory, _)) => memory,
        // What may not be written may still be read.
        Err(_) => state.peek(now),
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
    let arguments = arguments_of(call, agent);
    (arguments.masked_text(), arguments.masked_paths())
}

/// The arguments, with all that is known of where they came from.
pub(super) fn arguments_of(call: &Outstanding, agent: Option<&Agent>) -> Arguments {
    let mut arguments = Arguments::new(call.call.arguments.clone());
    if let Some(input) = &call.input {
        let name = &call.call.tool_configuration_name;
        arguments.learn(input, agent.and_then(|agent| agent.tool_configurations.get(name)));
    }
    arguments
}

/// What is nested deeper than values go stays text.
fn as_value(json: String) -> Value {
    serde_json::from_str(&readable(&json)).unwrap_or(Value::String(json))
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
    let (outstanding, gaps) = context.outstanding().await?;
    let mut calls = Vec::new();
    for text in &arguments.calls {
        calls.push(find_call(&outstanding, &gaps, text)?);
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

/// A call that is not found where not all could be asked about may wait all the same.
pub(super) fn find_call<'a>(
    outstanding: &'a [Outstanding],
    gaps: &Gaps,
    text: &str,
) -> Result<&'a Outstanding, Failure> {
    let name = |call: &Outstanding| call.call.event_id.to_string();
    let found = if outstanding.is_empty() {
        Err(Failure::new(Code::NotFound, "no call waits for you"))
    } else {
        pick("waiting call", text, outstanding, name)
    };
    match found {
        Ok(at) => Ok(&outstanding[at]),
        Err(failure) if failure.code() == Code::NotFound && !gaps.are_none() => {
            let why = gaps.notes().join("; ");
            Err(Failure::new(
                gaps.code(),
                format!("\"{text}\" is not among what could be asked: {why}"),
            ))
        }
        Err(failure) => Err(failure),
    }
}

pub(super) fn succeeded(call: &Outstanding, output: Exact) -> ToolAnswer {
    ToolAnswer::Success { event_id: call.call.event_id.clone(), output }
}

pub(super) fn failed(call: &Outstanding, error: Value) -> ToolAnswer {
    ToolAnswer::Error { event_id: call.call.event_id.clone(), error: error.into() }
}

/// The service takes objects only (contract section 3.1).
pub(super) fn object(text: &str, from: &str) -> Result<Exact, Failure> {
    let wrong = |why: String| {
        let from = if from == "-" { "stdin" } else { from };
        Failure::new(Code::Rejected, format!("{from}: {why}. Nothing was sent"))
    };
    let read = serde_json::from_str::<Exact>(text);
    let exact = read.map_err(|error| wrong(format!("not JSON: {error}")))?;
    if !exact.is_object() {
        let text = "an answer must be a JSON object, such as {\"ok\": true}";
        return Err(wrong(text.to_owned()));
    }
    Ok(exact)
}

/// Sends the answers, after making sure that no call of the session would be left out unawares.
pub(super) async fn send(
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
    let sending = context.about_to_send(calls, &items, &By::Person).await;
    let input = Input::ToolOutput(ToolOutputInput { tool_outputs: items });
    let before = Before::input(context, &first.session).await;
    let reply = context.client.stream_input(&first.session, &input).await;
    if let Err(error) = context.note_answers(sending, reply.as_ref().err()) {
        context.out.note(&error.to_string());
    }
    match context.sent(reply)? {
        Some(stream) => follow(context, &first.session, stream, &before).await,
        None => Ok(ExitCode::SUCCESS),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_that_is_no_object_is_not_sent() {
        for bad in ["[1]", "1", "{", ""] {
            let failure = object(bad, "-").unwrap_err();
            assert_eq!(failure.code(), Code::Rejected, "{bad}");
            assert!(failure.to_string().contains("stdin"), "{failure}");
        }
    }
}
