//! What was said in passing is listed whole, and copied.

use super::{Desk, Effect, Msg, Problem, ServiceMsg, TerminalWork, problem};
use crate::api::Timestamp;
use crate::app::hints::hints;
use crate::app::msg::RunMsg;
use crate::view::layer::notice_page::NoticePage;
use crate::view::{Layer, LayerKind};

fn page(desk: &Desk) -> &NoticePage {
    let Some(Layer::Notices(page)) = desk.model.layers.top() else { panic!("no page") };
    page
}

fn texts(desk: &Desk) -> Vec<&str> {
    page(desk).lines().iter().map(|line| line.text.as_str()).collect()
}

fn refused(text: &str, status: u16, id: &str) -> Msg {
    let problem = Problem {
        text: text.to_owned(),
        status: Some(status),
        request_id: Some(id.to_owned()),
        ..problem()
    };
    Msg::Service(ServiceMsg::Refused { session: super::open(), problem })
}

#[test]
fn the_newest_comes_first_and_nothing_is_cut_or_raw() {
    let mut desk = Desk::with(&[]);
    let long =
        format!("The service answered 403: \x1b[2J{} end. Ask an owner.", "word ".repeat(90));
    desk.hears(refused(&long, 403, "7d1c"));
    desk.hears(refused("later", 503, "8e2d"));
    desk.press("g e");
    let all = texts(&desk).join("\n");
    assert!(all.contains("error · status 403 · request 7d1c"), "{all}");
    assert!(all.find("8e2d").unwrap() < all.find("7d1c").unwrap(), "{all}");
    assert!(all.contains("end. Ask an owner.") && !all.contains('\x1b'), "{all}");
    assert_eq!(all.matches("word").count(), 90);
}

#[test]
fn the_one_under_the_cursor_is_copied_also_when_more_is_said_meanwhile() {
    let mut desk = Desk::with(&[]);
    desk.hears(refused("first", 403, "7d1c"));
    desk.hears(refused("second", 503, "8e2d"));
    desk.press("g e j j");
    let at = page(&desk).selected();
    desk.hears(Msg::Run(RunMsg::NotRecorded("a disk".to_owned())));
    assert_eq!(page(&desk).selected(), at, "the cursor stays on its notice");
    assert!(texts(&desk)[1].contains("a disk"), "what is said meanwhile is listed");
    let effects = desk.press("y");
    let [Effect::Terminal(TerminalWork::Copy { text, .. })] = &effects[..] else {
        panic!("{effects:?}")
    };
    assert!(text.contains("request 7d1c") && text.contains("\nfirst"), "{text}");
    desk.press("<esc>");
    assert!(desk.model.layers.is_empty());
}

/// A toast would be gone before anybody looked.
#[test]
fn a_key_that_is_refused_stands_above_until_the_service_takes_it_again() {
    let mut desk = Desk::with(&[]);
    let problem = || Problem { text: "no such key".to_owned(), status: Some(401), ..problem() };
    let of_agent = || ServiceMsg::Unlisted { agent: Some("a".into()), problem: problem() };
    for msg in [refused("no such key", 401, "7d1c"), of_agent().into()] {
        desk.model.toast = None;
        desk.hears(msg.clone());
        desk.hears(Msg::Service(ServiceMsg::LinkAnswers));
        let banner = desk.model.link.banner(&desk.model.wall(), "R").unwrap();
        assert!(banner.starts_with("REFUSED since") && banner.contains("no such key"), "{banner}");
        assert_eq!(desk.model.toast, None);
        desk.hears(msg);
        assert_eq!(desk.model.toast, None);
        desk.hears(Msg::Service(ServiceMsg::LinkWorks { oldest: None }));
        assert_eq!(desk.model.link.banner(&desk.model.wall(), "R"), None);
    }
    // Of one agent alone another key would not help.
    let alone = Problem { text: "not this one".to_owned(), status: Some(403), ..problem() };
    desk.hears(ServiceMsg::Unlisted { agent: Some("a".into()), problem: alone }.into());
    assert_eq!(desk.model.link.banner(&desk.model.wall(), "R"), None);
    assert!(desk.model.toast.is_some());
}

#[test]
fn a_list_without_anything_says_so_and_copies_nothing() {
    let mut desk = Desk::with(&[]);
    desk.model.notices = crate::view::Notices::default();
    desk.press("g e");
    assert_eq!(desk.model.layers.top().map(Layer::kind), Some(LayerKind::Notices));
    assert!(page(&desk).lines().is_empty());
    assert_eq!(desk.press("y"), []);
}

#[test]
fn a_lost_link_is_noted_once_and_a_refused_look_at_the_open_session_too() {
    let mut desk = Desk::with(&[]);
    desk.model.notices = crate::view::Notices::default();
    for next_try in [5, 6, 7] {
        let next_try = Timestamp::from_second(next_try).unwrap();
        let problem = Problem { text: "gone".to_owned(), ..problem() };
        desk.hears(Msg::Service(ServiceMsg::LinkFailed { problem, next_try }));
    }
    let session = super::open();
    let problem = Problem { text: "not for you".to_owned(), status: Some(403), ..problem() };
    desk.hears(Msg::Service(ServiceMsg::Refused { session, problem }));
    let texts: Vec<_> = desk.model.notices.newest().map(|notice| notice.text.as_str()).collect();
    assert_eq!(texts, ["not for you", "gone"]);
}

#[test]
fn the_key_is_offered_where_it_works() {
    let mut desk = Desk::with(&[]);
    let key = |desk: &Desk| hints(&desk.model, desk.machine.keymap()).errors;
    assert_eq!(key(&desk).as_deref(), Some("ge"));
    desk.press("i");
    assert_eq!(key(&desk).as_deref(), Some("Esc ge"), "letters are text: out of them first");
}
