//! `update`: one message in, a changed model and effects out. A file per part of the screen.

mod answered;
mod arguments;
mod artifacts;
mod bookmarks;
mod calls;
mod command;
mod compare;
mod compose;
mod copy;
mod detail;
mod files;
mod find;
mod keys;
mod memory;
mod navigate;
mod news;
mod picked;
mod roles;
mod rules;
mod run;
mod service;
mod stream;
#[cfg(test)]
mod tests;
mod timeline;
mod trail;
mod viewer;
mod waterfall;

use jiff::SignedDuration;

use super::msg::Route;
use super::{Effect, Msg};
use std::sync::Arc;

use crate::api::{Event, EventId, SessionRef, Timestamp};
use crate::keymap::{Dispatcher, Keymap};
use crate::model::text_diff::Side;
use crate::model::timeline::HidePlan;
use crate::model::{Level, Model, OpenSession, Place, Toast};
use crate::text::units::bytes as bytes_in_words;

/// How long a toast stays.
const TOAST: SignedDuration = SignedDuration::from_secs(6);
/// Timelines of sessions that were looked at, kept to come back to with place and folds.
const KEPT_TIMELINES: usize = 8;

/// What stands between keys and the model: the keymap, an unfinished key sequence, and decisions
/// that wait for a yes.
#[derive(Clone)]
pub struct Machine {
    keymap: Keymap,
    dispatcher: Dispatcher,
    decision: Option<Decision>,
    /// A command that waits until it is known what it is about.
    waiting: Option<command::Waiting>,
    /// Commands of earlier.
    commands: command::History,
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
    landing: Option<Place>,
    saving: files::Saving,
    listed: files::Listed,
    /// The last command that a file was piped to.
    piped: String,
}

/// What Enter will do while a question stands.
#[derive(Debug, Clone, PartialEq)]
enum Decision {
    /// What is typed is a command.
    Command,
    Hide(HidePlan),
    Delete(SessionRef, Vec<Arc<Event>>),
    /// Keeps a bookmark on it, with the note that was typed.
    Bookmark(bookmarks::On),
    SendAnswers(calls::Armed),
    /// Runs what is typed for a call.
    RunCommand(EventId),
    Interrupt(SessionRef),
    /// What is typed is looked for in the file that is shown.
    FindInFile,
    File(files::Pending),
    /// Fetches both files and compares them.
    Compare(SessionRef, Box<[Side; 2]>),
    Quit,
}

impl Machine {
    pub fn new(keymap: Keymap) -> Self {
        Self {
            keymap,
            dispatcher: Dispatcher::default(),
            decision: None,
            waiting: None,
            commands: command::History::default(),
            quit_asked_at: None,
            steered: false,
            left_open: Vec::new(),
            searching: None,
            next_search: 0,
            news: news::News::default(),
            landing: None,
            saving: files::Saving::default(),
            listed: files::Listed::default(),
            piped: String::new(),
        }
    }

    /// Keeps the session that was opened at the start, instead of showing the most urgent one.
    pub fn keep_open(&mut self) {
        self.steered = true;
    }

    pub fn keymap(&self) -> &Keymap {
        &self.keymap
    }

