//! Where keys are kept between runs: the keyring of the desktop, else a file that only its owner
//! can read.
//!
//! The keyring is reached through the tool that comes with it (`secret-tool`, `security`), which
//! takes the secret on stdin, so that it is on no command line; a library for it would bring a
//! whole message bus along. The file says for each profile which of the two holds its key.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;
use toml::{Table, Value};
use zeroize::Zeroizing;

use super::exit::Failure;
use crate::tool_runner::program;

const SERVICE: &str = "foretop";
/// A locked keyring asks on a desktop that nobody may be looking at.
const KEYRING_DEADLINE: Duration = Duration::from_secs(20);

pub(super) enum KeyStore {
    File(Zeroizing<String>),
    Keyring,
}

/// What the credentials file says of a profile; `None` when nothing is stored.
pub(super) fn store_of(path: &Path, profile: &str) -> Result<Option<KeyStore>, Failure> {
    let table = load(path)?;
    let Some(entry) = table.get(profile).and_then(Value::as_table) else { return Ok(None) };
    if entry.get("keyring").and_then(Value::as_bool) == Some(true) {
        return Ok(Some(KeyStore::Keyring));
    }
    let secret = entry.get("secret").and_then(Value::as_str);
    Ok(secret.map(|secret| KeyStore::File(Zeroizing::new(secret.to_owned()))))
}

/// Stores a secret, `None` meaning that the keyring has it.
pub(super) fn remember(path: &Path, profile: &str, secret: Option<&str>) -> Result<(), Failure> {
    let mut table = load(path)?;
    let mut entry = Table::new();
    match secret {
        Some(secret) => entry.insert("secret".to_owned(), Value::String(secret.to_owned())),
        None => entry.insert("keyring".to_owned(), Value::Boolean(true)),
    };
    table.insert(profile.to_owned(), Value::Table(entry));
    save(path, &table)
}

/// Keeps a secret in the keyring, else in the file, and says where.
pub(super) async fn keep(path: &Path, profile: &str, secret: &str) -> Result<String, Failure> {
    let in_keyring = to_keyring(profile, secret).await.is_ok();
    remember(path, profile, (!in_keyring).then_some(secret))?;
    Ok(if in_keyring { "the keyring".to_owned() } else { path.display().to_string() })
}

/// Forgets it, wherever it is; says whether there was something.
pub(super) async fn drop_key(path: &Path, profile: &str) -> Result<bool, Failure> {
    if let Some(KeyStore::Keyring) = store_of(path, profile)? {
        clear_keyring(profile).await?;
    }
    forget(path, profile)
}

/// Says whether there was something to forget.
fn forget(path: &Path, profile: &str) -> Result<bool, Failure> {
    let mut table = load(path)?;
    let had = table.remove(profile).is_some();
    if had {
        save(path, &table)?;
    }
    Ok(had)
}

fn load(path: &Path) -> Result<Table, Failure> {
    let at = |why: String| Failure::usage(format!("{}: {why}", path.display()));
    let metadata = match fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Table::new()),
        Err(error) => return Err(at(error.to_string())),
    };
    if metadata.permissions().mode() & 0o077 != 0 {
        return Err(at("others can read this file with keys in it; chmod 600 it".to_owned()));
    }
    let text = Zeroizing::new(fs::read_to_string(path).map_err(|error| at(error.to_string()))?);
    // What is wrong may be the key itself, so that nothing of it is quoted.
    text.parse().map_err(|_| at("it is not the TOML that `foretop auth login` writes".to_owned()))
}

fn save(path: &Path, table: &Table) -> Result<(), Failure> {
    let failed =
        |error: std::io::Error| Failure::other(format!("cannot write {}: {error}", path.display()));
    let directory = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(directory).map_err(failed)?;
    // Complete under another name first: a full disk must not cost the keys that were there.
    let partial = path.with_extension("partial");
    let _ = fs::remove_file(&partial);
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&partial)
        .map_err(failed)?;
    let text = Zeroizing::new(table.to_string());
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(failed)?;
    fs::rename(&partial, path).map_err(failed)
}

/// The keyring's own tool on this system.
struct Tool {
    program: &'static str,
    lookup: Vec<String>,
    store: Vec<String>,
    clear: Vec<String>,
    /// What goes to stdin for storing.
    input: fn(&str, &str) -> Zeroizing<String>,
}

fn tool(profile: &str) -> Tool {
    let owned = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
    if cfg!(target_os = "macos") {
        return Tool {
            program: "security",
            lookup: owned(&["find-generic-password", "-s", SERVICE, "-a", profile, "-w"]),
            store: owned(&["-i"]),
            clear: owned(&["delete-generic-password", "-s", SERVICE, "-a", profile]),
            input: |profile, secret| {
                format!("add-generic-password -U -s {SERVICE} -a \"{profile}\" -w \"{secret}\"\n")
                    .into()
            },
        };
    }
    let label = format!("--label=foretop profile {profile}");
    Tool {
        program: "secret-tool",
        lookup: owned(&["lookup", "service", SERVICE, "profile", profile]),
        store: owned(&["store", &label, "service", SERVICE, "profile", profile]),
        clear: owned(&["clear", "service", SERVICE, "profile", profile]),
        input: |_, secret| secret.to_owned().into(),
    }
}

pub(super) async fn from_keyring(profile: &str) -> Result<Zeroizing<String>, Failure> {
    let tool = tool(profile);
    let output = run(tool.program, &tool.lookup, None).await?;
    let secret = Zeroizing::new(String::from_utf8_lossy(&output).trim().to_owned());
    if secret.is_empty() {
        let why = format!(
            "the keyring has no key for the profile \"{profile}\"; `foretop auth login` stores one"
        );
        return Err(Failure::new(super::exit::Code::Denied, why));
    }
    Ok(secret)
}

pub(super) async fn to_keyring(profile: &str, secret: &str) -> Result<(), Failure> {
    let tool = tool(profile);
    let input = (tool.input)(profile, secret);
    run(tool.program, &tool.store, Some(&input)).await.map(drop)
}

async fn clear_keyring(profile: &str) -> Result<(), Failure> {
    let tool = tool(profile);
    run(tool.program, &tool.clear, None).await.map(drop)
}

async fn run(
    name: &str,
    arguments: &[String],
    input: Option<&str>,
) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let failed = |why: String| Failure::other(format!("the keyring ({name}) failed: {why}"));
    let mut child = Command::from(program(name))
        .args(arguments)
        .stdin(if input.is_some() { Stdio::piped() } else { Stdio::null() })
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| failed(error.to_string()))?;
    if let (Some(input), Some(mut pipe)) = (input, child.stdin.take()) {
        pipe.write_all(input.as_bytes()).await.map_err(|error| failed(error.to_string()))?;
    }
    let output = tokio::time::timeout(KEYRING_DEADLINE, child.wait_with_output())
        .await
        .map_err(|_| failed("no answer; it may be locked".to_owned()))?
        .map_err(|error| failed(error.to_string()))?;
    let stdout = Zeroizing::new(output.stdout);
    if output.status.success() {
        return Ok(stdout);
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let said = crate::text::sanitize::preview(said.trim(), 200);
    Err(failed(if said.is_empty() { output.status.to_string() } else { said }))
}
