//! Streams of our own input: what is said, how it arrives, how it ends.

use super::{Machine, memory, toast};
use crate::api::SessionRef;
use crate::app::effect::Purpose;
use crate::app::msg::Problem;
use crate::app::{Effect, Msg};
use crate::model::tool_calls::Sent;
use crate::model::{Level, Mode, Model, OpenSession, View};

pub(super) fn update(machine: &mut Machine, model: &mut Model, msg: Msg) -> Vec<Effect> {
    match msg {
        Msg::InputTaken { session, purpose } => taken(machine, model, &session, purpose),
        Msg::InputRefused { session, purpose, problem } => {
            refused(model, &session, purpose, &problem)
        }
        Msg::Streamed { session, frame } => {
            if let Some(open) = open_mut(model, &session) {
                open.arriving().apply_frame(&session.key, frame);
            }
            Vec::new()
        }
        Msg::InputDoubtful { session, problem } => {
            let text = format!("looking whether the message to {} arrived", session.key);
            toast(model, Level::Warning, format!("{text}: {}", problem.line()));
            vec![Effect::AskNow]
        }
        Msg::InputFound { session } => {
            model.composer.end_sending(&session, true);
            let mut effects = vec![Effect::AskNow];
            effects.extend(memory::message_changed(model, &session));
            if let Some(open) = open_mut(model, &session) {
                open.timeline.newest();
            }
            let text = "the message had arrived; its live feed is lost, polling brings the turn";
            toast(model, Level::Info, text);
            effects
        }
        Msg::StreamEnded { session, problem } => {
            // A listing that was asked for before may lack what the stream has just brought.
            model.settled_at.insert(session.clone(), model.now);
            if let Some(open) = open_mut(model, &session) {
                open.arriving().close_stream();
                model.link.streaming = false;
            }
            if let Some(problem) = problem {
                // The turn goes on without us; polling brings what it stores, and the next input
                // carries a cursor, which brings the feed back.
                toast(model, Level::Warning, problem.line());
            }
            vec![Effect::AskNow]
        }
        _ => Vec::new(),
    }
}

fn open_mut<'a>(model: &'a mut Model, session: &SessionRef) -> Option<&'a mut OpenSession> {
    model.open.as_mut().filter(|open| open.reference == *session)
}

fn taken(
    machine: &mut Machine,
    model: &mut Model,
    session: &SessionRef,
    purpose: Purpose,
) -> Vec<Effect> {
    let mut effects = vec![Effect::AskNow];
    match purpose {
        Purpose::Interrupt => {
            toast(model, Level::Info, format!("{} was interrupted", session.key));
            return effects;
        }
        Purpose::Message => {
            model.composer.end_sending(session, true);
            effects.extend(memory::message_changed(model, session));
            toast(model, Level::Info, "sent");
        }
        Purpose::Answers => {
            let now = model.now;
            model.answering.retain(|answering| answering != session);
            model.settled_at.insert(session.clone(), now);
            let answered = model.calls.apply(session, Vec::new(), now);
            model.sessions.note_answered(session);
            effects.extend(memory::answers_taken(model, &answered));
            let answers = answered.len();
            let what = crate::text::units::counted(answers, "answer");
            toast(model, Level::Info, format!("sent {what}; {} goes on", session.key));
            let by_rule = model.commands.is_by_rule(session);
            if model.view == View::Calls && model.mode == Mode::Browse && !by_rule {
                // Its stream is shown where the answer was, in front of the next call.
                machine.open(model, session);
                model.sent = Some(Sent { session: session.clone(), answers });
            }
        }
    }
    model.sessions.begin_turn(session);
    if let Some(open) = open_mut(model, session) {
        open.arriving().open_stream();
        open.timeline.newest();
        model.link.streaming = true;
    }
    effects
}

/// Nothing that was written is lost: the draft is still there.
fn refused(
    model: &mut Model,
    session: &SessionRef,
    purpose: Purpose,
    problem: &Problem,
) -> Vec<Effect> {
    let doubt = if problem.may_have_happened {
        "It may have arrived all the same: look before you send again. "
    } else {
        ""
    };
    toast(model, Level::Error, format!("{doubt}{}", problem.line()));
    match purpose {
        Purpose::Message => {
            model.composer.end_sending(session, false);
            let shown = model.open.as_ref().is_some_and(|open| open.reference == *session);
            if shown && model.mode == Mode::Browse {
                model.mode = Mode::Write;
            }
        }
        Purpose::Answers => {
            model.answering.retain(|answering| answering != session);
            super::calls::refused(model, session, problem);
        }
        Purpose::Interrupt => {}
    }
    vec![Effect::AskNow]
}
