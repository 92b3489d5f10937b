//! Asking, and telling the readers what comes back while it comes.

use std::sync::Arc;

use serde_json::json;

use super::question::Asked;
use crate::api::event::{AgentOutput, Thinking};
use crate::api::frame::{StreamOnly, TextChunk};
use crate::api::{Event, EventBody, Timestamp};
use crate::server::engine::dialogue::retries::Retries;
use crate::server::engine::perform::{Halt, Performer};
use crate::server::engine::recorder::SpanNumber;
use crate::server::models::{Answer, Model, ModelError, Piece};

/// Why there is no whole answer.
pub(super) enum Unanswered {
    Halted(Halt),
    /// `began`: some of it was streamed. What was said is stored.
    Failed {
        error: ModelError,
        began: bool,
    },
}

impl From<Halt> for Unanswered {
    fn from(halt: Halt) -> Self {
        Self::Halted(halt)
    }
}

/// What is being streamed of an answer.
#[derive(Default)]
struct Voice {
    thought: Option<Speech>,
    text: Option<Speech>,
    /// Blanks that are told once a word follows.
    blank: String,
    began: bool,
}

struct Speech {
    span: SpanNumber,
    text: String,
}

impl Performer {
    /// Asks the model, again where the agent's configuration wants that and nothing was heard yet.
    pub(super) async fn ask(
        &mut self,
        model: &Arc<Model>,
        asked: &Asked,
    ) -> Result<Answer, Unanswered> {
        let mut retries = Retries::of(&self.agent);
        self.recorder.ask(&self.agent.model.name);
        let parameters = &asked.question.parameters;
        self.recorder.note(json!({
            "provider_name": model.settings().kind.word(),
            "temperature": parameters.get("temperature"), "max_tokens": parameters.get("max_tokens"),
        }));
        let mut repeated = 0;
        loop {
            let (error, began) = match self.listen(model, asked, repeated).await {
                Err(Unanswered::Failed { error, began }) => (error, began),
                other => return other,
            };
            let wait = if began { None } else { retries.after(&error) };
            let Some(wait) = wait else {
                self.recorder.unanswered(error.error_type(), &error.to_string());
                return Err(Unanswered::Failed { error, began });
            };
            repeated += 1;
            self.recorder.note(json!({ "retries": repeated, "retried_for": error.error_type() }));
            tracing::info!(session = %self.session, %error, ?wait, "a model is asked again");
            self.pause(wait).await?;
        }
    }

    /// One try.
    async fn listen(
        &mut self,
        model: &Arc<Model>,
        asked: &Asked,
        retries: u64,
    ) -> Result<Answer, Unanswered> {
        // A shape is told once it is whole.
        let is_quiet = asked.schema.is_some();
        let (cancel, since) = (self.cancel.clone(), self.host.clock.now());
        let mut voice = Voice::default();
        self.thoughts.clear();
        let mut question = asked.question.clone();
        question.asker.retries = retries;
        let mut reply = tokio::select! {
            biased;
            () = cancel.cancelled() => return Err(Halt::Interrupted.into()),
            reply = model.ask(question) => {
                reply.map_err(|error| Unanswered::Failed { error, began: false })?
            }
        };
        loop {
            let piece = tokio::select! {
                biased;
                () = cancel.cancelled() => {
                    // Which ends the request.
                    drop(reply);
                    self.break_off(&mut voice).await?;
                    return Err(Halt::Interrupted.into());
                }
                piece = reply.next() => piece,
            };
            match piece {
                Some(Ok(Piece::Thought(text))) => {
                    self.first_token(&mut voice, since);
                    self.thinks(&mut voice, text).await?;
                }
                Some(Ok(Piece::Text(text))) => {
                    self.first_token(&mut voice, since);
                    if !is_quiet {
                        self.speaks(&mut voice, text).await?;
                    }
                }
                Some(Ok(Piece::Done(answer))) => {
                    if is_quiet && !answer.calls.is_empty() {
                        self.speaks(&mut voice, answer.text.clone()).await?;
                    }
                    self.conclude_answer(model, &mut voice, &answer).await?;
                    return Ok(*answer);
                }
                Some(Err(error)) => {
                    drop(reply);
                    self.break_off(&mut voice).await?;
                    return Err(Unanswered::Failed { error, began: voice.began });
                }
                None => {
                    self.break_off(&mut voice).await?;
                    let why = "the answer of the model has no end";
                    return Err(self.fail("stream_error", "INTERNAL", why).await.into());
                }
            }
        }
    }

