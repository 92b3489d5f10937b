//! What the service told: listings, probes, results of hiding. Files on their way are in [`fetching`].
//!
//! Start with [`update`]. The invariant: an answer from before a change of our own does not take it back.

use std::collections::HashSet;

use super::{Cx, fetching, memory, news, notices, served_filter, session_pair, timeline, toast};
use crate::action::Action;
use crate::api::{AgentKey, Event, EventId, SessionRef, Timestamp};
use crate::app::effect::{InputKind, Request};
use crate::app::msg::{EventWindow, Problem, ServiceMsg};
use crate::model::sessions::Unlisted;
use crate::model::timeline::Window;
use crate::text::quoted;
use crate::text::units::{counted, duration};
use crate::view::pane::artifacts::{Checksum, Content};
use crate::view::pane::tool_calls::Call;
use crate::view::{Focus, Layout, Level, Mode, Model, OpenSession, Pane, Transfer, View};
use crate::viewport::Motion;

pub(super) fn update(cx: &mut Cx<'_>, msg: ServiceMsg) {
    let now = cx.model.now;
    match msg {
        ServiceMsg::AgentsListed(agents) => {
            let keys: Vec<_> = agents.iter().map(|agent| agent.key.clone()).collect();
            cx.model.sessions.apply_agents(&keys);
            cx.model.agents = agents.into_iter().map(|agent| (agent.key.clone(), agent)).collect();
            cx.model.catalogue.note_agents();
        }
        ServiceMsg::SessionsListed { agent, sessions, complete } => {
            for gone in cx.model.sessions.apply_listing(&agent, sessions, complete) {
                forget(cx, &gone);
            }
            follow_urgency(cx);
            sync_open_session(cx.model);
        }
        ServiceMsg::ListingEnded { agent, listed } => {
            for gone in cx.model.sessions.end_listing(&agent, &listed) {
                forget(cx, &gone);
            }
        }
        ServiceMsg::SessionRead(session) => {
            cx.model.sessions.apply_session(*session);
            sync_open_session(cx.model);
        }
        ServiceMsg::SessionGone(session) => forget(cx, &session),
        ServiceMsg::Probed { session, probe, calls, inputs, asked_at } => {
            if is_stale(cx.model, &session, asked_at) {
                return;
            }
            let can_tell = cx.machine.news.can_tell(cx.model, &session);
            let since = probe.waiting_since.unwrap_or(now);
            // What was known to wait still does, as far as anybody can tell.
            let told = probe.calls.is_told();
            cx.model.sessions.apply_probe(&session, probe, asked_at);
            if told {
                apply_calls(cx.model, &session, calls, since, &inputs);
            }
            follow_urgency(cx);
            sync_open_session(cx.model);
            news::after(cx, &session, can_tell);
        }
        ServiceMsg::EventsListed(window) => {
            listed(cx, *window);
            super::jumps::land(cx);
        }
        ServiceMsg::VisibleListed { session, visible, from, to, asked_at } => {
            if is_stale(cx.model, &session, asked_at) {
                return cx.emit(Request::AskNow);
            }
            if let Some(open) = open_mut(cx.model, &session) {
                open.arriving().apply_visible(&visible, from.as_ref(), &to);
            }
        }
        ServiceMsg::LinkAnswers => cx.model.link.answered(),
        ServiceMsg::LinkWorks { oldest } => cx.model.link.succeeded(now, oldest),
        ServiceMsg::LinkFailed { problem, next_try } => {
            // It goes on failing until it works again; once says it.
            if cx.model.link.lost_since.is_none() {
                notices::keep(cx.model, Level::Error, &problem.line(), &problem);
            }
            let limited = problem.status == Some(429);
            cx.model.link.failed(now, problem.line(), Some(next_try), limited);
        }
        ServiceMsg::LinkSilent { since } => cx.model.link.fell_silent(since),
        ServiceMsg::ClocksApart { seconds } => cx.warn(clocks_apart(seconds)),
        // The pane of another session says it once somebody looks there.
        ServiceMsg::Refused { session, problem } => {
            if is_of_key(&problem) {
                cx.model.link.refused(now, problem.line());
            }
            let Some(open) = open_mut(cx.model, &session) else { return };
            open.loading = false;
            let line = problem.line();
            // It is refused whenever it is asked for; once says it.
            if open.problem.replace(line.clone()).as_ref() != Some(&line) {
                notices::keep(cx.model, Level::Error, &line, &problem);
            }
        }
        ServiceMsg::Unlisted { agent, problem } => unlisted(cx, agent.as_ref(), &problem),
        ServiceMsg::HideAnswered { session, hidden, done, refused } => {
            hide_answered(cx, session, hidden, &done, &refused);
        }
        ServiceMsg::EventsDeleted { session, done, refused, copy } => {
            deleted(cx, session, &done, &refused, copy.as_deref());
        }
        // What became of work on sessions is theirs who began it.
        ServiceMsg::Session(_) => {}
        ServiceMsg::SessionsPass { number, sessions } => {
            served_filter::passing(cx, number, sessions);
        }
        ServiceMsg::FilterAsked { number } => served_filter::asked(cx, number),
        ServiceMsg::FilterRefused { number, problem, whole } => {
            served_filter::refused(cx, number, &problem, whole);
        }
        ServiceMsg::EventsSearched { number, hits, progress, over } => {
            if cx.model.session_search.found(number, hits, progress, over) {
                cx.emit(Request::StopSearchEvents);
            }
        }
        ServiceMsg::TracesRead { session, measured } => {
            if let Some(open) = open_mut(cx.model, &session)
                && let Some(waterfall) = &mut open.waterfall
            {
                waterfall.measure(measured, &open.timeline);
            }
        }
        ServiceMsg::ToolRead { tool, read } => {
            super::answer_editor::tool_read(cx.model, tool, read);
        }
        ServiceMsg::Catalogued(msg) => super::catalogue::arrived(cx, msg),
        ServiceMsg::ArtifactsListed { session, artifacts, more } => {
            if is_open(cx.model, &session) {
                fetching::listed(cx, &session, artifacts, more);
            }
        }
        ServiceMsg::ArtifactsUnlisted { session, problem } => {
            if is_open(cx.model, &session) {
                let why = Unlisted { problem: problem.line(), status: problem.status };
                cx.model.artifacts.unlisted = Some(why);
                notices::refusal(cx.model, Level::Error, problem.line(), &problem);
            }
        }
        ServiceMsg::ArtifactProgress { artifact, done } => {
            if let Some(transfer) = cx.model.artifacts.transfers.get_mut(&artifact) {
                transfer.advance(done, now);
            }
        }
        ServiceMsg::ArtifactFetched { session, artifact, content, checksum } => {
            if cx.model.artifacts.session() == Some(&session) {
                fetching::arrived(cx, &session, &artifact, content, checksum);
            }
        }
        ServiceMsg::UploadProgress { session, done, total } => {
            let draft = cx.model.composer.draft_mut(&session);
            draft.transfer.get_or_insert(Transfer::new(total, now)).advance(done, now);
        }
        ServiceMsg::Compared { session, files, outcome, checksums } => {
            super::compare::answered(cx.model, &session, &files, outcome, checksums);
        }
        ServiceMsg::SessionsReadSoFar { sessions, side, events } => {
            session_pair::read(cx.model, &sessions, side, events);
        }
        ServiceMsg::SessionsCompared { sessions, outcome } => {
            session_pair::answered(cx.model, &sessions, outcome);
        }
    }
}

