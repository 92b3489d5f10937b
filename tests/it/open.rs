//! `foretop open`: a session in a file or a pipe, on a real terminal.

use std::io::Write as _;

use crate::pty::Pty;

const FORETOP: &str = env!("CARGO_BIN_EXE_foretop");

/// What another program writes of its sessions.
const FOREIGN: &[u8] = b"{\"type\":\"user\",\"uuid\":\"u\",\"sessionId\":\"s\",\"message\":{}}\n";

fn line(n: usize, content: &str) -> String {
    let at = format!("2026-05-03T{:02}:{:02}:{:02}.000Z", n / 3_600 % 24, n / 60 % 60, n % 60);
    let content = serde_json::to_string(content).unwrap();
    format!(
        r#"{{"id":"aev_{n:06}","session_key":"s","created_at":"{at}","type":"agent_output","content":{content}}}"#
    )
}

fn file(lines: &[String]) -> tempfile::NamedTempFile {
    let mut file = tempfile::Builder::new().suffix(".jsonl").tempfile().unwrap();
    file.write_all((lines.join("\n") + "\n").as_bytes()).unwrap();
    file
}

#[test]
fn a_file_shows_its_first_rows_its_end_and_its_session() {
    let mut lines = vec![
        r#"{"session":{"key":"ase_1","agent_key":"support","name":"Refund","enabled":true,"status":"stopped","created_at":"2026-05-03T00:00:00Z"}}"#
            .to_owned(),
    ];
    lines.extend((0..20_000).map(|n| line(n, &format!("row number {n}"))));
    let file = file(&lines);
    let mut foretop = Pty::start(&["open", file.path().to_str().unwrap()], 24, 80);
    foretop.sees("row number 3");
    foretop.sees("ase_1");
    foretop.type_keys("G");
    foretop.sees("row number 19999");
    foretop.type_keys("gg");
    foretop.sees("row number 0");
    foretop.sees("20,000 events");
    foretop.type_keys("x");
    foretop.sees("this is a file");
    foretop.type_keys("q");
    assert_eq!(foretop.ends().0, 0);
}

#[test]
fn a_pipe_shows_what_it_delivers_and_keys_come_from_the_terminal() {
    let lines: Vec<String> = (0..50).map(|n| line(n, &format!("row number {n}"))).collect();
    let file = file(&lines);
    let script = format!("cat '{}' | '{FORETOP}' open -", file.path().display());
    let mut foretop = Pty::run("/bin/sh", &["-c", &script], 24, 80);
    foretop.sees("row number 0");
    foretop.type_keys("G");
    foretop.sees("row number 49");
    foretop.sees("standard input");
    foretop.type_keys("q");
    assert_eq!(foretop.ends().0, 0);
}

