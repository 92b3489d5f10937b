//! Answering tool calls with programs: how a command is configured, what it gets of a call, what
//! becomes of its output, which rules may run it unasked, and what is noted about answers.
//!
//! Plain data and pure functions: runs no process, reads no file and no clock. Start with
//! [`ToolCommand::invocation`] and [`rules::Rules::matching`]. The invariant: a value of a call
//! reaches a program as an argument, a variable or on stdin, and never as text of a shell.

pub mod audit;
mod command;
mod condition;
mod invocation;
mod lookup;
mod outcome;
pub mod own;
mod placeholder;
pub mod recall;
mod reply;
pub mod rules;
mod sound;

pub use command::{CommandError, ToolCommand, Words, configured};
pub use condition::Condition;
pub use invocation::{CallFacts, Inherits, Invocation, Limits};
pub use outcome::{Ending, Ran};
pub use own::OwnCommand;
pub use reply::draft;
pub use sound::unsound;
