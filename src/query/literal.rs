//! Letters that stand in everything that passes, for a look at JSON that nobody has decoded.

use super::Query;
use super::lexer::Form;
use super::pattern::Phrase;
use super::tree::{Expr, Term};

/// A single letter may come from a number, which is written in more than one way.
const FEWEST_LETTERS: usize = 2;

impl Query {
    /// Letters, digits and underscores that stand side by side, in small or capital letters, in the
    /// text or the name of the tool of every event that passes; `None` where nothing is sure to.
    pub fn needed_letters(&self) -> Option<&str> {
        let found = self.here.conditions().iter().filter_map(sure).max_by_key(|run| run.len())?;
        let letters = found.chars().filter(char::is_ascii_alphabetic).count();
        (letters >= FEWEST_LETTERS).then_some(found)
    }
}

fn sure(expr: &Expr) -> Option<&str> {
    match expr {
        // A bare word need not stand in a name as it is.
        Expr::Term(Term::Phrase(phrase)) if phrase.form == Form::Quoted => Some(phrase.letters()),
        Expr::Term(Term::Text(phrases)) => match phrases.as_slice() {
            [phrase] if phrase.form != Form::Regex => Some(phrase.letters()),
            _ => None,
        },
        _ => None,
    }
}

impl Phrase {
    /// The longest run of them in it.
    fn letters(&self) -> &str {
        let other = |c: char| !(c.is_ascii_alphanumeric() || c == '_');
        self.source.split(other).max_by_key(|run| run.len()).unwrap_or_default()
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
            assert_eq!(query.needed_letters(), needed, "{query}");
        }
    }
}
