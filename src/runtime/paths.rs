//! Paths as people type them: the home directory, and what a beginning may become.

use std::path::{Path, PathBuf};

/// Names that are offered.
const OFFERED: usize = 40;

/// `~` and `~/…` lead to the home directory.
pub(super) fn expand(typed: &str) -> PathBuf {
    let home = || std::env::var_os("HOME").filter(|home| !home.is_empty());
    let rest = typed.strip_prefix('~').filter(|rest| rest.is_empty() || rest.starts_with('/'));
    match (rest, home()) {
        (Some(rest), Some(home)) => Path::new(&home).join(rest.trim_start_matches('/')),
        _ => PathBuf::from(typed),
    }
}

/// What was typed as far as only one continuation is possible, and the names that it may become.
pub(super) fn complete(typed: &str) -> (String, Vec<String>) {
    let at = typed.rfind('/').map_or(0, |at| at + 1);
    let (directory, beginning) = typed.split_at(at);
    let place = if directory.is_empty() { PathBuf::from(".") } else { expand(directory) };
    let Ok(entries) = std::fs::read_dir(place) else { return (typed.to_owned(), Vec::new()) };
    let mut names: Vec<String> = entries
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            let hidden = name.starts_with('.') && !beginning.starts_with('.');
            let fits = name.starts_with(beginning) && !hidden && !name.contains(char::is_control);
            fits.then(|| if entry.path().is_dir() { format!("{name}/") } else { name })
        })
        .collect();
    names.sort();
    let Some(first) = names.first() else { return (typed.to_owned(), names) };
    let shared = names.iter().fold(first.as_str(), |shared, name| common(shared, name));
    let completed = format!("{directory}{shared}");
    names.truncate(OFFERED);
    (completed, names)
}

/// The beginning that both have.
fn common<'a>(one: &'a str, other: &str) -> &'a str {
    let differs = one.char_indices().zip(other.chars()).find(|((_, a), b)| a != b);
    let end = differs.map_or(one.len().min(other.len()), |((at, _), _)| at);
    &one[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_beginning_grows_as_far_as_it_is_clear() {
        let at = tempfile::tempdir().unwrap();
        for name in ["report-a.md", "report-b.md", ".hidden", "bär", "bön"] {
            std::fs::write(at.path().join(name), "").unwrap();
        }
        std::fs::create_dir(at.path().join("sub")).unwrap();
        let root = at.path().display().to_string();
        let completed = |typed: &str| {
            let (path, offers) = complete(&format!("{root}/{typed}"));
            (path.strip_prefix(&format!("{root}/")).unwrap().to_owned(), offers.len())
        };
        assert_eq!(completed("rep"), ("report-".to_owned(), 2));
        assert_eq!(completed("s"), ("sub/".to_owned(), 1));
        assert_eq!(completed("b"), ("b".to_owned(), 2));
        assert_eq!(completed(".h"), (".hidden".to_owned(), 1));
        assert_eq!(completed("none"), ("none".to_owned(), 0));
        assert_eq!(completed(""), (String::new(), 5));
        assert_eq!(complete("/no/such/place/x"), ("/no/such/place/x".to_owned(), vec![]));
    }

    #[test]
    fn home_is_a_tilde_alone_or_before_a_slash() {
        assert_eq!(expand("~user/x"), PathBuf::from("~user/x"));
        assert_eq!(expand("a/~"), PathBuf::from("a/~"));
        let home = std::env::var_os("HOME").map_or_else(|| "~".into(), PathBuf::from);
        assert_eq!(expand("~"), home.join(""));
    }
}
