//! What is copied: of the value under the cursor, of the event, or how to reach it from a shell.

use std::borrow::Cow;
use std::fmt::Write as _;

use super::{Cx, detail};
use crate::action::Action;
use crate::api::{EventId, SessionRef};
use crate::app::effect::TerminalWork;
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
    let (session, url) = (&open.reference, cx.model.profile.url.as_str());
    let copied = match action {
        Action::Copy => whole(looked_at, closely),
        Action::CopyValue => looked_at.value().map(|value| (value, "value")),
        Action::CopyMarkdown => Some((looked_at.markdown(), "Markdown")),
        Action::CopyPath => looked_at.path().map(|path| (path, "path")),
        Action::CopyJson => looked_at.json().map(|json| (json, "event")),
        Action::CopyId => looked_at.event_id().map(|id| (id.to_string(), "id")),
        Action::CopyCurl => looked_at.event_id().map(|id| (curl(url, session, id), "curl command")),
        _ => looked_at.event_id().map(|id| (command(session, id), "command")),
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

/// Asks for the event with a key from the environment: none is written down here.
fn curl(url: &str, session: &SessionRef, event: &EventId) -> String {
    let mut address = url.trim_end_matches('/').to_owned();
    for (name, id) in [
        ("v2/agents", session.agent.as_str()),
        ("sessions", session.key.as_str()),
        ("events", event.as_str()),
    ] {
        let _ = write!(address, "/{name}/");
        push_encoded(&mut address, id);
    }
    format!("curl -sS -H \"x-api-key: $VECTARA_API_KEY\" {}", quoted(&address))
}

/// Lists the event alone, exactly as received.
fn command(session: &SessionRef, event: &EventId) -> String {
    let session = format!("{}/{}", session.agent, session.key);
    let session = quoted(&session);
    let id = serde_json::to_string(event.as_str()).unwrap_or_default();
    let pick = format!(".items[] | select(.id == {id}) | del(.hidden)");
    format!("foretop events {session} --hidden --json | jq {}", quoted(&pick))
}

/// For a shell, whatever a service calls its things.
fn quoted(text: &str) -> Cow<'_, str> {
    shlex::try_quote(text).unwrap_or(Cow::Borrowed("''"))
}

/// Percent-encodes all but what a path may hold as it is.
fn push_encoded(out: &mut String, segment: &str) {
    for byte in segment.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_hold_no_key_and_nothing_that_a_shell_would_run() {
        let session = SessionRef::new("support", "a b;$(rm)");
        let id = EventId::from("aev_'\"`x`");
        let curl = curl("https://api.example/", &session, &id);
        assert_eq!(
            curl,
            "curl -sS -H \"x-api-key: $VECTARA_API_KEY\" \
             'https://api.example/v2/agents/support/sessions/a%20b%3B%24%28rm%29/events/aev_%27%22%60x%60'"
        );
        let command = command(&session, &id);
        let words = shlex::split(&command).unwrap();
        assert_eq!(words[2], "support/a b;$(rm)");
        assert_eq!(
            words.last().unwrap(),
            r#".items[] | select(.id == "aev_'\"`x`") | del(.hidden)"#
        );
    }
}
