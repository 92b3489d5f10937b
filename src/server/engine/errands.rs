//! Telling a session what came of its sub-agent, where the turn that asked is gone: a restart came between.
//!
//! Start with [`Turns::report`]. The invariant: the output of the call and the end of the errand are one
//! write, so that a parent is told once.

use std::pin::Pin;

use serde_json::Value;

use super::dialogue::bounds::Tally;
use super::perform::Performer;
use super::perform::sub_agent::answered;
use super::turns::{Begun, Start, Turns};
use crate::api::event::ToolOutput;
use crate::api::{EventBody, SessionKey, SessionRef};
use crate::server::error::ApiResult;
use crate::server::store::errands::{self, Errand};
use crate::server::store::seal::Vault;
use crate::server::store::{events, pending};

/// What a sub-agent came to.
struct Outcome {
    child: i64,
    key: SessionKey,
    said: Option<Value>,
    failure: Option<String>,
}

impl Turns {
    /// A turn is over that went on with a client's answers: if the session worked for another one, that one
    /// goes on, too.
    pub(super) async fn report(&self, performer: &Performer, vault: &Vault) {
        let child = vault.clone();
        let found = match self.host.store.read(move |db| errands::of(db, &child)).await {
            Ok(Some(found)) => found,
            Ok(None) => return,
            Err(error) => {
                tracing::error!(%error, session = %performer.session, "a parent was not told");
                return;
            }
        };
        let is_cut = performer.cancel.is_cancelled();
        let failure = performer.failure.clone();
        let outcome = Outcome {
            child: vault.row,
            key: performer.session.key.clone(),
            said: performer.last_said.clone(),
            failure: failure.or_else(|| is_cut.then(|| "it was interrupted".to_owned())),
        };
        let (turns, (parent, errand)) = (self.clone(), found);
        // The parent may be busy, which this turn does not wait for.
        self.spawn(async move {
            if let Err(error) = turns.boxed(parent.clone(), errand, outcome).await {
                let error = error.body.messages.join("; ");
                tracing::error!(error, session = %parent, "not told what its sub-agent came to");
            }
        });
    }

    /// In a box, because the run that it begins may have such an end as well.
    fn boxed(
        self,
        parent: SessionRef,
        errand: Errand,
        outcome: Outcome,
    ) -> Pin<Box<dyn Future<Output = ApiResult<()>> + Send>> {
        Box::pin(async move { self.go_on_with(&parent, errand, outcome).await })
    }

    /// Puts the output into the history of the parent, and begins its run, unless it waits for others as well.
    async fn go_on_with(
        &self,
        parent: &SessionRef,
        errand: Errand,
        outcome: Outcome,
    ) -> ApiResult<()> {
        let child = outcome.child;
        let done = answered(&outcome.key, outcome.said, outcome.failure);
        let failed = usize::from(done.failure.is_some());
        let output = self.host.event(
            parent,
            &EventBody::ToolOutput(ToolOutput {
                tool_call_id: errand.tool_call_id,
                tool_configuration_name: errand.tool_configuration_name,
                tool_name: errand.tool_name,
                tool_output: done.output,
                error: failed > 0,
                resolved_argument_overrides: errand.resolved_overrides,
            }),
        )?;
        loop {
            if let Some(run) = self.running(parent) {
                run.ended().await;
                continue;
            }
            let (agent, stored) = self.load(parent).await?;
            let (vault, appended) = (stored.vault.clone(), output.clone());
            let waits_on = self.host.store.write(move |db| {
                let is_last = errands::others(db, vault.row, child)? == 0;
                if is_last && pending::ids(db, vault.row)?.is_empty() {
                    return Ok(false);
                }
                events::append(db, &vault, &appended)?;
                errands::end(db, child)?;
                Ok(true)
            });
            if waits_on.await? {
                return Ok(());
            }
            let start = Start::Answers {
                calls: Vec::new(),
                outputs: vec![output.clone()],
                moves: Vec::new(),
                tally: Tally::default(),
                failed,
                errand: Some(child),
            };
            if let Begun::Running(_) = self.begin(agent, &stored, start).await? {
                return Ok(());
            }
        }
    }
}
