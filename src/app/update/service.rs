//! What the service told: listings, probes, results of hiding, files.

use std::collections::HashSet;
use std::sync::Arc;

use super::{Machine, memory, timeline, toast};
use crate::api::{ArtifactId, Event, EventId, SessionRef, Timestamp};
use crate::app::msg::{EventWindow, Problem};
use crate::app::{Effect, Msg};
use crate::model::artifacts::{Checksum, Content};
use crate::model::timeline::Window;
use crate::model::tool_calls::Call;
use crate::model::{Focus, Layout, Level, Mode, Model, Transfer, View};
use crate::text::units::counted;

impl Machine {
    pub(super) fn service(&mut self, model: &mut Model, msg: Msg) -> Vec<Effect> {
        match msg {
            Msg::AgentsListed(agents) => {
                model.agents = agents.into_iter().map(|agent| (agent.key.clone(), agent)).collect();
            }
            Msg::SessionsListed { agent, sessions, complete } => {
                model.sessions.apply_listing(&agent, sessions, complete);
                self.follow_urgency(model);
                situate(model);
            }
            Msg::Probed { session, asked_at, .. } if is_stale(model, &session, asked_at) => {}
            Msg::VisibleListed { session, asked_at, .. } if is_stale(model, &session, asked_at) => {
                return vec![Effect::AskNow];
            }
            Msg::Probed { session, probe, calls, inputs, asked_at } => {
                let can_tell = self.news.can_tell(model, &session);
                let since = probe.waiting_since.unwrap_or(model.now);
                model.sessions.apply_probe(&session, probe, asked_at);
                apply_calls(model, &session, calls, since, &inputs);
                self.follow_urgency(model);
                situate(model);
                return self.news.after(model, &session, can_tell);
            }
            Msg::EventsDeleted { session, done, refused, copy } => {
                return deleted(model, session, &done, &refused, copy.as_deref());
            }
            Msg::EventsListed(window) => {
                let effects = listed(model, *window);
                self.land(model);
                return effects;
            }
            Msg::VisibleListed { session, visible, from, to, asked_at: _ } => {
                if let Some(open) = model.open.as_mut().filter(|open| open.reference == session) {
                    open.arriving().apply_visible(&visible, from.as_ref(), &to);
                }
            }
            Msg::SessionRead(session) => {
                model.sessions.apply_session(*session);
                situate(model);
            }
            Msg::ListingEnded { agent, listed } => {
                for gone in model.sessions.end_listing(&agent, &listed) {
                    self.forget(model, &gone);
                }
            }
            Msg::Inside(inside) => model.inside = Some(*inside),
            Msg::LinkWorks => model.link.succeeded(model.now),
            Msg::LinkFailed { problem, next_try } => {
                model.link.failed(model.now, problem.line(), Some(next_try));
            }
            Msg::Refused { session, problem } => {
                let open = model.open.as_mut();
                match open.filter(|open| session.as_ref() == Some(&open.reference)) {
                    Some(open) => {
                        open.loading = false;
                        open.problem = Some(problem.line());
                    }
                    None => toast(model, Level::Error, problem.line()),
                }
            }
            Msg::SessionGone(session) => self.forget(model, &session),
            Msg::HideAnswered { session, hidden, done, refused } => {
                return hide_answered(model, session, hidden, &done, &refused);
            }
            Msg::TracesRead { session, measured } => {
                let open = model.open.as_mut().filter(|open| open.reference == session);
                if let Some(open) = open
                    && let Some(waterfall) = &mut open.waterfall
                {
                    waterfall.measure(measured, &open.timeline);
                }
            }
            Msg::ArtifactsListed { session, artifacts, more } if is_open(model, &session) => {
                let missed = model.artifacts.apply_listing(&session, artifacts);
                model.artifacts.list.set_more(more);
                if let Some(id) = missed {
                    let why = if more { "not among those listed" } else { "not there any more" };
                    toast(model, Level::Warning, format!("{id} is {why}"));
                }
                return preview(model);
            }
            Msg::ArtifactProgress { artifact, done } => {
                let now = model.now;
                if let Some(transfer) = model.artifacts.transfers.get_mut(&artifact) {
                    transfer.advance(done, now);
                }
            }
            Msg::ArtifactFetched { session, artifact, content, checksum }
                if model.artifacts.session() == Some(&session) =>
            {
                if let (Content::Ready(file), Some(listed)) =
                    (&content, model.artifacts.get(&artifact))
                {
                    let gone = model.file_cache.put(&session, listed, Arc::clone(file));
                    for id in &gone {
                        model.artifacts.forget(id);
                    }
                }
                model.artifacts.set_content(&artifact, content, checksum);
                super::files::arrived(self, model, &artifact);
            }
            Msg::UploadProgress { session, done, total } => {
                let now = model.now;
                let draft = model.composer.draft_mut(&session);
                draft.transfer.get_or_insert(Transfer::new(total, now)).advance(done, now);
            }
            Msg::Compared { session, files, outcome, checksums } => {
                super::compare::answered(model, &session, &files, outcome, checksums);
            }
            _ => {}
        }
        Vec::new()
    }

