//! Files of a session taken along: over the real server, and from a service that lies about them.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::fault_proxy::{Fault, FaultProxy};
use crate::stage::Stage;
use crate::verbs::{Home, Ran, ran};

const TEXT: &str = "# Title\nquarterly figures\n";

/// What is changed about a file before it is told of.
type Lie = fn(&mut Value);

/// A session with one file, a proxy before the service, and commands that go through it.
struct Shelf {
    stage: Stage,
    proxy: FaultProxy,
    home: Home,
    /// The reply about the file.
    honest: Value,
}

impl Shelf {
    async fn with(name: &str, content: &str) -> Self {
        let stage = Stage::open().await;
        let agent = stage.agent().await;
        stage.session(&agent, "files").await;
        let home = Home::of(&stage);
        std::fs::write(home.path(name), content).unwrap();
        let up = home.run(&["upload", "files", name, "-m", "/say got it"]).await;
        assert_eq!(up.code, 0, "{}", up.stderr);
        std::fs::remove_file(home.path(name)).unwrap();
        let listed = home.json(&["artifact", "ls", "files"]).await;
        let id = listed["items"][0]["artifact_id"].as_str().unwrap();
        let path = format!("/v2/agents/rehearsal/sessions/files/artifacts/{id}");
        let honest = stage.ask("GET", &path, None).await;
        let proxy = FaultProxy::before(&stage.server.url()).await;
        let home = Home::at(&proxy.url, stage.server.token().reveal());
        Self { stage, proxy, home, honest }
    }

    /// From now on the file is described so, in the listing as well when that is asked for alone.
    fn lie(&self, change: impl Fn(&mut Value)) {
        let mut told = self.honest.clone();
        change(&mut told);
        let alone = told.to_string();
        told.as_object_mut().unwrap().remove("data");
        let list = json!({"artifacts": [told], "metadata": {}}).to_string();
        self.proxy.judge(move |line| {
            let of_files = line.starts_with("GET ") && line.contains("/artifacts");
            match of_files {
                true if line.contains("/artifacts/") => Fault::Reply(reply(&alone)),
                true => Fault::Reply(reply(&list)),
                false => Fault::Pass,
            }
        });
    }

    async fn get(&self, output: &str) -> Ran {
        let id = self.honest["artifact_id"].as_str().unwrap();
        self.home.run(&["artifact", "get", "files", id, "-o", output]).await
    }

    /// Names in the directory that files are saved to.
    fn saved(&self) -> Vec<String> {
        names(self.home.dir.path())
    }
}

fn names(directory: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(directory).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.retain(|name| name != "key");
    names.sort();
    names
}

