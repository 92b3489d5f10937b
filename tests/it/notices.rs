//! What is told of waiting calls, and where: one notification for one new call, and one count in
//! the list, the queue and the command.

use crate::pty::Pty;
use crate::stage::{Stage, say};
use crate::verbs::Home;

/// The screen in a pty, with nothing of the tester's own around it.
fn screen(stage: &Stage, home: &Home, size: (u16, u16), settings: &[&str]) -> Pty {
    let mut arguments: Vec<String> =
        ["-u", "TMUX", "-u", "STY", "-u", "XDG_STATE_HOME", "-u", "XDG_CONFIG_HOME"]
            .map(str::to_owned)
            .to_vec();
    arguments.push(format!("HOME={}", home.path("").display()));
    arguments.push(format!("FORETOP_URL={}", stage.server.url()));
    arguments.push(format!("VECTARA_API_KEY={}", stage.server.token().reveal()));
    arguments.extend(settings.iter().map(|setting| (*setting).to_owned()));
    arguments.push(env!("CARGO_BIN_EXE_foretop").to_owned());
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    Pty::run("env", &arguments, size.1, size.0)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_new_call_is_told_once_and_what_was_there_at_the_start_is_not() {
    let stage = Stage::open().await;
    let agent = stage.agent().await;
    let (old, new) = (stage.session(&agent, "old").await, stage.session(&agent, "new-one").await);
    let call = say("/slow 0\n/call write_file {\"path\": \"/srv/a\"}");
    stage.client.send_input(&old, &call).await.unwrap();
    stage.client.send_input(&new, &say("/slow 0\n/say hello")).await.unwrap();
    let home = Home::of(&stage);
    let mut foretop = screen(&stage, &home, (120, 36), &["FORETOP_NOTIFY=osc9"]);
    foretop.sees("1 need you (1 call)");
    // Its last word shows that the other session was looked at, too.
    foretop.sees("done");
    stage.client.send_input(&new, &call).await.unwrap();
    foretop.gets("\x1b]9;foretop: new-one waits: write_file\x07");
    foretop.sees("2 need you (2 calls)");
    // Asked again, the service tells the same.
    foretop.type_keys("R3");
    foretop.sees("2 calls wait for you");
    // The inspector ignores keys until it says which ones it takes.
    foretop.sees("edit answer");
    foretop.type_keys("Q");
    let (code, bytes) = foretop.ends();
    let told = String::from_utf8_lossy(&bytes).matches("\x1b]9;").count();
    assert_eq!((code, told), (0, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn list_queue_and_command_count_the_same_calls() {
    let stage = Stage::open().await;
    let agent = stage.agent().await;
    let both = "/slow 0\n/call write_file {\"path\": \"/a\"}\n/call notify {\"text\": \"b\"}";
    for (key, script) in [("one", both), ("two", "/slow 0\n/call notify {\"text\": \"c\"}")] {
        let session = stage.session(&agent, key).await;
        stage.client.send_input(&session, &say(script)).await.unwrap();
    }
    let home = Home::of(&stage);
    let pending = home.json(&["pending"]).await;
    let count = pending["items"].as_array().unwrap().len();
    let mut foretop = screen(&stage, &home, (120, 36), &["FORETOP_NOTIFY=off"]);
    foretop.sees(&format!("2 need you ({count} calls)"));
    foretop.type_keys("3");
    foretop.sees("edit answer");
    foretop.sees(&format!("{count} calls wait for you"));
    foretop.type_keys("-");
    foretop.sees(&format!("{count} calls wait for you · 1 set aside"));
    foretop.sees("set aside · 1");
    foretop.type_keys("Q");
    assert_eq!(foretop.ends().0, 0);
    // Kept, and told by the command in the same words.
    let pending = home.run(&["pending"]).await;
    assert!(pending.stderr.contains(&format!("{count} calls wait for you · 1 set aside")));
    let pending = home.json(&["pending"]).await;
    let aside = |at: usize| pending["items"][at]["set_aside"].as_bool().unwrap();
    assert_eq!([aside(0), aside(count - 2), aside(count - 1)], [false, false, true]);
}

#[test]
fn a_test_notification_goes_the_way_that_is_set() {
    let doctor = |way: &str| {
        let way = format!("FORETOP_NOTIFY={way}");
        let url = "FORETOP_URL=http://127.0.0.1:1";
        let arguments = [
            "-u",
            "TMUX",
            "-u",
            "STY",
            url,
            &way,
            env!("CARGO_BIN_EXE_foretop"),
            "doctor",
            "--notify",
        ];
        let foretop = Pty::run("env", &arguments, 24, 200);
        String::from_utf8_lossy(&foretop.ends().1).into_owned()
    };
    let said = doctor("osc777");
    assert!(said.contains("\x1b]777;notify;foretop;this is a test\x07"), "{said}");
    assert!(said.contains("a test was sent by OSC 777"), "{said}");
    let said = doctor("off");
    assert!(!said.contains('\x07') && said.contains("off, so nothing was sent"), "{said}");
}
