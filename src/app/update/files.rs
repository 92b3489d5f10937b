//! Files of a session taken along: fetched, saved, given to a program or a pager; and files of this
//! machine attached to a message.
//!
//! Decides what is asked before anything happens; the bytes are the runtime's. Start with [`act`]
//! for keys and [`decide`] for answers to what was asked.

use std::borrow::Cow;
use std::sync::Arc;

use jiff::SignedDuration;

use super::{Decision, Machine, keys, service, toast};
use crate::api::{ArtifactId, EventId, SessionRef, Timestamp};
use crate::app::msg::{Piped, SaveOutcome};
use crate::app::{Action, Effect};
use crate::content::Prepared;
use crate::model::artifacts::{Checksum, Content};
use crate::model::composer::Attachment;
use crate::model::{CommandOutput, Focus, Level, Mode, Model, Overlay, QuestionKind, View};
use crate::text::{file_name, sanitize, units};

/// What a question about files was about.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Pending {
    Fetch {
        session: SessionRef,
        artifact: ArtifactId,
        then_save: bool,
    },
    /// Shows what came although it is not what was promised.
    Show(ArtifactId),
    SaveFlawed(Arc<Prepared>),
    Save {
        file: Arc<Prepared>,
        name: String,
        told: Option<String>,
    },
    Replace {
        file: Arc<Prepared>,
        name: String,
        path: String,
    },
    Pipe(Arc<Prepared>),
    Attach(SessionRef),
}

/// A save whose outcome is awaited, and a file that is saved once it is here.
#[derive(Debug, Clone, Default)]
pub(super) struct Saving {
    under_way: Option<(Arc<Prepared>, String)>,
    when_here: Option<ArtifactId>,
}

fn ask(machine: &mut Machine, model: &mut Model, text: String, pending: Pending) {
    keys::ask(model, text);
    machine.decision = Some(Decision::File(pending));
}

