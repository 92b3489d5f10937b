//! The sources of the library as the compiler reads them: file by file along the `mod` lines,
//! without comments, texts and tests.
//!
//! Start with [`library`]. This is no parser of Rust: it knows what a comment, a text, a bracket
//! and a path are, which is enough to count lines and to ask who names whom. The invariant: what
//! is left out of [`code`] is never compiled into the command.

use std::fs;
use std::path::Path;
use std::sync::LazyLock;

const TESTS_ONLY: &str = "#[cfg(test)]";

/// A file of `src`.
pub struct Source {
    /// Path below `src`.
    pub name: String,
    /// Path of the module that the file is: `["app", "update"]`.
    pub module: Vec<String>,
    pub text: String,
    /// The text by [`code`].
    pub code: String,
    /// Modules that the file declares and other files hold.
    pub children: Vec<String>,
}

impl Source {
    fn new(name: String, module: Vec<String>, text: String) -> Self {
        let code = code(&text);
        let tokens = tokens(&code);
        let declared = tokens.windows(3).filter(|three| three[0] == "mod" && three[2] == ";");
        let children = declared.map(|three| three[1].to_owned()).collect();
        Self { name, module, text, code, children }
    }

    fn read(name: String, module: Vec<String>) -> Option<Self> {
        let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let text = fs::read_to_string(src.join(&name)).ok()?;
        Some(Self::new(name, module, text))
    }

    /// Module of the house that the file belongs to: `app`, or `lib` and `main` for the two roots.
    pub fn house(&self) -> &str {
        self.module.first().map_or(self.name.trim_end_matches(".rs"), String::as_str)
    }

    /// Paths that the file names, from the root of the library on. Those through a name that a
    /// `use` brought in are left out, because the `use` is here itself.
    pub fn paths(&self) -> Vec<Vec<&str>> {
        let tokens = tokens(&self.code);
        let mut starts = vec!["crate", "foretop", "self", "super"];
        starts.extend(self.children.iter().map(String::as_str));
        let mut paths = Vec::new();
        let mut at = 0;
        while at < tokens.len() {
            let is_head = tokens.get(at + 1) == Some(&"::") && (at == 0 || tokens[at - 1] != "::");
            if is_head && starts.contains(&tokens[at]) {
                let module = self.module.iter().map(String::as_str).collect();
                at = follow(&tokens, at, module, &mut paths);
            } else {
                at += 1;
            }
        }
        paths
    }
}

/// Every file that the library and the command are compiled from.
pub fn library() -> &'static [Source] {
    static LIBRARY: LazyLock<Vec<Source>> = LazyLock::new(|| {
        let roots = ["lib.rs", "main.rs"].map(|name| Source::read(name.to_owned(), Vec::new()));
        let mut files: Vec<_> = roots.into_iter().flatten().collect();
        let mut at = 0;
        while at < files.len() {
            let mut children = held_by(&files[at]);
            files.append(&mut children);
            at += 1;
        }
        files
    });
    &LIBRARY
}

/// Files of the modules that a file declares.
fn held_by(file: &Source) -> Vec<Source> {
    let hold = |child: &String| {
        let module = [file.module.as_slice(), std::slice::from_ref(child)].concat();
        let path = module.join("/");
        let mut names = [format!("{path}.rs"), format!("{path}/mod.rs")].into_iter();
        let found = names.find_map(|name| Source::read(name, module.clone()));
        found.unwrap_or_else(|| panic!("{} declares {child}, which no file holds", file.name))
    };
    file.children.iter().map(hold).collect()
}

/// Code of a file: without the lines that are only comments, without what is compiled for tests
/// alone, and with its texts blotted out.
pub fn code(text: &str) -> String {
    let mut code = blot(text);
    while let Some(start) = code.find(TESTS_ONLY) {
        let body = start + TESTS_ONLY.len();
        let end = body + item(&code[body..]);
        let end = end + usize::from(code[end..].starts_with('\n'));
        let start = code[..start].trim_end_matches(' ').len();
        code.replace_range(start..end, "");
    }
    code
}