fn clocks_apart(seconds: Option<i64>) -> String {
    let Some(seconds) = seconds else {
        return "this machine's clock and the service's agree again".to_owned();
    };
    let by = duration(seconds.unsigned_abs() * 1_000);
    let way = if seconds > 0 { "behind" } else { "ahead of" };
    format!("this machine's clock is {by} {way} the service's: ages are wrong by as much; set it")
}

/// One refused agent does not fail the rest: its sessions are not known, and the list says so.
fn unlisted(cx: &mut Cx<'_>, agent: Option<&AgentKey>, problem: &Problem) {
    let why = Unlisted { problem: problem.line(), status: problem.status };
    let is_new = cx.model.sessions.apply_refusal(agent, why);
    // A banner stands as long as it is so.
    let in_banner = agent.is_none() || is_of_key(problem);
    if in_banner {
        cx.model.link.refused(cx.model.now, problem.line());
    }
    match (is_new, in_banner) {
        (true, true) => notices::keep(cx.model, Level::Error, &problem.line(), problem),
        (true, false) => notices::refusal(cx.model, Level::Error, problem.line(), problem),
        (false, _) => {}
    }
    follow_urgency(cx);
}

/// The key as a whole is not taken, whatever it was that was asked for.
fn is_of_key(problem: &Problem) -> bool {
    problem.status == Some(401)
}

fn open_mut<'a>(model: &'a mut Model, session: &SessionRef) -> Option<&'a mut OpenSession> {
    model.open.as_mut().filter(|open| open.reference == *session)
}

