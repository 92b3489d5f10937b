//! Wrapping of plain text at word boundaries, measured in columns.

use textwrap::{Options, WordSplitter, WrapAlgorithm};

use super::sanitize;

/// Sanitised lines of at most `columns`; empty lines of the author stay. Stops after `max_lines`
/// and tells how many of the author's lines were not looked at.
pub fn wrap(text: &str, columns: usize, max_lines: usize) -> (Vec<String>, usize) {
    let options = Options::new(columns.max(1))
        .wrap_algorithm(WrapAlgorithm::FirstFit)
        .word_splitter(WordSplitter::NoHyphenation);
    let mut out = Vec::new();
    let mut source = sanitize::lines(text.trim_end());
    while out.len() < max_lines {
        let Some(line) = source.next() else {
            return (out, 0);
        };
        out.extend(textwrap::wrap(&line, &options).into_iter().map(std::borrow::Cow::into_owned));
    }
    let cut = out.len().saturating_sub(max_lines);
    out.truncate(max_lines);
    (out, cut + source.count())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wraps_at_words_and_counts_what_is_left() {
        let (lines, left) = wrap("one two three\n\nfour", 7, 10);
        assert_eq!(lines, ["one two", "three", "", "four"]);
        assert_eq!(left, 0);
        let (lines, left) = wrap("a\nb\nc\nd", 7, 2);
        assert_eq!((lines.len(), left), (2, 2));
    }
}
