//! Keys and commands of one's own, as somebody has them who sits before the screen.

use std::time::Duration;

use super::*;
use crate::app::effect::{FileWork, KeyLine, OwnWork};
use crate::app::msg::{FileMsg, OwnEnd};
use crate::app::own_keys;
use crate::keymap::{Line, Preset, Scope, Source};
use crate::tools::OwnCommand;
use crate::tools::own::Mode as Way;
use crate::view::OwnCommands;

fn desk_with(preset: Preset) -> Desk {
    let mut desk = Desk::with(&["aev_c"]);
    desk.machine = Machine::new(default_keymap().unwrap().with_preset(preset));
    desk.machine.name_keys(&mut desk.model);
    desk
}

fn command(name: &str, mode: Way, run: &[&str]) -> OwnCommand {
    OwnCommand {
        name: name.to_owned(),
        words: format!("{name} of mine"),
        run: run.iter().map(|word| (*word).to_owned()).collect(),
        mode,
        env: Vec::new(),
        cwd: None,
        timeout: Duration::from_mins(1),
        origin: "config.toml:7".to_owned(),
    }
}

/// Two commands; the first has a key in the timeline.
fn desk_with_commands(mode: Way) -> Desk {
    let mut desk = Desk::with(&["aev_c"]);
    let ticket = command("ticket", mode, &["jira", "{session}", "{event}"]);
    desk.model.own = OwnCommands::new(vec![ticket, command("lint", mode, &["lint", "{file}"])]);
    let keys = vec![Key::parse_sequence("g t").unwrap()];
    let line =
        Line { scope: Scope::Timeline, action: Action::Own(0), keys, source: Source::Commands(8) };
    let mut keymap = default_keymap().unwrap();
    assert!(own_keys::lay(&mut keymap, vec![line]).is_empty());
    desk.machine = Machine::new(keymap);
    desk.press("2 g g");
    desk
}

fn toast(desk: &Desk) -> &str {
    desk.model.toast.as_ref().map_or("", |toast| &toast.text)
}

fn ended(succeeded: bool, printed: &str) -> Msg {
    Msg::Done(DoneMsg::OwnEnded(Box::new(OwnEnd {
        number: 0,
        succeeded,
        ending: if succeeded { "exit 0" } else { "exit 3" }.to_owned(),
        took: "0.2s".to_owned(),
        printed: printed.to_owned(),
        last_words: if succeeded { String::new() } else { "no \u{1b}[2Jsuch ticket".to_owned() },
    })))
}

fn runs(effects: &[Effect]) -> Option<&crate::tools::Invocation> {
    effects.iter().find_map(|effect| match effect {
        Effect::Own(OwnWork::Run { invocation, .. })
        | Effect::Terminal(TerminalWork::LendTo { invocation, .. }) => Some(&**invocation),
        _ => None,
    })
}

#[test]
fn a_preset_moves_and_what_is_said_names_the_keys_that_there_are() {
    let mut desk = desk_with(Preset::Colemak);
    desk.press("2 g g");
    let first = desk.model.open.as_ref().unwrap().timeline.cursor_unit().unwrap().id;
    desk.press("n");
    let second = desk.model.open.as_ref().unwrap().timeline.cursor_unit().unwrap().id;
    assert_ne!(first, second, "n goes down");
    let mut desk = Desk::with(&[]);
    desk.machine = Machine::new(default_keymap().unwrap().with_preset(Preset::Colemak));
    desk.machine.name_keys(&mut desk.model);
    desk.press("l");
    assert_eq!(desk.layer(), Some(LayerKind::Composer), "what stood on i stands on l");
    desk.press("n e <esc>");
    assert_eq!(desk.model.mode(), Mode::Browse);
    desk.hears(Msg::Terminal(TerminalMsg::Paste("text".to_owned())));
    assert!(toast(&desk).contains("l writes to the agent"), "{}", toast(&desk));
}

#[test]
fn what_is_bound_on_the_screen_works_until_it_is_left_and_says_how_to_keep_it() {
    let mut desk = Desk::with(&[]);
    desk.press("2");
    desk.press(":");
    desk.types("bind g x hide");
    desk.press("<enter>");
    let said = toast(&desk).to_owned();
    assert!(said.starts_with("gx: hide until you quit"), "{said}");
    assert!(said.ends_with("keys.toml: [timeline] hide = \"g x\""), "{said}");
    assert_eq!(desk.press("g x"), [hide(true)]);
    assert_eq!(desk.press("x"), [], "the old key is gone");
    for (line, words) in [
        ("bind <esc> hide", "Esc means the same in every keymap"),
        ("bind : hide", "leads out"),
        ("bind gx hide", "spaces between them: g x"),
        ("bind g y hied", "did you mean \"hide\"?"),
        ("bind hide", "which keys?"),
        ("bind none commands", "keeps :"),
    ] {
        desk.press(":");
        desk.types(line);
        desk.press("<enter>");
        let problem = super::commands::problem(&desk).to_owned();
        assert!(problem.contains(words), "{line}: {problem}");
        desk.press("<esc>");
    }
    assert_eq!(desk.press("u g x").len(), 2, "nothing of that changed anything");
}

