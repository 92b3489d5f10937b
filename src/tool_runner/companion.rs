//! A program that goes on beside us and answers on its pipes until it is no longer needed.
//!
//! What is said over the pipes is whoever's that holds them. Start with [`Companion::start`]. The
//! invariant: when it is dropped, its whole group is gone.

use std::time::Duration;

use tokio::process::{Child, ChildStdin, ChildStdout};
use tokio::time::timeout;

use super::capture::Capture;
use super::group::Group;
use super::{LAST_OUTPUT, MAX_STDERR, ending_of, prepared, reap, why};
use crate::tools::{Ending, Invocation};

pub struct Companion {
    child: Child,
    group: Group,
    stderr: Capture,
}

impl Companion {
    /// Starts the program; what the invocation has for its input and its limits is not asked for. The
    /// error says why it does not start.
    pub fn start(invocation: &Invocation) -> Result<(Self, ChildStdin, ChildStdout), String> {
        let mut child = prepared(invocation).spawn().map_err(|error| why(invocation, &error))?;
        let group = Group::of(&child);
        let stderr = Capture::last(child.stderr.take(), MAX_STDERR);
        match (child.stdin.take(), child.stdout.take()) {
            (Some(stdin), Some(stdout)) => Ok((Self { child, group, stderr }, stdin, stdout)),
            _ => Err("it has no pipes".to_owned()),
        }
    }

    /// How it ended, once it has: not waited for longer than the last of its output would be.
    pub async fn ending(&mut self) -> Option<Ending> {
        let status = timeout(LAST_OUTPUT, self.child.wait()).await.ok()?.ok()?;
        Some(ending_of(status))
    }

    /// The end of what it complained about.
    pub fn complaints(&self) -> String {
        String::from_utf8_lossy(&self.stderr.so_far()).into_owned()
    }

    /// Ends it, whose input is closed already: it has `grace` to go by itself, and as long again when it is
    /// told to.
    pub async fn end(mut self, grace: Duration) {
        if timeout(grace, self.child.wait()).await.is_err() {
            self.group.terminate();
            if timeout(grace, self.child.wait()).await.is_err() {
                self.group.kill();
                reap(&mut self.child).await;
            }
        }
    }
}
