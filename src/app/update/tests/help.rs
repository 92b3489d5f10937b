//! Help: what it lists in which place, and what its keys do.

use super::*;
use crate::view::layer::help::{Help, HelpRow};

fn help(desk: &Desk) -> &Help {
    let Some(Layer::Help(help)) = desk.model.layers.top() else { panic!("no help") };
    help
}

/// What of every row says most.
fn rows(desk: &Desk) -> Vec<String> {
    let said = |row: &HelpRow<'_>| match row {
        HelpRow::Heading(title) => (*title).to_owned(),
        HelpRow::Entry(entry) => format!("{} {}", entry.key, entry.words),
        HelpRow::Construct(construct) => construct.syntax.to_owned(),
        HelpRow::Fact { name, line, .. } => format!("{name}: {line}"),
    };
    help(desk).rows().iter().map(said).collect()
}

#[test]
fn the_keys_of_the_pane_come_first_and_moving_comes_behind_them() {
    let mut desk = Desk::with(&["aev_1"]);
    for (keys, heading) in
        [("1", "THE LIST OF SESSIONS"), ("2", "THE TIMELINE"), ("4", "THE LIST OF FILES")]
    {
        desk.press(keys);
        desk.press("?");
        let rows = rows(&desk);
        assert_eq!(rows[0], heading);
        let at = |words: &str| rows.iter().position(|row| row.ends_with(words)).unwrap();
        assert!(at("find or filter") < at(" line down"), "{rows:?}");
        desk.press("<esc>");
    }
}

#[test]
fn typing_narrows_enter_runs_and_the_arrows_go_over_headings() {
    let mut desk = Desk::with(&["aev_1"]);
    desk.press("?");
    desk.types("no such thing");
    assert!(rows(&desk).is_empty());
    desk.press("<c-u>");
    desk.types("types and");
    assert_eq!(rows(&desk), ["THE TIMELINE", "f types and states of events"]);
    desk.press("<enter>");
    assert_eq!(desk.layer(), Some(LayerKind::Types));
    desk.press("<esc> ?");
    for keys in ["<down>", "<pgdn>", "<up>", "<pgup>", "<home>", "<end>"] {
        for _ in 0..30 {
            desk.press(keys);
            let selected = help(&desk).selected().unwrap();
            assert!(!matches!(selected, HelpRow::Heading(_)), "{keys}: {selected:?}");
        }
    }
}

#[test]
fn what_is_off_says_why_and_does_not_end_help() {
    let mut desk = Desk::with(&["aev_1"]);
    desk.press("?");
    desk.types("undo");
    let Some(HelpRow::Entry(entry)) = help(&desk).selected() else { panic!("nothing") };
    assert_eq!(entry.off.as_deref(), Some("nothing to undo"));
    desk.press("<enter>");
    assert_eq!(desk.layer(), Some(LayerKind::Help));
    assert!(desk.said().contains("nothing to undo"), "{}", desk.said());
}

#[test]
fn it_lies_over_every_layer_and_lists_the_keys_of_that_layer() {
    for (keys, help_key, first) in [
        ("f", "?", "THE MENU OF TYPES"),
        ("'", "?", "THE LIST OF BOOKMARKS"),
        ("g i", "?", "THE PAGE ON THE INSIDES"),
        (":", "<f1>", "THE COMMAND LINE"),
        ("/", "<f1>", "THE LINE TO FIND OR FILTER BY"),
        ("i", "<f1>", "THE MESSAGE THAT IS WRITTEN"),
    ] {
        let mut desk = Desk::with(&[]);
        desk.press(keys);
        let under = desk.layer();
        desk.press(help_key);
        assert_eq!(rows(&desk)[0], first, "{keys}");
        desk.press("<f1>");
        assert_eq!(desk.layer(), under, "the same key again closes it");
        desk.press(help_key);
        desk.press("<esc>");
        assert_eq!(desk.layer(), under);
    }
    let mut desk = Desk::with(&[]);
    desk.press("/ x ?");
    assert_eq!(desk.typed(), "x?", "where letters are text, it is one");
    desk.press("<f1>");
    desk.types("keeps");
    desk.press("<enter>");
    assert_eq!(desk.layer(), Some(LayerKind::Prompt), "Enter agrees to nothing that is not seen");
}

#[test]
fn facts_are_whole_and_enter_copies_one() {
    let mut desk = Desk::with(&[]);
    desk.model.profile.url = format!("https://{}.example.org", "long.".repeat(12));
    desk.model.profile.token_file = Some("/home/somebody/.config/foretop/key".to_owned());
    desk.hears(TerminalMsg::Resize(60, 20).into());
    desk.press("?");
    desk.types("try curl");
    let shown = rows(&desk).join("\n");
    assert!(shown.starts_with("CONNECTION · Enter copies\ntry: curl "), "{shown}");
    assert!(shown.replace("\n: ", "").ends_with("/v2/agents"), "{shown}");
    assert!(rows(&desk).iter().all(|row| row.len() <= 58), "{shown}");
    let effects = desk.press("<enter>");
    let [Effect::Terminal(TerminalWork::Copy { text, .. })] = &effects[..] else {
        panic!("{effects:?}")
    };
    assert!(text.starts_with("curl -sS -H") && text.ends_with("/v2/agents"), "{text}");
}

#[test]
fn what_a_query_may_say_is_listed_and_its_example_tried() {
    let mut desk = Desk::with(&["aev_1"]);
    desk.press("2 ?");
    assert!(rows(&desk).contains(&"type:".to_owned()));
    desk.types("how long its tool took");
    desk.press("<enter>");
    assert_eq!(desk.model.layers.prompt().unwrap().line().0, "dur:>1m30s");
    let timeline = &desk.model.open.as_ref().unwrap().timeline;
    assert_eq!(timeline.query_text(crate::model::timeline::Purpose::Find), Some("dur:>1m30s"));
    desk.press("<f1>");
    desk.types("more than");
    desk.press("<enter>");
    assert_eq!(desk.model.layers.prompt().unwrap().line().0, "dur:>1m30s size:>20k");
    desk.press("<esc> 1 ?");
    assert!(rows(&desk).contains(&"meta.path:".to_owned()), "of sessions");
    desk.press("<esc> : <f1>");
    assert!(!rows(&desk).iter().any(|row| row.starts_with("WHAT A QUERY")), "not under `:`");
}
