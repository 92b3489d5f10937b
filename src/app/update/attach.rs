//! Files of this machine that go with a message, and completing their paths.

use super::{Cx, toast};
use crate::action::Action;
use crate::api::SessionRef;
use crate::app::effect::FileWork;
use crate::text::{quoted, sanitize, units};
use crate::view::layer::decision::{FileDecision, SessionDecision};
use crate::view::pane::composer::Attachment;
use crate::view::{Decision, Editor, Layer, Level, Model, QuestionKind};

/// How the command line begins that attaches a file.
const ATTACH: &str = "attach ";

/// Tab in a question for a path. Says whether it is one.
pub(super) fn complete(cx: &mut Cx<'_>) -> bool {
    let Some((typed, _)) = path_line(cx.model) else { return false };
    cx.emit(FileWork::CompletePath { typed });
    true
}

/// The path that is being typed in the uppermost layer, and what stands before it.
fn path_line(model: &mut Model) -> Option<(String, (&'static str, &mut Editor))> {
    let (before, input) = match model.layers.top_mut()? {
        Layer::Question(question) => match &question.then {
            Decision::File(decision) if decision.wants_path() => ("", &mut question.input),
            Decision::Sessions(SessionDecision::WriteDown(..)) => ("", &mut question.input),
            _ => return None,
        },
        Layer::Palette(palette) => (ATTACH, &mut palette.input),
        _ => return None,
    };
    let typed = input.text().strip_prefix(before)?.trim_start().to_owned();
    Some((typed, (before, input)))
}

pub(super) fn completed(model: &mut Model, typed: &str, completed: &str, offers: &[String]) {
    // Whoever typed on is not interrupted.
    match path_line(model) {
        Some((line, (before, input))) if line == typed => {
            input.set_text(&format!("{before}{completed}"));
        }
        _ => return,
    }
    match offers {
        [] => toast(model, Level::Info, "nothing begins like that"),
        [_] => {}
        offers if completed == typed => {
            let names: Vec<_> = offers.iter().map(|name| sanitize::one_line(name)).collect();
            toast(model, Level::Info, names.join("  "));
        }
        _ => {}
    }
}

/// Asks for the file that shall go with the message that is written.
pub(super) fn ask(cx: &mut Cx<'_>, _: Action) {
    let Some(session) = cx.model.layers.composer().cloned() else { return };
    cx.say("the path of a file; Tab completes it");
    let then = Decision::File(FileDecision::Attach(session));
    cx.model.ask_for("attach file".to_owned(), QuestionKind::Line, "", then);
}

/// Looks at a file that shall go with the next message.
pub(super) fn attach(cx: &mut Cx<'_>, session: SessionRef, path: &str) {
    if path.is_empty() {
        return cx.say("nothing attached: no file was named");
    }
    cx.emit(FileWork::Attach { session, path: path.to_owned() });
}

pub(super) fn attached(
    model: &mut Model,
    session: &SessionRef,
    outcome: Result<Attachment, String>,
) {
    match outcome {
        Ok(attachment) => {
            let size = units::size(attachment.size);
            let text = format!(
                "attached {} · {size} · {}",
                quoted::in_sentence(&attachment.name),
                attachment.mime
            );
            let files = &mut model.composer.draft_mut(session).attached;
            files.retain(|before| before.path != attachment.path);
            files.push(attachment);
            toast(model, Level::Info, text);
        }
        Err(why) => toast(model, Level::Error, why),
    }
}

/// Takes the last file off the message, and when there is none, the last skill.
pub(super) fn detach(cx: &mut Cx<'_>, _: Action) {
    let Some(session) = cx.model.layers.composer().cloned() else { return };
    let draft = cx.model.composer.draft_mut(&session);
    let file = draft.attached.pop().map(|file| file.name);
    let text = match file.or_else(|| draft.skills.pop()) {
        Some(gone) => format!("{} is not sent any more", quoted::in_sentence(&gone)),
        None => "nothing goes with the message".to_owned(),
    };
    cx.say(text);
}
