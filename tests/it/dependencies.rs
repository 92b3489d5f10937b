//! What `deny.toml` demands of dependencies, checked with what cargo has here already.
//!
//! Only packages of this platform are looked at: those of others need not have been fetched.

use std::collections::{BTreeMap, BTreeSet};
use std::iter::Peekable;
use std::process::Command;
use std::sync::LazyLock;

use serde::Deserialize;

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    license: Option<String>,
    source: Option<String>,
}

#[derive(Deserialize)]
struct Rules {
    licenses: Licenses,
    bans: Bans,
}

#[derive(Deserialize)]
struct Licenses {
    allow: BTreeSet<String>,
}

#[derive(Deserialize)]
struct Bans {
    skip: BTreeSet<String>,
}

fn cargo(arguments: &[&str]) -> String {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    let output = command.args(arguments).current_dir(env!("CARGO_MANIFEST_DIR")).output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "cargo {arguments:?}: {stderr}");
    String::from_utf8(output.stdout).unwrap()
}

fn packages() -> &'static [Package] {
    static PACKAGES: LazyLock<Vec<Package>> = LazyLock::new(|| {
        let about = cargo(&["-vV"]);
        let host = about.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
        let metadata = ["metadata", "--format-version=1", "--locked", "--offline"];
        let json = cargo(&[&metadata[..], &["--filter-platform", host]].concat());
        serde_json::from_str::<Metadata>(&json).unwrap().packages
    });
    &PACKAGES
}

fn rules() -> Rules {
    toml::from_str(include_str!("../../deny.toml")).unwrap()
}

#[test]
fn every_package_comes_from_the_registry() {
    const REGISTRY: &str = "registry+https://github.com/rust-lang/crates.io-index";
    let foreign = packages().iter().filter(|package| package.source.as_deref() != Some(REGISTRY));
    let foreign: Vec<_> = foreign.map(|package| package.name.as_str()).collect();
    assert_eq!(foreign, ["foretop"]);
}

#[test]
fn every_licence_is_an_allowed_one() {
    let allowed = rules().licenses.allow;
    for Package { name, license, .. } in packages() {
        let license = license.as_deref().unwrap_or_default();
        assert!(is_satisfied(license, &allowed), "{name}: {license:?}");
    }
}

#[test]
fn only_known_packages_come_in_several_versions() {
    // What is only there for features that nobody turns on is among the packages, and is never built.
    let built = ["tree", "--locked", "--offline", "--prefix=none", "--format={p}"];
    let built = cargo(&[&built[..], &["--edges=normal,build,dev"]].concat());
    let mut versions = BTreeMap::<_, BTreeSet<_>>::new();
    for line in built.lines() {
        let mut words = line.split_whitespace();
        if let (Some(name), Some(version)) = (words.next(), words.next()) {
            versions.entry(name).or_default().insert(version);
        }
    }
    versions.retain(|name, versions| versions.len() > 1 && !rules().bans.skip.contains(*name));
    assert!(versions.is_empty(), "{versions:?}");
}

/// Whether the allowed licences are enough for an SPDX expression. A slash is an old "or".
fn is_satisfied(expression: &str, allowed: &BTreeSet<String>) -> bool {
    let spaced = expression.replace('/', " OR ").replace('(', "( ").replace(')', " )");
    let mut words = spaced.split_whitespace().peekable();
    any(&mut words, allowed) && words.next().is_none()
}

fn any<'a>(
    words: &mut Peekable<impl Iterator<Item = &'a str>>,
    allowed: &BTreeSet<String>,
) -> bool {
    let mut fine = all(words, allowed);
    while words.next_if_eq(&"OR").is_some() {
        fine |= all(words, allowed);
    }
    fine
}

fn all<'a>(
    words: &mut Peekable<impl Iterator<Item = &'a str>>,
    allowed: &BTreeSet<String>,
) -> bool {
    let mut fine = one(words, allowed);
    while words.next_if_eq(&"AND").is_some() {
        fine &= one(words, allowed);
    }
    fine
}

fn one<'a>(
    words: &mut Peekable<impl Iterator<Item = &'a str>>,
    allowed: &BTreeSet<String>,
) -> bool {
    let mut license = words.next().unwrap_or_default().to_owned();
    if license == "(" {
        return any(words, allowed) & (words.next() == Some(")"));
    }
    if words.next_if_eq(&"WITH").is_some() {
        license.extend([" WITH ", words.next().unwrap_or_default()]);
    }
    allowed.contains(&license)
}

#[test]
fn an_expression_is_satisfied_by_one_choice_and_by_all_parts() {
    let allowed = BTreeSet::from(["MIT", "ISC"].map(str::to_owned));
    for fine in [
        "MIT",
        "GPL-3.0 OR MIT",
        "GPL-3.0/MIT",
        "(GPL-3.0 OR MIT) AND ISC",
        "GPL-3.0 AND MIT OR ISC",
    ] {
        assert!(is_satisfied(fine, &allowed), "{fine}");
    }
    for bad in [
        "",
        "GPL-3.0",
        "MIT AND GPL-3.0",
        "(MIT OR ISC) AND GPL-3.0",
        "MIT WITH GPL-3.0",
        "MIT MIT",
        "(MIT",
    ] {
        assert!(!is_satisfied(bad, &allowed), "{bad}");
    }
}
