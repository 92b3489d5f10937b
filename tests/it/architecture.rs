//! The house rules that a compiler does not check.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use crate::sources::{Source, library};

/// Which modules each module may name behind `crate::`. Arrows never point back.
const MAY_USE: &[(&str, &[&str])] = &[
    ("api", &["open_enum"]),
    ("text", &[]),
    ("canvas", &["text"]),
    ("viewport", &[]),
    ("action", &["viewport"]),
    ("content", &["api", "text"]),
    ("archive", &["api", "text"]),
    ("query", &["api", "text"]),
    ("tools", &["api", "query", "text"]),
    ("tool_runner", &["tools"]),
    ("trust", &[]),
    ("client", &["api", "text", "trust"]),
    // What its tools do with files and programs is what the screen does with them.
    ("server", &["api", "content", "text", "tool_runner", "tools", "trust"]),
    ("watcher", &["api", "client", "model"]),
    ("model", &["api", "archive", "query", "text", "tools", "viewport"]),
    ("export", &["api", "archive", "model", "text"]),
    (
        "view",
        &[
            "action", "api", "archive", "content", "export", "model", "query", "text", "tools",
            "viewport",
        ],
    ),
    ("config", &["text", "tools"]),
    ("state", &["api", "model", "text", "tools"]),
    ("keymap", &[]),
    ("theme", &["canvas", "text"]),
    ("terminal", &["canvas", "keymap"]),
    (
        "app",
        &[
            "action", "api", "archive", "content", "export", "query", "text", "model", "view",
            "keymap", "tools", "viewport",
        ],
    ),
    (
        "ui",
        &[
            "action", "canvas", "model", "view", "theme", "text", "content", "query", "keymap",
            "api", "tools", "viewport",
        ],
    ),
    (
        "runtime",
        &[
            "api",
            "archive",
            "canvas",
            "content",
            "export",
            "query",
            "text",
            "client",
            "model",
            "view",
            "state",
            "app",
            "keymap",
            "theme",
            "terminal",
            "ui",
            "tools",
            "tool_runner",
            "watcher",
        ],
    ),
    (
        "cli",
        &[
            "api",
            "archive",
            "export",
            "query",
            "text",
            "config",
            "client",
            "server",
            "state",
            "runtime",
            "app",
            "model",
            "view",
            "terminal",
            "keymap",
            "theme",
            "tools",
            "tool_runner",
            "watcher",
        ],
    ),
    ("main", &["cli"]),
];

/// Crates that a layer must stay free of.
const FORBIDDEN_CRATES: &[(&str, &[&str])] = &[
    ("model", &["tokio", "reqwest"]),
    ("view", &["tokio", "reqwest"]),
    ("query", &["tokio", "reqwest"]),
    ("tools", &["tokio", "reqwest"]),
    ("app", &["tokio", "reqwest"]),
    ("ui", &["tokio", "reqwest", "rusqlite"]),
    ("state", &["tokio", "reqwest"]),
    ("api", &["tokio", "reqwest", "axum"]),
    ("archive", &["tokio", "reqwest"]),
    ("content", &["tokio", "reqwest"]),
    ("export", &["tokio", "reqwest"]),
];

/// Lines of code that a file may have.
const LIMIT: usize = 560;

/// Files that are longer until they are split; the list has no room for others.
const TOO_LONG: &[&str] = &[];

/// Where the largest circle of files that name each other is watched, and how many may be in it.
/// It may only become smaller.
const CIRCLE: (&[&str], usize) = (&["app", "update"], 17);

fn allowed(house: &str) -> &'static [&'static str] {
    let entry = MAY_USE.iter().find(|(name, _)| *name == house);
    entry.unwrap_or_else(|| panic!("{house} has no entry in MAY_USE")).1
}

#[test]
fn every_module_of_the_house_has_its_arrows() {
    let root = library().iter().find(|file| file.name == "lib.rs").unwrap();
    let mut houses: Vec<_> = root.children.iter().map(String::as_str).chain(["main"]).collect();
    let mut entries: Vec<_> = MAY_USE.iter().map(|(name, _)| *name).collect();
    houses.sort_unstable();
    entries.sort_unstable();
    assert_eq!(entries, houses, "MAY_USE and lib.rs do not hold the same modules");
}

#[test]
fn arrows_never_point_back() {
    for file in library().iter().filter(|file| file.name != "lib.rs") {
        let house = file.house();
        for path in file.paths() {
            let Some(target) = path.first() else { continue };
            let fine = *target == house || allowed(house).contains(target);
            assert!(fine, "{} names {target}, which {house} may not know", file.name);
        }
    }
}

#[test]
fn layers_stay_free_of_what_is_not_theirs() {
    for file in library() {
        let entry = FORBIDDEN_CRATES.iter().find(|(house, _)| *house == file.house());
        for guest in entry.map_or(&[] as &[&str], |(_, guests)| guests) {
            let named = file.code.contains(&format!("{guest}::"));
            assert!(!named, "{} names {guest}", file.name);
        }
    }
}

/// Where words are made of a moment: by the clock of a person, and as the service writes it. The
/// third is asked by the header and the link alone.
const TELLS_TIME: &[&str] = &["text/wall_clock.rs", "api/time.rs"];

