//! The README and its manual tell the truth about keys, limits and files. What they link and run:
//! `manual.rs`.

use foretop::internals::app::Action;
use foretop::internals::app::default_keymap;
use foretop::internals::keymap::{Scope, key};
use foretop::internals::server::access::tokens;
use foretop::internals::server::settings::Settings;

const README: &str = include_str!("../../README.md");
const KEYS: &str = include_str!("../../docs/keys.md");
const SERVER: &str = include_str!("../../docs/server.md");

/// The key table, worked out from the actions and the keymap.
fn table() -> String {
    let keymap = default_keymap().unwrap();
    let mut out = String::from("| keys | what |\n|---|---|\n");
    for action in Action::ALL {
        let mut keys: Vec<String> = Vec::new();
        for binding in keymap.keys_for(*action) {
            let label = format!("`{}`", key::label(&binding.keys));
            // Arrow and named twins are said once, in the text above the table.
            let twin = matches!(binding.scope, Scope::Move | Scope::Help) && !keys.is_empty();
            if !keys.contains(&label) && !twin {
                keys.push(label);
            }
        }
        out.push_str(&["| ", &keys.join(" "), " | ", action.words(), " |\n"].concat());
    }
    out
}

#[test]
fn the_key_table_is_the_keymap() {
    let table = table();
    assert!(KEYS.contains(&table), "docs/keys.md needs this table:\n{table}");
}

#[test]
fn the_keys_in_short_are_rows_of_that_table() {
    let table = table();
    let section = README.split("## Keys in short\n").nth(1).unwrap().split("\n## ").next().unwrap();
    let rows: Vec<&str> = section.lines().filter(|line| line.starts_with("| `")).collect();
    assert!(rows.len() > 20, "{rows:?}");
    for row in rows {
        assert!(table.lines().any(|line| line == row), "{row} is not so any more");
    }
}

#[test]
fn it_can_be_read_within_a_minute() {
    let lines = README.lines().count();
    assert!(lines <= 250, "{lines} lines: what is not for the first minute belongs into docs/");
}

#[test]
fn it_stays_with_two_commands() {
    let commands = README.lines().filter(|line| line.starts_with("cargo "));
    let commands: Vec<_> = commands.collect();
    assert_eq!(commands, ["cargo run --release -- --demo", "cargo test"]);
}

/// The code blocks of that language on the page about the server.
fn blocks(language: &str) -> Vec<&'static str> {
    let opening = format!("```{language}\n");
    SERVER.split(&opening).skip(1).map(|rest| rest.split_once("```").unwrap().0).collect()
}

#[test]
fn the_servers_settings_are_the_defaults_and_all_of_them() {
    let sample = blocks("toml").into_iter().find(|block| block.contains("[limits]")).unwrap();
    assert_eq!(Settings::parse(sample).unwrap(), Settings::default());
    let defaults = format!("{:?}", Settings::default());
    for field in defaults.split([' ', '{', ',']).filter_map(|word| word.strip_suffix(':')) {
        assert!(sample.contains(field), "{field} is missing");
    }
}

#[test]
fn the_servers_tokens_file_is_one() {
    use std::io::Write as _;
    let sample = blocks("toml").into_iter().find(|block| block.contains("[[token]]")).unwrap();
    // Made by the library, it is readable by nobody else.
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(sample.as_bytes()).unwrap();
    let entries = tokens::load(file.path()).unwrap();
    assert_eq!(entries[0].name, "watcher");
}
