//! ASCII where the locale, a flag or the configuration asks for it: every command's own words, and no
//! change to data.

use crate::demo::demo;
use crate::verbs::{Home, ran};

/// Commands that print something of their own, with the number that a session, a call and the rest
/// of the demo can be named by.
const VERBS: &[&[&str]] = &[
    &["ls"],
    &["ls", "-o", "wide"],
    &["ls", "--no-look"],
    &["show", "refund-4411"],
    &["pending"],
    &["pending", "-o", "wide"],
    &["events", "refund-4411", "--hidden"],
    &["tail", "refund-4411", "--last", "40"],
    &["diff", "quote-7730", "quote-7731"],
    &["grep", "is:error"],
    &["agents"],
    &["agents", "support"],
    &["agents", "--aliases"],
    &["agents", "front-door"],
    &["tools"],
    &["tools", "orders_refund"],
    &["artifact", "ls", "refund-4411"],
    &["wait", "refund-4411"],
    &["send", "quote-7731", "/say Yes."],
    &["send", "refund-4411", "Go on"],
    &["answer", "nothing", "--error", "x"],
    &["ls", "--filter", "name:/x/ or name:/y/"],
    &["ls", "--filter", "nosuch:word"],
    &["config", "check"],
    &["config", "path"],
    &["auth", "status"],
    &["doctor"],
    &["help"],
    &["help", "ls"],
    &["--help"],
    &["man"],
    &["completion", "bash"],
    &["nonsense"],
];

#[tokio::test(flavor = "multi_thread")]
async fn every_command_keeps_to_ascii_where_that_is_all_there_is() {
    let stage = demo().await;
    let home = Home::of(&stage);
    for words in VERBS {
        let mut command = home.command(words);
        command.env("LC_ALL", "C");
        let ran = ran(command, "").await;
        for text in [&ran.stdout, &ran.stderr] {
            let odd: Vec<char> = text.chars().filter(|c| !c.is_ascii()).collect();
            // Data goes into a pipe as it is: there is this letter in the demo, and no other.
            assert!(odd.iter().all(|c| *c == 'ö'), "{words:?}: {odd:?} in {text}");
            assert!(!text.contains('\u{1b}'), "{words:?}: {text}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flag_and_the_configuration_say_the_same_and_data_stays() {
    let stage = demo().await;
    let home = Home::of(&stage);
    let tools = ["agents", "--aliases"];
    assert!(home.run(&tools).await.stdout.contains('→'));
    let flagged = home.run(&["agents", "--aliases", "--ascii"]).await.stdout;
    assert!(flagged.is_ascii() && flagged.contains(" > "), "{flagged}");
    home.config("glyphs = \"ascii\"\n");
    assert_eq!(home.run(&tools).await.stdout, flagged);
    // Into a pipe what the agents said goes as it is; a terminal gets what it can show.
    let said = ["send", "quote-7731", "/say Grüße · 日本", "--ascii"];
    assert!(home.run(&said).await.stdout.contains("Grüße · 日本"));
    let (_, shown) = home.shown((24, 100), &["LC_ALL=C"], &said).await;
    assert!(shown.contains("Gr??e - ????") && shown.is_ascii(), "{shown}");
    let json = ["event", "quote-7731", "x", "--json"];
    assert!(home.run(&json).await.stderr.is_ascii());
    let (_, shown) =
        home.shown((24, 100), &["LC_ALL=C"], &["events", "quote-7731", "--json"]).await;
    assert!(
        shown.contains("Gr\\u00fc\\u00dfe \\u00b7 \\u65e5\\u672c") && shown.is_ascii(),
        "{shown}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_screen_keeps_to_ascii_from_its_first_byte_to_its_last() {
    for (variables, arguments) in
        [(vec!["LC_ALL=C"], vec![]), (vec!["LC_ALL=C.UTF-8"], vec!["--ascii"])]
    {
        let words = [vec!["-u", "XDG_CONFIG_HOME"], variables, vec![env!("CARGO_BIN_EXE_foretop")]];
        let mut words = words.concat();
        words.push("--demo");
        words.extend(arguments);
        let words: Vec<String> = words.into_iter().map(str::to_owned).collect();
        let bytes = tokio::task::spawn_blocking(move || {
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            let mut pty = crate::pty::Pty::run("env", &words, 36, 120);
            pty.sees("NEEDS YOU");
            pty.type_keys("\r");
            pty.sees("YOUR TURN");
            pty.type_keys("q");
            pty.ends().1
        });
        let bytes = bytes.await.unwrap();
        assert!(bytes.is_ascii(), "{}", String::from_utf8_lossy(&bytes));
    }
}
