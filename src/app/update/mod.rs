//! `update`: one message in, a changed model and effects out. A file per target of keys, and one per
//! family of messages.
//!
//! Start with [`Machine::update`]: route, then follow. The invariant: every effect of a message is in
//! what `update` returns.

mod agents;
mod answer_editor;
mod answered;
mod arguments;
mod artifacts;
mod ask_again;
mod attach;
mod bind;
mod bookmarks;
mod branching;
mod calls;
mod catalogue;
mod command;
mod compacting;
mod compare;
mod compose;
mod copy;
mod cx;
mod departed;
mod detail;
mod export;
mod fetching;
mod files;
mod find;
mod form;
mod help;
mod interrupt;
mod jumps;
mod keys;
mod leaving;
mod memory;
mod mouse;
mod navigate;
mod news;
mod notices;
mod own;
mod pace;
mod pages;
mod picked;
mod question;
mod roles;
mod rules;
mod run;
mod screen;
mod sending;
mod served_filter;
mod service;
mod session_acts;
mod session_diff;
mod session_forms;
mod session_pair;
mod session_search;
mod sessions;
mod stream;
#[cfg(test)]
pub(crate) mod tests;
mod timeline;
mod tour;
mod types;
mod uses;
mod viewer;
mod waterfall;

use jiff::SignedDuration;

use super::chain::{Target, TargetName};
use super::effect::{Effects, Keep, Request};
use super::msg::{DoneMsg, FileMsg, Route, RunMsg, ServiceMsg, TerminalMsg};
use super::{Effect, Keymap, Msg, default_keymap, own_keys};
use crate::action::Action;
use crate::api::{SessionRef, Timestamp};
use crate::keymap::Dispatcher;
use crate::text::units;
use crate::view::{Jump, LayerKind, Level, Model, OpenSession, Pane};

pub use command::is_free_name;
pub(crate) use cx::Cx;
use notices::toast;

/// How long a toast stays.
const TOAST: SignedDuration = SignedDuration::from_secs(6);
/// Timelines of sessions that were looked at, kept to come back to with place and folds.
const KEPT_TIMELINES: usize = 8;

/// What stands between keys and the model: the keymap, an unfinished key sequence, and what is
/// remembered of messages until others follow.
#[derive(Clone)]
pub struct Machine {
    keymap: Keymap,
    /// The one that is compiled in, by which sentences name keys.
    usual: Keymap,
    dispatcher: Dispatcher,
    pace: pace::Pace,
    /// Keys that were pressed so far: whoever has pressed one since waits no more for what an earlier
    /// one began.
    pressed: u64,
    /// A command that waits until it is known what it is about.
    waiting: Option<command::Waiting>,
    /// Command lines of earlier, the latest last.
    commands: Vec<String>,
    /// When Ctrl-C was pressed; a second one soon after quits.
    quit_asked_at: Option<Timestamp>,
    /// The person has chosen something; until then the most urgent session is shown.
    steered: bool,
    left_open: Vec<OpenSession>,
    /// The search that the runtime was told to run.
    searching: Option<u64>,
    /// Numbers searches.
    next_search: u64,
    news: news::News,
    /// The row to go to once it is listed, unless a key is pressed before.
    landing: Option<Jump>,
    /// A compaction whose end is not told yet.
    compacting: Option<compacting::UnderWay>,
    /// Keys that were pressed before a branch was asked for to ask something again in.
    asking_again: Option<u64>,
    mouse: mouse::Held,
    saving: files::Saving,
    listed: files::Listed,
    /// The last command that a file was piped to, and the keys that were pressed before it ran.
    piped: String,
    piped_at: u64,
}

