//! Streams of our own input: what is said, how it arrives, how it ends.

use super::{Cx, compacting, memory, notices};
use crate::action::Action;
use crate::api::SessionRef;
use crate::app::effect::{InputKind, Request};
use crate::app::msg::{Problem, StreamMsg};
use crate::model::Timeline;
use crate::model::timeline::Outcome;
use crate::text::quoted;
use crate::text::units::counted;
use crate::view::pane::tool_calls::Sent;
use crate::view::{Level, Mode, Model, OpenSession, View};

pub(super) fn update(cx: &mut Cx<'_>, msg: StreamMsg) {
    match msg {
        StreamMsg::InputTaken { session, purpose } => taken(cx, &session, purpose),
        StreamMsg::InputRefused { session, purpose, problem } => {
            refused(cx, &session, purpose, &problem);
        }
        StreamMsg::Streamed { session, frame } => {
            if let Some(open) = open_mut(cx.model, &session) {
                open.arriving().apply_frame(&session.key, frame);
            }
        }
        StreamMsg::InputDoubtful { session, problem } => {
            let key = quoted::in_sentence(session.key.as_str());
            let text = format!("looking whether the message to {key} arrived");
            let text = format!("{text}: {}", problem.line());
            notices::refusal(cx.model, Level::Warning, text, &problem);
            settle_sent(cx, &session, &Outcome::Doubtful);
            cx.emit(Request::AskNow);
        }
        StreamMsg::InputFound { session } => {
            memory::message_taken(cx, &session);
            cx.emit(Request::AskNow);
            settle_sent(cx, &session, &Outcome::Taken);
            cx.say("the message had arrived; its live feed is lost, polling brings the turn");
        }
        StreamMsg::StreamEnded { session, problem } => {
            // A listing that was asked for before may lack what the stream has just brought.
            cx.model.settled_at.insert(session.clone(), cx.model.now);
            if let Some(open) = open_mut(cx.model, &session) {
                open.arriving().close_stream();
                cx.model.link.streaming = false;
            }
            compacting::ended(cx, &session, problem.is_some());
            if let Some(problem) = problem {
                // The turn goes on without us; polling brings what it stores, and the next input
                // carries a cursor, which brings the feed back.
                notices::refusal(cx.model, Level::Warning, problem.line(), &problem);
            }
            cx.emit(Request::AskNow);
        }
    }
}

fn open_mut<'a>(model: &'a mut Model, session: &SessionRef) -> Option<&'a mut OpenSession> {
    model.open.as_mut().filter(|open| open.reference == *session)
}

/// The session may have been left meanwhile; its row is still there when somebody comes back.
fn settle_sent(cx: &mut Cx<'_>, session: &SessionRef, outcome: &Outcome) {
    if let Some(open) = cx.known_mut(session) {
        open.each(|timeline| timeline.settle_sent(outcome.clone()));
    }
}

fn taken(cx: &mut Cx<'_>, session: &SessionRef, purpose: InputKind) {
    cx.emit(Request::AskNow);
    match purpose {
        InputKind::Interrupt => {
            let now = cx.model.now;
            if let Some(open) = cx.known_mut(session) {
                open.arriving().note_interrupt(now);
            }
            let key = quoted::in_sentence(session.key.as_str());
            return cx.say(format!("{key} was interrupted"));
        }
        InputKind::Compact => compacting::taken(cx, session),
        InputKind::Message => {
            memory::message_taken(cx, session);
            settle_sent(cx, session, &Outcome::Taken);
            cx.say("sent");
        }
        InputKind::Answers => {
            let now = cx.model.now;
            cx.model.answering.retain(|answering| answering != session);
            cx.model.settled_at.insert(session.clone(), now);
            let looks_at = cx.model.calls.selected().is_some_and(|call| call.session == *session);
            let answered = cx.model.calls.apply(session, Vec::new(), now);
            let mut taken = false;
            for call in &answered {
                taken |= cx.model.layers.forget_call(call.id());
            }
            if taken {
                // Somebody types on for a call that has its answer now.
                cx.model.guard(super::GUARD_AFTER_INTERRUPTION);
            }
            cx.model.sessions.note_answered(session);
            memory::answers_taken(cx, &answered);
            let answers = answered.len();
            let what = counted(answers, "answer");
            let key = quoted::in_sentence(session.key.as_str());
            cx.say(format!("sent {what}; {key} goes on"));
            let by_rule = cx.model.commands.is_by_rule(session);
            let still_there = cx.model.view == View::Calls && looks_at && !by_rule;
            if still_there && cx.model.mode() == Mode::Browse {
                // Its stream is shown where the answer was, in front of the next call.
                super::open(cx, session);
                cx.model.sent = Some(Sent { session: session.clone(), answers });
            }
        }
    }
    cx.model.sessions.begin_turn(session);
    if let Some(open) = open_mut(cx.model, session) {
        open.arriving().open_stream();
        // A message has its row already, and whoever scrolled away from it since wants to be there.
        if purpose == InputKind::Answers {
            open.timeline.newest();
        }
        cx.model.link.streaming = true;
    }
}

/// Nothing that was written is lost: the draft is still there, and the keyboard where it was.
fn refused(cx: &mut Cx<'_>, session: &SessionRef, purpose: InputKind, problem: &Problem) {
    let doubt = if problem.may_have_happened {
        "It may have arrived all the same: look before you send again. "
    } else {
        ""
    };
    let mut text = format!("{doubt}{}", problem.line());
    match purpose {
        InputKind::Message => {
            cx.model.composer.end_sending(session, false);
            settle_sent(cx, session, &Outcome::Refused(problem.text.clone()));
            if cx.model.layers.composer() != Some(session) {
                let key = quoted::in_sentence(session.key.as_str());
                let shows = cx.key(Action::Write, "i");
                text = format!("{text} · the draft to {key} is kept, {shows} shows it");
            }
        }
        InputKind::Answers => {
            cx.model.answering.retain(|answering| answering != session);
            super::sending::refused(cx.model, session, problem);
            if let Some(open) = cx.known_mut(session).filter(|_| !problem.may_have_happened) {
                open.each(Timeline::note_unanswered);
            }
        }
        InputKind::Compact => {
            compacting::give_up(cx, session);
            text.push_str(&compacting::advice(cx, problem));
        }
        InputKind::Interrupt => {}
    }
    notices::refusal(cx.model, Level::Error, text, problem);
    cx.emit(Request::AskNow);
}