    /// Works one message into the model. Pure: `now` is the only time that counts.
    pub fn update(&mut self, model: &mut Model, msg: Msg, now: Timestamp) -> Vec<Effect> {
        model.now = now;
        let mut effects = roles::learn(model, &msg);
        let outcome = answered::outcome(&msg);
        effects.extend(match msg {
            Msg::Key(key) => self.key(model, key),
            Msg::Paste(_) if self.is_armed(model) => {
                self.disarm(model);
                Vec::new()
            }
            Msg::Paste(text) => self.paste(model, &text),
            Msg::Resize(width, height) => {
                model.size = (width, height);
                Vec::new()
            }
            Msg::Graphics(graphics) => {
                model.graphics = Some(graphics);
                Vec::new()
            }
            Msg::Wake => {
                model.guard_until = model.guard_until.filter(|until| *until > now);
                Vec::new()
            }
            Msg::Terminate => {
                model.quit = true;
                Vec::new()
            }
            Msg::NobodyToResume => {
                toast(model, Level::Warning, "not suspended: there is no shell to return to");
                Vec::new()
            }
            Msg::Remembered { memory, remarks } => {
                memory::remembered(model, *memory, &remarks);
                Vec::new()
            }
            Msg::NotKept(problem) => {
                toast(model, Level::Error, format!("drafts are not kept: {problem}"));
                Vec::new()
            }
            Msg::NotRecorded(problem) => {
                toast(model, Level::Error, format!("the recording ends here: {problem}"));
                Vec::new()
            }
            Msg::FileRead(chunk) => {
                if let Some(open) = &mut model.open {
                    open.absorb_chunk(*chunk);
                }
                timeline::seek(model);
                Vec::new()
            }
            Msg::FileEnded { remarks, problem } => {
                if let Some(file) = &mut model.file {
                    file.remarks = remarks;
                }
                timeline::seek(model);
                if let Some(problem) = problem {
                    toast(model, Level::Error, problem);
                }
                Vec::new()
            }
            Msg::Found(found) => {
                let timeline = model.open.as_mut().map(|open| &mut open.timeline);
                let awaited = timeline.is_some_and(|timeline| timeline.take_found(&found));
                if awaited && found.done {
                    self.searching = None;
                }
                if let Some(problem) = found.problem.filter(|_| awaited) {
                    toast(model, Level::Error, format!("the search is not complete: {problem}"));
                }
                Vec::new()
            }
            Msg::CommandEnded { call, ran, fits } => run::ended(model, &call, *ran, fits),
            Msg::Worked(worked) => {
                model.artifacts.take(&worked.artifact, &worked.file, worked.done);
                Vec::new()
            }
            Msg::FileSaved(outcome) => {
                files::saved(self, model, outcome);
                Vec::new()
            }
            Msg::Piped(piped) => {
                files::piped(model, *piped);
                Vec::new()
            }
            Msg::NotPaged(problem) => {
                toast(model, Level::Error, problem);
                Vec::new()
            }
            Msg::PathCompleted { typed, completed, offers } => {
                files::completed(model, &typed, &completed, &offers);
                Vec::new()
            }
            Msg::Attached { session, path: _, outcome } => {
                files::attached(model, &session, outcome);
                Vec::new()
            }
            Msg::Copied { what, bytes, route } => {
                toast(model, Level::Info, copied(&what, bytes, &route));
                Vec::new()
            }
            Msg::NotCopied(problem) => {
                toast(model, Level::Error, format!("not copied: {problem}"));
                Vec::new()
            }
            Msg::DraftChecked { call, verdict } => {
                calls::checked(model, &call, verdict);
                Vec::new()
            }
            Msg::ToolRead { tool, read } => {
                calls::tool_read(model, tool, read);
                Vec::new()
            }
            Msg::EditedOutside { session, call, kind, text } => {
                calls::edited_outside(model, &session, &call, kind, text)
            }
            msg @ (Msg::InputTaken { .. }
            | Msg::InputRefused { .. }
            | Msg::InputDoubtful { .. }
            | Msg::InputFound { .. }
            | Msg::Streamed { .. }
            | Msg::StreamEnded { .. }) => stream::update(self, model, msg),
            msg => self.service(model, msg),
        });
        effects.extend(rules::put(model));
        answered::note_sending(model, &effects);
        effects.extend(answered::settle(model, outcome));
        answered::know_again(model);
        if model.quit {
            effects.extend(memory::looked(model));
            effects.push(Effect::RememberNow);
        }
        effects.extend(files::list_again(self, model));
        effects.extend(self.search_on(model));
        self.ask_what_waits(model);
        effects.extend(calls::pursue(model));
        model.settle();
        effects.extend(viewer::work(model));
        effects
    }

    /// Shows another session, and puts away the one that was shown.
    fn open(&mut self, model: &mut Model, session: &SessionRef) {
        if model.open.as_ref().is_some_and(|open| open.reference == *session) {
            return;
        }
        let known = self.left_open.iter().position(|left| left.reference == *session);
        let mut next = match known {
            Some(at) => self.left_open.remove(at),
            None => OpenSession::new(session.clone()),
        };
        trail::leave(model);
        memory::announce_message(model, session);
        next.timeline.set_bookmarks(bookmarks::of_session(model, session));
        next.timeline.look_again(memory::last_look(model, session));
        model.link.streaming = false;
        if let Some(mut before) = model.open.replace(next) {
            // Chunks that arrive meanwhile are not for it; what is stored will be listed.
            before.resume();
            before.timeline.close_stream();
            before.timeline.abandon_search();
            self.left_open.push(before);
            if self.left_open.len() > KEPT_TIMELINES {
                self.left_open.remove(0);
            }
        }
    }
}

/// Which way a copy went; a terminal that was handed one says nothing about it.
fn copied(what: &str, bytes: usize, route: &Route) -> String {
    let size = bytes_in_words(bytes as u64);
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

fn guard(model: &mut Model, length: SignedDuration) {
    model.guard_until = model.now.checked_add(length).ok();
}

fn toast(model: &mut Model, level: Level, text: impl Into<String>) {
    let until = model.now.checked_add(TOAST).unwrap_or(model.now);
    model.toast = Some(Toast { text: text.into(), until, level });
}