/// The target of a name.
pub(super) fn target(name: TargetName) -> &'static dyn Target {
    match name {
        TargetName::Layer(LayerKind::Question) => &question::AskedQuestion,
        TargetName::Layer(LayerKind::Prompt) => &find::FindLine,
        TargetName::Layer(LayerKind::Palette) => &command::CommandLine,
        TargetName::Layer(LayerKind::Composer) | TargetName::Pane(Pane::Composer) => {
            &compose::Composer
        }
        TargetName::Layer(LayerKind::Answer) => &answer_editor::AnswerEditor,
        TargetName::Layer(LayerKind::Form) => &form::FilledIn,
        TargetName::Layer(LayerKind::Types) => &types::Types,
        TargetName::Layer(LayerKind::Bookmarks) => &bookmarks::Bookmarks,
        TargetName::Layer(LayerKind::Uses) => &uses::Uses,
        TargetName::Layer(LayerKind::Compaction) => &compacting::WhatGoes,
        TargetName::Layer(LayerKind::Branches) => &branching::Branches,
        TargetName::Layer(LayerKind::Help) => &help::HelpList,
        TargetName::Layer(LayerKind::Inside) => &pages::Inside,
        TargetName::Layer(LayerKind::Output) => &pages::Output,
        TargetName::Layer(LayerKind::Notices) => &notices::Notices,
        TargetName::Layer(LayerKind::SessionSearch) => &session_search::EventsOfSessions,
        TargetName::Sent => &departed::Sent,
        TargetName::Pane(Pane::Sessions) => &sessions::SessionList,
        TargetName::Pane(Pane::Timeline) => &timeline::Events,
        TargetName::Pane(Pane::Detail) => &detail::CloseLook,
        TargetName::Pane(Pane::Waterfall) => &waterfall::WhereTimeWent,
        TargetName::Pane(Pane::Departed) => &departed::Departed,
        TargetName::Pane(Pane::Queue) => &calls::Queue,
        TargetName::Pane(Pane::Why) => &calls::Why,
        TargetName::Pane(Pane::Arguments) => &arguments::ReadArguments,
        TargetName::Pane(Pane::Answer) => &calls::Answer,
        TargetName::Pane(Pane::Files) => &artifacts::Files,
        TargetName::Pane(Pane::Viewer) => &viewer::FileViewer,
        TargetName::Pane(Pane::Comparison) => &compare::ComparedFiles,
        TargetName::Pane(Pane::SessionDiff) => &session_diff::ComparedSessions,
        TargetName::Pane(Pane::Agents) => &agents::AgentList,
        TargetName::Pane(Pane::AgentFacts) => &agents::AgentFacts,
        TargetName::Inspector => &calls::Inspector,
        TargetName::Artifacts => &files::Artifacts,
        TargetName::Screen => &screen::Screen,
        TargetName::Always => &screen::Always,
    }
}

impl Machine {
    pub fn new(keymap: Keymap) -> Self {
        Self {
            usual: default_keymap().unwrap_or_else(|_| keymap.clone()),
            keymap,
            dispatcher: Dispatcher::default(),
            pace: pace::Pace::default(),
            pressed: 0,
            waiting: None,
            commands: Vec::new(),
            quit_asked_at: None,
            steered: false,
            left_open: Vec::new(),
            searching: None,
            next_search: 0,
            news: news::News::default(),
            landing: None,
            compacting: None,
            asking_again: None,
            mouse: mouse::Held::default(),
            saving: files::Saving::default(),
            listed: files::Listed::default(),
            piped: String::new(),
            piped_at: 0,
        }
    }

    /// Keeps the session that was opened at the start, instead of showing the most urgent one.
    pub fn keep_open(&mut self, model: &Model) {
        self.steered = true;
        self.landing = jumps::beginning(model);
    }

    pub fn keymap(&self) -> &Keymap {
        &self.keymap
    }

    /// Tells the model what keys are called.
    pub fn name_keys(&self, model: &mut Model) {
        model.keys = own_keys::names(&self.keymap, &self.usual);
    }

    /// Works one message into the model. Pure: `now` is the only time that counts.
    pub fn update(&mut self, model: &mut Model, msg: Msg, now: Timestamp) -> Effects {
        model.now = now;
        let mut cx = Cx { machine: self, model, effects: Effects::default() };
        roles::learn(&mut cx, &msg);
        let outcome = answered::outcome(&msg);
        route(&mut cx, msg);
        follow(&mut cx, outcome);
        cx.effects
    }
}

/// Takes a message to where its family is handled.
fn route(cx: &mut Cx<'_>, msg: Msg) {
    match msg {
        Msg::Terminal(msg) => terminal(cx, msg),
        Msg::Run(msg) => of_run(cx, msg),
        Msg::Service(ServiceMsg::Session(msg)) => session_acts::update(cx, msg),
        Msg::Service(msg) => service::update(cx, msg),
        Msg::Stream(msg) => stream::update(cx, msg),
        Msg::File(msg) => of_file(cx, msg),
        Msg::Done(msg) => done(cx, msg),
        Msg::NotDone { effect, why } => not_done(cx, &effect, &why),
    }
}

