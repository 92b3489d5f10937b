//! The pages for people tell the truth: their links lead somewhere, and the commands that they show run.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::io::{BufRead as _, BufReader};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use pulldown_cmark::{CodeBlockKind, Event, LinkType, Options, Parser, Tag, TagEnd};
use regex::Regex;

use crate::demo::demo;
use crate::pty::Pty;
use crate::stage::Stage;
use crate::verbs::{Home, ran};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// A page: where it is in the sources, and its text.
type Pages = BTreeMap<PathBuf, String>;

fn pages() -> Pages {
    let names = ["README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"];
    let mut pages: Vec<PathBuf> = names.iter().map(PathBuf::from).collect();
    for directory in ["docs", "docs/pictures"] {
        let entries = std::fs::read_dir(Path::new(ROOT).join(directory)).unwrap();
        let names = entries.map(|entry| Path::new(directory).join(entry.unwrap().file_name()));
        pages.extend(names.filter(|name| name.extension().is_some_and(|kind| kind == "md")));
    }
    let text = |page: &PathBuf| std::fs::read_to_string(Path::new(ROOT).join(page)).unwrap();
    pages.into_iter().map(|page| (page.clone(), text(&page))).collect()
}

fn parsed(text: &str) -> Parser<'_> {
    Parser::new_ext(text, Options::ENABLE_TABLES)
}

/// What a page's headings are called in links, as the usual hosts make it of their words.
fn anchors(text: &str) -> BTreeSet<String> {
    let (mut heading, mut anchors) = (None, BTreeSet::new());
    for event in parsed(text) {
        match event {
            Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
            Event::Text(words) | Event::Code(words) => {
                if let Some(heading) = &mut heading {
                    heading.push_str(&words);
                }
            }
            Event::End(TagEnd::Heading(_)) => {
                let words = heading.take().unwrap_or_default().to_lowercase();
                let kept = |c: &char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_');
                let anchor: String = words.chars().filter(kept).collect();
                anchors.insert(anchor.replace(' ', "-"));
            }
            _ => {}
        }
    }
    anchors
}

