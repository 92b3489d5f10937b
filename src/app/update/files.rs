//! Files of a session taken along: fetched, saved, given to a program or a pager.
//!
//! Decides what is asked before anything happens; the bytes are the runtime's. Start with
//! [`Artifacts`] for keys and [`decide`] for answers to what was asked.

use std::borrow::Cow;
use std::sync::Arc;

use jiff::SignedDuration;

use super::{Cx, attach, fetching, toast};
use crate::action::Action;
use crate::api::{ArtifactId, EventId, SessionRef, Timestamp};
use crate::app::chain::{Handler, Target};
use crate::app::effect::{FileWork, Request, TerminalWork};
use crate::app::msg::{Piped, SaveOutcome};
use crate::content::Prepared;
use crate::keymap::Scope;
use crate::text::{file_name, sanitize, units};
use crate::view::layer::decision::FileDecision;
use crate::view::layer::output::OutputPage;
use crate::view::pane::artifacts::{Checksum, Content};
use crate::view::{Decision, Focus, Layer, Level, Model, QuestionKind, View};

/// What the list of files and the viewer have in common: the file that both are about.
pub(super) struct Artifacts;

impl Target for Artifacts {
    fn place(&self) -> &'static str {
        "the files of a session"
    }

    fn way(&self) -> Option<Action> {
        Some(Action::PaneArtifacts)
    }

    fn scopes(&self) -> &'static [Scope] {
        &[Scope::Artifacts]
    }

    fn handler(&self, _: &Model, action: Action) -> Option<Handler> {
        Some(match action {
            Action::Save => save,
            Action::RunCommand | Action::Page => with_file,
            Action::NextFile | Action::PreviousFile => step,
            Action::Uses => super::uses::open,
            Action::Compare => super::compare::start,
            Action::NextLook => super::viewer::next_look,
            Action::Copy => super::viewer::copy,
            Action::Wrap => |cx, _| cx.model.artifacts.wrap = !cx.model.artifacts.wrap,
            _ => return None,
        })
    }

    fn hints(&self, _: &Model) -> Vec<(Action, &'static str)> {
        Vec::new()
    }
}

fn step(cx: &mut Cx<'_>, action: Action) {
    let by = if action == Action::NextFile { 1 } else { -1 };
    cx.model.artifacts.list.move_selection(by);
    fetching::preview(cx);
}

/// A save whose outcome is awaited, and a file that is saved once it is here, each with the keys that
/// were pressed before it began: whoever has pressed one since waits for it no more.
#[derive(Debug, Clone, Default)]
pub(super) struct Saving {
    under_way: Option<(Arc<Prepared>, String, u64)>,
    when_here: Option<(ArtifactId, u64)>,
    /// Something is there already, of which the person was told; the next save begins with that.
    exists: Option<Exists>,
}

#[derive(Debug, Clone)]
struct Exists {
    file: Arc<Prepared>,
    name: String,
    path: String,
    free: String,
}

fn ask(cx: &mut Cx<'_>, text: String, decision: FileDecision) {
    cx.model.ask(text, Decision::File(decision));
}

fn ask_for(cx: &mut Cx<'_>, text: String, typed: &str, decision: FileDecision) {
    cx.model.ask_for(text, QuestionKind::Line, typed, Decision::File(decision));
}

/// Up to where files were listed: the newest event then, and when that was.
#[derive(Debug, Clone, Default)]
pub(super) struct Listed {
    as_of: Option<EventId>,
    at: Timestamp,
}

/// How long files are not listed anew, whatever goes on in the session.
const LIST_EVERY: SignedDuration = SignedDuration::from_secs(1);

