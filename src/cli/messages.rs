//! `send`, `steer`, `interrupt`, `compact`, `upload`: what is said to an agent, and its reply as
//! it comes.

use std::collections::HashSet;
use std::io::{self, Write as _};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use clap::Args;
use serde_json::{Value, json};

use super::connect::Context;
use super::exit::{Code, Failure};
use super::output::{Format, SCHEMA_VERSION, on_one_line, print_line};
use super::patience::Patience;
use super::progress::{self, Progress};
use super::sessions::read_input;
use super::triage::State;
use crate::api::event::InputPart;
use crate::api::frame::StreamOnly;
use crate::api::input::{Behavior, CompactInput, MessageInput, Since};
use crate::api::{Event, EventBody, EventId, Frame, Input, SessionRef, Timestamp};
use crate::client::{ClientError, EventStream, UploadFile, media_type};
use crate::text::{sanitize, units};

#[derive(Debug, Args)]
pub(super) struct SendArgs {
    /// Key of the session, its beginning, or AGENT/KEY
    session: String,
    /// What to say
    #[arg(required_unless_present_any = ["file", "skills"])]
    text: Option<String>,
    /// Reads what to say from a file; - reads stdin
    #[arg(short = 'f', long, value_name = "FILE", conflicts_with = "text")]
    file: Option<String>,
    /// Loads a skill of the agent first
    #[arg(long = "skill", value_name = "NAME")]
    skills: Vec<String>,
    /// Returns when the service has taken it, instead of following the reply
    #[arg(long)]
    detach: bool,
}

impl SendArgs {
    fn message(&self) -> Result<MessageInput, Failure> {
        let skills = self.skills.iter().cloned();
        let mut messages: Vec<InputPart> =
            skills.map(|skill_name| InputPart::Skill { skill_name }).collect();
        let text = match &self.file {
            Some(file) => Some(read_input(file)?),
            None => self.text.clone(),
        };
        if let Some(content) = text {
            if content.trim().is_empty() {
                return Err(Failure::usage("there is nothing to say: the text is empty"));
            }
            messages.push(InputPart::Text { content });
        }
        Ok(MessageInput { messages, ..MessageInput::default() })
    }
}

pub(super) async fn send(context: &Context, arguments: &SendArgs) -> Result<ExitCode, Failure> {
    let message = arguments.message()?;
    let session = context.session(&arguments.session).await?.reference();
    say(context, &session, Input::Message(message), arguments.detach).await
}

#[derive(Debug, Args)]
pub(super) struct SteerArgs {
    #[command(flatten)]
    send: SendArgs,
    /// Waits for the end of the running turn, instead of joining it at its next step
    #[arg(long)]
    follow_up: bool,
}

/// A message to a session that may be running.
pub(super) async fn steer(context: &Context, arguments: &SteerArgs) -> Result<ExitCode, Failure> {
    let mut message = arguments.send.message()?;
    let session = context.session(&arguments.send.session).await?.reference();
    message.since = Some(context.newest_event(&session).await?.map_or(Since::Start, Since::After));
    let behavior = if arguments.follow_up { Behavior::FollowUp } else { Behavior::Steer };
    message.behavior = Some(behavior);
    say(context, &session, Input::Message(message), arguments.send.detach).await
}

async fn say(
    context: &Context,
    session: &SessionRef,
    input: Input,
    detach: bool,
) -> Result<ExitCode, Failure> {
    let reply = context.client.stream_input(session, &input).await;
    let stream = match context.sent(reply) {
        Ok(None) => return Ok(ExitCode::SUCCESS),
        Ok(Some(stream)) => stream,
        Err(failure) if failure.code() == Code::Conflict => {
            let how = "`foretop steer` joins the running turn, `foretop steer --follow-up` waits \
                       for its end";
            return Err(failure.with_advice(how));
        }
        Err(failure) => return Err(failure),
    };
    if detach {
        // Closing the connection does not stop the turn (contract section 3.2).
        let value = json!({"schema_version": SCHEMA_VERSION, "session": session, "taken": true});
        context.out.value(&value, "")?;
        return Ok(ExitCode::SUCCESS);
    }
    follow(context, session, stream).await
}

#[derive(Debug, Args)]
pub(super) struct InterruptArgs {
    /// Key of the session, its beginning, or AGENT/KEY
    session: String,
}

