//! The agents behind the embedded server.
//!
//! An [`Engine`] decides what an agent does next; [`turns`] does it: stores events, streams frames,
//! parks on client tools, stops on interrupts. Start with [`moves::Move`]. The invariant: a turn
//! tells its readers only of events that are already stored.

pub mod clock;
pub mod drive;
pub mod log;
pub mod moves;
mod perform;
pub mod playbook;
mod run;
pub mod turns;

use std::time::Duration;

use crate::api::{Agent, Object, SessionRef};
use moves::{Move, ToolRequest};

/// What an engine is asked about.
pub struct Scene<'a> {
    pub agent: &'a Agent,
    pub session: &'a SessionRef,
    /// Fresh for every question; the only source of chance that an engine may use.
    pub seed: u64,
}

/// What has just happened to the agent.
pub enum Cue<'a> {
    /// A user, or a parent agent, said this.
    Message(&'a str),
    /// All client tools of the last round were answered, and nothing else was planned.
    ToolsAnswered { failed: usize },
}

/// What a server tool does when it is called.
#[derive(Debug, Clone, PartialEq)]
pub struct ToolRun {
    pub delay: Duration,
    /// Progress messages, spread evenly over the delay.
    pub activity: Vec<String>,
    pub output: Object,
    pub failed: bool,
}

/// The seam between the API and whatever plays the agent.
pub trait Engine: Send + Sync {
    fn respond(&self, scene: &Scene<'_>, cue: &Cue<'_>) -> Vec<Move>;

    fn run_tool(&self, scene: &Scene<'_>, request: &ToolRequest) -> ToolRun;
}
