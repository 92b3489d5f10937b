//! One input under way: the request, the frames of its reply, and the search for a message of
//! which nobody knows whether it arrived.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::task::AbortHandle;
use tokio::time::{self, Instant};
use tokio_util::sync::CancellationToken;

use super::execute::problem;
use super::files;
use super::inbox::{self, Arrival, Sender};
use crate::api::event::InputMessage;
use crate::api::input::{MessageInput, Since};
use crate::api::{Event, EventBody, Input, SessionRef, SessionStatus};
use crate::app::Msg;
use crate::app::effect::InputKind;
use crate::app::msg::{Problem, ServiceMsg, StreamMsg};
use crate::client::{Client, ClientError, Direction, EventQuery, EventStream, oldest_first};
use crate::view::pane::composer::Attachment;

/// How often and how long a doubtful message is looked for (contract section 5.3).
const LOOK_EVERY: Duration = Duration::from_secs(2);
const LOOK_FOR: Duration = Duration::from_secs(90);
/// How often it is told how much of an upload has left.
const TELL_EVERY: Duration = Duration::from_millis(100);

pub(super) struct InputStream {
    pub(super) client: Client,
    pub(super) inbox: Sender,
    pub(super) session: SessionRef,
    /// The stream that this one replaces, once the service has taken the input.
    pub(super) before: Option<AbortHandle>,
    pub(super) quitting: CancellationToken,
}

/// What one look at the events has shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Arrived,
    /// Not there, and the session is doing something: the message may be waiting in its queue.
    Running,
    /// Not there, and nothing goes on.
    Resting,
}

fn unread(text: String) -> Problem {
    let (details, request_id, may_have_happened, status) = (Vec::new(), None, false, None);
    Problem { text, details, request_id, may_have_happened, status }
}

impl InputStream {
    /// The request itself is never given up; what follows it ends when the program does.
    pub(super) async fn run(self, input: Input, purpose: InputKind) {
        let session = self.session.clone();
        match self.client.stream_input(&session, &input).await {
            Ok(stream) => self.follow(stream, purpose).await,
            Err(error) => self.failed(&input, purpose, problem(&error)).await,
        }
    }

    /// The same with files, which are read now. How much of them has left is told meanwhile.
    pub(super) async fn upload(self, message: MessageInput, files: Vec<Attachment>) {
        let (session, purpose) = (self.session.clone(), InputKind::Message);
        let load = move || files.iter().map(files::load).collect::<Result<Vec<_>, _>>();
        let loaded = tokio::task::spawn_blocking(load).await;
        let files = match loaded.unwrap_or_else(|error| Err(error.to_string())) {
            Ok(files) => files,
            Err(why) => {
                let problem = unread(why);
                return self
                    .tell(Msg::Stream(StreamMsg::InputRefused { session, purpose, problem }))
                    .await;
            }
        };
        let total: u64 = files.iter().map(|file| file.bytes.len() as u64).sum();
        let sent = Arc::new(AtomicU64::new(0));
        let client = self.client.clone();
        let reply = {
            let upload = client.upload_counted(&session, files, message.clone(), Arc::clone(&sent));
            tokio::pin!(upload);
            let mut told = 0;
            loop {
                tokio::select! {
                    reply = &mut upload => break reply,
                    () = time::sleep(TELL_EVERY) => {
                        let done = sent.load(Ordering::Relaxed);
                        if done != told {
                            told = done;
                            let session = session.clone();
                            self.tell(Msg::Service(ServiceMsg::UploadProgress { session, done, total })).await;
                        }
                    }
                }
            }
        };
        match reply {
            Ok(stream) => self.follow(stream, purpose).await,
            // Without words there is nothing to look for among the events.
            Err(error) if message.messages.is_empty() => {
                let problem = problem(&error);
                self.tell(Msg::Stream(StreamMsg::InputRefused { session, purpose, problem })).await;
            }
            Err(error) => self.failed(&Input::Message(message), purpose, problem(&error)).await,
        }
    }

    async fn follow(self, mut stream: EventStream, purpose: InputKind) {
        let session = self.session.clone();
        // Both would bring the same text; the newer one replays what was missed.
        if let Some(before) = &self.before {
            before.abort();
        }
        self.tell(Msg::Stream(StreamMsg::InputTaken { session: session.clone(), purpose })).await;
        let end = tokio::select! {
            end = inbox::forward(&mut stream, &session, &self.inbox) => end,
            () = self.quitting.cancelled() => return,
        };
        let problem = end.err().map(|error| problem(&error));
        self.tell(Msg::Stream(StreamMsg::StreamEnded { session, problem })).await;
    }

