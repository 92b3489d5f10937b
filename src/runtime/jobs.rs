//! Jobs about files, worked out beside the loop: one in each slot at a time, and the next one in its
//! slot ends it.
//!
//! The invariant: a job that was ended says nothing any more.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::inbox::{Arrival, Sender};
use crate::api::ArtifactId;
use crate::app::Msg;
use crate::app::msg::{DoneMsg, Worked};
use crate::content::{Job, Prepared, Slot};

pub(super) struct JobRunner {
    inbox: Sender,
    running: HashMap<Slot, Arc<AtomicBool>>,
}

impl JobRunner {
    pub(super) fn new(inbox: Sender) -> Self {
        Self { inbox, running: HashMap::new() }
    }

    pub(super) fn start(&mut self, artifact: ArtifactId, file: Arc<Prepared>, job: Job) {
        let gone = Arc::new(AtomicBool::new(false));
        if let Some(before) = self.running.insert(job.slot(), Arc::clone(&gone)) {
            before.store(true, Ordering::Relaxed);
        }
        let inbox = self.inbox.clone();
        tokio::task::spawn_blocking(move || {
            let is_gone = || gone.load(Ordering::Relaxed);
            let Some(done) = job.run(&file, &is_gone).filter(|_| !is_gone()) else { return };
            let worked = Worked { artifact, file, done };
            // Without a loop there is nobody left to tell.
            let _ = inbox.blocking_send(Arrival::Msg(Msg::Done(DoneMsg::Worked(Box::new(worked)))));
        });
    }
}

impl Drop for JobRunner {
    fn drop(&mut self) {
        self.running.values().for_each(|gone| gone.store(true, Ordering::Relaxed));
    }
}
