//! Events of a session (contract section 4): stored ones and the transient ones that look alike.
//!
//! Reading happens in two stages: first the common fields, which hardly fail, then the typed view,
//! which may. The exact JSON stays, so nothing that a service sends is lost or altered, and an
//! event that does not fit its type is still an event with a row on the screen.

use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;
use serde_json::value::RawValue;

use super::odd::Fitted;
use super::{
    Artifact, ArtifactId, EventId, Object, PendingCall, SessionKey, Timestamp, ToolCallId, exact,
    time, weight,
};

/// One event, cheap to clone.
#[derive(Debug, Clone)]
pub struct Event {
    raw: Arc<RawValue>,
    pub id: Option<EventId>,
    /// Differs from the session asked for only in relayed events of a sub-agent.
    pub session_key: Option<SessionKey>,
    pub created_at: Option<Timestamp>,
    /// The `type` as sent, or `""`.
    pub kind: Arc<str>,
    /// Present only where the service puts it on the wire; its absence proves nothing.
    pub hide_reason: Option<String>,
    /// Whether the agent no longer sees it, where a file says so that was written by this program;
    /// the service never does.
    pub hidden: Option<bool>,
    /// What of it had to be taken for something else, so that it fits its type.
    pub remark: Option<Arc<str>>,
    /// Shared, because an event is in many places at once and may hold a lot.
    pub body: Arc<EventBody>,
}

/// The typed view of an event. Read by [`typed`] alone: as a union serde would copy all of it first.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum EventBody {
    InputMessage(InputMessage),
    SkillLoad(SkillLoad),
    ArtifactUpload(ArtifactUpload),
    ToolInput(ToolInput),
    ToolOutput(ToolOutput),
    Thinking(Thinking),
    AgentOutput(AgentOutput),
    StructuredOutput(StructuredOutput),
    ImageRead(ImageRead),
    StepTransition(StepTransition),
    Compaction(Compaction),
    SessionInterrupted {},
    ContextLimitExceeded(ContextLimitExceeded),
    StepTransitionLimitExceeded(StepTransitionLimitExceeded),
    ClientToolPending(ClientToolPending),
    CompactionStarted {},
    /// Undocumented in lists, seen when polling.
    Error(ErrorEvent),
    /// A type that we do not know.
    #[serde(skip)]
    Unknown,
    /// A type that we know, with content that does not fit it; says what is wrong.
    #[serde(skip)]
    Malformed(String),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct InputMessage {
    pub messages: Vec<InputPart>,
    /// Opaque; one for each message where the service sends them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub message_diffs: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum InputPart {
    Text { content: String },
    Skill { skill_name: String },
}

impl InputMessage {
    pub fn text(content: impl Into<String>) -> Self {
        let messages = vec![InputPart::Text { content: content.into() }];
        Self { messages, message_diffs: Vec::new() }
    }

