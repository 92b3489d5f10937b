//! Keys and commands of one's own, as the command line tells of them.

use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// A home with these files of configuration.
fn home(files: &[(&str, &str)]) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    let config = dir.path().join("config/foretop");
    std::fs::create_dir_all(&config).unwrap();
    for (name, text) in files {
        std::fs::write(config.join(name), text).unwrap();
    }
    dir
}

fn foretop(home: &TempDir, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_foretop"))
        .args(arguments)
        .current_dir(home.path())
        .stdin(Stdio::null())
        .env("XDG_CONFIG_HOME", home.path().join("config"))
        .env("XDG_STATE_HOME", home.path().join("state"))
        .env_remove("FORETOP_CONFIG")
        .env_remove("FORETOP_URL")
        .output()
        .unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn every_key_is_listed_with_where_it_was_chosen() {
    let keys = "preset = 'colemak'\n[timeline]\nhide = 'd'\nundo = 'd'\nticket = 'g t'\n";
    let config = "[commands.ticket]\nrun = ['true']\nhelp = 'its ticket'\n";
    let home = home(&[("keys.toml", keys), ("config.toml", config)]);
    let output = foretop(&home, &["keys", "--json"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let said = text(&output.stderr);
    assert!(said.contains("keys.toml:4: d for undo does not count"), "{said}");
    let listed: Value = serde_json::from_slice(&output.stdout).unwrap();
    let items = listed["items"].as_array().unwrap();
    let of = |scope: &str, action: &str| {
        let item = items.iter().find(|item| item["scope"] == scope && item["action"] == action);
        item.unwrap_or_else(|| panic!("{scope} {action}"))
    };
    for (scope, action, keys, origin) in [
        ("timeline", "hide", "d", "keys.toml:3"),
        ("timeline", "undo", "u", "default"),
        ("timeline", "ticket", "gt", "keys.toml:5"),
        ("move", "down", "n", "preset colemak"),
        ("timeline", "next_hit", "j", "preset colemak"),
    ] {
        assert_eq!(of(scope, action)["keys"], keys, "{action}");
        assert_eq!(of(scope, action)["origin"], origin, "{action}");
    }
    assert_eq!(of("timeline", "ticket")["words"], "its ticket");
    let own = text(&foretop(&home, &["keys", "move", "--own", "--plain"]).stdout);
    assert!(own.contains("preset colemak") && !own.contains("default"), "{own}");
}

#[test]
fn what_is_wrong_with_keys_and_commands_is_told_and_stops_nothing() {
    let home = home(&[
        ("keys.toml", "[timelin]\nhide = 'd'\n"),
        ("config.toml", "[commands.a]\nrun = ['x', '{sesion}']\n"),
    ]);
    for command in [&["keys"][..], &["config", "check"]] {
        let output = foretop(&home, command);
        let said = text(&output.stderr);
        assert!(output.status.success(), "{command:?}: {said}");
        assert!(
            said.contains("keys.toml:1: there is no scope \"timelin\", did you mean"),
            "{said}"
        );
        assert!(said.contains("config.toml:2: run: there is no {sesion}"), "{said}");
    }
    let doctor = foretop(&home, &["doctor"]);
    let doctor = [doctor.stdout, doctor.stderr].concat();
    assert!(text(&doctor).contains("there is no scope \"timelin\""), "{}", text(&doctor));
}

#[test]
fn a_checkout_has_no_commands() {
    let home = home(&[]);
    let planted = "[commands.a]\nrun = ['touch', 'here']\nkeys = 'j'\n";
    std::fs::write(home.path().join(".foretop.toml"), planted).unwrap();
    let output = foretop(&home, &["config", "check"]);
    assert_eq!(output.status.code(), Some(2));
    let said = text(&output.stderr);
    assert!(said.contains("\"commands\" is not for a project's file"), "{said}");
    let listed = text(&foretop(&home, &["keys", "--own", "--plain"]).stdout);
    assert!(!listed.contains(".foretop"), "{listed}");
}
