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
//! | [`export`] | what leaves as a file: Markdown, HTML, lines, and bundles for reports of faults |
//! | [`query`] | the filter language of lists, timeline and command line |
//! | [`client`] | one method per operation, paging, streams, the polling plan |
//! | [`server`] | the same API on a loopback socket: routes, store, engine, demo |
//! | [`tools`] | answering calls with programs: commands, rules, what is noted about answers |
//! | [`config`] | profiles and settings in layers, each value with its origin |
//! | [`model`] | what the service said and what is remembered of it, as plain data |
//! | [`view`] | what a person does with it: panes, layers, selections, drafts; all that the screen shows |
//! | [`state`] | what is kept between runs: files of the state directory |
//! | [`viewport`] | how lists and texts scroll |
//! | [`app`] | the machine over the model: messages in, effects out |
//! | [`action`] | the one table of what keys and commands can do |
//! | [`keymap`], [`theme`] | keys to actions by scope; styles and glyphs |
//! | [`ui`] | drawing only |
//! | [`canvas`] | cells of a frame, between what draws them and what shows them |
//! | [`terminal`] | taking the terminal over and giving it back; keys from it, frames to it |
//! | [`trust`] | whom a secure connection is believed to lead to |
//! | [`tool_runner`] | running such a program and ending it |
//! | [`watcher`] | what to ask of the service next, and what the answers mean, for screen and commands |
//! | [`runtime`] | everything that awaits: the loop, tasks, signals |
//! | [`cli`] | arguments, messages on stderr, exit codes |
//!
//! Arrows never point back: `api` and `text` know nobody, `model` does no IO and knows no `view`,
//! `app` reads no clock, `ui` changes nothing, and only `archive`, `state`, `tool_runner`, `runtime`
//! and `cli` touch the world. A test reads the `use` lines.
//!
//! # Walkthrough: an event is hidden
//!
//! 1. `x` arrives in [`runtime::console::Console`] and becomes [`app::msg::TerminalMsg::Key`].
//! 2. [`app::update::Machine`] asks [`app::chain`] whom keys are about now, innermost first, and the
//!    [`keymap`] what `x` means to them: [`Action::Hide`](action::Action::Hide). The first target of
//!    the chain that has a handler for it takes it, here the timeline; had there been none, a sentence
//!    would say where it works and which key leads there.
//! 3. The handler marks the events under the cursor as being hidden, so that the next frame shows it,
//!    and emits [`app::effect::Request::SetHidden`]. What follows from every message is done behind
//!    it, in the order that one function spells out, and the view is settled.
//! 4. The runtime puts every effect into one queue and carries each family out in one place. The
//!    service's answers come back through the bounded inbox as
//!    [`app::msg::ServiceMsg::HideAnswered`], which settles or takes back the mark.
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
//!
//! # Adding a pane
//!
//! 1. Its name in [`view::Pane`]. The compiler then asks for four arms: how it settles, its target,
//!    its drawing, and what `/` looks for in it (`app/update/find.rs`). It does not ask for where it
//!    stands, for its action and key, nor at the places that are about some panes only.
//! 2. What a person does with it, as plain data: a file in [`view::pane`], scrolling by
//!    [`viewport::Viewport`], and a line in `view/settle.rs` that fits it to its rectangle: without
//!    one it has no rows. The value hangs where its life ends: in [`view::OpenSession`] if it is about
//!    the open session, else in [`view::Model`].
//! 3. Where it stands: [`view::Layout`] puts it among its panes, and [`view::Pane::focused`] says
//!    when keys are about it. One that stands in the place of the timeline needs neither: it is a
//!    branch in `Pane::in_place_of_timeline`, is taken away in `OpenSession::uncover` (or a jump lands
//!    behind it), and is fitted in `settle_timeline`, because the timeline below stays settled.
//! 4. What keys do in it: a file in `app/update` with a [`Target`](app::chain), which has a name for
//!    sentences, the way there, the tables of the keymap, handlers, reasons why something is off, and
//!    hints; and a line in `app/update/mod.rs`. It takes the way out: Back (but not while zoomed, which
//!    goes first), Quit, Left. Keys of its own are a scope in [`keymap`] and a table in its
//!    `default.toml`. What opens it is an action, whose handler is in the target that it is opened from,
//!    and whose key it takes in its own scope too; only a warning about dead code asks for that one.
//! 5. How it looks: a file in `ui/panes` and a line there.
//! 6. What goes along: `:goto` and the call that `3` opens at (`calls::looked_at`) name some panes; a new action is a row in `docs/keys.md` and one more line in the
//!    help snapshots; CHANGELOG; tests: `viewport::assert_scrolls`, keys, a snapshot at two sizes.
//!
//! Dispatch, the hint row, help, the command line and the sentences about other places read the
//! target; none of them has a list of panes. The tests of `app/update/tests/everywhere.rs` want keys that
//! lead there, then try every action in it; those of `ui/tests/focus.rs` want a bar on its row, or its
//! name among the texts.
//!
//! A layer (a question, a menu, a page over the panes) goes the same way: a variant with its payload in
//! [`view::Layer`], its target, its drawing in `ui/overlays`. An action is a row in [`action`], a key
//! in `default.toml`, and a handler in some target. A message is a variant of its family in
//! [`app::msg`], an effect one of its family in [`app::effect`]: both are matched whole where they are
//! handled, and a message is written to recordings only once [`app::recording::fit`] says how.
//!
//! # Words
//!
//! | word | means |
//! |---|---|
//! | action | one thing that a key or command can do, whatever it is done to |
//! | target | a part of the screen that keys can be about: a layer, a pane, or what is around them |
//! | chain | the targets that a key goes through, innermost first |
//! | pane, layer | what the screen is made of; what lies over it for a while and has the keyboard |
//! | scope | a table of the keymap |
//! | mode | whom letters belong to: BROWSE, WRITE, ASK; it follows from the uppermost layer |
//! | message, effect | what happened; what is wanted done about it |
//! | decision | what a yes to a question does, with all that it was asked about |
//! | motion, viewport | a step through rows; the window on rows and the cursor in it |
//! | settle | fit state to what there is and to the rectangle that shows it |
//! | session, event, turn, step | as the API has them |
//! | tool call, pending call | a tool input with its output; one that waits for a client's output |
//! | chat | the timeline with what was said and a line for each call, and nothing else |
//! | unit | a row of the timeline: an event, or a tool call with both of its events |
//! | first minute, first run | what a start with nothing configured asks |
//! | departed | a call that somebody else answered while it was looked at |
//! | probe | a look at a session that tells whether it waits for somebody |
//! | jump, jump list | a move that leads far away; where one was before each of them |
//! | landing | the row that a jump waits for until it is listed |
//! | view, rendition | one of the screens: triage, calls, files, agents; a way to look at the bytes of a file |
//! | artifact, file | the same: the API's word, and the screen's |
//! | branch, origin | a fork, and the session that it was made from: the metadata of the branch names it |
//! | export, bundle | a session as a file for others; with all that belongs to it, for a report of a fault |
//! | fork, compaction, steer, follow-up, page key | as the API has them |

