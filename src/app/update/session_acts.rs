//! What is done to sessions as a whole: the selected one, or all that are marked.
//!
//! Owns the questions before it and the words after it. The invariant: nothing is sent twice, one piece
//! of work at a time is under way, and whatever can be taken back is noted before it is sent.

use super::{Cx, ask_again, export, form, notices, session_forms, toast};
use crate::action::Action;
use crate::api::session::SessionChanges;
use crate::api::{Session, SessionRef};
use crate::app::effect::Request;
use crate::app::msg::Problem;
use crate::app::session_request::{DeleteOutcome, EditOutcome, SessionMsg, SessionRequest};
use crate::export::Writing;
use crate::model::session_edit::SessionEdit;
use crate::model::step::EditStep;
use crate::text::quoted;
use crate::text::units::counted;
use crate::view::layer::decision::SessionDecision;
use crate::view::layer::form::FormAbout;
use crate::view::session_work::{Deed, SessionWork, Undoing};
use crate::view::{Decision, Focus, Level, Model, QuestionKind, View};

/// Minutes.
const DAY: u64 = 24 * 60;
/// More sessions are changed only after a question.
const MANY: usize = 20;

/// What one of the keys does.
pub(super) fn act(cx: &mut Cx<'_>, action: Action) {
    if let Some(busy) = busy(cx.model) {
        return cx.say(busy);
    }
    match action {
        Action::NewSession | Action::NewLikeThis => session_forms::open(cx, action, Vec::new()),
        Action::Undo | Action::Redo => take_back(cx, action == Action::Undo),
        _ => {
            let targets = cx.model.sessions.targets();
            if targets.is_empty() {
                return cx.say("there is no session here yet");
            }
            match action {
                Action::Disable => toggle(cx, &targets),
                Action::Delete => ask_to_delete(cx.model, targets),
                Action::Extend => extend(cx, &targets),
                Action::WriteDown => export::ask(cx, targets, Writing::Lines),
                _ => session_forms::open(cx, action, targets),
            }
        }
    }
}

/// Why nothing else can begin; one piece of work at a time.
pub(super) fn busy(model: &Model) -> Option<String> {
    model.session_work.as_ref().map(SessionWork::busy)
}

/// Lets sessions take no more input, or take it again; all of them the same way.
fn toggle(cx: &mut Cx<'_>, targets: &[SessionRef]) {
    let is_enabled = |of| cx.model.sessions.get(of).is_some_and(|entry| entry.session.enabled);
    let enabled = !targets.iter().any(is_enabled);
    let wanted =
        |_: &Session| SessionChanges { enabled: Some(enabled), ..SessionChanges::default() };
    let edits = edits(cx.model, targets, wanted);
    edit(cx, edits, if enabled { "enabled" } else { "disabled" });
}

/// Lets sessions that the service deletes when they rest too long rest a day longer.
fn extend(cx: &mut Cx<'_>, targets: &[SessionRef]) {
    let minutes = |of: &SessionRef| cx.model.sessions.get(of).map(|it| it.session.tti_minutes);
    let (kept, expiring): (Vec<_>, Vec<_>) =
        targets.iter().cloned().partition(|of| minutes(of) == Some(0));
    if expiring.is_empty() {
        return cx.say(format!("{} never deleted: nothing to extend", are(kept.len())));
    }
    let longer = |session: &Session| SessionChanges {
        tti_minutes: Some(session.tti_minutes.saturating_add(DAY)),
        ..SessionChanges::default()
    };
    let edits = edits(cx.model, &expiring, longer);
    edit(cx, edits, "kept a day longer");
}

fn are(sessions: usize) -> String {
    if sessions == 1 { "it is".to_owned() } else { format!("{sessions} sessions are") }
}

/// Of the wanted values those that are other ones.
pub(super) fn edits(
    model: &Model,
    sessions: &[SessionRef],
    wanted: impl Fn(&Session) -> SessionChanges,
) -> Vec<SessionEdit> {
    let entries = sessions.iter().filter_map(|of| model.sessions.get(of));
    entries.filter_map(|entry| SessionEdit::new(&entry.session, wanted(&entry.session))).collect()
}

