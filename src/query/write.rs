//! A query in its canonical form: one meaning, one text, which parses to the same query.

use std::fmt::{self, Display, Formatter};

use super::keys::{self, Measure, Shape};
use super::lexer::Form;
use super::pattern::{Pattern, Phrase};
use super::tree::{Choice, Expr, MetaTest, Term};
use super::{Domain, measure, value};

/// An expression, which needs to know in whose words.
pub(super) struct Written<'a>(pub(super) &'a Expr, pub(super) Domain);

impl Display for Written<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self(expr, domain) = self;
        match expr {
            Expr::Term(term) => write_term(f, term, *domain),
            Expr::Not(inner) => {
                f.write_str("!")?;
                write_grouped(f, inner, *domain)
            }
            Expr::All(parts) => write_joined(f, parts, " ", |f, part| match part {
                Expr::Any(_) => write_grouped(f, part, *domain),
                part => Written(part, *domain).fmt(f),
            }),
            Expr::Any(parts) => {
                write_joined(f, parts, " or ", |f, part| Written(part, *domain).fmt(f))
            }
        }
    }
}

/// In parentheses, unless it is one condition.
pub(super) fn write_grouped(f: &mut Formatter<'_>, expr: &Expr, domain: Domain) -> fmt::Result {
    match expr {
        Expr::All(_) | Expr::Any(_) => write!(f, "({})", Written(expr, domain)),
        expr => Written(expr, domain).fmt(f),
    }
}

fn write_joined<T>(
    f: &mut Formatter<'_>,
    parts: &[T],
    between: &str,
    mut write: impl FnMut(&mut Formatter<'_>, &T) -> fmt::Result,
) -> fmt::Result {
    for (at, part) in parts.iter().enumerate() {
        if at > 0 {
            f.write_str(between)?;
        }
        write(f, part)?;
    }
    Ok(())
}

fn write_term(f: &mut Formatter<'_>, term: &Term, domain: Domain) -> fmt::Result {
    let key = |shape| keys::word(domain, shape);
    match term {
        Term::Phrase(phrase) => write_phrase(f, phrase),
        Term::Text(phrases) => {
            write!(f, "{}:", key(Shape::Text))?;
            write_joined(f, phrases, ",", write_phrase)
        }
        Term::Is(choice) => write_choice(f, key(Shape::Is), *choice, &value::states(domain)),
        Term::Kind(choice) => write_choice(f, key(Shape::Kind), *choice, &value::kinds()),
        Term::Name(name, patterns) => {
            write!(f, "{}:", key(Shape::Name(*name)))?;
            write_joined(f, patterns, ",", write_pattern)
        }
        Term::Measure(measure, bounds) => {
            write!(f, "{}:", key(Shape::Measure(*measure)))?;
            bounds.write(f, |amount| measure::written(amount, Measure::unit(*measure)))
        }
        Term::Since(since) => write!(f, "{}:{since}", key(Shape::Since)),
        Term::Meta(path, test) => {
            write!(f, "{}.{}:", keys::META, path.join("."))?;
            match test {
                MetaTest::Fits(patterns) => write_joined(f, patterns, ",", write_pattern),
                MetaTest::Number(bounds) => bounds.write(f, |number| number.to_string()),
            }
        }
    }
}

fn write_choice(
    f: &mut Formatter<'_>,
    key: &str,
    choice: Choice,
    words: &[&'static str],
) -> fmt::Result {
    let chosen = words.iter().enumerate().filter(|(place, _)| choice.has(*place));
    let chosen: Vec<&str> = chosen.map(|(_, word)| *word).collect();
    write!(f, "{key}:{}", chosen.join(","))
}

fn write_phrase(f: &mut Formatter<'_>, phrase: &Phrase) -> fmt::Result {
    match phrase.form {
        Form::Bare => f.write_str(&phrase.source),
        Form::Quoted => f.write_str(&quoted(&phrase.source)),
        Form::Regex => f.write_str(&regex(&phrase.source)),
    }
}

fn write_pattern(f: &mut Formatter<'_>, pattern: &Pattern) -> fmt::Result {
    match pattern {
        Pattern::Equal(name, _) => f.write_str(&name_written(name)),
        Pattern::Glob(glob) => f.write_str(glob),
        Pattern::Regex(source, _) => f.write_str(&regex(source)),
    }
}

/// Bare where that cannot be taken for anything else.
pub fn name_written(name: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "_-.:@+=/".contains(c);
    let bare = !name.is_empty()
        && name.chars().all(plain)
        && !name.starts_with('/')
        && !name.contains("..");
    if bare { name.to_owned() } else { quoted(name) }
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

pub(super) fn regex(source: &str) -> String {
    let mut out = String::from("/");
    let mut chars = source.chars();
    while let Some(c) = chars.next() {
        match c {
            '/' => out.push_str("\\/"),
            '\\' => {
                out.push('\\');
                out.extend(chars.next());
            }
            c => out.push(c),
        }
    }
    out.push('/');
    out
}
