//! The one form in which a session lies in lines: a first line `{"session": …}` where there is one,
//! then every event as the service sent it, with one member more in front that the service does not
//! have: `"hidden": true` or `false`, whether the agent no longer sees it.
//!
//! The invariant: of the event itself not a byte is changed, but for line breaks between its values and
//! for characters that a terminal obeys, which become escapes.

use serde_json::json;

use crate::api::{Event, Session};
use crate::text::json;

/// The line about the session itself.
pub fn head(session: &Session) -> String {
    on_one_line(&json!({ "session": session }).to_string())
}

/// The line of an event; `hidden` says whether the agent no longer sees it, where that is known.
pub fn line(event: &Event, hidden: Option<bool>) -> String {
    on_one_line(&marked(event, hidden))
}

/// JSON as a line for programs: as it was received, but on one line whatever the service does, and
/// with nothing in it that a terminal obeys.
pub fn on_one_line(json: &str) -> String {
    json::inert(json).replace('\n', " ")
}

/// An event with the mark, unless it brought one along.
pub fn marked(event: &Event, hidden: Option<bool>) -> String {
    let raw = event.raw().get();
    let members = raw.strip_prefix('{').filter(|_| event.hidden.is_none()).map(str::trim_start);
    match (members, hidden) {
        (Some(members), Some(hidden)) => {
            let comma = if members.starts_with('}') { "" } else { "," };
            format!("{{\"hidden\":{hidden}{comma}{members}")
        }
        _ => raw.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mark_is_all_that_is_added() {
        let event = |json: &str| serde_json::from_str::<Event>(json).unwrap();
        let said = event(r#"{ "id":"a","n":1e400,"t":"\ud83d"}"#);
        assert_eq!(marked(&said, Some(true)), r#"{"hidden":true,"id":"a","n":1e400,"t":"\ud83d"}"#);
        assert_eq!(marked(&said, None), said.raw().get());
        assert_eq!(marked(&event("{}"), Some(false)), r#"{"hidden":false}"#);
        assert_eq!(marked(&event("[1]"), Some(false)), "[1]");
        let again = event(&marked(&said, Some(true)));
        assert_eq!((again.hidden, again.id), (Some(true), said.id));
        assert_eq!(marked(&event(r#"{"hidden":true}"#), Some(false)), r#"{"hidden":true}"#);
    }
}
