//! What a service may send before it is not believed any more: every kind of reply without an end,
//! with the words that it ends in, and with the memory that a command has for it.

use foretop::api::{Artifact, SessionRef};
use foretop::client::{
    AgentQuery, Client, ClientError, ClientOptions, Credentials, Fault, Flaw, TokenGrant,
};
use futures_util::StreamExt as _;

use crate::liar::{Liar, Lie, event, page, session};
use crate::stage::say;
use crate::verbs::{Home, ran};

const JSON: &str = "application/json";

/// So that a test is not about megabytes.
fn client(liar: &Liar) -> Client {
    let options = ClientOptions { reply_limit: Some(1 << 20), ..ClientOptions::default() };
    let key = Credentials::api_key("zut_test").unwrap();
    Client::with(&liar.url, key, options).unwrap()
}

fn at() -> SessionRef {
    SessionRef::new("a", "s")
}

#[tokio::test]
async fn a_reply_without_an_end_is_read_up_to_its_bound_and_says_so() {
    for (start, piece) in [
        (r#"{"agents":["#, r#"{"key":"a","name":"n"},"#),
        (r#"{"agents":[{"key":"a","name":""#, "x"),
        (r#"{"agents":[{"key":"a","name":"n","metadata":{"a":["#, "[],"),
        ("", " "),
    ] {
        let liar = Liar::start(move |_, _| Lie::body("200 OK", JSON, start, piece)).await;
        let error = client(&liar).list_agents(&AgentQuery::default()).await.unwrap_err();
        let said = "Cannot read the answer about the agents: it is larger than 1.0M, and was not \
                    read further. If this service may send so much, raise reply_limit in its profile.";
        assert_eq!(error.to_string(), said);
        assert!(liar.sent() < 64 << 20, "{}", liar.sent());
        assert_eq!(liar.asked(), 1, "it is not asked again");
        let error = client(&liar).send_input(&at(), &say("hi")).await.unwrap_err();
        assert!(error.may_have_happened(), "{error}");
        assert!(error.to_string().contains("look before you repeat it. If this"), "{error}");
    }
}

#[tokio::test]
async fn a_length_that_is_promised_is_not_waited_for() {
    let start = "HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n{\"agents\":[";
    let liar = Liar::start(move |_, _| Lie::Endless { start: start.to_owned(), piece: "x" }).await;
    let error = client(&liar).list_agents(&AgentQuery::default()).await.unwrap_err();
    let fault = Fault::TooLarge { limit: 1 << 20 };
    assert!(matches!(&error, ClientError::Decode { fault: f, .. } if *f == fault), "{error:?}");
}

#[tokio::test]
async fn values_count_and_not_their_bytes_alone() {
    let values = format!(
        r#"{{"agents":[{{"key":"a","name":"n","metadata":{{"a":[{}0]}}}}]}}"#,
        r#"{"":0},"#.repeat(100_000)
    );
    let liar = Liar::start(move |_, _| Lie::Json(values.clone())).await;
    let error = client(&liar).list_agents(&AgentQuery::default()).await.unwrap_err();
    assert!(error.to_string().contains("would take more than 2.0M of memory"), "{error}");
}

#[tokio::test]
async fn heads_and_errors_and_tokens_have_their_bounds() {
    for (start, piece) in [
        ("HTTP/1.1 200 OK\r\nx-long: ", "y"),
        ("HTTP/1.1 200 OK\r\n", "x-many: y\r\n"),
        ("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5;", "y"),
        ("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n", "x: y\r\n"),
    ] {
        let lie = move |_: &str, _| Lie::Endless { start: start.to_owned(), piece };
        let liar = Liar::start(lie).await;
        let error = client(&liar).list_agents(&AgentQuery::default()).await.unwrap_err();
        assert!(matches!(error, ClientError::ConnectionLost { .. }), "{start}: {error}");
        assert!(liar.sent() < 64 << 20, "{}", liar.sent());
    }

    let liar = Liar::start(|_, _| Lie::body("403 No", JSON, "{\"messages\":[\"", "no ")).await;
    let error = client(&liar).list_agents(&AgentQuery::default()).await.unwrap_err();
    assert_eq!(error.status(), Some(403));
    assert!(error.to_string().len() < 1_000, "{error}");
    assert!(liar.sent() < 64 << 20, "{}", liar.sent());

    for status in ["200 OK", "400 No"] {
        let lie = move |_: &str, _| Lie::body(status, JSON, "{\"access_token\":\"", "x");
        let liar = Liar::start(lie).await;
        let grant = TokenGrant {
            url: format!("{}/token", liar.url),
            client_id: "me".to_owned(),
            client_secret: "hunter2".to_owned().into(),
            body: None,
            allow_http: false,
        };
        let client = Client::new(&liar.url, Credentials::oauth(grant).unwrap()).unwrap();
        let error = client.list_agents(&AgentQuery::default()).await.unwrap_err();
        let words =
            if status == "400 No" { "No access token" } else { "larger than 1.0M, which no" };
        assert!(error.to_string().contains(words), "{error}");
        assert!(liar.sent() < 64 << 20, "{}", liar.sent());
    }
}

#[tokio::test]
async fn a_live_feed_has_its_bounds() {
    for (start, piece, words) in [
        (
            "data:{\"type\":\"agent_output\",\"content\":\"",
            "x",
            "one event of it is larger than 256K",
        ),
        ("event:", "x", "one event of it is larger than 256K"),
        ("", "data:x\n", "one event of it is larger than 256K"),
        ("", "", "one event of it is larger than 256K"),
        (
            "",
            "data:{\"type\":\"streaming_agent_output\",\"content\":\"word\"}\n\n",
            "it brought more than 5.0M",
        ),
        ("", "data:{\"type\":\"no\",\"content\":\"word\"}\n\n", "it brought more than 5.0M"),
    ] {
        let piece = if piece.is_empty() { "x" } else { piece };
        let lie = move |_: &str, _| Lie::body("201 Created", "text/event-stream", start, piece);
        let liar = Liar::start(lie).await;
        let stream = client(&liar).stream_input(&at(), &say("hi")).await.unwrap();
        let frames: Vec<_> = stream.collect().await;
        let (last, before) = frames.split_last().unwrap();
        assert!(before.iter().all(Result::is_ok));
        let error = last.as_ref().unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
        assert!(error.contains("raise reply_limit in its profile. The turn may"), "{error}");
        assert!(liar.sent() < 64 << 20, "{}", liar.sent());
    }
}

#[tokio::test]
async fn a_file_ends_a_little_behind_its_promised_size() {
    let listed = r#"{"artifact_id":"art_1","filename":"f","mime_type":"","size_bytes":6,
        "checksum_sha256":"","created_at":"1970-01-01T00:00:00Z",
        "updated_at":"1970-01-01T00:00:00Z"}"#;
    let listed: Artifact = serde_json::from_str(listed).unwrap();
    let liar = Liar::start(|_, _| Lie::body("200 OK", JSON, "{\"data\":\"", "QUJD")).await;
    let mut stream = client(&liar).open_artifact(&at(), &listed).await.unwrap();
    let mut size = 0;
    while stream.next(&mut |bytes| size += bytes.len()).await {}
    assert!((1 << 20..4 << 20).contains(&size), "{size}");
    let received = stream.finish().unwrap();
    assert_eq!(received.flaw, Some(Flaw::Flooded { promised: 6 }));
    assert!(liar.sent() < 64 << 20, "{}", liar.sent());
}

/// Runs a command that has 300 MB for its data, and dies where it wants more.
async fn with_300_mb(liar: &Liar, arguments: &[&str]) -> (i32, String) {
    let home = Home::at(&liar.url, "zut_test");
    let plain = home.command(arguments);
    let mut command = std::process::Command::new("sh");
    command.args(["-c", "ulimit -d 307200 && exec \"$0\" \"$@\""]).arg(plain.get_program());
    command.args(plain.get_args()).current_dir(home.dir.path());
    for (name, value) in plain.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    let ran = ran(command, "").await;
    (ran.code, ran.stderr)
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn no_command_takes_more_than_300_mb_of_a_service_that_lies() {
    let honest = |line: &str| match line {
        "GET /v2/agents" => Lie::Json(page("agents", &[r#"{"key":"a","name":"n"}"#.into()], "")),
        "GET /v2/agents/a/sessions" => Lie::Json(page("sessions", &[session("s")], "")),
        "GET /v2/agents/a/sessions/s" => Lie::Json(session("s")),
        _ => Lie::Json(page("events", &[event("0", "hi")], "")),
    };
    let liar = Liar::start(move |line, number| match line {
        // Ever new sessions under ever new keys.
        "GET /v2/agents/a/sessions" => {
            let description = "d".repeat(20_000);
            let item = |at: usize| {
                let session = session(&format!("s{number}-{at}"));
                session.replacen("\"n\"", &format!("\"n\",\"description\":\"{description}\""), 1)
            };
            let items: Vec<_> = (0..100).map(item).collect();
            Lie::Json(page("sessions", &items, &number.to_string()))
        }
        line => honest(line),
    })
    .await;
    let (code, said) = with_300_mb(&liar, &["ls"]).await;
    assert!(code == 7 && said.contains("would take more than 160M of memory"), "{code} {said}");

    let liar = Liar::start(move |line, number| match line {
        "GET /v2/agents/a/sessions/s/events" => {
            let text = "t".repeat(100_000);
            let items: Vec<_> =
                (0..100).map(|at| event(&format!("{number}-{at}"), &text)).collect();
            Lie::Json(page("events", &items, &number.to_string()))
        }
        line => honest(line),
    })
    .await;
    let (code, said) = with_300_mb(&liar, &["events", "a/s"]).await;
    assert!(code == 7 && said.contains("would take more than 160M of memory"), "{code} {said}");

    let liar = Liar::start(move |line, number| match line {
        "GET /v2/agents/a/sessions/s/events" => {
            Lie::Json(page("events", &[event("1", "x"), event("2", "y")], &number.to_string()))
        }
        line => honest(line),
    })
    .await;
    let (code, said) = with_300_mb(&liar, &["events", "a/s"]).await;
    assert!(code == 7 && said.contains("a page repeats what was listed before"), "{code} {said}");

    let liar = Liar::start(move |line, _| match line {
        "POST /v2/agents/a/sessions/s/events" => {
            Lie::body("201 Created", "text/event-stream", "data:", "x")
        }
        "GET /v2/agents/a/sessions/s/events" => {
            Lie::body("200 OK", JSON, "{\"events\":[{\"id\":\"", "x")
        }
        line => honest(line),
    })
    .await;
    for arguments in [&["events", "a/s"][..], &["tail", "a/s"], &["send", "a/s", "hi"]] {
        let (code, said) = with_300_mb(&liar, arguments).await;
        assert!(code == 7 && said.contains("larger than"), "{arguments:?} {code} {said}");
    }
}
