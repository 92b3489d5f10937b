//! Letters that stand in everything that passes, for a look at JSON that nobody has decoded.

use super::Query;
use super::lexer::Form;
use super::pattern::{Phrase, has_capital};
use super::tree::{Expr, Term};

/// A single letter may come from a number, which is written in more than one way.
const FEWEST_LETTERS: usize = 2;

/// Letters, digits and underscores that stand side by side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NeededLetters<'a> {
    pub letters: &'a str,
    /// Whether small ones stand for capitals, and the other way round.
    pub in_any_case: bool,
}

impl Query {
    /// What stands in the text or the name of the tool of every event that passes; `None` where nothing
    /// is sure to.
    pub fn needed_letters(&self) -> Option<NeededLetters<'_>> {
        let found = self.here.conditions().iter().filter_map(sure);
        let found = found.max_by_key(|needed| needed.letters.len())?;
        let letters = found.letters.chars().filter(char::is_ascii_alphabetic).count();
        (letters >= FEWEST_LETTERS).then_some(found)
    }
}

fn sure(expr: &Expr) -> Option<NeededLetters<'_>> {
    match expr {
        // A bare word need not stand in a name as it is.
        Expr::Term(Term::Phrase(phrase)) if phrase.form == Form::Quoted => Some(phrase.needed()),
        Expr::Term(Term::Text(phrases)) => match phrases.as_slice() {
            [phrase] if phrase.form != Form::Regex => Some(phrase.needed()),
            _ => None,
        },
        _ => None,
    }
}

impl Phrase {
    /// The longest run of them in it.
    fn needed(&self) -> NeededLetters<'_> {
        let other = |c: char| !(c.is_ascii_alphanumeric() || c == '_');
        let runs = self.source.split(other);
        let letters = runs.max_by_key(|run| run.len()).unwrap_or_default();
        NeededLetters { letters, in_any_case: !has_capital(&self.source) }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Domain;
    use super::*;

    #[test]
    fn only_what_must_stand_in_a_text_is_needed() {
        for (query, needed) in [
            ("\"lost parcel\"", Some("parcel")),
            ("\"über_all\"", Some("ber_all")),
            ("text:keller is:error", Some("keller")),
            ("keller", None),
            ("/keller/", None),
            ("!\"keller\"", None),
            ("\"keller\" or \"x\"", None),
            ("text:a1,keller", None),
            ("\"1e5\"", None),
            ("\"ü\"", None),
        ] {
            let query = Query::parse(query, Domain::Events).unwrap();
            let letters = query.needed_letters().map(|needed| needed.letters);
            assert_eq!(letters, needed, "{query}");
        }
    }

    #[test]
    fn a_capital_anywhere_in_a_phrase_asks_for_all_of_it_as_it_is_written() {
        for (query, in_any_case) in
            [("\"lost parcel\"", true), ("\"lost Parcel\"", false), ("\"Über parcel\"", false)]
        {
            let query = Query::parse(query, Domain::Events).unwrap();
            let needed = query.needed_letters();
            assert_eq!(
                needed,
                Some(NeededLetters { letters: needed.unwrap().letters, in_any_case })
            );
        }
    }
}