/// What follows from every message, in this order: answers are worked in before anything is asked
/// for, and the model is made valid before what is on the screen is worked out.
fn follow(cx: &mut Cx<'_>, outcome: Option<answered::AnswerOutcome>) {
    rules::apply(cx);
    answered::note_sending(cx);
    answered::settle(cx, outcome);
    answered::fingerprint_selected(cx.model);
    if cx.model.quit {
        memory::looked(cx);
        cx.emit(Keep::Now);
    }
    files::list_again(cx);
    find::search_on(cx);
    command::ask_what_waits(cx);
    compose::offer::offer_again(cx);
    answer_editor::request_missing(cx);
    memory::keep_steps(cx);
    tour::follow(cx);
    sessions::mark_what_is_open(cx);
    cx.model.settle();
    viewer::work(cx);
}

fn terminal(cx: &mut Cx<'_>, msg: TerminalMsg) {
    match msg {
        TerminalMsg::Key(press) => keys::press(cx, press),
        TerminalMsg::Paste(text) => keys::paste(cx, &text),
        TerminalMsg::Mouse(pointer, at) => mouse::update(cx, pointer, at),
        TerminalMsg::Resize(width, height) => {
            if cx.model.size != (width, height) {
                // Lines are wrapped otherwise now.
                mouse::let_go(cx);
            }
            cx.model.size = (width, height);
        }
        TerminalMsg::Graphics(graphics) => cx.model.graphics = graphics,
        TerminalMsg::NobodyToResume => {
            cx.warn("not suspended: there is no shell to return to");
        }
    }
}

fn of_run(cx: &mut Cx<'_>, msg: RunMsg) {
    let now = cx.model.now;
    match msg {
        RunMsg::Wake => {
            cx.model.guard_until = cx.model.guard_until.filter(|until| *until > now);
            news::expiring(cx);
        }
        RunMsg::Shown => cx.model.layers.seen(now),
        RunMsg::Terminate => leaving::terminate(cx.model),
        RunMsg::Remarks(remarks) => remarks.into_iter().for_each(|remark| cx.warn(remark)),
        RunMsg::Remembered { memory, remarks } => {
            memory::remembered(cx.model, *memory, &remarks);
            mouse::remembered(cx);
        }
        RunMsg::KeepsNothing(problem) => memory::keeps_nothing(cx.model, problem),
        RunMsg::NotKept(problem) => memory::not_kept(cx.model, &problem),
        RunMsg::HeldUp { drafts, problem } => leaving::held_up(cx.model, drafts, &problem),
        RunMsg::KeptAgain => {
            cx.model.unkept = None;
            cx.say("drafts and the like are kept again");
        }
        RunMsg::NotRecorded(problem) => {
            toast(cx.model, Level::Error, format!("the recording ends here: {problem}"));
        }
        RunMsg::Inside(inside) => {
            if let Some(page) = cx.model.layers.inside_mut() {
                page.facts = *inside;
            }
        }
    }
}

fn of_file(cx: &mut Cx<'_>, msg: FileMsg) {
    match msg {
        FileMsg::FileRead(chunk) => {
            if let Some(open) = &mut cx.model.open {
                open.absorb_chunk(*chunk);
            }
            timeline::seek(cx.model);
        }
        FileMsg::FileEnded { remarks, problem } => {
            if let Some(file) = &mut cx.model.file {
                file.remarks = remarks;
            }
            timeline::seek(cx.model);
            if let Some(problem) = problem {
                toast(cx.model, Level::Error, problem);
            }
        }
        FileMsg::FileSaved(outcome) => files::saved(cx, outcome),
        FileMsg::Piped(piped) => files::piped(cx, *piped),
        FileMsg::DraftsWritten(outcome) => leaving::written_elsewhere(cx.model, outcome),
        FileMsg::KeysKept(outcome) => bind::kept(cx, outcome),
        FileMsg::NotPaged(problem) => toast(cx.model, Level::Error, problem),
        FileMsg::PathCompleted { typed, completed, offers } => {
            compose::offer::paths_listed(cx.model, &typed, &offers);
            attach::completed(cx.model, &typed, &completed, &offers);
        }
        FileMsg::Attached { session, outcome } => {
            attach::attached(cx.model, &session, outcome);
        }
    }
}