    /// Until the person chooses, the most urgent session is the one that is shown.
    fn follow_urgency(&mut self, model: &mut Model) {
        if !self.steered {
            let wide = crate::model::Layout::of(model).wide;
            model.sessions.arrange(model.now, wide);
            model.sessions.move_selection(-(1 << 30));
        }
        if (model.open.is_none() || !self.steered) && model.mode == Mode::Browse {
            super::navigate::show_selected(self, model);
        }
        // Once every session was looked at, the place is the reader's: nothing moves it any more.
        let all_listed = model.agents.keys().all(|agent| model.sessions.has_listed(agent));
        let all_known = all_listed && model.sessions.iter().all(|(_, entry)| entry.probe.is_some());
        self.steered |= all_known && model.open.is_some();
        self.news.settle(all_known && model.sessions.counts().complete);
    }

    fn forget(&mut self, model: &mut Model, session: &SessionRef) {
        model.sessions.remove(session);
        let now = model.now;
        model.calls.apply(session, Vec::new(), now);
        if model.view == View::Calls && model.calls.is_empty() {
            super::calls::let_go(model);
        }
        self.news.forget(session);
        self.left_open.retain(|left| left.reference != *session);
        if is_open(model, session) {
            model.open = None;
            model.view = View::Triage;
            model.focus = Focus::Sessions;
            // What is being typed was meant for the session that is gone.
            model.mode = Mode::Browse;
            model.ask = None;
            model.prompt = None;
            self.decision = None;
            super::guard(model, super::GUARD_AFTER_INTERRUPTION);
            toast(model, Level::Warning, format!("{} was deleted on the service", session.key));
        }
    }
}

/// Whether an answer was asked for before a change of our own was done: it may show the world
/// before that change.
fn is_stale(model: &Model, session: &SessionRef, asked_at: Timestamp) -> bool {
    model.settled_at.get(session).is_some_and(|settled| asked_at <= *settled)
}

fn is_open(model: &Model, session: &SessionRef) -> bool {
    model.open.as_ref().is_some_and(|open| open.reference == *session)
}

/// Takes over outstanding calls, with the time and provenance that their events tell.
fn apply_calls(
    model: &mut Model,
    session: &SessionRef,
    calls: Vec<crate::api::PendingCall>,
    since: Timestamp,
    events: &[Event],
) {
    let looked_at = (model.view == View::Calls)
        .then(|| model.calls.selected().map(|call| call.id().clone()))
        .flatten();
    let mut gone = model.calls.apply(session, calls, since);
    memory::put_away_answers(model, &gone);
    memory::restore_answers(model, session);
    memory::restore_set_aside(model, session);
    model.calls.learn(session, events, model.agents.get(&session.agent));
    let at = looked_at.and_then(|id| gone.iter().position(|call| *call.id() == id));
    if let Some(at) = at {
        depart(model, gone.swap_remove(at));
    } else if gone.iter().any(|call| call.draft.touched) {
        let text = "a call was answered elsewhere · yd copies what you had written for it";
        toast(model, Level::Info, text);
    }
}

/// Somebody else answered the call that is looked at.
fn depart(model: &mut Model, call: Call) {
    // Keys on their way were meant for the call that is gone.
    model.mode = Mode::Browse;
    model.ask = None;
    model.prompt = None;
    let beside = Layout::of(model).arguments.is_some() || Layout::of(model).answer.is_some();
    if model.focus == Focus::Queue && !beside && !call.draft.touched && !model.calls.is_empty() {
        super::guard(model, super::GUARD);
        let text =
            format!("{} of {} was answered elsewhere", call.call.tool_name, call.session.key);
        toast(model, Level::Info, text);
        return;
    }
    if !beside || model.focus == Focus::Why {
        model.focus = Focus::Arguments;
    }
    super::guard(model, super::GUARD_AFTER_INTERRUPTION);
    let now = model.now;
    model.calls.depart(call, now);
}

