//! The files that a server is started with, sound and broken: what is said of them, and that no server runs
//! by half of one.

use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::Value;

use crate::verbs::{Home, ran};

/// The files of a kind, by their names.
fn fixtures(kind: &str) -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/fixtures/serve").join(kind);
    let entries = std::fs::read_dir(root).unwrap();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

/// The same in a home, where nobody else can read it.
fn private_copy(home: &Home, fixture: &Path) -> (String, &'static str) {
    let name = fixture.file_name().unwrap().to_str().unwrap();
    let copy = home.path(name);
    std::fs::copy(fixture, &copy).unwrap();
    std::fs::set_permissions(&copy, std::fs::Permissions::from_mode(0o600)).unwrap();
    let flag = if name.starts_with("tokens") { "--tokens" } else { "--config" };
    (copy.display().to_string(), flag)
}

#[tokio::test]
async fn what_is_broken_is_told_with_its_line_and_nothing_is_served() {
    let home = Home::at("http://127.0.0.1:9", "k");
    let here = home.dir.path().display().to_string();
    let data = home.path("data").display().to_string();
    let mut told = String::new();
    for fixture in fixtures("broken") {
        let (copy, flag) = private_copy(&home, &fixture);
        let refused = ran(home.bare(&["serve", "--data", &data, flag, &copy]), "").await;
        assert_eq!((refused.code, refused.stdout.as_str()), (2, ""), "{}", refused.stderr);
        let text = std::fs::read_to_string(&fixture).unwrap();
        let said = refused.stderr.replace(&here, "~");
        told.extend([&*text, "-- ", &*said, "\n"]);
    }
    // In the words, and not in the files above them.
    let said = told.lines().filter(|line| line.starts_with("-- "));
    assert!(said.clone().count() > 10);
    assert!(said.clone().all(|line| !line.contains("hunter") && !line.contains("2222")), "{told}");
    insta::assert_snapshot!("serve_files", told);
    // Of several files, and of a third that is a list of models.
    let [config, tokens] =
        ["config_several.toml", "tokens_several.toml"].map(|name| home.path(name));
    let models = home.path("models.toml");
    std::fs::write(&models, "[models.a]\nkind = \"olama\"\n[tools]\nparallel = 0\n").unwrap();
    let flags = [("--config", &config), ("--tokens", &tokens), ("--models", &models)];
    let flags = flags.iter().flat_map(|(flag, path)| [*flag, path.to_str().unwrap()]);
    let line: Vec<&str> = ["serve", "--data", &data].into_iter().chain(flags).collect();
    let refused = ran(home.bare(&line), "").await;
    let lines: Vec<&str> = refused.stderr.lines().collect();
    for (file, count) in
        [("models.toml:", 2), ("config_several.toml:", 4), ("tokens_several.toml:", 6)]
    {
        let told = lines.iter().filter(|line| line.contains(file)).count();
        assert_eq!(told, count, "{file} in {lines:#?}");
    }
    assert!(lines.iter().any(|line| line.contains("models.toml:4: tools.parallel must be")));
    let missing = ran(home.bare(&["serve", "--data", &data, "--config", "none.toml"]), "").await;
    assert!(missing.stderr.contains("there is no file none.toml"), "{}", missing.stderr);
}

#[test]
fn what_is_sound_is_gone_by() {
    let home = Home::at("http://127.0.0.1:9", "k");
    let data = home.path("data").display().to_string();
    let files: Vec<_> = fixtures("sound").iter().map(|file| private_copy(&home, file)).collect();
    let mut line = vec!["serve", "--json", "--data", &data];
    for (copy, flag) in &files {
        line.extend([*flag, copy.as_str()]);
    }
    assert_eq!(files.len(), 2);
    let mut child = home.bare(&line).stdout(Stdio::piped()).spawn().unwrap();
    let mut said = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut said).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    let said: Value = serde_json::from_str(&said).unwrap();
    assert!(said["url"].as_str().unwrap().starts_with("http://127.0.0.1:"), "{said}");
}
