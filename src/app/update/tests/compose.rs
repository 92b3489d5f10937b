//! What the composer says before it sends, brings back, offers and lends.

use super::*;
use crate::api::event::InputPart;
use crate::api::{Artifact, Input};
use crate::app::effect::FileWork;
use crate::app::msg::FileMsg;
use crate::model::memory::SentMessage;
use crate::view::pane::composer::Chip;
use crate::view::pane::composer::outlook::{Outlook, Refusal};

fn text(desk: &Desk) -> String {
    desk.model.composer.draft(&open()).map(|draft| draft.editor.text()).unwrap_or_default()
}

/// A desk that has sent these, the latest last, and writes.
fn wrote(messages: &[&str]) -> Desk {
    let mut desk = Desk::with(&[]);
    desk.hears(remembered(&[], desk.now));
    for message in messages {
        send(&mut desk, message);
    }
    desk.press("i");
    desk
}

fn send(desk: &mut Desk, message: &str) -> Vec<Effect> {
    desk.press("i");
    desk.takes(TerminalMsg::Paste(message.to_owned()).into(), desk.now);
    desk.press("<enter>");
    let (session, purpose) = (open(), InputKind::Message);
    let effects = desk.hears(StreamMsg::InputTaken { session, purpose }.into());
    desk.press("<esc>");
    effects
}

fn has_skills(desk: &mut Desk) {
    let agent = serde_json::from_value(json!({"key": "a", "name": "A", "skills": {
        "letters": {"description": "How letters are written", "content": "c"},
        "review": {"description": "Looks twice", "when_to_use": "before a refund", "content": "c"}}}));
    desk.hears(ServiceMsg::AgentsListed(vec![agent.unwrap()]).into());
}

fn offered(desk: &Desk) -> Vec<String> {
    let offers = desk.model.composer.draft(&open()).and_then(|draft| draft.offers.as_ref());
    let items = offers.map(|offers| offers.list.items()).unwrap_or_default();
    items.iter().map(|offer| offer.name.clone()).collect()
}

fn runs(desk: &mut Desk, status: &str) {
    let session = json!({"key": "s", "agent_key": "a", "name": "s", "enabled": true,
        "created_at": "2026-07-02T08:00:00Z", "status": status,
        "session_context_usage": {"total_tokens": 620, "model_context_window": 1_000}});
    desk.hears(Msg::Service(ServiceMsg::SessionsListed {
        agent: "a".into(),
        sessions: vec![serde_json::from_value(session).unwrap()],
        complete: true,
    }));
}

#[test]
fn what_enter_would_do_is_told_before_anything_is_written() {
    let mut desk = Desk::with(&[]);
    desk.press("i");
    assert_eq!(desk.model.outlook(&open()), Outlook::Becomes(Chip::NewTurn));
    assert!(desk.model.weight_of_message(&open()).words().ends_with("context not known"));
    runs(&mut desk, "running");
    assert_eq!(desk.model.outlook(&open()), Outlook::Becomes(Chip::FollowUp));
    desk.press("<tab>");
    assert_eq!(
        desk.model.outlook(&open()),
        Outlook::Becomes(Chip::Steer),
        "nothing is written yet"
    );
    desk.takes(TerminalMsg::Paste("x".repeat(80)).into(), desk.now);
    let words = desk.model.weight_of_message(&open()).words();
    assert_eq!(words, "about 20 tokens · context 62% → at least 64%");
    runs(&mut desk, "stopped");
    desk.sees(&["aev_1", "aev_2"]);
    assert_eq!(desk.model.outlook(&open()), Outlook::Refused(Refusal::Waits(2)));
    assert_eq!(desk.model.outlook(&open()).words(), "not taken: it waits for 2 tool outputs");
    desk.sees(&[]);
    desk.model.permissions.refused(&"a".into(), Need::Submit, desk.now);
    assert_eq!(desk.model.outlook(&open()).words(), "not sent: needs agent_user");
    desk.model.profile.read_only = true;
    assert_eq!(desk.model.outlook(&open()).words(), "not sent: read-only profile");
    assert!(!desk.press("<enter>").iter().any(super::everywhere::is_write), "as it says");
}

#[test]
fn what_was_sent_is_walked_through_and_what_was_written_comes_back() {
    let mut desk = wrote(&["first", "second\nwith two lines"]);
    desk.press("<up>");
    assert_eq!(text(&desk), "second\nwith two lines");
    desk.press("<up>");
    assert_eq!(text(&desk), "second\nwith two lines", "that went to its first line");
    desk.press("<up>");
    assert_eq!(text(&desk), "first");
    desk.press("<up>");
    assert_eq!(
        (text(&desk).as_str(), desk.said()),
        ("first", "this is the first message that is kept")
    );
    desk.press("<down> <down>");
    assert_eq!(text(&desk), "");
    desk.press("<up> <esc>");
    assert_eq!((text(&desk).as_str(), desk.layer()), ("", Some(LayerKind::Composer)));
    desk.press("m i n e <up>");
    assert_eq!(text(&desk), "mine", "what is written is not covered by an arrow");
    desk.press("<esc>");
    assert_eq!(desk.layer(), None);
}

