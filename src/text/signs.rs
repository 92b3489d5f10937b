//! Signs that are no letters, and what stands for them where only ASCII can be shown.
//!
//! Owns the twins, one column for one column, so that nothing that was laid out moves. Start with
//! [`in_ascii`]. The invariant: letters are never taken for others. What has no twin stays, or is a
//! question mark for each of its columns.

use std::borrow::Cow;

use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

/// Stands for a column of what cannot be shown.
pub const UNSHOWN: &str = "?";

/// Ambiguous, too, though the table of widths takes them for narrow: letters (Unicode Standard Annex 11, class
/// A), which terminals draw by their class alone, and what can be written apart.
const LETTERS: &str =
    "ªºÆÐØÞßàáæèéêìíðòóøùúüþāđēěĦħīıĲĳĸĿŀŁłńňŉŊŋōŒœŦŧūǎǐǒǔǖǘǚǜɑɡˇˉˊˋˍːⁿℓ\u{2126}\u{212b}≠≮≯";

fn is_ambiguous_letter(c: char) -> bool {
    let is_greek = matches!(c, 'Α'..='Ρ' | 'Σ'..='Ω' | 'α'..='ρ' | 'σ'..='ω');
    let is_cyrillic = matches!(c, 'Ё' | 'А'..='я' | 'ё');
    is_greek || is_cyrillic || LETTERS.contains(c)
}

/// The twin of a sign that this program writes.
pub fn twin(sign: char) -> Option<&'static str> {
    Some(match sign {
        '·' | '─' | '━' | '▄' => "-",
        '│' | '▏' | '▕' | '▎' | '▍' => "|",
        '┌' | '┐' | '└' | '┘' | '├' | '┤' | '┬' | '┴' | '┼' | '◆' | '▆' => {
            "+"
        }
        '…' => "~",
        '→' | '▸' => ">",
        '←' | '≤' => "<",
        '↑' | '▴' => "^",
        '↓' | '▾' => "v",
        '•' | '▇' => "*",
        '×' => "x",
        '▁' => "_",
        '▂' | '░' => ".",
        '▃' | '▒' => ":",
        '▅' | '▀' => "=",
        '█' | '▌' | '▋' | '▊' | '▉' => "#",
        _ => return None,
    })
}

/// Words of ours in ASCII. What is no sign of ours is data, and stays.
pub fn in_ascii(text: &str) -> Cow<'_, str> {
    replaced(text, |grapheme| Some(sign(grapheme)?.to_owned()))
}

/// The same where the terminal would show nothing else.
pub fn all_in_ascii(text: &str) -> Cow<'_, str> {
    replaced(text, |grapheme| {
        (!grapheme.is_ascii()).then(|| match sign(grapheme) {
            Some(twin) => twin.to_owned(),
            None => UNSHOWN.repeat(grapheme.width()),
        })
    })
}

/// JSON that says the same in ASCII.
pub fn json_in_ascii(json: &str) -> Cow<'_, str> {
    if json.is_ascii() {
        return json.into();
    }
    let mut out = String::with_capacity(json.len() * 2);
    for c in json.chars() {
        if c.is_ascii() {
            out.push(c);
        } else {
            let mut units = [0; 2];
            out.extend(c.encode_utf16(&mut units).iter().map(|unit| format!("\\u{unit:04x}")));
        }
    }
    out.into()
}

/// Whether a terminal that takes ambiguous characters for wide ones needs more room for it than others.
pub fn is_ambiguous(text: &str) -> bool {
    !text.is_ascii() && text.chars().any(|c| c.width_cjk() != c.width() || is_ambiguous_letter(c))
}

fn sign(grapheme: &str) -> Option<&'static str> {
    let mut chars = grapheme.chars();
    let first = chars.next()?;
    if chars.next().is_some() { None } else { twin(first) }
}

fn replaced(text: &str, by: impl Fn(&str) -> Option<String>) -> Cow<'_, str> {
    if text.is_ascii() {
        return text.into();
    }
    let mut out = String::with_capacity(text.len());
    for grapheme in text.graphemes(true) {
        match by(grapheme) {
            Some(other) => out.push_str(&other),
            None => out.push_str(grapheme),
        }
    }
    out.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_have_twins_and_letters_are_taken_for_no_others() {
        assert_eq!(in_ascii("a · b → c… ≤30s"), "a - b > c~ <30s");
        assert_eq!(in_ascii("Grüße · 日本"), "Grüße - 日本");
        assert_eq!(all_in_ascii("Grüße · 日本 e\u{301}"), "Gr??e - ???? ?");
        assert_eq!(json_in_ascii("{\"ü\":\"😀\"}"), "{\"\\u00fc\":\"\\ud83d\\ude00\"}");
    }

    #[test]
    fn nothing_moves() {
        for text in ["a · b → c… ≤30s", "Grüße ─ 日本 👩‍👩‍👧", "▁▂▃▄▅▆▇█▏│┼"]
        {
            assert_eq!(all_in_ascii(text).width(), text.width(), "{text}");
            assert!(all_in_ascii(text).is_ascii(), "{text}");
        }
    }

    #[test]
    fn what_some_terminals_take_for_wide_is_known() {
        for wide in ["·", "│", "é", "α", "Ж", "ß", "\u{f054}"] {
            assert!(is_ambiguous(wide), "{wide}");
        }
        for sure in ["a", "▸", "░", "日", "ä", "ς", "😀"] {
            assert!(!is_ambiguous(sure), "{sure}");
        }
    }
}