#[test]
fn what_is_to_last_is_written_and_said_where() {
    let mut desk = Desk::with(&[]);
    desk.press("2 :");
    desk.types("bind g x hide --save");
    let effects = desk.press("<enter>");
    let line =
        KeyLine { scope: "timeline", action: "hide".to_owned(), keys: Some("g x".to_owned()) };
    assert_eq!(effects, [Effect::File(FileWork::KeepKeys(line))]);
    assert_eq!(toast(&desk), "gx: hide · writing it down …");
    desk.hears(Msg::File(FileMsg::KeysKept(Ok("~/keys.toml:2 has it".to_owned()))));
    assert_eq!(toast(&desk), "~/keys.toml:2 has it");
    desk.hears(Msg::File(FileMsg::KeysKept(Err("keys.toml:1: no".to_owned()))));
    assert_eq!(toast(&desk), "the keys last until you quit: keys.toml:1: no");
    assert_eq!(desk.press("g x"), [hide(true)], "they work whatever became of that");
    desk.press(":");
    desk.types("bind <esc> hide --save");
    assert_eq!(desk.press("<enter>"), [], "what cannot be had is not written");
}

#[test]
fn keys_to_be_bound_are_followed_by_actions_to_choose_from() {
    let mut desk = Desk::with(&[]);
    desk.press(":");
    desk.types("bind g x boo");
    let Some(Layer::Palette(palette)) = desk.model.layers.top() else { panic!("no line") };
    let offered: Vec<_> =
        palette.offers().iter().map(|offer| (&*offer.line, &*offer.key)).collect();
    let likely = [("bind g x bookmark", "m"), ("bind g x bookmarks", "'")];
    assert_eq!(offered[..2], likely, "{offered:?}");
    desk.types("kmark -");
    let Some(Layer::Palette(palette)) = desk.model.layers.top() else { panic!("no line") };
    let lines: Vec<_> = palette.offers().iter().map(|offer| &*offer.line).collect();
    assert_eq!(lines, ["bind g x bookmark --save"]);
}

#[test]
fn a_command_is_told_what_is_under_the_cursor_and_says_how_it_ended() {
    let mut desk = desk_with_commands(Way::Aside);
    let effects = desk.press("g t");
    let run = runs(&effects).unwrap();
    assert_eq!(
        (run.program.as_str(), &run.arguments[..]),
        ("jira", &["s", "aev_said"].map(String::from)[..])
    );
    assert!(run.stdin.contains("\"hello\""), "{}", run.stdin);
    assert!(run.env.contains(&("FORETOP_EVENT".to_owned(), "aev_said".to_owned())));
    assert!(toast(&desk).starts_with("ticket runs"));
    let stopped = desk.press("g t");
    assert_eq!(stopped, [Effect::Own(OwnWork::Stop { number: 0 })]);
    desk.hears(ended(false, ""));
    assert_eq!(toast(&desk), "ticket: exit 3 after 0.2s: no \\x1b[2Jsuch ticket");
}

#[test]
fn what_a_command_prints_is_shown_to_whoever_waits_for_it() {
    let mut desk = desk_with_commands(Way::Show);
    desk.press("g t");
    desk.hears(ended(true, "a\u{1b}[31mb\nc\n"));
    assert_eq!(desk.layer(), Some(LayerKind::Output));
    let Some(Layer::Output(page)) = desk.model.layers.top() else { panic!("no page") };
    assert!(page.lines[0].contains('a') && !page.lines[0].contains('\u{1b}'), "{:?}", page.lines);
    desk.press("<esc> g t j");
    desk.hears(ended(true, "x\n"));
    assert_eq!(desk.layer(), None, "somebody went on meanwhile");
    assert!(toast(&desk).ends_with("once more shows what it prints"), "{}", toast(&desk));
}

#[test]
fn a_command_without_its_subject_is_off_and_says_why() {
    let mut desk = desk_with_commands(Way::Foreground);
    desk.press(":");
    desk.types("lint");
    desk.press("<enter>");
    let problem = super::commands::problem(&desk);
    assert_eq!(problem, "lint: it wants {file}, and no file is selected");
    desk.press("<esc>");
    let effects = desk.press("g t");
    assert!(matches!(effects[..], [Effect::Terminal(TerminalWork::LendTo { number: 0, .. })]));
    desk.hears(ended(true, ""));
    assert_eq!(toast(&desk), "", "it was on the screen");
}

#[test]
fn commands_are_listed_with_their_origin() {
    let mut desk = desk_with_commands(Way::Aside);
    desk.press("?");
    desk.types("of mine");
    let Some(Layer::Help(help)) = desk.model.layers.top() else { panic!("no help") };
    let rows = format!("{:?}", help.rows());
    assert!(rows.contains("COMMANDS OF YOUR OWN") && rows.contains("\"gt\""), "{rows}");
    assert!(rows.contains("lint of mine · config.toml:7") && rows.contains(":lint"), "{rows}");
    desk.press("<esc> :");
    desk.types("tick");
    let Some(Layer::Palette(palette)) = desk.model.layers.top() else { panic!("no line") };
    let offer = &palette.offers()[0];
    assert_eq!((offer.name.as_str(), offer.key.as_str()), ("ticket", "gt"));
    desk.press("<esc> g");
    let way = desk.model.which_key.iter().find(|(key, _)| key == "t").unwrap();
    assert_eq!(way.1, "ticket of mine");
}