/// Lists the files on the screen anew when something has happened in their session.
pub(super) fn list_again(cx: &mut Cx<'_>) {
    let Some(open) = cx.model.open.as_ref() else { return };
    let newest = open.latest().newest_event();
    let listed = &mut cx.machine.listed;
    if newest == listed.as_of.as_ref() {
        return;
    }
    let shown = cx.model.view == View::Artifacts
        && cx.model.artifacts.session().is_none_or(|session| *session == open.reference);
    if shown && cx.model.now.duration_since(listed.at) < LIST_EVERY {
        // The next message finds the difference again.
        return;
    }
    listed.as_of = newest.cloned();
    if shown {
        listed.at = cx.model.now;
        let session = open.reference.clone();
        cx.emit(Request::ListArtifacts { session });
    }
}

/// Enter on a file that is not here, or is not what was promised: asks first where it is large. Says
/// whether there was such a thing to do.
pub(super) fn open(cx: &mut Cx<'_>) -> bool {
    let Some((session, id, size)) = wanted(cx.model) else { return false };
    match cx.model.artifacts.loaded().map(|loaded| &loaded.content) {
        Some(Content::Doubtful { reason, .. }) => {
            let text = format!("{reason}. Show what came?");
            ask(cx, text, FileDecision::Show(id));
            true
        }
        None | Some(Content::NotLoaded | Content::Failed { .. }) => {
            cx.model.focus = Focus::Viewer;
            fetch(cx, session, id, size, false);
            true
        }
        _ => false,
    }
}

fn wanted(model: &Model) -> Option<(SessionRef, ArtifactId, u64)> {
    let session = model.artifacts.session()?.clone();
    let listed = model.artifacts.selected()?;
    Some((session, listed.id.clone(), listed.size_bytes))
}

fn fetch(cx: &mut Cx<'_>, session: SessionRef, artifact: ArtifactId, size: u64, then_save: bool) {
    let here = cx.model.artifacts.selected();
    let here = here.is_some_and(|listed| cx.model.file_cache.holds(&session, listed));
    if size > cx.model.file_cache.limits.ask_above && !here {
        let text = format!("Fetch {}?", units::size(size));
        ask(cx, text, FileDecision::Fetch { session, artifact, then_save });
        return;
    }
    if then_save {
        cx.machine.saving.when_here = Some((artifact.clone(), cx.machine.pressed));
    }
    fetching::fetch(cx, session, artifact);
}

/// Whether Esc has something to end before it leads back: a fetch that is looked at, or a program.
/// In the list files are fetched as the cursor passes: there Esc means the list.
pub(super) fn can_stop(model: &Model) -> bool {
    let coming = model.artifacts.loaded().map(|loaded| &loaded.content);
    matches!(coming, Some(Content::Loading)) || model.artifacts.piping.is_some()
}

pub(super) fn stop(cx: &mut Cx<'_>, _: Action) {
    let coming = cx.model.artifacts.loaded().map(|loaded| &loaded.content);
    let looked_at = cx.model.focus == Focus::Viewer && matches!(coming, Some(Content::Loading));
    if let Some((_, artifact, _)) = wanted(cx.model).filter(|_| looked_at) {
        cx.model.artifacts.set_content(&artifact, Content::NotLoaded, Checksum::Unchecked);
        cx.model.artifacts.transfers.remove(&artifact);
        cx.emit(Request::StopFetch { artifact });
        cx.say("stopped; Enter fetches it again from the start");
    } else if let Some(line) = cx.model.artifacts.piping.take() {
        cx.emit(FileWork::StopPipe);
        cx.say(format!("stopping {line}"));
    }
}

/// The file that is here, with what is wrong with it.
fn loaded(model: &Model) -> Option<(Arc<Prepared>, Option<String>)> {
    let loaded = model.artifacts.loaded()?;
    match &loaded.content {
        Content::Ready(file) => {
            let wrong = loaded.checksum == Checksum::Differs;
            let flaw = wrong.then(|| "this is not the file that was promised".to_owned());
            Some((Arc::clone(file), flaw))
        }
        Content::Doubtful { file, reason } => Some((Arc::clone(file), Some(reason.clone()))),
        _ => None,
    }
}

