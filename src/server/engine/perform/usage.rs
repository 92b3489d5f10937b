//! How full the context is, worked out from what the agent still sees.

use super::{Halt, Performer};
use crate::api::frame::StreamOnly;
use crate::api::session::{ContextUsage, InputTokens, OutputTokens};
use crate::api::{Event, Object, SessionRef};
use crate::server::store::{self, Db, events, sessions};

/// Context window of every embedded model, in tokens.
pub(super) const CONTEXT_WINDOW: u64 = 200_000;
/// What instructions and tool descriptions cost before the first event.
const BASE_TOKENS: u64 = 1_200;
/// A common rule of thumb for English and JSON.
pub(super) const BYTES_PER_TOKEN: u64 = 4;

impl Performer {
    /// Reports what the visible events amount to; hiding some lowers the next report.
    pub(super) async fn report_usage(&mut self, output_tokens: u64) -> Result<(), Halt> {
        let usage = self.measure_usage(output_tokens).await?;
        self.tell_usage(usage);
        Ok(())
    }

    pub(super) fn tell_usage(&self, session_context_usage: ContextUsage) {
        let created_at = Some(self.host.clock.now());
        self.stream(StreamOnly::ContextConsumed { created_at, session_context_usage });
    }

    /// Works out the usage and keeps it in the session, without telling the readers.
    pub(super) async fn measure_usage(&mut self, output_tokens: u64) -> Result<ContextUsage, Halt> {
        if let Some(model) = self.model.clone() {
            return self.keep_estimate(&model).await;
        }
        let (row, of) = (self.vault.row, self.session.clone());
        let usage = self.host.store.write(move |db| measure(db, row, &of, output_tokens)).await?;
        self.note_usage(&usage, output_tokens);
        Ok(usage)
    }

    /// Stores what was said, and the usage with it: one commit for both.
    pub(super) async fn append_measured(
        &mut self,
        event: &Event,
        output_tokens: u64,
    ) -> Result<(i64, ContextUsage), Halt> {
        let (vault, of, event) = (self.vault.clone(), self.session.clone(), event.clone());
        let stored = self.host.store.write(move |db| {
            let seq = events::append(db, &vault, &event)?;
            Ok((seq, measure(db, vault.row, &of, output_tokens)?))
        });
        let (seq, usage) = stored.await?;
        self.note_usage(&usage, output_tokens);
        Ok((seq, usage))
    }

    fn note_usage(&mut self, usage: &ContextUsage, output_tokens: u64) {
        self.usage = Some(usage.clone());
        if output_tokens > 0 {
            self.recorder.used(usage.input_tokens.count, output_tokens);
        }
    }

    /// Makes the usage read `total` from here on, less what is hidden later.
    pub(super) async fn declare_usage(&mut self, total: u64) -> Result<(), Halt> {
        let session = self.vault.row;
        self.host
            .store
            .write(move |db| {
                let own = BASE_TOKENS + events::context_bytes(db, session)? / BYTES_PER_TOKEN;
                let base = i64::try_from(total.saturating_sub(own)).unwrap_or(0);
                sessions::set_context_base(db, session, base)
            })
            .await?;
        self.report_usage(0).await
    }
}

/// Works out the usage and keeps it in the session.
fn measure(db: &Db, row: i64, of: &SessionRef, output_tokens: u64) -> store::Result<ContextUsage> {
    let seen = BASE_TOKENS + events::context_bytes(db, row)? / BYTES_PER_TOKEN;
    let usage = |base| context_usage(seen + u64::try_from(base).unwrap_or(0), output_tokens);
    let kept = sessions::set_usage(db, of, usage)?;
    Ok(kept.unwrap_or_else(|| usage(0)))
}

fn context_usage(input: u64, output: u64) -> ContextUsage {
    ContextUsage {
        input_tokens: InputTokens { count: input, cached_tokens: Some(0), extra: Object::new() },
        output_tokens: OutputTokens {
            count: output,
            reasoning_tokens: Some(0),
            extra: Object::new(),
        },
        total_tokens: input + output,
        model_context_window: CONTEXT_WINDOW,
        extra: Object::new(),
    }
}