    fn first_token(&self, voice: &mut Voice, since: Timestamp) {
        if !std::mem::replace(&mut voice.began, true) {
            let waited = self.host.clock.now().as_millisecond() - since.as_millisecond();
            self.recorder.note(json!({ "time_to_first_token_ms": waited.max(0) }));
        }
    }

    async fn thinks(&mut self, voice: &mut Voice, piece: String) -> Result<(), Halt> {
        self.end_text(voice).await?;
        let Some(content) = held(&mut voice.blank, voice.thought.is_some(), piece) else {
            return Ok(());
        };
        let begin = || Speech { span: self.recorder.begin_part("thinking"), text: String::new() };
        voice.thought.get_or_insert_with(begin).text.push_str(&content);
        let created_at = Some(self.host.clock.now());
        self.stream(StreamOnly::Thinking(TextChunk { content, created_at }));
        Ok(())
    }

    async fn speaks(&mut self, voice: &mut Voice, piece: String) -> Result<(), Halt> {
        self.end_thought(voice).await?;
        let Some(content) = held(&mut voice.blank, voice.text.is_some(), piece) else {
            return Ok(());
        };
        let begin = || Speech { span: self.recorder.begin_part("output"), text: String::new() };
        voice.text.get_or_insert_with(begin).text.push_str(&content);
        let created_at = Some(self.host.clock.now());
        self.stream(StreamOnly::AgentText(TextChunk { content, created_at }));
        Ok(())
    }

    async fn end_thought(&mut self, voice: &mut Voice) -> Result<(), Halt> {
        let Some(Speech { span, text }) = voice.thought.take() else { return Ok(()) };
        voice.blank.clear();
        self.stream(StreamOnly::ThinkingEnd { created_at: Some(self.host.clock.now()) });
        let event = self.store(EventBody::Thinking(Thinking { content: Some(text) })).await?;
        self.thoughts.extend(event.id.clone());
        self.recorder.thought(span, &event);
        Ok(())
    }

    /// What was said so far is all of it.
    async fn end_text(&mut self, voice: &mut Voice) -> Result<(), Halt> {
        if let Some((span, event)) = self.said(voice)? {
            let seq = self.append(&event).await?;
            self.recorder.said(span, &event, "text");
            self.spoken(seq, event);
        }
        Ok(())
    }

    /// The event that a text becomes.
    fn said(&mut self, voice: &mut Voice) -> Result<Option<(SpanNumber, Event)>, Halt> {
        let Some(Speech { span, text }) = voice.text.take() else { return Ok(None) };
        voice.blank.clear();
        self.last_said = Some(text.as_str().into());
        let event = self.event(&EventBody::AgentOutput(AgentOutput { content: text }))?;
        Ok(Some((span, event)))
    }

    /// Stores what was said of an answer that comes to no end.
    async fn break_off(&mut self, voice: &mut Voice) -> Result<(), Halt> {
        self.end_thought(voice).await?;
        self.end_text(voice).await
    }

    /// Stores the end of an answer with what it took: one commit for both.
    async fn conclude_answer(
        &mut self,
        model: &Arc<Model>,
        voice: &mut Voice,
        answer: &Answer,
    ) -> Result<(), Halt> {
        self.end_thought(voice).await?;
        let said = self.said(voice)?;
        let event = said.as_ref().map(|(_, event)| event);
        let (seq, usage) = self.book(model, event, answer.used).await?;
        if let (Some((span, event)), Some(seq)) = (said, seq) {
            self.recorder.said(span, &event, "text");
            self.spoken(seq, event);
        }
        self.recorder.note(json!({ "cache_read_input_tokens": answer.used.cached }));
        self.recorder.answered(answer.stop.word());
        self.tell_usage(usage);
        Ok(())
    }
}

/// What is told of a piece: blanks wait for a word, and where none comes nothing was said.
fn held(blank: &mut String, has_begun: bool, piece: String) -> Option<String> {
    if has_begun {
        return Some(piece);
    }
    if piece.trim().is_empty() {
        blank.push_str(&piece);
        return None;
    }
    Some(std::mem::take(blank) + &piece)
}
