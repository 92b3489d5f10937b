//! Following what comes of an input: printed as it streams, read from what is stored where the stream
//! does not tell.
//!
//! The invariant: only what came after the input is printed, whatever the stream did, and nothing is
//! taken for an answer that is none.

use std::collections::HashSet;
use std::process::ExitCode;
use std::time::Duration;

use serde_json::Value;

use super::connect::Context;
use super::exit::{Code, Failure};
use super::output::{Format, SCHEMA_VERSION};
use super::patience::Patience;
use super::triage::State;
use crate::api::frame::StreamOnly;
use crate::api::odd::readable;
use crate::api::{Event, EventBody, EventId, Frame, SessionRef, SessionStatus, Timestamp};
use crate::client::{ClientError, EventStream};
use crate::text::{json, sanitize};

/// How a session stood before an input was sent to it.
pub(super) enum Before {
    /// Its newest event, if it had any.
    Newest(Option<EventId>),
    /// It could not be asked.
    Unknown,
}

impl Before {
    /// Asks. Where that fails, the input is sent all the same.
    pub(super) async fn input(context: &Context, session: &SessionRef) -> Self {
        if context.global.dry_run {
            return Self::Unknown;
        }
        context.newest_event(session).await.map_or(Self::Unknown, Self::Newest)
    }
}

/// What a reply brought.
#[derive(Default)]
struct Reply {
    events: Vec<Event>,
    errors: Vec<String>,
    /// Something came that is not the input itself.
    came: bool,
    /// Whether text stands on the terminal without a line end.
    open_line: bool,
    spoke: bool,
}

/// Prints a reply as it comes, and says how the turn ended.
pub(super) async fn follow(
    context: &Context,
    session: &SessionRef,
    mut stream: EventStream,
    before: &Before,
) -> Result<ExitCode, Failure> {
    let mut reply = Reply::default();
    while let Some(frame) = stream.next().await {
        match frame {
            Ok(frame) => reply.take(context, frame)?,
            Err(error @ ClientError::BrokenStream { .. }) => {
                reply.end_line(context)?;
                context.out.note(&error.to_string());
                catch_up(context, session, before, &mut reply).await?;
            }
            Err(error) => return Err(error.into()),
        }
    }
    if !reply.came && reply.errors.is_empty() {
        // A stream may end without a word of what is stored.
        catch_up(context, session, before, &mut reply).await?;
    }
    reply.end_line(context)?;
    let now = context.client.get_session(session).await?;
    let looked = context.look_at(now, Timestamp::now()).await;
    if context.out.is(Format::Json) {
        let raw =
            |event: &Event| serde_json::from_str(&readable(event.raw().get())).unwrap_or_default();
        let events: Vec<Value> = reply.events.iter().map(raw).collect();
        let value = serde_json::json!({
            "schema_version": SCHEMA_VERSION, "session": session, "events": events,
            "errors": reply.errors, "state": looked.state(), "waiting": looked.waiting(),
        });
        context.out.value(&value, None::<&str>)?;
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
        None if reply.came || looked.is(State::Parked) => Ok(ExitCode::SUCCESS),
        None => Err(Failure::new(
            Code::Network,
            format!(
                "nothing came of it: the session rests and has stored nothing since. \
                 `foretop events {session} --last 5` shows what came before"
            ),
        )),
    }
}

/// The live reply is gone; the turn is not. What it stores is read until it ends (contract
/// section 5.3).
async fn catch_up(
    context: &Context,
    session: &SessionRef,
    before: &Before,
    reply: &mut Reply,
) -> Result<(), Failure> {
    let mut patience = Patience::new(Duration::from_secs(1));
    let known: HashSet<EventId> = reply.events.iter().filter_map(|e| e.id.clone()).collect();
    loop {
        let asked = async {
            // The state first: what was stored before it said "stopped" is then listed after.
            let state = context.client.get_session(session).await?;
            let newest = context.newest_events(session, 100).await?;
            if let Some(since) = since(&newest, &known, before) {
                return Ok((state, since));
            }
            let all = context.events(session, true).await?;
            let since = since(&all, &known, before).unwrap_or_else(|| match before {
                Before::Newest(None) => behind_input(&all),
                Before::Newest(Some(_)) | Before::Unknown => behind_newest_input(all),
            });
            Ok((state, since))
        };
        if let Some((state, since)) = patience.take(context, asked.await)?
            && state.status != Some(SessionStatus::Running)
        {
            for event in since {
                reply.take_stored(context, event)?;
            }
            return Ok(());
        }
        patience.wait().await;
    }
}

