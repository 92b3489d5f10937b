//! Whether a few letters mean a name: for short fields only, since in a long text any letters are
//! found.
//!
//! A filter asks yes or no, so that no score is made. The letters have to come in order, the first
//! at the beginning of a word, and close together: `rfnd` means `refund-4411`, `pk` means nothing.

/// Below this many letters only a plain occurrence counts.
const MIN_LETTERS: usize = 3;
/// How far apart the first and the last letter may be, as a multiple of their number.
const SPREAD: usize = 3;
/// As much of a name as is looked at, in characters.
const NAME_CHARS: usize = 128;

/// Small letters stand for both cases, a capital for itself.
pub(super) fn fits(word: &str, name: &str) -> bool {
    let exact = word.chars().any(char::is_uppercase);
    let fold = |c: char| if exact { c } else { c.to_lowercase().next().unwrap_or(c) };
    let letters: Vec<char> = word.chars().take(NAME_CHARS).map(fold).collect();
    let name: Vec<char> = name.chars().take(NAME_CHARS).collect();
    if letters.len() < MIN_LETTERS {
        return false;
    }
    let begins_word = |at: usize| {
        let before = at.checked_sub(1).map(|before| name[before]);
        before.is_none_or(|before| {
            !before.is_alphanumeric() || (before.is_lowercase() && name[at].is_uppercase())
        })
    };
    let begins_here = |start: usize| {
        let reach = &name[start..name.len().min(start + letters.len() * SPREAD)];
        let mut wanted = letters.iter().peekable();
        for c in reach {
            wanted.next_if(|letter| **letter == fold(*c));
        }
        wanted.peek().is_none()
    };
    (0..name.len())
        .any(|start| fold(name[start]) == letters[0] && begins_word(start) && begins_here(start))
}

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn letters_in_order_and_close_together_mean_a_name() {
        assert!(fits("rfnd", "refund-4411"));
        assert!(fits("wget", "tools.WebGet"));
        assert!(fits("ref44", "refund-4411"));
        assert!(fits("ömü", "öffnen-mühle"));
        assert!(!fits("pk", "packing"), "two letters are in every name");
        assert!(!fits("fnd", "refund-4411"), "begins in the middle of a word");
        assert!(!fits("dnfr", "refund"));
        assert!(!fits("RFND", "refund"));
        assert!(!fits("abc", &format!("a{}bc", "-".repeat(20))));
    }
}
