//! A turn of an agent with a model: it is asked, speaks, calls tools, and is asked again, until it has
//! nothing more to call and its step leads nowhere.
//!
//! What it is asked is worked out in [`super::super::dialogue`]; here it is asked, heard and stored. Start
//! with [`Performer::converse`]. The invariant: what a model said is stored before anything follows from
//! it, so that a turn that ends anywhere can be gone on with.

mod answer;
mod calls;
mod question;
mod usage;
mod waits;

use std::sync::Arc;

use answer::Unanswered;
use question::Asked;

use super::{Halt, Outcome, Performer};
use crate::api::event::{ContextLimitExceeded, StepTransitionLimitExceeded, StructuredOutput};
use crate::api::{EventBody, Timestamp};
use crate::server::engine::dialogue::bounds::{self, LoopLimit};
use crate::server::engine::dialogue::instructions::Scene;
use crate::server::engine::dialogue::steps::{self, Said};
use crate::server::engine::dialogue::structured;
use crate::server::models::{Answer, Failure, Message, Model, ModelError, Part, Schema, Stop};
use crate::server::store::sessions;

/// What a turn remembers from one question to the next.
struct Talk {
    began: Timestamp,
    /// A context that is too large is compacted once.
    may_compact: bool,
    /// An answer that did not have its shape, and what the model is told of it. Neither is stored.
    correction: Option<[Message; 2]>,
}

/// What follows a word that calls nothing.
enum Follows {
    /// It does not have its shape: the model is asked again.
    Again,
    Step(String),
    Nothing,
}

impl Performer {
    /// Plays a turn from where its events end.
    pub(super) async fn converse(&mut self, model: &Arc<Model>) -> Result<Outcome, Halt> {
        let began = self.host.clock.now();
        let mut talk = Talk { began, may_compact: true, correction: None };
        loop {
            self.hear().await?;
            self.estimate(model).await?;
            self.compact_if_due().await?;
            self.may_ask().await?;
            let asked = self.prepare(model, &talk).await?;
            let answer = match self.ask(model, &asked).await {
                Ok(answer) => answer,
                Err(Unanswered::Halted(halt)) => return Err(halt),
                Err(Unanswered::Failed { error, began }) => {
                    self.recover(model, &error, began, &mut talk).await?;
                    continue;
                }
            };
            if !answer.calls.is_empty() {
                talk.correction = None;
                let reasoning = answer.reasoning;
                if self.call_tools(answer.calls, reasoning, &asked).await? == Outcome::Parked {
                    return Ok(Outcome::Parked);
                }
                continue;
            }
            let follows = self.last_word(answer, &asked, &mut talk).await?;
            // Whoever steers is heard before the turn is over, or another step begins.
            if matches!(follows, Follows::Again) || self.hear().await? {
                continue;
            }
            match follows {
                Follows::Step(step) => self.go_to(step).await?,
                Follows::Again | Follows::Nothing => return Ok(Outcome::Done),
            }
        }
    }

    /// Messages that were steered into this turn join its history; the next question tells them.
    async fn hear(&mut self) -> Result<bool, Halt> {
        if self.cancel.is_cancelled() {
            return Err(Halt::Interrupted);
        }
        let queued = self.steering.as_ref().map(|steering| steering.take()).unwrap_or_default();
        let heard = !queued.is_empty();
        for one in queued {
            self.store_queued(one).await?;
        }
        Ok(heard)
    }

    /// Whether the bounds of turn and session let the model be asked once more.
    async fn may_ask(&mut self) -> Result<(), Halt> {
        if let Err(met) = self.tally.ask(self.host.models.limits()) {
            return Err(self.stop_loop(met));
        }
        let mut spent = bounds::spent(self.usage.as_ref());
        spent.add(self.bill);
        match bounds::may_spend(spent, self.host.models.limits()) {
            Ok(()) => Ok(()),
            Err(why) => Err(self.fail("actions_limit_reached", "RESOURCE_EXHAUSTED", &why).await),
        }
    }

    /// Ends a turn that looks like a loop.
    fn stop_loop(&mut self, met: LoopLimit) -> Halt {
        self.recorder.fail(met.error_type, &met.message);
        self.failure = Some(met.message.clone());
        let body = EventBody::StepTransitionLimitExceeded(StepTransitionLimitExceeded {
            message: met.message,
            transition_limit: Some(met.limit),
        });
        match self.transient(&body) {
            Ok(()) => Halt::Ended,
            Err(halt) => halt,
        }
    }

    /// A context that is too large is compacted, once; whatever else it was ends the turn.
    async fn recover(
        &mut self,
        model: &Arc<Model>,
        error: &ModelError,
        began: bool,
        talk: &mut Talk,
    ) -> Result<(), Halt> {
        if error.failure != Failure::ContextOverflow {
            let kind = if began { "stream_error" } else { "llm_generation_error" };
            return Err(self.fail(kind, code(error.failure), &error.to_string()).await);
        }
        let mut message = error.to_string();
        if std::mem::take(&mut talk.may_compact) {
            match self.compact_to_fit().await? {
                Ok(()) => return Ok(()),
                Err(why) if why.is_empty() => {}
                Err(why) => message = format!("{message}. To make room was tried, and {why}"),
            }
        }
        self.recorder.fail("context_limit_exceeded", &message);
        self.failure = Some(message.clone());
        self.transient(&EventBody::ContextLimitExceeded(ContextLimitExceeded {
            message,
            context_limit: Some(model.settings().context_window),
            actual_tokens: self.usage.as_ref().map(|usage| usage.total_tokens),
        }))?;
        Err(Halt::Ended)
    }

