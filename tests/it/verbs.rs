//! Commands as scripts use them: the real binary on a real server, JSON and exit codes.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use foretop::client::Credentials;
use serde_json::{Value, json};

use crate::pty::Pty;
use crate::stage::{Stage, say};

/// Where a run of the binary keeps its files, and what it is connected to.
pub struct Home {
    pub dir: tempfile::TempDir,
    url: String,
    key: PathBuf,
}

pub struct Ran {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Ran {
    pub fn json(&self) -> Value {
        assert_eq!(self.code, 0, "{}", self.stderr);
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("{error}: {}", self.stdout))
    }
}

impl Home {
    pub fn of(stage: &Stage) -> Self {
        Self::at(&stage.server.url(), stage.server.token().reveal())
    }

    pub fn at(url: &str, key: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("key");
        private(&file, key);
        Self { dir, url: url.to_owned(), key: file }
    }

    /// A command that sees nothing of the tester's own configuration.
    pub fn bare(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_foretop"));
        for name in [
            "FORETOP_URL",
            "FORETOP_PROFILE",
            "FORETOP_AGENT",
            "FORETOP_CONFIG",
            "FORETOP_LOG",
            "FORETOP_PLAIN",
            "VECTARA_API_KEY",
            "HTTPS_PROXY",
            "https_proxy",
            "SSL_CERT_FILE",
            "XDG_CONFIG_HOME",
            "XDG_STATE_HOME",
            "VISUAL",
            "EDITOR",
            "NO_COLOR",
            "CLICOLOR",
            "CLICOLOR_FORCE",
        ] {
            command.env_remove(name);
        }
        command.env("HOME", self.dir.path()).env("LC_ALL", "C.UTF-8");
        command.current_dir(self.dir.path()).args(arguments);
        command
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.bare(arguments);
        command.env("FORETOP_URL", &self.url).env("VECTARA_API_KEY", self.key());
        command
    }

    /// The same on a terminal, with variables like `NAME=VALUE`: the exit code, and what it wrote.
    pub async fn shown(
        &self,
        size: (u16, u16),
        variables: &[&str],
        arguments: &[&str],
    ) -> (u32, String) {
        let url = format!("FORETOP_URL={}", self.url);
        let (home, key) = (self.dir.path().display(), self.key());
        let (home, key) = (format!("HOME={home}"), format!("VECTARA_API_KEY={key}"));
        let unset = ["XDG_CONFIG_HOME", "XDG_STATE_HOME", "NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE"];
        let mut words: Vec<&str> = unset.iter().flat_map(|name| ["-u", name]).collect();
        words.extend([&*url, &*home, &*key, "TZ=UTC"]);
        words.extend(variables);
        words.push(env!("CARGO_BIN_EXE_foretop"));
        words.extend(arguments);
        let words: Vec<String> = words.into_iter().map(str::to_owned).collect();
        let ran = tokio::task::spawn_blocking(move || {
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            Pty::run("env", &words, size.0, size.1).ends()
        });
        let (code, bytes) = ran.await.unwrap();
        (code, String::from_utf8(bytes).unwrap().replace("\r\n", "\n"))
    }

    fn key(&self) -> String {
        std::fs::read_to_string(&self.key).unwrap()
    }

    pub fn config(&self, text: &str) {
        let dir = self.dir.path().join(".config/foretop");
        std::fs::create_dir_all(&dir).unwrap();
        std::fs::write(dir.join("config.toml"), text).unwrap();
    }

    pub async fn run(&self, arguments: &[&str]) -> Ran {
        ran(self.command(arguments), "").await
    }

    pub async fn run_with(&self, arguments: &[&str], stdin: &str) -> Ran {
        ran(self.command(arguments), stdin).await
    }

    pub async fn json(&self, arguments: &[&str]) -> Value {
        self.run(&[arguments, &["--json"]].concat()).await.json()
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }
}

