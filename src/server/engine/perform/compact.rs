//! Compacting while a turn runs, on request, as scripted, or because the context is nearly full.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::converse::code;
use super::{Halt, Performer};
use crate::api::input::CompactInput;
use crate::api::session::ContextUsage;
use crate::api::{Event, EventBody};
use crate::server::engine::History;
use crate::server::engine::compaction::{compaction, history, last_to_compact};
use crate::server::engine::dialogue::bounds::Bill;
use crate::server::engine::dialogue::retries::Retries;
use crate::server::engine::dialogue::summaries;
use crate::server::engine::recorder::SpanNumber;
use crate::server::models::Model;
use crate::server::store::{events, sessions};

/// What a compaction came to.
enum Compacted {
    Done,
    /// There was nothing to go.
    Nothing,
    /// There is no summary, so nothing was hidden: how its error begins, and why.
    Not(&'static str, String),
}

/// How long a model takes to sum up, as far as a rehearsal goes.
const SUMMARY_TIME: Duration = Duration::from_millis(400);

impl Performer {
    /// Before a model call: compacts once the context is as full as the settings allow. That it cannot is
    /// told, and tried no more in this turn, which goes on for as long as the context fits.
    pub(super) async fn compact_if_due(&mut self) -> Result<(), Halt> {
        let percent = self.usage.as_ref().and_then(ContextUsage::percent);
        let is_due = percent.is_some_and(|percent| percent >= self.compaction.threshold_percent);
        if !self.compaction.enabled || !is_due || self.not_compacted.is_some() {
            return Ok(());
        }
        if let Compacted::Not(code, why) =
            self.try_to_compact(CompactInput::default(), None).await?
        {
            self.tell_error(format!("{code}: {why}. The turn goes on without that")).await?;
            self.not_compacted = Some(why);
        }
        Ok(())
    }

    /// The same because the context no longer fits. `Err`: why not, or nothing where there is nothing to go.
    pub(super) async fn compact_to_fit(&mut self) -> Result<Result<(), String>, Halt> {
        if let Some(why) = self.not_compacted.clone() {
            return Ok(Err(why));
        }
        Ok(match self.try_to_compact(CompactInput::default(), None).await? {
            Compacted::Done => Ok(()),
            Compacted::Nothing => Err(String::new()),
            Compacted::Not(_, why) => {
                self.not_compacted = Some(why.clone());
                Err(why)
            }
        })
    }

    /// Hides what is to go behind a summary of it, which is all that the turn is for.
    pub(super) async fn compact(
        &mut self,
        request: CompactInput,
        summary: Option<String>,
    ) -> Result<(), Halt> {
        match self.try_to_compact(request, summary).await? {
            Compacted::Done | Compacted::Nothing => Ok(()),
            Compacted::Not(code, why) => Err(self.fail("llm_generation_error", code, &why).await),
        }
    }

    async fn try_to_compact(
        &mut self,
        request: CompactInput,
        summary: Option<String>,
    ) -> Result<Compacted, Halt> {
        let keep = self.compaction.keep_recent_inputs;
        let (row, wanted) = (self.vault.row, request.clone());
        let last = self.host.store.read(move |db| last_to_compact(db, row, &wanted, keep)).await?;
        let Some(last) = last else {
            return Ok(Compacted::Nothing);
        };
        let span = self.recorder.begin("compaction", Value::Null);
        self.transient(&EventBody::CompactionStarted {})?;
        let summary = match (summary, self.model.clone()) {
            (Some(summary), _) => summary,
            (None, Some(model)) => match self.summarise_with(&model, last, &request, span).await? {
                Ok(summary) => summary,
                Err((code, why)) => return Ok(Compacted::Not(code, why)),
            },
            (None, None) => {
                self.pause(SUMMARY_TIME).await?;
                self.summarise(last, &request).await?
            }
        };
        let (vault, key) = (self.vault.clone(), self.session.key.clone());
        let (id, now) = (self.host.ids.event(), self.host.clock.now());
        let (seq, event, gone) = self
            .host
            .store
            .write(move |db| {
                let gone = events::compact(db, vault.row, last)?;
                let body = compaction(&id, gone, summary);
                let event = Event::new(id, key, now, &body)?;
                let seq = events::append(db, &vault, &event)?;
                // What `/tokens` declared was about the events that are gone now.
                sessions::set_context_base(db, vault.row, 0)?;
                Ok((seq, event, gone))
            })
            .await?;
        let attributes = json!({
            "turns_compacted": gone.turns, "events_compacted": gone.events,
        });
        self.recorder.came_to(span, &event, attributes);
        self.show(seq, event);
        self.measure_usage(0).await?;
        Ok(Compacted::Done)
    }

    /// Has the model sum up what is to go; how an error begins and why, where it cannot.
    async fn summarise_with(
        &mut self,
        model: &Arc<Model>,
        last: i64,
        request: &CompactInput,
        span: SpanNumber,
    ) -> Result<Result<String, (&'static str, String)>, Halt> {
        let (vault, policy) = (self.vault.clone(), self.compaction.tool_event_policy);
        let (count, events) =
            self.host.store.read(move |db| history(db, &vault, last, policy)).await?;
        let replaced = request.compaction_message.as_deref();
        let own = self.compaction.compaction_message.as_deref();
        let history =
            History { events: &events, count, instructions: own.filter(|_| replaced.is_none()) };
        let question =
            summaries::question(&history, replaced, model.settings().context_window, &self.session);
        let mut retries = Retries::of(&self.agent);
        loop {
            let asked = tokio::select! {
                biased;
                () = self.cancel.cancelled() => return Err(Halt::Interrupted),
                asked = summaries::ask(model, question.clone()) => asked,
            };
            match asked {
                Ok((summary, used)) if !summary.is_empty() => {
                    self.recorder.took(span, used.input, used.output);
                    self.spend(Bill::of(model.settings(), &used));
                    return Ok(Ok(summary));
                }
                Ok(_) => {
                    let why = format!(
                        "{} summed up nothing, so nothing was compacted. Try again, or say in the \
                         compaction message what matters",
                        self.agent.model.name
                    );
                    return Ok(Err(("INTERNAL", why)));
                }
                Err(error) => {
                    let Some(wait) = retries.after(&error) else {
                        let why = format!("nothing was compacted: {error}");
                        return Ok(Err((code(error.failure), why)));
                    };
                    self.pause(wait).await?;
                }
            }
        }
    }

    async fn summarise(&self, last: i64, request: &CompactInput) -> Result<String, Halt> {
        let (vault, policy) = (self.vault.clone(), self.compaction.tool_event_policy);
        let (count, events) =
            self.host.store.read(move |db| history(db, &vault, last, policy)).await?;
        let own = request.compaction_message.as_deref();
        let instructions = own.or(self.compaction.compaction_message.as_deref());
        let history = History { events: &events, count, instructions };
        Ok(self.host.engine(&self.agent).summarise(&history))
    }
}
