//! The composer: what its border and its foot say, what is offered, what was sent before.

use super::fixture::{self, model};
use super::{assert_looks, press, screen};
use crate::api::SessionRef;
use crate::app::default_keymap;
use crate::app::msg::TerminalMsg;
use crate::app::update::Machine;
use crate::view::pane::composer::Attachment;
use crate::view::{Focus, Layer, Model, Transfer, View};

const SIZES: [(u16, u16); 3] = [(80, 24), (120, 36), (40, 15)];

fn session() -> SessionRef {
    SessionRef::new("support-bot", "onboarding-eu")
}

/// Somebody writes to a session that runs.
fn writes(size: (u16, u16), text: &str) -> Model {
    let mut model = model(size, View::Triage, Focus::Timeline);
    fixture::add_agents(&mut model);
    let open = crate::view::OpenSession::new(session());
    model.sessions.select(&session());
    model.open = Some(open);
    model.focus = Focus::Timeline;
    press(&mut model, "i");
    assert!(matches!(model.layers.top(), Some(Layer::Composer(_))));
    paste(&mut model, text);
    model
}

fn paste(model: &mut Model, text: &str) {
    let mut machine = Machine::new(default_keymap().unwrap());
    let now = model.now;
    let _ = machine.update(model, TerminalMsg::Paste(text.to_owned()).into(), now);
}

fn row(model: &Model, with: &str) -> String {
    let screen = screen(model);
    screen.lines().find(|line| line.contains(with)).unwrap_or_default().to_owned()
}

#[test]
fn the_border_says_what_enter_would_do_and_the_foot_how_much_it_is() {
    for size in SIZES {
        let mut model =
            writes(size, "Please also tell the customer, in the letter that you write.");
        assert_looks("composer", &model);
        press(&mut model, "<tab>");
        let steers = row(&model, "steer now");
        let whole =
            if size.0 > 40 { "[ steer now: joins at the next step ]" } else { "[ steer now ]" };
        assert!(steers.contains(whole), "{size:?}: {steers}");
        assert!(!row(&model, "18% → at least 18%").is_empty(), "{size:?}");
        model.profile.read_only = true;
        assert!(row(&model, "[ not sent: read-only profile ]").contains("──"), "{size:?}");
    }
}

#[test]
fn what_is_offered_stands_above_the_text_and_says_which_keys_take_and_close_it() {
    for size in SIZES {
        assert_looks("composer_skills", &writes(size, "/let"));
    }
    let mut hostile = writes((80, 24), "/");
    let skill = serde_json::json!({"description": "\u{1b}[2J\u{202e}gpj", "content": "c"});
    let agent = hostile.agents.get_mut(&session().agent).unwrap();
    agent.skills.insert("\u{1b}]0;x\u{7}".to_owned(), skill);
    press(&mut hostile, "<bs> /");
    let screen = screen(&hostile);
    assert!(screen.chars().all(|c| c == '\n' || !c.is_control() && c != '\u{202e}'));
}

#[test]
fn what_was_sent_before_is_told_from_what_is_written() {
    for size in SIZES {
        let mut model = writes(size, "");
        for (second, text) in [(1, "Look at order 4411"), (2, "Refund it today")] {
            let at = fixture::at(&format!("14:00:0{second}"));
            model.memory.sent(&session().agent, text, at).unwrap();
        }
        press(&mut model, "<up>");
        assert!(!row(&model, "sent before: number 1, from the latest").is_empty(), "{size:?}");
        press(&mut model, "<esc> <c-r> o r d");
        assert_looks("composer_history", &model);
    }
}

#[test]
fn it_grows_with_its_text_up_to_half_of_the_pane() {
    let rows = |lines: usize| {
        let model = writes((80, 24), &vec!["line"; lines].join("\n"));
        screen(&model).lines().filter(|line| line.ends_with(&format!("{:<56}▕", " line"))).count()
    };
    assert_eq!((rows(3), rows(7), rows(90)), (3, 7, 8));
}

#[test]
fn each_file_says_how_far_it_is() {
    let mut model = writes((120, 36), "Here are the logs.");
    let file = |name: &str, size| Attachment {
        path: name.into(),
        name: name.to_owned(),
        mime: "text/plain".to_owned(),
        size,
    };
    let draft = model.composer.draft_mut(&session());
    draft.attached = vec![file("a.log", 1_000), file("b.log", 4_000), file("c.log", 9)];
    draft.skills = vec!["letters".to_owned()];
    model.settle();
    assert!(!row(&model, "[skill letters] 3 files [a.log · 1000 · text/plain]").is_empty());
    assert!(!row(&model, "3 files, 4.8K, not counted").is_empty());
    press(&mut model, "<enter>");
    assert!(
        !row(&model, "sending: [a.log · waits] [b.log · waits]").is_empty(),
        "{}",
        screen(&model)
    );
    let mut transfer = Transfer::new(5_009, model.now);
    transfer.advance(2_000, model.now);
    model.composer.draft_mut(&session()).transfer = Some(transfer);
    let states = row(&model, "[a.log · left]");
    assert!(states.contains("[b.log · 25%] [c.log · waits]"), "{states}");
}
