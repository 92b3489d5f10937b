//! Characters that are drawn as nothing: which they are, and where they shape what stands beside
//! them, so that somebody sees that they are there.
//!
//! Ignorable is what Unicode calls so (`Default_Ignorable_Code_Point`), what separates lines and
//! paragraphs, and the marks of interlinear notes. The invariant: a character that changes nothing of
//! what is drawn is never let pass.

use unicode_width::UnicodeWidthChar as _;

/// Whether it is drawn as nothing by itself.
pub(super) fn is_ignorable(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
        | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}')
}

/// Whether it is drawn onto what stands before it and takes no column of its own.
pub(super) fn is_mark(c: char) -> bool {
    c >= '\u{300}' && !is_ignorable(c) && c.width() == Some(0)
}

/// Whether an ignorable character shapes what is drawn between these two: a joiner inside an emoji or
/// in a script that joins, a selector behind a base that has variants, a filler in a syllable.
/// `before` must itself be let pass.
pub(super) fn shapes(before: char, c: char, after: Option<char>) -> bool {
    let after_is = |is: fn(char) -> bool| after.is_some_and(is);
    match c {
        '\u{200d}' => joins(before) || (ends_picture(before) && after_is(is_picture)),
        '\u{200c}' => joins(before) && after_is(joins),
        '\u{fe0e}' | '\u{fe0f}' => {
            let keycap = matches!(before, '0'..='9' | '#' | '*') && after == Some('\u{20e3}');
            keycap || is_picture(before)
        }
        '\u{fe00}'..='\u{fe0d}' => {
            is_ideograph(before)
                || matches!(before, '\u{1000}'..='\u{109f}' | '\u{2190}'..='\u{2bff}' | '\u{a840}'..='\u{a87f}')
        }
        '\u{e0100}'..='\u{e01ef}' => is_ideograph(before),
        '\u{180b}'..='\u{180f}' => matches!(before, '\u{1807}' | '\u{1820}'..='\u{18aa}'),
        '\u{34f}' => after.is_some_and(|after| !is_ignorable(after) && after.width() == Some(0)),
        '\u{115f}' => after_is(|after| matches!(after, '\u{1161}'..='\u{11a7}')),
        '\u{1160}' => matches!(before, '\u{1100}'..='\u{115e}'),
        _ => false,
    }
}

/// Letters and signs of scripts in which joiners choose forms.
fn joins(c: char) -> bool {
    let joined = matches!(c,
        '\u{620}'..='\u{8ff}' | '\u{900}'..='\u{dff}' | '\u{f40}'..='\u{fbc}'
        | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17b3}' | '\u{17b6}'..='\u{17d3}'
        | '\u{1820}'..='\u{18aa}' | '\u{1b00}'..='\u{1bff}' | '\u{fb50}'..='\u{fdff}'
        | '\u{fe70}'..='\u{fefc}');
    joined && !is_ignorable(c)
}

/// What is drawn as a picture, or may be.
pub(super) fn is_picture(c: char) -> bool {
    matches!(c,
        '\u{a9}' | '\u{ae}' | '\u{203c}' | '\u{2049}' | '\u{2122}' | '\u{2139}'
        | '\u{2190}'..='\u{2bff}' | '\u{3030}' | '\u{303d}' | '\u{3297}' | '\u{3299}'
        | '\u{1f000}'..='\u{1faff}')
}

fn ends_picture(c: char) -> bool {
    c == '\u{fe0f}' || is_picture(c)
}

fn is_ideograph(c: char) -> bool {
    matches!(c,
        '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

/// The letters in a flag of a region, such as Scotland, which is a black flag with tags behind it:
/// how many bytes they and their end take.
pub(super) fn flag_tags(behind: &str) -> Option<usize> {
    let tags = |c: &char| matches!(c, '\u{e0061}'..='\u{e007a}');
    // One letter more than a flag has is enough to know that it is none.
    let letters = behind.chars().take(6).take_while(tags).count();
    let end = behind.chars().nth(letters) == Some('\u{e007f}');
    (end && letters == 5).then_some((letters + 1) * '\u{e007f}'.len_utf8())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_has_an_effect_shapes() {
        for (before, c, after) in [
            ('\u{1f469}', '\u{200d}', Some('\u{1f467}')),
            ('\u{fe0f}', '\u{200d}', Some('\u{1f308}')),
            ('\u{94d}', '\u{200d}', None),
            ('\u{645}', '\u{200c}', Some('\u{647}')),
            ('\u{2764}', '\u{fe0f}', None),
            ('1', '\u{fe0f}', Some('\u{20e3}')),
            ('\u{845b}', '\u{e0100}', Some('x')),
            ('\u{1820}', '\u{180b}', None),
            ('\u{1100}', '\u{1160}', None),
        ] {
            assert!(is_ignorable(c) && shapes(before, c, after), "{before:?} {c:?} {after:?}");
        }
        for (before, c, after) in [
            ('a', '\u{200d}', Some('b')),
            ('\u{1f469}', '\u{200d}', Some('b')),
            ('a', '\u{200c}', Some('b')),
            ('a', '\u{fe0f}', Some('b')),
            ('1', '\u{fe0f}', Some('2')),
            ('a', '\u{e0100}', None),
            ('a', '\u{ad}', Some('b')),
            ('\u{645}', '\u{200b}', Some('\u{647}')),
            ('a', '\u{3164}', None),
            ('a', '\u{34f}', Some('b')),
        ] {
            assert!(is_ignorable(c) && !shapes(before, c, after), "{before:?} {c:?} {after:?}");
        }
    }
}
