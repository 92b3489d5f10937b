//! Files taken along: what is asked before, what is done after, and what is said of it.

use crate::app::effect::{FileWork, Request};
use std::sync::Arc;

use super::*;
use crate::api::{Artifact, ArtifactId};
use crate::app::msg::{FileMsg, Piped, SaveOutcome, ServiceMsg, StreamMsg};
use crate::content::prepare;
use crate::view::LayerKind;
use crate::view::pane::artifacts::{Checksum, Content};
use crate::view::pane::composer::Attachment;

fn id() -> ArtifactId {
    "art_1".into()
}

fn session() -> SessionRef {
    SessionRef::new("a", "s")
}

fn listed(name: &str, size: u64) -> Artifact {
    let at = "2026-07-02T08:00:00.000Z";
    serde_json::from_value(json!({
        "artifact_id": "art_1", "filename": name, "mime_type": "text/plain", "size_bytes": size,
        "checksum_sha256": "00", "created_at": at, "updated_at": at
    }))
    .unwrap()
}

/// The files of a session, of which there is one.
fn desk(name: &str, size: u64) -> (Desk, Vec<Effect>) {
    let mut desk = Desk::with(&[]);
    desk.press("4");
    let artifacts = vec![listed(name, size)];
    let effects = desk.hears(Msg::Service(ServiceMsg::ArtifactsListed {
        session: session(),
        artifacts,
        more: false,
    }));
    (desk, effects)
}

fn content(name: &str) -> Content {
    Content::Ready(Arc::new(prepare(name, "text/plain", b"text".as_slice().into())))
}

fn flawed() -> Content {
    let file = Arc::new(prepare("x.md", "text/plain", b"text".as_slice().into()));
    Content::Doubtful { file, reason: "the checksum is WRONG".to_owned() }
}

fn arrives(desk: &mut Desk, content: Content, checksum: Checksum) -> Vec<Effect> {
    desk.hears(Msg::Service(ServiceMsg::ArtifactFetched {
        session: session(),
        artifact: id(),
        content,
        checksum,
    }))
}

fn question(desk: &Desk) -> (String, String) {
    let question = desk.model.layers.question().unwrap();
    (question.text.clone(), question.input.text())
}

fn told(desk: &Desk) -> &str {
    &desk.model.toast.as_ref().unwrap().text
}

#[test]
fn a_large_file_is_asked_for_told_of_and_given_up() {
    let (mut desk, effects) = desk("big.bin", 5 << 20);
    assert_eq!(effects, []);
    assert_eq!(desk.press("<enter>"), []);
    assert_eq!(question(&desk).0, "Fetch 5.0M?");
    let effects = desk.press("<enter>");
    assert!(
        matches!(&effects[..], [Effect::Service(Request::FetchArtifact { listed, .. })] if listed.id == id())
    );
    desk.hears(Msg::Service(ServiceMsg::ArtifactProgress { artifact: id(), done: 1 << 20 }));
    assert_eq!(desk.model.artifacts.transfers[&id()].percent(), 20);
    assert_eq!(desk.press("<esc>"), [Effect::Service(Request::StopFetch { artifact: id() })]);
    assert!(desk.model.artifacts.transfers.is_empty());
    assert_eq!(desk.model.view, View::Artifacts, "Esc did one thing");
    desk.hears(Msg::Service(ServiceMsg::ArtifactProgress { artifact: id(), done: 2 << 20 }));
    assert!(desk.model.artifacts.transfers.is_empty(), "what comes late is nothing");
    desk.press("<enter> <esc>");
    assert!(desk.layer().is_none());
}

#[test]
fn files_are_listed_again_when_something_has_happened() {
    let (mut desk, _) = desk("x.md", 4);
    desk.now += SignedDuration::from_secs(2);
    let list = |effects: Vec<Effect>| {
        effects
            .iter()
            .filter(|effect| matches!(effect, Effect::Service(Request::ListArtifacts { .. })))
            .count()
    };
    let same = desk.window(&[]);
    assert_eq!(list(desk.hears(Msg::Service(ServiceMsg::EventsListed(Box::new(same))))), 0);
    let more = desk.window(&["aev_call"]);
    assert_eq!(list(desk.hears(Msg::Service(ServiceMsg::EventsListed(Box::new(more))))), 1);
}

#[test]
fn a_file_that_was_fetched_is_not_fetched_again() {
    let (mut desk, effects) = desk("x.md", 4);
    assert!(
        matches!(&effects[..], [Effect::Service(Request::FetchArtifact { .. })]),
        "small ones unasked"
    );
    arrives(&mut desk, content("x.md"), Checksum::Matches);
    desk.model.artifacts = crate::view::ArtifactPane::default();
    let artifacts = vec![listed("x.md", 4)];
    let effects = desk.hears(Msg::Service(ServiceMsg::ArtifactsListed {
        session: session(),
        artifacts,
        more: false,
    }));
    assert!(
        !effects
            .iter()
            .any(|effect| matches!(effect, Effect::Service(Request::FetchArtifact { .. })))
    );
    assert!(desk.model.artifacts.viewer().is_some());
}

