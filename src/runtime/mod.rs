//! Everything that awaits: the loop, the tasks that carry out effects, signals.
//!
//! Owns the world outside the model and decides nothing about it: what to do comes from
//! [`crate::app`], what to ask from the watch plan. Start with [`event_loop::run`]. The invariant:
//! nothing that waits on the network runs on the loop, so that a key is never late.

mod clipboard;
mod commands;
mod compare;
pub mod console;
mod draft_check;
mod dress;
mod editor;
mod event_loop;
mod execute;
mod fetch;
mod file;
mod files;
mod first_run;
mod frames;
mod inbox;
mod input_stream;
mod jobs;
mod notify;
mod own_commands;
mod pager;
mod paths;
mod pictures;
mod receive;
mod record;
mod recorded;
mod replay;
pub mod save;
mod search;
mod served_filter;
pub(crate) mod session_bundle;
mod session_compare;
pub(crate) mod session_copy;
mod session_sweep;
mod session_work;
mod setup;
mod signals;
mod state_writer;
mod title;
mod watching;

pub use clipboard::ClipboardWay;
pub use console::TerminalConsole;
pub use event_loop::run;
pub use first_run::{Work, first_run};
pub use notify::{Notifier, Way};
pub use record::Recording;
pub use recorded::Recorded;
pub use replay::{Replay, replay};
pub use setup::{Ended, KeepKeys, Setup, Source};
pub use signals::{ShutdownSignals, end_though_unread};
