//! A query as a tree of conditions, and how three values go through it.

use super::facts::Answer;
use super::keys::{Measure, Name};
use super::measure::Bounds;
use super::pattern::{Pattern, Phrase};
use super::since::Since;

/// A choice out of a closed set, by the places in its list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Choice(u32);

impl Choice {
    pub(super) fn add(&mut self, place: usize) {
        self.0 |= 1 << place;
    }

    pub(super) fn has(self, place: usize) -> bool {
        self.0 & (1 << place) != 0
    }
}

/// One condition. Lists are alternatives.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Term {
    /// Looked for in names and in texts.
    Phrase(Phrase),
    /// Looked for in texts alone.
    Text(Vec<Phrase>),
    Is(Choice),
    Kind(Choice),
    Name(Name, Vec<Pattern>),
    Measure(Measure, Bounds<u64>),
    Since(Since),
    /// Keys of the metadata, from the outermost inwards.
    Meta(Vec<String>, MetaTest),
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum MetaTest {
    Fits(Vec<Pattern>),
    Number(Bounds<f64>),
}

/// Never an [`Expr::All`] in an `All`, an `Any` in an `Any`, a `Not` in a `Not`, nor either of the
/// first two with a single part, so that one meaning is written in one way.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Expr {
    Term(Term),
    Not(Box<Expr>),
    /// True when it is empty.
    All(Vec<Expr>),
    Any(Vec<Expr>),
}

impl Expr {
    pub(super) fn everything() -> Self {
        Self::All(Vec::new())
    }

    pub(super) fn all(parts: Vec<Self>) -> Self {
        let mut flat = Vec::with_capacity(parts.len());
        for part in parts {
            match part {
                Self::All(inner) => flat.extend(inner),
                part => flat.push(part),
            }
        }
        single(flat, Self::All)
    }

    pub(super) fn any(parts: Vec<Self>) -> Self {
        let mut flat = Vec::with_capacity(parts.len());
        for part in parts {
            match part {
                Self::Any(inner) => flat.extend(inner),
                part => flat.push(part),
            }
        }
        single(flat, Self::Any)
    }

    pub(super) fn not(inner: Self) -> Self {
        match inner {
            Self::Not(inner) => *inner,
            inner => Self::Not(Box::new(inner)),
        }
    }

    /// Conditions that all have to hold, for showing them one by one.
    pub(super) fn conditions(&self) -> &[Self] {
        match self {
            Self::All(parts) => parts,
            other => std::slice::from_ref(other),
        }
    }

    /// Kleene's logic: what is not decided yet stays so unless another part decides the whole. The
    /// depth of a tree is bounded by the parser.
    pub(super) fn answer(&self, ask: &mut impl FnMut(&Term) -> Answer) -> Answer {
        match self {
            Self::Term(term) => ask(term),
            Self::Not(inner) => match inner.answer(ask) {
                Answer::Yes => Answer::No,
                Answer::No => Answer::Yes,
                Answer::NeedsReading => Answer::NeedsReading,
            },
            Self::All(parts) => decided(parts, Answer::No, Answer::Yes, ask),
            Self::Any(parts) => decided(parts, Answer::Yes, Answer::No, ask),
        }
    }

    /// Every phrase that something passes for containing it.
    pub(super) fn wanted<'a>(&'a self, out: &mut Vec<&'a Phrase>) {
        self.phrases(true, out);
    }

    /// The first condition of which something is to be said.
    pub(super) fn find<T>(&self, said: &impl Fn(&Term) -> Option<T>) -> Option<T> {
        match self {
            Self::Term(term) => said(term),
            Self::Not(inner) => inner.find(said),
            Self::All(parts) | Self::Any(parts) => parts.iter().find_map(|part| part.find(said)),
        }
    }

    fn phrases<'a>(&'a self, wanted: bool, out: &mut Vec<&'a Phrase>) {
        match self {
            Self::Term(Term::Phrase(phrase)) if wanted => out.push(phrase),
            Self::Term(Term::Text(phrases)) if wanted => out.extend(phrases),
            Self::Term(_) => {}
            Self::Not(inner) => inner.phrases(!wanted, out),
            Self::All(parts) | Self::Any(parts) => {
                for part in parts {
                    part.phrases(wanted, out);
                }
            }
        }
    }
}

fn single(mut parts: Vec<Expr>, join: impl Fn(Vec<Expr>) -> Expr) -> Expr {
    match (parts.len(), parts.pop()) {
        (1, Some(only)) => only,
        (_, Some(last)) => {
            parts.push(last);
            join(parts)
        }
        (_, None) => Expr::everything(),
    }
}

/// Goes through the parts until one settles the whole.
fn decided(
    parts: &[Expr],
    settles: Answer,
    otherwise: Answer,
    ask: &mut impl FnMut(&Term) -> Answer,
) -> Answer {
    let mut open = false;
    for part in parts {
        match part.answer(ask) {
            answer if answer == settles => return settles,
            Answer::NeedsReading => open = true,
            _ => {}
        }
    }
    if open { Answer::NeedsReading } else { otherwise }
}
