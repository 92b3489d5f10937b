//! A minute of the demo as a recording of the terminal, in the form that asciinema plays (asciicast v2).

use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Value, json};

use crate::pty::Pty;

use super::{COLUMNS, ROWS};

/// What is typed, what the screen says then, and for how many tenths of a second it is looked at.
const SCRIPT: &[(&str, &str, u64)] = &[
    ("", "RUNNING", 30),
    ("j", "2 kyc-review-88", 15),
    ("j", "2 migrate-orders-eu", 15),
    ("j", "2 refund-4411", 25),
    ("\r", "Esc back", 20),
    ("[e", "no answer in time", 35),
    ("[e", "the tool failed", 25),
    ("x", "u undo", 25),
    ("u", "U redo", 20),
    ("V", "agent's view", 30),
    ("V", "in context", 10),
    ("W", "where time went", 40),
    ("\x1b", "in context", 15),
    ("3", "what will be sent", 40),
    ("e", "WRITE", 25),
    ("\x1b", "BROWSE", 15),
    ("4", "receipt.png", 40),
    ("1", "NEEDS YOU", 10),
    (":", "Enter runs", 5),
    ("session quote-7730", "session quote-7730", 10),
    ("\r", "2 quote-7730", 15),
    (":", "Enter runs", 5),
    ("compare quote-7731", "compare quote-7731", 10),
    ("\r", "n next change", 40),
    ("\x1b", "by urgency", 10),
    ("?", "─ Keys", 30),
    ("\x1b", "by urgency", 20),
];

pub(super) fn file() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs/pictures/tour.cast")
}

/// Takes the tour at the pace of a person who reads.
pub(super) fn taken() -> String {
    let words = ["-u", "NO_COLOR", "TZ=UTC", env!("CARGO_BIN_EXE_foretop"), "--demo"];
    let mut foretop = Pty::run("env", &words, ROWS, COLUMNS);
    for (keys, then, tenths) in SCRIPT {
        foretop.type_keys(keys);
        foretop.sees(then);
        std::thread::sleep(Duration::from_millis(tenths * 100));
    }
    let film = foretop.film();
    assert_eq!(foretop.leaves().0, 0);
    let head = json!({"version": 2, "width": COLUMNS, "height": ROWS, "title": "foretop --demo",
        "env": {"TERM": "xterm-256color"}});
    let mut cast = format!("{head}\n");
    let began = film.first().map(|(at, _)| *at);
    let mut torn = Vec::new();
    for (at, piece) in film {
        torn.extend(piece);
        // A letter may be torn between two pieces.
        let whole = match std::str::from_utf8(&torn) {
            Ok(text) => text.len(),
            Err(error) => error.valid_up_to(),
        };
        let rest = torn.split_off(whole);
        let text = String::from_utf8(std::mem::replace(&mut torn, rest)).unwrap();
        let since = began.map_or(0.0, |began| at.duration_since(began).as_secs_f64());
        let since = (since * 1000.0).round() / 1000.0;
        cast.push_str(&json!([since, "o", text]).to_string());
        cast.push('\n');
    }
    cast
}

#[test]
fn the_film_can_be_played_and_shows_the_way() {
    let cast = std::fs::read_to_string(file()).unwrap();
    let mut lines = cast.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let head = lines.next().unwrap();
    assert_eq!((&head["version"], &head["width"]), (&json!(2), &json!(COLUMNS)));
    let mut terminal = vt100::Parser::new(ROWS.try_into().unwrap(), COLUMNS.try_into().unwrap(), 0);
    let (mut last, mut left) = (0.0, SCRIPT.iter().map(|(_, then, _)| *then).collect::<Vec<_>>());
    left.reverse();
    for line in lines {
        let at = line[0].as_f64().unwrap();
        assert!(at >= last && line[1] == "o", "{line}");
        last = at;
        terminal.process(line[2].as_str().unwrap().as_bytes());
        let screen = terminal.screen().contents();
        while left.last().is_some_and(|then| screen.contains(then)) {
            left.pop();
        }
    }
    assert_eq!(left, Vec::<&str>::new(), "{}", terminal.screen().contents());
    assert!(last > 30.0, "{last} seconds");
}
