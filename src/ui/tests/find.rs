//! Finding and filtering on the screen.

use super::fixture::{at, model};
use super::{drawn, press, screen};
use crate::app::default_keymap;
use crate::app::msg::TerminalMsg;
use crate::app::update::Machine;
use crate::canvas::Modifier;
use crate::model::timeline::{Purpose, UnitId};
use crate::query::Domain;
use crate::view::layer::prompt;
use crate::view::{Focus, Layer, Model, View};

fn searching(size: (u16, u16), purpose: Purpose, line: &str) -> Model {
    let mut model = model(size, View::Triage, Focus::Timeline);
    ask(&mut model, purpose, line);
    model
}

fn ask(model: &mut Model, purpose: Purpose, line: &str) {
    let query = prompt::read(line, purpose, Domain::Events).unwrap().unwrap();
    let timeline = &mut model.open.as_mut().unwrap().timeline;
    timeline.set_query(purpose, Some((line.to_owned(), query)), at("14:06:30"));
    assert!(timeline.next_search(1).is_none(), "looked through at once");
    timeline.leap(true);
    model.settle();
}

/// The line with this typed into it.
fn with_line(mut model: Model, purpose: Purpose, line: &str) -> Model {
    press(&mut model, "/");
    let Some(Layer::Prompt(prompt)) = model.layers.top() else { panic!("no line") };
    if prompt.purpose != purpose {
        press(&mut model, "<tab>");
    }
    press(&mut model, "<c-u>");
    type_text(&mut model, line);
    model
}

fn type_text(model: &mut Model, text: &str) {
    let mut machine = Machine::new(default_keymap().unwrap());
    let now = model.now;
    let _ = machine.update(model, TerminalMsg::Paste(text.to_owned()).into(), now);
}

/// What is marked as found.
fn underlined(model: &Model) -> String {
    let canvas = drawn(model);
    let cells = canvas.looks().iter();
    // What is hidden is underlined, too, but not bold.
    let found = Modifier::UNDERLINED | Modifier::BOLD;
    let marked = cells.filter(|look| look.pen().modifier.contains(found));
    marked.map(|look| canvas.text_of(*look)).collect()
}

#[test]
fn hits_are_counted_and_marked_across_the_ends_of_lines() {
    for size in [(80, 24), (120, 36)] {
        let model = searching(size, Purpose::Find, "support channel");
        insta::assert_snapshot!(format!("find_{}x{}", size.0, size.1), screen(&model));
        assert_eq!(underlined(&model), "support channel");
    }
    // The line ends in the middle of the match.
    for (size, line, cells) in [
        ((80, 24), "card and tell", "card andtell"),
        ((120, 36), "to the original", "to theoriginal"),
    ] {
        let model = searching(size, Purpose::Find, line);
        assert_eq!(underlined(&model), cells);
    }
}

#[test]
fn a_filter_says_how_much_it_hides() {
    for size in [(80, 24), (120, 36)] {
        let mut model = searching(size, Purpose::Filter, "type:tool_output !is:hidden");
        ask(&mut model, Purpose::Find, "crm");
        insta::assert_snapshot!(format!("filter_{}x{}", size.0, size.1), screen(&model));
    }
    let mut nothing = searching((80, 24), Purpose::Filter, "\"nowhere\"");
    nothing.settle();
    assert!(screen(&nothing).contains("the filter hides every row"));
}

#[test]
fn what_is_wrong_with_a_line_and_how_it_may_go_on_stand_above_it() {
    let model = searching((80, 24), Purpose::Filter, "type:tool_output");
    let model = with_line(model, Purpose::Filter, "type:tool_output tol:x");
    insta::assert_snapshot!("prompt_mistake_80x24", screen(&model));
    let model = with_line(model, Purpose::Filter, "is:error tool:");
    let screen = screen(&model);
    assert!(screen.contains("notify_slack → name of its tool"), "{screen}");
    assert!(screen.contains(" filter is:error tool:"), "{screen}");
}

#[test]
fn the_menu_of_types_lies_over_the_timeline() {
    for size in [(80, 24), (120, 36)] {
        let mut model = model(size, View::Triage, Focus::Timeline);
        press(&mut model, "f <space> j j j j");
        insta::assert_snapshot!(format!("types_{}x{}", size.0, size.1), screen(&model));
    }
    let mut small = model((40, 10), View::Triage, Focus::Timeline);
    press(&mut small, "f G");
    assert!(screen(&small).contains("is:compacted"), "the last one is seen");
}

#[test]
fn the_list_of_bookmarks_says_what_and_when_and_how_to_make_one() {
    let clean = "\u{1b}[2J\u{202e}x";
    for size in [(80, 24), (120, 36)] {
        let mut model = model(size, View::Triage, Focus::Timeline);
        press(&mut model, "'");
        assert!(screen(&model).contains("m makes one of the row under the cursor"));
        press(&mut model, "<esc>");
        let notes = [("aev_04", "the second message"), ("aev_02", ""), ("aev_zz", clean)];
        let notes = notes.map(|(id, note)| (UnitId::named(id), note.into()));
        model.open.as_mut().unwrap().timeline.set_bookmarks(notes.into());
        press(&mut model, "' j j");
        insta::assert_snapshot!(format!("bookmarks_{}x{}", size.0, size.1), screen(&model));
    }
}

#[test]
fn hostile_words_of_a_query_reach_no_terminal() {
    let line = "\u{1b}[2J\u{202e}x";
    let model = model((80, 24), View::Triage, Focus::Timeline);
    let model = with_line(model, Purpose::Find, line);
    let screen = screen(&model);
    assert!(screen.chars().all(|c| c == '\n' || !c.is_control() && c != '\u{202e}'), "{screen}");
}