fn listed(model: &mut Model, window: EventWindow) -> Vec<Effect> {
    let EventWindow { session, events, marked, reaches_start, reaches_end, asked_at } = window;
    // Marks from before a change of our own would take it back.
    let marked = marked && !is_stale(model, &session, asked_at);
    // First, because what a listing says about a streamed text depends on whether the turn runs.
    situate(model);
    let Some(open) = model.open.as_mut().filter(|open| open.reference == session) else {
        return Vec::new();
    };
    open.loading = false;
    open.problem = None;
    // Without marks this listing says nothing about hiding, and what is known stays.
    let hidden = if marked { HashSet::new() } else { open.arriving().known_hidden() };
    let ids = events.iter().filter_map(|event| event.id.clone());
    let visible = ids.filter(|id| !hidden.contains(id)).collect();
    open.arriving().apply_window(Window { events, visible, reaches_start, reaches_end });
    open.arriving().place_line();
    if !open.arriving().stream_is_dead() {
        return Vec::new();
    }
    open.arriving().close_stream();
    model.link.streaming = false;
    vec![Effect::CloseStream { session }]
}

/// Tells the open timeline whether its session runs and what waits in it.
fn situate(model: &mut Model) {
    let Some(open) = &model.open else { return };
    let running = model.is_running(&open.reference);
    let waiting: HashSet<_> =
        model.calls.of_session(&open.reference).map(|call| call.id().clone()).collect();
    if let Some(open) = &mut model.open {
        open.each(|timeline| timeline.set_situation(running, waiting.clone()));
    }
}

fn deleted(
    model: &mut Model,
    session: SessionRef,
    done: &[EventId],
    refused: &[(EventId, Problem)],
    copy: Option<&str>,
) -> Vec<Effect> {
    if let Some(open) = model.open.as_mut().filter(|open| open.reference == session) {
        open.each(|timeline| timeline.remove(done));
    }
    model.undo.withdraw(&session, done);
    model.settled_at.insert(session, model.now);
    let gone = counted(done.len(), "event");
    match refused.first() {
        None => {
            let copy = copy.map_or_else(String::new, |copy| format!(" · copy in {copy}"));
            toast(model, Level::Info, format!("deleted {gone}{copy}"));
        }
        Some((id, problem)) => {
            let text = format!(
                "deleted {gone}, {} refused, first {id}: {}",
                counted(refused.len(), "event"),
                problem.line()
            );
            toast(model, Level::Error, text);
        }
    }
    vec![Effect::AskNow]
}

fn hide_answered(
    model: &mut Model,
    session: SessionRef,
    hidden: bool,
    done: &[EventId],
    refused: &[(EventId, Problem)],
) -> Vec<Effect> {
    if let Some(open) = model.open.as_mut().filter(|open| open.reference == session) {
        open.each(|timeline| timeline.resolve_hiding(done, true));
        let ids: Vec<_> = refused.iter().map(|(id, _)| id.clone()).collect();
        open.each(|timeline| timeline.resolve_hiding(&ids, false));
    }
    let ids: Vec<_> = refused.iter().map(|(id, _)| id.clone()).collect();
    model.undo.withdraw(&session, &ids);
    model.settled_at.insert(session, model.now);
    let mut text = timeline::outcome(model, hidden, done);
    if model.undo.can_undo() {
        text.push_str(" · u undo");
    }
    if model.undo.can_redo() {
        text.push_str(" · U redo");
    }
    match refused.first() {
        None => toast(model, Level::Info, text),
        Some((id, problem)) => {
            let count = counted(refused.len(), "event");
            let text = format!("{count} refused, first {id}: {}", problem.line());
            toast(model, Level::Error, text);
        }
    }
    vec![Effect::AskNow]
}

/// Starts loading a file unless it is here or on its way.
pub(super) fn fetch(model: &mut Model, session: SessionRef, artifact: ArtifactId) -> Vec<Effect> {
    let waiting = matches!(
        model.artifacts.loaded().map(|loaded| &loaded.content),
        None | Some(Content::NotLoaded | Content::Failed { .. })
    );
    if !waiting {
        return Vec::new();
    }
    let Some(listed) = model.artifacts.get(&artifact).cloned() else { return Vec::new() };
    if let Some(file) = model.file_cache.get(&session, &listed) {
        model.artifacts.set_content(&artifact, Content::Ready(file), Checksum::Matches);
        return Vec::new();
    }
    model.artifacts.set_content(&artifact, Content::Loading, Checksum::Unchecked);
    let transfer = Transfer::new(listed.size_bytes, model.now);
    model.artifacts.transfers.insert(artifact, transfer);
    vec![Effect::FetchArtifact { session, listed: Box::new(listed) }]
}

/// Files up to this size are loaded as soon as they are selected.
const PREVIEW_BYTES: u64 = 256 * 1024;

/// Loads the selected file when it is small enough not to ask.
pub(super) fn preview(model: &mut Model) -> Vec<Effect> {
    let wanted = model.artifacts.session().cloned().zip(model.artifacts.selected().cloned());
    match wanted {
        Some((session, artifact))
            if artifact.size_bytes <= PREVIEW_BYTES.min(model.file_cache.limits.ask_above)
                || model.file_cache.holds(&session, &artifact) =>
        {
            fetch(model, session, artifact.id)
        }
        _ => Vec::new(),
    }
}