pub async fn ran(mut command: Command, stdin: &str) -> Ran {
    use std::io::Write as _;

    let stdin = stdin.to_owned();
    let output: Output = tokio::task::spawn_blocking(move || {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        // A command that reads nothing may be gone already.
        let _ = child.stdin.take().unwrap().write_all(stdin.as_bytes());
        child.wait_with_output().unwrap()
    })
    .await
    .unwrap();
    Ran {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// A file that only its owner can read, as keys are wanted.
pub fn private(path: &Path, text: &str) {
    use std::os::unix::fs::PermissionsExt as _;

    std::fs::write(path, text).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
}

fn write(path: &Path, text: &str) -> String {
    std::fs::write(path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_whole_session_life_by_verbs_alone() {
    let stage = Stage::open().await;
    stage.agent().await;
    let home = Home::of(&stage);

    let made = home.run(&["new", "--key", "life-1", "--name", "Life", "--meta", "tier=2"]).await;
    assert_eq!((made.code, made.stdout.trim()), (0, "rehearsal/life-1"));
    let said = home.run(&["send", "life", "/say hello there"]).await;
    assert_eq!((said.code, said.stdout.as_str()), (0, "hello there\n"), "{}", said.stderr);

    // A client tool parks it, and everybody says so alike.
    let call = r#"/call write_file {"path": "/srv/a"}"#;
    let parked = home.json(&["send", "life-1", call]).await;
    assert_eq!(parked["state"], "parked");
    assert_eq!(parked["waiting"], json!(["write_file"]));
    let listed = home.json(&["ls"]).await;
    assert_eq!(listed["schema_version"], 1);
    assert_eq!(listed["items"][0]["state"], "parked");
    assert_eq!(listed["items"][0]["metadata"], json!({"tier": 2}));
    let pending = home.run(&["pending", "--exit-code", "--json"]).await;
    assert_eq!(pending.code, 10);
    let pending: Value = serde_json::from_str(&pending.stdout).unwrap();
    assert_eq!(pending["items"].as_array().unwrap().len(), 1);
    assert_eq!(pending["items"][0]["arguments"], json!({"path": "/srv/a"}));
    let id = pending["items"][0]["event_id"].as_str().unwrap().to_owned();

    // What is wrong is told before anything leaves.
    let bad = write(&home.path("bad.json"), "[1]");
    let refused = home.run(&["answer", &id[..12], "-f", &bad]).await;
    assert_eq!(refused.code, 6, "{}", refused.stderr);
    assert!(refused.stderr.contains("Nothing was sent"), "{}", refused.stderr);
    let answered = home.run_with(&["answer", &id[..12], "-f", "-"], r#"{"ok": true}"#).await;
    assert_eq!(answered.code, 0, "{}", answered.stderr);
    assert_eq!(home.run(&["pending", "--exit-code"]).await.code, 0);

    let events = home.json(&["events", "life-1", "--hidden"]).await;
    let events = events["items"].as_array().unwrap();
    let output = events.iter().find(|item| item["type"] == "tool_output").unwrap();
    assert_eq!(output["tool_output"], json!({"ok": true}));
    for (query, count) in [("type:tool_output is:error", 0), ("type:tool_* !is:error dur:<1h", 2)] {
        let found = home.json(&["events", "life-1", "--hidden", "--filter", query]).await;
        assert_eq!(found["items"].as_array().unwrap().len(), count, "{query}");
    }
    let wrong = home.run(&["events", "life-1", "--filter", "tol:x"]).await;
    assert_eq!(wrong.code, 2);
    assert!(wrong.stderr.contains("did you mean \"tool\"?"), "{}", wrong.stderr);
    let hide = events[0]["id"].as_str().unwrap();
    assert_eq!(home.run(&["hide", "life-1", hide]).await.code, 0);
    let events = home.json(&["events", "life-1", "--hidden"]).await;
    assert_eq!(events["items"][0]["hidden"], true);
    assert_eq!(home.run(&["unhide", "life-1", hide]).await.code, 0);

    let fork = home.json(&["fork", "life-1", "--key", "life-2", "--up-to", hide]).await;
    assert_eq!(fork["session"]["key"], "life-2");
    assert_eq!(fork["session"]["metadata"]["branched_from"]["session"], "life-1");
    assert_eq!(home.run(&["diff", "life-1", "life-2", "--exit-code"]).await.code, 10);
    assert_eq!(home.run(&["diff", "life-1", "life-1", "--exit-code"]).await.code, 0);

    let set =
        home.json(&["set", "life-2", "--meta", "a.b=[1]", "--unset", "tier", "--disable"]).await;
    assert_eq!(set["session"]["enabled"], false);
    assert_eq!(set["session"]["metadata"]["a.b"], json!([1]));
    assert_eq!(set["session"]["metadata"]["tier"], json!(null));

    // Deleting asks, and without a terminal refuses.
    assert_eq!(home.run(&["rm", "life-2"]).await.code, 2);
    assert_eq!(home.run(&["rm", "life-2", "--yes"]).await.code, 0);
    let gone = home.run(&["show", "life-2"]).await;
    assert_eq!(gone.code, 3);
    assert!(gone.stderr.contains("did you mean \"life-1\"?"), "{}", gone.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_answers_a_call_and_a_failing_one_does_not() {
    let stage = Stage::open().await;
    let agent = stage.agent().await;
    let session = stage.session(&agent, "tools").await;
    let home = Home::of(&stage);
    let both = "/call write_file {\"path\": \"a b\"}\n/call notify {\"text\": \"x\"}";
    stage.client.send_input(&session, &say(both)).await.unwrap();
    let pending = home.json(&["pending"]).await;
    let items = pending["items"].as_array().unwrap();
    let of = |tool: &str| {
        let item = items.iter().find(|item| item["tool_configuration_name"] == tool).unwrap();
        item["event_id"].as_str().unwrap().to_owned()
    };
    let (write_file, notify) = (of("write_file"), of("notify"));

    let alone = home.run(&["run", &write_file, "--", "cat"]).await;
    assert_eq!(alone.code, 2, "the other call would be left out");
    assert!(alone.stderr.contains(&notify), "{}", alone.stderr);
    let failing = home.run(&["run", &write_file, "--partial", "--", "false"]).await;
    assert_eq!(failing.code, 1);
    assert!(failing.stderr.contains("Nothing was sent"), "{}", failing.stderr);
    let draft = home.run(&["run", &write_file, "--no-send", "--json", "--", "cat"]).await.json();
    assert_eq!(draft["answer"]["output"], json!({"path": "a b"}));
    let script = "printf '%s' \"$FORETOP_TOOL\"";
    let words = home.run(&["run", &notify, "--no-send", "--json", "--", "sh", "-c", script]).await;
    assert_eq!(words.json()["answer"]["output"], json!({"output": "notify"}));
    let slow = ["run", &notify, "--timeout", "50ms", "--no-send", "--", "sleep", "20"];
    assert_eq!(home.run(&slow).await.code, 124);
    assert_eq!(home.json(&["pending"]).await["items"].as_array().unwrap().len(), 2);

    let (one, two) =
        (write(&home.path("1.json"), r#"{"n": 1}"#), write(&home.path("2.json"), r#"{"n": 2}"#));
    let dry = ["answer", &write_file, &notify, "-f", &one, "-f", &two, "-n", "--json"];
    let request = home.run(&dry).await.json();
    assert_eq!((&request["dry_run"], &request["method"]), (&json!(true), &json!("POST")));
    assert_eq!(request["body"]["tool_outputs"][1]["output"], json!({"n": 2}));
    assert_eq!(home.run(&dry[..7]).await.code, 0);
    assert_eq!(home.json(&["pending"]).await["items"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn secrets_are_masked_unless_asked_for() {
    let stage = Stage::open().await;
    let agent: foretop::api::NewAgent = serde_json::from_value(json!({
        "key": "vault", "name": "Vault",
        "tool_configurations": {"pay": {"type": "client", "tool_id": "tol_9",
            "argument_override": {"key": {"$ref": "session.secrets.k"}, "currency": "EUR"}}}
    }))
    .unwrap();
    stage.client.create_agent(&agent).await.unwrap();
    let home = Home::of(&stage);
    let secret = write(&home.path("secret"), "hunter2-secret-value\n");
    let flag = format!("k={secret}");
    let preview = home.run(&["new", "--key", "v", "--secret-file", &flag, "-n"]).await;
    assert!(
        preview.stdout.contains("****") && !preview.stdout.contains("hunter2"),
        "{}",
        preview.stdout
    );
    assert_eq!(home.run(&["new", "--key", "v", "--secret-file", &flag]).await.code, 0);
    home.run(&["send", "v", "/call pay {\"amount\": 1}"]).await;
    let pending = home.run(&["pending", "--json"]).await;
    let shown = &pending.json()["items"][0];
    assert_eq!(shown["arguments"], json!({"amount": 1, "key": "****", "currency": "EUR"}));
    assert_eq!(shown["masked"], json!(["key"]));
    assert_eq!(home.run(&["pending", "--json", "--reveal-secrets"]).await.code, 2);
    let revealed = home.run(&["pending", "--json", "--reveal-secrets", "--yes"]).await.json();
    assert_eq!(revealed["items"][0]["arguments"]["key"], "hunter2-secret-value");
}

#[tokio::test(flavor = "multi_thread")]
async fn read_only_lets_nothing_but_reads_out() {
    let stage = Stage::open().await;
    let agent = stage.agent().await;
    let session = stage.session(&agent, "still").await;
    stage.client.send_input(&session, &say("/call write_file {}")).await.unwrap();
    let home = Home::of(&stage);
    let call = home.json(&["pending"]).await["items"][0]["event_id"].as_str().unwrap().to_owned();
    let file = write(&home.path("a.json"), "{}");
    let before = stage.events("/v2/agents/rehearsal/sessions/still", true).await;
    let event = before[0]["id"].as_str().unwrap();
    let writes: &[&[&str]] = &[
        &["new", "--key", "more"],
        &["set", "still", "--name", "x"],
        &["rm", "still", "--yes"],
        &["fork", "still"],
        &["hide", "still", event],
        &["unhide", "still", event],
        &["send", "still", "x"],
        &["steer", "still", "x"],
        &["interrupt", "still"],
        &["compact", "still"],
        &["upload", "still", &file],
        &["artifact", "put", "still", &file],
        &["answer", &call, "-f", &file],
        &["run", &call, "--", "echo", "{}"],
    ];
    for arguments in writes {
        // First, because behind `--` a flag belongs to the command that is run.
        let ran = home.run(&[&["--read-only"], *arguments].concat()).await;
        assert_eq!(ran.code, 4, "{arguments:?}: {}", ran.stderr);
        assert!(ran.stderr.contains("read-only"), "{}", ran.stderr);
    }
    assert_eq!(stage.events("/v2/agents/rehearsal/sessions/still", true).await, before);
    assert_eq!(home.json(&["ls"]).await["items"].as_array().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn waiting_ends_with_the_state_or_with_124() {
    let stage = Stage::open().await;
    let agent = stage.agent().await;
    let session = stage.session(&agent, "slow").await;
    let home = Home::of(&stage);
    stage.client.send_input(&session, &say("/call write_file {}")).await.unwrap();
    let waited = home.json(&["wait", "slow", "--until", "parked"]).await;
    assert_eq!(waited["item"]["state"], "parked");
    let late = home.run(&["wait", "slow", "--until", "idle", "--timeout", "100ms"]).await;
    assert_eq!(late.code, 124, "{}", late.stderr);

    let hook = home.path("told");
    let hook = hook.to_str().unwrap();
    let exec = format!("sh -c 'printf %s \"$0\" > {hook}' {{}}:{{state}}");
    let watched = home.run(&["watch", "--once", "--jsonl", "--exec", &exec]).await;
    assert_eq!(watched.code, 0, "{}", watched.stderr);
    let line: Value = serde_json::from_str(&watched.stdout).unwrap();
    assert_eq!(line["item"]["key"], "slow");
    assert_eq!(std::fs::read_to_string(hook).unwrap(), "rehearsal/slow:parked");
}

#[tokio::test(flavor = "multi_thread")]
async fn files_go_up_and_come_down_as_they_are() {
    let stage = Stage::open().await;
    let agent = stage.agent().await;
    stage.session(&agent, "files").await;
    let home = Home::of(&stage);
    let text = "# Title\n\u{fffd} bytes \0 and all\n";
    let file = write(&home.path("notes.md"), text);
    assert_eq!(home.run(&["upload", "files", &file, "-m", "/say got it"]).await.code, 0);
    let listed = home.json(&["artifact", "ls", "files"]).await;
    assert_eq!(listed["items"][0]["filename"], "notes.md");
    assert_eq!(listed["items"][0]["mime_type"], "text/markdown");
    let down = home.run(&["artifact", "get", "files", "notes.md", "-o", "-"]).await;
    assert_eq!(down.stdout, text);
    let kept = home.run(&["artifact", "get", "files", "notes.md"]).await;
    assert_eq!(kept.code, 2, "a file that is there is not replaced");
    let other = home.path("other.md");
    let other = other.to_str().unwrap();
    assert_eq!(home.run(&["artifact", "get", "files", "notes", "-o", other]).await.code, 3);
    assert_eq!(home.run(&["artifact", "get", "files", "notes.md", "-o", other]).await.code, 0);
    assert_eq!(std::fs::read_to_string(other).unwrap(), text);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_is_written_holds_the_key() {
    let stage = Stage::open().await;
    let agent = stage.agent().await;
    stage.session(&agent, "s").await;
    let home = Home::of(&stage);
    let key = stage.server.token().reveal().to_owned();
    home.config(&format!("[profiles.here]\nurl = \"{}\"\n", stage.server.url()));
    let login = ran(home.bare(&["auth", "login", "--store", "file"]), &format!("{key}\n")).await;
    assert_eq!(login.code, 0, "{}", login.stderr);
    std::fs::remove_file(home.path("key")).unwrap();
    let mut told = String::new();
    for arguments in [
        &["ls", "-v"][..],
        &["doctor"],
        &["auth", "status"],
        &["config", "check"],
        &["show", "nobody", "-v"],
        &["send", "s", "/say hi", "-v"],
    ] {
        let ran = ran(home.bare(arguments), "").await;
        assert_ne!(ran.code, 2, "{arguments:?}: {}", ran.stderr);
        told += &ran.stdout;
        told += &ran.stderr;
    }
    assert!(told.contains("GET"), "-v tells about requests: {told}");
    assert!(!told.contains(&key));
    // The one file that is for keys, and nobody else's to read.
    let mut holders = Vec::new();
    let mut waiting = vec![home.dir.path().to_owned()];
    while let Some(dir) = waiting.pop() {
        for entry in std::fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                waiting.push(path);
            } else if std::fs::read(&path).unwrap().windows(key.len()).any(|w| w == key.as_bytes())
            {
                holders.push(path);
            }
        }
    }
    assert_eq!(holders, [home.path(".config/foretop/credentials")]);
    let mode = std::os::unix::fs::MetadataExt::mode(&std::fs::metadata(&holders[0]).unwrap());
    assert_eq!(mode & 0o777, 0o600);
    assert_eq!(ran(home.bare(&["auth", "logout"]), "").await.code, 0);
    assert_eq!(ran(home.bare(&["ls"]), "").await.code, 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_keyring_holds_the_key_and_stdin_carries_it() {
    let stage = Stage::open().await;
    stage.agent().await;
    let home = Home::of(&stage);
    let key = stage.server.token().reveal().to_owned();
    home.config(&format!("[profiles.here]\nurl = \"{}\"\n", stage.server.url()));
    // A keyring of one file, with the command line of the real one.
    let tools = home.path("bin");
    std::fs::create_dir(&tools).unwrap();
    let store = home.path("ring");
    let store = store.to_str().unwrap();
    let script = format!(
        "#!/bin/sh\necho \"$@\" >> {store}.log\ncase $1 in store) cat > {store};; \
         lookup) cat {store};; clear) rm {store};; esac\n"
    );
    let tool = tools.join("secret-tool");
    std::fs::write(&tool, script).unwrap();
    std::fs::set_permissions(&tool, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let path = format!("{}:{}", tools.display(), std::env::var("PATH").unwrap());
    let with_ring = |arguments: &[&str]| {
        let mut command = home.bare(arguments);
        command.env("PATH", &path);
        command
    };
    let login = ran(with_ring(&["auth", "login", "--json"]), &key).await;
    assert_eq!(login.json()["stored_in"], "the keyring");
    assert_eq!(ran(with_ring(&["ls"]), "").await.code, 0);
    let credentials = std::fs::read_to_string(home.path(".config/foretop/credentials")).unwrap();
    let log = std::fs::read_to_string(format!("{store}.log")).unwrap();
    assert!(!credentials.contains(&key) && !log.contains(&key), "{log}");
    assert_eq!(ran(with_ring(&["auth", "logout"]), "").await.code, 0);
    assert!(!Path::new(store).exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn client_credentials_work_by_profile() {
    let stage = Stage::open().await;
    stage.agent().await;
    let home = Home::of(&stage);
    private(&home.path("client-secret"), stage.server.token().reveal());
    let url = stage.server.url();
    for (path, body) in [("/oauth2/token", "form"), ("/oauth/token", "json")] {
        home.config(&format!(
            "[profiles.here]\nurl = \"{url}\"\nauth = \"oauth\"\nclient_id = \"owner\"\n\
             client_secret_file = \"~/client-secret\"\ntoken_url = \"{url}{path}\"\n\
             token_body = \"{body}\"\n"
        ));
        let listed = ran(home.bare(&["ls", "--json"]), "").await;
        assert_eq!(listed.code, 0, "{}", listed.stderr);
    }
    write(&home.path("client-secret"), "wrong-secret-hunter2");
    let refused = ran(home.bare(&["ls", "--json"]), "").await;
    assert_eq!(refused.code, 4, "{}", refused.stderr);
    let error: Value = serde_json::from_str(&refused.stderr).unwrap();
    assert_eq!(error["error"]["exit_code"], 4);
    assert!(!refused.stderr.contains("hunter2"));
}

#[tokio::test]
async fn errors_are_objects_where_json_was_asked_for() {
    let home = Home::at("http://127.0.0.1:9", "zut_test_key");
    let ran = home.run(&["ls", "--json"]).await;
    assert_eq!((ran.code, ran.stdout.as_str()), (7, ""));
    let error: Value = serde_json::from_str(&ran.stderr).unwrap();
    let message = error["error"]["message"].as_str().unwrap();
    assert!(message.starts_with("Cannot reach http://127.0.0.1:9"), "{message}");
    assert!(Credentials::api_key("zut_test_key").is_ok());
    for (arguments, hint) in [
        (&["lss"][..], "ls"),
        (&["ls", "--stat", "parked"], "--state"),
        (&["wait", "s", "--timeout", "10"], "10m"),
        (&["new", "--meta", "x"], "KEY=VALUE"),
        (&["ls", "--profile", "x"], "no profile"),
    ] {
        let mut command = home.bare(arguments);
        command.env("VECTARA_API_KEY", "zut_x");
        let ran = super::verbs::ran(command, "").await;
        assert_eq!(ran.code, 2, "{arguments:?}: {}", ran.stderr);
        assert!(ran.stderr.contains(hint) && ran.stderr.lines().count() == 1, "{}", ran.stderr);
    }
}

#[tokio::test]
async fn mistakes_in_the_configuration_come_with_file_and_line() {
    let home = Home::at("http://127.0.0.1:9", "zut_test_key");
    home.config("[profiles.a]\nurl = \"https://x\"\nreadonly = true\n");
    let ran = ran(home.bare(&["ls"]), "").await;
    assert_eq!(ran.code, 2);
    assert!(
        ran.stderr.contains("config.toml:3: there is no setting \"readonly\", did you mean"),
        "{}",
        ran.stderr
    );
}

#[tokio::test]
async fn every_command_explains_itself_and_scripts_for_shells_are_whole() {
    let home = Home::at("http://127.0.0.1:9", "zut_test_key");
    let help = home.run(&["--help"]).await.stdout;
    let commands = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let names = commands.take_while(|line| !line.is_empty()).filter_map(|line| {
        line.split_whitespace()
            .next()
            .filter(|_| line.starts_with("  ") && !line.starts_with("   "))
    });
    let names: Vec<&str> = names.collect();
    assert!(names.len() >= 30, "{names:?}");
    for name in names {
        let ran = home.run(&[name, "--help"]).await;
        assert!(ran.code == 0 && ran.stdout.contains("Usage: foretop"), "{name}");
    }
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = home.run(&["completion", shell]).await.stdout;
        assert!(script.contains("FORETOP_COMPLETE"), "{shell}: {script}");
    }
    let dir = home.path("man");
    assert_eq!(home.run(&["man", "--out", dir.to_str().unwrap()]).await.code, 0);
    assert!(std::fs::read_to_string(dir.join("foretop-answer.1")).unwrap().contains(".TH"));
    assert!(home.run(&["reset"]).await.stdout.contains("\u{1b}[?1049l"));
}

/// The commands that a text shows, with the names of this stage in place of the invented ones.
fn examples(text: &str, call: &str) -> Vec<Vec<String>> {
    let lines = text.lines().map(str::trim).filter(|line| line.starts_with("foretop "));
    lines
        .map(|line| line.split(" #").next().unwrap_or(line).trim())
        .filter(|line| {
            // These draw on a terminal, which other tests have.
            let draws = line.contains("--demo") || line.contains(" open ");
            !draws && !line.contains("serve") && !line.contains("--url")
        })
        .map(|line| shlex::split(&line.replace("aev_d081", call)).unwrap()[1..].to_vec())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_example_of_help_runs() {
    let stage = Stage::open().await;
    let agent = stage.agent().await;
    let session = stage.session(&agent, "refund-4411").await;
    for key in ["quote-7730", "quote-7731"] {
        stage.session(&agent, key).await;
    }
    let tool = json!({"type": "client", "name": "orders_refund"});
    stage.ask("POST", "/v2/tools", Some(tool)).await;
    let support = json!({"key": "support", "name": "Support", "model": {"name": "m"},
        "tool_configurations": {}});
    stage.ask("POST", "/v2/agents", Some(support)).await;
    let home = Home::of(&stage);
    write(&home.path("answer.json"), "{\"ok\": true}");
    let script = home.path("write-file.sh");
    std::fs::write(&script, "#!/bin/sh\ncat\n").unwrap();
    std::fs::set_permissions(&script, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let help = home.run(&["--help"]).await.stdout;
    let mut seen = 0;
    for mut words in examples(&help, "CALL") {
        // Each finds a call that waits, whatever the one before did.
        if home.json(&["pending"]).await["items"] == json!([]) {
            stage.client.send_input(&session, &say("/call write_file {}")).await.unwrap();
        }
        let call = home.json(&["pending"]).await["items"][0]["event_id"].clone();
        words.iter_mut().filter(|word| *word == "CALL").for_each(|word| {
            call.as_str().unwrap().clone_into(word);
        });
        match words[0].as_str() {
            // These go on for ever, which is what they are for.
            "watch" => words.push("--once".into()),
            "tail" => words.push("--until-idle".into()),
            _ => {}
        }
        if words[0] == "send" {
            let file = write(&home.path("x.json"), "{}");
            home.run(&["answer", call.as_str().unwrap(), "-f", &file]).await;
        }
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let ran = home.run(&words).await;
        assert_eq!(ran.code, 0, "{words:?}: {}", ran.stderr);
        seen += 1;
    }
    assert!(seen >= 10, "{seen}");
}

/// The screen asks the same function (`tests/it/flows.rs` reads its header).
#[tokio::test(flavor = "multi_thread")]
async fn listing_and_queue_agree_on_who_needs_somebody() {
    let stage = Stage::with(tempfile::tempdir().unwrap(), |o| o.demo_seed = Some(7)).await;
    let home = Home::of(&stage);
    let (listed, pending) =
        (home.json(&["ls", "--state", "parked"]).await, home.json(&["pending"]).await);
    let keys = |value: &Value, field: &str| -> std::collections::BTreeSet<String> {
        let items = value["items"].as_array().unwrap();
        items.iter().map(|item| item[field].as_str().unwrap().to_owned()).collect()
    };
    let parked = keys(&listed, "key");
    assert_eq!(parked, keys(&pending, "session_key"));
    assert_eq!(parked.len(), 4);
    for item in listed["items"].as_array().unwrap() {
        assert_eq!(item["needs_you"], true);
        let mut waiting: Vec<&Value> = pending["items"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|call| call["session_key"] == item["key"])
            .map(|call| &call["tool_configuration_name"])
            .collect();
        let mut listed: Vec<&Value> = item["waiting"].as_array().unwrap().iter().collect();
        waiting.sort_by_key(ToString::to_string);
        listed.sort_by_key(ToString::to_string);
        assert_eq!(waiting, listed);
    }
    let mut person = crate::flows::Person::sit_down(&stage, (120, 36));
    person.sees_text("4 need you").await;
    person.leaves().await;
}