/// Until the person chooses, the most urgent session is the one that is shown.
fn follow_urgency(cx: &mut Cx<'_>) {
    let wide = Layout::of(cx.model).wide;
    cx.model.arrange_sessions(wide);
    if !cx.machine.steered {
        cx.model.sessions.go(Motion::First);
    }
    if (cx.model.open.is_none() || !cx.machine.steered)
        && cx.model.mode() == Mode::Browse
        && let Some(session) = cx.model.sessions.selected().cloned()
    {
        super::open(cx, &session);
    }
    // Once every session was looked at, the place is the reader's: nothing moves it any more.
    let all_listed = cx.model.agents.keys().all(|agent| {
        cx.model.sessions.has_listed(agent) || cx.model.sessions.unlisted(agent).is_some()
    });
    let all_known = all_listed && cx.model.sessions.iter().all(|(_, entry)| entry.probe.is_some());
    cx.machine.steered |= all_known && cx.model.open.is_some();
    cx.machine.news.settle(all_known && cx.model.sessions.counts().complete);
}

/// The session is gone, and its person knows.
pub(super) fn forget_deleted(cx: &mut Cx<'_>, session: &SessionRef) {
    let was_open = is_open(cx.model, session);
    cx.model.sessions.remove(session);
    // They know.
    cx.machine.news.forget(session);
    forget(cx, session);
    if was_open {
        // They did it themselves, and go on where they are.
        cx.model.guard_until = None;
    }
}

fn forget(cx: &mut Cx<'_>, session: &SessionRef) {
    let now = cx.model.now;
    cx.model.sessions.remove(session);
    let looked_at = cx.model.view == View::Calls
        && cx.model.calls.selected().is_some_and(|call| call.session == *session);
    for call in cx.model.calls.apply(session, Vec::new(), now) {
        cx.model.layers.forget_call(call.id());
    }
    if looked_at && cx.model.calls.is_empty() {
        super::calls::let_go(cx.model);
    }
    let expired = cx.machine.news.forget(session);
    cx.machine.left_open.retain(|left| left.reference != *session);
    let was_open = is_open(cx.model, session);
    // What is being typed was meant for the session that is gone.
    let taken = cx.model.layers.forget_session(session, was_open);
    // Who looks at agents, or at what was read of two sessions, looks at none of its rows, and goes on.
    let stays = matches!(cx.model.view, View::Agents | View::Compare) && !taken;
    if was_open {
        cx.model.open = None;
        if !stays {
            (cx.model.view, cx.model.focus) = (View::Triage, Focus::Sessions);
        }
    }
    if was_open || taken || looked_at {
        if !stays {
            cx.model.guard(super::GUARD_AFTER_INTERRUPTION);
        }
        let key = quoted::in_sentence(session.key.as_str());
        cx.warn(format!("{key} was deleted on the service"));
    } else if let Some(name) = expired {
        let name = quoted::in_sentence(&name);
        cx.warn(format!("{name} was deleted by the service: it was not used in time"));
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
        let copies = model.keys.of(Action::CopyDraft, "yd");
        let text =
            format!("a call was answered elsewhere · {copies} copies what you had written for it");
        toast(model, Level::Info, text);
    }
}

/// Somebody else answered the call that is looked at.
fn depart(model: &mut Model, call: Call) {
    // Keys on their way were meant for the call that is gone.
    model.layers.forget_call(call.id());
    let layout = Layout::of(model);
    let seen = |pane| layout.area(pane).is_some();
    let beside = seen(Pane::Arguments) || seen(Pane::Answer);
    if model.focus == Focus::Queue && !beside && !call.draft.touched && !model.calls.is_empty() {
        model.guard(super::GUARD);
        let text = format!(
            "{} of {} was answered elsewhere",
            quoted::in_sentence(&call.pending.tool_name),
            quoted::in_sentence(call.session.key.as_str())
        );
        toast(model, Level::Info, text);
        return;
    }
    if !beside || model.focus == Focus::Why {
        model.focus = Focus::Arguments;
    }
    model.guard(super::GUARD_AFTER_INTERRUPTION);
    let now = model.now;
    model.calls.depart(call, now);
}

fn listed(cx: &mut Cx<'_>, window: EventWindow) {
    let EventWindow { session, events, marked, reaches_start, reaches_end, asked_at } = window;
    // Marks from before a change of our own would take it back.
    let marked = marked && !is_stale(cx.model, &session, asked_at);
    // First, because what a listing says about a streamed text depends on whether the turn runs.
    sync_open_session(cx.model);
    let Some(open) = cx.model.open.as_mut().filter(|open| open.reference == session) else {
        return;
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
        return;
    }
    open.arriving().close_stream();
    cx.model.link.streaming = false;
    cx.emit(Request::CloseStream { session });
}