#[test]
fn a_message_is_found_by_a_part_of_it_and_the_draft_waits_until_it_is_sent() {
    let mut desk = wrote(&["look at 4411", "refund it", "look at 8842"]);
    desk.press("m i n e <c-r> l o o k");
    assert_eq!(text(&desk), "look at 8842");
    desk.press("<c-r>");
    assert_eq!(text(&desk), "look at 4411");
    desk.press("<esc>");
    assert_eq!(text(&desk), "mine");
    desk.press("<c-r> r e f");
    let effects = desk.press("<enter>");
    assert!(!effects.iter().any(super::everywhere::is_write), "it is only taken over");
    assert_eq!(text(&desk), "refund it");
    desk.press("!");
    assert_eq!(text(&desk), "refund it!");
    assert_eq!(desk.model.composer.unsent(&open()).as_deref(), Some("mine\nrefund it!"));
    let effects = desk.press("<enter>");
    assert!(effects.iter().any(super::everywhere::is_write), "{effects:?}");
    assert_eq!(text(&desk), "mine", "the draft is there again");
    desk.press("<c-r> z z");
    assert_eq!(text(&desk), "mine");
    desk.press("<enter>");
    assert!(desk.said().starts_with("nothing was found"), "{}", desk.said());
}

#[test]
fn only_what_was_taken_is_kept_and_nothing_that_looks_like_a_key() {
    let mut desk = Desk::with(&[]);
    desk.hears(remembered(&[], desk.now));
    let sent = |effects: &[Effect]| -> Vec<SentMessage> {
        let facts = effects.iter().filter_map(|effect| match effect {
            Effect::Keep(Keep::Soon(Change { fact: Fact::Sent(message, Some(())), .. })) => {
                Some(message.clone())
            }
            _ => None,
        });
        facts.collect()
    };
    let message = SentMessage { agent: "a".into(), text: "hi".to_owned() };
    assert_eq!(sent(&send(&mut desk, "hi")), [message]);
    assert_eq!(sent(&send(&mut desk, "use zut_0123456789abcdef")), []);
    desk.press("i n o <enter>");
    let (session, purpose) = (open(), InputKind::Message);
    let refused = StreamMsg::InputRefused { session, purpose, problem: problem() };
    assert_eq!(sent(&desk.hears(refused.into())), []);
    assert_eq!(desk.model.memory.sent_to(&"a".into()), ["hi"]);
}

#[test]
fn where_nothing_was_sent_that_is_said() {
    let mut desk = wrote(&[]);
    for key in ["<up>", "<c-r>"] {
        desk.press(key);
        assert_eq!(desk.said(), "nothing that was sent to a from here is kept", "{key}");
    }
}

#[test]
fn a_skill_is_loaded_with_the_message_and_plain_commands_are_still_text() {
    let mut desk = Desk::with(&[]);
    has_skills(&mut desk);
    desk.press("i /");
    assert_eq!(offered(&desk), ["letters", "review"]);
    assert_eq!(text(&desk), "/", "nothing is put in without a key");
    desk.press("<down> <up> <down> <tab>");
    assert_eq!((text(&desk).as_str(), offered(&desk).len()), ("", 0));
    let effects = desk.press("g o <enter>");
    let [Effect::Service(Request::Send { input: Input::Message(message), .. })] = &effects[..]
    else {
        panic!("{effects:?}")
    };
    let skill = InputPart::Skill { skill_name: "review".to_owned() };
    assert_eq!(message.messages, [skill, InputPart::Text { content: "go".to_owned() }]);
    let (session, purpose) = (open(), InputKind::Message);
    desk.hears(StreamMsg::InputRefused { session, purpose, problem: problem() }.into());
    assert_eq!(desk.model.composer.skills(&open()), ["review"], "it comes back with the text");
    desk.press("<c-x> <c-o>");
    assert!(desk.model.composer.skills(&open()).is_empty());

    let mut desk = Desk::with(&[]);
    has_skills(&mut desk);
    desk.press("i / l");
    assert_eq!(offered(&desk), ["letters"]);
    desk.press("<esc>");
    assert_eq!((offered(&desk).len(), desk.layer()), (0, Some(LayerKind::Composer)));
    desk.press("e");
    assert_eq!(offered(&desk).len(), 0, "it stays closed for this word");
    let effects = desk.press("<enter>");
    assert!(
        matches!(&effects[..], [Effect::Service(Request::Send { input: Input::Message(message), .. })]
            if message.messages == [InputPart::Text { content: "/le".to_owned() }]),
        "{effects:?}"
    );
}

