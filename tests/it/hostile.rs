//! Every verb and its failures where everything that is named means harm to a terminal: the service,
//! the checkout, the files, the arguments. Looks at the bytes, on a pty and on a pipe.

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::fault_proxy::{Fault, FaultProxy};
use crate::pty::Pty;
use crate::stage::Stage;
use crate::verbs::Home;

/// Colours, the clipboard, a link, the second set of controls, DEL, BS, BEL, what turns text around,
/// what is drawn as nothing, and a line that claims to be another one.
const HOSTILE: &str = "=X\u{1b}[31m\u{1b}]52;c;aGk=\u{7}\u{1b}]8;;http://x\u{7}\u{9b}2J\u{9d}0;t\u{9c}\
                       \u{7f}\u{8}\u{202e}\u{2066}\u{200b}\u{feff}\r\nIMITATION\ty";

/// What the program itself may write.
const OWN: [&str; 8] = [
    "\u{1b}[1;31m",
    "\u{1b}[1;33m",
    "\u{1b}[32m",
    "\u{1b}[36m",
    "\u{1b}[4m",
    "\u{1b}[1m",
    "\u{1b}[2m",
    "\u{1b}[0m",
];

fn json_reply(body: &Value) -> String {
    let body = body.to_string();
    format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\
         connection: close\r\n\r\n{body}",
        body.len()
    )
}

fn stream_reply(events: &[Value]) -> String {
    let frames = events.iter().map(|event| format!("data:{event}\n\n"));
    let body = frames.chain(["data:{\"type\":\"end\"}\n\n".to_owned()]).collect::<String>();
    format!(
        "HTTP/1.1 201 Created\r\ncontent-type: text/event-stream\r\ncontent-length: {}\r\n\
         connection: close\r\n\r\n{body}",
        body.len()
    )
}

const AT: &str = "2026-05-03T14:00:00.000Z";

fn session(key: &str) -> Value {
    json!({"key": key, "agent_key": "support", "name": HOSTILE, "description": HOSTILE,
        "metadata": {HOSTILE: HOSTILE}, "enabled": true, "status": HOSTILE, "tti_minutes": 0,
        "created_at": AT, "current_step_name": HOSTILE})
}

fn events() -> Vec<Value> {
    let id = |n: usize| format!("aev_41e2c4f7-50f4-4a1e-b7cf-6ad5dd0e6b0{n}");
    let event = |n: usize, kind: &str, more: Value| {
        let mut event = json!({"id": id(n), "session_key": "s1", "created_at": AT, "type": kind});
        event.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        event
    };
    let call = json!({"tool_call_id": HOSTILE, "tool_name": HOSTILE,
        "tool_configuration_name": HOSTILE, "tool_input": {HOSTILE: HOSTILE}});
    let output = json!({"tool_call_id": HOSTILE, "tool_name": HOSTILE, "error": true,
        "tool_configuration_name": HOSTILE, "tool_output": {HOSTILE: HOSTILE}});
    vec![
        event(0, "input_message", json!({"messages": [{"type": "text", "content": HOSTILE}]})),
        event(1, HOSTILE, json!({"content": HOSTILE})),
        event(2, "thinking", json!({"content": HOSTILE})),
        event(3, "agent_output", json!({"content": HOSTILE})),
        event(4, "structured_output", json!({"schema_name": HOSTILE, "content": {"a": HOSTILE}})),
        event(5, "step_transition", json!({"from_step": HOSTILE, "to_step": HOSTILE})),
        event(6, "tool_output", output),
        event(7, "error", json!({"messages": [HOSTILE]})),
        event(8, "tool_output", json!({"tool_output": HOSTILE})),
        event(9, "tool_input", call),
    ]
}

/// What is refused with these words in it.
const REFUSED: [&str; 5] = ["compact", "/hide", "PATCH", "DELETE", "refuse-me"];

