//! Every file of the configuration, sound and broken: what is said of it, and that nobody is kept out.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::pty::Pty;
use crate::stage::Stage;
use crate::verbs::{Home, Ran, ran};

/// The files by name, and where each belongs in a home.
const FILES: [(&str, &str); 6] = [
    ("config", ".config/foretop/config.toml"),
    ("views", ".config/foretop/views.toml"),
    ("theme", ".config/foretop/themes/mine.toml"),
    ("rules", ".config/foretop/rules.toml"),
    ("credentials", ".config/foretop/credentials"),
    ("project", ".foretop.toml"),
];

fn fixture(kind: &str, name: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/fixtures/config");
    std::fs::read_to_string(root.join(kind).join(format!("{name}.toml"))).unwrap()
}

fn put(home: &Home, place: &str, text: &str) {
    let path = home.path(place);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, text).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
}

/// A home in which every file is there and sound.
fn sound() -> Home {
    let home = Home::at("https://api.example.com", "zut_key");
    for (name, place) in FILES {
        put(&home, place, &fixture("sound", name));
    }
    put(&home, ".config/foretop/key", "zut_key");
    put(&home, ".config/foretop/keys.toml", "[timeline]\nhide = [\"x\", \"d\"]\n");
    home
}

/// What was said, wherever the home is.
fn said(home: &Home, ran: &Ran) -> String {
    let here = home.dir.path().to_str().unwrap().to_owned();
    ran.stderr.replace(&here, "~")
}

