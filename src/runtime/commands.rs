//! Local commands that run for calls: one task each, stopped by name and all at the end.

use crate::app::msg::DoneMsg;
use std::collections::HashMap;
use std::sync::Arc;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::inbox::{Arrival, Sender};
use crate::api::EventId;
use crate::app::Msg;
use crate::app::effect::{CheckedTool, Fit};
use crate::client::Client;
use crate::model::output_schema::{Against, OutputSchema, surely_fits};
use crate::tool_runner::{self, Stderr};
use crate::tools::{self, Invocation};

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

    pub(super) fn start(
        &mut self,
        client: Client,
        call: EventId,
        invocation: Box<Invocation>,
        check: Option<Fit>,
    ) {
        let (stop, inbox) = (self.all.child_token(), self.inbox.clone());
        if let Some(before) = self.running.insert(call.clone(), stop.clone()) {
            before.cancel();
        }
        self.tasks.spawn(async move {
            let ran = Box::new(tool_runner::run(&invocation, Stderr::Kept, &stop).await);
            let fits = match check {
                Some(check) if ran.succeeded() => Some(fits(&client, &check, &ran.stdout).await),
                _ => None,
            };
            let _ = inbox
                .send(Arrival::Msg(Msg::Done(DoneMsg::CommandEnded { call, ran, fits })))
                .await;
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

/// Whether an output may leave without a person having seen it.
async fn fits(client: &Client, check: &Fit, printed: &str) -> Result<(), String> {
    let id = match &check.tool {
        CheckedTool::Unknown => return Err("its tool's schema is not known".to_owned()),
        CheckedTool::Unnamed => return Ok(()),
        CheckedTool::Named(id) => id,
    };
    let read = client.get_tool(id).await;
    let tool = read.map_err(|error| format!("its tool's schema could not be read: {error}"))?;
    match tool.output_schema {
        Some(wanted) => {
            let against = Against::Schema(Arc::new(OutputSchema::new(wanted)));
            surely_fits(&tools::draft(printed, &check.wrap), &against)
        }
        None => Ok(()),
    }
}
