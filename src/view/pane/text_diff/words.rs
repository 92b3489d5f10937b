//! Which words of two lines differ.

use std::ops::Range;

use similar::{Algorithm, DiffOp, capture_diff_slices};
use unicode_segmentation::UnicodeSegmentation as _;

/// Lines up to this many bytes are looked into; in longer ones nothing is told apart.
const LONGEST: usize = 600;

/// The bytes of each line that the other has not got; nothing where hardly anything is common, since
/// then all of it would be.
pub fn emphasis(old: &str, new: &str) -> (Vec<Range<usize>>, Vec<Range<usize>>) {
    if old.len().max(new.len()) > LONGEST {
        return Default::default();
    }
    let (a, b) = (words(old), words(new));
    let text = |words: &[(usize, &str)]| -> Vec<String> {
        words.iter().map(|(_, word)| (*word).to_owned()).collect()
    };
    let ops = capture_diff_slices(Algorithm::Myers, &text(&a), &text(&b));
    let mut out = (Vec::new(), Vec::new());
    let mut common = 0;
    for op in ops {
        if let DiffOp::Equal { old_index, len, .. } = op {
            let words = a[old_index..old_index + len].iter();
            common += words.map(|(_, word)| word.trim().len()).sum::<usize>();
            continue;
        }
        push(&mut out.0, &a, op.old_range());
        push(&mut out.1, &b, op.new_range());
    }
    let longer = old.trim().len().max(new.trim().len());
    if common * 4 < longer { Default::default() } else { out }
}

fn words(line: &str) -> Vec<(usize, &str)> {
    line.split_word_bound_indices().collect()
}

fn push(out: &mut Vec<Range<usize>>, words: &[(usize, &str)], range: Range<usize>) {
    let Some(((start, _), (last, word))) = words[range.clone()].first().zip(words[range].last())
    else {
        return;
    };
    out.push(*start..last + word.len());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told<'a>(line: &'a str, ranges: &[Range<usize>]) -> Vec<&'a str> {
        ranges.iter().map(|range| &line[range.clone()]).collect()
    }

    #[test]
    fn the_words_that_differ_are_told_and_whole_lines_are_not() {
        let (old, new) = ("We refund 84.20 EUR today.", "We refund 79.30 EUR on Friday.");
        let (a, b) = emphasis(old, new);
        assert_eq!(told(old, &a), ["84.20", "today"]);
        assert_eq!(told(new, &b), ["79.30", "on Friday"]);
        assert_eq!(emphasis("abc", "xyz"), Default::default());
        assert_eq!(emphasis("日本 語", "日本 人").0.len(), 1);
        assert_eq!(emphasis(&"a ".repeat(400), "a"), Default::default(), "too long to look into");
    }
}
