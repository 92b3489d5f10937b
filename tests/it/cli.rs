//! The command as the shell sees it: output, one line on stderr, exit code.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Command, Output, Stdio};

fn foretop(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_foretop"))
        .args(arguments)
        .stdin(Stdio::null())
        .env_remove("FORETOP_URL")
        .env_remove("VECTARA_API_KEY")
        .output()
        .unwrap()
}

/// One line, beginning with the program's name.
fn complaint(output: &Output) -> String {
    let text = String::from_utf8(output.stderr.clone()).unwrap();
    assert_eq!(text.lines().count(), 1, "{text}");
    assert!(text.starts_with("foretop: "), "{text}");
    assert!(output.stdout.is_empty());
    text
}

#[test]
fn help_and_version_go_to_stdout() {
    let help = foretop(&["--help"]);
    assert!(help.status.success());
    assert!(String::from_utf8(help.stdout).unwrap().contains("--demo"));
    let version = foretop(&["--version"]);
    assert!(String::from_utf8(version.stdout).unwrap().contains(env!("CARGO_PKG_VERSION")));
}

#[test]
fn help_is_the_page_of_the_flag_for_every_depth() {
    for path in [&[][..], &["ls"], &["events"], &["events", "rm"], &["artifact", "get"], &["help"]]
    {
        let page = foretop(&[path, &["--help"]].concat());
        let help = foretop(&[&["help"], path].concat());
        assert!(help.status.success(), "{path:?}");
        assert!(!page.stdout.is_empty() && page.stdout == help.stdout, "{path:?}");
    }
    for (path, meant) in [(&["help", "pendign"][..], "pending"), (&["help", "events", "mr"], "rm")]
    {
        let output = foretop(path);
        assert_eq!(output.status.code(), Some(2), "{path:?}");
        assert!(complaint(&output).contains(&format!("did you mean \"{meant}\"?")), "{path:?}");
    }
}

#[test]
fn wrong_usage_is_one_line_and_exit_code_2() {
    for arguments in [
        &["--no-such-flag"][..],
        &["serve"],
        &["serve", "--data", "/nowhere", "--listen", "somewhere"],
        &["--demo", "--url", "http://127.0.0.1:1"],
        &[],
    ] {
        let output = foretop(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        complaint(&output);
    }
}

#[test]
fn a_screen_needs_a_terminal() {
    let output = foretop(&["--demo"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(complaint(&output).contains("terminal"));
}

#[test]
fn a_data_directory_that_is_no_directory_is_named() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let path = file.path().to_str().unwrap();
    let output = foretop(&["serve", "--data", path]);
    assert_eq!(output.status.code(), Some(2));
    assert!(complaint(&output).contains(path));
}

#[test]
fn a_corrupt_database_is_left_as_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let database = dir.path().join("foretop.db");
    let garbage = "this is no database at all ".repeat(100);
    std::fs::write(&database, &garbage).unwrap();
    let output = foretop(&["serve", "--data", dir.path().to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1));
    assert!(complaint(&output).contains("foretop.db"));
    assert_eq!(std::fs::read_to_string(&database).unwrap(), garbage);
}

#[test]
fn serve_prints_one_json_line_and_the_token_stays_in_its_file() {
    let dir = tempfile::tempdir().unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_foretop"))
        .args(["serve", "--json", "--data", dir.path().to_str().unwrap()])
        .env_remove("FORETOP_SERVE_TOKEN")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    out.read_line(&mut line).unwrap();
    let announced: serde_json::Value = serde_json::from_str(&line).unwrap();
    assert!(announced["url"].as_str().unwrap().starts_with("http://127.0.0.1:"));
    let token = std::fs::read_to_string(announced["token_file"].as_str().unwrap()).unwrap();

    let busy = foretop(&["serve", "--data", dir.path().to_str().unwrap()]);
    assert_eq!(busy.status.code(), Some(1));
    assert!(complaint(&busy).contains("another foretop"));

    let pid = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    assert!(child.wait().unwrap().success());
    let mut rest = String::new();
    out.read_to_string(&mut rest).unwrap();
    child.stderr.take().unwrap().read_to_string(&mut rest).unwrap();
    assert!(!line.contains(token.trim()) && !rest.contains(token.trim()));
}