mod action;
pub mod api;
mod app;
mod archive;
mod canvas;
pub mod cli;
pub mod client;
mod config;
mod content;
mod export;
mod keymap;
mod model;
mod query;
mod runtime;
mod server;
mod state;
mod terminal;
mod text;
mod theme;
mod tool_runner;
mod tools;
mod trust;
mod ui;
mod view;
mod viewport;
mod watcher;

/// What benches and the tests of the whole program reach of the inside. It is promised to nobody, and
/// without it the compiler sees what nothing uses. The client with its types is for everybody.
#[cfg(feature = "internals")]
pub mod internals {
    pub mod app {
        pub use crate::app::*;
    }
    pub mod archive {
        pub use crate::archive::*;
    }
    pub mod canvas {
        pub use crate::canvas::*;
    }
    pub mod content {
        pub use crate::content::*;
    }
    pub mod export {
        pub use crate::export::*;
    }
    pub mod keymap {
        pub use crate::keymap::*;
    }
    pub mod model {
        pub use crate::model::*;
    }
    pub mod query {
        pub use crate::query::*;
    }
    pub mod runtime {
        pub use crate::runtime::*;
    }
    pub mod server {
        pub use crate::server::*;
    }
    pub mod state {
        pub use crate::state::*;
    }
    pub mod terminal {
        pub use crate::terminal::*;
    }
    pub mod text {
        pub use crate::text::*;
    }
    pub mod theme {
        pub use crate::theme::*;
    }
    pub mod ui {
        pub use crate::ui::*;
    }
    pub mod viewport {
        pub use crate::viewport::*;
    }
    pub mod watcher {
        pub use crate::watcher::*;
    }
    pub mod view {
        pub use crate::view::*;
    }
}
