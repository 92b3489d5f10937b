//! Commands that the screen copies, run as they are: the real binary in a pty, opened at one event.

use base64::Engine as _;

use crate::pty::Pty;
use crate::stage::{Stage, say};
use crate::verbs::Home;

#[tokio::test(flavor = "multi_thread")]
async fn a_copied_command_opens_the_same_event_elsewhere() {
    let stage = Stage::open().await;
    let agent = stage.agent().await;
    let session = stage.session(&agent, "long").await;
    for number in 0..30 {
        stage.client.send_input(&session, &say(&format!("/say reply {number}"))).await.unwrap();
    }
    let home = Home::of(&stage);
    let events = home.json(&["events", "long"]).await;
    let id = events["items"][3]["id"].as_str().unwrap().to_owned();

    let directory = format!("HOME={}", home.dir.path().display());
    let key = home.path("key").display().to_string();
    let url = stage.server.url();
    let of_service = ["--url", &url, "--api-key-file", &key];
    let begin = ["-u", "DISPLAY", "-u", "VECTARA_API_KEY", "-u", "WAYLAND_DISPLAY", &directory];
    let screen = |arguments: &[&str]| {
        let program = [env!("CARGO_BIN_EXE_foretop")];
        let all: Vec<&str> = [&begin[..], &program, arguments].concat();
        Pty::run("/usr/bin/env", &all, 36, 120)
    };

    let opens = ["ui", "long", "--event", &id];
    let mut first = screen(&[&of_service[..], &opens].concat());
    first.sees("reply 1");
    first.type_keys("yi");
    first.gets(&base64::engine::general_purpose::STANDARD.encode(&id));
    first.type_keys("yl");
    let whole = format!("foretop {} ui rehearsal/long --event {id}", of_service.join(" "));
    first.gets(&base64::engine::general_purpose::STANDARD.encode(&whole));
    first.type_keys("Q");
    assert_eq!(first.ends().0, 0);

    let copied: Vec<String> = shlex::split(&whole).unwrap();
    let words: Vec<&str> = copied.iter().skip(1).map(String::as_str).collect();
    let mut second = screen(&words);
    second.sees("reply 1");
    second.type_keys("yi");
    second.gets(&base64::engine::general_purpose::STANDARD.encode(&id));
    second.type_keys("Q");
    assert_eq!(second.ends().0, 0);

    let unknown = screen(&[&of_service[..], &["ui", "long", "--event", "aev_nowhere"]].concat());
    unknown.sees("aev_nowhere");
    assert_eq!(unknown.ends().0, 3);
}
