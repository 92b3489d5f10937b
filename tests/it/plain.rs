//! foretop line by line: a script over a pipe, and a person at a terminal that knows nothing.

use crate::demo::demo;
use crate::pty::Pty;
use crate::stage::Stage;
use crate::verbs::{Home, Ran, ran};

/// What came of a script, none of which a terminal would obey.
async fn script(home: &Home, flags: &[&str], lines: &[&str]) -> Ran {
    let command = home.command(&[&["--plain"], flags].concat());
    let ran = ran(command, &[lines.join("\n").as_str(), "\n"].concat()).await;
    for text in [&ran.stdout, &ran.stderr] {
        let odd = text.chars().find(|c| c.is_control() && *c != '\n');
        assert_eq!(odd, None, "{text}");
    }
    ran
}

async fn outstanding(stage: &Stage, session: &str) -> usize {
    let path = format!("/v2/agents/{session}/outstanding_client_tool_calls");
    let calls = stage.ask("GET", &path, None).await;
    calls["client_tool_calls"].as_array().map_or(0, Vec::len)
}

const MIGRATION: &str = "ops/sessions/migrate-orders-eu";
const REFUND: &str = "support/sessions/refund-4411";

/// In this order in the text.
fn assert_says(ran: &Ran, words: &[&str]) {
    let mut rest = ran.stdout.as_str();
    for word in words {
        let at = rest.find(word);
        let at = at.unwrap_or_else(|| panic!("{word:?} is not in\n{rest}\n{}", ran.stderr));
        rest = &rest[at + word.len()..];
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_script_lists_opens_reads_and_hides_by_numbers() {
    let stage = demo().await;
    let home = Home::of(&stage);
    let lines = [
        "# what needs somebody comes first",
        "open 4",
        "lines 5",
        "events",
        "prev",
        "show 3",
        "hide 38-39,40",
        "events is:hidden",
        "unhide 3-5",
        "artifacts",
        "save 1 saved.bin",
        "ls --json",
        "find is:error",
        "quit",
        "never reached",
    ];
    let ran = script(&home, &[], &lines).await;
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{}", ran.stdout);
    assert_says(
        &ran,
        &[
            "foretop on http://127.0.0.1:",
            "1. parked",
            "tender-draft",
            "4. parked",
            "refund-4411, Refund for order 4411, waits for orders_refund, notify_slack",
            "support/refund-4411, Refund for order 4411: parked",
            "events 23 to 42 of 42; prev shows what is before; all that the service has is loaded",
            "events 38 to 42 of 42",
            "events 33 to 37 of 42; prev shows what is before; next shows what is behind",
            "aev_",
            "show 3 json shows it as the service has it",
            "hidden aev_",
            "1. ",
            "42 events were looked through",
            "unhidden aev_",
            "1. refund-letter.md",
            "saved.bin",
            "\"schema_version\": 1",
            "refund-4411",
        ],
    );
    assert!(home.path("saved.bin").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_is_checked_shown_and_sent_after_a_yes() {
    let stage = demo().await;
    let home = Home::of(&stage);
    std::fs::write(home.path("good.json"), "{\"rows\": 40}").unwrap();
    let wrong = ["pending", "call 3", "answer 3", "{", "\"rows\": \"many\"", "}", ".", "no"];
    let ran = script(&home, &[], &wrong).await;
    assert_eq!(ran.code, 6, "{}", ran.stderr);
    assert_says(
        &ran,
        &[
            "3. run_migration in migrate-orders-eu",
            "run_migration in ops/migrate-orders-eu, waiting",
            "\"table\": \"order_lines\"",
            "an answer looks like this:",
            "answer 3 answers it",
            "Type the answer as JSON",
            "rows: ",
            "The tool's schema does not take this. Go on all the same?",
        ],
    );
    assert!(
        ran.stderr.contains("nothing was sent. The text is kept: answer 3 kept"),
        "{}",
        ran.stderr
    );
    assert_eq!(outstanding(&stage, MIGRATION).await, 1);
    let ran = script(&home, &[], &["pending", "answer 3 file good.json", "y"]).await;
    assert!(ran.stderr.contains("nothing was sent"), "only the whole word counts: {}", ran.stderr);
    assert_eq!(outstanding(&stage, MIGRATION).await, 1);
    let ran = script(&home, &[], &["pending", "answer 3 file good.json", "yes"]).await;
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_says(
        &ran,
        &["This goes to ops/migrate-orders-eu:", "\"rows\": 40", "Send it? yes or no:"],
    );
    assert_eq!(outstanding(&stage, MIGRATION).await, 0);
    // Two calls of one session go together, an error among them.
    let both = [
        "pending",
        "call 9",
        "answer 3",
        "{\"refund_id\": \"rf_1\", \"status\": \"accepted\", \"amount\": 84.20}",
        ".",
        "answer 4 error the channel is archived",
        "yes",
    ];
    let ran = script(&home, &[], &both).await;
    assert!(ran.stderr.contains("there is no 9"), "{}", ran.stderr);
    assert_says(
        &ran,
        &[
            "kept and not sent: the session goes on when notify_slack is answered, too",
            "This goes to support/refund-4411:",
            "\"refund_id\"",
            "the channel is archived",
        ],
    );
    assert_eq!(outstanding(&stage, REFUND).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn writing_says_before_what_it_means_and_nothing_typed_is_lost() {
    let stage = demo().await;
    let home = Home::of(&stage);
    let lines = ["open quote-7731", "send", "/say Noted.", "Two lines.", ".", "events"];
    let ran = script(&home, &[], &lines).await;
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_says(&ran, &["quote-7731 rests: this begins a new turn.", "alone ends it", "Noted."]);
    // One that waits says so before anything is typed, and what comes next is no text.
    let ran = script(&home, &[], &["open refund-4411", "send", "artifacts"]).await;
    assert!(ran.stderr.contains("waits for 2 tool outputs"), "{}", ran.stderr);
    assert_says(&ran, &["1. refund-letter.md"]);
    // An end in the middle sends nothing.
    let before = stage.events("/v2/agents/support/sessions/quote-7731", true).await.len();
    let ran = script(&home, &[], &["open quote-7731", "send", "half"]).await;
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("the input ended before the text did; nothing was sent"));
    let after = stage.events("/v2/agents/support/sessions/quote-7731", true).await.len();
    assert_eq!(before, after);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_said_and_the_next_line_is_heard() {
    let stage = demo().await;
    let home = Home::of(&stage);
    let lines = [
        "pendng",
        "show",
        "open nothing-like-it",
        "call 1",
        "say \"open quote",
        "ls --profile x",
        "doctor",
        "open quote-7731",
        "interrupt",
        "follow",
        "help answer",
        "help export",
    ];
    let ran = script(&home, &[], &lines).await;
    assert_eq!(ran.code, 0, "the last line went well: {}", ran.stderr);
    for words in [
        "\"pendng\" is no word here, did you mean \"pending\"?",
        "no session is open: list shows them",
        "there is no session \"nothing-like-it\"",
        "nothing has a number yet: pending gives them",
        "\"say\" is no word here",
        "are said when foretop is started",
        "\"doctor\" is for a shell; quit leads back to it",
        "does not run, so there is nothing to interrupt",
    ] {
        assert!(ran.stderr.contains(words), "{words:?} is not in {}", ran.stderr);
    }
    assert_says(
        &ran,
        &["this is not live", "no longer followed", "answer N: Answers a call", "Usage:"],
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_profile_that_only_reads_refuses_before_anything_is_typed() {
    let stage = demo().await;
    let home = Home::of(&stage);
    let lines = ["pending", "answer 3", "open 4", "hide 1", "send Hello"];
    let ran = script(&home, &["--read-only"], &lines).await;
    assert_eq!(ran.code, 4, "{}", ran.stderr);
    assert_eq!(ran.stderr.matches("read-only").count(), 3, "{}", ran.stderr);
    assert_says(&ran, &[", read-only.", "support/refund-4411"]);
    assert_eq!(outstanding(&stage, MIGRATION).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_configuration_and_a_variable_ask_for_it_and_verbs_stay_as_they_are() {
    let stage = demo().await;
    let home = Home::of(&stage);
    let mut command = home.command(&[]);
    command.env("FORETOP_PLAIN", "1");
    let by_variable = ran(command, "ls --limit 1\nquit\n").await;
    assert_eq!(by_variable.code, 0, "{}", by_variable.stderr);
    assert_says(&by_variable, &["foretop on ", "STATE", "SESSION"]);
    home.config("plain = true\n");
    assert_says(
        &home.run_with(&["ui", "quote-7731"], "").await,
        &["support/quote-7731, Quote 7731"],
    );
    let tabs = home.run(&["ls", "--plain", "--limit", "1"]).await.stdout;
    assert!(tabs.contains('\t') && !tabs.contains("STATE"), "{tabs}");
    assert!(home.run(&["ls", "--limit", "1"]).await.stdout.contains("STATE"));
}

/// Only printable text, line ends and the bell, whatever the terminal is called.
#[test]
fn a_terminal_that_knows_nothing_is_enough() {
    let words = ["TERM=dumb", env!("CARGO_BIN_EXE_foretop"), "--plain", "--demo"];
    let mut pty = Pty::run("env", &words, 24, 100);
    pty.sees("foretop> ");
    pty.type_keys("open refund-4411\n");
    pty.sees("refund-4411> ");
    pty.type_keys("help\n");
    pty.sees("more? Enter goes on, q leaves");
    pty.type_keys("q\n");
    pty.type_keys("follow\n");
    pty.sees("Enter ends it.");
    pty.type_keys("\n");
    pty.sees("no longer followed");
    // It is told between two lines, once all sessions were looked at.
    let deadline = std::time::Instant::now() + std::time::Duration::from_mins(1);
    while !pty.contents().contains("needs you: ") && std::time::Instant::now() < deadline {
        pty.type_keys("\n");
        std::thread::sleep(std::time::Duration::from_millis(200));
    }
    pty.type_keys("open quote-7731\nsend\n");
    pty.sees("alone ends it");
    // Ctrl-C leaves what is asked, then the loop.
    pty.type_keys("\u{3}");
    pty.sees("stopped waiting");
    pty.type_keys("\u{3}");
    let (code, bytes) = pty.ends();
    assert_eq!(code, 130);
    let text = String::from_utf8(bytes).unwrap().replace("\r\n", "\n");
    let odd = text.chars().find(|c| c.is_control() && !matches!(c, '\n' | '\u{7}'));
    assert_eq!(odd, None, "{text:?}");
    assert!(text.contains("needs you: "), "{text}");
}