    /// The text parts, one paragraph each; a skill part reads `[skill name]`.
    pub fn to_text(&self) -> String {
        let parts = self.messages.iter().map(|part| match part {
            InputPart::Text { content } => content.clone(),
            InputPart::Skill { skill_name } => format!("[skill {skill_name}]"),
        });
        parts.collect::<Vec<_>>().join("\n\n")
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SkillLoad {
    pub skill_name: String,
    pub content: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ArtifactUpload {
    pub artifacts: Vec<ArtifactReference>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_upload_message: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ArtifactReference {
    pub artifact_id: ArtifactId,
    pub filename: String,
    pub mime_type: String,
    #[serde(deserialize_with = "exact::count")]
    pub size_bytes: u64,
}

impl From<&Artifact> for ArtifactReference {
    fn from(artifact: &Artifact) -> Self {
        Self {
            artifact_id: artifact.id.clone(),
            filename: artifact.filename.clone(),
            mime_type: artifact.mime_type.clone(),
            size_bytes: artifact.size_bytes,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ToolInput {
    pub tool_call_id: ToolCallId,
    pub tool_configuration_name: String,
    pub tool_name: String,
    /// Real but undocumented.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool_type: Option<String>,
    pub tool_input: Object,
    /// Dotted leaf paths filled by configuration; their values are not in `tool_input`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub argument_override_paths: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ToolOutput {
    pub tool_call_id: ToolCallId,
    pub tool_configuration_name: String,
    pub tool_name: String,
    pub tool_output: Object,
    /// Whether the tool failed.
    pub error: bool,
    /// Override path to the value used; secrets read `****`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolved_argument_overrides: Option<Object>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Thinking {
    /// Absent where the provider keeps its reasoning private.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
}

/// Not a terminator: an agent may speak, call a tool, and speak again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AgentOutput {
    pub content: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StructuredOutput {
    pub schema_name: String,
    pub content: Value,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ImageRead {
    pub artifact_id: ArtifactId,
    #[serde(default = "auto")]
    pub detail: String,
}

fn auto() -> String {
    "auto".to_owned()
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StepTransition {
    pub from_step: String,
    pub to_step: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
}

/// The events that it stands for become hidden, not deleted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Compaction {
    pub turns_compacted: u64,
    pub events_compacted: u64,
    pub summary_key: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub summary_text: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ContextLimitExceeded {
    pub message: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context_limit: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actual_tokens: Option<u64>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StepTransitionLimitExceeded {
    pub message: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transition_limit: Option<u64>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClientToolPending {
    #[serde(deserialize_with = "super::tool_call::calls")]
    pub pending_calls: Vec<PendingCall>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ErrorEvent {
    #[serde(default)]
    pub messages: Vec<String>,
}

/// The common fields, each as lenient as it can be. Names are fixed so that a field of another
/// type never makes an event unreadable.
#[derive(Deserialize, Default)]
struct Header {
    #[serde(default)]
    id: Value,
    #[serde(default)]
    session_key: Value,
    #[serde(default, with = "time::optional")]
    created_at: Option<Timestamp>,
    #[serde(default, rename = "type")]
    kind: Value,
    #[serde(default)]
    hide_reason: Value,
    #[serde(default)]
    hidden: Value,
}

/// The values of an event that take more memory than this are not read: its members stay text.
const HEAVY: u64 = 4 << 20;
const HEAVY_TEXT: usize = 64 * 1024;

/// The two stages. What fails in one of them is tried again with what is odd taken for something
/// that fits.
fn read(json: &str) -> (Header, EventBody, Option<Arc<str>>) {
    // What is small is no danger, whatever is in it.
    if json.len() > HEAVY_TEXT && weight::of_values(json.as_bytes()) > HEAVY {
        return fit(json, Fitted::of_heavy(json), Err("too many values"));
    }
    let header = serde_json::from_str::<Header>(json);
    let body = header.as_ref().ok().map(|header| typed(json, header.kind.as_str()));
    let why = match (header, body) {
        (Ok(header), Some(Ok(body))) => return (header, body, None),
        (Err(error), _) | (_, Some(Err(error))) => error,
        (Ok(header), None) => return (header, EventBody::Unknown, None),
    };
    fit(json, Fitted::of(json), Ok(&reason(&why)))
}

/// The second stage of an event that was made to fit its type. `why` is what is wrong with it, an error
/// where its text as it is must not be read.
fn fit(
    json: &str,
    fitted: Option<Fitted>,
    why: Result<&str, &str>,
) -> (Header, EventBody, Option<Arc<str>>) {
    let Some(mut fitted) = fitted else {
        // No object, of which nothing is expected.
        return (Header::default(), EventBody::Unknown, None);
    };
    let kind = fitted.members.get("type").and_then(Value::as_str).unwrap_or_default().to_owned();
    fitted.fit(&kind);
    let members = Value::Object(fitted.members);
    let header = Header::deserialize(&members).unwrap_or_default();
    // What is read exactly is read from the exact text, if that is at all possible.
    // That of outstanding calls is not looked into.
    let may_be_read = why.is_ok() || kind == "client_tool_pending";
    let exact = may_be_read.then(|| typed(json, Some(&kind)).ok()).flatten();
    let body = exact.map_or_else(|| typed(&members.to_string(), Some(&kind)), Ok);
    let remark = fitted.remarks.join(" · ");
    let remark = (!remark.is_empty()).then(|| Arc::from(remark));
    match body {
        Ok(body) => (header, body, remark),
        Err(_) => (header, EventBody::Malformed(why.unwrap_or_else(|why| why).to_owned()), None),
    }
}

fn typed(json: &str, kind: Option<&str>) -> serde_json::Result<EventBody> {
    use EventBody as B;
    use serde_json::from_str as read;
    match kind.unwrap_or_default() {
        "input_message" => read(json).map(B::InputMessage),
        "skill_load" => read(json).map(B::SkillLoad),
        "artifact_upload" => read(json).map(B::ArtifactUpload),
        "tool_input" => read(json).map(B::ToolInput),
        "tool_output" => read(json).map(B::ToolOutput),
        "thinking" => read(json).map(B::Thinking),
        "agent_output" => read(json).map(B::AgentOutput),
        "structured_output" => read(json).map(B::StructuredOutput),
        "image_read" => read(json).map(B::ImageRead),
        "step_transition" => read(json).map(B::StepTransition),
        "compaction" => read(json).map(B::Compaction),
        "session_interrupted" => Ok(B::SessionInterrupted {}),
        "context_limit_exceeded" => read(json).map(B::ContextLimitExceeded),
        "step_transition_limit_exceeded" => read(json).map(B::StepTransitionLimitExceeded),
        "client_tool_pending" => read(json).map(B::ClientToolPending),
        "compaction_started" => Ok(B::CompactionStarted {}),
        "error" => read(json).map(B::Error),
        _ => Ok(B::Unknown),
    }
}

/// Without the place, which is one in this event and in nothing that a person has before them.
pub(super) fn reason(error: &serde_json::Error) -> String {
    let words = error.to_string();
    words.split(" at line ").next().unwrap_or_default().to_owned()
}

impl Event {
    /// Reads an event from its exact JSON. Never fails: what cannot be understood is kept raw.
    pub fn from_raw(raw: Box<RawValue>) -> Self {
        let (header, body, remark) = read(raw.get());
        Self {
            id: header.id.as_str().map(EventId::from),
            session_key: header.session_key.as_str().map(SessionKey::from),
            created_at: header.created_at,
            kind: Arc::from(header.kind.as_str().unwrap_or_default()),
            hide_reason: header.hide_reason.as_str().map(str::to_owned),
            hidden: header.hidden.as_bool(),
            remark,
            body: Arc::new(body),
            raw: Arc::from(raw),
        }
    }

    /// Makes an event with the common fields in the service's order: `id, session_key,
    /// created_at, type, …`.
    pub fn new(
        id: EventId,
        session_key: SessionKey,
        created_at: Timestamp,
        body: &EventBody,
    ) -> serde_json::Result<Self> {
        #[derive(Serialize)]
        struct Whole<'a> {
            id: EventId,
            session_key: SessionKey,
            #[serde(with = "time::required")]
            created_at: Timestamp,
            #[serde(flatten)]
            body: &'a EventBody,
        }
        serde_json::value::to_raw_value(&Whole { id, session_key, created_at, body })
            .map(Self::from_raw)
    }

    /// The JSON exactly as it was received.
    pub fn raw(&self) -> &RawValue {
        &self.raw
    }

    /// Length of the JSON in bytes, which is what "size" means on the screen.
    pub fn size(&self) -> usize {
        self.raw.get().len()
    }
}

impl PartialEq for Event {
    fn eq(&self, other: &Self) -> bool {
        self.raw.get() == other.raw.get()
    }
}

impl Serialize for Event {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        self.raw.serialize(out)
    }
}

impl<'de> Deserialize<'de> for Event {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        Box::<RawValue>::deserialize(input).map(Self::from_raw)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Event {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn a_new_event_has_the_services_key_order() {
        let body = EventBody::AgentOutput(AgentOutput { content: "hi".into() });
        let event = Event::new("aev_1".into(), "s".into(), Timestamp::UNIX_EPOCH, &body).unwrap();
        assert_eq!(
            event.raw().get(),
            r#"{"id":"aev_1","session_key":"s","created_at":"1970-01-01T00:00:00.000Z","type":"agent_output","content":"hi"}"#
        );
        assert_eq!(*event.body, body);
    }

    #[test]
    fn an_event_by_the_name_of_its_type_only_is_kept_and_says_why() {
        let json = r#"{"id":"aev_1","type":"tool_output","output":"not an object"}"#;
        let event = read(json);
        assert!(matches!(&*event.body, EventBody::Malformed(why) if why.contains("missing field")));
        assert_eq!(event.raw().get(), json);
    }

    #[test]
    fn what_a_parser_refuses_changes_no_outcome() {
        let deep = format!("{}{}", "[".repeat(300), "]".repeat(300));
        for (output, remark) in [
            (r#"{"text":"x\ud83d"}"#, None),
            (r#"{"n":1e400}"#, None),
            (&*format!(r#"{{"n":{deep}}}"#), None),
            ("\"no object\"", Some("tool_output is no object")),
            ("{},\"tool_output\":{}", Some("tool_output comes twice, the first counts")),
        ] {
            let json = format!(
                r#"{{"id":"aev_1","type":"tool_output","tool_call_id":"c","tool_name":"t",
                    "tool_configuration_name":"t","tool_output":{output},"error":true}}"#
            );
            let event = read(&json);
            let EventBody::ToolOutput(read) = &*event.body else { panic!("{:?}", event.body) };
            assert!(read.error, "{output}");
            assert_eq!(event.remark.as_deref(), remark);
            assert_eq!(event.raw().get(), json);
        }
        let said = |json: &str| match EventBody::clone(&read(json).body) {
            EventBody::AgentOutput(output) => output.content,
            EventBody::InputMessage(message) => message.to_text(),
            other => panic!("{other:?}"),
        };
        assert_eq!(said(r#"{"type":"agent_output","content":"a\ud83db"}"#), "a\\ud83db");
        assert_eq!(said(r#"{"type":"agent_output","content":["a"]}"#), "[\"a\"]");
        let parts = r#"{"type":"input_message","messages":[{"type":"text","content":"a\udc00"},
            {"type":"picture","text":"b"},{"type":"sound"}]}"#;
        assert_eq!(said(parts), "a\\udc00\n\nb\n\n{\"type\":\"sound\"}");
        let told = read(r#"{"type":"tool_output","tool_call_id":"c","error":"timed out"}"#);
        assert!(matches!(&*told.body, EventBody::ToolOutput(output) if output.error));
    }

    #[test]
    fn an_event_of_too_many_values_keeps_its_outcome_and_its_text() {
        let values = format!("{{\"a\":[{}0]}}", "{\"\":0},".repeat(20_000));
        let json = format!(
            r#"{{"id":"aev_1","type":"tool_output","tool_call_id":"c","tool_name":"t",
                "tool_configuration_name":"t","tool_output":{values},"error":true}}"#
        );
        let event = read(&json);
        assert_eq!(event.raw().get(), json);
        let EventBody::ToolOutput(output) = &*event.body else { panic!("{:?}", event.remark) };
        assert!(output.error && output.tool_call_id.as_str() == "c");
        assert_eq!(output.tool_output["output"], values.as_str());
        let remark = event.remark.as_deref().unwrap();
        assert!(remark.starts_with("too many values to look into"), "{remark}");
    }

    #[test]
    fn of_a_key_that_comes_twice_the_first_counts() {
        let event = read(r#"{"id":"aev_2","id":"aev_3","type":"agent_output","content":"x"}"#);
        assert_eq!(event.id.as_ref().map(EventId::as_str), Some("aev_2"));
        assert_eq!(event.remark.as_deref(), Some("id comes twice, the first counts"));
    }

    #[test]
    fn nonsense_in_the_common_fields_does_not_lose_the_event() {
        let json = r#"{"id":7,"type":"agent_output","content":"x","created_at":"yesterday"}"#;
        let event = read(json);
        assert_eq!(event.id, None);
        assert_eq!(event.created_at, None);
        assert!(matches!(&*event.body, EventBody::AgentOutput(_)));
        assert!(matches!(*read("[1,2]").body, EventBody::Unknown));
    }
}
