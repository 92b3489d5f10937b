//! The forms about sessions: what stands in their fields to begin with, and what is sent of them.
//!
//! The invariant: nothing is sent but what was changed, and nothing over a session that could not be read
//! whole.

use std::collections::BTreeMap;

use super::Cx;
use super::session_acts::{busy, edit, edits};
use crate::action::Action;
use crate::api::session::{FromSession, NewSession, SecretValues, SessionChanges};
use crate::api::{Agent, Object, Session, SessionRef};
use crate::app::effect::Request;
use crate::app::session_request::SessionRequest;
use crate::model::session_edit::SessionEdit;
use crate::text::quoted;
use crate::text::units::counted;
use crate::view::layer::form::{
    self as fields, BranchPoint, Extent, Field, FieldKind, Form, FormAbout,
};

/// Opens the form that a key asks for.
pub(super) fn open(cx: &mut Cx<'_>, action: Action, targets: Vec<SessionRef>) {
    match action {
        Action::NewSession | Action::NewLikeThis => new(cx, action == Action::NewLikeThis),
        Action::Rename => describe(cx, &targets),
        Action::Metadata => metadata(cx, targets),
        Action::Expiry => expiry(cx, targets),
        Action::Secrets => secrets(cx, &targets),
        _ => {}
    }
}

/// The session as it was listed, where all of it could be read.
fn whole<'m>(cx: &'m Cx<'_>, of: &SessionRef) -> Result<&'m Session, String> {
    let key = quoted::in_sentence(of.key.as_str());
    let entry = cx.model.sessions.get(of).ok_or_else(|| format!("{key} is gone"))?;
    match &entry.session.damage {
        // The service replaces all of it, so that what cannot be read would be lost.
        Some(damage) => Err(format!("{key} stays as it is, because it {damage}")),
        None => Ok(&entry.session),
    }
}

fn only_one<'t>(cx: &mut Cx<'_>, targets: &'t [SessionRef], what: &str) -> Option<&'t SessionRef> {
    match targets {
        [one] => Some(one),
        many => {
            cx.say(format!(
                "{what} is for one session, and {} are marked · Esc unmarks",
                many.len()
            ));
            None
        }
    }
}

fn describe(cx: &mut Cx<'_>, targets: &[SessionRef]) {
    let Some(one) = only_one(cx, targets, "a name") else { return };
    let session = match whole(cx, one) {
        Ok(session) => session.clone(),
        Err(why) => return cx.warn(why),
    };
    let title = format!("Rename {}", quoted::in_heading(one.key.as_str(), 40));
    let fields = vec![
        Field::new(fields::NAME, FieldKind::Line, &session.name, ""),
        Field::new(
            fields::DESCRIPTION,
            FieldKind::Text,
            session.description.as_deref().unwrap_or_default(),
            "an empty one keeps the service from writing its own",
        ),
    ];
    cx.open_form(Form::new(FormAbout::Describe(Box::new(session)), title, "Save", fields));
}

fn metadata(cx: &mut Cx<'_>, targets: Vec<SessionRef>) {
    let form = if let [one] = targets.as_slice() {
        let session = match whole(cx, one) {
            Ok(session) => session.clone(),
            Err(why) => return cx.warn(why),
        };
        let title = format!("Metadata of {}", quoted::in_heading(one.key.as_str(), 40));
        let text = pretty(&session.metadata);
        let field = Field::new(fields::METADATA, FieldKind::Json, &text, "all of it");
        Form::new(FormAbout::Metadata(Box::new(session)), title, "Save", vec![field])
    } else {
        let title = format!("Metadata of {}", counted(targets.len(), "session"));
        let hint = "is added to each; null takes a key away";
        let field = Field::new(fields::METADATA, FieldKind::Json, "{}", hint);
        Form::new(FormAbout::MergeMetadata(targets), title, "Save", vec![field])
    };
    cx.open_form(form);
}

fn pretty(metadata: &Object) -> String {
    serde_json::to_string_pretty(metadata).unwrap_or_default()
}

fn expiry(cx: &mut Cx<'_>, targets: Vec<SessionRef>) {
    let known = targets.iter().filter_map(|of| cx.model.sessions.get(of));
    let mut minutes: Vec<u64> = known.map(|entry| entry.session.tti_minutes).collect();
    minutes.dedup();
    let now = match minutes.as_slice() {
        [same] => fields::minutes_typed(*same),
        _ => String::new(),
    };
    let title = match targets.as_slice() {
        [one] => format!("When {} is deleted", quoted::in_heading(one.key.as_str(), 40)),
        many => format!("When {} are deleted", counted(many.len(), "session")),
    };
    let hint = "so long after it was last used: 90m, 2h, 3d; 0 for never";
    let field = Field::new(fields::EXPIRY, FieldKind::Line, &now, hint);
    cx.open_form(Form::new(FormAbout::Expiry(targets), title, "Save", vec![field]));
}