fn names_of_files(checked: &Value) -> Vec<String> {
    let files = checked["files"].as_array().unwrap();
    files.iter().map(|file| file["what"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_sound_configuration_is_read_whole_and_every_file_is_named() {
    let home = sound();
    let checked = ran(home.bare(&["config", "check", "--json"]), "").await;
    let value = checked.json();
    assert_eq!(checked.stderr, "");
    let wanted = ["config", "project", "views", "keys", "theme", "credentials", "rules", "key"];
    assert_eq!(names_of_files(&value), wanted);
    let is_read = |file: &Value| file["found"] == "read";
    assert!(value["files"].as_array().unwrap().iter().all(is_read), "{value:#}");
    let doctor = ran(home.bare(&["doctor", "--timeout", "1s"]), "").await;
    for (_, place) in FILES {
        assert!(doctor.stdout.contains(place), "{place} in {}", doctor.stdout);
    }
}

#[tokio::test]
async fn what_is_broken_is_told_line_by_line_and_never_with_a_secret() {
    for (name, place) in FILES.into_iter().chain([("syntax", FILES[0].1)]) {
        let home = sound();
        put(&home, place, &fixture("broken", name));
        let checked = ran(home.bare(&["config", "check"]), "").await;
        assert_eq!(checked.code, 2, "{name}: {}", checked.stderr);
        let told = said(&home, &checked);
        assert!(!told.contains("hunter2"), "{told}");
        insta::assert_snapshot!(format!("config_check_{name}"), told);
        let doctor = ran(home.bare(&["doctor", "--timeout", "1s"]), "").await;
        assert!(doctor.stdout.contains("BAD") && !doctor.stdout.contains("hunter2"), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_only_not_known_is_said_in_a_line_and_passed_over() {
    let stage = Stage::open().await;
    stage.agent().await;
    let home = Home::of(&stage);
    home.config("sparkle = true\n[profiles.a]\nurl = \"http://127.0.0.1:9\"\nbadgr = \"red\"\n");
    let listed = home.run(&["ls"]).await;
    assert_eq!(listed.code, 0, "{}", listed.stderr);
    let told = said(&home, &listed);
    let file = "~/.config/foretop/config.toml";
    assert_eq!(
        told.lines().take(2).collect::<Vec<_>>(),
        [
            &*format!("{file}:1: there is no setting \"sparkle\""),
            &*format!("{file}:4: there is no setting \"badgr\", did you mean \"badge\"?"),
        ]
    );
    assert_eq!(home.run(&["ls", "--json"]).await.stderr, "", "a program is told of failures only");
    assert_eq!(home.run(&["config", "check"]).await.code, 0);
}

/// As a person starts it, with nothing of the tester's own.
pub fn screen(home: &Home, size: (u16, u16), arguments: &[&str]) -> Pty {
    let at = format!("HOME={}", home.dir.path().display());
    let mut words: Vec<String> = Vec::new();
    for name in
        ["XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME", "FORETOP_URL", "VECTARA_API_KEY"]
    {
        words.extend(["-u".to_owned(), name.to_owned()]);
    }
    words.extend([at, "-C".to_owned(), home.dir.path().display().to_string()]);
    // env wants its options first.
    words.sort_by_key(|word| word.contains('='));
    words.push(env!("CARGO_BIN_EXE_foretop").to_owned());
    words.extend(arguments.iter().map(|argument| (*argument).to_owned()));
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    Pty::run("env", &words, size.0, size.1)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_screen_opens_whatever_is_broken() {
    let stage = Stage::open().await;
    let session = stage.session(&stage.agent().await, "night-shift").await;
    let home = Home::of(&stage);
    for (name, place) in FILES {
        if !matches!(name, "config" | "credentials" | "project") {
            put(&home, place, &fixture("broken", name));
        }
    }
    let url = stage.server.url();
    let profile = format!(
        "rules = \"rules.toml\"\nglyphs = 3\n[profiles.here]\nurl = \"{url}\"\napi_key_file = \"{}\"\n",
        home.path("key").display()
    );
    home.config(&profile);
    let (looked, home) = tokio::task::spawn_blocking(move || {
        let mut foretop = screen(&home, (70, 120), &[]);
        foretop.sees("night-shift");
        foretop.type_keys("ge");
        foretop.sees("read-only until");
        let page = foretop.contents();
        foretop.type_keys("\u{1b}Q");
        assert_eq!(foretop.ends().0, 0);
        (page, home)
    })
    .await
    .unwrap();
    for part in ["config.toml:2: glyphs must be", "no rule answers a call"] {
        assert!(looked.contains(part), "{part} in {looked}");
    }
    drop((session, home));
}

#[test]
fn a_configuration_that_is_broken_in_every_line_leads_to_what_can_be_looked_at() {
    for (name, why) in [
        ("config", "The configuration could not be read whole"),
        ("syntax", "there is no profile \"prod\""),
    ] {
        let home = Home::at("http://127.0.0.1:9", "zut_key");
        let text = fixture("broken", name);
        home.config(&text);
        let mut foretop = screen(&home, (30, 100), &[]);
        foretop.sees(why);
        foretop.sees("config.toml:1: ");
        // Nothing is put behind what is not understood.
        foretop.type_keys("G\r");
        foretop.sees("Mend that first");
        foretop.type_keys("q");
        assert_eq!(foretop.ends().0, 0);
        let kept = std::fs::read_to_string(home.path(".config/foretop/config.toml")).unwrap();
        assert_eq!(kept, text);
    }
}

#[tokio::test]
async fn the_manual_has_every_setting() {
    const PAGE: &str = include_str!("../../docs/configuration.md");
    let home = Home::at("http://127.0.0.1:9", "k");
    let table = ran(home.bare(&["config", "settings", "-o", "md"]), "").await;
    assert_eq!(table.code, 0, "{}", table.stderr);
    assert!(PAGE.contains(&table.stdout), "the page needs this table:\n{}", table.stdout);
}

#[tokio::test]
async fn the_schema_takes_what_is_sound_and_names_every_setting() {
    let home = sound();
    let schema = ran(home.bare(&["config", "schema"]), "").await.json();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let value = |text: &str| {
        let table: toml::Table = text.parse().unwrap();
        serde_json::to_value(table).unwrap()
    };
    let sound = value(&fixture("sound", "config"));
    let errors: Vec<_> = validator.iter_errors(&sound).map(|error| error.to_string()).collect();
    assert_eq!(errors, Vec::<String>::new());
    let settings = home.json(&["config", "settings"]).await;
    let profile = &schema["properties"]["profiles"]["additionalProperties"]["properties"];
    for setting in settings["items"].as_array().unwrap() {
        let name = setting["name"].as_str().unwrap();
        let leaf = name.rsplit('.').next().unwrap();
        let place = if name.starts_with("profiles.") { profile } else { &schema["properties"] };
        let is_deeper = ["tools.", "commands."].iter().any(|table| name.starts_with(table));
        assert!(is_deeper || !place[leaf].is_null(), "{name}");
    }
}

#[tokio::test]
async fn an_editor_is_opened_where_somebody_can_use_it() {
    let home = Home::at("http://127.0.0.1:9", "k");
    let file = home.path(".config/foretop/config.toml");
    let refused = ran(home.bare(&["config", "edit"]), "").await;
    assert_eq!(refused.code, 2);
    assert!(refused.stderr.contains("there is no terminal"), "{}", refused.stderr);
    assert!(!file.exists(), "nothing is made for nobody");
    let mut chosen = home.bare(&["config", "edit"]);
    // One that waits for input that never comes ends all the same.
    chosen.env("EDITOR", "sh -c 'cat; echo agent = \\\"a\\\" >> \"$0\"'");
    let edited = ran(chosen, "").await;
    assert_eq!(edited.code, 0, "{}", edited.stderr);
    assert!(edited.stdout.contains("agent"), "{}", edited.stdout);
    let mut silent = home.bare(&["config", "edit", "--no-input"]);
    silent.env("EDITOR", "true");
    assert_eq!(ran(silent, "").await.code, 2);
}

/// A profile is made with its key, whole or not at all.
#[tokio::test(flavor = "multi_thread")]
async fn logging_in_makes_a_profile() {
    let stage = Stage::open().await;
    stage.agent().await;
    let home = Home::of(&stage);
    let key = stage.server.token().reveal().to_owned();
    let url = stage.server.url();
    let login = ["auth", "login", "work", "--url", &url, "--store", "file", "--no-input"];
    let wrong = ran(home.bare(&login), "zut_wrong_key_hunter2").await;
    assert_eq!(wrong.code, 4, "{}", wrong.stderr);
    let config: PathBuf = home.path(".config/foretop/config.toml");
    assert!(!config.exists(), "nothing is left behind");
    let made = ran(home.bare(&login), &key).await;
    assert_eq!(made.code, 0, "{}", made.stderr);
    for part in ["stored the API key of \"work\"", "wrote the profile \"work\" into"] {
        assert!(made.stdout.contains(part), "{}", made.stdout);
    }
    let text = std::fs::read_to_string(&config).unwrap();
    assert!(text.contains(&format!("[profiles.work]\nurl = \"{url}\"")) && !text.contains(&key));
    assert_eq!(ran(home.bare(&["ls", "--profile", "work"]), "").await.code, 0);
    assert_eq!(ran(home.bare(&login), &key).await.code, 0, "the same once more");
    assert_eq!(std::fs::read_to_string(&config).unwrap(), text);

    let other =
        ["auth", "login", "work", "--url", "http://127.0.0.1:9", "--no-test", "--store", "file"];
    let taken = ran(home.bare(&other), &key).await;
    assert_eq!(taken.code, 5, "{}", taken.stderr);
    assert!(taken.stderr.contains("--yes") && taken.stderr.contains(&url), "{}", taken.stderr);
    assert_eq!(ran(home.bare(&[&other[..], &["--yes"]].concat()), &key).await.code, 0);
    let changed = std::fs::read_to_string(&config).unwrap();
    assert_eq!(changed, text.replace(&url, "http://127.0.0.1:9"));
    for (arguments, part) in [
        (&["auth", "login", "--url", "http://127.0.0.1:9"][..], "wants a name"),
        (&["auth", "login", "a b", "--url", "http://127.0.0.1:9"], "no name for a profile"),
        (&["auth", "login", "a", "--profile", "b"], "two profiles"),
        (&["auth", "login", "none"], "there is no profile"),
    ] {
        let refused = ran(home.bare(arguments), &key).await;
        assert_eq!(refused.code, 2, "{arguments:?}");
        assert!(refused.stderr.contains(part), "{}", refused.stderr);
    }
    let oauth = [
        "auth",
        "login",
        "o",
        "--url",
        &url,
        "--client-id",
        "owner",
        "--store",
        "file",
        "--read-only",
    ];
    assert_eq!(ran(home.bare(&oauth), &key).await.code, 0);
    assert_eq!(ran(home.bare(&["ls", "--profile", "o"]), "").await.code, 0);
    std::fs::write(&config, "profile = ").unwrap();
    let broken = ran(home.bare(&["auth", "login", "c", "--url", &url]), &key).await;
    assert_eq!(
        (broken.code, std::fs::read_to_string(&config).unwrap()),
        (2, "profile = ".to_owned())
    );
}

#[tokio::test]
async fn several_profiles_without_a_default_are_named() {
    let home = Home::at("http://127.0.0.1:9", "k");
    home.config("[profiles.a]\nurl = \"https://a\"\n[profiles.b]\nurl = \"https://b\"\n");
    let told = ran(home.bare(&["ls"]), "").await;
    assert_eq!(told.code, 2);
    assert!(told.stderr.contains("Known: a, b"), "{}", told.stderr);
}

/// What a server in a directory does for commands: it is there while they run.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_profile_may_serve_a_directory_itself() {
    let home = Home::at("http://127.0.0.1:9", "k");
    home.config("[profiles.local]\nserve = \"~/data\"\n");
    let mut first = home.bare(&["ls", "--json"]);
    // The key of another service is not sent there.
    first.env("VECTARA_API_KEY", "zut_other");
    assert_eq!(ran(first, "").await.json()["items"], Value::Array(Vec::new()));
    assert!(!home.path("data/address").exists(), "it went with the command");
    let mut served = home.bare(&["serve", "--json", "--data", home.path("data").to_str().unwrap()]);
    let mut child = served.stdout(std::process::Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    let mut out = std::io::BufReader::new(child.stdout.take().unwrap());
    std::io::BufRead::read_line(&mut out, &mut line).unwrap();
    // The directory is taken, so whoever lists has found the one who has it.
    let listed = ran(home.bare(&["ls", "--json"]), "").await;
    let noted = std::fs::read_to_string(home.path("data/address"));
    child.kill().unwrap();
    child.wait().unwrap();
    let at: Value = serde_json::from_str(&line).unwrap();
    assert_eq!(format!("http://{}", noted.unwrap().trim()), at["url"]);
    assert_eq!(listed.code, 0, "{}", listed.stderr);
    assert_eq!(ran(home.bare(&["ls"]), "").await.code, 0, "after one that was killed");
    let doctor = ran(home.bare(&["doctor"]), "").await;
    assert!(doctor.stdout.contains("may list sessions") || doctor.code == 0, "{}", doctor.stdout);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_first_minute_ends_in_a_service_and_is_not_asked_again() {
    let stage = Stage::open().await;
    stage.session(&stage.agent().await, "night-shift").await;
    let home = Home::of(&stage);
    let key = stage.server.token().reveal().to_owned();
    let url = stage.server.url();
    let work = move || {
        let mut foretop = screen(&home, (24, 80), &[]);
        foretop.sees("Nothing is configured yet");
        foretop.type_keys("3");
        foretop.sees("api.vectara.io");
        foretop.type_keys("\t\u{15}");
        foretop.type_keys(&url);
        foretop.sees(&url);
        foretop.type_keys("\t\t\u{1b}[200~zut_wrong_key_of_nobody\u{1b}[201~");
        foretop.sees("not shown");
        foretop.type_keys("\r");
        foretop.sees("403");
        foretop.type_keys(&format!("\u{15}\u{1b}[200~{key}\n\u{1b}[201~\r"));
        foretop.sees("Which agents are to be watched?");
        foretop.type_keys("\r");
        foretop.sees("night-shift");
        foretop.type_keys("Q");
        let (code, bytes) = foretop.ends();
        assert_eq!(code, 0);
        let bytes = String::from_utf8_lossy(&bytes).into_owned();
        assert!(!bytes.contains(&key) && !bytes.contains("wrong_key"), "a key was shown");
        let text = std::fs::read_to_string(home.path(".config/foretop/config.toml")).unwrap();
        assert!(text.contains("[profiles.main]") && text.contains(&url) && !text.contains(&key));

        let mut again = screen(&home, (24, 80), &[]);
        again.sees("night-shift");
        again.type_keys("Q");
        assert!(!String::from_utf8_lossy(&again.ends().1).contains("Nothing is configured"));

        // Without its key the profile asks for that alone.
        std::fs::remove_file(home.path(".config/foretop/credentials")).unwrap();
        let mut keyless = screen(&home, (24, 80), &[]);
        keyless.sees("The profile main has no key yet");
        keyless.type_keys(&format!("\u{1b}[200~{key}\u{1b}[201~\r"));
        keyless.sees("Which agents are to be watched?");
        keyless.type_keys("\r");
        keyless.sees("night-shift");
        keyless.type_keys("Q");
        assert_eq!(keyless.ends().0, 0);
        assert_eq!(
            std::fs::read_to_string(home.path(".config/foretop/config.toml")).unwrap(),
            text
        );
    };
    tokio::task::spawn_blocking(work).await.unwrap();
}

#[test]
fn the_first_minute_ends_in_a_server_that_is_kept() {
    let home = Home::at("http://127.0.0.1:9", "k");
    let mut foretop = screen(&home, (24, 80), &[]);
    foretop.sees("Nothing is configured yet");
    foretop.type_keys("2");
    foretop.sees("directory");
    // An agent instead of the demo.
    foretop.type_keys("\t\t\u{1b}[C");
    foretop.sees("< one agent >");
    foretop.type_keys("\r");
    foretop.sees("local");
    foretop.sees("made a server in");
    foretop.type_keys("5");
    foretop.sees("rehearsal");
    foretop.type_keys("Q");
    assert_eq!(foretop.ends().0, 0);
    assert!(home.path(".local/share/foretop/local/foretop.db").exists());
    let mut again = screen(&home, (24, 80), &[]);
    again.sees("local");
    again.type_keys("5");
    again.sees("rehearsal");
    again.type_keys("Q");
    assert_eq!(again.ends().0, 0);
}

#[test]
fn the_first_minute_is_left_without_a_trace() {
    let home = Home::at("http://127.0.0.1:9", "k");
    for keys in ["q", "3\u{1b}q", "\u{3}\u{3}", "2\u{3}\u{3}"] {
        let mut foretop = screen(&home, (12, 40), &[]);
        foretop.sees("Nothing is");
        for key in keys.chars() {
            foretop.type_keys(&key.to_string());
            if key == '\u{1b}' {
                foretop.sees("what to look at");
            }
        }
        assert_eq!(foretop.ends().0, 0, "{keys:?}");
    }
    assert!(!home.path(".config").exists() && !home.path(".local/share").exists());
}
