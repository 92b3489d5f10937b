//! Leaving foretop, and what was written and would be lost by it.
//!
//! Start with [`quit`]. The invariant: what was written and is neither sent nor on the disk is lost
//! only to somebody who was told so, and could have put it elsewhere.

use std::fmt::Write as _;

use jiff::SignedDuration;

use super::{Cx, toast};
use crate::action::Action;
use crate::app::effect::FileWork;
use crate::text::quoted;
use crate::text::units::counted;
use crate::view::{Decision, Leaving, Level, Model, QuestionKind};

/// A second Ctrl-C within this time quits.
const TWICE: SignedDuration = SignedDuration::from_secs(2);
/// Typed by who wants no draft kept.
const LOSE: &str = "lose";

/// Quits, but not over something written that would be lost. Where it is kept on the disk, the last of
/// it is written first, and [`held_up`] follows where that fails.
pub(super) fn quit(cx: &mut Cx<'_>) {
    cx.model.next_profile = None;
    let count = drafts(cx.model).len();
    if cx.model.remembers || count == 0 {
        cx.model.quit = true;
    } else if let Some(why) = cx.model.unkept.clone() {
        ask(cx.model, count, &why);
    } else {
        let what = counted(count, "draft");
        cx.model.ask(format!("Quit and lose {what} not sent?"), Decision::Quit);
    }
}

/// Ends this run to begin one on another profile, with the same care for what was written.
pub(super) fn switch(cx: &mut Cx<'_>, profile: &str) {
    quit(cx);
    cx.model.next_profile = Some(profile.to_owned());
}

pub(super) fn quit_when_twice(cx: &mut Cx<'_>, _: Action) {
    let now = cx.model.now;
    let again = cx.machine.quit_asked_at.is_some_and(|at| now.duration_since(at) <= TWICE);
    let question = cx.model.layers.question().map(|question| &question.then);
    if again && matches!(question, Some(Decision::Quit | Decision::KeepElsewhere)) {
        cx.model.next_profile = None;
        for_good(cx.model);
    } else if again {
        cx.machine.quit_asked_at = None;
        quit(cx);
    } else {
        cx.machine.quit_asked_at = Some(now);
        let quits = cx.key(Action::QuitInterrupt, "Ctrl-c");
        cx.warn(format!("{quits} once more quits"));
    }
}

/// Quits whatever is lost.
pub(super) fn for_good(model: &mut Model) {
    (model.quit, model.leaving) = (true, Leaving::ForGood);
}

/// The process was asked to end: nobody can be asked.
pub(super) fn terminate(model: &mut Model) {
    model.next_profile = None;
    for_good(model);
    if let Some(why) = model.unkept.clone().filter(|_| !model.remembers) {
        say_last(model, &why);
    }
}

/// So many drafts are not on the disk, which is why leaving waits.
pub(super) fn held_up(model: &mut Model, unwritten: usize, why: &str) {
    model.unkept = Some(why.to_owned());
    let count = drafts(model).len();
    if model.leaving == Leaving::ForGood {
        say_last(model, why);
    } else if unwritten > 0 && count > 0 {
        model.quit = false;
        ask(model, count, why);
    }
}

fn say_last(model: &mut Model, why: &str) {
    let count = drafts(model).len();
    if count > 0 && model.last_words.is_none() {
        model.last_words =
            Some(format!("{} not sent and not kept: {why}", counted(count, "draft")));
    }
}

fn ask(model: &mut Model, count: usize, why: &str) {
    let it = if count == 1 { "it" } else { "them" };
    let text = format!(
        "{} not kept: {why}. Write {it} to a file and quit ({LOSE} quits without):",
        counted(count, "draft")
    );
    let day = model.wall().dated(model.now).replace([' ', ':'], "-");
    let path = format!("{}/foretop-drafts-{day}.md", model.elsewhere.trim_end_matches('/'));
    model.ask_for(text, QuestionKind::Line, &path, Decision::KeepElsewhere);
}

pub(super) fn keep_elsewhere(cx: &mut Cx<'_>, typed: &str) {
    match typed.trim() {
        LOSE => for_good(cx.model),
        "" => cx.say("nothing was written, and nothing is left yet"),
        to => {
            let text = drafts(cx.model).concat();
            cx.emit(FileWork::WriteDrafts { to: to.to_owned(), text });
        }
    }
}

/// The drafts are in that file, or in words why not.
pub(super) fn written_elsewhere(model: &mut Model, outcome: Result<String, String>) {
    let count = drafts(model).len();
    match outcome {
        Ok(path) => {
            model.last_words = Some(format!("{} not sent: in {path}", counted(count, "draft")));
            for_good(model);
        }
        Err(why) => {
            toast(model, Level::Error, why.clone());
            ask(model, count, &why);
        }
    }
}

/// What was written and not sent, each with a heading.
fn drafts(model: &Model) -> Vec<String> {
    let messages = model.composer.written().map(|(session, text)| {
        let heading = format!("message to {}", quoted::in_sentence(&session.to_string()));
        (heading, text)
    });
    let answers = model.calls.iter().filter(|call| call.draft.touched).map(|call| {
        let tool = quoted::in_sentence(&call.pending.tool_name);
        let (id, session) = (call.id().to_string(), call.session.to_string());
        let of = format!("{} of {}", quoted::in_sentence(&id), quoted::in_sentence(&session));
        let heading = format!("{} to {tool}, call {of}", call.draft.kind.word());
        (heading, call.draft.editor.text())
    });
    let one = |(heading, text): (String, String)| {
        let mut out = format!("## {heading}\n\n");
        let _ = writeln!(out, "{text}\n");
        out
    };
    messages.chain(answers).map(one).collect()
}
