//! What a recording of a run is made of, and what of a message is fit to be kept.
//!
//! Reads and writes no file. A recording is JSON lines: a [`Header`], then every message with the
//! time at which the machine got it. The invariant: an argument that the screen masks, and text
//! that was typed and not sent, leave [`fit`] masked.

use std::borrow::Cow;

use jiff::tz::{Offset, TimeZone};
use serde::{Deserialize, Serialize};

use super::Keymap;
use super::Msg;
use super::msg::{DoneMsg, FileMsg, OwnEnd, Press, RunMsg, ServiceMsg, StreamMsg, TerminalMsg};
use crate::api::{Event, EventId, Exact, PendingCall, SessionRef, Timestamp};
use crate::keymap::Key;
use crate::model::{Memory, Profile};
use crate::text::{redact, units};
use crate::tools::OwnCommand;
use crate::view::pane::artifacts::Content;
use crate::view::{Form, Mode, Model, OwnCommands};

/// Another number means another shape of the lines.
const FORMAT: u32 = 4;
/// The oldest that is read: it has the same messages, but those of the mouse.
const OLDEST: u32 = 3;
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
    /// The event of it that the screen began at.
    #[serde(default)]
    begins_at: Option<EventId>,
    /// The keymap, as a file of one: keys mean what they meant then.
    #[serde(default)]
    keymap: Option<String>,
    /// Commands of one's own, without what they run.
    #[serde(default)]
    commands: Vec<OwnCommand>,
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
            begins_at: model.begins_at.clone(),
            keymap: None,
            commands: Vec::new(),
        }
    }

    /// The same with the keys that the run had.
    #[must_use]
    pub fn with_keys(self, keymap: &Keymap, own: &OwnCommands) -> Self {
        let keymap = Some(keymap.written(|action| own.name(action).to_owned()));
        let commands = own.iter().map(|(_, command)| command.outline()).collect();
        Self { keymap, commands, ..self }
    }

    /// The keys that the run had; `None` in a recording that was made before they were in it.
    pub fn keymap(&self) -> Option<Keymap> {
        let own = self.commands();
        Keymap::parse(self.keymap.as_deref()?, |name| own.action(name)).ok()
    }

    fn commands(&self) -> OwnCommands {
        OwnCommands::new(self.commands.clone())
    }

    /// Reads the first line of a file; in words why it begins no recording that we can read.
    pub fn read(line: &str) -> Result<Self, &'static str> {
        #[derive(Deserialize)]
        struct Mark {
            foretop_recording: u32,
        }
        let mark: Mark =
            serde_json::from_str(line).map_err(|_| "it is no recording of a run of foretop")?;
        if !(OLDEST..=FORMAT).contains(&mark.foretop_recording) {
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
        model.own = self.commands();
        if let Some(session) = &self.open {
            model.show(session.clone());
            model.begins_at.clone_from(&self.begins_at);
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

/// The message as it may be kept, `None` for one that is no part of a recording; `model` is as it was
/// before it. With `typed`, text that was typed is kept as it is.
///
/// Every message stands here by its name: what nobody has decided about is not written.
pub fn fit<'a>(msg: &'a Msg, model: &Model, typed: bool) -> Option<Cow<'a, Msg>> {
    let as_it_is = Some(Cow::Borrowed(msg));
    // Nobody wants to find a secret again.
    let typed = typed && !model.layers.form().is_some_and(Form::is_at_secret);
    match msg {
        Msg::Terminal(msg) => match msg {
            TerminalMsg::Key(press) => {
                let letter = model.mode() == Mode::Write && press.key.typed().is_some();
                if typed || !letter {
                    as_it_is
                } else {
                    Some(instead(TerminalMsg::Key(Press { key: Key::char(TYPED), ..*press })))
                }
            }
            // What was pasted where nothing is written may have been meant for anything.
            TerminalMsg::Paste(text) => {
                let asked_for = model.mode() == Mode::Ask;
                if typed || asked_for {
                    as_it_is
                } else {
                    Some(instead(TerminalMsg::Paste(blank(text))))
                }
            }
            TerminalMsg::Mouse(..)
            | TerminalMsg::Resize(..)
            | TerminalMsg::Graphics(_)
            | TerminalMsg::NobodyToResume => as_it_is,
        },
        Msg::Run(msg) => match msg {
            RunMsg::Remembered { .. } if typed => as_it_is,
            RunMsg::Remembered { memory, remarks } => Some(instead(RunMsg::Remembered {
                memory: Box::new(without_texts(memory)),
                remarks: remarks.clone(),
            })),
            RunMsg::Wake
            | RunMsg::Shown
            | RunMsg::Terminate
            | RunMsg::KeepsNothing(_)
            | RunMsg::NotKept(_)
            | RunMsg::HeldUp { .. }
            | RunMsg::KeptAgain
            | RunMsg::NotRecorded(_) => as_it_is,
            // Of this machine.
            RunMsg::Inside(_) | RunMsg::Remarks(_) => None,
        },
        // It would hold both files or sessions, or anything at all.
        Msg::Service(
            ServiceMsg::Compared { .. }
            | ServiceMsg::SessionsReadSoFar { .. }
            | ServiceMsg::SessionsCompared { .. },
        )
        | Msg::NotDone { .. } => None,
        Msg::Service(msg) => other_than(msg, model).map(instead).or(as_it_is),
        Msg::Stream(
            StreamMsg::InputTaken { .. }
            | StreamMsg::InputRefused { .. }
            | StreamMsg::InputDoubtful { .. }
            | StreamMsg::InputFound { .. }
            | StreamMsg::Streamed { .. }
            | StreamMsg::StreamEnded { .. },
        ) => as_it_is,
        Msg::File(msg) => match msg {
            FileMsg::FileEnded { .. } | FileMsg::NotPaged(_) => as_it_is,
            // Where files of this machine are, what they hold and what programs print of them.
            FileMsg::FileRead(_)
            | FileMsg::FileSaved(_)
            | FileMsg::Piped(_)
            | FileMsg::DraftsWritten(_)
            | FileMsg::KeysKept(_)
            | FileMsg::PathCompleted { .. }
            | FileMsg::Attached { .. } => None,
        },
        Msg::Done(msg) => match msg {
            DoneMsg::Found(_) | DoneMsg::Copied { .. } | DoneMsg::NotCopied(_) => as_it_is,
            DoneMsg::DraftChecked { .. } | DoneMsg::EditedOutside { .. } if typed => as_it_is,
            DoneMsg::DraftChecked { call, verdict } => {
                let mut verdict = verdict.clone();
                for found in &mut verdict.diagnostics {
                    // Names in the text are in there.
                    found.pointer = blank(&found.pointer);
                    found.path = blank(&found.path);
                    found.reason = blank(&found.reason);
                }
                Some(instead(DoneMsg::DraftChecked { call: call.clone(), verdict }))
            }
            DoneMsg::EditedOutside { session, call, kind, text } => {
                Some(instead(DoneMsg::EditedOutside {
                    session: session.clone(),
                    call: call.clone(),
                    kind: *kind,
                    text: text.as_deref().map(blank).map_err(Clone::clone),
                }))
            }
            // That something was shown decides what keys were about; what it was is nobody's business.
            DoneMsg::OwnEnded(end) => Some(instead(DoneMsg::OwnEnded(Box::new(OwnEnd {
                printed: blank(&end.printed),
                last_words: blank(&end.last_words),
                ..(**end).clone()
            })))),
            // It may have printed anything; and what is worked out follows from the file.
            DoneMsg::CommandEnded { .. }
            | DoneMsg::Worked(_)
            | DoneMsg::MessageEditedOutside { .. }
            | DoneMsg::FieldEditedOutside(_) => None,
        },
    }
}

