//! What `--version` says beside the number: the commit and its day, where they are known.
//!
//! They are for releases; elsewhere they would change with every commit and build all anew. Without git,
//! as from an archive, nothing is said, unless the archive tells its commit (`.cargo_vcs_info.json`).
//! `SOURCE_DATE_EPOCH` stands above the day of the commit. The same sources give the same words.

use std::path::Path;
use std::process::Command;

const OTHER_SYSTEM: &str = "foretop runs on Linux and macOS. On Windows use it inside WSL, or over SSH on a machine \
     that has it.";

fn main() {
    let of_unix = std::env::var("CARGO_CFG_TARGET_FAMILY").is_ok_and(|family| family == "unix");
    if !of_unix {
        // One sentence instead of what the compiler would say of every file.
        println!("cargo::error={OTHER_SYSTEM}");
        return;
    }
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-env-changed=SOURCE_DATE_EPOCH");
    let version = std::env::var("CARGO_PKG_VERSION").unwrap_or_default();
    let is_release = std::env::var("PROFILE").is_ok_and(|profile| profile == "release");
    let about = if is_release { about() } else { None };
    let version = match about {
        Some(about) => format!("{version} ({about})"),
        None => version,
    };
    println!("cargo:rustc-env=FORETOP_VERSION={version}");
}

fn about() -> Option<String> {
    // Whatever changes may be a commit, or make the sources others than those of the commit.
    for path in [".git/HEAD", ".git/refs", ".git/packed-refs", ".cargo_vcs_info.json"] {
        if Path::new(path).exists() {
            println!("cargo:rerun-if-changed={path}");
        }
    }
    for path in ["src", "assets", "themes", "Cargo.toml", "Cargo.lock"] {
        println!("cargo:rerun-if-changed={path}");
    }
    let of_archive = std::fs::read_to_string(".cargo_vcs_info.json").ok();
    let (commit, day) = match of_archive.as_deref().and_then(commit_of_archive) {
        Some(commit) => (commit, None),
        None => commit_of_git()?,
    };
    let day = std::env::var("SOURCE_DATE_EPOCH").ok().and_then(|epoch| day_of(&epoch)).or(day);
    Some(match day {
        Some(day) => format!("{commit} {day}"),
        None => commit,
    })
}

/// What `cargo package` writes: `{"git": {"sha1": "…"}}`. Dirty sources are of no commit.
fn commit_of_archive(text: &str) -> Option<String> {
    let is_dirty = text.contains("\"dirty\": true");
    let sha = text.split("\"sha1\"").nth(1)?.split('"').nth(1)?;
    let is_sha = sha.len() >= 40 && sha.bytes().all(|byte| byte.is_ascii_hexdigit());
    (is_sha && !is_dirty).then(|| sha[..12].to_owned())
}

fn commit_of_git() -> Option<(String, Option<String>)> {
    // An archive that lies in somebody else's checkout is of no commit there.
    let top = git(&["rev-parse", "--show-toplevel"])?;
    let here = std::fs::canonicalize(std::env::var_os("CARGO_MANIFEST_DIR")?).ok()?;
    if std::fs::canonicalize(top).ok()? != here {
        return None;
    }
    let mut commit = git(&["rev-parse", "--short=12", "HEAD"])?;
    if !git(&["status", "--porcelain", "--untracked-files=no"])?.is_empty() {
        commit.push_str("-modified");
    }
    let day = git(&["show", "-s", "--date=format-local:%Y-%m-%d", "--format=%cd", "HEAD"]);
    Some((commit, day))
}

fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).env("TZ", "UTC").output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned())
}

/// The day, in UTC, of so many seconds since 1970 (days by the civil calendar, eras of 400 years).
fn day_of(epoch: &str) -> Option<String> {
    let days = epoch.trim().parse::<i64>().ok()?.div_euclid(86_400) + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year + era * 400 + i64::from(month <= 2);
    Some(format!("{year:04}-{month:02}-{day:02}"))
}