pub(super) async fn interrupt(
    context: &Context,
    arguments: &InterruptArgs,
) -> Result<ExitCode, Failure> {
    let session = context.session(&arguments.session).await?.reference();
    let reply = context.client.send_input(&session, &Input::Interrupt).await;
    if context.sent(reply)?.is_some() {
        super::sessions::done(context, "interrupted", &[session.to_string()])?;
    }
    Ok(ExitCode::SUCCESS)
}

#[derive(Debug, Args)]
pub(super) struct CompactArgs {
    /// Key of the session, its beginning, or AGENT/KEY
    session: String,
    /// The last event that the summary replaces; else all but the most recent inputs
    #[arg(long, value_name = "EVENT")]
    up_to: Option<String>,
    /// Takes the place of the agent's instructions for the summary
    #[arg(long, value_name = "TEXT")]
    message: Option<String>,
}

pub(super) async fn compact(
    context: &Context,
    arguments: &CompactArgs,
) -> Result<ExitCode, Failure> {
    let session = context.session(&arguments.session).await?.reference();
    let up_to = match &arguments.up_to {
        Some(event) => Some(context.event(&session, event).await?),
        None => None,
    };
    let input = Input::Compact(CompactInput {
        compact_up_to_event_id: up_to,
        compaction_message: arguments.message.clone(),
    });
    say(context, &session, input, false).await
}

#[derive(Debug, Args)]
pub(super) struct UploadArgs {
    /// Key of the session, its beginning, or AGENT/KEY
    session: String,
    #[arg(required = true, value_name = "FILE")]
    files: Vec<String>,
    /// What to say with the files; without it the agent acts on the files alone
    #[arg(short, long, value_name = "TEXT")]
    message: Option<String>,
    /// Returns when the service has taken them, instead of following the reply
    #[arg(long)]
    detach: bool,
}

pub(super) async fn upload(context: &Context, arguments: &UploadArgs) -> Result<ExitCode, Failure> {
    let mut files = Vec::new();
    for file in &arguments.files {
        let path = Path::new(file);
        let bytes = std::fs::read(path)
            .map_err(|error| Failure::usage(format!("cannot read {file}: {error}")))?;
        let filename = path
            .file_name()
            .map_or_else(|| file.clone(), |name| name.to_string_lossy().into_owned());
        let mime_type = media_type(&filename, &bytes);
        files.push(UploadFile { filename, mime_type, bytes: bytes.into() });
    }
    let session = context.session(&arguments.session).await?.reference();
    let mut message = MessageInput::default();
    if let Some(content) = arguments.message.clone() {
        message.messages.push(InputPart::Text { content });
    }
    let size: usize = files.iter().map(|file| file.bytes.len()).sum();
    let what = format!("uploading {}", units::counted(files.len(), "file"));
    let sent = Arc::new(AtomicU64::new(0));
    let reply = {
        let mut progress = Progress::new(context, what, Some(size as u64));
        let upload = context.client.upload_counted(&session, files, message, Arc::clone(&sent));
        tokio::pin!(upload);
        loop {
            tokio::select! {
                reply = &mut upload => break reply,
                () = tokio::time::sleep(progress::EVERY) => {
                    progress.show(sent.load(Ordering::Relaxed));
                }
            }
        }
    };
    match context.sent(reply)? {
        None => Ok(ExitCode::SUCCESS),
        Some(_) if arguments.detach => Ok(ExitCode::SUCCESS),
        Some(stream) => follow(context, &session, stream).await,
    }
}

/// What a reply brought.
#[derive(Default)]
struct Reply {
    events: Vec<Event>,
    errors: Vec<String>,
    /// Whether text stands on the terminal without a line end.
    open_line: bool,
    spoke: bool,
}

/// Prints a reply as it comes, and says how the turn ended.
pub(super) async fn follow(
    context: &Context,
    session: &SessionRef,
    mut stream: EventStream,
) -> Result<ExitCode, Failure> {
    let mut reply = Reply::default();
    while let Some(frame) = stream.next().await {
        match frame {
            Ok(frame) => reply.take(context, frame)?,
            Err(error @ ClientError::BrokenStream { .. }) => {
                reply.end_line()?;
                context.out.note(&error.to_string());
                catch_up(context, session, &mut reply).await?;
            }
            Err(error) => return Err(error.into()),
        }
    }
    reply.end_line()?;
    let now = context.client.get_session(session).await?;
    let looked = context.look_at(now, Timestamp::now()).await;
    if context.out.is(Format::Json) {
        let raw = |event: &Event| serde_json::from_str(event.raw().get()).unwrap_or(Value::Null);
        let events: Vec<Value> = reply.events.iter().map(raw).collect();
        let value = json!({
            "schema_version": SCHEMA_VERSION, "session": session, "events": events,
            "errors": reply.errors, "state": looked.state(), "waiting": looked.waiting(),
        });
        context.out.value(&value, "")?;
    }
    if looked.is(State::Parked) {
        let tools = looked.waiting().join(", ");
        context
            .out
            .note(&format!("{session} waits for you: {tools}. `foretop pending` shows the calls"));
    }
    match reply.errors.first() {
        Some(error) => Err(Failure::other(format!(
            "the turn failed: {}. `foretop events {session} --last 5` shows what came before",
            sanitize::preview(error, 300)
        ))),
        None => Ok(ExitCode::SUCCESS),
    }
}

