//! What a recording of a run is made of, and what of a message is fit to be kept.
//!
//! Reads and writes no file. A recording is JSON lines: a [`Header`], then every message with the
//! time at which the machine got it. The invariant: an argument that the screen masks, and text
//! that was typed and not sent, leave [`fit`] masked.

use std::borrow::Cow;

use jiff::tz::{Offset, TimeZone};
use serde::{Deserialize, Serialize};

use super::Msg;
use crate::api::{Event, PendingCall, SessionRef, Timestamp};
use crate::keymap::Key;
use crate::model::artifacts::Content;
use crate::model::{Mode, Model, Profile};
use crate::text::{redact, units};

/// Another number means another shape of the lines.
const FORMAT: u32 = 1;
/// Files of more bytes are left out, and say so.
const MOST_CONTENT: usize = 4 << 20;
/// Stands for every character that was typed.
const TYPED: char = 'x';

/// The first line: what the model of the run began with.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Header {
    foretop_recording: u32,
    pub version: String,
    pub started_at: Timestamp,
    pub size: (u16, u16),
    zone: String,
    /// For a zone that is not known by name where the recording is looked at.
    utc_offset_seconds: i32,
    pub profile: Profile,
    /// The session that was open from the start.
    pub open: Option<SessionRef>,
}

impl Header {
    pub fn of(model: &Model, started_at: Timestamp) -> Self {
        let mut profile = model.profile.clone();
        profile.url = redact::text(&profile.url).into_owned();
        Self {
            foretop_recording: FORMAT,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            started_at,
            size: model.size,
            zone: model.zone.iana_name().unwrap_or_default().to_owned(),
            utc_offset_seconds: model.zone.to_offset(started_at).seconds(),
            profile,
            open: model.open.as_ref().map(|open| open.reference.clone()),
        }
    }

    /// Reads the first line of a file; in words why it begins no recording that we can read.
    pub fn read(line: &str) -> Result<Self, &'static str> {
        #[derive(Deserialize)]
        struct Mark {
            foretop_recording: u32,
        }
        let mark: Mark =
            serde_json::from_str(line).map_err(|_| "it is no recording of a run of foretop")?;
        if mark.foretop_recording != FORMAT {
            return Err("another version of foretop recorded it");
        }
        serde_json::from_str(line).map_err(|_| "its first line is damaged")
    }

    /// The model that the run began with.
    pub fn model(&self) -> Model {
        let mut model = Model::new(self.started_at, self.size);
        let zone = TimeZone::get(&self.zone).ok().or_else(|| self.fixed_zone());
        model.zone = zone.unwrap_or(TimeZone::UTC);
        model.profile = self.profile.clone();
        if let Some(session) = &self.open {
            model.show(session.clone());
        }
        model
    }

    fn fixed_zone(&self) -> Option<TimeZone> {
        Offset::from_seconds(self.utc_offset_seconds).ok().map(TimeZone::fixed)
    }
}

/// Every line but the first.
#[derive(Debug, Serialize, Deserialize)]
pub struct Entry<'a> {
    pub at: Timestamp,
    pub msg: Cow<'a, Msg>,
}

/// The message as it may be kept; `model` is as it was before it. With `typed`, text that was typed
/// is kept as it is.
pub fn fit<'a>(msg: &'a Msg, model: &Model, typed: bool) -> Cow<'a, Msg> {
    match msg {
        Msg::Key(key) if !typed && model.mode == Mode::Write && key.typed().is_some() => {
            Cow::Owned(Msg::Key(Key::char(TYPED)))
        }
        // What was pasted where nothing is written may have been meant for anything.
        Msg::Paste(text) if !typed && model.mode != Mode::Ask => {
            Cow::Owned(Msg::Paste(blank(text)))
        }
        Msg::Remembered { memory, remarks } if !typed => {
            let mut memory = memory.clone();
            for draft in memory.drafts.values_mut() {
                draft.value.text = blank(&draft.value.text);
            }
            Cow::Owned(Msg::Remembered { memory, remarks: remarks.clone() })
        }
        Msg::Probed { session, probe, calls, inputs, asked_at } if !calls.is_empty() => {
            Cow::Owned(Msg::Probed {
                session: session.clone(),
                probe: probe.clone(),
                calls: masked(model, session, calls, inputs),
                inputs: inputs.clone(),
                asked_at: *asked_at,
            })
        }
        Msg::ArtifactFetched { session, artifact, content: Content::Ready(file), checksum }
            if file.bytes().len() > MOST_CONTENT =>
        {
            let size = units::bytes(file.bytes().len() as u64);
            Cow::Owned(Msg::ArtifactFetched {
                session: session.clone(),
                artifact: artifact.clone(),
                content: Content::Failed { reason: format!("{size} are not in the recording") },
                checksum: *checksum,
            })
        }
        msg => Cow::Borrowed(msg),
    }
}

