//! `send`, `steer`, `interrupt`, `compact`, `upload`: what is said to an agent, and its reply as
//! it comes.

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use clap::Args;
use serde_json::json;

use super::connect::Context;
use super::exit::{Code, Failure};
use super::output::SCHEMA_VERSION;
use super::progress::{self, Progress};
use super::reply::{Before, follow};
use super::sessions::read_input;
use crate::api::event::InputPart;
use crate::api::input::{Behavior, CompactInput, MessageInput, Since};
use crate::api::{Input, Session, SessionRef, SessionStatus};
use crate::client::{Gate, UploadFile, media_type};
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
    let session = context.session(&arguments.session).await?;
    takes_messages(context, &session).await?;
    let session = session.reference();
    let before = Before::input(context, &session).await;
    say(context, &session, Input::Message(message), arguments.detach, &before).await
}

/// Refuses what the service would refuse, before anything is sent, and says what would help.
pub(super) async fn takes_messages(context: &Context, session: &Session) -> Result<(), Failure> {
    takes_input(context, session)?;
    // What may not leave, or is only shown, is not asked about either.
    if context.client.gate() != Gate::Open || session.status == Some(SessionStatus::Unstarted) {
        return Ok(());
    }
    match waits_for_outputs(context, &session.reference()).await {
        Some(failure) => Err(failure),
        None => Ok(()),
    }
}

fn takes_input(context: &Context, session: &Session) -> Result<(), Failure> {
    if session.enabled || context.client.gate() != Gate::Open {
        return Ok(());
    }
    let name = session.reference();
    Err(Failure::new(
        Code::Conflict,
        format!(
            "{name} is disabled and takes no input, so nothing was sent. `foretop set {name} \
             --enable` changes that"
        ),
    ))
}

/// Why a session takes no message now, where calls wait for their outputs. A session that cannot be
/// asked about may take one: the service says so.
async fn waits_for_outputs(context: &Context, session: &SessionRef) -> Option<Failure> {
    let calls = context.client.outstanding_calls(session).await.ok()?;
    let tools: Vec<&str> = calls.iter().map(|call| &*call.tool_configuration_name).collect();
    let ids: Vec<&str> = calls.iter().map(|call| call.event_id.as_str()).collect();
    let way = match ids[..] {
        [] => return None,
        [one] => format!("`foretop answer {one} -f FILE` gives it"),
        _ => format!("`foretop answer {}`, with -f FILE for each, gives them", ids.join(" ")),
    };
    let text = format!(
        "{session} waits for {} ({}) and takes no message until then, so nothing was sent. {way}, \
         and `foretop pending` shows what is asked",
        units::counted(calls.len(), "tool output"),
        tools.join(", ")
    );
    Some(Failure::new(Code::Conflict, sanitize::one_line(&text)))
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
    let session = context.session(&arguments.send.session).await?;
    takes_messages(context, &session).await?;
    let session = session.reference();
    let newest = context.newest_event(&session).await?;
    message.since = Some(newest.clone().map_or(Since::Start, Since::After));
    let behavior = if arguments.follow_up { Behavior::FollowUp } else { Behavior::Steer };
    message.behavior = Some(behavior);
    let before = Before::Newest(newest);
    say(context, &session, Input::Message(message), arguments.send.detach, &before).await
}

async fn say(
    context: &Context,
    session: &SessionRef,
    input: Input,
    detach: bool,
    before: &Before,
) -> Result<ExitCode, Failure> {
    let reply = context.client.stream_input(session, &input).await;
    let stream = match context.sent(reply) {
        Ok(None) => return Ok(ExitCode::SUCCESS),
        Ok(Some(stream)) => stream,
        Err(failure) if failure.code() == Code::Conflict => {
            // A call may have come up since it was looked at.
            if let Some(waits) = waits_for_outputs(context, session).await {
                return Err(waits);
            }
            let steered = matches!(&input, Input::Message(message) if message.since.is_some());
            let how = "`foretop steer` joins the running turn, `foretop steer --follow-up` waits \
                       for its end";
            return Err(if steered { failure } else { failure.with_advice(how) });
        }
        Err(failure) => return Err(failure),
    };
    if detach {
        // Closing the connection does not stop the turn (contract section 3.2).
        let value = json!({"schema_version": SCHEMA_VERSION, "session": session, "taken": true});
        context.out.value(&value, None::<&str>)?;
        return Ok(ExitCode::SUCCESS);
    }
    follow(context, session, stream, before).await
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
    let session = context.session(&arguments.session).await?;
    let stopped = matches!(session.status, Some(SessionStatus::Stopped | SessionStatus::Unstarted));
    let session = session.reference();
    if stopped && context.client.gate() == Gate::Open {
        return Err(Failure::new(
            Code::Conflict,
            format!("{session} does not run, so there is nothing to interrupt; nothing was sent"),
        ));
    }
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
    let session = context.session(&arguments.session).await?;
    takes_input(context, &session)?;
    let session = session.reference();
    let up_to = match &arguments.up_to {
        Some(event) => Some(context.event(&session, event).await?),
        None => None,
    };
    let input = Input::Compact(CompactInput {
        compact_up_to_event_id: up_to,
        compaction_message: arguments.message.clone(),
    });
    let before = Before::input(context, &session).await;
    say(context, &session, input, false, &before).await
}

#[derive(Debug, Args)]
pub(super) struct UploadArgs {
    /// Key of the session, its beginning, or AGENT/KEY
    session: String,
    /// The files to upload
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
    let session = context.session(&arguments.session).await?;
    takes_messages(context, &session).await?;
    let session = session.reference();
    let mut message = MessageInput::default();
    if let Some(content) = arguments.message.clone() {
        message.messages.push(InputPart::Text { content });
    }
    let before = Before::input(context, &session).await;
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
        Some(stream) => follow(context, &session, stream, &before).await,
    }
}