#[test]
fn broken_lines_are_shown_counted_and_harmless() {
    let mut lines: Vec<String> = (0..5).map(|n| line(n, "fine")).collect();
    lines.push("not json at all \u{1b}]0;owned\u{7}\u{9b}31m".to_owned());
    lines.push(line(6, "esc \u{1b}[2J bidi \u{202e} joiner \u{200d} 変更 🚀"));
    lines.push(line(2, "the same id again"));
    lines.push(r#"{"id":"aev_cut","type":"agent_outp"#.to_owned());
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(lines.join("\r\n").as_bytes()).unwrap();
    let mut foretop = Pty::start(&["open", file.path().to_str().unwrap()], 36, 120);
    foretop.sees("2 lines no event");
    foretop.sees("1 id more than once");
    foretop.sees("esc \\x1b[2J bidi <U+202E>");
    foretop.type_keys("gg]e");
    foretop.type_keys("\r");
    foretop.sees("BROWSE");
    foretop.type_keys("Q");
    let (code, bytes) = foretop.ends();
    assert_eq!(code, 0);
    let text = String::from_utf8_lossy(&bytes);
    for raw in ["\u{1b}]0;", "\u{9b}", "\u{202e}", "\u{1b}[2J"] {
        assert!(!text.contains(raw), "{raw:?} reached the terminal");
    }
}

/// A call with its result: what it was given, what came of it, and how that went.
fn call(input: &str, output: &str) -> Vec<String> {
    let head = |n: usize, kind: &str| {
        format!(
            r#"{{"id":"aev_c{n}","session_key":"s","created_at":"2026-05-03T11:00:0{n}Z","type":"{kind}","tool_call_id":"c1","tool_configuration_name":"list","tool_name":"list""#
        )
    };
    vec![
        format!(r#"{},"tool_input":{input}}}"#, head(1, "tool_input")),
        format!(r#"{},"tool_output":{output},"error":true}}"#, head(2, "tool_output")),
    ]
}

#[test]
fn what_a_parser_refuses_changes_no_outcome() {
    for (input, output, shown) in [
        (r#"{"path":"/srv"}"#, r#"{"text":"cut \ud83d off"}"#, "cut \\ud83d off"),
        (r#"{"limit":1e400}"#, r#"{"text":"too much"}"#, "too much"),
        ("{}", "\"no object\"", "no object"),
    ] {
        let mut lines = vec![line(0, "first")];
        lines.extend(call(input, output));
        lines.push(line(3, "after").replace("after", "after \\udc00 it"));
        let file = file(&lines);
        let mut foretop = Pty::start(&["open", file.path().to_str().unwrap()], 24, 100);
        foretop.sees("agent  after \\udc00 it");
        foretop.sees(shown);
        foretop.sees("ERR");
        foretop.type_keys("]e");
        foretop.finds("is:error");
        foretop.sees("1 of 1");
        foretop.type_keys("Q");
        assert_eq!(foretop.ends().0, 0);
    }
}

#[test]
fn what_is_no_session_is_refused_with_advice_and_the_terminal_is_not_touched() {
    let cases: [(&[u8], &str); 5] = [
        (b"[{\"id\":\"aev_1\"},{\"id\":\"aev_2\"}]", "one JSON array"),
        (b"", "empty"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "cannot open"),
        (b"\x1f\x8b\x08\0\0\0\0\0", "compressed"),
        (FOREIGN, "a transcript of Claude Code"),
    ];
    for (bytes, words) in cases {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(bytes).unwrap();
        let foretop = Pty::start(&["open", file.path().to_str().unwrap()], 24, 80);
        let (code, written) = foretop.ends();
        let text = String::from_utf8_lossy(&written);
        assert!(text.contains(words), "{words}: {text}");
        assert!(!text.contains("?1049h"), "{text}");
        assert_eq!(code, 6, "{text}");
    }
    let foretop = Pty::start(&["open", "/nowhere/at/all.jsonl"], 24, 80);
    assert_eq!(foretop.ends().0, 3);
}

#[test]
fn what_is_wrong_with_a_file_is_said_without_a_screen_too() {
    for (bytes, words) in [
        (
            FOREIGN,
            "none of its lines is an event of this API; it seems to be a transcript of Claude Code",
        ),
        (b"{\"schema_version\":1,\"items\":[]}", "this is one listing"),
        (b"{\"type\":\"thinking\"}\n", "terminal"),
    ] {
        let mut foretop = std::process::Command::new(FORETOP)
            .args(["open", "-"])
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        foretop.stdin.take().unwrap().write_all(bytes).unwrap();
        let out = foretop.wait_with_output().unwrap();
        let said = String::from_utf8(out.stderr).unwrap();
        assert!(said.contains(words), "{said}");
        assert!(!out.status.success() && out.stdout.is_empty());
    }
}

#[test]
fn who_sees_an_event_is_shown_where_the_file_tells_and_unknown_where_not() {
    let told = |n: usize, hidden: bool| {
        let event = line(n, "said");
        format!("{{\"hidden\":{hidden},{}", &event[1..])
    };
    let apart =
        |n: usize, hidden: bool| format!("{{\"hidden\":{hidden},\"event\":{}}}", line(n, "said"));
    for lines in [
        [told(1, true), told(2, false), told(3, false)],
        [apart(1, true), apart(2, false), apart(3, false)],
    ] {
        let file = file(&lines);
        let mut foretop = Pty::start(&["open", file.path().to_str().unwrap()], 24, 100);
        foretop.sees("2 in  0 cmp  1 hid");
        foretop.sees("said · hidden");
        foretop.type_keys("V");
        foretop.sees("hidden and compacted events are left out");
        foretop.type_keys("Q");
        assert_eq!(foretop.ends().0, 0);
    }
    let file = file(&[line(1, "said"), line(2, "said")]);
    let mut foretop = Pty::start(&["open", file.path().to_str().unwrap()], 24, 100);
    foretop.sees("the file does not tell which of them");
    foretop.type_keys("V");
    foretop.sees("does not tell what the agent still sees");
    foretop.type_keys("Q");
    let text = String::from_utf8_lossy(&foretop.ends().1).into_owned();
    assert!(!text.contains(" in  0 cmp"), "{text}");
}

#[test]
fn a_long_text_is_whole_where_it_is_looked_at_and_copied() {
    let text = format!("{}THE-END", "word ".repeat(39_000));
    let file = file(&[line(1, &text), line(2, "after")]);
    let mut foretop = Pty::start(&["open", file.path().to_str().unwrap()], 24, 100);
    foretop.sees("after");
    foretop.type_keys("gg\r");
    foretop.sees("rendered");
    foretop.type_keys("G");
    foretop.sees("THE-END");
    foretop.type_keys("yy");
    foretop.sees("text: 190K is in ");
    let screen = foretop.contents();
    let path = screen.split("is in ").nth(1).unwrap().split_whitespace().next().unwrap();
    assert_eq!(std::fs::read_to_string(path).unwrap(), text);
    std::fs::remove_file(path).unwrap();
    foretop.type_keys("Q");
    assert_eq!(foretop.ends().0, 0);
}

#[test]
fn what_is_drawn_as_nothing_is_named_in_arguments() {
    let lines = call("{\"sup\u{200b}port\":\"ret\u{ad}urns\",\"n\":{\"d\":\"\\u2062x\"}}", "{}");
    let file = file(&lines);
    let mut foretop = Pty::start(&["open", file.path().to_str().unwrap()], 24, 100);
    foretop.sees("ERR");
    foretop.type_keys("\r");
    foretop.sees("sup<U+200B>port");
    foretop.sees("ret<U+00AD>urns");
    foretop.sees("<U+2062>x");
    foretop.type_keys("Q");
    let text = String::from_utf8_lossy(&foretop.ends().1).into_owned();
    assert!(!text.contains(['\u{200b}', '\u{ad}', '\u{2062}']));
}