/// So that one screen, and one output, has one zone and no time without its day.
#[test]
fn nothing_else_makes_words_of_a_moment() {
    let by_hand = ["strftime", "to_datetime(", "to_zoned", "to_offset(", "fmt::temporal", "in_tz("];
    let mut found = BTreeSet::new();
    for file in library() {
        // What is written on a clock is read where it is looked for, and a recording keeps the zone.
        let reads = ["model/timeline/reading/wanted.rs", "app/recording.rs"].contains(&&*file.name);
        for way in by_hand.into_iter().filter(|_| !reads) {
            if file.code.contains(way) {
                found.insert(file.name.as_str());
            }
        }
    }
    assert_eq!(found, TELLS_TIME.iter().copied().collect());
}

/// What may reach the terminal by itself: what commands print, and the screen.
const WRITES: &[&str] = &[
    "cli/printer.rs",
    "terminal/check.rs",
    "terminal/keyboard.rs",
    "terminal/screen.rs",
    "terminal/writer.rs",
];

/// So that no command can forget what a terminal would obey.
#[test]
fn nothing_else_writes_to_the_streams() {
    let ways = [
        "print!",
        "println!",
        "dbg!",
        "io::stdout",
        "io::stderr",
        " stdout()",
        " stderr()",
        "{stdout",
        "{stderr",
        ".print()",
        "prompt_password",
        "/dev/tty",
        "/dev/stdout",
        "/dev/stderr",
    ];
    let mut found = BTreeSet::new();
    for file in library() {
        if ways.iter().any(|way| file.code.contains(way)) {
            found.insert(file.name.as_str());
        }
    }
    assert_eq!(found, WRITES.iter().copied().collect());
}

/// So that no program is started with our secrets in its environment.
#[test]
fn other_programs_are_started_in_one_place() {
    let starts = |file: &&Source| file.code.replace("ToolCommand", "").contains("Command::new(");
    let found: Vec<_> = library().iter().filter(starts).map(|file| file.name.as_str()).collect();
    assert_eq!(found, ["tool_runner/child.rs"]);
}

#[test]
fn no_file_grows_into_two_rooms() {
    let mut houses = BTreeMap::new();
    for file in library() {
        let lines = file.code.lines().count();
        *houses.entry(file.house()).or_insert(0) += lines;
        let fits = lines <= LIMIT;
        let name = file.name.as_str();
        assert!(
            fits || TOO_LONG.contains(&name),
            "{name} has {lines} lines of code: what second thing is in it?"
        );
        assert!(!fits || !TOO_LONG.contains(&name), "{name} is no longer too long");
    }
    println!("{:>7} lines of code", houses.values().sum::<usize>());
    for (house, lines) in houses {
        println!("{lines:>7} {house}");
    }
}

#[test]
fn the_largest_circle_of_files_does_not_grow() {
    let (room, most) = CIRCLE;
    let circle = largest_circle(room);
    println!("{} files of {} in one circle: {}", circle.len(), room.join("/"), circle.join(" "));
    assert!(circle.len() <= most, "{circle:?}");
}

/// Files below a module of which each comes back to itself by way of all others. A file names
/// another by a path into it, from the root, a parent or the file that declares it. The file of the
/// module itself is left out: it hands work to all others, who name what it declares.
fn largest_circle(room: &[&str]) -> Vec<&'static str> {
    let is_in = |file: &&Source| {
        file.module.len() > room.len() && file.module.iter().take(room.len()).eq(room)
    };
    let files: Vec<_> = library().iter().filter(is_in).collect();
    let holder = |path: &[&str]| {
        let holds = |file: &Source| path.iter().take(file.module.len()).eq(&file.module);
        let holders = (0..files.len()).filter(|at| holds(files[*at]));
        holders.max_by_key(|at| files[*at].module.len())
    };
    let names: Vec<BTreeSet<usize>> = files
        .iter()
        .map(|file| file.paths().iter().filter_map(|path| holder(path)).collect())
        .collect();
    let reached = |from: usize| {
        let (mut reached, mut next) = (BTreeSet::new(), vec![from]);
        while let Some(at) = next.pop() {
            next.extend(names[at].iter().filter(|target| reached.insert(**target)));
        }
        reached
    };
    let reached: Vec<_> = (0..files.len()).map(reached).collect();
    let circles = reached.iter().enumerate().map(|(at, targets)| {
        let back = targets.iter().filter(|target| reached[**target].contains(&at));
        back.map(|target| files[*target].name.as_str()).collect::<Vec<_>>()
    });
    circles.max_by_key(Vec::len).unwrap_or_default()
}

#[test]
fn every_module_of_the_house_says_what_it_is() {
    for file in library() {
        assert!(file.text.starts_with("//!"), "{} does not begin with what it owns", file.name);
    }
}

#[test]
fn every_file_is_compiled() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let known: BTreeSet<&str> = library().iter().map(|file| file.name.as_str()).collect();
    let mut folders = vec![src.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let name = path.strip_prefix(&src).unwrap().to_string_lossy().into_owned();
            // Modules of tests are left out of the library: the lint for dead code is theirs.
            let is_test =
                name.split('/').any(|part| part.contains("test") || part == "scripted.rs");
            let is_rust = path.extension().is_some_and(|extension| extension == "rs");
            assert!(!is_rust || is_test || known.contains(name.as_str()), "no `mod` holds {name}");
        }
    }
}