fn answer(line: &str, agents: &[&str]) -> String {
    if REFUSED.iter().any(|word| line.contains(word)) {
        let body = json!({"messages": [HOSTILE], "field_errors": {HOSTILE: HOSTILE},
            "request_id": HOSTILE});
        return json_reply(&body).replace("200 OK", "400 Bad Request");
    }
    let artifact = json!({"artifact_id": "art_1", "filename": HOSTILE, "mime_type": HOSTILE,
        "size_bytes": 3, "checksum_sha256": HOSTILE, "metadata": {}, "created_at": AT,
        "updated_at": AT, "data": "eHh4"});
    let path = line.split(' ').nth(1).unwrap_or_default();
    let path = path.split('?').next().unwrap_or_default();
    let parts: Vec<&str> = path.trim_start_matches("/v2/").split('/').collect();
    let reply = match parts[..] {
        ["agents"] => {
            let agent = |key: &&str| json!({"key": key, "name": HOSTILE, "description": HOSTILE});
            json!({"agents": agents.iter().map(agent).collect::<Vec<_>>(), "metadata": {}})
        }
        ["agents", key] => json!({"key": key, "name": HOSTILE}),
        ["agents", _, "sessions"] if line.starts_with("POST") => session("s1"),
        ["agents", _, "sessions"] => {
            json!({"sessions": [session("s1"), session("s2"), session(HOSTILE)], "metadata": {}})
        }
        ["agents", _, "sessions", key] if key.starts_with('s') => session(key),
        [.., "events"] if line.starts_with("POST") => return stream_reply(&events()[1..]),
        [.., "events"] => json!({"events": events(), "metadata": {}}),
        [.., "outstanding_client_tool_calls"] if path.contains("s1") => {
            let calls = ["aev_41e2c4f7-50f4-4a1e-b7cf-6ad5dd0e6b09", HOSTILE].map(|id| {
                json!({"event_id": id, "tool_configuration_name": HOSTILE, "tool_name": HOSTILE,
                    "arguments": {HOSTILE: HOSTILE}})
            });
            json!({"client_tool_calls": calls})
        }
        [.., "outstanding_client_tool_calls"] => json!({"client_tool_calls": []}),
        [.., "artifacts"] => json!({"artifacts": [artifact], "metadata": {}}),
        [.., "artifacts", _] => artifact,
        _ => {
            let body = json!({"messages": [HOSTILE], "request_id": HOSTILE});
            return json_reply(&body).replace("200 OK", "404 Not Found");
        }
    };
    json_reply(&reply)
}

struct Scene {
    home: Home,
    proxy: FaultProxy,
    _stage: Stage,
}

impl Scene {
    async fn new(agents: &'static [&'static str]) -> Self {
        let stage = Stage::open().await;
        let proxy = FaultProxy::before(&stage.server.url()).await;
        proxy.judge(move |line| Fault::Reply(answer(line, agents)));
        let home = Home::at(&proxy.url, "zut_0123456789abcdef");
        Self { home, proxy, _stage: stage }
    }

    /// A directory that a stranger made.
    fn checkout(&self) -> PathBuf {
        let name = HOSTILE.replace('/', "_");
        let dir = self.home.path(&name);
        std::fs::create_dir_all(&dir).unwrap();
        dir
    }

    /// What a run in `dir` writes on a pty and on pipes.
    async fn bytes(&self, dir: &std::path::Path, arguments: &[&str]) -> [(bool, String); 2] {
        let mut piped = self.home.command(arguments);
        piped.current_dir(dir).env("TZ", HOSTILE).env("FORETOP_LOG", HOSTILE);
        let ran = crate::verbs::ran(piped, "").await;
        let url = format!("FORETOP_URL={}", self.proxy.url);
        let home = format!("HOME={}", self.home.dir.path().display());
        let (zone, log) = (format!("TZ={HOSTILE}"), format!("FORETOP_LOG={HOSTILE}"));
        let mut words = vec!["-C", dir.to_str().unwrap(), "-u", "XDG_CONFIG_HOME"];
        words.extend(["-u", "XDG_STATE_HOME", "-u", "EDITOR", "-u", "NO_COLOR", "-u", "CLICOLOR"]);
        words.extend([&*url, &*home, &*zone, &*log, "VECTARA_API_KEY=zut_0123456789abcdef"]);
        words.push(env!("CARGO_BIN_EXE_foretop"));
        words.extend(arguments);
        let words: Vec<String> = words.into_iter().map(str::to_owned).collect();
        let shown = tokio::task::spawn_blocking(move || {
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            Pty::run("env", &words, 24, 200).ends().1
        });
        let shown = String::from_utf8(shown.await.unwrap()).unwrap();
        [(false, ran.stdout + &ran.stderr), (true, shown)]
    }

    async fn try_out(&self, dir: &std::path::Path, arguments: &[&str]) {
        for (is_terminal, bytes) in self.bytes(dir, arguments).await {
            let at = format!("{arguments:?} (terminal: {is_terminal}):\n{bytes:?}");
            assert!(!bytes.contains("panicked"), "{at}");
            let mut left = bytes.clone();
            if is_terminal || arguments.contains(&"always") {
                for own in OWN {
                    left = left.replace(own, "");
                }
            }
            if is_terminal {
                left = left.replace("\r\u{1b}[K", "").replace("\r\n", "\n");
                let hidden = |c| matches!(c, '\u{202e}' | '\u{2066}' | '\u{200b}' | '\u{feff}');
                assert!(!left.contains(hidden), "{at}");
            }
            let obeyed = |c: char| c.is_control() && c != '\n' && c != '\t';
            assert!(!left.contains(obeyed), "{:?} in {at}", left.chars().find(|c| obeyed(*c)));
            // Where a text has lines of its own, an agent may say what it likes.
            let has_lines = arguments.iter().any(|word| {
                ["csv", "export", "send", "steer", "compact", "answer", "run", "upload", "put"]
                    .contains(word)
            });
            assert!(has_lines || !left.contains("\nIMITATION"), "{at}");
        }
    }
}

