//! What was said in passing, as a toast and as a page.

use super::fixture::{at, model};
use super::{press, screen};
use crate::view::{Focus, Level, Model, Toast, View};

const REFUSED: &str = "The service answered 403: PERMISSION_DENIED. For hiding the event you need \
    agent_developer, agent_administrator, administrator or owner. Ask an administrator for one of \
    these roles, or check the API key: a wrong one is answered like this too. Request id: 7d1c.";

fn told(size: (u16, u16)) -> Model {
    let mut model = model(size, View::Triage, Focus::Timeline);
    model.notices.add(at("14:01:00"), Level::Info, "times: UTC", None, None);
    let hostile = "A web page \u{1b}[31manswered\u{7}\nat \u{202e}moc.live";
    model.notices.add(at("14:02:00"), Level::Warning, hostile, None, None);
    model.notices.add(at("14:03:00"), Level::Error, REFUSED, Some(403), Some("7d1c"));
    model.notices.add(at("14:04:00"), Level::Error, REFUSED, Some(403), Some("7d1c"));
    model
}

#[test]
fn a_page_lists_them_whole_at_both_widths() {
    for size in [(80, 24), (40, 24)] {
        let mut model = told(size);
        press(&mut model, "g e");
        let screen = screen(&model);
        insta::assert_snapshot!(format!("notices_{}x{}", size.0, size.1), screen);
    }
    let mut empty = model((80, 24), View::Triage, Focus::Timeline);
    press(&mut empty, "g e");
    assert!(screen(&empty).contains("Nothing was said yet."));
}

#[test]
fn a_toast_of_an_error_and_one_that_is_cut_name_the_key() {
    let said = |level, text: &str| {
        let mut model = model((80, 24), View::Triage, Focus::Timeline);
        model.toast = Some(Toast { text: text.to_owned(), until: at("14:59:00"), level });
        screen(&model).contains("ge errors")
    };
    assert!(said(Level::Error, "no"));
    assert!(said(Level::Info, REFUSED));
    assert!(!said(Level::Info, "sent"));
}
