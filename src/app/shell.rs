//! Commands for a shell that reach what the screen shows: whole, so that they run elsewhere as they are.
//!
//! The invariant: no key is written down in one, only where it lies or which variable holds it; and
//! whatever a service calls its things, a shell runs nothing of it.

use std::borrow::Cow;
use std::fmt::Write as _;

use crate::api::{AgentKey, EventId, SessionRef};
use crate::model::Profile;
use crate::view::{Model, SessionFile};

/// Opens the screen on this event.
pub(crate) fn open(model: &Model, session: &SessionRef, event: &EventId) -> Result<String, String> {
    let id = quoted(event.as_str());
    if let Some(SessionFile { path, .. }) = &model.file {
        let path = path.as_ref().ok_or("what came by a pipe cannot be opened again")?;
        return Ok(format!("foretop open {} --at {id}", quoted(path)));
    }
    let session = format!("{}/{}", session.agent, session.key);
    Ok(format!("foretop{} ui {} --event {id}", connect(&model.profile), quoted(&session)))
}

/// Shows the session.
pub(crate) fn show(model: &Model, session: &SessionRef) -> String {
    let name = format!("{}/{}", session.agent, session.key);
    format!("foretop{} show {}", connect(&model.profile), quoted(&name))
}

/// Prints what is known of an agent, or of all aliases.
pub(crate) fn agent(model: &Model, agent: Option<&AgentKey>) -> String {
    let connect = connect(&model.profile);
    match agent {
        Some(agent) => format!("foretop{connect} agents {}", quoted(agent.as_str())),
        None => format!("foretop{connect} agents --aliases"),
    }
}

/// Flags that connect to the same service.
fn connect(profile: &Profile) -> String {
    if let Some(name) = &profile.configured {
        return format!(" --profile {}", quoted(name));
    }
    let mut flags = format!(" --url {}", quoted(&profile.url));
    if let Some(file) = &profile.token_file {
        let _ = write!(flags, " --api-key-file {}", quoted(file));
    }
    if profile.read_only {
        flags.push_str(" --read-only");
    }
    flags
}

/// Asks for the event.
pub(crate) fn curl_event(
    model: &Model,
    session: &SessionRef,
    event: &EventId,
) -> Result<String, String> {
    if model.file.is_some() {
        return Err("a file has no address".to_owned());
    }
    let mut path = String::new();
    for (name, id) in [
        ("v2/agents", session.agent.as_str()),
        ("sessions", session.key.as_str()),
        ("events", event.as_str()),
    ] {
        let _ = write!(path, "/{name}/");
        push_encoded(&mut path, id);
    }
    Ok(curl(&model.profile, &path))
}

/// Asks for what is there, with the key from its file, or else from the environment.
pub(crate) fn curl(profile: &Profile, path: &str) -> String {
    let address = format!("{}{path}", profile.url.trim_end_matches('/'));
    let key = match &profile.token_file {
        Some(file) => format!("$(cat {})", quoted(file)),
        None => "$VECTARA_API_KEY".to_owned(),
    };
    format!("curl -sS -H \"x-api-key: {key}\" {}", quoted(&address))
}

/// One word for a shell.
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
    use crate::api::Timestamp;

    fn model() -> Model {
        let mut model = Model::new(Timestamp::UNIX_EPOCH, (80, 24));
        model.profile.url = "https://api.example/".to_owned();
        model
    }

    #[test]
    fn commands_hold_no_key_and_nothing_that_a_shell_would_run() {
        let session = SessionRef::new("support", "a b;$(rm)");
        let id = EventId::from("aev_'\"`x`");
        assert_eq!(
            curl_event(&model(), &session, &id).unwrap(),
            "curl -sS -H \"x-api-key: $VECTARA_API_KEY\" \
             'https://api.example/v2/agents/support/sessions/a%20b%3B%24%28rm%29/events/aev_%27%22%60x%60'"
        );
        let command = open(&model(), &session, &id).unwrap();
        let words = shlex::split(&command).unwrap();
        assert_eq!(words[3..], ["ui", "support/a b;$(rm)", "--event", "aev_'\"`x`"]);
    }

    #[test]
    fn a_command_says_what_it_connects_to() {
        let (session, id) = (SessionRef::new("a", "s"), EventId::from("aev_1"));
        let mut model = model();
        let command = |model: &Model| open(model, &session, &id).unwrap();
        assert_eq!(command(&model), "foretop --url https://api.example/ ui a/s --event aev_1");
        model.profile.token_file = Some("/tmp/my demo/token".to_owned());
        model.profile.read_only = true;
        assert_eq!(
            command(&model),
            "foretop --url https://api.example/ --api-key-file '/tmp/my demo/token' --read-only \
             ui a/s --event aev_1"
        );
        let curl = curl(&model.profile, "/v2/agents");
        let key = "\"x-api-key: $(cat '/tmp/my demo/token')\"";
        assert_eq!(curl, format!("curl -sS -H {key} https://api.example/v2/agents"));
        model.profile.configured = Some("pro d".to_owned());
        assert_eq!(command(&model), "foretop --profile 'pro d' ui a/s --event aev_1");
    }

    #[test]
    fn a_file_is_opened_where_it_lies() {
        let (session, id) = (SessionRef::new("a", "s"), EventId::from("aev_1"));
        let mut model = model();
        model.file =
            Some(SessionFile { path: Some("/tmp/a b.jsonl".into()), ..Default::default() });
        assert_eq!(
            open(&model, &session, &id).unwrap(),
            "foretop open '/tmp/a b.jsonl' --at aev_1"
        );
        assert!(curl_event(&model, &session, &id).is_err());
        model.file = Some(SessionFile::default());
        assert!(open(&model, &session, &id).is_err());
    }
}
