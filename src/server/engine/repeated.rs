//! Turns that repeat themselves: in a world that was made from a seed, what an agent does next follows
//! from the seed, the session and what it has done so far, and from nothing else.
//!
//! Start with [`Host::for_turns_of`]. The invariant: no name comes twice in a session. Names follow from
//! the newest event of it, so that they were drawn before only if what they named is gone.

use std::sync::Arc;

use sha2::{Digest as _, Sha256};

use super::host::Host;
use crate::api::SessionRef;
use crate::server::ids::Ids;
use crate::server::store::{self, events};

impl Host {
    /// What the next turns of a session need: in a seeded world with names and choices of their own,
    /// which no other session and no request disturbs.
    pub(super) async fn for_turns_of(
        self: &Arc<Self>,
        of: &SessionRef,
        row: i64,
    ) -> store::Result<Arc<Self>> {
        let Some(seed) = self.seed else { return Ok(Arc::clone(self)) };
        let newest = self.store.read(move |db| events::newest_id(db, row)).await?;
        let newest = newest.as_ref().map_or("", |id| id.as_str());
        let told = format!("{seed}\n{}\n{}\n{newest}", of.agent, of.key);
        let drawn = Sha256::digest(told.as_bytes()).into_iter().take(8);
        let drawn = drawn.fold(0, |number, byte| (number << 8) | u64::from(byte));
        Ok(Arc::new(Self {
            store: self.store.clone(),
            ids: Arc::new(Ids::seeded(drawn)),
            seed: self.seed,
            clock: self.clock.clone(),
            playbooks: Arc::clone(&self.playbooks),
            drive: Arc::clone(&self.drive),
            settings: Arc::clone(&self.settings),
            models: Arc::clone(&self.models),
            tools: Arc::clone(&self.tools),
            parked: Arc::clone(&self.parked),
            runs: Arc::clone(&self.runs),
        }))
    }
}
