//! Markdown whose end has not come yet, as it can be shown without taking anything back.
//!
//! Owns what is held back of such an end and what is closed there for the time being; says nothing about
//! how it looks. Start with [`shown`]. The invariant: only the last block is touched, so that what stands
//! above it is what it will be.

use std::borrow::Cow;

/// Letters that a line may consist of before it is known what it is, as digits may: a rule, an underline, a
/// bullet or a number, the second line of a table, a fence.
const FURNITURE: &str = "-=*_#>+`~|:.) \t";
/// What may be the first half of a mark.
const HALVES: &[char] = &['*', '_', '`', '~', '[', '!', '\\', '<', '&'];
/// More marks than that in one another are left as they are.
const MAX_OPEN: usize = 8;

/// The text without what may still become something else, and with its open marks closed.
pub fn shown(text: &str) -> Cow<'_, str> {
    let (block, in_fence) = last_block(text);
    let kept = without_loose_end(text, block, in_fence);
    if in_fence {
        return Cow::Borrowed(kept);
    }
    let kept = without_link_target(kept, block);
    let closing = closing(kept.get(block..).unwrap_or_default());
    if closing.is_empty() {
        return Cow::Borrowed(kept);
    }
    let end = kept.trim_end_matches(' ').len();
    Cow::Owned([&kept[..end], &closing].concat())
}

/// Where the last block begins, and whether that is within code between fences.
fn last_block(text: &str) -> (usize, bool) {
    let (mut block, mut at) = (0, 0);
    let mut fence: Option<(char, usize)> = None;
    for line in text.split_inclusive('\n') {
        let words = line.trim();
        let mark = words.chars().next().filter(|mark| matches!(mark, '`' | '~'));
        let run = mark.map_or(0, |mark| words.chars().take_while(|other| *other == mark).count());
        match (fence, mark) {
            (None, Some(mark)) if run >= 3 && line.ends_with('\n') => fence = Some((mark, run)),
            (Some((open, length)), Some(mark))
                if mark == open
                    && run >= length
                    && words.chars().all(|other| other == mark)
                    && line.ends_with('\n') =>
            {
                fence = None;
                block = at + line.len();
            }
            (None, _) if words.is_empty() => block = at + line.len(),
            _ => {}
        }
        at += line.len();
    }
    (block, fence.is_some())
}

fn without_loose_end(text: &str, block: usize, in_fence: bool) -> &str {
    let line = text.rfind('\n').map_or(0, |end| end + 1);
    let last = &text[line..];
    if in_fence {
        // Perhaps the fence that ends it.
        let may_end = !last.is_empty() && last.trim().chars().all(|c| matches!(c, '`' | '~'));
        return if may_end { &text[..line] } else { text };
    }
    let may_be_furniture = |letter: char| FURNITURE.contains(letter) || letter.is_ascii_digit();
    let is_furniture = !last.is_empty() && last.chars().all(may_be_furniture);
    // The info string of a fence belongs to the fence.
    let begins = ["```", "~~~"].iter().any(|fence| last.trim_start().starts_with(fence));
    if is_furniture || begins {
        return &text[..line];
    }
    let kept = text.trim_end_matches(HALVES);
    &text[..kept.len().max(block)]
}

/// Without `](https://…` at the end: the words of the link stand for it until it is whole.
fn without_link_target(text: &str, block: usize) -> &str {
    let last = &text[block.min(text.len())..];
    match last.rfind("](") {
        Some(at) if !last[at..].contains(')') => &text[..=block + at],
        _ => text,
    }
}

/// What closes the marks that are open at the end of a block, the innermost first.
fn closing(block: &str) -> String {
    let letters: Vec<char> = block.chars().collect();
    let mut open: Vec<String> = Vec::new();
    let mut at = 0;
    while let Some(&letter) = letters.get(at) {
        let run = letters[at..].iter().take_while(|other| **other == letter).count();
        let code = open.last().filter(|mark| mark.starts_with('`')).map(String::len);
        match letter {
            '\\' if code.is_none() => at += 1,
            '`' => {
                match code {
                    Some(length) if length == run => {
                        open.pop();
                    }
                    None => open.push("`".repeat(run)),
                    Some(_) => {}
                }
                at += run - 1;
            }
            '*' | '_' if code.is_none() => {
                let is_word = |beside: Option<&char>| beside.is_some_and(|c| c.is_alphanumeric());
                let is_open = |beside: Option<&char>| beside.is_none_or(|c| c.is_whitespace());
                let before = at.checked_sub(1).and_then(|before| letters.get(before));
                let behind = letters.get(at + run);
                let mark = letter.to_string().repeat(run.min(3));
                let within = letter == '_' && is_word(before) && is_word(behind);
                let begins_line = before.is_none_or(|before| *before == '\n');
                if within || (begins_line && is_open(behind)) {
                    // A letter among others, or a bullet.
                } else if open.last() == Some(&mark) && !is_open(before) {
                    open.pop();
                } else if !is_open(behind) {
                    open.push(mark);
                }
                at += run - 1;
            }
            _ => {}
        }
        at += 1;
    }
    if open.len() > MAX_OPEN {
        return String::new();
    }
    open.into_iter().rev().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_open_mark_is_closed_for_the_time_being() {
        assert_eq!(shown("so **very"), "so **very**");
        assert_eq!(shown("so **very *much"), "so **very *much***");
        assert_eq!(shown("run `cargo te"), "run `cargo te`");
        assert_eq!(shown("**done** and `dusted`"), "**done** and `dusted`");
        assert_eq!(shown("a **word \n"), "a **word \n**", "the line may go on");
    }

    #[test]
    fn what_may_become_something_else_is_held_back() {
        for (text, kept) in [
            ("words\n-", "words\n"),
            ("words\n--", "words\n"),
            ("a | b\n--|--", "a | b\n"),
            ("words *", "words "),
            ("words\n```ru", "words\n"),
            ("see [the page](https://exa", "see [the page]"),
            ("- one\n- ", "- one\n"),
            ("1. one\n2.", "1. one\n"),
        ] {
            assert_eq!(shown(text), kept, "{text:?}");
        }
    }

    #[test]
    fn letters_that_are_no_marks_stay() {
        for text in ["2 * 3 is 6", "snake_case_name", "* a bullet", "\\*not so", "[ ] to do"] {
            assert_eq!(shown(text), text);
        }
    }

    #[test]
    fn code_between_fences_is_nothing_but_code() {
        assert_eq!(shown("```\nlet a = *b"), "```\nlet a = *b");
        assert_eq!(shown("```\nlet a;\n``"), "```\nlet a;\n");
        assert_eq!(shown("```\na\n```\nso **be"), "```\na\n```\nso **be**");
        assert_eq!(shown("````\n```\n**a"), "````\n```\n**a", "a shorter fence ends nothing");
    }

    #[test]
    fn only_the_last_block_is_looked_at() {
        assert_eq!(shown("2 **open\n\nand `then"), "2 **open\n\nand `then`");
    }
}
