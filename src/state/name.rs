//! From the name of a profile to the name of its directory.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

const LONGEST: usize = 40;

fn is_safe(c: char) -> bool {
    // No upper case: some file systems take `Prod` and `prod` for one.
    c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_' | '.')
}

/// The name itself where that is a plain one; otherwise what is left of it, and a hash that keeps
/// it apart from others of which the same is left.
pub(super) fn of(profile: &str) -> String {
    let fits = !profile.is_empty() && profile.len() <= LONGEST && !profile.starts_with('.');
    // The mark of a hashed name; a plain name that carries it could be one of ours.
    let plain = fits && profile.chars().all(is_safe) && !profile.contains("--");
    if plain {
        return profile.to_owned();
    }
    let kept = profile.chars().map(|c| if is_safe(c) { c } else { '_' });
    let kept: String = kept.take(LONGEST).collect();
    let mut name = format!("{}--", kept.trim_start_matches('.'));
    for byte in Sha256::digest(profile.as_bytes()).iter().take(8) {
        // Writing to a string cannot fail.
        let _ = write!(name, "{byte:02x}");
    }
    name
}

#[cfg(test)]
mod tests {
    use super::of;

    #[test]
    fn no_two_profiles_share_a_directory_and_none_leaves_its_place() {
        assert_eq!(of("api.vectara.io"), "api.vectara.io");
        let long = "x".repeat(300);
        let odd = ["", ".", "..", "../../etc", "a/b", "a_b", "a:b", "Prod", "prod", "ü", &long];
        let names: std::collections::BTreeSet<String> = odd.iter().map(|name| of(name)).collect();
        assert_eq!(names.len(), odd.len(), "{names:?}");
        for name in &names {
            assert!(name.len() < 100 && !name.starts_with('.') && !name.contains('/'), "{name}");
        }
        assert_ne!(of(&of("a/b")), of("a/b"), "a profile that is called like a hashed name");
    }
}
