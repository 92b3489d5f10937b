//! What the service told: listings, probes, results of hiding, files.

use std::collections::HashSet;

use super::{Machine, timeline, toast};
use crate::api::{ArtifactId, Event, EventBody, EventId, SessionRef};
use crate::app::msg::{EventWindow, Problem};
use crate::app::{Effect, Msg};
use crate::model::artifacts::{Checksum, Content};
use crate::model::timeline::Window;
use crate::model::undo::Step;
use crate::model::{Focus, Level, Model, View};

impl Machine {
    pub(super) fn service(&mut self, model: &mut Model, msg: Msg) -> Vec<Effect> {
        match msg {
            Msg::AgentsListed(agents) => {
                model.agents = agents.into_iter().map(|agent| (agent.key.clone(), agent)).collect();
            }
            Msg::SessionsListed { agent, sessions, complete } => {
                model.sessions.apply_listing(&agent, sessions, complete);
                self.follow_urgency(model);
            }
            Msg::Probed { session, probe, calls, inputs } => {
                let since = probe.waiting_since.unwrap_or(model.now);
                model.sessions.apply_probe(&session, probe, model.now);
                apply_calls(model, &session, calls, since, &inputs);
                self.follow_urgency(model);
            }
            Msg::EventsListed(window) => listed(model, *window),
            Msg::LinkWorks => model.link.succeeded(model.now),
            Msg::LinkFailed { problem, next_try } => {
                model.link.failed(model.now, problem.line(), Some(next_try));
            }
            Msg::SessionGone(session) => self.forget(model, &session),
            Msg::HideAnswered { session, hidden, done, refused } => {
                return hide_answered(model, session, hidden, done, &refused);
            }
            Msg::ArtifactsListed { session, artifacts } if is_open(model, &session) => {
                model.artifacts.apply_listing(&session, artifacts);
                return preview(model);
            }
            Msg::ArtifactFetched { session, artifact, content, checksum }
                if model.artifacts.session() == Some(&session) =>
            {
                model.artifacts.set_content(&artifact, content, checksum);
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
        if model.open.is_none() || !self.steered {
            super::navigate::show_selected(self, model);
        }
        // Once every session was looked at, the place is the reader's: nothing moves it any more.
        let all_known = model.sessions.iter().all(|(_, entry)| entry.probe.is_some());
        self.steered |= all_known && model.open.is_some();
    }

    fn forget(&mut self, model: &mut Model, session: &SessionRef) {
        model.sessions.remove(session);
        let now = model.now;
        model.calls.apply(session, Vec::new(), now);
        self.left_open.retain(|left| left.reference != *session);
        if model.open.as_ref().is_some_and(|open| open.reference == *session) {
            model.open = None;
            model.view = View::Triage;
            model.focus = Focus::Sessions;
            toast(model, Level::Warning, format!("{} was deleted on the service", session.key));
        }
    }
}

fn is_open(model: &Model, session: &SessionRef) -> bool {
    model.open.as_ref().is_some_and(|open| open.reference == *session)
}

/// Takes over outstanding calls, with the time and provenance that their events tell.
fn apply_calls(
    model: &mut Model,
    session: &SessionRef,
    calls: Vec<crate::api::PendingCall>,
    since: crate::api::Timestamp,
    events: &[Event],
) {
    let was_looking = model.view == View::Calls && !model.calls.is_empty();
    model.calls.apply(session, calls, since);
    let agent = model.agents.get(&session.agent);
    let waiting: HashSet<_> =
        model.calls.of_session(session).map(|call| call.id().clone()).collect();
    for event in events {
        let (EventBody::ToolInput(input), Some(id)) = (&event.body, &event.id) else { continue };
        if waiting.contains(id) {
            let configuration = agent
                .and_then(|agent| agent.tool_configurations.get(&input.tool_configuration_name));
            model.calls.apply_provenance(id, input, event.created_at, configuration, None);
        }
    }
    if was_looking && model.calls.is_empty() {
        super::navigate::back(model);
        toast(model, Level::Info, "no call waits any more; the last ones were answered elsewhere");
    }
}

fn listed(model: &mut Model, window: EventWindow) {
    let EventWindow { session, events, visible, reaches_start, calls, state } = window;
    if let Some(state) = state {
        model.sessions.apply_session(state);
    }
    let since = events.last().and_then(|event| event.created_at).unwrap_or(model.now);
    apply_calls(model, &session, calls, since, &events);
    let running = model.is_running(&session);
    let waiting: HashSet<_> =
        model.calls.of_session(&session).map(|call| call.id().clone()).collect();
    let Some(open) = model.open.as_mut().filter(|open| open.reference == session) else { return };
    open.loading = false;
    open.problem = None;
    open.timeline.apply_window(Window { events, visible, reaches_start, reaches_end: true });
    open.timeline.set_situation(running, waiting);
}

fn hide_answered(
    model: &mut Model,
    session: SessionRef,
    hidden: bool,
    done: Vec<EventId>,
    refused: &[(EventId, Problem)],
) -> Vec<Effect> {
    if let Some(open) = model.open.as_mut().filter(|open| open.reference == session) {
        open.timeline.resolve_hiding(&done, true);
        let ids: Vec<_> = refused.iter().map(|(id, _)| id.clone()).collect();
        open.timeline.resolve_hiding(&ids, false);
    }
    let was_undo = model.undoing.iter().position(|ids| {
        ids.iter().all(|id| done.contains(id) || refused.iter().any(|(other, _)| other == id))
    });
    let mut text = timeline::outcome(model, hidden, &done);
    match was_undo {
        Some(at) => {
            model.undoing.remove(at);
            text.push_str(" · U redo");
        }
        None if !done.is_empty() => {
            model.undo.record(Step { session, events: done, hidden });
            text.push_str(" · u undo");
        }
        None => {}
    }
    match refused.first() {
        None => toast(model, Level::Info, text),
        Some((id, problem)) => {
            let count = crate::text::units::counted(refused.len(), "event");
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
    model.artifacts.set_content(&artifact, Content::Loading, Checksum::Unchecked);
    vec![Effect::FetchArtifact { session, artifact }]
}

/// Files up to this size are loaded as soon as they are selected.
const PREVIEW_BYTES: u64 = 256 * 1024;

/// Loads the selected file when it is small enough not to ask.
pub(super) fn preview(model: &mut Model) -> Vec<Effect> {
    let wanted = model.artifacts.session().cloned().zip(model.artifacts.selected().cloned());
    match wanted {
        Some((session, artifact)) if artifact.size_bytes <= PREVIEW_BYTES => {
            fetch(model, session, artifact.id)
        }
        _ => Vec::new(),
    }
}