    /// Takes an answer that calls nothing.
    async fn last_word(
        &mut self,
        answer: Answer,
        asked: &Asked,
        talk: &mut Talk,
    ) -> Result<Follows, Halt> {
        if answer.text.trim().is_empty() {
            let why = silence(&answer);
            let why = format!("{} {why}", self.agent.model.name);
            return Err(self.fail("llm_generation_error", "INTERNAL", &why).await);
        }
        let content = match &asked.schema {
            None => None,
            Some(schema) => match structured::read(&answer.text, schema) {
                Ok(content) => Some(content),
                Err(why) => return self.again(answer.text, schema, &why, talk).await,
            },
        };
        talk.correction = None;
        if let (Some(content), Some(schema)) = (&content, &asked.schema) {
            let body =
                StructuredOutput { schema_name: schema.name.clone(), content: content.clone() };
            let span = self.recorder.begin_part("output");
            let event = self.store(EventBody::StructuredOutput(body)).await?;
            self.recorder.said(span, &event, "json");
            self.last_said = Some(content.clone());
        }
        let said = match &content {
            Some(content) => Said::Structured(content),
            None => Said::Text(&answer.text),
        };
        let scene = Scene { agent: &self.agent, session: &asked.session, now: talk.began };
        let step = self.agent.step(self.step.as_deref());
        let next = step.and_then(|step| steps::next(step, &scene, &asked.events, &said));
        Ok(next.map_or(Follows::Nothing, Follows::Step))
    }

    /// Has a model asked again whose answer does not fit; a second time is the last.
    async fn again(
        &mut self,
        answer: String,
        schema: &Schema,
        why: &str,
        talk: &mut Talk,
    ) -> Result<Follows, Halt> {
        if talk.correction.is_some() {
            let why = format!(
                "the answer of {} does not fit the schema {}, nor did the one before: {why}. Make the \
                 schema simpler, say in the instructions what is wanted, or take a model that keeps \
                 to schemas",
                self.agent.model.name, schema.name
            );
            return Err(self.fail("llm_generation_error", "FAILED_PRECONDITION", &why).await);
        }
        let told = Part::Text(structured::correction(schema, why));
        talk.correction = Some([
            Message::Assistant { text: answer, calls: Vec::new(), reasoning: None },
            Message::User(vec![told]),
        ]);
        Ok(Follows::Again)
    }

    async fn go_to(&mut self, step: String) -> Result<(), Halt> {
        if let Err(met) = self.tally.go_to(&step, self.host.models.limits()) {
            return Err(self.stop_loop(met));
        }
        if self.agent.step(Some(&step)).is_none() {
            let why = format!("the agent has no step {step}, which its step leads to");
            return Err(self.fail("internal", "FAILED_PRECONDITION", &why).await);
        }
        self.step(step).await
    }

    /// Takes the step that the next message is for, where the one that the session rests in says so.
    pub(super) async fn reenter(&mut self) -> Result<(), Halt> {
        if std::mem::take(&mut self.is_new) {
            return Ok(());
        }
        let is_gone = self.agent.step(self.step.as_deref()).is_none();
        let first = || self.agent.first_step_name.clone().filter(|_| is_gone);
        let wanted = steps::reentry(&self.agent, self.step.as_deref()).or_else(first);
        let Some(wanted) = wanted else { return Ok(()) };
        let (of, to) = (self.session.clone(), wanted.clone());
        let set = self.host.store.write(move |db| {
            sessions::update(db, &of, |session| session.current_step_name = Some(to)).map(drop)
        });
        set.await?;
        self.step = Some(wanted);
        self.recorder.enter(&self.current_step());
        Ok(())
    }
}

/// What a model did that ended its answer without a word.
fn silence(answer: &Answer) -> &'static str {
    match answer.stop {
        Stop::Cut => {
            "said nothing before it met the largest number of tokens that it may give. Raise \
             max_tokens among the agent's parameters"
        }
        Stop::Filtered => {
            "said nothing that its provider lets through. Put the message in other words"
        }
        Stop::Finished | Stop::Calls => {
            "ended its answer without a word. Send the message again, or put it in other words"
        }
    }
}

/// How messages of this API begin that tell of such a failure.
pub(super) fn code(failure: Failure) -> &'static str {
    match failure {
        Failure::Unreachable | Failure::Overloaded | Failure::Broken => "UNAVAILABLE",
        Failure::TimedOut => "DEADLINE_EXCEEDED",
        Failure::Refused => "PERMISSION_DENIED",
        Failure::Unknown => "NOT_FOUND",
        Failure::RateLimited | Failure::ContextOverflow | Failure::TooLarge | Failure::Spent => {
            "RESOURCE_EXHAUSTED"
        }
        Failure::Rejected | Failure::Setup => "FAILED_PRECONDITION",
    }
}
