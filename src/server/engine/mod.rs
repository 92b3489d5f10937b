//! The agents behind the embedded server.
//!
//! An [`Engine`] decides what a scripted agent does next; [`turns`] does it: stores events, streams
//! frames, parks on client tools, stops on interrupts. Start with [`moves::Move`]. An agent with a model
//! has no script: what it is told is worked out in [`dialogue`], and it is asked and heard in
//! `perform::converse`. The invariant: a turn tells its readers only of events that are already stored.

mod answers;
mod children;
pub mod clock;
pub mod compaction;
pub(in crate::server) mod dialogue;
pub mod drive;
mod errands;
pub mod host;
pub mod log;
pub mod moves;
mod overrides;
pub mod parked;
mod perform;
pub mod playbook;
mod recorder;
mod recovery;
mod repeated;
mod run;
pub mod submit;
mod summary;
pub mod turns;
pub mod waiting;

use std::time::Duration;

use crate::api::event::ArtifactReference;
use crate::api::{Event, Object};
use moves::{Move, ToolRequest};

/// What has just happened to the agent.
pub enum Cue<'a> {
    /// A user, or a parent agent, said this.
    Message(&'a str),
    /// A user uploaded these and said nothing.
    Files(&'a [ArtifactReference]),
    /// All client tools of the last round were answered, and nothing else was planned.
    ToolsAnswered { failed: usize },
}

/// What a compaction is to sum up.
pub struct History<'a> {
    /// The newest of the events that go, oldest first; tool events as the policy lets them in.
    pub events: &'a [Event],
    /// How many events go altogether.
    pub count: u64,
    /// What to pay attention to, in the words of the settings or of the request.
    pub instructions: Option<&'a str>,
}

/// What a server tool does when it is called.
#[derive(Debug, Clone, PartialEq)]
pub struct ToolRun {
    pub delay: Duration,
    /// Progress messages, spread evenly over the delay.
    pub activity: Vec<String>,
    pub output: Object,
    pub failed: bool,
    /// False where the call was refused before any tool saw it.
    pub ran: bool,
}

/// The seam between the API and whatever plays the agent. A seed is fresh for every question, and the
/// only source of chance that an engine may use.
pub trait Engine: Send + Sync {
    fn respond(&self, seed: u64, cue: &Cue<'_>) -> Vec<Move>;

    fn run_tool(&self, seed: u64, request: &ToolRequest) -> ToolRun;

    /// The text that takes the place of what a compaction removes from the context.
    fn summarise(&self, history: &History<'_>) -> String {
        summary::of(history)
    }
}