fn secrets(cx: &mut Cx<'_>, targets: &[SessionRef]) {
    let Some(one) = only_one(cx, targets, "a secret") else { return };
    let known = cx.model.sessions.get(one).and_then(|entry| entry.session.secrets.as_ref());
    let known: Vec<&str> = known.into_iter().flatten().map(|(name, _)| name.as_str()).collect();
    let first = known.first().copied().unwrap_or_default().to_owned();
    let title = match known.as_slice() {
        [] => format!("Secrets of {}", quoted::in_heading(one.key.as_str(), 30)),
        names => {
            let names = quoted::in_heading(&names.join(", "), 30);
            format!("Secrets of {}: {names}", quoted::in_heading(one.key.as_str(), 20))
        }
    };
    let fields = vec![
        Field::new(fields::SECRET_NAME, FieldKind::Line, &first, "its name"),
        Field::new(
            fields::SECRET_VALUE,
            FieldKind::Secret,
            "",
            "typed unseen; none takes the secret away",
        ),
    ];
    cx.open_form(Form::new(FormAbout::Secrets(one.clone()), title, "Save", fields));
}

/// A form for a new session, filled in with the settings of the selected one where that is wanted.
fn new(cx: &mut Cx<'_>, like_this: bool) {
    let selected = cx.model.sessions.selected().cloned();
    let like = selected.as_ref().filter(|_| like_this).and_then(|of| cx.model.sessions.get(of));
    let like = like.map(|entry| entry.session.clone());
    if like_this && like.is_none() {
        return cx.say("there is no session here to take settings from");
    }
    let choices: Vec<(String, String)> =
        cx.model.agents.values().map(|agent| (agent.key.to_string(), about_agent(agent))).collect();
    let Some((first, _)) = choices.first() else {
        return cx.say("no agent is known yet, and a session needs one");
    };
    let agent = selected.map_or_else(|| first.clone(), |of| of.agent.to_string());
    let empty = Object::new();
    let metadata = like.as_ref().map_or(&empty, |like| &like.metadata);
    let metadata = if metadata.is_empty() { String::new() } else { pretty(metadata) };
    let expiry = like.as_ref().map_or(0, |like| like.tti_minutes);
    let title = match &like {
        Some(like) => format!("New session like {}", quoted::in_heading(like.key.as_str(), 30)),
        None => "New session".to_owned(),
    };
    let fields = vec![
        Field::new(fields::AGENT, FieldKind::Choice(choices), &agent, ""),
        Field::new(fields::NAME, FieldKind::Line, "", "the service writes one otherwise"),
        Field::new(fields::KEY, FieldKind::Line, "", "made from the name otherwise"),
        Field::new(fields::DESCRIPTION, FieldKind::Line, "", "the service writes one otherwise"),
        Field::new(fields::METADATA, FieldKind::Json, &metadata, "none"),
        Field::new(
            fields::EXPIRY,
            FieldKind::Line,
            &fields::minutes_typed(expiry),
            "so long after it was last used; 0 for never",
        ),
        Field::new(fields::SECRET_NAME, FieldKind::Line, "", "the name of a secret, if it has one"),
        Field::new(fields::SECRET_VALUE, FieldKind::Secret, "", "typed unseen"),
    ];
    cx.open_form(Form::new(FormAbout::New, title, "Make it", fields));
}

/// What an agent is like, in a line.
fn about_agent(agent: &Agent) -> String {
    let mut about = vec![agent.name.clone()];
    if !agent.enabled {
        about.push("disabled".to_owned());
    }
    about.push(counted(agent.tool_configurations.len(), "tool"));
    if let Some(description) = agent.description.as_ref().filter(|text| !text.is_empty()) {
        about.push(description.clone());
    }
    about.join(" · ")
}

