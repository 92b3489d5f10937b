//! Keys in the arguments of a waiting call.

use super::*;
use crate::api::Exact;
use crate::app::msg::{RunMsg, ServiceMsg};
use crate::view::Arguments;
use crate::view::pane::detail::JsonLook;

const SECRET: &str = "hunter2";

/// In the inspector, on a call with a long string, a number and a secret.
fn desk() -> Desk {
    let mut desk = Desk::with(&[]);
    let long = "word ".repeat(400);
    let said = format!(r#""amount":84.20,"o":{{"x":1}},"long":"{long}""#);
    let input = format!(
        r#"{{"id":"aev_1","type":"tool_input","tool_call_id":"c","tool_name":"t",
            "tool_configuration_name":"t","tool_input":{{{said}}},"argument_override_paths":["key"]}}"#
    );
    let arguments = format!(r#"{{{said},"key":"{SECRET}"}}"#);
    let call = PendingCall { arguments: Exact::new(arguments).unwrap(), ..pending("aev_1") };
    let inputs: Vec<Event> = vec![serde_json::from_str(&input).unwrap()];
    let (probe, calls) = (read_probe(&inputs, std::slice::from_ref(&call)), vec![call]);
    desk.hears(Msg::Service(ServiceMsg::Probed {
        session: open(),
        probe,
        calls,
        inputs,
        asked_at: desk.now,
    }));
    desk.press("3");
    desk.model.settle();
    desk
}

fn arguments(desk: &Desk) -> &Arguments {
    &desk.model.calls.selected().unwrap().arguments
}

/// Where the cursor is after these keys.
fn at(desk: &mut Desk, keys: &str) -> String {
    desk.press(keys);
    desk.model.settle();
    arguments(desk).path()
}

fn shows(desk: &Desk, words: &str) -> bool {
    format!("{:?}", arguments(desk).screen()).contains(words)
}

#[test]
fn keys_move_fold_and_read_and_every_way_out_leads_one_level_back() {
    let mut desk = desk();
    assert_eq!(at(&mut desk, "j"), ".amount");
    assert_eq!(at(&mut desk, "j o"), ".o");
    assert_eq!(at(&mut desk, "j"), ".long", "what is folded is passed over");
    assert_eq!(at(&mut desk, "k l j"), ".o.x");
    assert_eq!(at(&mut desk, "h"), ".o");
    assert_eq!(at(&mut desk, "G k"), ".long");
    for out in ["<esc>", "q", "h"] {
        at(&mut desk, "<enter> j");
        assert!(arguments(&desk).page().is_some());
        assert_eq!(at(&mut desk, out), ".long");
        assert!(arguments(&desk).page().is_none() && desk.model.view == View::Calls, "{out}");
    }
    at(&mut desk, "z v");
    assert!(arguments(&desk).look() == JsonLook::Raw && shows(&desk, r#"\"amount\":84.20"#));
    at(&mut desk, "z v g g z M z R");
    assert!(arguments(&desk).look() == JsonLook::Tree && shows(&desk, "84.20"));
    desk.press("<esc>");
    assert_eq!(desk.model.view, View::Triage);
}

#[test]
fn what_is_copied_is_exact_and_a_secret_is_not_among_it() {
    let mut desk = desk();
    let pair = |what: &str, text: &str| vec![(what.to_owned(), text.to_owned())];
    assert_eq!(copied(desk.press("j y v")), pair("value", "84.20"));
    assert_eq!(copied(desk.press("y p")), pair("path", ".amount"));
    assert_eq!(copied(desk.press("y i")), pair("id", "aev_1"));
    let all = copied(desk.press("y j")).remove(0);
    assert!(all.0 == "arguments" && all.1.ends_with(r#","key":"****"}"#), "{}", all.1);
    at(&mut desk, "G M");
    assert!(shows(&desk, SECRET), "for a moment");
    assert_eq!(copied(desk.press("y y")), pair("value", "****"));
    assert!(!copied(desk.press("z v y j")).remove(0).1.contains(SECRET));
}

#[test]
fn a_secret_is_shown_for_ten_seconds_and_by_time_alone_it_goes() {
    let mut desk = desk();
    at(&mut desk, "G M");
    let until = desk.model.next_change().unwrap();
    assert_eq!(until, desk.now.checked_add(SignedDuration::from_secs(10)).unwrap());
    let _ = desk.machine.update(&mut desk.model, RunMsg::Wake.into(), until);
    desk.model.settle();
    assert!(!shows(&desk, SECRET));
}