/// The live reply is gone; the turn is not. What it stores is read until it ends (contract
/// section 5.3).
async fn catch_up(
    context: &Context,
    session: &SessionRef,
    reply: &mut Reply,
) -> Result<(), Failure> {
    let mut patience = Patience::new(Duration::from_secs(1));
    let known: HashSet<EventId> = reply.events.iter().filter_map(|e| e.id.clone()).collect();
    loop {
        let asked = async {
            // The state first: what was stored before it said "stopped" is then listed after.
            let state = context.client.get_session(session).await?;
            let events = context.newest_events(session, 100).await?;
            Ok((state, events))
        };
        if let Some((state, events)) = patience.take(context, asked.await)? {
            let last = events
                .iter()
                .rposition(|event| event.id.as_ref().is_some_and(|id| known.contains(id)));
            let since = events.iter().skip(last.map_or(0, |at| at + 1)).cloned();
            let running = state.status == Some(crate::api::SessionStatus::Running);
            if !running {
                for event in since {
                    reply.take_stored(context, event)?;
                }
                return Ok(());
            }
        }
        patience.wait().await;
    }
}

impl Reply {
    fn take(&mut self, context: &Context, frame: Frame) -> Result<(), Failure> {
        if context.out.is(Format::Jsonl) {
            let line = match &frame {
                Frame::Event(event) => event.raw().get().to_owned(),
                Frame::Only(only) => serde_json::to_string(only).unwrap_or_default(),
            };
            print_line(&on_one_line(&line))?;
        }
        match frame {
            Frame::Only(StreamOnly::AgentText(chunk)) => {
                self.spoke = true;
                self.print(context, &chunk.content)
            }
            Frame::Only(StreamOnly::AgentTextEnd { .. }) => self.end_line(),
            Frame::Only(StreamOnly::Error { messages, .. }) => {
                self.errors.push(messages.join("; "));
                Ok(())
            }
            Frame::Only(_) => Ok(()),
            Frame::Event(event) => {
                match &event.body {
                    EventBody::AgentOutput(output) if !self.spoke => {
                        let text = format!("{}\n", output.content);
                        self.print(context, &text)?;
                    }
                    EventBody::StructuredOutput(output) => {
                        self.print(context, &format!("{}\n", output.content))?;
                    }
                    EventBody::ContextLimitExceeded(limit) => {
                        self.errors.push(limit.message.clone());
                    }
                    EventBody::StepTransitionLimitExceeded(limit) => {
                        self.errors.push(limit.message.clone());
                    }
                    EventBody::Error(error) => self.errors.push(error.messages.join("; ")),
                    _ => {}
                }
                self.events.push(event);
                Ok(())
            }
        }
    }

    fn take_stored(&mut self, context: &Context, event: Event) -> Result<(), Failure> {
        // Its beginning may have been printed already; whole is better than cut.
        self.spoke = false;
        self.take(context, Frame::Event(event))
    }

    /// Text is data: it goes to a pipe as it is, and to a terminal without its control bytes.
    fn print(&mut self, context: &Context, text: &str) -> Result<(), Failure> {
        if context.out.is_for_programs() || text.is_empty() {
            return Ok(());
        }
        let mut out = io::stdout().lock();
        if context.out.to_terminal {
            let lines: Vec<_> = sanitize::lines(text).collect();
            write!(out, "{}", lines.join("\n"))?;
        } else {
            write!(out, "{text}")?;
        }
        out.flush()?;
        self.open_line = !text.ends_with('\n');
        Ok(())
    }

    fn end_line(&mut self) -> Result<(), Failure> {
        if std::mem::take(&mut self.open_line) {
            writeln!(io::stdout())?;
        }
        Ok(())
    }
}