fn instead<'a>(msg: impl Into<Msg>) -> Cow<'a, Msg> {
    Cow::Owned(msg.into())
}

/// The memory without what was written in earlier runs.
fn without_texts(memory: &Memory) -> Memory {
    let mut memory = memory.clone();
    for draft in memory.drafts.values_mut() {
        draft.value.text = blank(&draft.value.text);
        draft.value.other = draft.value.other.as_deref().map(blank);
    }
    for answer in memory.answers.values_mut() {
        answer.value.text = blank(&answer.value.text);
    }
    // Names and metadata are in there, and what was written.
    memory.steps.clear();
    memory.sent.clear();
    memory
}

/// Another message in the place of one that is not kept as it came; `None` keeps it so.
fn other_than(msg: &ServiceMsg, model: &Model) -> Option<ServiceMsg> {
    match msg {
        ServiceMsg::Probed { session, probe, calls, inputs, asked_at } if !calls.is_empty() => {
            Some(ServiceMsg::Probed {
                session: session.clone(),
                probe: probe.clone(),
                calls: masked(model, session, calls, inputs),
                inputs: inputs.clone(),
                asked_at: *asked_at,
            })
        }
        ServiceMsg::ArtifactFetched {
            session,
            artifact,
            content: Content::Ready(file) | Content::Doubtful { file, .. },
            checksum,
        } if file.bytes().len() > MOST_CONTENT => {
            let size = units::bytes(file.bytes().len() as u64);
            Some(ServiceMsg::ArtifactFetched {
                session: session.clone(),
                artifact: artifact.clone(),
                content: Content::Failed { reason: format!("{size} are not in the recording") },
                checksum: *checksum,
            })
        }
        ServiceMsg::Probed { .. }
        | ServiceMsg::ArtifactFetched { .. }
        | ServiceMsg::AgentsListed(_)
        | ServiceMsg::SessionsListed { .. }
        | ServiceMsg::ListingEnded { .. }
        | ServiceMsg::SessionRead(_)
        | ServiceMsg::EventsListed(_)
        | ServiceMsg::VisibleListed { .. }
        | ServiceMsg::LinkFailed { .. }
        | ServiceMsg::LinkSilent { .. }
        | ServiceMsg::LinkAnswers
        | ServiceMsg::ClocksApart { .. }
        | ServiceMsg::LinkWorks { .. }
        | ServiceMsg::Refused { .. }
        | ServiceMsg::Unlisted { .. }
        | ServiceMsg::SessionGone(_)
        | ServiceMsg::HideAnswered { .. }
        | ServiceMsg::EventsDeleted { .. }
        | ServiceMsg::Session(_)
        | ServiceMsg::TracesRead { .. }
        | ServiceMsg::ToolRead { .. }
        | ServiceMsg::SessionsPass { .. }
        | ServiceMsg::FilterAsked { .. }
        | ServiceMsg::FilterRefused { .. }
        | ServiceMsg::EventsSearched { .. }
        | ServiceMsg::Catalogued(_)
        | ServiceMsg::ArtifactsListed { .. }
        | ServiceMsg::ArtifactsUnlisted { .. }
        | ServiceMsg::ArtifactProgress { .. }
        | ServiceMsg::UploadProgress { .. }
        | ServiceMsg::SessionsReadSoFar { .. }
        | ServiceMsg::SessionsCompared { .. }
        | ServiceMsg::Compared { .. } => None,
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
        let text = known.map(|known| known.arguments.masked_text())?;
        Some(PendingCall { arguments: Exact::new(text)?, ..call.clone() })
    };
    calls.iter().filter_map(mask).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::api::AgentKey;
    use crate::content::prepare;
    use crate::view::pane::artifacts::Checksum;
    use serde_json::json;

    fn model() -> Model {
        Model::new(Timestamp::UNIX_EPOCH, (80, 24))
    }

    fn keep(msg: &Msg, model: &Model, typed: bool) -> String {
        let entry = Entry { at: Timestamp::UNIX_EPOCH, msg: fit(msg, model, typed).unwrap() };
        serde_json::to_string(&entry).unwrap()
    }

    #[test]
    fn what_is_typed_is_kept_by_its_length_alone() {
        let mut model = model();
        let press = |key| Msg::Terminal(TerminalMsg::Key(Press::alone(key, model.now)));
        let (key, enter) = (press(Key::char('q')), press(Key::parse("<enter>").unwrap()));
        assert!(keep(&key, &model, false).contains(r#""key":"q""#));
        model.layers.push(crate::view::Layer::Composer(SessionRef::new("a", "s")));
        assert!(keep(&key, &model, false).contains(r#""key":"x""#));
        assert!(keep(&key, &model, true).contains(r#""key":"q""#));
        assert!(keep(&enter, &model, false).contains(r#""key":"<enter>""#));
        let paste = Msg::Terminal(TerminalMsg::Paste("pass word\n1".to_owned()));
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
                "tool_configuration_name":"c","tool_input":{"order":7,"auth":{"user":"u"}},
                "argument_override_paths":["auth.key"]}"#,
        )
        .unwrap();
        let probed = |inputs: Vec<Event>| {
            Msg::Service(ServiceMsg::Probed {
                session: SessionRef { agent: agent.clone(), key: "s".into() },
                probe: crate::model::sessions::Probe::default(),
                calls: vec![call.clone()],
                inputs,
                asked_at: Timestamp::UNIX_EPOCH,
            })
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
        let fetched = |size: usize| {
            Msg::Service(ServiceMsg::ArtifactFetched {
                session: SessionRef::new("a", "s"),
                artifact: "art_1".into(),
                content: Content::Ready(Arc::new(prepare("a.txt", "", vec![b'x'; size].into()))),
                checksum: Checksum::Matches,
            })
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
        assert!(Header::read(r#"{"foretop_recording":3}"#).is_err());
        assert!(Header::read("[[[[").is_err());
    }

    fn checked() -> Msg {
        use crate::model::output_schema::{Against, Check};
        let check = Check {
            call: "aev_1".into(),
            stamp: 7,
            kind: crate::model::AnswerKind::Success,
            text: "{\"plan\": 1, \"plan\": 2}".to_owned(),
            against: Against::Free,
        };
        Msg::Done(DoneMsg::DraftChecked { call: check.call.clone(), verdict: check.run() })
    }

    #[test]
    fn what_is_said_about_a_draft_is_kept_without_its_words() {
        assert!(keep(&checked(), &model(), true).contains("plan"));
        let kept = keep(&checked(), &model(), false);
        assert!(!kept.contains("plan") && kept.contains(r#""sendable":true"#), "{kept}");
        let edited = Msg::Done(DoneMsg::EditedOutside {
            session: SessionRef::new("a", "s"),
            call: "aev_1".into(),
            kind: crate::model::AnswerKind::Error,
            text: Ok("secret plan".to_owned()),
        });
        assert!(keep(&edited, &model(), false).contains("xxxxxxxxxxx"));
    }

    #[test]
    fn messages_come_back_as_they_were() {
        use crate::api::Frame;
        use crate::app::effect::InputKind;
        use crate::app::msg::{
            DoneMsg, EventWindow, Problem, Route, RunMsg, ServiceMsg, StreamMsg, TerminalMsg,
        };
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
        let streamed = |frame| Msg::Stream(StreamMsg::Streamed { session: session.clone(), frame });
        let mut memory = crate::model::Memory::default();
        let draft = SavedDraft { text: "d".to_owned(), ..SavedDraft::default() };
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
            Msg::Run(RunMsg::Wake),
            Msg::Terminal(TerminalMsg::Resize(80, 24)),
            Msg::Terminal(TerminalMsg::Key(Press::alone(Key::parse("<c-d>").unwrap(), at))),
            Msg::Terminal(TerminalMsg::Key(Press::alone(Key::char('<'), at))),
            Msg::Run(RunMsg::Shown),
            Msg::Done(DoneMsg::Copied { what: "id".to_owned(), bytes: 3, route: Route::Osc52 }),
            Msg::Run(RunMsg::Remembered {
                memory: Box::new(memory),
                remarks: vec!["r".to_owned()],
            }),
            Msg::Service(ServiceMsg::EventsListed(Box::new(window))),
            Msg::Service(ServiceMsg::HideAnswered {
                session: session.clone(),
                hidden: true,
                done: vec!["aev_1".into()],
                refused: vec![("aev_2".into(), problem.clone())],
            }),
            Msg::Stream(StreamMsg::InputRefused {
                session: session.clone(),
                purpose: InputKind::Answers,
                problem,
            }),
            Msg::Service(ServiceMsg::ToolRead {
                tool: "tol_1".into(),
                read: crate::model::output_schema::ToolRead::Schemas {
                    input: crate::api::Object::new(),
                    output: None,
                },
            }),
            checked(),
            Msg::Done(DoneMsg::EditedOutside {
                session: session.clone(),
                call: "aev_1".into(),
                kind: crate::model::AnswerKind::Error,
                text: Ok("secret plan".to_owned()),
            }),
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
        assert!(
            serde_json::to_string(&Msg::Run(RunMsg::Inside(Box::default()))).is_err(),
            "it is left out"
        );
    }
}
