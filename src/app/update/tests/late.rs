//! Answers that come late: whatever arrives in whatever place, the keyboard stays where it is.

use std::collections::HashSet;

use super::everywhere::places;
use super::*;
use crate::api::{AgentKey, Artifact, Frame, ToolId};
use crate::app::chain::{self, TargetName};
use crate::app::msg::{Catalogued, FileMsg, Piped, SaveOutcome};
use crate::model::output_schema::ToolRead;
use crate::tools::{Ending, Ran};
use crate::view::pane::artifacts::{Checksum, Content};
use crate::view::pane::text_diff::Outcome;

/// What no message may change under a person's fingers.
#[derive(Debug, PartialEq)]
struct Keyboard {
    place: TargetName,
    view: View,
    focus: Focus,
    zoomed: bool,
    layers: Vec<LayerKind>,
    /// Lines and texts that are being written.
    typed: Vec<String>,
    question: String,
}

fn keyboard(model: &Model) -> Keyboard {
    let typed = |layer: &Layer| match layer {
        Layer::Question(question) => question.input.text(),
        Layer::Prompt(prompt) => prompt.input.text(),
        Layer::Palette(palette) => palette.input.text(),
        Layer::Help(help) => help.input.text(),
        Layer::Composer(session) => {
            model.composer.draft(session).map(|draft| draft.editor.text()).unwrap_or_default()
        }
        Layer::Answer(call) => {
            model.calls.get(call).map(|call| call.draft.editor.text()).unwrap_or_default()
        }
        _ => String::new(),
    };
    Keyboard {
        place: chain::names(model)[0],
        view: model.view,
        focus: model.focus,
        zoomed: model.zoomed,
        layers: model.layers.iter().map(Layer::kind).collect(),
        typed: model.layers.iter().map(typed).collect(),
        question: model.layers.question().map(|asked| asked.text.clone()).unwrap_or_default(),
    }
}

fn refusal(status: u16) -> Problem {
    Problem { status: Some(status), ..problem() }
}

/// About the session that is open, and about another one.
fn sessions() -> [SessionRef; 2] {
    [open(), SessionRef::new("a", "elsewhere")]
}

fn of_the_service(desk: &Desk) -> Vec<Msg> {
    let (now, agent, id) = (desk.now, AgentKey::from("a"), EventId::from("aev_said"));
    let file = |id: &str| -> Artifact {
        serde_json::from_value(json!({"artifact_id": id, "filename": "b.txt",
            "mime_type": "text/plain", "size_bytes": 3, "checksum_sha256": id,
            "created_at": "2026-07-02T08:00:00Z", "updated_at": "2026-07-02T08:00:00Z"}))
        .unwrap()
    };
    let listed: Session = serde_json::from_value(json!({"key": "s", "agent_key": "a", "name": "s",
        "enabled": true, "created_at": "2026-07-02T08:00:00Z", "status": "running"}))
    .unwrap();
    let parked = |session: SessionRef| {
        let window = EventWindow { session: session.clone(), ..desk.window(&["aev_9"]) };
        let (inputs, asked_at) = (window.events.clone(), now);
        // The calls that wait in the open session wait on: who answers them elsewhere, takes them.
        let waiting = desk.model.calls.of_session(&session).map(|call| call.pending.clone());
        let calls: Vec<_> = waiting.chain([pending("aev_9")]).collect();
        let probe = read_probe(&inputs, &calls);
        ServiceMsg::Probed { session, probe, calls, inputs, asked_at }
    };
    let mut msgs = vec![
        ServiceMsg::AgentsListed(Vec::new()),
        ServiceMsg::SessionsListed {
            agent: agent.clone(),
            sessions: vec![listed.clone()],
            complete: false,
        },
        ServiceMsg::ListingEnded { agent, listed: HashSet::from(["s".into()]) },
        ServiceMsg::SessionRead(Box::new(listed)),
        ServiceMsg::SessionGone(SessionRef::new("a", "elsewhere")),
        ServiceMsg::LinkFailed { problem: refusal(502), next_try: now },
        ServiceMsg::LinkSilent { since: now },
        ServiceMsg::LinkAnswers,
        ServiceMsg::ClocksApart { seconds: Some(-300) },
        ServiceMsg::LinkWorks { oldest: None },
        ServiceMsg::Unlisted { agent: None, problem: refusal(403) },
        ServiceMsg::Unlisted { agent: Some(AgentKey::from("b")), problem: refusal(403) },
        ServiceMsg::ToolRead { tool: ToolId::from("t"), read: ToolRead::Failed("no".into()) },
        ServiceMsg::Catalogued(Catalogued::Agents { agents: Vec::new(), more: false }),
        ServiceMsg::Catalogued(Catalogued::NoTools(refusal(403))),
        ServiceMsg::Catalogued(Catalogued::Aliases { aliases: Vec::new(), more: true }),
        ServiceMsg::ArtifactProgress { artifact: "art_1".into(), done: 9 },
    ];
    for session in sessions() {
        let window = EventWindow { session: session.clone(), ..desk.window(&["aev_7"]) };
        let content = Content::Failed { reason: "no".to_owned() };
        msgs.extend([
            parked(session.clone()),
            ServiceMsg::EventsListed(Box::new(window)),
            ServiceMsg::VisibleListed {
                session: session.clone(),
                visible: HashSet::new(),
                from: None,
                to: id.clone(),
                asked_at: now,
            },
            ServiceMsg::Refused { session: session.clone(), problem: refusal(403) },
            ServiceMsg::HideAnswered {
                session: session.clone(),
                hidden: true,
                done: vec![id.clone()],
                refused: vec![("aev_1".into(), refusal(409))],
            },
            ServiceMsg::EventsDeleted {
                session: session.clone(),
                done: vec![id.clone()],
                refused: Vec::new(),
                copy: None,
            },
            ServiceMsg::TracesRead { session: session.clone(), measured: Measured::default() },
            ServiceMsg::ArtifactsUnlisted { session: session.clone(), problem: refusal(403) },
            ServiceMsg::ArtifactsListed {
                session: session.clone(),
                artifacts: vec![file("art_1"), file("art_3")],
                more: true,
            },
            ServiceMsg::ArtifactFetched {
                session: session.clone(),
                artifact: "art_1".into(),
                content,
                checksum: Checksum::Unchecked,
            },
            ServiceMsg::UploadProgress { session: session.clone(), done: 1, total: 3 },
            ServiceMsg::Compared {
                session,
                files: ["art_1".into(), "art_2".into()],
                outcome: Outcome::TooLarge,
                checksums: [Checksum::Unchecked; 2],
            },
        ]);
    }
    msgs.into_iter().map(Msg::from).collect()
}

