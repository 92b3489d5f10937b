//! Bundles of a session on a real server: the same each time, without a secret, and shown again.

use std::io::Read as _;

use serde_json::json;

use crate::pty::Pty;
use crate::stage::{Stage, say};
use crate::verbs::Home;

#[tokio::test(flavor = "multi_thread")]
async fn a_bundle_is_the_same_twice_holds_no_secret_and_is_shown_again() {
    let stage = Stage::open().await;
    let agent = stage.agent().await;
    let session = stage.session(&agent, "packed").await;
    let key = "zut_0123456789abcdefghij";
    stage.client.send_input(&session, &say(&format!("/say the key is {key}"))).await.unwrap();
    let home = Home::of(&stage);
    let set = ["set", "packed", "--meta", "stripe_api_key=\"planted-in-metadata\""];
    assert_eq!(home.run(&set).await.code, 0);
    let (one, two) = (home.path("one.tar.gz"), home.path("two.tar.gz"));
    for file in [&one, &two] {
        let packed = home.json(&["bundle", "packed", "-o", file.to_str().unwrap()]).await;
        assert_eq!(packed["manifest"]["foretop_bundle"], 1, "{packed}");
        assert!(packed["manifest"]["redacted"].as_array().unwrap().len() >= 2, "{packed}");
    }
    let bytes = std::fs::read(&one).unwrap();
    assert_eq!(bytes, std::fs::read(&two).unwrap(), "the same session, the same bytes");
    let mut text = Vec::new();
    flate2::read::GzDecoder::new(bytes.as_slice()).read_to_end(&mut text).unwrap();
    let text = String::from_utf8_lossy(&text);
    for secret in [key, "planted-in-metadata"] {
        assert!(!text.contains(secret), "{secret}");
    }
    assert!(text.contains("the key is [redacted]"));

    let again = home.run(&["bundle", "packed", "-o", one.to_str().unwrap()]).await;
    assert_eq!(again.code, 2, "what is there stays: {}", again.stderr);
    let mut shown = Pty::start(&["open", one.to_str().unwrap()], 24, 80);
    shown.sees("the key is [redacted]");
    shown.sees("as it was packed");
    shown.type_keys("q");
    assert_eq!(shown.ends().0, 0);

    let mut broken = bytes.clone();
    let middle = broken.len() / 2;
    broken[middle] ^= 1;
    std::fs::write(&two, broken).unwrap();
    let refused = home.run(&["open", two.to_str().unwrap()]).await;
    assert_eq!(refused.code, 6, "{}", refused.stderr);
    assert!(refused.stderr.contains("cannot open"), "{}", refused.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_sessions_are_compared_by_what_happened() {
    let stage = Stage::open().await;
    let agent = stage.agent().await;
    let home = Home::of(&stage);
    for (key, last) in [("left", "bye"), ("right", "so long")] {
        let session = stage.session(&agent, key).await;
        for words in ["/say hello", &format!("/say {last}")] {
            stage.client.send_input(&session, &say(words)).await.unwrap();
        }
    }
    let diff = home.json(&["diff", "left", "right"]).await;
    assert_eq!(diff["equal"], json!(false));
    assert_eq!(diff["first"]["what"], "you", "{diff}");
    assert_eq!(diff["first"]["paths"][0]["path"], "text");
    assert_eq!(diff["left_totals"]["turns"], 2);
    assert!(diff["same"].as_u64().unwrap() >= 2, "{diff}");
    let same = home.run(&["diff", "left", "left", "--exit-code", "--visible"]).await;
    assert_eq!((same.code, same.stderr.trim()), (0, "no difference"));
    let text = home.run(&["diff", "left", "right"]).await.stdout;
    assert!(text.contains("+ you") && text.contains("so long"), "{text}");
}