/// Tells the open timeline whether its session runs and what waits in it.
fn sync_open_session(model: &mut Model) {
    let Some(open) = &model.open else { return };
    let running = model.is_running(&open.reference);
    let probe = model.sessions.get(&open.reference).and_then(|entry| entry.probe.as_ref());
    let told = probe.is_some_and(|probe| probe.calls.is_told());
    let waiting: HashSet<_> =
        model.calls.of_session(&open.reference).map(|call| call.id().clone()).collect();
    if let Some(open) = &mut model.open {
        open.each(|timeline| {
            timeline.set_situation(running, waiting.clone());
            if !told {
                timeline.set_running(running);
            }
        });
    }
}

fn deleted(
    cx: &mut Cx<'_>,
    session: SessionRef,
    done: &[EventId],
    refused: &[(EventId, Problem)],
    copy: Option<&str>,
) {
    if let Some(open) = cx.model.open.as_mut().filter(|open| open.reference == session) {
        open.each(|timeline| timeline.remove(done));
    }
    cx.model.undo.withdraw(&session, done);
    cx.model.settled_at.insert(session, cx.model.now);
    let gone = counted(done.len(), "event");
    match refused.first() {
        None => {
            let copy = copy.map_or_else(String::new, |copy| format!(" · copy in {copy}"));
            cx.say(format!("deleted {gone}{copy}"));
        }
        Some((id, problem)) => {
            let text = format!(
                "deleted {gone}, {} refused, first {id}: {}",
                counted(refused.len(), "event"),
                problem.line()
            );
            notices::refusal(cx.model, Level::Error, text, problem);
        }
    }
    cx.emit(Request::AskNow);
}

fn hide_answered(
    cx: &mut Cx<'_>,
    session: SessionRef,
    hidden: bool,
    done: &[EventId],
    refused: &[(EventId, Problem)],
) {
    if let Some(open) = cx.model.open.as_mut().filter(|open| open.reference == session) {
        open.each(|timeline| timeline.resolve_hiding(done, true));
        let ids: Vec<_> = refused.iter().map(|(id, _)| id.clone()).collect();
        open.each(|timeline| timeline.resolve_hiding(&ids, false));
    }
    let ids: Vec<_> = refused.iter().map(|(id, _)| id.clone()).collect();
    cx.model.undo.withdraw(&session, &ids);
    cx.model.settled_at.insert(session, cx.model.now);
    let mut text = timeline::outcome(cx.model, hidden, done);
    if cx.model.undo.can_undo() {
        text.push_str(" · ");
        text.push_str(&cx.key(Action::Undo, "u"));
        text.push_str(" undo");
    }
    if cx.model.undo.can_redo() {
        text.push_str(" · ");
        text.push_str(&cx.key(Action::Redo, "U"));
        text.push_str(" redo");
    }
    match refused.first() {
        None => cx.say(text),
        Some((id, problem)) => {
            let count = counted(refused.len(), "event");
            let text = format!("{count} refused, first {id}: {}", problem.line());
            notices::refusal(cx.model, Level::Error, text, problem);
        }
    }
    cx.emit(Request::AskNow);
}

/// A request that could not even be made: what waits for its answer waits no more.
pub(super) fn not_asked(cx: &mut Cx<'_>, request: &Request) {
    match request {
        Request::SetHidden { session, events, .. } => {
            if let Some(open) = open_mut(cx.model, session) {
                open.each(|timeline| timeline.resolve_hiding(events, false));
            }
            cx.model.undo.withdraw(session, events);
        }
        Request::Send { session, purpose, .. } => match purpose {
            InputKind::Message => cx.model.composer.end_sending(session, false),
            InputKind::Answers => cx.model.answering.retain(|answering| answering != session),
            InputKind::Compact => super::compacting::give_up(cx, session),
            InputKind::Interrupt => {}
        },
        Request::Upload { session, .. } => cx.model.composer.end_sending(session, false),
        Request::FetchArtifact { listed, .. } => {
            cx.model.artifacts.set_content(&listed.id, Content::NotLoaded, Checksum::Unchecked);
            cx.model.artifacts.transfers.remove(&listed.id);
        }
        Request::Compare { .. } => cx.model.comparison = None,
        Request::CompareSessions { .. } => session_pair::not_asked(cx.model),
        Request::ReadTool { .. } => cx.model.output_schemas.forget_failures(),
        Request::SearchEvents { .. } => cx.model.session_search.stop(),
        Request::FilterSessions { number, .. } => {
            let why = "it was not asked".to_owned();
            cx.model.sessions.refuse_passing(*number, why, true);
        }
        Request::ReadCatalogue => cx.model.catalogue.give_up(),
        Request::DeleteEvents { .. }
        | Request::Session(_)
        | Request::CloseStream { .. }
        | Request::ListArtifacts { .. }
        | Request::StopFetch { .. }
        | Request::FetchTraces { .. }
        | Request::StopSearchEvents
        | Request::StopComparing
        | Request::AskNow => {}
    }
}
