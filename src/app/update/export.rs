//! Sessions written to files of this machine: where to, what of them, and in which form.
//!
//! Owns the questions before it; [`super::session_acts`] has the words after it. The invariant: nothing is
//! written over a file that is there.

use super::Cx;
use crate::action::Action;
use crate::api::SessionRef;
use crate::app::effect::Request;
use crate::app::session_request::SessionRequest;
use crate::export::{Format, Part, Writing};
use crate::model::Blocked;
use crate::text::units::counted;
use crate::text::{file_name, quoted};
use crate::view::layer::decision::SessionDecision;
use crate::view::session_work::SessionWork;
use crate::view::{Decision, Model, QuestionKind, View};

/// `S` in the timeline: the marked rows, or the whole session.
pub(super) fn ask_in_timeline(cx: &mut Cx<'_>, _: Action) {
    let part = marked(cx.model).unwrap_or_default();
    ask_about_open(cx, Writing::Export(Format::default(), part));
}

/// Why it would come to nothing now.
pub(super) fn off(model: &Model) -> Option<String> {
    if model.view == View::File {
        return Some(Blocked::File.words());
    }
    model.open.is_none().then(|| "open a session first".to_owned())
}

fn marked(model: &Model) -> Option<Part> {
    let open = model.open.as_ref().filter(|open| open.timeline.marked_len() > 0)?;
    let units = open.timeline.targets().into_iter().filter(|unit| unit.stored);
    Some(Part::These(units.flat_map(|unit| unit.event_ids()).collect()))
}

fn ask_about_open(cx: &mut Cx<'_>, what: Writing) {
    let Some(open) = &cx.model.open else { return cx.say("open a session first") };
    let session = open.reference.clone();
    ask(cx, vec![session], what);
}

/// Asks where to.
pub(super) fn ask(cx: &mut Cx<'_>, sessions: Vec<SessionRef>, what: Writing) {
    if let Some(busy) = cx.model.session_work.as_ref().map(SessionWork::busy) {
        return cx.say(busy);
    }
    let extension = what.extension();
    let (text, to) = match sessions.as_slice() {
        [one] => {
            let (file, _) = file_name::harmless(one.key.as_str());
            (
                question(&quoted::in_heading(one.key.as_str(), 30), &what),
                format!("{file}.{extension}"),
            )
        }
        many => {
            (format!("Write {} into the directory", counted(many.len(), "session")), "./".into())
        }
    };
    let then = Decision::Sessions(SessionDecision::WriteDown(sessions, what));
    cx.model.ask_for(text, QuestionKind::Line, &to, then);
}

fn question(name: &str, what: &Writing) -> String {
    match what {
        Writing::Lines => format!("Write {name} with all its events to"),
        Writing::Bundle => format!("Pack {name} with all that belongs to it, redacted, into"),
        Writing::Export(_, part) => {
            let part = match part {
                Part::Whole => "all".to_owned(),
                Part::LastTurns(turns) => format!("the last {}", counted(*turns, "turn")),
                Part::These(events) => counted(events.len(), "marked event"),
            };
            format!("Export {part} of {name}, redacted, to (.md, .html or .jsonl)")
        }
    }
}

/// Writes them to the path that was typed.
pub(super) fn start(cx: &mut Cx<'_>, sessions: Vec<SessionRef>, what: Writing, typed: &str) {
    let to = typed.trim();
    if to.is_empty() {
        return cx.say("nothing was written: there was no path");
    }
    let what = in_form_of(what, to);
    let work = SessionWork::writing_down(&sessions, what.clone(), cx.machine.pressed);
    cx.model.session_work = Some(work);
    let request = SessionRequest::WriteDown { sessions, to: to.to_owned(), what };
    cx.emit(Request::Session(request));
}

/// The end of the name says which form it has.
fn in_form_of(what: Writing, path: &str) -> Writing {
    match what {
        Writing::Export(format, part) => {
            let ending = path.rsplit_once('.').map_or("", |(_, ending)| ending);
            Writing::Export(Format::named(ending).unwrap_or(format), part)
        }
        other => other,
    }
}

/// The name was taken: another one is asked for, of somebody who still waits for that.
pub(super) fn ask_otherwise(cx: &mut Cx<'_>, work: &SessionWork, path: &str, free: &str) {
    let (Some(session), Some((what, since))) = (work.only().cloned(), work.writing.clone()) else {
        return;
    };
    let name = path.rsplit('/').next().unwrap_or(path);
    if since != cx.machine.pressed || !cx.model.layers.is_empty() {
        return cx.warn(format!("not written: {path} is there already; give another name"));
    }
    cx.model.guard(super::GUARD);
    let text = format!("{} is there already; write to", quoted::in_heading(name, 40));
    let then = Decision::Sessions(SessionDecision::WriteDown(vec![session], what));
    cx.model.ask_for(text, QuestionKind::Line, free, then);
}

/// `:export md --last 3 notes.md`.
pub(super) fn run_line(cx: &mut Cx<'_>, line: &str) -> Result<(), String> {
    let wrong =
        |word: &str| format!("export {line}: {word}; it takes md, jsonl or html, --last N, PATH");
    let (mut format, mut part, mut path) = (None, marked(cx.model).unwrap_or_default(), None);
    let mut words = shlex::split(line).ok_or_else(|| wrong("a quote is not closed"))?.into_iter();
    while let Some(word) = words.next() {
        if word == "--last" {
            let turns = words.next().and_then(|turns| turns.parse().ok());
            part = Part::LastTurns(turns.ok_or_else(|| wrong("--last needs a number of turns"))?);
        } else if word.starts_with("--") {
            return Err(wrong(&format!("there is no {word}")));
        } else if let Some(named) = Format::named(&word).filter(|_| format.is_none()) {
            format = Some(named);
        } else if path.replace(word).is_some() {
            return Err(wrong("there are two paths"));
        }
    }
    write(cx, Writing::Export(format.unwrap_or_default(), part), path);
    Ok(())
}

/// `:bundle`, or `:bundle PATH`.
pub(super) fn run_bundle(cx: &mut Cx<'_>, path: &str) {
    let path = (!path.is_empty()).then(|| path.to_owned());
    write(cx, Writing::Bundle, path);
}

fn write(cx: &mut Cx<'_>, what: Writing, path: Option<String>) {
    let Some(path) = path else { return ask_about_open(cx, what) };
    if let Some(busy) = cx.model.session_work.as_ref().map(SessionWork::busy) {
        return cx.say(busy);
    }
    let Some(open) = &cx.model.open else { return cx.say("open a session first") };
    let session = open.reference.clone();
    start(cx, vec![session], what, &path);
}
