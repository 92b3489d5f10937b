//! What a model is told of a session, and what its answer is held against.
//!
//! Works everything out from an agent, a session and its events: messages, instructions, tools, steps,
//! bounds. Asks nobody and stores nothing; [`super::perform`] does. Start with [`messages::messages`]. The
//! invariant: a question holds what the agent still sees, all of it, and nothing that a configuration
//! supplies in its place.

pub(in crate::server) mod bounds;
pub(super) mod check;
pub(super) mod instructions;
pub(super) mod messages;
pub(super) mod names;
pub(super) mod offers;
pub(super) mod reminders;
pub(super) mod retries;
pub(super) mod steps;
pub(super) mod structured;
pub(in crate::server) mod summaries;
