//! The log of the program: what is in it, what never is, and that nothing depends on it.

use crate::network::answers;
use crate::stage::Stage;
use crate::verbs::{Home, ran};

fn log_of(home: &Home) -> String {
    std::fs::read_to_string(home.path(".local/state/foretop/foretop.log")).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_goes_wrong_is_logged_without_the_key_and_requests_where_asked() {
    let stage = Stage::open().await;
    stage.agent().await;
    let home = Home::of(&stage);
    assert_eq!(home.run(&["ls"]).await.code, 0);
    assert!(!home.path(".local/state/foretop").exists(), "nothing went wrong");
    // A key without any shape, which whoever answers repeats.
    let told =
        "HTTP/1.1 401 X\r\ncontent-length: 37\r\n\r\n{\"messages\":[\"no hunter2-hunter2 !\"]}";
    let wrong = Home::at(&answers(told).await, "hunter2-hunter2");
    let failed = wrong.run(&["ls"]).await;
    assert_eq!(failed.code, 4, "{}", failed.stderr);
    assert_eq!(failed.stderr.lines().count(), 1, "the log is not stderr: {}", failed.stderr);
    let log = log_of(&wrong);
    assert!(log.contains(" WARN ") && log.contains("GET /v2/agents"), "{log}");
    assert!(log.contains("no [redacted] !") && !log.contains("hunter2"), "{log}");
    let mut command = home.command(&["ls"]);
    command.env("FORETOP_LOG", "debug");
    assert_eq!(ran(command, "").await.code, 0);
    assert!(log_of(&home).contains("GET /v2/agents -> 200 in"), "{}", log_of(&home));
    assert!(!log_of(&home).contains(stage.server.token().reveal()));
}

#[tokio::test(flavor = "multi_thread")]
async fn doctor_names_the_log_and_says_why_there_is_none() {
    let stage = Stage::open().await;
    stage.agent().await;
    let home = Home::of(&stage);
    let said = home.run(&["doctor"]).await.stdout;
    assert!(said.contains("ok    log") && said.contains("foretop/foretop.log, empty"), "{said}");
    assert!(said.contains("ok    state"), "{said}");
    let mut command = home.command(&["doctor"]);
    command.env("FORETOP_LOG", "foretop=[");
    let said = ran(command, "").await.stdout;
    assert!(said.contains("FORETOP_LOG is not understood"), "{said}");
    let (nowhere, wrong) = (home.path("key"), Home::at(&stage.server.url(), "hunter2-hunter2"));
    let mut command = home.command(&["doctor"]);
    command.env("XDG_STATE_HOME", &nowhere);
    let told = ran(command, "").await;
    assert_eq!(told.code, 0, "{}", told.stdout);
    assert!(told.stdout.contains("note  log         nothing is logged"), "{}", told.stdout);
    assert!(told.stdout.contains("note  state") && told.stdout.contains("XDG_STATE_HOME"));
    let mut command = wrong.command(&["ls"]);
    command.env("XDG_STATE_HOME", &nowhere);
    let failed = ran(command, "").await;
    assert_eq!((failed.code, failed.stderr.lines().count()), (4, 1), "{}", failed.stderr);
}