/// Where a page's links and pictures lead.
fn links(text: &str) -> Vec<String> {
    let attribute = Regex::new(r#"(?:src|srcset|href)="([^"]+)""#).unwrap();
    let mut links = Vec::new();
    for event in parsed(text) {
        match event {
            Event::Start(Tag::Link { link_type, dest_url, .. })
                if !matches!(link_type, LinkType::Autolink | LinkType::Email) =>
            {
                links.push(dest_url.into_string());
            }
            Event::Start(Tag::Image { dest_url, .. }) => links.push(dest_url.into_string()),
            Event::Html(html) | Event::InlineHtml(html) => {
                links.extend(attribute.captures_iter(&html).map(|found| found[1].to_owned()));
            }
            _ => {}
        }
    }
    links
}

#[test]
fn every_link_of_a_page_leads_somewhere() {
    let pages = pages();
    let (mut followed, mut broken) = (0, Vec::new());
    for (page, text) in &pages {
        let beside = page.parent().unwrap();
        for link in links(text).into_iter().filter(|link| !link.contains("://")) {
            followed += 1;
            let (path, anchor) = link.split_once('#').unwrap_or((&link, ""));
            let target = if path.is_empty() { page.clone() } else { tidy(&beside.join(path)) };
            let exists = Path::new(ROOT).join(&target).exists();
            let anchored = anchor.is_empty()
                || pages.get(&target).is_some_and(|text| anchors(text).contains(anchor));
            if !exists || !anchored {
                broken.push(format!("{}: {link}", page.display()));
            }
        }
    }
    assert_eq!(broken, Vec::<String>::new());
    assert!(followed > 80, "{followed}");
}

/// The same without `..`.
fn tidy(path: &Path) -> PathBuf {
    let mut tidy = PathBuf::new();
    for part in path {
        if part == ".." {
            tidy.pop();
        } else {
            tidy.push(part);
        }
    }
    tidy
}

#[test]
fn every_page_is_in_the_index() {
    let pages = pages();
    let index = links(&pages[Path::new("docs/README.md")]);
    for page in pages.keys() {
        let name = page.to_string_lossy();
        // Parts of a page are reached from it.
        let is_part = name.strip_prefix("docs/models").is_some_and(|rest| rest.starts_with('-'));
        if let Some(name) =
            name.strip_prefix("docs/").filter(|name| *name != "README.md" && !is_part)
        {
            assert!(index.iter().any(|link| link == name), "{name} is not in docs/README.md");
        }
    }
}

/// The lines that a page shows for a shell, without what tells people of them.
fn shown(text: &str) -> Vec<String> {
    let (mut is_shell, mut lines) = (false, Vec::new());
    for event in parsed(text) {
        match event {
            Event::Start(Tag::CodeBlock(kind)) => {
                is_shell = matches!(kind, CodeBlockKind::Fenced(language) if &*language == "sh");
            }
            Event::End(TagEnd::CodeBlock) => is_shell = false,
            Event::Text(block) if is_shell => {
                let block = block.lines().map(|line| line.split(" #").next().unwrap().trim());
                lines.extend(block.filter(|line| !line.is_empty()).map(str::to_owned));
            }
            _ => {}
        }
    }
    lines
}

/// How a command comes to its end.
enum Course {
    ByItself,
    /// Its screen says the first, and is left by the second.
    Screen(&'static str, &'static str),
    /// It serves until it is told to stop.
    Serves,
}

fn course(line: &str) -> Course {
    let serves = line.contains("serve --data") && !line.contains("--backup");
    if line.contains("--replay") {
        Course::Screen("message ", "q")
    } else if line.contains("foretop open") {
        Course::Screen("BROWSE", "Q")
    } else if serves && !line.ends_with("--check") {
        Course::Serves
    } else if !line.contains("--plain")
        && ["--demo", "foretop --url", "foretop --profile"].iter().any(|words| line.contains(words))
    {
        Course::Screen("NEEDS YOU", "Q")
    } else {
        Course::ByItself
    }
}

/// The line with the names of this stage in place of the invented ones, and an end to what has none.
fn here(line: &str, stage: &Stage) -> String {
    let url = stage.server.url();
    let mut line = line.replace("https://api.vectara.io", &url);
    line =
        line.replace("https://stage.example", &url).replace("--client-id me", "--client-id owner");
    line = line.replace("your-key", stage.server.token().reveal());
    if line.contains("auth login") {
        // Never the keyring of whoever runs this.
        line.push_str(" --store file --no-input");
    }
    line = line.replace("tail -f", "tail").replace(" | source", "");
    match line.split_once(" --exec") {
        Some((watch, _)) if line.starts_with("foretop watch") => format!("{watch} --once"),
        _ => line,
    }
}

/// A shell with that line, which finds this foretop and nothing of the tester's own.
fn shell(home: &Home, line: &str) -> Command {
    // These say themselves what they are about.
    let is_alone = ["auth", "--profile", "VECTARA_API_KEY="].iter().any(|word| line.contains(word));
    let foretop = if is_alone { home.bare(&[]) } else { home.command(&[]) };
    let mut shell = Command::new("bash");
    shell.args(["-c", line]).current_dir(home.dir.path());
    for (name, value) in foretop.get_envs() {
        match value {
            Some(value) => shell.env(name, value),
            None => shell.env_remove(name),
        };
    }
    let mut path = OsString::from(Path::new(env!("CARGO_BIN_EXE_foretop")).parent().unwrap());
    path.push(":");
    path.push(std::env::var_os("PATH").unwrap_or_default());
    shell.env("PATH", path);
    shell
}

/// The same in a terminal: words for `env`.
fn words(shell: &Command, line: &str) -> Vec<String> {
    let mut words = Vec::new();
    for (name, _) in shell.get_envs().filter(|(_, value)| value.is_none()) {
        words.extend(["-u".to_owned(), name.to_str().unwrap().to_owned()]);
    }
    for (name, value) in shell.get_envs() {
        let value = value.map(|value| value.to_str().unwrap());
        words.extend(value.map(|value| format!("{}={value}", name.to_str().unwrap())));
    }
    words.extend(["bash".to_owned(), "-c".to_owned(), format!("cd && {line}")]);
    words
}

/// A server that a page starts, until it has said where it is.
fn serving(mut shell: Command) -> Child {
    let mut server = shell.process_group(0).stdout(Stdio::piped()).spawn().unwrap();
    let said = BufReader::new(server.stdout.take().unwrap()).lines().map_while(Result::ok);
    assert!(said.take(50).any(|line| line.contains("http://127.0.0.1:")), "{shell:?}");
    server
}

#[tokio::test(flavor = "multi_thread")]
async fn every_command_that_a_page_shows_does_what_it_says() {
    let stage = demo().await;
    let home = Home::of(&stage);
    let (mut seen, mut servers) = (BTreeSet::new(), Vec::new());
    // What was asked first stands in other pages as well; agents with models need a model.
    let first = [PathBuf::from("README.md"), PathBuf::from("docs/command-line.md")];
    let mut pages = pages();
    let first: Vec<String> = first.iter().filter_map(|page| pages.remove(page)).collect();
    pages.retain(|page, _| !page.starts_with("docs/models.md") && page.starts_with("docs"));
    pages.retain(|page, _| !page.to_string_lossy().contains("models-"));
    for line in first.iter().chain(pages.values()).flat_map(|text| shown(text)) {
        if line.starts_with("cargo ") || !seen.insert(line.clone()) {
            continue;
        }
        let run = here(&line, &stage);
        let shell = shell(&home, &run);
        match course(&line) {
            Course::ByItself => {
                let key =
                    if line.contains("auth login") { stage.server.token().reveal() } else { "" };
                let ran = ran(shell, key).await;
                assert_eq!(ran.code, 0, "{line}: {}{}", ran.stdout, ran.stderr);
                let is_told = !ran.stdout.is_empty() || !ran.stderr.is_empty();
                assert!(is_told || !line.starts_with("foretop"), "{line} says nothing");
            }
            Course::Screen(says, leave) => {
                let words = words(&shell, &run);
                let ended = tokio::task::spawn_blocking(move || {
                    let words: Vec<&str> = words.iter().map(String::as_str).collect();
                    let mut screen = Pty::run("env", &words, 36, 120);
                    screen.sees(says);
                    screen.type_keys(leave);
                    screen.ends().0
                });
                assert_eq!(ended.await.unwrap(), 0, "{line}");
            }
            Course::Serves => {
                servers.push(tokio::task::spawn_blocking(|| serving(shell)).await.unwrap());
            }
        }
    }
    for mut server in servers {
        let pid = rustix::process::Pid::from_child(&server);
        rustix::process::kill_process_group(pid, rustix::process::Signal::TERM).unwrap();
        server.wait().unwrap();
    }
    assert!(seen.len() > 30, "{seen:?}");
}

/// The code without its tests, file by file.
fn sources() -> Vec<String> {
    let mut directories = vec![Path::new(ROOT).join("src")];
    let mut sources = Vec::new();
    while let Some(directory) = directories.pop() {
        for entry in std::fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            if path.is_dir() && name != "tests" {
                directories.push(path);
            } else if path.extension().is_some_and(|kind| kind == "rs") && !name.contains("tests") {
                let text = std::fs::read_to_string(&path).unwrap();
                let code = text.split("#[cfg(test)]\nmod tests").next().unwrap();
                sources.push(code.to_owned());
            }
        }
    }
    sources
}