/// Length of the item, its other attributes included, that a text begins with.
fn item(text: &str) -> usize {
    let mut depth = 0;
    for (at, char) in text.char_indices() {
        match char {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth -= 1,
            _ => {}
        }
        assert!(depth >= 0, "{TESTS_ONLY} stands on what is no item: {}", &text[..at]);
        if depth == 0 && (char == ';' || char == '}') {
            let end = at + 1;
            return end + usize::from(text[end..].starts_with(';'));
        }
    }
    text.len()
}

/// Blots out texts and takes away comments, with the whole line where nothing else is on it.
fn blot(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['/', '"', '\'']) {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        if let Some(len) = comment(from) {
            rest = &from[len..];
            let line = out.rfind('\n').map_or(0, |at| at + 1);
            if out[line..].trim().is_empty() && rest.starts_with('\n') {
                out.truncate(line);
                rest = &rest[1..];
            }
        } else if let Some(len) = literal(before, from) {
            let chars = from[..len].chars();
            out.extend(chars.map(|char| if char == '\n' { '\n' } else { '"' }));
            rest = &from[len..];
        } else {
            out.push_str(&from[..1]);
            rest = &from[1..];
        }
    }
    out + rest
}

fn comment(text: &str) -> Option<usize> {
    if text.starts_with("//") {
        return Some(text.find('\n').unwrap_or(text.len()));
    }
    let mut depth = 0;
    let mut at = 0;
    loop {
        let rest = &text[at..];
        if rest.starts_with("/*") {
            depth += 1;
            at += 2;
        } else if depth == 0 {
            return (at > 0).then_some(at);
        } else if rest.starts_with("*/") {
            depth -= 1;
            at += 2;
        } else {
            at += rest.chars().next()?.len_utf8();
        }
    }
}

/// Length of the text or character that begins with a quote. A lifetime is neither.
fn literal(before: &str, from: &str) -> Option<usize> {
    let prefix = before.trim_end_matches('#');
    let word = prefix.rsplit(|char| !is_of_a_word(char)).next();
    if from.starts_with('"') && matches!(word, Some("r" | "br" | "cr")) {
        let end = ["\"", &before[prefix.len()..]].concat();
        return Some(1 + from[1..].find(&end)? + 1);
    }
    let quote = from.chars().next().filter(|quote| ['"', '\''].contains(quote))?;
    let escapes = from[1..].starts_with('\\');
    if quote == '\'' && !escapes && from.chars().nth(2) != Some(quote) {
        return None;
    }
    let mut chars = from.char_indices().skip(1);
    while let Some((at, char)) = chars.next() {
        match char {
            '\\' => drop(chars.next()),
            _ if char == quote => return Some(at + 1),
            _ => {}
        }
    }
    None
}

fn is_of_a_word(char: char) -> bool {
    char.is_alphanumeric() || char == '_'
}

/// Length of the word that a text begins with.
fn word(text: &str) -> usize {
    text.find(|char| !is_of_a_word(char)).unwrap_or(text.len())
}

/// Words, `::` and single signs.
fn tokens(code: &str) -> Vec<&str> {
    let mut tokens = Vec::new();
    let mut rest = code.trim_start();
    while let Some(first) = rest.chars().next() {
        let sign = if rest.starts_with("::") { 2 } else { first.len_utf8() };
        let (token, after) = rest.split_at(word(rest).max(sign));
        tokens.push(token);
        rest = after.trim_start();
    }
    tokens
}

