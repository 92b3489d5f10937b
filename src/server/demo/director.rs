//! Keeps the demo moving: writes to the live sessions, each at its own pace drawn from the seed.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::past::said;
use super::world::SessionPlan;
use crate::api::{Input, SessionRef};
use crate::server::engine::turns::Turns;
use crate::server::store::{events, pending, sessions};

/// A session whose agent sees more than this is compacted, so that a demo may run for days.
const COMPACT_ABOVE_BYTES: u64 = 60_000;

/// A session that goes on, and what is said in it.
pub struct Live {
    of: SessionRef,
    inputs: Vec<String>,
}

impl Live {
    pub(super) fn all_of(sessions: &[SessionPlan]) -> Vec<Self> {
        let live = |plan: &SessionPlan| Self {
            of: SessionRef::new(&*plan.agent, &*plan.key),
            inputs: plan.live_inputs.clone(),
        };
        sessions.iter().filter(|plan| plan.live).map(live).collect()
    }
}

/// Starts a task for every live session; they end with `shutdown`.
pub fn direct(turns: &Turns, live: Vec<Live>, seed: u64, shutdown: &CancellationToken) {
    for (number, Live { of, inputs }) in live.into_iter().enumerate() {
        let act = Act {
            turns: turns.clone(),
            of,
            inputs,
            random: fastrand::Rng::with_seed(seed.wrapping_add(number as u64)),
        };
        let shutdown = shutdown.clone();
        tokio::spawn(async move {
            tokio::select! {
                () = shutdown.cancelled() => {}
                () = act.run() => {}
            }
        });
    }
}

struct Act {
    turns: Turns,
    of: SessionRef,
    inputs: Vec<String>,
    random: fastrand::Rng,
}

impl Act {
    async fn run(mut self) {
        loop {
            tokio::time::sleep(Duration::from_millis(self.random.u64(500..6_000))).await;
            let Some(text) = self.next_input().await else {
                return;
            };
            // Somebody else may be talking to the session, or owe it an answer: try again later.
            if let Ok(mut reader) = self.turns.submit(&self.of, Input::Message(said(text))).await {
                while reader.next().await.is_some() {}
            }
        }
    }

    /// What to say next; `None` once the session is gone.
    async fn next_input(&mut self) -> Option<String> {
        let of = self.of.clone();
        let store = &self.turns.host().store;
        let (bytes, waiting) = store
            .read(move |db| {
                let Some(session) = sessions::get(db, &of)? else {
                    return Ok(None);
                };
                let bytes = events::context_bytes(db, session.vault.row)?;
                Ok(Some((bytes, pending::list(db, &session.vault)?.len())))
            })
            .await
            .ok()??;
        if waiting == 0 && bytes > COMPACT_ABOVE_BYTES {
            return Some("/compact Routine work so far: all items handled, none open.".to_owned());
        }
        self.random.choice(&self.inputs).cloned()
    }
}
