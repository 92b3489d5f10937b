//! Local commands that run for calls: one task each, stopped by name and all at the end.

use std::collections::HashMap;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::inbox::{Arrival, Sender};
use crate::api::EventId;
use crate::app::Msg;
use crate::tool_runner::{self, Stderr};
use crate::tools::Invocation;

pub(super) struct Commands {
    inbox: Sender,
    running: HashMap<EventId, CancellationToken>,
    all: CancellationToken,
    tasks: TaskTracker,
}

impl Commands {
    pub(super) fn new(inbox: Sender) -> Self {
        let (running, all) = (HashMap::new(), CancellationToken::new());
        Self { inbox, running, all, tasks: TaskTracker::new() }
    }

    pub(super) fn start(&mut self, call: EventId, invocation: Box<Invocation>) {
        let (stop, inbox) = (self.all.child_token(), self.inbox.clone());
        if let Some(before) = self.running.insert(call.clone(), stop.clone()) {
            before.cancel();
        }
        self.tasks.spawn(async move {
            let ran = Box::new(tool_runner::run(&invocation, Stderr::Kept, &stop).await);
            let _ = inbox.send(Arrival::Msg(Msg::CommandEnded { call, ran })).await;
        });
    }

    pub(super) fn stop(&mut self, call: &EventId) {
        if let Some(stop) = self.running.remove(call) {
            stop.cancel();
        }
    }

    /// Ends them all; returns when they are gone.
    pub(super) async fn finish(self) {
        self.all.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }
}
