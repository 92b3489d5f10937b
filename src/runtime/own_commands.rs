//! Commands of one's own that run beside the screen: one task each, stopped by their number and all at
//! the end; and those that have the terminal meanwhile.

use std::collections::HashMap;

use tokio::process::Command;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::console::Console;
use super::execute::LAST_WRITES;
use super::inbox::{Arrival, Sender};
use crate::app::Msg;
use crate::app::effect::OwnWork;
use crate::app::msg::{DoneMsg, OwnEnd};
use crate::tool_runner::{self, Stderr, program};
use crate::tools::{Invocation, Ran};

pub(super) struct OwnCommands {
    inbox: Sender,
    running: HashMap<u8, CancellationToken>,
    all: CancellationToken,
    tasks: TaskTracker,
}

impl OwnCommands {
    pub(super) fn new(inbox: Sender) -> Self {
        let (running, all) = (HashMap::new(), CancellationToken::new());
        Self { inbox, running, all, tasks: TaskTracker::new() }
    }

    pub(super) fn start(&mut self, work: OwnWork) {
        match work {
            OwnWork::Run { number, invocation } => self.run(number, invocation),
            OwnWork::Stop { number } => {
                if let Some(stop) = self.running.remove(&number) {
                    stop.cancel();
                }
            }
        }
    }

    fn run(&mut self, number: u8, invocation: Box<Invocation>) {
        let (stop, inbox) = (self.all.child_token(), self.inbox.clone());
        if let Some(before) = self.running.insert(number, stop.clone()) {
            before.cancel();
        }
        self.tasks.spawn(async move {
            let ran = tool_runner::run(&invocation, Stderr::Kept, &stop).await;
            let end = DoneMsg::OwnEnded(Box::new(end(number, &ran)));
            let _ = inbox.send(Arrival::Msg(end.into())).await;
        });
    }

    /// Ends them all; returns when they are gone, or do not want to.
    pub(super) async fn finish(self) {
        self.all.cancel();
        self.tasks.close();
        let _ = tokio::time::timeout(LAST_WRITES, self.tasks.wait()).await;
    }
}

fn end(number: u8, ran: &Ran) -> OwnEnd {
    let mut printed = ran.stdout.clone();
    if !ran.stderr.trim().is_empty() {
        printed.push_str("\n── stderr ──\n");
        printed.push_str(&ran.stderr);
    }
    OwnEnd {
        number,
        succeeded: ran.succeeded(),
        ending: ran.ending.to_string(),
        took: ran.took_words(),
        printed,
        last_words: ran.last_words(1).concat(),
    }
}

/// Lends the terminal to a command and waits until it has ended; then the screen must be painted anew.
pub(super) async fn lend<C: Console>(console: &mut C, number: u8, invocation: &Invocation) -> Msg {
    let mut command = Command::from(program(&invocation.program));
    command
        .args(&invocation.arguments)
        .envs(invocation.env.iter().map(|(name, value)| (name, value)))
        .kill_on_drop(true);
    if let Some(cwd) = &invocation.cwd {
        command.current_dir(cwd);
    }
    let (succeeded, ending) = match console.lend(command).await {
        Ok(status) => (status.success(), status.to_string()),
        Err(error) => (false, format!("{} was not started: {error}", invocation.program)),
    };
    let [took, printed, last_words] = [String::new(), String::new(), String::new()];
    DoneMsg::OwnEnded(Box::new(OwnEnd { number, succeeded, ending, took, printed, last_words }))
        .into()
}