#[test]
fn a_flawed_file_is_shown_and_saved_only_to_who_asks_twice() {
    let (mut desk, _) = desk("x.md", 4);
    arrives(&mut desk, flawed(), Checksum::Differs);
    assert!(desk.model.artifacts.viewer().is_none());
    assert_eq!(desk.press("E"), []);
    assert!(told(&desk).starts_with("the checksum is WRONG"));
    desk.press("S");
    assert_eq!(question(&desk).0, "the checksum is WRONG. Save what came?");
    desk.press("<enter>");
    assert_eq!(question(&desk), ("save as".to_owned(), "x.md".to_owned()));
    let effects = desk.press("<enter>");
    assert!(matches!(&effects[..], [Effect::File(FileWork::Save { replace: false, .. })]));
    let outcome = SaveOutcome::Saved { path: "/tmp/x.md".to_owned(), bytes: 4 };
    desk.hears(Msg::File(FileMsg::FileSaved(outcome)));
    assert_eq!(told(&desk), "saved /tmp/x.md · 4 bytes · NOT the file that was promised");
    desk.press("<enter>");
    assert_eq!(question(&desk).0, "the checksum is WRONG. Show what came?");
    desk.press("<enter>");
    assert!(desk.model.artifacts.viewer().is_some());
    assert_eq!(desk.model.artifacts.loaded().unwrap().checksum, Checksum::Differs);
    assert!(!desk.model.file_cache.holds(&session(), &listed("x.md", 4)), "never kept");
}

#[test]
fn a_name_is_made_harmless_and_nothing_replaced_without_a_word() {
    let (mut desk, _) = desk("../../x.md", 4);
    arrives(&mut desk, content("../../x.md"), Checksum::Matches);
    desk.press("S");
    assert_eq!(question(&desk).1, "x.md");
    assert!(told(&desk).contains("made harmless"));
    desk.press("<enter>");
    let there = || SaveOutcome::Exists { path: "x.md".to_owned(), free: "x (2).md".to_owned() };
    desk.hears(Msg::File(FileMsg::FileSaved(there())));
    assert_eq!(question(&desk), ("x.md is there; save as".to_owned(), "x (2).md".to_owned()));
    let effects = desk.press("<c-u> x . m d <enter>");
    assert_eq!((effects.len(), question(&desk).0.as_str()), (0, "Replace x.md?"));
    let effects = desk.press("<enter>");
    assert!(
        matches!(&effects[..], [Effect::File(FileWork::Save { to, replace: true, .. })] if to == "x.md")
    );
    // Meanwhile somebody asks for something else: it is not taken from under them.
    desk.press(":");
    desk.hears(Msg::File(FileMsg::FileSaved(there())));
    assert_eq!(desk.layer(), Some(LayerKind::Palette));
    assert!(told(&desk).contains("S asks for another name"));
    desk.press("<esc> S");
    assert_eq!(question(&desk), ("x.md is there; save as".to_owned(), "x (2).md".to_owned()));
}

#[test]
fn a_key_that_comes_too_soon_for_a_question_is_answered_by_a_word() {
    for key in ["<esc>", "<enter>", "q"] {
        let (mut desk, _) = desk("x.md", 4);
        arrives(&mut desk, content("x.md"), Checksum::Matches);
        desk.press("S <enter>");
        let there = SaveOutcome::Exists { path: "x.md".to_owned(), free: "x (2).md".to_owned() };
        desk.hears(Msg::File(FileMsg::FileSaved(there)));
        let asked = question(&desk);
        assert_eq!(desk.press_after(20, key), [], "{key}");
        assert_eq!(question(&desk), asked, "{key} does nothing yet");
        let words = "too soon to answer what has just been asked · press it again";
        assert_eq!(told(&desk), words, "{key}");
    }
    // Once it could be read, the same key counts.
    let (mut desk, _) = desk("x.md", 4);
    arrives(&mut desk, content("x.md"), Checksum::Matches);
    desk.press("S <enter>");
    let there = SaveOutcome::Exists { path: "x.md".to_owned(), free: "x (2).md".to_owned() };
    desk.hears(Msg::File(FileMsg::FileSaved(there)));
    desk.press_after(20, "<esc>");
    desk.press("<esc>");
    assert_eq!(desk.layer(), None);
}