fn ask_for(machine: &mut Machine, model: &mut Model, text: String, typed: &str, pending: Pending) {
    keys::ask_for(model, text, QuestionKind::Line, typed);
    machine.decision = Some(Decision::File(pending));
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
pub(super) fn list_again(machine: &mut Machine, model: &Model) -> Option<Effect> {
    let open = model.open.as_ref()?;
    let newest = open.latest().newest_event();
    let listed = &mut machine.listed;
    if newest == listed.as_of.as_ref() {
        return None;
    }
    let shown = model.view == View::Artifacts
        && model.artifacts.session().is_none_or(|session| *session == open.reference);
    if shown && model.now.duration_since(listed.at) < LIST_EVERY {
        // The next message finds the difference again.
        return None;
    }
    listed.as_of = newest.cloned();
    if !shown {
        return None;
    }
    listed.at = model.now;
    Some(Effect::ListArtifacts { session: open.reference.clone() })
}

/// What a key does with files; `None` when that is nothing of its own.
pub(super) fn act(machine: &mut Machine, model: &mut Model, action: Action) -> Option<Vec<Effect>> {
    match action {
        Action::SwitchSearch if model.prompt.is_none() => return complete(machine, model),
        Action::Cancel => return cancel(machine, model),
        Action::Attach => return Some(ask_to_attach(machine, model)),
        Action::Detach => return Some(detach(model)),
        _ => {}
    }
    let here = matches!(model.focus, Focus::Viewer | Focus::ArtifactList);
    let covered = model.overlay.is_some() || model.ask.is_some() || model.comparison.is_some();
    if model.view != View::Artifacts || !here || covered {
        return None;
    }
    match action {
        Action::Open => open(machine, model),
        Action::Back => stop(model),
        Action::Save => Some(save(machine, model)),
        Action::RunCommand | Action::Page => Some(with_file(machine, model, action)),
        _ => None,
    }
}

/// Enter on a file: asks first where it is large, or is not what was promised.
fn open(machine: &mut Machine, model: &mut Model) -> Option<Vec<Effect>> {
    let (session, id, size) = wanted(model)?;
    let content = model.artifacts.loaded().map(|loaded| &loaded.content);
    match content {
        Some(Content::Doubtful { reason, .. }) => {
            let text = format!("{reason}. Show what came?");
            ask(machine, model, text, Pending::Show(id));
        }
        None | Some(Content::NotLoaded | Content::Failed { .. }) => {
            if model.focus == Focus::ArtifactList {
                model.focus = Focus::Viewer;
            }
            return Some(fetch(machine, model, session, id, size, false));
        }
        _ => return None,
    }
    Some(Vec::new())
}

fn wanted(model: &Model) -> Option<(SessionRef, ArtifactId, u64)> {
    let session = model.artifacts.session()?.clone();
    let listed = model.artifacts.selected()?;
    Some((session, listed.id.clone(), listed.size_bytes))
}

fn fetch(
    machine: &mut Machine,
    model: &mut Model,
    session: SessionRef,
    artifact: ArtifactId,
    size: u64,
    then_save: bool,
) -> Vec<Effect> {
    let here = model.artifacts.selected();
    let here = here.is_some_and(|listed| model.file_cache.holds(&session, listed));
    if size > model.file_cache.limits.ask_above && !here {
        let text = format!("Fetch {}?", units::bytes(size));
        ask(machine, model, text, Pending::Fetch { session, artifact, then_save });
        return Vec::new();
    }
    if then_save {
        machine.saving.when_here = Some(artifact.clone());
    }
    service::fetch(model, session, artifact)
}

/// Esc ends what is under way before it leads back.
fn stop(model: &mut Model) -> Option<Vec<Effect>> {
    let (_, id, _) = wanted(model)?;
    let coming = model.artifacts.loaded().map(|loaded| &loaded.content);
    // In the list files are fetched as the cursor passes: there Esc means the list.
    if model.focus == Focus::Viewer && matches!(coming, Some(Content::Loading)) {
        model.artifacts.set_content(&id, Content::NotLoaded, Checksum::Unchecked);
        model.artifacts.transfers.remove(&id);
        toast(model, Level::Info, "stopped; Enter fetches it again from the start");
        return Some(vec![Effect::StopFetch { artifact: id }]);
    }
    let line = model.artifacts.piping.take()?;
    toast(model, Level::Info, format!("stopping {line}"));
    Some(vec![Effect::StopPipe])
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

fn save(machine: &mut Machine, model: &mut Model) -> Vec<Effect> {
    match loaded(model) {
        Some((file, None)) => ask_where(machine, model, file),
        Some((file, Some(flaw))) => {
            let text = format!("{flaw}. Save what came?");
            ask(machine, model, text, Pending::SaveFlawed(file));
        }
        None => {
            let Some((session, id, size)) = wanted(model) else { return Vec::new() };
            return fetch(machine, model, session, id, size, true);
        }
    }
    Vec::new()
}

fn ask_where(machine: &mut Machine, model: &mut Model, file: Arc<Prepared>) {
    let (name, changed) = file_name::harmless(file.name());
    let name = name.into_owned();
    if changed {
        let text = "the name from the service was made harmless; Tab completes directories";
        toast(model, Level::Warning, text);
    } else {
        toast(model, Level::Info, "here, or another path; Tab completes it");
    }
    let pending = Pending::Save { file, name: name.clone(), told: None };
    ask_for(machine, model, "save as".to_owned(), &name, pending);
}

fn with_file(machine: &mut Machine, model: &mut Model, action: Action) -> Vec<Effect> {
    let file = match loaded(model) {
        Some((file, None)) => file,
        Some((_, Some(flaw))) => {
            toast(model, Level::Warning, format!("{flaw}; S saves it all the same"));
            return Vec::new();
        }
        None => {
            toast(model, Level::Info, "the file is not here yet; Enter fetches it");
            return Vec::new();
        }
    };
    if action == Action::Page {
        return vec![Effect::Page { file }];
    }
    if let Some(line) = &model.artifacts.piping {
        let text = format!("{line} still runs; Esc stops it");
        toast(model, Level::Info, text);
        return Vec::new();
    }
    let before = machine.piped.clone();
    ask_for(machine, model, "pipe to".to_owned(), &before, Pending::Pipe(file));
    Vec::new()
}

/// Tab in a question for a path.
fn complete(machine: &Machine, model: &Model) -> Option<Vec<Effect>> {
    let typed = model.ask.as_ref()?.input.text();
    let typed = match &machine.decision {
        Some(Decision::File(Pending::Save { .. } | Pending::Attach(_))) => typed,
        Some(Decision::Command) => typed.strip_prefix(ATTACH)?.trim_start().to_owned(),
        _ => return None,
    };
    Some(vec![Effect::CompletePath { typed }])
}

/// How the command line begins that attaches a file.
pub(super) const ATTACH: &str = "attach ";

pub(super) fn completed(model: &mut Model, typed: &str, completed: &str, offers: &[String]) {
    // Whoever typed on is not interrupted.
    let Some(question) = &mut model.ask else { return };
    let line = question.input.text();
    let before = if line.starts_with(ATTACH) { ATTACH } else { "" };
    if line.strip_prefix(before).map(str::trim_start) != Some(typed) {
        return;
    }
    question.input.set_text(&format!("{before}{completed}"));
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

/// Esc in a question that was asked while writing leads back to the message.
fn cancel(machine: &mut Machine, model: &mut Model) -> Option<Vec<Effect>> {
    let Some(Decision::File(pending)) = &machine.decision else { return None };
    let writing = matches!(pending, Pending::Attach(_));
    machine.decision = None;
    model.ask = None;
    model.mode = if writing { Mode::Write } else { Mode::Browse };
    Some(Vec::new())
}

/// A question about files was answered with Enter.
pub(super) fn decide(
    machine: &mut Machine,
    model: &mut Model,
    pending: Pending,
    typed: &str,
) -> Vec<Effect> {
    let typed = typed.trim();
    match pending {
        Pending::Fetch { session, artifact, then_save } => {
            if then_save {
                machine.saving.when_here = Some(artifact.clone());
            }
            service::fetch(model, session, artifact)
        }
        Pending::Show(id) => {
            let Some(loaded) = model.artifacts.loaded() else { return Vec::new() };
            if let Content::Doubtful { file, .. } = &loaded.content {
                let content = Content::Ready(Arc::clone(file));
                model.artifacts.set_content(&id, content, Checksum::Differs);
            }
            Vec::new()
        }
        Pending::SaveFlawed(file) => {
            ask_where(machine, model, file);
            Vec::new()
        }
        Pending::Save { file, name, told } => {
            if typed.is_empty() {
                toast(model, Level::Info, "not saved: no name was given");
                return Vec::new();
            }
            if told.as_deref() == Some(typed) {
                let text = format!("Replace {typed}?");
                ask(machine, model, text, Pending::Replace { file, name, path: typed.to_owned() });
                return Vec::new();
            }
            begin_save(machine, file, name, typed, false)
        }
        Pending::Replace { file, name, path } => begin_save(machine, file, name, &path, true),
        Pending::Pipe(file) => pipe(machine, model, file, typed),
        Pending::Attach(session) => {
            model.mode = Mode::Write;
            attach(model, session, typed)
        }
    }
}

fn begin_save(
    machine: &mut Machine,
    file: Arc<Prepared>,
    name: String,
    to: &str,
    replace: bool,
) -> Vec<Effect> {
    machine.saving.under_way = Some((Arc::clone(&file), name.clone()));
    vec![Effect::SaveFile { file, to: to.to_owned(), name, replace }]
}

/// The bytes of a file are here, or will not come.
pub(super) fn arrived(machine: &mut Machine, model: &mut Model, artifact: &ArtifactId) {
    model.artifacts.transfers.remove(artifact);
    if machine.saving.when_here.as_ref() != Some(artifact) {
        return;
    }
    machine.saving.when_here = None;
    let selected = model.artifacts.selected().is_some_and(|listed| listed.id == *artifact);
    let free = model.mode == Mode::Browse && model.overlay.is_none();
    if model.view == View::Artifacts && selected && free && loaded(model).is_some() {
        save(machine, model);
    }
}

pub(super) fn saved(machine: &mut Machine, model: &mut Model, outcome: SaveOutcome) {
    let under_way = machine.saving.under_way.take();
    match outcome {
        SaveOutcome::Saved { path, bytes } => {
            let wrong = under_way.is_some_and(|(file, _)| is_flawed(model, &file));
            let verdict = if wrong { "NOT the file that was promised" } else { "checksum right" };
            let level = if wrong { Level::Warning } else { Level::Info };
            toast(model, level, format!("saved {path} · {bytes} bytes · {verdict}"));
        }
        SaveOutcome::Exists { path, free } => {
            let Some((file, name)) = under_way else { return };
            if model.mode != Mode::Browse {
                toast(model, Level::Warning, format!("not saved: {path} is there already"));
                return;
            }
            let text = "it is there already: type its name again to replace it".to_owned();
            toast(model, Level::Warning, text);
            let question = format!("{} is there; save as", last(&path));
            let pending = Pending::Save { file, name, told: Some(path) };
            ask_for(machine, model, question, &free, pending);
        }
        SaveOutcome::Refused(why) => toast(model, Level::Error, why),
    }
}

fn last(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

fn is_flawed(model: &Model, file: &Arc<Prepared>) -> bool {
    loaded(model).is_some_and(|(shown, flaw)| Arc::ptr_eq(&shown, file) && flaw.is_some())
}

fn pipe(machine: &mut Machine, model: &mut Model, file: Arc<Prepared>, line: &str) -> Vec<Effect> {
    let Some(words) = shlex::split(line) else {
        toast(model, Level::Error, "not run: a quote is not closed");
        return Vec::new();
    };
    if words.is_empty() {
        return Vec::new();
    }
    line.clone_into(&mut machine.piped);
    model.artifacts.piping = Some(line.to_owned());
    toast(model, Level::Info, format!("{line} runs; Esc stops it"));
    vec![Effect::Pipe { file, line: line.to_owned(), words }]
}

/// A program has ended: what it printed is shown, unless somebody is busy with something else.
pub(super) fn piped(model: &mut Model, piped: Piped) {
    model.artifacts.piping = None;
    let Piped { line, summary, succeeded, output } = piped;
    let level = if succeeded { Level::Info } else { Level::Error };
    let quiet = output.trim().is_empty();
    let free = model.mode == Mode::Browse && model.overlay.is_none();
    if !quiet && free && model.view == View::Artifacts {
        let title = format!("{line} · {summary}");
        let lines = sanitize::lines(&output).map(Cow::into_owned).collect();
        model.output = Some(CommandOutput { title, lines });
        model.overlay = Some(Overlay::Output);
        model.overlay_top = 0;
    }
    toast(model, level, format!("{line}: ran, {summary}"));
}

fn ask_to_attach(machine: &mut Machine, model: &mut Model) -> Vec<Effect> {
    let Some(open) = &model.open else {
        toast(model, Level::Info, "open a session first");
        return Vec::new();
    };
    let session = open.reference.clone();
    toast(model, Level::Info, "the path of a file; Tab completes it");
    ask_for(machine, model, "attach file".to_owned(), "", Pending::Attach(session));
    Vec::new()
}

/// Looks at a file that shall go with the next message.
pub(super) fn attach(model: &mut Model, session: SessionRef, path: &str) -> Vec<Effect> {
    if path.is_empty() {
        toast(model, Level::Info, "nothing attached: no file was named");
        return Vec::new();
    }
    vec![Effect::Attach { session, path: path.to_owned() }]
}

pub(super) fn attached(
    model: &mut Model,
    session: &SessionRef,
    outcome: Result<Attachment, String>,
) {
    match outcome {
        Ok(attachment) => {
            let size = units::bytes(attachment.size);
            let text = format!("attached {} · {size} · {}", attachment.name, attachment.mime);
            let files = &mut model.composer.draft_mut(session).attached;
            files.retain(|before| before.path != attachment.path);
            files.push(attachment);
            toast(model, Level::Info, text);
        }
        Err(why) => toast(model, Level::Error, why),
    }
}

fn detach(model: &mut Model) -> Vec<Effect> {
    let session = model.open.as_ref().map(|open| open.reference.clone());
    let gone = session.and_then(|session| model.composer.draft_mut(&session).attached.pop());
    let text = match gone {
        Some(gone) => format!("{} is not sent any more", gone.name),
        None => "no file is attached".to_owned(),
    };
    toast(model, Level::Info, text);
    Vec::new()
}