fn save(cx: &mut Cx<'_>, _: Action) {
    match loaded(cx.model) {
        Some((file, None)) => match cx.machine.saving.exists.take() {
            Some(exists) if Arc::ptr_eq(&exists.file, &file) => ask_otherwise(cx, exists),
            _ => ask_where(cx, file),
        },
        Some((file, Some(flaw))) => {
            let text = format!("{flaw}. Save what came?");
            ask(cx, text, FileDecision::SaveFlawed(file));
        }
        None => {
            if let Some((session, id, size)) = wanted(cx.model) {
                fetch(cx, session, id, size, true);
            }
        }
    }
}

fn ask_where(cx: &mut Cx<'_>, file: Arc<Prepared>) {
    let (name, changed) = file_name::harmless(file.name());
    let name = name.into_owned();
    if changed {
        let text = "the name from the service was made harmless; Tab completes directories";
        cx.warn(text);
    } else {
        cx.say("here, or another path; Tab completes it");
    }
    let pending = FileDecision::Save { file, name: name.clone(), told: None };
    ask_for(cx, "save as".to_owned(), &name, pending);
}

fn with_file(cx: &mut Cx<'_>, action: Action) {
    let file = match loaded(cx.model) {
        Some((file, None)) => file,
        Some((_, Some(flaw))) => {
            let saves = cx.key(Action::Save, "S");
            toast(cx.model, Level::Warning, format!("{flaw}; {saves} saves it all the same"));
            return;
        }
        None => {
            toast(cx.model, Level::Info, "the file is not here yet; Enter fetches it");
            return;
        }
    };
    if action == Action::Page {
        return cx.emit(TerminalWork::Page { file });
    }
    if let Some(line) = &cx.model.artifacts.piping {
        let text = format!("{line} still runs; Esc stops it");
        toast(cx.model, Level::Info, text);
        return;
    }
    let before = cx.machine.piped.clone();
    ask_for(cx, "pipe to".to_owned(), &before, FileDecision::Pipe(file));
}

/// A question about files was answered with Enter.
pub(super) fn decide(cx: &mut Cx<'_>, pending: FileDecision, typed: &str) {
    let typed = typed.trim();
    match pending {
        FileDecision::Fetch { session, artifact, then_save } => {
            if then_save {
                cx.machine.saving.when_here = Some((artifact.clone(), cx.machine.pressed));
            }
            fetching::fetch(cx, session, artifact);
        }
        FileDecision::Show(id) => {
            let Some(loaded) = cx.model.artifacts.loaded() else { return };
            if let Content::Doubtful { file, .. } = &loaded.content {
                let content = Content::Ready(Arc::clone(file));
                cx.model.artifacts.set_content(&id, content, Checksum::Differs);
            }
        }
        FileDecision::SaveFlawed(file) => ask_where(cx, file),
        FileDecision::Save { file, name, told } => {
            if typed.is_empty() {
                toast(cx.model, Level::Info, "not saved: no name was given");
                return;
            }
            if told.as_deref() == Some(typed) {
                let text = format!("Replace {typed}?");
                ask(cx, text, FileDecision::Replace { file, name, path: typed.to_owned() });
                return;
            }
            begin_save(cx, file, name, typed, false);
        }
        FileDecision::Replace { file, name, path } => begin_save(cx, file, name, &path, true),
        FileDecision::Pipe(file) => pipe(cx, file, typed),
        FileDecision::Attach(session) => attach::attach(cx, session, typed),
    }
}

fn begin_save(cx: &mut Cx<'_>, file: Arc<Prepared>, name: String, to: &str, replace: bool) {
    cx.machine.saving.under_way = Some((Arc::clone(&file), name.clone(), cx.machine.pressed));
    cx.emit(FileWork::Save { file, to: to.to_owned(), name, replace });
}