#[test]
fn saving_fetches_first_what_is_not_here() {
    let (mut desk, _) = desk("big.bin", 5 << 20);
    desk.press("S");
    assert_eq!(question(&desk).0, "Fetch 5.0M?");
    assert!(matches!(&desk.press("<enter>")[..], [Effect::Service(Request::FetchArtifact { .. })]));
    arrives(&mut desk, content("big.bin"), Checksum::Matches);
    assert_eq!(question(&desk), ("save as".to_owned(), "big.bin".to_owned()));
}

#[test]
fn a_file_that_comes_late_asks_nobody_who_has_gone_on() {
    let (mut desk, _) = desk("big.bin", 5 << 20);
    desk.press("S <enter> j");
    arrives(&mut desk, content("big.bin"), Checksum::Matches);
    assert_eq!(desk.layer(), None);
    assert!(told(&desk).contains("S in the list of files saves it"));
}

#[test]
fn a_program_gets_the_file_and_what_it_prints_is_shown() {
    let (mut desk, _) = desk("x.md", 4);
    arrives(&mut desk, content("x.md"), Checksum::Matches);
    assert_eq!(desk.press("! ' <enter>"), []);
    assert_eq!(told(&desk), "not run: a quote is not closed");
    let effects = desk.press("! w c <space> - l <enter>");
    assert!(
        matches!(&effects[..], [Effect::File(FileWork::Pipe { words, .. })] if words[..] == ["wc", "-l"])
    );
    assert_eq!(desk.press("<esc>"), [Effect::File(FileWork::StopPipe)]);
    let piped = |output: &str| {
        let (line, summary) = ("wc -l".to_owned(), "exit 0, 2 bytes".to_owned());
        Msg::File(FileMsg::Piped(Box::new(Piped {
            line,
            summary,
            succeeded: true,
            output: output.to_owned(),
        })))
    };
    desk.hears(piped("1\n"));
    assert_eq!(desk.layer(), None, "whoever has pressed a key since waits no more");
    desk.press("! <enter>");
    desk.hears(piped("1\u{1b}[2J\n"));
    assert_eq!(desk.layer(), Some(LayerKind::Output));
    let Some(Layer::Output(page)) = desk.model.layers.top() else { panic!("no page") };
    assert!(!page.lines[0].contains('\u{1b}'));
    desk.press("q");
    assert_eq!((desk.layer(), desk.model.view), (None, View::Artifacts));
    desk.hears(piped(" \n"));
    assert_eq!(desk.layer(), None);
    assert_eq!(told(&desk), "wc -l: ran, exit 0, 2 bytes");
}

#[test]
fn files_go_with_a_message_and_come_back_when_it_is_refused() {
    let mut desk = Desk::with(&[]);
    desk.press("i h i <c-o> r");
    assert_eq!(
        desk.press("<tab>"),
        [Effect::File(FileWork::CompletePath { typed: "r".to_owned() })]
    );
    let offers = vec!["report.md".to_owned()];
    let (typed, completed) = ("r".to_owned(), "report.md".to_owned());
    desk.hears(Msg::File(FileMsg::PathCompleted { typed, completed, offers }));
    assert_eq!(question(&desk).1, "report.md");
    let effects = desk.press("<enter>");
    assert_eq!(desk.model.mode(), Mode::Write, "writing goes on");
    assert!(
        matches!(&effects[..], [Effect::File(FileWork::Attach { path, .. })] if path == "report.md")
    );
    let attached = Attachment {
        path: "/tmp/report.md".into(),
        name: "report.md".to_owned(),
        mime: "text/markdown".to_owned(),
        size: 4,
    };
    let outcome = Ok(attached.clone());
    desk.hears(Msg::File(FileMsg::Attached { session: session(), outcome }));
    let effects = desk.press("<enter>");
    let sent = |effects: &[Effect]| {
        effects.iter().any(|effect| {
            matches!(effect, Effect::Service(Request::Upload { files, message, .. })
                if files[..] == [attached.clone()] && message.messages.len() == 1)
        })
    };
    assert!(sent(&effects), "{effects:?}");
    assert!(desk.model.composer.attached(&session()).is_empty());
    let problem = Problem {
        text: "no".to_owned(),
        details: Vec::new(),
        request_id: None,
        may_have_happened: false,
        status: None,
    };
    let purpose = InputKind::Message;
    desk.hears(Msg::Stream(StreamMsg::InputRefused { session: session(), purpose, problem }));
    assert_eq!(desk.model.composer.attached(&session()).len(), 1);
    desk.press("<c-x> <c-o>");
    assert!(desk.model.composer.attached(&session()).is_empty());
    desk.press("<c-o> <esc>");
    assert_eq!(desk.model.mode(), Mode::Write);
}
