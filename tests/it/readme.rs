//! The README tells the truth about keys.

use foretop::app::Action;
use foretop::keymap::{DEFAULT_TOML, Keymap, Scope, key};

const README: &str = include_str!("../../README.md");

/// The key table, worked out from the actions and the keymap.
fn table() -> String {
    let keymap = Keymap::parse(DEFAULT_TOML, &Action::names()).unwrap();
    let mut out = String::from("| keys | what |\n|---|---|\n");
    for action in Action::ALL {
        let mut keys: Vec<String> = Vec::new();
        for binding in keymap.keys_for(action.name()) {
            let label = format!("`{}`", key::label(&binding.keys));
            // Arrow and named twins are said once, in the text above the table.
            let twin = binding.scope == Scope::Move && !keys.is_empty();
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
    assert!(README.contains(&table), "the README needs this table:\n{table}");
}

#[test]
fn it_stays_with_two_commands() {
    let commands = README.lines().filter(|line| line.starts_with("cargo "));
    let commands: Vec<_> = commands.collect();
    assert_eq!(commands, ["cargo run --release -- --demo", "cargo test"]);
}
