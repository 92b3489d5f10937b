//! `LIKE` as in SQL: `%` stands for any run of characters, `_` for any one. The contract leaves open how
//! either is meant as itself; here a backslash before `%`, `_` or another backslash says so, as in
//! PostgreSQL and MySQL, and before anything else it is a backslash.

use std::collections::HashMap;

/// Pattern positions that the text can have reached, a bit each.
type Bits = Vec<u64>;

enum Piece {
    One(char),
    AnyOne,
}

/// Whether the whole text fits. All ways to divide it among the runs are followed side by side, so
/// that no pattern takes more than a pass over the text, a step for every 64 of its characters.
pub(super) fn like(text: &str, pattern: &str) -> bool {
    let (pieces, runs) = read(pattern);
    let words = pieces.len() / 64 + 1;
    let mut any = vec![0; words];
    let mut of: HashMap<char, Bits> = HashMap::new();
    for (at, piece) in pieces.iter().enumerate() {
        match piece {
            Piece::AnyOne => set(&mut any, at),
            Piece::One(c) => set(of.entry(*c).or_insert_with(|| vec![0; words]), at),
        }
    }
    let mut stays = vec![0; words];
    for at in runs {
        set(&mut stays, at);
    }
    let none = vec![0; words];
    let mut reached = vec![0; words];
    set(&mut reached, 0);
    for c in text.chars() {
        let own = of.get(&c).unwrap_or(&none);
        let mut carry = 0;
        let mut alive = 0;
        for word in 0..words {
            let steps = reached[word] & (own[word] | any[word]);
            reached[word] = (reached[word] & stays[word]) | (steps << 1) | carry;
            carry = steps >> 63;
            alive |= reached[word];
        }
        if alive == 0 {
            return false;
        }
    }
    let end = pieces.len();
    reached[end / 64] >> (end % 64) & 1 == 1
}

fn set(bits: &mut Bits, at: usize) {
    bits[at / 64] |= 1 << (at % 64);
}

/// What must come in turn, and before which of it any run may come.
fn read(pattern: &str) -> (Vec<Piece>, Vec<usize>) {
    let (mut pieces, mut runs) = (Vec::new(), Vec::new());
    let mut chars = pattern.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '%' => runs.push(pieces.len()),
            '_' => pieces.push(Piece::AnyOne),
            '\\' => {
                let meant = chars.next_if(|next| ['%', '_', '\\'].contains(next));
                pieces.push(Piece::One(meant.unwrap_or('\\')));
            }
            c => pieces.push(Piece::One(c)),
        }
    }
    (pieces, runs)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn runs_single_characters_and_escapes() {
        for (text, pattern, fits) in [
            ("", "", true),
            ("", "%", true),
            ("", "_", false),
            ("us", "u_", true),
            ("us", "_s", true),
            ("us", "___", false),
            ("us", "_", false),
            ("us", "U%", false),
            ("é!", "__", true),
            ("a\nb", "a_b", true),
            ("a\nb", "a%", true),
            ("ab", "a%_b", false),
            ("axb", "a%_b", true),
            ("ada@example.com", "a%@%.com", true),
            ("aXbXc", "%X_X%", true),
            ("aXbbXc", "%X_X%", false),
            ("snake_case", r"snake\_case", true),
            ("snakeXcase", r"snake\_case", false),
            ("100%", r"100\%", true),
            ("100 times", r"100\%", false),
            (r"C:\dir", r"C:\dir", true),
            (r"C:\dir", r"C:\\dir", true),
            (r"a\", r"a\", true),
            ("abab", "%ab", true),
            ("aab", "%ab%", true),
        ] {
            assert_eq!(like(text, pattern), fits, "{text:?} LIKE {pattern:?}");
        }
        let long = "x".repeat(200);
        assert!(like(&long, &"_".repeat(200)) && !like(&long, &"_".repeat(199)));
        assert!(like(&long, &format!("%{}", "x".repeat(128))));
    }

    #[test]
    fn a_pattern_of_runs_does_not_explode() {
        let text = "a".repeat(60_000);
        for pattern in ["%a".repeat(2_000) + "b", "%a_".repeat(1_000) + "b"] {
            assert!(!like(&text, &pattern));
        }
    }

    /// By trying everything.
    fn simply(text: &[char], pattern: &[char]) -> bool {
        match pattern.split_first() {
            None => text.is_empty(),
            Some(('%', rest)) => (0..=text.len()).any(|at| simply(&text[at..], rest)),
            Some((c, rest)) => text
                .split_first()
                .is_some_and(|(first, text)| (*c == '_' || c == first) && simply(text, rest)),
        }
    }

    proptest! {
        #[test]
        fn it_says_what_trying_everything_says(text in "[ab]{0,9}", pattern in "[ab_%]{0,7}") {
            let (chars, parts): (Vec<_>, Vec<_>) =
                (text.chars().collect(), pattern.chars().collect());
            prop_assert_eq!(like(&text, &pattern), simply(&chars, &parts));
        }
    }
}