/// As long as it was, in as many lines.
fn blank(text: &str) -> String {
    text.chars().map(|c| if c == '\n' { c } else { TYPED }).collect()
}

/// The calls with the mask wherever the screen will show one.
fn masked(
    model: &Model,
    session: &SessionRef,
    calls: &[PendingCall],
    inputs: &[Event],
) -> Vec<PendingCall> {
    let mut queue = model.calls.only(session);
    queue.apply(session, calls.to_vec(), model.now);
    queue.learn(session, inputs, model.agents.get(&session.agent));
    let mask = |call: &PendingCall| {
        let known = queue.iter().find(|known| *known.id() == call.event_id);
        let arguments = known.and_then(|known| match known.masked_arguments() {
            serde_json::Value::Object(arguments) => Some(arguments),
            _ => None,
        });
        PendingCall { arguments: arguments.unwrap_or_default(), ..call.clone() }
    };
    calls.iter().map(mask).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::api::AgentKey;
    use crate::content::prepare;
    use crate::model::artifacts::Checksum;
    use serde_json::json;

    fn model() -> Model {
        Model::new(Timestamp::UNIX_EPOCH, (80, 24))
    }

    fn keep(msg: &Msg, model: &Model, typed: bool) -> String {
        let entry = Entry { at: Timestamp::UNIX_EPOCH, msg: fit(msg, model, typed) };
        serde_json::to_string(&entry).unwrap()
    }

    #[test]
    fn what_is_typed_is_kept_by_its_length_alone() {
        let mut model = model();
        let key = Msg::Key(Key::char('q'));
        assert!(keep(&key, &model, false).contains(r#"{"key":"q"}"#));
        model.mode = Mode::Write;
        assert!(keep(&key, &model, false).contains(r#"{"key":"x"}"#));
        assert!(keep(&key, &model, true).contains(r#"{"key":"q"}"#));
        let enter = Msg::Key(Key::parse("<enter>").unwrap());
        assert!(keep(&enter, &model, false).contains(r#"{"key":"<enter>"}"#));
        let paste = Msg::Paste("pass word\n1".to_owned());
        assert!(keep(&paste, &model, false).contains(r#"{"paste":"xxxxxxxxx\nx"}"#));
        assert!(keep(&paste, &model, true).contains("pass word"));
    }

    #[test]
    fn arguments_are_masked_by_the_rule_of_the_screen() {
        let agent: AgentKey = "a".into();
        let call: PendingCall = serde_json::from_value(json!({
            "event_id": "aev_1", "tool_configuration_name": "c", "tool_name": "t",
            "arguments": {"order": 7, "auth": {"key": "hunter2", "user": "u"}}
        }))
        .unwrap();
        let input: Event = serde_json::from_str(
            r#"{"id":"aev_1","type":"tool_input","tool_call_id":"1","tool_name":"t",
                "tool_configuration_name":"c","tool_input":{"order":7},
                "argument_override_paths":["auth.key"]}"#,
        )
        .unwrap();
        let probed = |inputs: Vec<Event>| Msg::Probed {
            session: SessionRef { agent: agent.clone(), key: "s".into() },
            probe: crate::model::sessions::Probe::default(),
            calls: vec![call.clone()],
            inputs,
            asked_at: Timestamp::UNIX_EPOCH,
        };
        for typed in [false, true] {
            let unknown = keep(&probed(Vec::new()), &model(), typed);
            assert!(unknown.contains(r#""arguments":{"order":"****","auth":"****"}"#), "{unknown}");
            let known = keep(&probed(vec![input.clone()]), &model(), typed);
            let wanted = r#""arguments":{"order":7,"auth":{"key":"****","user":"u"}}"#;
            assert!(known.contains(wanted), "{known}");
        }
    }

    #[test]
    fn a_file_is_kept_as_its_bytes_and_a_large_one_is_told_of() {
        let fetched = |size: usize| Msg::ArtifactFetched {
            session: SessionRef::new("a", "s"),
            artifact: "art_1".into(),
            content: Content::Ready(Arc::new(prepare("a.txt", "", vec![b'x'; size].into()))),
            checksum: Checksum::Matches,
        };
        let small = keep(&fetched(6), &model(), false);
        assert!(small.contains(r#""data":"eHh4eHh4""#), "{small}");
        let Entry { msg: back, .. } = serde_json::from_str(&small).unwrap();
        assert_eq!(format!("{back:?}"), format!("{:?}", fetched(6)));
        let large = keep(&fetched(MOST_CONTENT + 1), &model(), false);
        assert!(large.contains("4.0M are not in the recording") && large.len() < 500, "{large}");
    }

    #[test]
    fn a_header_makes_the_model_that_the_run_began_with() {
        let mut model = model();
        model.profile.name = "prod".to_owned();
        model.profile.url = "https://me:pw@host/".to_owned();
        model.profile.token_file = Some("/home/me/key".to_owned());
        model.zone = TimeZone::get("Europe/Berlin").unwrap_or(TimeZone::UTC);
        model.show(SessionRef::new("a", "s"));
        let line = serde_json::to_string(&Header::of(&model, model.now)).unwrap();
        assert!(!line.contains("pw@") && !line.contains("/home/me"), "{line}");
        let back = Header::read(&line).unwrap().model();
        assert_eq!(
            (back.size, back.profile.name, back.zone),
            ((80, 24), "prod".into(), model.zone)
        );
        assert_eq!(back.open.map(|open| open.reference), Some(SessionRef::new("a", "s")));
        assert!(Header::read(r#"{"id":"aev_1"}"#).is_err());
        assert!(Header::read(r#"{"foretop_recording":2}"#).is_err());
        assert!(Header::read("[[[[").is_err());
    }

    #[test]
    fn messages_come_back_as_they_were() {
        use crate::api::Frame;
        use crate::app::effect::Purpose;
        use crate::app::msg::{EventWindow, Problem, Route};
        use crate::model::memory::{DraftOf, Kept, SavedDraft};

        let session = SessionRef::new("a", "s");
        let at = Timestamp::UNIX_EPOCH;
        let event = r#"{"id": "aev_1", "type": "brand_new", "n": 1.50, "deep": {"b": []}}"#;
        let event: Event = serde_json::from_str(event).unwrap();
        let problem = Problem {
            text: "no".to_owned(),
            details: vec!["field".to_owned()],
            request_id: Some("req".to_owned()),
            may_have_happened: true,
            status: Some(503),
        };
        let frame = |json: &str| Frame::read("", json).unwrap();
        let streamed = |frame| Msg::Streamed { session: session.clone(), frame };
        let mut memory = crate::model::Memory::default();
        let draft = SavedDraft {
            text: "d".to_owned(),
            kind: crate::model::tool_calls::AnswerKind::default(),
        };
        memory.drafts.insert(DraftOf::Message(session.clone()), Kept { at, value: draft });
        let window = EventWindow {
            session: session.clone(),
            events: vec![event.clone()],
            marked: true,
            reaches_start: true,
            reaches_end: false,
            asked_at: at,
        };
        for msg in [
            Msg::Wake,
            Msg::Resize(80, 24),
            Msg::Key(Key::parse("<c-d>").unwrap()),
            Msg::Key(Key::char('<')),
            Msg::Copied { what: "id".to_owned(), bytes: 3, route: Route::Osc52 },
            Msg::Remembered { memory: Box::new(memory), remarks: vec!["r".to_owned()] },
            Msg::EventsListed(Box::new(window)),
            Msg::HideAnswered {
                session: session.clone(),
                hidden: true,
                done: vec!["aev_1".into()],
                refused: vec![("aev_2".into(), problem.clone())],
            },
            Msg::InputRefused { session: session.clone(), purpose: Purpose::Answers, problem },
            streamed(Frame::Event(event)),
            streamed(frame(r#"{"type":"streaming_agent_output","content":"hi"}"#)),
            streamed(frame(
                r#"{"type":"tool_activity","tool_call_id":"c","activity_type":"sub_agent","agent_event":{"type":"x"}}"#,
            )),
            streamed(frame(r#"{"type":"error","messages":["m"],"other":1}"#)),
            streamed(frame(r#"{"type":"end"}"#)),
        ] {
            let text = keep(&msg, &model(), true);
            let Entry { msg: back, .. } = serde_json::from_str(&text).unwrap();
            assert_eq!(format!("{back:?}"), format!("{msg:?}"));
        }
        assert!(serde_json::to_string(&Msg::Inside(Box::default())).is_err(), "it is left out");
    }
}
