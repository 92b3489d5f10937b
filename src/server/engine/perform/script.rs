//! Playing a script: one move after the other, at the pace of the agent.

use std::collections::VecDeque;
use std::time::Duration;

use super::usage::{BYTES_PER_TOKEN, CONTEXT_WINDOW};
use super::{Halt, Outcome, Performer};
use crate::api::EventBody;
use crate::api::event::{
    AgentOutput, ContextLimitExceeded, StepTransitionLimitExceeded, StructuredOutput, Thinking,
};
use crate::api::frame::{StreamOnly, TextChunk};
use crate::api::input::CompactInput;
use crate::server::engine::Cue;
use crate::server::engine::moves::Move;
use crate::server::store::queue::TurnInput;

impl Performer {
    pub(super) async fn perform(&mut self, moves: Vec<Move>) -> Result<Outcome, Halt> {
        let mut rest = VecDeque::from(moves);
        loop {
            self.take_steering(&mut rest).await?;
            let Some(next) = rest.pop_front() else {
                return Ok(Outcome::Done);
            };
            if next.calls_the_model() {
                self.compact_if_due().await?;
                self.recorder.ask(&self.agent.model.name);
            } else if next.acts() {
                self.recorder.answered("tool_calls");
            }
            match next {
                Move::Think { text } => self.think(text).await?,
                Move::Say { text } => self.say(text).await?,
                Move::Structured { schema, content } => {
                    self.last_said = Some(content.clone());
                    let body = StructuredOutput { schema_name: schema, content };
                    let span = self.recorder.begin_part("output");
                    let event = self.store(EventBody::StructuredOutput(body)).await?;
                    self.recorder.said(span, &event, "json");
                    self.recorder.answered("stop");
                    self.report_usage(60).await?;
                }
                Move::Call { calls } => {
                    if self.call(calls, &rest).await? == Outcome::Parked {
                        return Ok(Outcome::Parked);
                    }
                }
                Move::Slow { chunk_ms } => self.chunk = Duration::from_millis(chunk_ms),
                Move::Pause { ms } => self.pause(Duration::from_millis(ms)).await?,
                Move::Tokens { total } => self.declare_usage(total).await?,
                Move::Step { name } => self.step(name).await?,
                Move::SubAgent { agent, text } => Box::pin(self.sub_agent(agent, text)).await?,
                Move::Artifact { filename, mime_type } => {
                    self.make_artifact(filename, mime_type).await?;
                }
                Move::Image { artifact } => self.read_image(artifact).await?,
                Move::Compact { summary } => {
                    self.compact(CompactInput::default(), Some(summary)).await?;
                }
                Move::Fail { message } => {
                    return Err(self.fail("internal", "INTERNAL", &message).await);
                }
                Move::Overflow => {
                    let actual = CONTEXT_WINDOW + CONTEXT_WINDOW / 10;
                    self.declare_usage(CONTEXT_WINDOW - 600).await?;
                    let message = "The request is larger than the context window";
                    self.recorder.fail("context_limit_exceeded", message);
                    self.transient(&EventBody::ContextLimitExceeded(ContextLimitExceeded {
                        message: message.to_owned(),
                        context_limit: Some(CONTEXT_WINDOW),
                        actual_tokens: Some(actual),
                    }))?;
                    return Err(Halt::Ended);
                }
                Move::StepLimit => {
                    let message = "Too many step transitions";
                    self.recorder.fail("step_transition_limit_exceeded", message);
                    let limit = StepTransitionLimitExceeded {
                        message: message.to_owned(),
                        transition_limit: Some(500),
                    };
                    self.transient(&EventBody::StepTransitionLimitExceeded(limit))?;
                    return Err(Halt::Ended);
                }
            }
        }
    }

    /// Messages that were steered into this turn join it here, between two moves.
    async fn take_steering(&self, rest: &mut VecDeque<Move>) -> Result<(), Halt> {
        if self.cancel.is_cancelled() {
            return Err(Halt::Interrupted);
        }
        let Some(steering) = &self.steering else {
            return Ok(());
        };
        for queued in steering.take() {
            let input = queued.input.clone();
            self.store_queued(queued).await?;
            let moves = match &input {
                TurnInput::Message { message: Some(message), .. } => {
                    self.respond(&Cue::Message(&message.to_text()))
                }
                TurnInput::Message { uploads, .. } => self.respond(&Cue::Files(uploads)),
                // Compactions wait for the end of the turn; see `Turns::submit`.
                TurnInput::Compact(_) => Vec::new(),
            };
            for next in moves.into_iter().rev() {
                rest.push_front(next);
            }
        }
        Ok(())
    }

    async fn think(&self, text: String) -> Result<(), Halt> {
        let span = self.recorder.begin_part("thinking");
        for content in chunks(&text) {
            self.pause(self.chunk).await?;
            let created_at = Some(self.host.clock.now());
            self.stream(StreamOnly::Thinking(TextChunk { content, created_at }));
        }
        self.stream(StreamOnly::ThinkingEnd { created_at: Some(self.host.clock.now()) });
        let event = self.store(EventBody::Thinking(Thinking { content: Some(text) })).await?;
        self.recorder.thought(span, &event);
        Ok(())
    }

    /// Streams a text and stores what was streamed, even if an interrupt cuts it.
    async fn say(&mut self, text: String) -> Result<(), Halt> {
        let span = self.recorder.begin_part("output");
        let mut spoken = String::new();
        let mut halt = None;
        for content in chunks(&text) {
            if let Err(cut) = self.pause(self.chunk).await {
                halt = Some(cut);
                break;
            }
            spoken.push_str(&content);
            let created_at = Some(self.host.clock.now());
            self.stream(StreamOnly::AgentText(TextChunk { content, created_at }));
        }
        let tokens = text.len() as u64 / BYTES_PER_TOKEN;
        let mut measured = None;
        if !spoken.is_empty() {
            self.last_said = Some(spoken.as_str().into());
            let body = EventBody::AgentOutput(AgentOutput { content: spoken });
            let event = self.event(&body)?;
            let seq = if halt.is_some() {
                self.append(&event).await?
            } else {
                let (seq, usage) = self.append_measured(&event, tokens).await?;
                measured = Some(usage);
                seq
            };
            self.recorder.said(span, &event, "text");
            self.spoken(seq, event);
        }
        if let Some(halt) = halt {
            return Err(halt);
        }
        self.recorder.answered("stop");
        match measured {
            Some(usage) => self.tell_usage(usage),
            None => self.report_usage(tokens).await?,
        }
        Ok(())
    }
}

/// Pieces of a text as a model streams them: a word with the space before it.
fn chunks(text: &str) -> Vec<String> {
    text.split_inclusive(char::is_whitespace).map(str::to_owned).collect()
}
