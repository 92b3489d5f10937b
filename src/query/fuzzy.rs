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

/// The letters of a word, made ready once. Small ones stand for both cases, unless a capital asks
/// for its own.
#[derive(Debug, Clone)]
pub(super) struct Letters {
    letters: Vec<char>,
    exact: bool,
}

impl Letters {
    pub(super) fn of(word: &str) -> Self {
        let exact = word.chars().any(char::is_uppercase);
        let letters = word.chars().take(NAME_CHARS).map(|c| folded(c, exact)).collect();
        Self { letters, exact }
    }

    pub(super) fn fit(&self, name: &str) -> bool {
        let Some(first) = self.letters.first().filter(|_| self.letters.len() >= MIN_LETTERS) else {
            return false;
        };
        let mut before: Option<char> = None;
        for (at, c) in name.char_indices().take(NAME_CHARS) {
            let begins_word = before.is_none_or(|before| {
                !before.is_alphanumeric() || (before.is_lowercase() && c.is_uppercase())
            });
            if begins_word && folded(c, self.exact) == *first && self.come_in_order(&name[at..]) {
                return true;
            }
            before = Some(c);
        }
        false
    }

    fn come_in_order(&self, text: &str) -> bool {
        let mut wanted = self.letters.iter().peekable();
        for c in text.chars().take(self.letters.len() * SPREAD) {
            wanted.next_if(|letter| **letter == folded(c, self.exact));
        }
        wanted.peek().is_none()
    }
}

fn folded(c: char, exact: bool) -> char {
    if exact { c } else { c.to_lowercase().next().unwrap_or(c) }
}

#[cfg(test)]
mod tests {
    use super::Letters;

    fn fits(word: &str, name: &str) -> bool {
        Letters::of(word).fit(name)
    }

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