const FORMS: [&[&str]; 7] =
    [&[], &["-o", "wide"], &["-o", "csv"], &["-o", "md"], &["--json"], &["--jsonl"], &["--plain"]];

#[tokio::test(flavor = "multi_thread")]
async fn no_listing_hands_on_what_a_terminal_obeys() {
    let scene = Scene::new(&["support"]).await;
    let dir = scene.home.dir.path().to_owned();
    for verb in [
        &["ls"][..],
        &["events", "s1"],
        &["events", "s1", "--hidden"],
        &["pending"],
        &["artifact", "ls", "s1"],
    ] {
        for form in FORMS {
            scene.try_out(&dir, &[verb, form].concat()).await;
        }
    }
    let csv = scene.home.run(&["ls", "-o", "csv"]).await.stdout;
    assert!(csv.contains("'=X\\x1b[31m"), "no cell is a formula: {csv}");
    let json = scene.home.json(&["ls"]).await;
    assert_eq!(json["items"][0]["name"], HOSTILE, "JSON says what was said");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_verb_hands_on_what_a_terminal_obeys() {
    let scene = Scene::new(&["support"]).await;
    let home = &scene.home;
    let dir = home.dir.path().to_owned();
    std::fs::write(home.path("answer"), "{\"ok\": true}").unwrap();
    std::fs::write(home.path(HOSTILE.replace('/', "_").as_str()), "x").unwrap();
    let rules = "[[rule]]\nname = \"\\u001b[31m\\u009b1m\"\ntool = \"*\"\nrun = [\"true\"]\n\
                 answer = true\n";
    std::fs::write(home.path("rules"), rules).unwrap();
    let call = "aev_41e2c4f7-50f4-4a1e-b7cf-6ad5dd0e6b09";
    let file = HOSTILE.replace('/', "_");
    for verb in [
        &["show", "s1"][..],
        &["show", "s"],
        &["tail", "s1"],
        &["export", "s1"],
        &["export", "s1", "--format", "html"],
        &["export", "s1", "--format", "jsonl"],
        &["export", "s1", "-o", &file],
        &["artifact", "get", "s1", "art_1", "-o", "-", "--raw"],
        &["artifact", "get", "s1", "art_1", "-o", &file],
        &["artifact", "get", "s1", "art_2"],
        &["artifact", "put", "s1", &file],
        &["diff", "s1", "s2"],
        &["hide", "s1", call],
        &["hide", "s1", "aev_"],
        &["wait", "s1"],
        &["watch", "--once"],
        &["watch", "--once", "--exec", "false {name}"],
        &["new", "--name", HOSTILE, "--meta", "a=b"],
        &["new", "--name", HOSTILE, "--key", HOSTILE, "-n"],
        &["set", "s1", "--name", HOSTILE],
        &["set", "s1", "--name", HOSTILE, "-n"],
        &["fork", "s1"],
        &["rm", "s1", "--no-input"],
        &["rm", "s1", "--yes"],
        &["send", "s1", "x"],
        &["send", "s2", "x"],
        &["send", "s2", HOSTILE, "-n"],
        &["send", "s2", "-f", HOSTILE],
        &["steer", "s2", "x"],
        &["interrupt", "s2"],
        &["compact", "s2", "--message", HOSTILE],
        &["upload", "s2", &file],
        &["upload", "s2", HOSTILE],
        &["answer", call, "-f", "answer"],
        &["answer", call, "-f", HOSTILE, "--partial"],
        &["answer", call, "--error", HOSTILE, "--partial"],
        &["run", call],
        &["run", call, "--no-send", "--", "echo", HOSTILE],
        &["run", call, "--no-send", "--", HOSTILE],
        &["run", "--serve-tools", "rules", "--once"],
        &["run", "--serve-tools", HOSTILE, "--once"],
        &["doctor"],
        &["auth", "status"],
        &["config", "check"],
        &["config", "path"],
        &["keys"],
        &["keys", HOSTILE],
        &["open", HOSTILE],
        &["open", &file],
        &["open", "answer", "--replay", "--at", HOSTILE],
    ] {
        scene.try_out(&dir, verb).await;
        scene.try_out(&dir, &[&["--json", "-v"], verb].concat()).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_argument_and_no_checkout_reaches_the_terminal() {
    let scene = Scene::new(&["support", HOSTILE]).await;
    let dir = scene.home.dir.path().to_owned();
    for verb in ["show", "events", "tail", "export", "wait", "rm", "interrupt", "compact"] {
        scene.try_out(&dir, &[verb, HOSTILE]).await;
        scene.try_out(&dir, &[verb, HOSTILE, HOSTILE, "--json"]).await;
    }
    let unknown = format!("--{HOSTILE}");
    let color = format!("--color={HOSTILE}");
    for arguments in [
        &[HOSTILE][..],
        &[&*unknown],
        &["ls", &unknown, "--json"],
        &["ls", &color],
        &["ls", "-o", HOSTILE],
        &["ls", "--state", HOSTILE],
        &["ls", "--filter", "refuse-me"],
        &["ls", "--timeout", HOSTILE],
        &["ls", "--profile", HOSTILE],
        &["ls", "--url", HOSTILE],
        &["ls", "--agent", HOSTILE],
        &["ls", "--api-key-file", HOSTILE],
        &["events", "s1", "--filter", HOSTILE],
        &["new", "--meta", HOSTILE],
        &["new"],
        &["pending"],
        &["doctor"],
        &["auth", HOSTILE],
        &["serve", "--data", HOSTILE, "--listen", HOSTILE],
        &["serve", "--data", "/dev/null", "--config", HOSTILE],
        &["serve", "--data", "x", "--tokens", HOSTILE],
        &["serve", "--check", "--data", HOSTILE],
        &["completion", HOSTILE],
        &["man", "--out", "/dev/null"],
        &["--help"],
        &["ls", "--help", "--color", "always"],
        &["--version"],
        &["--record", "/dev/null"],
    ] {
        scene.try_out(&dir, arguments).await;
    }
    let checkout = scene.checkout();
    let escaped = serde_json::to_string(HOSTILE).unwrap();
    for text in [
        format!("{escaped} = 1\n"),
        format!("agent = {escaped}\n"),
        format!("profile = {escaped}\n"),
        format!("glyphs = {escaped}\nnotify = {escaped}\n"),
        format!("[profiles.{escaped}]\nurl = {escaped}\n"),
        format!("[tools.{escaped}]\nrun = {escaped}\n"),
        format!("agent = [{escaped}\n"),
        format!("agent = \"{HOSTILE}\"\n"),
        format!("url = {escaped}\n"),
    ] {
        std::fs::write(checkout.join(".foretop.toml"), text).unwrap();
        for verb in [&["config", "check"][..], &["ls"], &["doctor"], &["ls", "--json"]] {
            scene.try_out(&checkout, verb).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_terminal_gets_the_bytes_of_a_file_only_where_that_is_asked_for() {
    let scene = Scene::new(&["support"]).await;
    let dir = scene.home.dir.path().to_owned();
    let get = ["artifact", "get", "s1", "art_1", "-o", "-"];
    let [(_, piped), (_, shown)] = scene.bytes(&dir, &get).await;
    assert!(piped.contains("xxx"), "{piped}");
    assert!(shown.contains("--raw") && !shown.contains("xxx"), "{shown}");
    let [_, (_, shown)] = scene.bytes(&dir, &[&get[..], &["--raw"]].concat()).await;
    assert!(shown.contains("xxx"), "{shown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn colours_are_where_they_are_wanted_on_both_streams() {
    let scene = Scene::new(&["support"]).await;
    let home = &scene.home;
    for (arguments, colours) in [
        (&["-v", "ls"][..], false),
        (&["-v", "ls", "--color", "always"], true),
        (&["show", "none", "--color=always"], true),
        (&["show", "none"], false),
        (&["--nonsense", "--color=always"], true),
    ] {
        let ran = home.run(arguments).await;
        assert_eq!(ran.stderr.contains('\u{1b}'), colours, "{arguments:?}: {:?}", ran.stderr);
    }
    let dir = home.dir.path().to_owned();
    for (arguments, colours) in
        [(&["-v", "show", "none"][..], true), (&["-v", "show", "none", "--color", "never"], false)]
    {
        let [_, (_, shown)] = scene.bytes(&dir, arguments).await;
        assert_eq!(shown.contains("\u{1b}["), colours, "{arguments:?}: {shown:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn credentials_in_addresses_are_never_repeated() {
    let scene = Scene::new(&["support"]).await;
    let home = &scene.home;
    let secret = "hunter2";
    let address = format!("https://me:{secret}@127.0.0.1:9/?api_key={secret}");
    home.config(&format!(
        "[profiles.p]\nurl = \"{address}\"\nauth = \"oauth\"\nclient_id = \"me\"\n\
         token_url = \"{address}\"\n[tools.t]\n\
         run = [\"curl\", \"-H\", \"x-api-key: {secret}\", \"{address}\"]\n"
    ));
    for arguments in [
        &["config", "check", "--profile", "p"][..],
        &["doctor", "--profile", "p"],
        &["ls", "--profile", "p"],
        &["ls", "--url", &address],
        &["ls", &address],
        &["show", &address],
        &["auth", "status", "--profile", "p"],
        &["-v", "ls"],
    ] {
        for form in [&[][..], &["--json"]] {
            let mut command = home.bare(&[arguments, form].concat());
            command.env("HTTPS_PROXY", &address).env("ALL_PROXY", format!("socks5://{secret}@x"));
            if arguments.contains(&"-v") {
                command.env("FORETOP_URL", &scene.proxy.url).env("VECTARA_API_KEY", secret);
            }
            let ran = crate::verbs::ran(command, "").await;
            let said = ran.stdout + &ran.stderr;
            assert!(!said.is_empty() && !said.contains(secret), "{arguments:?}: {said}");
        }
    }
    let log = std::fs::read_to_string(home.path(".local/state/foretop/foretop.log"));
    assert!(!log.unwrap_or_default().contains(secret));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_file_that_others_can_read_is_refused() {
    use std::os::unix::fs::PermissionsExt as _;

    let scene = Scene::new(&["support"]).await;
    let home = &scene.home;
    let key = home.path("my-key");
    crate::verbs::private(&key, "zut_0123456789abcdef");
    let arguments = ["ls", "--url", &scene.proxy.url, "--api-key-file", key.to_str().unwrap()];
    assert_eq!(crate::verbs::ran(home.bare(&arguments), "").await.code, 0);
    for mode in [0o640, 0o604, 0o620] {
        std::fs::set_permissions(&key, std::fs::Permissions::from_mode(mode)).unwrap();
        let refused = crate::verbs::ran(home.bare(&arguments), "").await;
        assert_eq!(refused.code, 2, "{mode:o}");
        assert!(refused.stderr.contains("others can read the key file"), "{}", refused.stderr);
        assert!(refused.stderr.contains("chmod 600"), "{}", refused.stderr);
    }
    let endless = ["ls", "--url", &scene.proxy.url, "--api-key-file", "/dev/zero"];
    let refused = crate::verbs::ran(home.bare(&endless), "").await;
    assert_eq!(refused.code, 2, "{}", refused.stderr);
}