/// Names of variables in the code: by how they begin or end, and by what asks for them.
fn variables() -> BTreeSet<String> {
    let named = Regex::new(
        "\"((?:FORETOP|VECTARA|XDG|SSH|SSL|LC|TERM|KITTY|NO|CLICOLOR)_[A-Z_]+|[A-Z_]+_(?:PROXY|API_KEY))\"",
    );
    let asked = Regex::new(
        "(?:\\b(?:var|var_os|variable|set|is_set|value)\\(|\\benv = )\"([A-Z][A-Z_]+)\"",
    );
    let rules = [named.unwrap(), asked.unwrap()];
    let sources = sources();
    let found = rules.iter().flat_map(|rule| {
        sources.iter().flat_map(|code| rule.captures_iter(code).map(|found| found[1].to_owned()))
    });
    // Of the build.
    found.filter(|name| name != "FORETOP_VERSION" && !name.starts_with("CARGO_")).collect()
}

#[tokio::test]
async fn the_manual_page_has_every_exit_code_and_every_variable_that_is_read() {
    let home = Home::at("http://127.0.0.1:9", "k");
    let page = ran(home.bare(&["man"]), "").await.stdout.replace("\\-", "-");
    let section = |name: &str| {
        let heading = [format!(".SH {name}\n"), format!(".SH \"{name}\"\n")];
        let rest = heading.iter().find_map(|heading| page.split_once(heading));
        let (_, rest) = rest.unwrap_or_else(|| panic!("no {name} in {page}"));
        rest.split("\n.SH ").next().unwrap()
    };
    let variables = variables();
    assert!(variables.len() > 30, "{variables:?}");
    let environment = section("ENVIRONMENT");
    for name in &variables {
        let bold = format!("\\fB{name}\\fR");
        assert!(
            environment.contains(&bold),
            "{name} is read; it wants a row in cli/environment.rs"
        );
    }
    let codes = Regex::new(r"(?m)^    [A-Z]\w+ = (\d+),$").unwrap();
    let exit = std::fs::read_to_string(Path::new(ROOT).join("src/cli/exit.rs")).unwrap();
    let codes: Vec<String> = codes.captures_iter(&exit).map(|code| code[1].to_owned()).collect();
    assert!(codes.len() >= 12, "{codes:?}");
    for code in codes.iter().chain([&"0".to_owned()]) {
        let bold = format!("\\fB{code}\\fR");
        assert!(section("EXIT STATUS").contains(&bold), "{code} wants a meaning in cli/exit.rs");
    }
    for name in ["EXAMPLES", "FILES"] {
        assert!(section(name).contains("foretop"), "{name}");
    }
}