/// The bytes of a file are here, or will not come. Where to save them is asked only of somebody who
/// still waits for that.
pub(super) fn arrived(cx: &mut Cx<'_>, artifact: &ArtifactId) {
    cx.model.artifacts.transfers.remove(artifact);
    let waits = cx.machine.saving.when_here.take_if(|(awaited, _)| awaited == artifact);
    let Some((_, since)) = waits.filter(|_| loaded(cx.model).is_some()) else { return };
    if since == cx.machine.pressed && cx.model.view == View::Artifacts {
        cx.model.guard(super::GUARD);
        save(cx, Action::Save);
    } else {
        cx.say(format!(
            "the file to be saved is here; {} in the list of files saves it",
            cx.key(Action::Save, "S")
        ));
    }
}

pub(super) fn saved(cx: &mut Cx<'_>, outcome: SaveOutcome) {
    let under_way = cx.machine.saving.under_way.take();
    match outcome {
        SaveOutcome::Saved { path, bytes } => {
            let wrong = under_way.is_some_and(|(file, ..)| is_flawed(cx.model, &file));
            let verdict = if wrong { "NOT the file that was promised" } else { "checksum right" };
            let level = if wrong { Level::Warning } else { Level::Info };
            toast(cx.model, level, format!("saved {path} · {bytes} bytes · {verdict}"));
        }
        SaveOutcome::Exists { path, free } => {
            let Some((file, name, since)) = under_way else { return };
            let exists = Exists { file, name, path, free };
            if since == cx.machine.pressed {
                cx.model.guard(super::GUARD);
                return ask_otherwise(cx, exists);
            }
            let asks = cx.key(Action::Save, "S");
            cx.warn(format!(
                "not saved: {} is there already; {asks} asks for another name",
                exists.path
            ));
            cx.machine.saving.exists = Some(exists);
        }
        SaveOutcome::Refused(why) => toast(cx.model, Level::Error, why),
    }
}

fn ask_otherwise(cx: &mut Cx<'_>, Exists { file, name, path, free }: Exists) {
    cx.warn("it is there already: type its name again to replace it");
    let question = format!("{} is there; save as", last(&path));
    ask_for(cx, question, &free, FileDecision::Save { file, name, told: Some(path) });
}

fn last(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

fn is_flawed(model: &Model, file: &Arc<Prepared>) -> bool {
    loaded(model).is_some_and(|(shown, flaw)| Arc::ptr_eq(&shown, file) && flaw.is_some())
}

fn pipe(cx: &mut Cx<'_>, file: Arc<Prepared>, line: &str) {
    let Some(words) = shlex::split(line) else {
        return toast(cx.model, Level::Error, "not run: a quote is not closed");
    };
    if words.is_empty() {
        return;
    }
    line.clone_into(&mut cx.machine.piped);
    cx.machine.piped_at = cx.machine.pressed;
    cx.model.artifacts.piping = Some(line.to_owned());
    cx.say(format!("{line} runs; Esc stops it"));
    cx.emit(FileWork::Pipe { file, line: line.to_owned(), words });
}

/// A program has ended: what it printed is shown to somebody who still waits for that.
pub(super) fn piped(cx: &mut Cx<'_>, piped: Piped) {
    cx.model.artifacts.piping = None;
    let Piped { line, summary, succeeded, output } = piped;
    let level = if succeeded { Level::Info } else { Level::Error };
    let waits = cx.machine.piped_at == cx.machine.pressed && cx.model.view == View::Artifacts;
    let quiet = output.trim().is_empty();
    if waits && !quiet {
        let title = format!("{line} · {summary}");
        let lines = sanitize::lines(&output).map(Cow::into_owned).collect();
        cx.model.layers.push(Layer::Output(OutputPage::new(title, lines)));
    }
    let again = cx.key(Action::RunCommand, "!");
    let unseen = if waits || quiet {
        String::new()
    } else {
        format!(" · {again} runs it again and shows what it printed")
    };
    toast(cx.model, level, format!("{line}: ran, {summary}{unseen}"));
}