/// What a listing has behind all that came already or, where nothing did, behind the input; `None`
/// where it does not tell where that is.
fn since(listed: &[Event], known: &HashSet<EventId>, before: &Before) -> Option<Vec<Event>> {
    let place = |is: &dyn Fn(&EventId) -> bool| {
        listed.iter().rposition(|event| event.id.as_ref().is_some_and(is))
    };
    if let Some(last) = place(&|id| known.contains(id)) {
        return Some(listed[last + 1..].to_vec());
    }
    match before {
        Before::Newest(Some(newest)) => {
            place(&|id| id == newest).map(|at| behind_input(&listed[at + 1..]))
        }
        // All of it may be newer; a page may not be all.
        Before::Newest(None) | Before::Unknown => None,
    }
}

fn is_message(event: &Event) -> bool {
    matches!(&*event.body, EventBody::InputMessage(_) | EventBody::ArtifactUpload(_))
}

/// A message, or an answer: outputs of the agent's own tools never come before their calls.
fn is_input(event: &Event) -> bool {
    is_message(event) || matches!(&*event.body, EventBody::ToolOutput(_))
}

/// The input is what was stored first.
fn behind_input(events: &[Event]) -> Vec<Event> {
    let own = events.iter().take_while(|event| is_input(event)).count();
    events[own..].to_vec()
}

/// Where nothing else tells, the newest input is taken for the one that was sent.
fn behind_newest_input(mut events: Vec<Event>) -> Vec<Event> {
    let input = events.iter().rposition(is_message);
    events.drain(..input.map_or(0, |at| at + 1));
    events
}

impl Reply {
    fn take(&mut self, context: &Context, frame: Frame) -> Result<(), Failure> {
        if context.out.is(Format::Jsonl) {
            let line = match &frame {
                Frame::Event(event) => event.raw().get().to_owned(),
                Frame::Only(only) => serde_json::to_string(only).unwrap_or_default(),
            };
            context.out.json_line(&line)?;
        }
        match frame {
            Frame::Only(StreamOnly::AgentText(chunk)) => {
                (self.spoke, self.came) = (true, true);
                self.print(context, &chunk.content)
            }
            Frame::Only(StreamOnly::AgentTextEnd { .. }) => self.end_line(context),
            Frame::Only(StreamOnly::Error { messages, .. }) => {
                self.errors.push(messages.join("; "));
                Ok(())
            }
            Frame::Only(_) => Ok(()),
            Frame::Event(event) => {
                self.came |= !is_input(&event);
                match &*event.body {
                    EventBody::AgentOutput(output) if !self.spoke => {
                        let text = format!("{}\n", output.content);
                        self.print(context, &text)?;
                    }
                    EventBody::StructuredOutput(output) => {
                        let said = json::inert(&output.content.to_string()).into_owned();
                        self.print(context, &format!("{said}\n"))?;
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

    /// Text is data, with lines of its own.
    fn print(&mut self, context: &Context, text: &str) -> Result<(), Failure> {
        if context.out.is_for_programs() || text.is_empty() {
            return Ok(());
        }
        context.out.stdout.data(text)?;
        self.open_line = !text.ends_with('\n');
        Ok(())
    }

    fn end_line(&mut self, context: &Context) -> Result<(), Failure> {
        if std::mem::take(&mut self.open_line) {
            context.out.stdout.data("\n")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(id: &str, kind: &str) -> Event {
        serde_json::from_str(&format!(
            r#"{{"id":"{id}","type":"{kind}","content":"x","messages":[]}}"#
        ))
        .unwrap()
    }

    fn names(events: Option<Vec<Event>>) -> Option<Vec<String>> {
        let id = |event: Event| event.id.unwrap().to_string();
        events.map(|events| events.into_iter().map(id).collect())
    }

    #[test]
    fn only_what_came_after_the_input_counts() {
        let listed = [
            event("old", "agent_output"),
            event("before", "agent_output"),
            event("own", "input_message"),
            event("one", "thinking"),
            event("two", "agent_output"),
        ];
        let newest = |id: &str| Before::Newest(Some(EventId::from(id)));
        let known = |ids: &[&str]| ids.iter().map(|id| EventId::from(*id)).collect();
        let told = |ids: &[&str], before| names(since(&listed, &known(ids), &before));
        let both = ["one", "two"].map(str::to_owned).to_vec();
        assert_eq!(told(&[], newest("before")), Some(both.clone()));
        assert_eq!(told(&["one"], newest("before")), Some(both[1..].to_vec()));
        assert_eq!(told(&["own", "one", "two"], newest("before")), Some(Vec::new()));
        assert_eq!(told(&[], newest("deleted")), None);
        assert_eq!(told(&[], Before::Newest(None)), None);
        assert_eq!(names(Some(behind_newest_input(listed.to_vec()))), Some(both));
    }
}
