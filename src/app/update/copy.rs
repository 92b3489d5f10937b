//! What is copied: of the value under the cursor, of the event, or how to reach it from a shell.

use super::{Cx, detail};
use crate::action::Action;
use crate::api::EventId;
use crate::app::effect::TerminalWork;
use crate::app::shell;
use crate::view::Detail;
use crate::view::pane::detail::JsonLook;

pub(super) fn act(cx: &mut Cx<'_>, action: Action) {
    let Some(open) = &cx.model.open else { return cx.say("open a session first") };
    let on_row;
    let (looked_at, closely) = match &open.detail {
        Some(detail) => (&**detail, true),
        None => match detail::of_cursor(cx.model) {
            Some(detail) => {
                on_row = detail;
                (&on_row, false)
            }
            None => return cx.say("there is nothing under the cursor yet"),
        },
    };
    let session = &open.reference;
    let command = |event: &EventId| match action {
        Action::CopyCurl => shell::curl_event(cx.model, session, event),
        _ => shell::open(cx.model, session, event),
    };
    let copied = match action {
        Action::Copy => whole(looked_at, closely),
        Action::CopyValue => looked_at.value().map(|value| (value, "value")),
        Action::CopyMarkdown => Some((looked_at.markdown(), "Markdown")),
        Action::CopyPath => looked_at.path().map(|path| (path, "path")),
        Action::CopyJson => looked_at.json().map(|json| (json, "event")),
        Action::CopyId => looked_at.event_id().map(|id| (id.to_string(), "id")),
        _ => match looked_at.event_id().map(command).transpose() {
            Ok(command) => command.map(|text| (text, "command")),
            Err(why) => return cx.say(why),
        },
    };
    if let Some((text, what)) = copied {
        return cx.emit(TerminalWork::Copy { text, what: what.to_owned() });
    }
    cx.say("that is not there: the service has not stored this row");
}

/// What is looked at: a text as it was written, the value under the cursor, or the event.
fn whole(detail: &Detail, closely: bool) -> Option<(String, &'static str)> {
    match detail.look() {
        JsonLook::Rendered => detail.text().map(|text| (text.to_owned(), "text")),
        JsonLook::Tree if closely => detail.value().map(|value| (value, "value")),
        JsonLook::Tree | JsonLook::Raw => detail.json().map(|json| (json, "event")),
    }
}