    async fn failed(&self, input: &Input, purpose: InputKind, mut problem: Problem) {
        let session = self.session.clone();
        if let (Input::Message(message), true) = (input, problem.may_have_happened) {
            let doubtful = Msg::Stream(StreamMsg::InputDoubtful {
                session: session.clone(),
                problem: problem.clone(),
            });
            self.tell(doubtful).await;
            let seen = tokio::select! {
                seen = look_for(|| self.look(message)) => seen,
                () = self.quitting.cancelled() => return,
            };
            match seen {
                Some(Fate::Arrived) => {
                    return self.tell(Msg::Stream(StreamMsg::InputFound { session })).await;
                }
                Some(Fate::Resting) => {
                    problem.may_have_happened = false;
                    // What was said about the broken connection is settled with this.
                    "The message did not arrive; it is in the composer again: send it once more."
                        .clone_into(&mut problem.text);
                }
                // Nobody can tell, and the problem says so.
                Some(Fate::Running) | None => {}
            }
        }
        self.tell(Msg::Stream(StreamMsg::InputRefused { session, purpose, problem })).await;
    }

    async fn look(&self, message: &MessageInput) -> Result<Fate, ClientError> {
        // First the status: a message that arrives in between is then in the list.
        let state = self.client.get_session(&self.session).await?;
        let query = EventQuery { include_hidden: true, limit: Some(100), page_key: None };
        let page = self.client.list_events(&self.session, &query).await?;
        let events = oldest_first(page.items, &mut Direction::default());
        let running = state.status.as_ref().is_some_and(|status| *status == SessionStatus::Running);
        Ok(match (has_arrived(&events, message), running) {
            (true, _) => Fate::Arrived,
            (false, true) => Fate::Running,
            (false, false) => Fate::Resting,
        })
    }

    async fn tell(&self, msg: Msg) {
        // Without a loop there is nobody left to tell.
        let _ = self.inbox.send(Arrival::Msg(msg)).await;
    }
}

/// Whether a message with the same words was stored after the event that was the newest when ours
/// was written.
fn has_arrived(events: &[Event], message: &MessageInput) -> bool {
    let after = match &message.since {
        Some(Since::After(cursor)) => {
            let place = events.iter().position(|event| event.id.as_ref() == Some(cursor));
            place.map_or(0, |place| place + 1)
        }
        _ => 0,
    };
    let ours = InputMessage { messages: message.messages.clone(), message_diffs: Vec::new() };
    events[after..].iter().any(|event| match &*event.body {
        EventBody::InputMessage(found) => found.to_text().trim() == ours.to_text().trim(),
        _ => false,
    })
}

/// Looks until the message is found, time is up, or looking is refused: what was seen last, if
/// anything. An outage is waited out.
async fn look_for<Seen>(look: impl Fn() -> Seen) -> Option<Fate>
where
    Seen: Future<Output = Result<Fate, ClientError>>,
{
    let end = Instant::now() + LOOK_FOR;
    loop {
        let seen = look().await;
        let over = Instant::now() >= end;
        match seen {
            Ok(Fate::Arrived) => return Some(Fate::Arrived),
            Ok(seen) if over => return Some(seen),
            Err(error) if over || !error.is_outage() => return None,
            Ok(_) | Err(_) => time::sleep(LOOK_EVERY).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::event::InputPart;
    use std::cell::Cell;

    fn event(id: &str, kind: &str, text: &str) -> Event {
        let json = serde_json::json!({"id": id, "type": kind, "content": text,
            "messages": [{"type": "text", "content": text}]});
        serde_json::from_str(&json.to_string()).unwrap()
    }

    fn message(since: Option<Since>) -> MessageInput {
        let messages = vec![InputPart::Text { content: "again".to_owned() }];
        MessageInput { messages, since, behavior: None }
    }

    #[test]
    fn only_the_same_words_after_the_cursor_count() {
        let old = event("aev_1", "input_message", "again");
        let said = event("aev_2", "agent_output", "again");
        let since = || Some(Since::After("aev_2".into()));
        assert!(!has_arrived(&[old.clone(), said.clone()], &message(since())));
        let ours = event("aev_3", "input_message", "again\n");
        assert!(has_arrived(&[old.clone(), said.clone(), ours.clone()], &message(since())));
        assert!(has_arrived(&[ours], &message(since())), "the cursor lies further back");
        assert!(has_arrived(&[old], &message(None)));
        assert!(!has_arrived(&[said], &message(Some(Since::Start))));
    }

    #[tokio::test(start_paused = true)]
    async fn a_message_is_looked_for_as_long_as_the_contract_says() {
        let looks = &Cell::new(0);
        let outage = || ClientError::Unreachable { base: String::new(), why: String::new() };
        let seen = look_for(|| async {
            looks.set(looks.get() + 1);
            match looks.get() {
                1 => Err(outage()),
                2 | 3 => Ok(Fate::Resting),
                _ => Ok(Fate::Arrived),
            }
        });
        assert_eq!((seen.await, looks.get()), (Some(Fate::Arrived), 4));

        looks.set(0);
        let begun = Instant::now();
        let seen = look_for(|| async {
            looks.set(looks.get() + 1);
            Ok(Fate::Resting)
        });
        assert_eq!((seen.await, looks.get()), (Some(Fate::Resting), 46));
        assert_eq!(begun.elapsed(), LOOK_FOR);

        let refused = ClientError::BadKey;
        assert_eq!(look_for(|| async { Err(refused.clone()) }).await, None);
    }
}
