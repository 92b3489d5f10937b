//! Ending the turn of an agent, on purpose only.

use super::Cx;
use crate::action::Action;
use crate::api::{Input, SessionRef};
use crate::app::effect::{InputKind, Request};
use crate::text::quoted;
use crate::view::{Decision, Model};

pub(super) fn ask(cx: &mut Cx<'_>, _: Action) {
    let Some(session) = cx.model.current_session().cloned() else {
        return cx.say("open a session first");
    };
    if cx.model.is_running(&session) {
        let text = format!("Interrupt {}? Its turn ends here", name(&session));
        cx.model.ask(text, Decision::Interrupt(session));
    } else {
        cx.say(format!("{} is not running", name(&session)));
    }
}

fn name(session: &SessionRef) -> String {
    quoted::in_sentence(session.key.as_str())
}

/// Why there is nothing to interrupt.
pub(super) fn off(model: &Model) -> Option<String> {
    let runs = model.current_session().is_some_and(|session| model.is_running(session));
    (!runs).then(|| "it is not running".to_owned())
}

pub(super) fn send(cx: &mut Cx<'_>, session: SessionRef) {
    cx.say(format!("interrupting {} …", name(&session)));
    cx.emit(Request::Send { session, input: Input::Interrupt, purpose: InputKind::Interrupt });
}
