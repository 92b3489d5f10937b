//! The pictures of `docs/pictures`: the real program on its demo, seen by a terminal emulator.
//!
//! Start with [`tour`], which every picture is a stop of. `.ci/pictures` runs the ignored test that writes
//! them; the other one takes the same tour and compares the words, so that pictures that are older than
//! the screens do not stay.

mod film;
mod svg;

use std::collections::BTreeSet;
use std::path::PathBuf;

use crate::pty::Pty;

const ROWS: u16 = 36;
const COLUMNS: u16 = 120;

/// A picture's name, what it shows, and the screen.
type Stop = (&'static str, &'static str, vt100::Screen);

/// Past everything that is shown.
fn tour(theme: &str) -> (Vec<Stop>, Pty) {
    let program = env!("CARGO_BIN_EXE_foretop");
    let words = ["COLORTERM=truecolor", "TZ=UTC", "-u", "NO_COLOR"];
    let words = [&words[2..], &words[..2], &[program, "--demo", "--theme", theme]].concat();
    let mut foretop = Pty::run("env", &words, ROWS, COLUMNS);
    let mut stops = Vec::new();
    foretop.sees("NEEDS YOU");
    foretop.sees("RUNNING");
    foretop.goes_to("refund-4411");
    foretop.sees("YOUR TURN");
    stops.push(("triage", "Sessions by urgency", foretop.rests()));
    foretop.type_keys("\r");
    foretop.sees("Esc back");
    foretop.type_keys("[e");
    foretop.sees("no answer in time");
    foretop.type_keys("+");
    stops.push(("timeline", "The timeline of a session", foretop.rests()));
    foretop.type_keys("+3");
    foretop.sees("what will be sent");
    foretop.rests();
    foretop.type_keys("e");
    foretop.sees("WRITE");
    foretop.type_keys("rf_20931");
    foretop.sees("rf_20931");
    // Two lines down is a number: a text takes its place.
    foretop.type_keys("\x1b[B\x1b[B\x1b[F\x7f\x7f\"84.20\",");
    foretop.sees("2 errors");
    foretop.type_keys("\x1b");
    foretop.sees("BROWSE");
    stops.push(("your-turn", "Tool calls that wait for you", foretop.rests()));
    foretop.type_keys("4");
    foretop.sees("receipt.png");
    stops.push(("files", "Files of a session", foretop.rests()));
    foretop.type_keys("2W");
    foretop.sees("where time went");
    stops.push(("waterfall", "Where time went", foretop.rests()));
    foretop.type_keys("1");
    foretop.commands("session quote-7730");
    foretop.sees("2 quote-7730");
    foretop.commands("compare quote-7731");
    foretop.sees("n next change");
    stops.push(("compare", "Two sessions compared", foretop.rests()));
    (stops, foretop)
}

fn file(name: &str, theme: &str) -> PathBuf {
    let pictures = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs/pictures");
    pictures.join(format!("{name}-{theme}.svg"))
}

#[test]
#[ignore = "writes docs/pictures: .ci/pictures"]
fn they_are_made_anew() {
    for theme in ["dark", "light"] {
        let (stops, foretop) = tour(theme);
        for (name, title, screen) in stops {
            std::fs::write(file(name, theme), svg::of(&screen, title)).unwrap();
        }
        assert_eq!(foretop.leaves().0, 0);
    }
    std::fs::write(film::file(), film::taken()).unwrap();
}

/// Words of letters: numbers, ages and clocks are others each time.
fn words(text: &str) -> BTreeSet<&str> {
    text.split(|c: char| !c.is_alphabetic()).filter(|word| word.chars().count() > 3).collect()
}

fn last_line(text: &str) -> &str {
    text.trim_end().lines().last().unwrap_or_default()
}

#[test]
fn they_show_what_the_screens_show() {
    let (stops, foretop) = tour("dark");
    assert_eq!(foretop.leaves().0, 0);
    for (name, _, screen) in stops {
        let today = screen.contents();
        for theme in ["dark", "light"] {
            let picture = std::fs::read_to_string(file(name, theme)).unwrap();
            let shown = svg::words(&picture);
            let (shown_words, words_of_today) = (words(&shown), words(&today));
            let kept = shown_words.intersection(&words_of_today).count();
            // Agents go on working meanwhile, so that some words are others each time.
            let is_like = kept * 10 >= shown_words.len() * 8;
            let (hints, hints_of_today) = (words(last_line(&shown)), words(last_line(&today)));
            assert!(
                is_like && hints == hints_of_today,
                "{name}-{theme}.svg is older than the screen: .ci/pictures makes it anew. It has\n\
                 {shown}\nand the screen\n{today}"
            );
        }
    }
}
