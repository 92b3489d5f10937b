//! foretop: a terminal app for people who watch, triage and debug AI-agent sessions, on an async
//! client of the Vectara v2 Agent Sessions API, with an embedded server of the same API.
//!
//! # The house
//!
//! | module | holds |
//! |---|---|
//! | [`api`] | wire types, shared by client and server |
//! | [`text`] | text made fit for a screen: sanitising, width, wrapping, JSON as rows |
//! | [`content`] | what the bytes of a file are, and the ways to look at them |
//! | [`archive`] | a session in a JSONL file of any size: glances first, events on demand |
//! | [`query`] | the filter language of lists, timeline and command line |
//! | [`client`] | one method per operation, paging, streams, the polling plan |
//! | [`server`] | the same API on a loopback socket: routes, store, engine, demo |
//! | [`tools`] | answering calls with programs: commands, rules, what is noted about answers |
//! | [`config`] | profiles and settings in layers, each value with its origin |
//! | [`model`] | everything the screen shows, as plain data |
//! | [`state`] | what is kept between runs: files of the state directory |
//! | [`viewport`] | how lists and texts scroll |
//! | [`app`] | the machine over the model: messages in, effects out |
//! | [`action`] | the one table of what keys and commands can do |
//! | [`keymap`], [`theme`] | keys to actions by scope; styles and glyphs |
//! | [`ui`] | drawing only |
//! | [`terminal`] | taking the terminal over and giving it back; keys from it, frames to it |
//! | [`tool_runner`] | running such a program and ending it |
//! | [`runtime`] | everything that awaits: the loop, tasks, signals |
//! | [`cli`] | arguments, messages on stderr, exit codes |
//!
//! Arrows never point back: `api` and `text` know nobody, `model` does no IO, `app` reads no clock,
//! `ui` changes nothing, and only `archive`, `state`, `tool_runner`, `runtime` and `cli` touch the
//! world. A test reads the `use` lines.
//!
//! # Walkthrough: an event is hidden
//!
//! 1. `x` arrives in [`runtime::Console`] and becomes [`app::Msg::Terminal(TerminalMsg::Key)`].
//! 2. [`app::update::Machine`] asks [`app::scope`] which scopes count and the [`keymap`] what `x`
//!    means there: [`app::Action::Hide`].
//! 3. The update marks the events under the cursor as being hidden, so that the next frame shows
//!    it, and returns [`app::Effect::SetHidden`].
//! 4. The runtime runs that as a task; the service's answers come back through the bounded inbox as
//!    [`app::Msg::Service(ServiceMsg::HideAnswered)`], which settles or takes back the mark and journals the undo.
//!
//! # Walkthrough: somebody else hides one
//!
//! 1. [`client::watch::WatchPlan`] says which question about the open session is due; each is one
//!    request.
//! 2. The runtime lists its newest events, hidden ones included, and from time to time without
//!    them, because no field on the wire is sure to tell them apart. Where one does, it is enough.
//! 3. [`model::Timeline::apply_window`] merges the first listing: what it lacks was deleted.
//!    [`model::Timeline::apply_visible`] takes over the second: what that lacks is hidden.
//! 4. [`ui::draw`] paints the rows whose version changed, and the terminal gets the cells that
//!    differ, in one write.

pub mod action;
pub mod api;
pub mod app;
pub mod archive;
pub mod cli;
pub mod client;
pub mod config;
pub mod content;
pub mod keymap;
pub mod model;
pub mod query;
pub mod runtime;
pub mod server;
pub mod state;
pub mod terminal;
pub mod text;
pub mod theme;
pub mod tool_runner;
pub mod tools;
pub mod ui;
pub mod viewport;
