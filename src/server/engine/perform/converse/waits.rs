//! A sub-agent that waits for a client: the turn that asked it goes on in the meantime, and with it the
//! relay of its events.

use tokio::sync::oneshot;

use crate::api::SessionStatus;
use crate::server::engine::parked::Answers;
use crate::server::engine::perform::{Halt, Outcome, Performer};
use crate::server::store::{pending, sessions};

impl Performer {
    /// Waits for the answers to the calls of this round, which are stored already.
    pub(super) async fn wait_for(
        &mut self,
        answers: oneshot::Receiver<Answers>,
    ) -> Result<Outcome, Halt> {
        // To its own clients this is a session that is parked.
        self.leave_queue().await?;
        self.host.set_status(self.vault.row, SessionStatus::Stopped).await?;
        self.errand = None;
        let answered = tokio::select! {
            biased;
            answered = answers => answered,
            () = self.cancel.cancelled() => {
                self.withdraw().await?;
                return Err(Halt::Interrupted);
            }
        };
        let Ok(Answers { outputs, guard }) = answered else {
            self.failure = Some("its session was deleted while it waited for a client".to_owned());
            return Err(Halt::Ended);
        };
        for event in &outputs {
            if let Some(relay) = &self.relay {
                self.relay(relay, event);
            }
        }
        self.work_in(guard);
        Ok(Outcome::Done)
    }

    /// Nobody waits for the answers any more. Where the process ends the calls stay: answers to them begin
    /// a run then.
    pub(super) async fn withdraw(&self) -> Result<(), Halt> {
        self.host.parked.forget(&self.session);
        if self.host.parked.is_closed() {
            return Ok(());
        }
        let vault = self.vault.clone();
        let cleared = self.host.store.write(move |db| {
            pending::clear(db, vault.row)?;
            sessions::set_continuation(db, &vault, None)
        });
        Ok(cleared.await?)
    }
}
