//! What flags and files have to say in the demo: each of them works, or is refused in words.

use crate::configuration::screen;
use crate::verbs::{Home, ran};

fn home() -> Home {
    Home::at("http://127.0.0.1:9", "zut_key")
}

#[test]
fn a_demo_that_is_read_only_says_so_and_changes_nothing() {
    let home = home();
    home.config("themee = \"dark\"\nglyphs = 3\n[profiles.prod]\nurl = \"http://127.0.0.1:9\"\n");
    let mut foretop = screen(&home, (36, 120), &["--demo", "--read-only", "ui", "refund-4411"]);
    foretop.sees("2 refund-4411");
    foretop.sees(" demo  read-only");
    foretop.type_keys("kx");
    foretop.sees("read-only profile");
    // What is wrong with the file is told here as anywhere else.
    foretop.type_keys("ge");
    foretop.sees("did you mean \"theme\"?");
    let page = foretop.contents();
    assert!(page.contains("config.toml:2: glyphs must be"), "{page}");
    foretop.type_keys("\u{1b}Q");
    assert_eq!(foretop.ends().0, 0);
}

#[test]
fn a_demo_of_one_agent_has_the_sessions_of_that_one() {
    let home = home();
    let mut foretop = screen(&home, (36, 120), &["--demo", "--agent", "ops"]);
    foretop.sees("Add settled_at");
    assert!(!foretop.contents().contains("Tender 2026"), "{}", foretop.contents());
    foretop.type_keys("Q");
    assert_eq!(foretop.ends().0, 0);
}

#[tokio::test]
async fn what_would_mean_nothing_is_refused() {
    let home = home();
    for (line, words) in [
        (&["--demo", "ls"][..], "would not look at the demo"),
        (&["--demo", "rm", "refund-4411", "--yes"], "would not look at the demo"),
        (&["--demo", "serve", "--data", "d"], "serve --demo-data has that world"),
        (&["--theme", "dark", "ls"], "--theme in front of a command is for the screen"),
        (&["--rules", "r.toml", "open", "x.jsonl"], "--rules in front of a command"),
        (&["--demo", "ui", "x", "--profile", "prod"], "--profile"),
        (&["--demo", "--url", "http://127.0.0.1:9"], "--url"),
        (&["--demo", "--reveal-secrets"], "the screen shows one value that is masked"),
        (&["--yes", "ui", "x"], "--yes is for commands that print; the screen asks"),
        (&["ui", "--quiet"], "Leave --quiet out"),
        (&["open", "x.jsonl", "--json"], "--json is for commands"),
    ] {
        let refused = ran(home.bare(line), "").await;
        assert_eq!(refused.code, 2, "{line:?}: {}", refused.stderr);
        assert!(refused.stderr.contains(words), "{line:?}: {}", refused.stderr);
    }
    assert!(!home.path("d").exists(), "nothing was begun");
}

#[tokio::test(flavor = "multi_thread")]
async fn line_by_line_it_goes_by_the_same() {
    let home = home();
    home.config("themee = \"dark\"\nglyphs = 3\n");
    let flags = ["--plain", "--demo", "--read-only", "--agent", "support"];
    let lines = "open refund-4411\nevents\nhide 1\nls --json\nquit\n";
    let ran = ran(home.bare(&flags), lines).await;
    for words in ["config.toml:1: there is no setting \"themee\"", "config.toml:2: glyphs must be"]
    {
        assert!(ran.stderr.contains(words), "{}", ran.stderr);
    }
    assert!(ran.stderr.contains("this is read-only"), "{}", ran.stderr);
    assert!(ran.stdout.contains("foretop on the demo, read-only."), "{}", ran.stdout);
    assert!(ran.stdout.contains("quote-7731") && !ran.stdout.contains("migrate-orders-eu"));
}
