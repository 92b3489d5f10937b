//! What an end left undone: inputs that wait in the queue, and sessions whose rest was not stored.
//!
//! Start with [`Turns::recover`]. The invariant: what was accepted becomes part of the history, or an event
//! that says it is lost.

use std::collections::HashSet;

use super::run::lock;
use super::turns::Turns;
use crate::api::{SessionRef, SessionStatus};
use crate::server::store::{self, agents, errands, events, queue, sessions};

impl Turns {
    /// Gives inputs that a crash left in the queue their place in the history, and lets go of sub-agents that
    /// it cut short.
    pub async fn recover(&self) -> store::Result<()> {
        self.host.store.write(|db| errands::sweep(db)).await?;
        self.recover_those(|_| true).await
    }

    /// Stores how sessions came to rest, where the disk had no room for it then.
    pub async fn settle_late(&self) -> store::Result<()> {
        let late = std::mem::take(&mut *lock(&self.unsettled));
        let late: HashSet<_> = late.into_iter().filter(|of| !self.is_running(of)).collect();
        if late.is_empty() {
            return Ok(());
        }
        let settled = async {
            self.recover_those(|of| late.contains(of)).await?;
            let resting = late.clone();
            let write = self.host.store.write(move |db| {
                resting.iter().try_for_each(|of| match sessions::find(db, of)? {
                    Some(found) => {
                        sessions::set_status(db, found.vault.row, &SessionStatus::Stopped)
                    }
                    None => Ok(()),
                })
            });
            write.await
        };
        let settled = settled.await;
        if settled.is_err() {
            lock(&self.unsettled).extend(late);
        }
        settled
    }

    async fn recover_those(&self, fits: impl Fn(&SessionRef) -> bool) -> store::Result<()> {
        let left = self.host.store.read(queue::left_over).await?;
        for left in left.into_iter().filter(|left| fits(&left.of)) {
            let key = left.of.agent.clone();
            let agent = self.host.store.read(move |db| agents::find(db, &key)).await?;
            let events = match (agent, &left.input) {
                (Some(agent), Ok(input)) => self.host.input_events(&agent, &left.of, input)?,
                _ => Vec::new(),
            };
            let (id, now) = (self.host.ids.event(), self.host.clock.now());
            self.host
                .store
                .write(move |db| {
                    if !queue::remove(db, left.row)? {
                        return Ok(());
                    }
                    for event in &events {
                        events::append(db, &left.vault, event)?;
                    }
                    if let Err(sealed) = &left.input {
                        // It was accepted: that it is lost must show.
                        events::append_lost(db, left.vault.row, &id, now, sealed)?;
                    }
                    Ok(())
                })
                .await?;
        }
        Ok(())
    }
}