/// Does it, or asks first where it is much.
pub(super) fn edit(cx: &mut Cx<'_>, edits: Vec<SessionEdit>, past: &'static str) {
    if edits.len() > MANY {
        let fields = edits.first().map(SessionEdit::fields).unwrap_or_default();
        let text = format!("Change {fields} of {}?", counted(edits.len(), "session"));
        return cx.model.ask(text, Decision::Sessions(SessionDecision::Edit { edits, past }));
    }
    start(cx, edits, past);
}

pub(super) fn decide(cx: &mut Cx<'_>, decision: SessionDecision, typed: &str) {
    if let Some(busy) = busy(cx.model) {
        return cx.say(busy);
    }
    match decision {
        SessionDecision::Edit { edits, past } => start(cx, edits, past),
        SessionDecision::Delete(sessions) => {
            let work = SessionWork::deleting(&sessions);
            cx.model.session_work = Some(work);
            cx.emit(Request::Session(SessionRequest::Delete(sessions)));
        }
        SessionDecision::WriteDown(sessions, what) => export::start(cx, sessions, what, typed),
    }
}

fn start(cx: &mut Cx<'_>, edits: Vec<SessionEdit>, past: &'static str) {
    if edits.is_empty() {
        return cx.say("nothing to change");
    }
    // Noted now, not when it is answered: an undo may come sooner than the answer.
    cx.model.edits.record(EditStep { edits: edits.clone() }, cx.model.now);
    cx.model.session_work = Some(SessionWork::editing(past, &edits));
    cx.emit(Request::Session(SessionRequest::Edit(edits)));
}

/// Sends the opposite of the last step; a session that somebody else has changed since stays as it is.
fn take_back(cx: &mut Cx<'_>, undo: bool) {
    let step = if undo { cx.model.edits.undo() } else { cx.model.edits.redo() };
    let Some(EditStep { edits }) = step else {
        return cx.say(if undo { "nothing to undo" } else { "nothing to redo" });
    };
    let (past, way) =
        if undo { ("taken back", Undoing::Undo) } else { ("done again", Undoing::Redo) };
    let mut work = SessionWork::editing(past, &edits);
    work.undoing = way;
    cx.model.session_work = Some(work);
    cx.emit(Request::Session(SessionRequest::Edit(edits)));
}

fn ask_to_delete(model: &mut Model, sessions: Vec<SessionRef>) {
    let Some(last) = sessions.last() else { return };
    let key = last.key.as_str();
    let expected = quoted::to_type(key, model.profile.production).to_owned();
    let copy = if model.remembers { "a copy is kept for 7 days" } else { "no copy is kept" };
    let shown = quoted::in_sentence(&expected);
    let name = quoted::in_heading(key, 30);
    let what = match sessions.len() {
        1 => format!("{name} with all its events and files"),
        many => format!("{many} sessions with all their events and files, the last is {name}"),
    };
    model.ask_for(
        format!("Delete {what}, for good ({copy})? Type {shown}"),
        QuestionKind::Typed { expected },
        "",
        Decision::Sessions(SessionDecision::Delete(sessions)),
    );
}

/// Esc while work is under way: what was not begun stays undone.
pub(super) fn stop(cx: &mut Cx<'_>, _: Action) {
    if let Some(work) = &mut cx.model.session_work {
        work.stopping = true;
        cx.emit(Request::Session(SessionRequest::Stop));
        cx.say("it ends with the request that is under way");
    }
}

/// Works in what came of it.
pub(super) fn update(cx: &mut Cx<'_>, msg: SessionMsg) {
    match msg {
        SessionMsg::Edited { edit, outcome } => edited(cx, &edit, *outcome),
        SessionMsg::SecretsSet { session, outcome } => secrets_set(cx, &session, *outcome),
        SessionMsg::Deleted { session, outcome } => deleted(cx, session, outcome),
        SessionMsg::WrittenDown { session, outcome } => written_down(cx, session, outcome),
        SessionMsg::NameTaken { path, free } => {
            if let Some(work) = &mut cx.model.session_work {
                work.taken = Some((path, free));
            }
        }
        SessionMsg::ReadSoFar { events } => {
            if let Some(work) = &mut cx.model.session_work {
                work.read = events;
            }
        }
        SessionMsg::Ended { left } => ended(cx, &left),
        SessionMsg::Made(session) => made(cx, *session),
        SessionMsg::NotMade { problem, .. } => {
            let text = not_made(&problem);
            notices::keep(cx.model, Level::Error, &text, &problem);
            form::answered(cx, Some(text));
        }
        SessionMsg::AskedAgain { from, message, made } => {
            ask_again::made(cx, &from, message, made);
        }
    }
}