#[test]
fn files_of_the_session_are_named_and_files_of_this_machine_go_along() {
    let mut desk = Desk::with(&[]);
    let effects = desk.press("i s e e <space> @");
    let asks = |effects: &[Effect], path: &str| {
        let wanted = Effect::File(FileWork::CompletePath { typed: path.to_owned() });
        effects.contains(&wanted)
    };
    assert!(asks(&effects, ""), "{effects:?}");
    let lists = Effect::Service(Request::ListArtifacts { session: open() });
    assert!(effects.contains(&lists), "they were not listed yet: {effects:?}");
    let names = vec!["notes.txt".to_owned(), "sub/".to_owned()];
    let listed = |typed: &str, names: &[String]| {
        let (typed, completed) = (typed.to_owned(), String::new());
        Msg::File(FileMsg::PathCompleted { typed, completed, offers: names.to_vec() })
    };
    desk.hears(listed("", &names));
    assert_eq!(offered(&desk), names);
    let file: Artifact = serde_json::from_value(json!({"artifact_id": "art_1",
        "filename": "report\u{202e}.md", "mime_type": "text/plain", "size_bytes": 3,
        "checksum_sha256": "c", "created_at": "2026-07-02T08:00:00.000Z",
        "updated_at": "2026-07-02T08:00:00.000Z"}))
    .unwrap();
    let artifacts = vec![file];
    desk.hears(ServiceMsg::ArtifactsListed { session: open(), artifacts, more: false }.into());
    assert_eq!(offered(&desk).len(), 1, "what came meanwhile is offered");
    desk.hears(listed("", &names));
    assert_eq!(offered(&desk).len(), 3);
    desk.press("<tab>");
    let written = text(&desk);
    assert!(written.starts_with("see report") && written.ends_with(".md (art_1) "), "{written}");
    assert!(!written.contains('\u{202e}'), "{written:?}");
    desk.press("@ s");
    desk.hears(listed("", &names));
    assert_eq!(offered(&desk).len(), 0, "that was about another word");
    desk.hears(listed("s", &["sub/".to_owned()]));
    let effects = desk.press("<tab>");
    assert!(asks(&effects, "sub/") && text(&desk).ends_with("@sub/"), "{effects:?}");
    desk.hears(listed("sub/", &["a.txt".to_owned()]));
    let effects = desk.press("<tab>");
    assert_eq!(text(&desk), written, "the word is gone");
    let attaches = FileWork::Attach { session: open(), path: "sub/a.txt".to_owned() };
    assert!(effects.contains(&Effect::File(attaches)), "{effects:?}");
}

/// The text that is lent to the person's editor.
fn lent(effects: &[Effect]) -> Option<&str> {
    effects.iter().find_map(|effect| match effect {
        Effect::Terminal(TerminalWork::EditMessageOutside { text, .. }) => Some(text.as_str()),
        _ => None,
    })
}

#[test]
fn the_message_is_written_in_the_persons_own_editor_and_never_lost() {
    let mut desk = Desk::with(&[]);
    assert_eq!(lent(&desk.press("E")), Some(""), "the timeline leads there at once");
    assert_eq!(desk.layer(), Some(LayerKind::Composer));
    let edited = |text: Result<&str, &str>| {
        let text = text.map(str::to_owned).map_err(str::to_owned);
        Msg::Done(DoneMsg::MessageEditedOutside { session: open(), text })
    };
    desk.hears(edited(Ok("from outside")));
    assert_eq!(text(&desk), "from outside");
    assert_eq!(lent(&desk.press("<c-x> <c-e>")), Some("from outside"));
    desk.hears(edited(Err("vi: No such file")));
    assert_eq!(text(&desk), "from outside");
    assert!(desk.said().contains("the draft is as it was: vi"), "{}", desk.said());
    desk.press("<c-g>");
    desk.hears(edited(Ok("from outside")));
    assert_eq!(desk.said(), "the editor changed nothing");
    // What is refused while the editor is open is in the draft when it ends.
    desk.press("<enter> n e w <c-g>");
    let (session, purpose) = (open(), InputKind::Message);
    desk.hears(StreamMsg::InputRefused { session, purpose, problem: problem() }.into());
    desk.hears(edited(Ok("newer")));
    assert_eq!(text(&desk), "from outside\nnewer");
    desk.press("<c-z>");
    assert_eq!(text(&desk), "from outside\nnew", "one step back");
}

#[test]
fn arrows_go_by_the_rows_of_a_long_line_before_they_bring_back_what_was_sent() {
    let mut desk = wrote(&["sent before"]);
    desk.takes(TerminalMsg::Paste("word ".repeat(60)).into(), desk.now);
    let cursor = |desk: &Desk| {
        desk.model.composer.draft(&open()).map_or((0, 0), |draft| draft.editor.cursor())
    };
    let (end, written) = (cursor(&desk), text(&desk));
    let mut steps = 0;
    loop {
        let before = cursor(&desk);
        desk.press("<up>");
        let here = cursor(&desk);
        if here == before {
            break;
        }
        assert!(here.0 == 0 && here.1 < before.1, "{here:?} is above {before:?}");
        steps += 1;
    }
    assert!(steps > 1 && steps < 20, "{steps} rows");
    assert_eq!(text(&desk), written, "and nothing else has its place");
    desk.press(&"<down> ".repeat(steps));
    assert!(cursor(&desk).1 > end.1 - 100, "back in the last row");
}