/// Follows the path that begins at a token, into each branch of a group, and returns where it ends.
fn follow<'a>(
    tokens: &[&'a str],
    at: usize,
    mut path: Vec<&'a str>,
    paths: &mut Vec<Vec<&'a str>>,
) -> usize {
    let mut at = at;
    match tokens[at] {
        "{" => {
            at += 1;
            while tokens[at] != "}" {
                at = follow(tokens, at, path.clone(), paths);
                // Another name, and the comma.
                while !["}", ","].contains(&tokens[at]) {
                    at += 1;
                }
                at += usize::from(tokens[at] == ",");
            }
            return at + 1;
        }
        "crate" | "foretop" => path.clear(),
        "super" => drop(path.pop()),
        "self" => {}
        name => path.push(name),
    }
    let goes_on = tokens.get(at + 1) == Some(&"::")
        && tokens.get(at + 2).is_some_and(|next| word(next) > 0 || ["{", "*"].contains(next));
    if goes_on {
        return follow(tokens, at + 2, path, paths);
    }
    paths.push(path);
    at + 1
}

#[test]
fn what_follows_a_module_of_tests_is_code() {
    let text = "fn a() {}\n\n#[cfg(test)]\nmod tests {\n    fn b() { [\"}\"; 1] }\n}\nfn c() {}\n";
    assert_eq!(code(text), "fn a() {}\n\nfn c() {}\n");
}

#[test]
fn single_items_and_declared_files_of_tests_are_left_out() {
    let text = "#[cfg(test)]\n#[path = \"x.rs\"]\nmod tests;\nmod a;\nimpl A {\n    #[cfg(test)]\n    \
                fn held(&self, of: [u8; 2]) -> usize {\n        2\n    }\n\n    fn b() {}\n}\n\
                #[cfg(test)]\nuse a::{b, c};\n";
    assert_eq!(code(text), "mod a;\nimpl A {\n\n    fn b() {}\n}\n");
}

#[test]
fn texts_and_comments_hide_what_looks_like_code() {
    for hidden in
        [r##""#[cfg(test)] { \" \\""##, r###"r##"#[cfg(test)] "# { "##"###, "b\"#[cfg(test)]\n{\""]
    {
        let code = code(&format!("let a = {hidden};\nfn b() {{}}\n"));
        let rest =
            code.trim_start_matches(['l', 'e', 't', 'a', '=', ' ', 'b', 'r', '#', '"', '\n']);
        assert_eq!(rest, ";\nfn b() {}\n");
    }
    let text =
        "//! #[cfg(test)]\n/* { /* { */ */\nfn a() { 4 / 2 / 1 } // {\n    // }\n\nfn b() {}\n";
    assert_eq!(code(text), "fn a() { 4 / 2 / 1 } \n\nfn b() {}\n");
}

#[test]
fn a_lifetime_is_no_character() {
    let text = "fn a<'a>(b: &'a str) { c('{', '\\'', b'\"', '\\u{7b}', 'é', 'static) }";
    assert_eq!(
        code(text),
        "fn a<'a>(b: &'a str) { c(\"\"\", \"\"\"\", b\"\"\", \"\"\"\"\"\"\"\", \"\"\", 'static) }"
    );
}

#[test]
fn paths_are_resolved_through_groups_parents_and_children() {
    let code = "mod keys;\nuse crate::{api, model::{self, Model as M}};\nuse super::Msg;\n\
                use std::{fs, io};\npub(super) fn a() { keys::act(super::super::b::<u8>()) }\n";
    let module = vec!["app".to_owned(), "update".to_owned()];
    let file = Source::new(String::new(), module, code.to_owned());
    let paths: Vec<_> = file.paths().iter().map(|path| path.join("::")).collect();
    let expected = ["api", "model", "model::Model", "app::Msg", "app::update::keys::act", "b"];
    assert_eq!(paths, expected);
    assert_eq!(file.children, ["keys"]);
}

#[test]
#[should_panic(expected = "no item")]
fn a_field_for_tests_is_refused_and_not_guessed_at() {
    code("struct A {\n    #[cfg(test)]\n    held: usize,\n    other: usize,\n}\n");
}
