//! The screens of the first minute, in all the sizes and without what a terminal may lack.

use super::super::draw_first_run;
use crate::app::first_run::{answered, paste, press};
use crate::canvas::Canvas;
use crate::keymap::Key;
use crate::theme::{Glyphs, Theme};
use crate::view::first_run::{Answer, FirstRun, Found, Whereabouts};

const WHY: &str = "Nothing is configured yet. What do you want to look at?";

fn first() -> FirstRun {
    let places = Whereabouts {
        config: "~/.config/foretop/config.toml".to_owned(),
        credentials: "~/.config/foretop/credentials".to_owned(),
        data: "~/.local/share/foretop/local".to_owned(),
    };
    FirstRun::new(WHY, places)
}

fn keys(first: &mut FirstRun, keys: &str) {
    for key in Key::parse_sequence(keys).unwrap() {
        let _ = press(first, key);
    }
}

fn drawn(first: &FirstRun, (columns, rows): (u16, u16), glyphs: &Glyphs) -> String {
    let theme = Theme { glyphs: *glyphs, ..Theme::load("terminal").unwrap() };
    let mut canvas = Canvas::new(columns, rows);
    draw_first_run(&mut canvas, first, &theme);
    let rows = canvas.rows_of_text();
    rows.iter().map(|row| row.trim_end()).collect::<Vec<_>>().join("\n")
}

/// Each of its screens.
fn screens() -> Vec<(&'static str, FirstRun)> {
    let mut refused = first();
    keys(&mut refused, "3 <tab> <tab> <tab>");
    paste(&mut refused, "zut_hunter2");
    keys(&mut refused, "<enter>");
    let asking = refused.clone();
    let problem = "not signed in (401): the key is not known. Request id 4f2a".to_owned();
    answered(&mut refused, Answer::Checked(Err(problem)));
    let mut agents = asking.clone();
    let found = [("support", "Support desk"), ("ops", "Operations"), ("research", "Research")];
    let found = found.map(|(key, name)| (key.to_owned(), name.to_owned())).to_vec();
    answered(&mut agents, Answer::Checked(Ok(Found { agents: found, remark: None })));
    keys(&mut agents, "j <space>");
    let mut server = first();
    keys(&mut server, "2 <tab>");
    let mut broken = first().with_profiles(vec![("prod".to_owned(), "https://a".to_owned())]);
    broken.remarks = vec!["/c/config.toml:3: profile must be a text in quotes".to_owned()];
    broken.unwritable = Some("/c/config.toml:3: no. Mend that first".to_owned());
    keys(&mut broken, "3");
    vec![
        ("choice", first()),
        ("asking", asking),
        ("refused", refused),
        ("agents", agents),
        ("server", server),
        ("broken", broken),
        ("keyless", first().for_key("prod", "api-key")),
    ]
}

#[test]
fn first_run_screens() {
    for (name, first) in screens() {
        for size in [(80, 24), (40, 12), (120, 36)] {
            let screen = drawn(&first, size, &Glyphs::UNICODE);
            assert!(!screen.contains("hunter2"), "{screen}");
            insta::assert_snapshot!(format!("first_run_{name}_{}x{}", size.0, size.1), screen);
        }
        let ascii = drawn(&first, (80, 24), &Glyphs::ASCII);
        assert!(ascii.is_ascii(), "{ascii}");
    }
}

#[test]
fn the_first_minute_fits_any_size_and_shows_the_cursor() {
    for (_, first) in screens() {
        for columns in [1, 7, 24, 39, 40, 80, 200] {
            for rows in [1, 2, 6, 7, 9, 12, 24, 60] {
                let theme = Theme::load("mono").unwrap();
                let mut canvas = Canvas::new(columns, rows);
                draw_first_run(&mut canvas, &first, &theme);
                if first.field().is_some() && first.doing.is_none() && columns >= 40 && rows >= 12 {
                    let at = canvas.cursor().unwrap();
                    assert!(at.x > 1 && at.y > 1, "{columns}x{rows}: {at:?}");
                }
            }
        }
    }
}
