//! How full the context is, worked out from what the agent still sees.

use super::{Halt, Performer};
use crate::api::Object;
use crate::api::frame::StreamOnly;
use crate::api::session::{ContextUsage, InputTokens, OutputTokens};
use crate::server::store::{events, sessions};

/// Context window of every embedded model, in tokens.
pub(super) const CONTEXT_WINDOW: u64 = 200_000;
/// What instructions and tool descriptions cost before the first event.
const BASE_TOKENS: u64 = 1_200;
/// A common rule of thumb for English and JSON.
pub(super) const BYTES_PER_TOKEN: u64 = 4;

impl Performer {
    /// Reports what the visible events amount to; hiding some lowers the next report.
    pub(super) async fn report_usage(&mut self, output_tokens: u64) -> Result<(), Halt> {
        let session_context_usage = self.measure_usage(output_tokens).await?;
        let created_at = Some(self.host.clock.now());
        self.stream(StreamOnly::ContextConsumed { created_at, session_context_usage });
        Ok(())
    }

    /// Works out the usage and keeps it in the session, without telling the readers.
    pub(super) async fn measure_usage(&mut self, output_tokens: u64) -> Result<ContextUsage, Halt> {
        let (row, of) = (self.vault.row, self.session.clone());
        let usage = self
            .host
            .store
            .write(move |db| {
                let bytes = events::context_bytes(db, row)?;
                let base = sessions::get(db, &of)?.map_or(0, |found| found.context_base);
                let base = u64::try_from(base).unwrap_or(0);
                let input = BASE_TOKENS + base + bytes / BYTES_PER_TOKEN;
                let usage = context_usage(input, output_tokens);
                sessions::set_usage(db, &of, &usage)?;
                Ok(usage)
            })
            .await?;
        self.usage = Some(usage.clone());
        if output_tokens > 0 {
            self.recorder.used(usage.input_tokens.count, output_tokens);
        }
        Ok(usage)
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