fn of_streams() -> Vec<Msg> {
    let of = |session: SessionRef| {
        let word = event(&json!({"id": "aev_8", "type": "agent_output",
            "created_at": "2026-07-02T08:40:00Z", "content": "more"}));
        let problem = refusal(409);
        let input = |purpose| {
            let (session, problem) = (session.clone(), problem.clone());
            StreamMsg::InputRefused { session, purpose, problem }
        };
        let taken = |purpose| StreamMsg::InputTaken { session: session.clone(), purpose };
        vec![
            input(InputKind::Message),
            input(InputKind::Answers),
            input(InputKind::Interrupt),
            input(InputKind::Compact),
            taken(InputKind::Message),
            taken(InputKind::Interrupt),
            taken(InputKind::Compact),
            StreamMsg::InputDoubtful { session: session.clone(), problem: problem.clone() },
            StreamMsg::InputFound { session: session.clone() },
            StreamMsg::Streamed { session: session.clone(), frame: Frame::Event(word) },
            StreamMsg::StreamEnded { session: session.clone(), problem: Some(problem) },
        ]
    };
    sessions().into_iter().flat_map(of).map(Msg::from).collect()
}

fn of_files_and_work() -> Vec<Msg> {
    let no = || "no".to_owned();
    let piped = Piped { line: no(), summary: no(), succeeded: true, output: "lines".into() };
    let ran = Ran {
        ending: Ending::Exited(0),
        took: std::time::Duration::ZERO,
        stdout: "{}".to_owned(),
        stderr: String::new(),
    };
    let files = [
        FileMsg::FileEnded { remarks: vec![no()], problem: Some(no()) },
        FileMsg::FileSaved(SaveOutcome::Saved { path: no(), bytes: 1 }),
        FileMsg::FileSaved(SaveOutcome::Exists { path: no(), free: no() }),
        FileMsg::FileSaved(SaveOutcome::Refused(no())),
        FileMsg::Piped(Box::new(piped)),
        FileMsg::NotPaged(no()),
        FileMsg::PathCompleted { typed: "a".into(), completed: "ab".into(), offers: Vec::new() },
        FileMsg::Attached { session: open(), outcome: Err(no()) },
    ];
    let work = [
        DoneMsg::CommandEnded { call: "aev_1".into(), ran: Box::new(ran), fits: None },
        DoneMsg::EditedOutside {
            session: open(),
            call: "aev_1".into(),
            kind: AnswerKind::Success,
            text: Err(no()),
        },
        DoneMsg::Copied { what: no(), bytes: 1, route: Route::Osc52 },
        DoneMsg::NotCopied(no()),
    ];
    files.into_iter().map(Msg::from).chain(work.into_iter().map(Msg::from)).collect()
}

/// Something that happens, and what it is called.
type Cause<'a> = (&'a str, &'a dyn Fn(&mut Desk));

#[test]
fn nothing_that_arrives_takes_the_keyboard_anywhere() {
    let mut taken = Vec::new();
    for (name, start) in places() {
        let mut msgs = of_the_service(&start);
        msgs.extend(of_streams());
        msgs.extend(of_files_and_work());
        let before = keyboard(&start.model);
        for msg in msgs {
            let mut desk = start.again();
            desk.hears(msg.clone());
            let after = keyboard(&desk.model);
            if after != before {
                taken.push(format!("{name:?}: {after:?} after {msg:?}"));
            }
        }
    }
    assert!(taken.is_empty(), "{}", taken.join("\n"));
}

/// Where something that is being looked at or written ends, keys are ignored for a moment.
#[test]
fn what_has_to_take_the_keyboard_makes_it_wait() {
    for (name, start) in places() {
        let calls_gone = |desk: &mut Desk| desk.sees(&[]);
        let gone = |desk: &mut Desk| drop(desk.hears(ServiceMsg::SessionGone(open()).into()));
        let taken = |desk: &mut Desk| {
            let (session, purpose) = (open(), InputKind::Answers);
            desk.hears(StreamMsg::InputTaken { session, purpose }.into());
        };
        let causes: [Cause<'_>; 3] =
            [("answered elsewhere", &calls_gone), ("deleted", &gone), ("answered", &taken)];
        for (cause, happens) in causes {
            let mut desk = start.again();
            desk.model.guard_until = None;
            let before = keyboard(&desk.model);
            happens(&mut desk);
            let guarded = desk.model.guard_until.is_some_and(|until| until > desk.now);
            // An answer that was taken says so in front of the next call, where no key does harm.
            let noted = cause == "answered" && desk.model.sent.is_some();
            let same = keyboard(&desk.model) == before;
            assert!(same || guarded || noted, "{name:?}, {cause}: {:?}", keyboard(&desk.model));
        }
    }
}