/// A request that could not even be made.
pub(super) fn not_asked(cx: &mut Cx<'_>, request: &SessionRequest) {
    match request {
        SessionRequest::Edit(edits) => {
            for edit in edits {
                cx.model.edits.withdraw(edit);
            }
            cx.model.session_work = None;
            form::answered(cx, Some("not sent".to_owned()));
        }
        SessionRequest::Delete(_) | SessionRequest::WriteDown { .. } => {
            cx.model.session_work = None;
        }
        SessionRequest::SetSecrets { .. } | SessionRequest::Make { .. } => {
            form::answered(cx, Some("not sent".to_owned()));
        }
        SessionRequest::AskAgain { .. } | SessionRequest::Stop => {}
    }
}

fn edited(cx: &mut Cx<'_>, edit: &SessionEdit, outcome: EditOutcome) {
    let Some(mut work) = cx.model.session_work.take() else { return };
    let session = &edit.session;
    match outcome {
        EditOutcome::Done(now) => {
            cx.model.sessions.apply_session(now);
            work.done += 1;
            form::answered(cx, None);
        }
        EditOutcome::Overtaken(now) => {
            let why = format!(
                "somebody else changed the {} meanwhile, nothing was sent; look, and send again",
                edit.fields()
            );
            cx.model.edits.withdraw(edit);
            rebase(cx.model, &now);
            cx.model.sessions.apply_session(now);
            work.overtaken.push(session.clone());
            if cx.model.layers.form().is_some_and(|form| form.sending) {
                form::answered(cx, Some(why));
            }
        }
        EditOutcome::Refused(problem) => {
            notices::keep(cx.model, Level::Error, &problem.line(), &problem);
            cx.model.edits.withdraw(edit);
            if work.undoing == Undoing::Undo {
                work.put_back.push(edit.opposite());
            }
            work.refused.push((session.clone(), problem.line()));
            if cx.model.layers.form().is_some_and(|form| form.sending) {
                form::answered(cx, Some(problem.line()));
            }
        }
    }
    cx.model.session_work = Some(work);
}

/// What is sent from a form next is held against the session as it is now.
fn rebase(model: &mut Model, now: &Session) {
    let Some(form) = model.layers.form_mut() else { return };
    match &mut form.about {
        FormAbout::Describe(session) | FormAbout::Metadata(session)
            if session.reference() == now.reference() =>
        {
            **session = now.clone();
        }
        _ => {}
    }
}

fn secrets_set(cx: &mut Cx<'_>, session: &SessionRef, outcome: EditOutcome) {
    match outcome {
        EditOutcome::Done(now) | EditOutcome::Overtaken(now) => {
            cx.model.sessions.apply_session(now);
            form::answered(cx, None);
            let key = quoted::in_sentence(session.key.as_str());
            cx.say(format!("the secrets of {key} are changed; nobody can read them back"));
        }
        EditOutcome::Refused(problem) => {
            notices::keep(cx.model, Level::Error, &problem.line(), &problem);
            form::answered(cx, Some(problem.line()));
        }
    }
}

fn deleted(cx: &mut Cx<'_>, session: SessionRef, outcome: DeleteOutcome) {
    let Some(mut work) = cx.model.session_work.take() else { return };
    match outcome {
        DeleteOutcome::Done { copy } => {
            work.done += 1;
            work.copy = copy.or(work.copy);
            super::service::forget_deleted(cx, &session);
        }
        DeleteOutcome::Refused(problem) => {
            notices::keep(cx.model, Level::Error, &problem.line(), &problem);
            work.refused.push((session, problem.line()));
        }
    }
    cx.model.session_work = Some(work);
}

