//! Lists whose lines have numbers, a page at a time, and numbers as they are typed.
//!
//! Start with [`Numbered`]. The invariant: a number means what stood beside it when it was printed.

use crate::cli::exit::{Code, Failure};

/// Lines of a list, the part of it that is shown, and what is not in it.
#[derive(Debug, Default)]
pub(super) struct Numbered {
    /// Of what it is a list, in the plural.
    noun: &'static str,
    lines: Vec<String>,
    from: usize,
    /// In a sentence what there is beyond it.
    beyond: Option<String>,
}

impl Numbered {
    pub(super) fn new(noun: &'static str, lines: Vec<String>, beyond: Option<String>) -> Self {
        Self { noun, lines, from: 0, beyond }
    }

    /// Begins with the last page instead of the first.
    pub(super) fn at_the_end(mut self, page: usize) -> Self {
        self.from = if page == 0 { 0 } else { self.lines.len().saturating_sub(page) };
        self
    }

    /// Goes on by a page; `false` where there is none.
    pub(super) fn turn(&mut self, page: usize, forward: bool) -> bool {
        let before = self.from;
        if page == 0 {
            return false;
        }
        if !forward {
            self.from = self.from.saturating_sub(page);
        } else if self.from + page < self.lines.len() {
            self.from += page;
        }
        self.from != before
    }

    /// What is printed of it: the page, and where in the list that is.
    pub(super) fn shown(&self, page: usize) -> Vec<String> {
        let of = self.lines.len();
        let end = if page == 0 { of } else { of.min(self.from + page) };
        let numbered = (self.from..end).map(|at| format!("{}. {}", at + 1, self.lines[at]));
        let mut out: Vec<String> = numbered.collect();
        let mut foot = match of {
            0 => format!("no {}", self.noun),
            _ if self.from == 0 && end == of => format!("{} 1 to {of}, that is all", self.noun),
            _ => format!("{} {} to {end} of {of}", self.noun, self.from + 1),
        };
        if self.from > 0 {
            foot.push_str("; prev shows what is before");
        }
        if end < of {
            foot.push_str("; next shows what is behind");
        }
        if let Some(beyond) = &self.beyond {
            foot = format!("{foot}; {beyond}");
        }
        out.push(foot);
        out
    }
}

/// The one that a number means.
pub(super) fn chosen<'a, T>(known: &'a [T], word: &str, list: &str) -> Result<&'a T, Failure> {
    let number = word.trim_end_matches('.').parse::<usize>();
    let number = number.map_err(|_| Failure::usage(format!("\"{word}\" is no number")))?;
    let found = number.checked_sub(1).and_then(|at| known.get(at));
    found.ok_or_else(|| {
        let text = match known.len() {
            0 => format!("nothing has a number yet: {list} gives them"),
            count => format!("there is no {number}: {list} has 1 to {count}"),
        };
        Failure::new(Code::NotFound, text)
    })
}

/// Those that words such as `3`, `3-5` and `3,7` mean, each once, in their order.
pub(super) fn all_chosen<'a, T>(
    known: &'a [T],
    words: &[String],
    source: &str,
) -> Result<Vec<&'a T>, Failure> {
    let mut numbers = std::collections::BTreeSet::new();
    for word in words.iter().flat_map(|word| word.split(',')).filter(|word| !word.is_empty()) {
        let (first, last) = word.split_once('-').unwrap_or((word, word));
        for end in [first, last] {
            chosen(known, end, source)?;
        }
        let of = |word: &str| word.parse::<usize>().unwrap_or(0);
        if of(first) > of(last) {
            return Err(Failure::usage(format!(
                "\"{word}\" goes backwards: the smaller one first"
            )));
        }
        numbers.extend(of(first)..=of(last));
    }
    if numbers.is_empty() {
        return Err(Failure::usage(format!(
            "say which, by the numbers of {source}: 3, 3-5 or 3,7"
        )));
    }
    Ok(numbers.into_iter().filter_map(|number| known.get(number - 1)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(count: usize) -> Numbered {
        let lines = (1..=count).map(|number| format!("line {number}")).collect();
        Numbered::new("events", lines, Some("more on the service".to_owned()))
    }

    #[test]
    fn pages_say_where_they_are_and_what_is_beyond() {
        let mut events = list(5).at_the_end(2);
        let last = [
            "4. line 4",
            "5. line 5",
            "events 4 to 5 of 5; prev shows what is before; more on the service",
        ];
        assert_eq!(events.shown(2), last);
        assert!(!events.turn(2, true) && events.turn(2, false));
        assert_eq!(events.shown(2)[0], "2. line 2");
        assert!(
            events.shown(2)[2].contains("prev shows what is before; next shows what is behind")
        );
        assert!(events.turn(2, false) && !events.turn(2, false));
        assert_eq!(list(2).shown(0)[2], "events 1 to 2, that is all; more on the service");
        assert_eq!(Numbered::new("calls", Vec::new(), None).shown(20), ["no calls"]);
    }

    #[test]
    fn numbers_mean_what_stood_beside_them() {
        let known = ["a", "b", "c", "d"];
        let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        let all = |text: &str| all_chosen(&known, &words(text), "events");
        assert_eq!(all("2-3,4 2").unwrap(), [&"b", &"c", &"d"]);
        assert_eq!(chosen(&known, "1.", "events").unwrap(), &"a");
        for (wrong, why) in [
            ("5", "there is no 5: events has 1 to 4"),
            ("0", "there is no 0: events has 1 to 4"),
            ("x", "\"x\" is no number"),
            ("3-2", "\"3-2\" goes backwards: the smaller one first"),
            ("", "say which, by the numbers of events: 3, 3-5 or 3,7"),
        ] {
            assert_eq!(all(wrong).unwrap_err().to_string(), why);
        }
        let none: [&str; 0] = [];
        assert!(
            chosen(&none, "1", "events").unwrap_err().to_string().contains("events gives them")
        );
    }
}