fn reply(body: &str) -> String {
    let length = body.len();
    format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_what_was_promised_is_told_and_not_kept() {
    let shelf = Shelf::with("q3.md", TEXT).await;
    let lies: [(Lie, &str, &str); 6] = [
        (|told| told["checksum_sha256"] = "00ff".repeat(16).into(), "the checksum is WRONG", TEXT),
        (|told| told["size_bytes"] = 99.into(), "the size is WRONG: 26 bytes came, 99", TEXT),
        (|told| told["data"] = "IyBUaXRsZQ==!".into(), "no base64 from byte 7 on", "# Title"),
        (|told| told["data"] = "****".into(), "no base64 from byte 0 on", ""),
        (|told| told["data"] = "".into(), "the size is WRONG: 0 bytes came", ""),
        (|told| drop(told.as_object_mut().unwrap().remove("data")), "no data with this file", ""),
    ];
    for (lie, words, came) in lies {
        shelf.lie(lie);
        let kept = shelf.get("kept.md").await;
        assert_eq!(kept.code, 7, "{}", kept.stderr);
        assert!(kept.stderr.contains(words), "{}", kept.stderr);
        assert!(shelf.saved().is_empty(), "{:?}", shelf.saved());
        let printed = shelf.get("-").await;
        assert_eq!((printed.code, printed.stdout.as_str()), (7, came), "{}", printed.stderr);
        assert!(printed.stderr.contains("Do not trust"), "{}", printed.stderr);
    }
    shelf.lie(|_| {});
    assert_eq!(shelf.get("kept.md").await.code, 0);
    assert_eq!(std::fs::read_to_string(shelf.home.path("kept.md")).unwrap(), TEXT);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reply_that_ends_in_the_middle_leaves_nothing() {
    let shelf = Shelf::with("long.txt", &"long line of text\n".repeat(20_000)).await;
    shelf.proxy.judge(|line| {
        if line.contains("/artifacts/") { Fault::CutAfter(200_000) } else { Fault::Pass }
    });
    let cut = shelf.get("long.txt").await;
    assert_eq!(cut.code, 7, "{}", cut.stderr);
    assert!(
        cut.stderr.contains("was cut off: 14") && cut.stderr.contains("of 351K"),
        "{}",
        cut.stderr
    );
    assert!(shelf.saved().is_empty());
    // Whole by its length, and still only half of a reply.
    let whole = shelf.honest.to_string();
    let half = whole[..whole.len() / 2].to_owned();
    shelf.proxy.judge(move |line| {
        if line.contains("/artifacts/") { Fault::Reply(reply(&half)) } else { Fault::Pass }
    });
    let cut = shelf.get("-").await;
    assert!(cut.code == 7 && cut.stderr.contains("was cut off"), "{}", cut.stderr);
    assert!(!cut.stdout.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_from_the_service_leads_nowhere_else() {
    let shelf = Shelf::with("q3.md", TEXT).await;
    let long = "x".repeat(300) + ".md";
    for (name, kept) in [
        ("../../../etc/cron.d/evil", "evil"),
        ("/etc/passwd", "passwd"),
        ("..", "artifact"),
        (".ssh", "ssh"),
        ("--version", "version"),
        ("a\u{1b}[2J\nb.md", "a_[2J_b.md"),
        ("gpj.\u{202e}exe", "gpj._exe"),
        (long.as_str(), &("x".repeat(237) + ".md")),
    ] {
        shelf.lie(|told| told["filename"] = name.into());
        let id = shelf.honest["artifact_id"].as_str().unwrap();
        let got = shelf.home.run(&["artifact", "get", "files", id]).await;
        assert_eq!(got.code, 0, "{name:?}: {}", got.stderr);
        assert_eq!(shelf.saved(), [kept], "{name:?}");
        std::fs::remove_file(shelf.home.path(kept)).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_place_for_a_file_is_written_to() {
    let shelf = Shelf::with("q3.md", TEXT).await;
    let into = shelf.home.path("into");
    std::fs::create_dir(&into).unwrap();
    assert_eq!(shelf.get("into/").await.code, 0);
    assert_eq!(std::fs::read_to_string(into.join("q3.md")).unwrap(), TEXT);
    let again = shelf.get("into").await;
    assert!(again.code == 2 && again.stderr.contains("--force"), "{}", again.stderr);
    std::fs::write(into.join("q3.md"), "mine").unwrap();
    let forced =
        shelf.home.run(&["artifact", "get", "files", "q3.md", "-o", "into", "--force"]).await;
    assert_eq!(forced.code, 0, "{}", forced.stderr);
    assert_eq!(std::fs::read_to_string(into.join("q3.md")).unwrap(), TEXT);
    assert!(Command::new("mkfifo").arg(shelf.home.path("fifo")).status().unwrap().success());
    for (place, words) in
        [("fifo", "a pipe"), ("/dev/null", "a device"), ("no/where", "no directory")]
    {
        let refused = shelf.get(place).await;
        assert!(refused.code == 2 && refused.stderr.contains(words), "{place}: {}", refused.stderr);
    }
    assert_eq!(names(&into), ["q3.md"]);
    assert_eq!(shelf.saved(), ["fifo", "into"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn where_there_is_no_room_nothing_is_left() {
    let shelf = Shelf::with("long.txt", &"long line of text\n".repeat(20_000)).await;
    let limited = |rest: &str| {
        let binary = env!("CARGO_BIN_EXE_foretop");
        // As on a full disk, writing fails in the middle. In blocks of 512 or 1,024 bytes.
        let script = format!(
            "trap '' XFSZ; ulimit -f 100; exec {binary} artifact get files long.txt {rest}"
        );
        let mut command = shelf.home.command(&[]);
        let mut run = Command::new("sh");
        run.arg("-c").arg(script).current_dir(shelf.home.dir.path());
        for (name, value) in command.env("LC_ALL", "C").get_envs() {
            match value {
                Some(value) => run.env(name, value),
                None => run.env_remove(name),
            };
        }
        run
    };
    let failed = ran(limited("-o kept.txt"), "").await;
    assert_eq!(failed.code, 1, "{}", failed.stderr);
    assert!(failed.stderr.contains("larger than a file may be here"), "{}", failed.stderr);
    assert!(shelf.saved().is_empty(), "{:?}", shelf.saved());
    std::fs::write(shelf.home.path("kept.txt"), "mine").unwrap();
    let failed = ran(limited("-o kept.txt --force"), "").await;
    assert_eq!(failed.code, 1, "{}", failed.stderr);
    assert_eq!(std::fs::read_to_string(shelf.home.path("kept.txt")).unwrap(), "mine");
    assert_eq!(shelf.saved(), ["kept.txt"]);
    assert_eq!(ran(limited("-o - > /dev/full"), "").await.code, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn several_files_go_up_with_their_types() {
    let shelf = Shelf::with("q3.md", TEXT).await;
    let picture = b"\x89PNG\r\n\x1a\nrest".as_slice();
    for (name, content) in [("a.json", b"{}".as_slice()), ("b", picture), ("c.csv", b"1,2\n")] {
        std::fs::write(shelf.home.path(name), content).unwrap();
    }
    let put = ["artifact", "put", "files", "a.json", "b", "c.csv", "-m", "/say three"];
    let put = shelf.home.run(&put).await;
    assert_eq!((put.code, put.stdout.as_str()), (0, "three\n"), "{}", put.stderr);
    let listed = shelf.home.json(&["artifact", "ls", "files"]).await;
    let mut kinds: Vec<_> = listed["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| (item["filename"].as_str().unwrap(), item["mime_type"].as_str().unwrap()))
        .collect();
    kinds.sort_unstable();
    let expected = [
        ("a.json", "application/json"),
        ("b", "image/png"),
        ("c.csv", "text/csv"),
        ("q3.md", "text/markdown"),
    ];
    assert_eq!(kinds, expected);
    let missing = shelf.home.run(&["upload", "files", "a.json", "gone.txt"]).await;
    assert!(missing.code == 2 && missing.stderr.contains("gone.txt"), "{}", missing.stderr);
    let events = shelf.stage.events("/v2/agents/rehearsal/sessions/files", true).await;
    let uploads = events.iter().filter(|event| event["type"] == "artifact_upload").count();
    assert_eq!(uploads, 2, "nothing is sent where a file is missing");
}
