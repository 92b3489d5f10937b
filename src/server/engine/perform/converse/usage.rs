//! What the context holds and what the session has spent: the provider's numbers where it gave them, and
//! an estimate from what was added or hidden since.

use std::sync::Arc;

use crate::api::Event;
use crate::api::session::ContextUsage;
use crate::server::engine::dialogue::bounds::{self, Bill};
use crate::server::engine::perform::usage::BYTES_PER_TOKEN;
use crate::server::engine::perform::{Halt, Performer};
use crate::server::models::{Model, Used};
use crate::server::store::{self, Db, StoreError, events, sessions};

/// Tokens of what the agent sees, as far as their number follows from bytes.
fn seen(db: &Db, row: i64) -> store::Result<i64> {
    Ok(i64::try_from(events::context_bytes(db, row)? / BYTES_PER_TOKEN).unwrap_or(i64::MAX))
}

impl Performer {
    /// Works out how full the context is by now; keeps and tells nothing.
    pub(super) async fn estimate(&mut self, model: &Arc<Model>) -> Result<(), Halt> {
        let (row, of) = (self.vault.row, self.session.clone());
        let (tokens, before) = self
            .host
            .store
            .read(move |db| {
                let stored = sessions::get(db, &of)?.ok_or(StoreError::Deleted)?;
                let tokens = seen(db, row)?.saturating_add(stored.context_base);
                Ok((tokens, stored.session.session_context_usage))
            })
            .await?;
        let tokens = u64::try_from(tokens).unwrap_or(0);
        let usage = bounds::estimated(model.settings(), tokens, before.as_ref(), Bill::default());
        self.usage = Some(usage);
        Ok(())
    }

    /// The same, kept in the session, with what was spent and not booked yet.
    pub(in crate::server::engine::perform) async fn keep_estimate(
        &mut self,
        model: &Arc<Model>,
    ) -> Result<ContextUsage, Halt> {
        let (row, of, model) = (self.vault.row, self.session.clone(), Arc::clone(model));
        let bill = std::mem::take(&mut self.bill);
        let kept = self.host.store.write(move |db| {
            let Some(stored) = sessions::get(db, &of)? else { return Ok(None) };
            let tokens = seen(db, row)?.saturating_add(stored.context_base);
            let tokens = u64::try_from(tokens).unwrap_or(0);
            sessions::change_usage(db, &of, |before| {
                bounds::estimated(model.settings(), tokens, before, bill)
            })
        });
        let usage = kept.await?.ok_or(StoreError::Deleted)?;
        self.usage = Some(usage.clone());
        Ok(usage)
    }

    /// Notes what was spent; it is booked with the next usage that is kept.
    pub(in crate::server::engine::perform) fn spend(&mut self, bill: Bill) {
        self.bill.add(bill);
        self.spent.add(bill);
    }

    /// Keeps what a call of the model came to, and what it said, in one commit. From here on the context
    /// is estimated from the provider's number.
    pub(super) async fn book(
        &mut self,
        model: &Arc<Model>,
        said: Option<&Event>,
        used: Used,
    ) -> Result<(Option<i64>, ContextUsage), Halt> {
        self.spend(Bill::of(model.settings(), &used));
        let bill = std::mem::take(&mut self.bill);
        let (vault, of, model) = (self.vault.clone(), self.session.clone(), Arc::clone(model));
        let said = said.cloned();
        let stored = self.host.store.write(move |db| {
            let seq = said.map(|event| events::append(db, &vault, &event)).transpose()?;
            let total = used.input.saturating_add(used.output);
            let total = i64::try_from(total).unwrap_or(i64::MAX);
            sessions::set_context_base(db, vault.row, total.saturating_sub(seen(db, vault.row)?))?;
            let usage = sessions::change_usage(db, &of, |before| {
                bounds::reported(model.settings(), &used, before, bill)
            })?;
            Ok((seq, usage))
        });
        let (seq, usage) = stored.await?;
        let usage = usage.ok_or(StoreError::Deleted)?;
        self.usage = Some(usage.clone());
        self.recorder.used(used.input, used.output);
        Ok((seq, usage))
    }
}