fn written_down(cx: &mut Cx<'_>, session: SessionRef, outcome: Result<String, Problem>) {
    let Some(mut work) = cx.model.session_work.take() else { return };
    match outcome {
        Ok(path) => {
            work.done += 1;
            work.copy = Some(path);
        }
        Err(problem) => {
            notices::keep(cx.model, Level::Error, &problem.line(), &problem);
            work.refused.push((session, problem.line()));
        }
    }
    cx.model.session_work = Some(work);
}

/// Everything is answered: says what became of it. What failed stays marked, so that the same key does
/// it again.
fn ended(cx: &mut Cx<'_>, left: &[SessionRef]) {
    let Some(work) = cx.model.session_work.take() else { return };
    if let Some((path, free)) = &work.taken {
        return export::ask_otherwise(cx, &work, path, free);
    }
    let mut put_back = work.put_back.clone();
    for edit in work.edits.iter().filter(|edit| left.contains(&edit.session)) {
        cx.model.edits.withdraw(edit);
        if work.undoing == Undoing::Undo {
            put_back.push(edit.opposite());
        }
    }
    if !put_back.is_empty() {
        cx.model.edits.put_back(EditStep { edits: put_back }, cx.model.now);
    }
    let mut again: Vec<SessionRef> = work.failed().cloned().collect();
    again.extend(left.iter().cloned());
    let was_marked = cx.model.sessions.marked_len() > 0;
    if again.is_empty() {
        cx.model.sessions.clear_marks();
    } else if was_marked {
        cx.model.sessions.mark_only(again.clone());
    }
    let done = match (work.done, work.only()) {
        (1, Some(session)) => quoted::in_sentence(session.key.as_str()),
        (count, _) => counted(count, "session"),
    };
    let mut said = vec![format!("{done} {}", work.deed.past())];
    if !left.is_empty() {
        said.push(format!("{} not begun", left.len()));
    }
    if !work.overtaken.is_empty() {
        said.push(format!("{} changed by somebody else, left as they are", work.overtaken.len()));
    }
    if let Some((session, why)) = work.refused.first() {
        let key = quoted::in_sentence(session.key.as_str());
        said.push(format!("{} refused, first {key}: {why}", work.refused.len()));
    }
    if !again.is_empty() && was_marked {
        said.push("those stay marked".to_owned());
    }
    if let Some(copy) = &work.copy {
        let what = if work.deed == Deed::WriteDown { "in" } else { "copy in" };
        said.push(format!("{what} {copy}"));
    }
    let is_edit = matches!(work.deed, Deed::Edit(_));
    if is_edit && work.done > 0 && work.undoing != Undoing::Undo {
        said.push(format!("{} takes it back", cx.key(Action::Undo, "u")));
    }
    let level = if again.is_empty() { Level::Info } else { Level::Warning };
    toast(cx.model, level, said.join(" · "));
}

fn made(cx: &mut Cx<'_>, session: Session) {
    let of = session.reference();
    cx.model.sessions.apply_session(session);
    let form = cx.model.layers.form().filter(|form| form.sending);
    let origin = form.and_then(|form| match &form.about {
        FormAbout::Branch(point) => Some(quoted::in_sentence(point.session.key.as_str())),
        _ => None,
    });
    form::answered(cx, None);
    let key = quoted::in_sentence(of.key.as_str());
    if !cx.model.layers.is_empty() {
        return cx.say(format!("made {key}"));
    }
    (cx.model.view, cx.model.focus) = (View::Triage, Focus::Timeline);
    super::open(cx, &of);
    match origin {
        Some(origin) => {
            let back = cx.key(Action::ViewBack, "[[");
            cx.say(format!("branched to {key} · {back} leads back to {origin}"));
        }
        None => cx.say(format!("made {key} · {} writes to it", cx.key(Action::Write, "i"))),
    }
}

/// A refusal, and what may lie behind one that says little.
fn not_made(problem: &Problem) -> String {
    match problem.status {
        Some(409) => format!("{} · give another key", problem.line()),
        _ => problem.line(),
    }
}
