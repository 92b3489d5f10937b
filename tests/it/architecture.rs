//! The house rules that a compiler does not check.

use std::fs;
use std::path::{Path, PathBuf};

/// Which modules each module may name behind `crate::`. Arrows never point back.
const MAY_USE: &[(&str, &[&str])] = &[
    ("api", &["open_enum"]),
    ("text", &[]),
    ("content", &["api", "text"]),
    ("archive", &["api", "text"]),
    ("query", &["api", "text"]),
    ("tools", &["api", "query", "text"]),
    ("tool_runner", &["tools"]),
    ("client", &["api", "text"]),
    ("server", &["api", "text"]),
    ("model", &["api", "archive", "content", "query", "text", "tools", "viewport"]),
    ("config", &["text", "tools"]),
    ("state", &["api", "model", "tools"]),
    ("keymap", &[]),
    ("theme", &["text"]),
    ("terminal", &["keymap"]),
    ("app", &["api", "archive", "content", "query", "text", "model", "keymap", "tools"]),
    ("ui", &["model", "theme", "text", "content", "query", "keymap", "api", "tools"]),
    (
        "runtime",
        &[
            "api",
            "archive",
            "content",
            "query",
            "text",
            "client",
            "model",
            "state",
            "app",
            "keymap",
            "theme",
            "terminal",
            "ui",
            "tools",
            "tool_runner",
        ],
    ),
    (
        "cli",
        &[
            "api",
            "archive",
            "query",
            "text",
            "config",
            "client",
            "server",
            "state",
            "runtime",
            "app",
            "model",
            "terminal",
            "keymap",
            "theme",
            "tools",
            "tool_runner",
        ],
    ),
];

/// Crates that a layer must stay free of.
const FORBIDDEN_CRATES: &[(&str, &[&str])] = &[
    ("model", &["ratatui", "crossterm", "tokio", "reqwest"]),
    ("query", &["ratatui", "crossterm", "tokio", "reqwest"]),
    ("tools", &["ratatui", "crossterm", "tokio", "reqwest"]),
    ("app", &["ratatui", "crossterm", "tokio", "reqwest"]),
    ("ui", &["tokio", "reqwest", "rusqlite"]),
    ("state", &["tokio", "reqwest", "ratatui"]),
    ("api", &["tokio", "reqwest", "axum", "ratatui"]),
    ("archive", &["tokio", "reqwest", "ratatui", "crossterm"]),
    ("content", &["tokio", "reqwest", "ratatui", "crossterm"]),
];

/// The one file of the model that wraps the text area of a widget library.
const EDITOR: &str = "model/editor.rs";

fn sources(dir: &Path, out: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, out);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            out.push(path);
        }
    }
}

fn files_of(module: &str) -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&root.join(module), &mut files);
    let is_test = |path: &PathBuf| {
        path.file_name().is_some_and(|name| name == "tests.rs")
            || path.components().any(|part| part.as_os_str() == "tests")
    };
    files
        .into_iter()
        .filter(|path| !is_test(path))
        .map(|path| {
            let name = path.strip_prefix(&root).unwrap().display().to_string();
            (name, fs::read_to_string(&path).unwrap())
        })
        .collect()
}

/// The code of a file, without its comments and without its tests.
fn code(source: &str) -> String {
    let end = source.find("#[cfg(test)]").unwrap_or(source.len());
    let lines = source[..end].lines().filter(|line| !line.trim_start().starts_with("//"));
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn arrows_never_point_back() {
    for (module, allowed) in MAY_USE {
        for (name, source) in files_of(module) {
            for part in code(&source).split("crate::").skip(1) {
                let end = part.find(|c: char| !c.is_alphanumeric() && c != '_');
                let target = &part[..end.unwrap_or(part.len())];
                let fine = target == *module || allowed.contains(&target) || target.is_empty();
                assert!(fine, "{name} names crate::{target}, which {module} may not know");
            }
        }
    }
}

#[test]
fn layers_stay_free_of_what_is_not_theirs() {
    for (module, forbidden) in FORBIDDEN_CRATES {
        for (name, source) in files_of(module) {
            for guest in *forbidden {
                let named = code(&source).contains(&format!("{guest}::"));
                assert!(!named || name == EDITOR, "{name} names {guest}");
            }
        }
    }
}

#[test]
fn no_file_grows_into_two_rooms() {
    for (module, _) in MAY_USE {
        for (name, source) in files_of(module) {
            let lines = code(&source).lines().count();
            assert!(lines <= 560, "{name} has {lines} lines of code: what second thing is in it?");
        }
    }
}

#[test]
fn every_module_of_the_house_says_what_it_is() {
    for (module, _) in MAY_USE {
        for (name, source) in files_of(module) {
            assert!(source.starts_with("//!"), "{name} does not begin with what it owns");
        }
    }
}
