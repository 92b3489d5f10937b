//! Sentences name the keys that there are: whoever moved a key reads its new name.

use std::collections::BTreeSet;

use crate::sources::library;

/// Houses whose sentences are shown on the screen, where keys are those of a keymap.
const ON_SCREEN: [&str; 4] = ["app", "model", "ui", "view"];
/// The first minute has keys of its own, and `:bind` shows how keys are written.
const OWN_KEYS: [&str; 2] = ["app/first_run.rs", "ui/first_run.rs"];
/// What only looks like a key in front of a verb.
const NO_KEYS: [&str; 6] = [
    "x not here",
    ", reversed",
    ", and not {} any more",
    "x fails, ~ runs",
    "(- alone takes it away)",
    "/ hides {hidden}",
];
/// Words and signs of sentences that are keys, too.
const WORDS: [&str; 6] = ["a", "A", ",", ".", "+", ":"];

/// What the keys of the keymap that is compiled in are called, other than Enter, Esc and the like.
fn labels() -> BTreeSet<String> {
    const KEYMAP: &str = include_str!("../../src/keymap/default.toml");
    let table: toml::Table = KEYMAP.parse().unwrap();
    let mut labels = BTreeSet::new();
    for keys in table.values().flat_map(|scope| scope.as_table().unwrap().values()) {
        let one = keys.as_str().map(|keys| vec![keys]);
        let several = || keys.as_array().unwrap().iter().map(|keys| keys.as_str().unwrap());
        for keys in one.unwrap_or_else(|| several().collect()) {
            let held = |key: &str| {
                let held = key.strip_prefix("<c-").and_then(|key| key.strip_suffix('>'));
                held.map(|key| [format!("Ctrl-{key}"), format!("Ctrl-{}", key.to_uppercase())])
            };
            match (keys.split_once(' '), held(keys)) {
                (None, Some(names)) => labels.extend(names),
                (None, None) if keys.starts_with("<f") => {
                    labels.insert(keys.trim_matches(['<', '>']).to_uppercase());
                }
                (None, None) if keys.chars().count() == 1 => {
                    labels.insert(keys.to_owned());
                }
                (Some((first, then)), _) if then.len() == 1 && first.len() == 1 => {
                    labels.extend([format!("{first}{then}"), keys.to_owned()]);
                }
                _ => {}
            }
        }
    }
    labels.retain(|label| !WORDS.contains(&label.as_str()));
    // Panes are called by their numbers.
    labels.retain(|label| !label.chars().all(|digit| digit.is_ascii_digit()));
    labels
}

/// Texts of a source, with lines that go on put together. Enough of Rust for that.
fn texts(source: &str) -> Vec<String> {
    let mut texts = Vec::new();
    let mut rest = source;
    while let Some(at) = rest.find(['"', '/', '\'']) {
        let (skipped, here) = rest.split_at(at);
        rest = &here[1..];
        if here.starts_with("//") {
            rest = here.split_once('\n').map_or("", |(_, rest)| rest);
        } else if here.starts_with("'\"'") || here.starts_with("'\\\"'") || here.starts_with("'/'")
        {
            rest = here.splitn(3, '\'').nth(2).unwrap_or_default();
        } else if here.starts_with('"') {
            let raw = skipped.trim_end_matches('#');
            let hashes = &skipped[raw.len()..];
            if raw.ends_with('r') && (!hashes.is_empty() || here.starts_with('"')) && is_raw(raw) {
                let end = format!("\"{hashes}");
                let (text, after) = rest.split_once(end.as_str()).unwrap_or((rest, ""));
                texts.push(text.to_owned());
                rest = after;
                continue;
            }
            let mut text = String::new();
            let mut chars = rest.char_indices();
            let mut end = rest.len();
            while let Some((at, char)) = chars.next() {
                match char {
                    '"' => {
                        end = at + 1;
                        break;
                    }
                    '\\' => match chars.next() {
                        Some((_, '\n')) => text.push('\n'),
                        Some((_, escaped)) => text.push(escaped),
                        None => {}
                    },
                    _ => text.push(char),
                }
            }
            rest = &rest[end..];
            let lines: Vec<&str> = text.split('\n').collect();
            let joined = lines.iter().enumerate().map(|(at, line)| {
                if at == 0 { (*line).to_owned() } else { line.trim_start().to_owned() }
            });
            texts.push(joined.collect());
        }
    }
    texts
}

/// Whether the `r` in front of a quote is one of its own, and not the end of a name.
fn is_raw(before: &str) -> bool {
    let mut chars = before.chars().rev().skip(1);
    chars.next().is_none_or(|char| !char.is_alphanumeric() && char != '_')
}

/// The key that a text names by the place that it has in the keymap that is compiled in.
fn fixed_key<'a>(text: &str, labels: &'a BTreeSet<String>) -> Option<&'a str> {
    let starts = |at: usize| {
        let before = text[..at].trim_end_matches([' ', '[']);
        before.is_empty()
            || [',', ';', '·', '(', '.'].iter().any(|end| before.ends_with(*end))
            || [" and", " then", " or"].iter().any(|end| before.ends_with(end))
    };
    let names = |label: &&String| {
        text.match_indices(label.as_str()).any(|(at, _)| {
            let behind = text[at + label.len()..].strip_prefix(' ');
            // A verb stands behind it, or another key.
            let verb = behind.is_some_and(|behind| behind.starts_with(|c: char| c.is_lowercase()));
            let free = at == 0 || text[..at].ends_with([' ', '(']);
            verb && free && starts(at)
        })
    };
    if NO_KEYS.iter().any(|known| text.contains(known)) {
        return None;
    }
    labels.iter().find(names).map(String::as_str)
}

#[test]
fn a_key_is_known_by_what_stands_around_it() {
    let labels = labels();
    for (text, key) in [
        ("R asks again", Some("R")),
        ("lost · R tries now", Some("R")),
        ("asking · [[ leads back", Some("[[")),
        ("c and C list it again", Some("C")),
        ("Ctrl-c once more quits", Some("Ctrl-c")),
        ("its bytes; zv shows them", Some("zv")),
        ("it is F2 that", None),
        ("a moment", None),
        ("Enter opens", None),
        ("{key} asks again", None),
    ] {
        assert_eq!(fixed_key(text, &labels).is_some(), key.is_some(), "{text}: {key:?}");
    }
    let texts =
        texts("let a = \"one \\\n     two\"; // \"three\"\nlet b = r#\"four\"#; '\"'; \"five\"");
    assert_eq!(texts, ["one two", "four", "five"]);
}

#[test]
fn no_sentence_names_a_key_by_the_place_it_once_had() {
    let labels = labels();
    let mut fixed = Vec::new();
    let mut looked = 0;
    for file in library().iter().filter(|file| ON_SCREEN.contains(&file.house())) {
        if OWN_KEYS.contains(&file.name.as_str()) {
            continue;
        }
        let source = file.text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
        for text in texts(source) {
            looked += 1;
            if let Some(key) = fixed_key(&text, &labels) {
                fixed.push(format!("{}: {key:?} in {text:?}", file.name));
            }
        }
    }
    assert!(looked > 1_000, "{looked} texts were looked at");
    assert_eq!(fixed, Vec::<String>::new(), "name the key there is: Cx::key, KeyNames::of");
}
