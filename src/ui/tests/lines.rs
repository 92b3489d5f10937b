//! Layers with a line that is typed: the command line, help, and the line to find or filter by.

use super::fixture::model;
use super::{assert_looks, drawn, press, screen};
use crate::canvas::Modifier;
use crate::view::{Focus, Model, View};

const SIZES: [(u16, u16); 3] = [(80, 24), (120, 36), (40, 12)];

/// The timeline of the fixture after these keys.
fn after(size: (u16, u16), keys: &str) -> Model {
    let mut model = model(size, View::Triage, Focus::Timeline);
    press(&mut model, keys);
    model
}

/// Words as keys.
fn keys(words: &str) -> String {
    let key = |c: char| if c == ' ' { "<space>".to_owned() } else { c.to_string() };
    words.chars().map(key).collect::<Vec<_>>().join(" ")
}

/// What is drawn the other way round in the last row.
fn reversed(model: &Model) -> String {
    let (width, height) = model.size;
    let canvas = drawn(model);
    let places = (0..width).map(|x| (x, height - 1));
    let marked = places.filter(|at| canvas.pen_at(*at).modifier.contains(Modifier::REVERSED));
    marked.map(|at| canvas.text_at(at)).collect()
}

#[test]
fn the_command_line_offers_commands() {
    for size in SIZES {
        let model = after(size, ": h <down> <down>");
        assert_looks("commands", &model);
        assert!(screen(&model).contains(" : h "), "what is typed is seen");
    }
}

#[test]
fn the_command_line_offers_arguments() {
    for size in SIZES {
        assert_looks("command_arguments", &after(size, &format!(": {}", keys("filter tool:"))));
    }
    let screen = screen(&after((80, 24), &format!(": {} <down>", keys("session "))));
    assert!(screen.contains("▌") && screen.contains("your turn"), "{screen}");
}

#[test]
fn what_is_wrong_with_a_command_stands_above_it() {
    let line = format!(": {} <enter>", keys("hi type:x"));
    let screen = screen(&after((80, 24), &line));
    assert!(screen.contains(" x \"x\" is no word for type:"), "{screen}");
    assert!(screen.contains(": hi type:x"), "{screen}");
}

#[test]
fn help_is_about_the_place_and_has_its_facts_whole() {
    for size in SIZES {
        let mut model = model(size, View::Triage, Focus::Timeline);
        model.profile.url = "https://api.example.org".to_owned();
        model.profile.token_file = Some("/home/somebody/.config/foretop/credentials".to_owned());
        press(&mut model, "? <down>");
        assert_looks("help_here", &model);
        press(&mut model, "<end>");
        assert_looks("help_end", &model);
    }
}

#[test]
fn help_over_a_layer_has_the_keys_of_the_layer() {
    assert_looks("help_of_types", &after((80, 24), "f ?"));
}

#[test]
fn half_a_word_of_a_key_is_said_to_be_unfinished() {
    for size in SIZES {
        let model = after(size, &format!("/ <tab> {}", keys("type:tool_output is:pe")));
        assert_looks("prompt", &model);
        let screen = screen(&model);
        assert!(screen.contains(" … unfinished") && screen.contains("is:pe"), "{screen}");
    }
}

#[test]
fn what_stands_from_before_is_marked_until_it_is_touched() {
    let mut model = after((80, 24), "/ l o s t <enter> /");
    assert_eq!(reversed(&model), "lost");
    press(&mut model, "<left>");
    assert_eq!(reversed(&model), "");
}

/// What stands in the row below the timeline, and the hints.
fn below(model: &Model) -> (String, String) {
    let screen = screen(model);
    let lines: Vec<&str> = screen.lines().collect();
    let height = usize::from(model.size.1);
    (lines[height - 3].to_owned(), lines[height - 1].to_owned())
}

#[test]
fn an_error_says_what_it_means_and_which_key_leads_on() {
    for size in SIZES {
        let mut model = after(size, "G [ e");
        let open = model.open.as_ref().unwrap();
        let unit = open.timeline.cursor_unit().unwrap();
        let meaning = unit.meaning().expect("the cursor is on an error").words;
        let (footer, hints) = below(&model);
        assert!(footer.contains(meaning), "{size:?}: {footer}");
        assert!(hints.contains("Enter"), "{size:?}: {hints}");
        press(&mut model, "g g");
        assert!(!below(&model).0.contains(meaning), "{size:?}");
    }
}