/// Sends what the uppermost form says.
pub(super) fn send(cx: &mut Cx<'_>) {
    if let Some(busy) = busy(cx.model) {
        return cx.say(busy);
    }
    let Some(form) = cx.model.layers.form() else { return };
    let changes = form.changes();
    match form.about.clone() {
        FormAbout::New => make(cx, None),
        FormAbout::Branch(point) => make(cx, Some(source(point))),
        FormAbout::Secrets(session) => set_secret(cx, session),
        FormAbout::Describe(session) | FormAbout::Metadata(session) => {
            let what = if changes.metadata.is_some() { "metadata saved" } else { "renamed" };
            save(cx, SessionEdit::new(&session, changes).into_iter().collect(), what);
        }
        FormAbout::Expiry(sessions) => {
            let edits = edits(cx.model, &sessions, |_| changes.clone());
            save(cx, edits, "expiry set");
        }
        FormAbout::MergeMetadata(sessions) => {
            let added = changes.metadata.unwrap_or_default();
            let merged = |session: &Session| SessionChanges {
                metadata: Some(merged(&session.metadata, &added)),
                ..SessionChanges::default()
            };
            if let Some(why) = sessions.iter().find_map(|of| whole(cx, of).err()) {
                return cx.warn(why);
            }
            let edits = edits(cx.model, &sessions, merged);
            save(cx, edits, "metadata saved");
        }
    }
}

fn merged(metadata: &Object, added: &Object) -> Object {
    let mut merged = metadata.clone();
    for (key, value) in added {
        if value.is_null() {
            merged.shift_remove(key);
        } else {
            merged.insert(key.clone(), value.clone());
        }
    }
    merged
}

/// Sends what a form changed. About one session it stays until that is answered; the work on many goes
/// on without it.
fn save(cx: &mut Cx<'_>, edits: Vec<SessionEdit>, past: &'static str) {
    if edits.is_empty() {
        cx.model.layers.pop();
        return cx.say("nothing was changed, so nothing was sent");
    }
    if let [_] = edits.as_slice() {
        if let Some(form) = cx.model.layers.form_mut() {
            form.sending = true;
        }
    } else {
        cx.model.layers.pop();
    }
    edit(cx, edits, past);
}

/// What is copied, as the service is asked for it.
fn source(point: BranchPoint) -> FromSession {
    let BranchPoint { session, event, extent } = point;
    let (include, compact) = match extent {
        Extent::All => (None, None),
        Extent::UpTo => (event, None),
        Extent::SummaryUpTo => (None, event),
    };
    FromSession {
        agent_key: Some(session.agent),
        session_key: session.key,
        include_up_to_event_id: include,
        compact_up_to_event_id: compact,
    }
}

fn make(cx: &mut Cx<'_>, from_session: Option<FromSession>) {
    let Some(form) = cx.model.layers.form_mut() else { return };
    let Some(agent) = form.agent() else { return };
    let typed = |label: &str| Some(form.text_of(label)).filter(|text| !text.is_empty());
    let (whole, half): (Vec<_>, Vec<_>) =
        form.secrets().partition(|(name, value)| name.is_empty() == value.is_empty());
    if !half.is_empty() {
        form.problem = Some("a secret has a name and a value".to_owned());
        return;
    }
    let whole = whole.into_iter().filter(|(name, _)| !name.is_empty());
    let secrets: BTreeMap<_, _> = whole.map(|(name, value)| (name, Some(value))).collect();
    let secrets = (!secrets.is_empty()).then_some(SecretValues(secrets));
    let changes = form.changes();
    let new = NewSession {
        key: typed(fields::KEY).map(|key| key.as_str().into()),
        name: typed(fields::NAME),
        description: typed(fields::DESCRIPTION),
        metadata: changes.metadata.filter(|metadata| !metadata.is_empty()),
        tti_minutes: changes.tti_minutes.filter(|minutes| *minutes > 0),
        secrets,
        enabled: typed(fields::ENABLED).map(|word| word == fields::YES),
        from_session,
        ..NewSession::default()
    };
    form.sending = true;
    cx.emit(Request::Session(SessionRequest::Make { agent, new: Box::new(new) }));
}

fn set_secret(cx: &mut Cx<'_>, session: SessionRef) {
    let Some(form) = cx.model.layers.form_mut() else { return };
    let nameless = |(name, value): &(String, String)| name.is_empty() && !value.is_empty();
    let nothing = form.secrets().all(|(name, _)| name.is_empty());
    if nothing || form.secrets().any(|secret| nameless(&secret)) {
        form.problem = Some("which secret? It has a name".to_owned());
        return;
    }
    form.sending = true;
    let named = form.secrets().filter(|(name, _)| !name.is_empty());
    let named = named.map(|(name, value)| (name, Some(value).filter(|value| !value.is_empty())));
    let secrets = SecretValues(named.collect());
    cx.emit(Request::Session(SessionRequest::SetSecrets { session, secrets }));
}