fn done(cx: &mut Cx<'_>, msg: DoneMsg) {
    match msg {
        DoneMsg::Found(found) => {
            let timeline = cx.model.open.as_mut().map(|open| &mut open.timeline);
            let awaited = timeline.is_some_and(|timeline| timeline.take_found(&found));
            if awaited && found.done {
                cx.machine.searching = None;
            }
            if let Some(problem) = found.problem.filter(|_| awaited) {
                toast(cx.model, Level::Error, format!("the search is not complete: {problem}"));
            }
        }
        DoneMsg::Worked(worked) => {
            cx.model.artifacts.take(&worked.artifact, &worked.file, worked.done);
        }
        DoneMsg::DraftChecked { call, verdict } => {
            answer_editor::checked(cx.model, &call, verdict);
        }
        DoneMsg::CommandEnded { call, ran, fits } => run::ended(cx, &call, *ran, fits),
        DoneMsg::EditedOutside { session, call, kind, text } => {
            answer_editor::edited_outside(cx, &session, &call, kind, text);
        }
        DoneMsg::MessageEditedOutside { session, text } => {
            compose::edited_outside(cx, &session, text);
        }
        DoneMsg::OwnEnded(end) => own::ended(cx, &end),
        DoneMsg::FieldEditedOutside(text) => form::edited_outside(cx, text),
        DoneMsg::Copied { what, bytes, route } => cx.say(copied(&what, bytes, &route)),
        DoneMsg::NotCopied(problem) => {
            toast(cx.model, Level::Error, format!("not copied: {problem}"));
        }
    }
}

/// Something that was wanted cannot be: it is said, and nothing waits for it any more.
fn not_done(cx: &mut Cx<'_>, effect: &Effect, why: &str) {
    match effect {
        Effect::Service(Request::Session(request)) => session_acts::not_asked(cx, request),
        Effect::Service(request) => service::not_asked(cx, request),
        _ => {}
    }
    cx.warn(format!("not done: {why}"));
}

/// Shows another session, marks it in the list, and puts away the one that was shown.
fn open(cx: &mut Cx<'_>, session: &SessionRef) {
    cx.model.sessions.select(session);
    if cx.model.open.as_ref().is_some_and(|open| open.reference == *session) {
        return;
    }
    let left = &mut cx.machine.left_open;
    let known = left.iter().position(|left| left.reference == *session);
    let mut next = match known {
        Some(at) => left.remove(at),
        None => OpenSession::new(session.clone()),
    };
    jumps::leave(cx.model);
    memory::announce_message(cx.model, session);
    next.timeline.set_bookmarks(bookmarks::of_session(cx.model, session));
    next.timeline.look_again(memory::last_look(cx.model, session));
    cx.model.link.streaming = false;
    if let Some(mut before) = cx.model.open.replace(next) {
        // Chunks that arrive meanwhile are not for it; what is stored will be listed.
        before.resume();
        before.timeline.close_stream();
        before.timeline.abandon_search();
        let left = &mut cx.machine.left_open;
        left.push(before);
        if left.len() > KEPT_TIMELINES {
            left.remove(0);
        }
    }
}

/// Ends the uppermost layer.
fn close(cx: &mut Cx<'_>, _: Action) {
    cx.model.layers.pop();
}

/// Ends writing: a good moment to keep what was written, and nobody waits.
fn leave_editor(cx: &mut Cx<'_>, _: Action) {
    cx.model.layers.pop();
    memory::left(cx);
}

/// Which way a copy went; a terminal that was handed one says nothing about it.
fn copied(what: &str, bytes: usize, route: &Route) -> String {
    let size = units::size(bytes as u64);
    match route {
        Route::Osc52 => format!("{what}: {size} by OSC 52, not confirmed"),
        Route::Native => format!("{what}: {size} is in the system's clipboard"),
        Route::File(path) => format!("{what}: {size} is in {}", path.display()),
    }
}

/// Keys are ignored for this long after the inspector opens, so that what was typed for another
/// pane cannot answer a call.
const GUARD: SignedDuration = SignedDuration::from_millis(400);
/// The same after something took the keyboard away from a person who was typing.
const GUARD_AFTER_INTERRUPTION: SignedDuration = SignedDuration::from_secs(2);
