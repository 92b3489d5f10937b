//! What stands behind a key, read as that key asks for it.

use std::ops::Range;

use super::Domain;
use super::facts::{EventState, SessionState};
use super::keys::{self, Key, Shape};
use super::lexer::{Comparison, Form, Item, Keyed};
use super::measure::{self, Bounds};
use super::mistake::{Mistake, shown};
use super::pattern::{Pattern, Phrase};
use super::since::Since;
use super::tree::{Choice, MetaTest, Term};
use crate::api::EventKind;
use crate::text::suggest::nearest;

/// The words of `is:`, in the order of a [`Choice`].
pub(super) fn states(domain: Domain) -> Vec<&'static str> {
    match domain {
        Domain::Sessions => SessionState::ALL.iter().map(|state| state.word()).collect(),
        Domain::Events => EventState::ALL.iter().map(|state| state.word()).collect(),
        Domain::Files => Vec::new(),
    }
}

/// The words of `type:`, in the order of a [`Choice`].
pub(super) fn kinds() -> Vec<&'static str> {
    EventKind::ALL.into_iter().map(kind_word).collect()
}

fn kind_word(kind: EventKind) -> &'static str {
    match kind {
        EventKind::Unknown => "unknown",
        kind => kind.wire(),
    }
}

/// The key that is meant, and the path that follows `meta.`.
pub(super) fn key(keyed: &Keyed, domain: Domain) -> Result<(&'static Key, Vec<String>), Mistake> {
    let (word, path) = match keyed.key.split_once('.') {
        Some((word, path)) if word.eq_ignore_ascii_case(keys::META) => (word, path),
        _ => (keyed.key.as_str(), ""),
    };
    let at = keyed.key_at.clone();
    let Some(key) = keys::find(domain, word) else {
        let near = nearest(word, keys::of(domain).iter().map(|key| key.word));
        let mut others = [Domain::Sessions, Domain::Events, Domain::Files].into_iter();
        let what = if let Some(other) = others.find(|other| keys::find(*other, word).is_some()) {
            format!("{word}: is a key of {}, not of {}", other.noun(), domain.noun())
        } else if near.is_some() {
            format!("there is no key \"{}\"", shown(word))
        } else {
            format!("there is no key \"{}\"; text with a colon is put in quotes", shown(word))
        };
        return Err(Mistake::wrong(at, what).suggesting(near));
    };
    let path: Vec<String> = path.split('.').map(str::to_owned).collect();
    if key.shape == Shape::Meta && path.iter().any(String::is_empty) {
        return Err(Mistake::wrong(at, "metadata is named by its path, as in meta.tier:gold"));
    }
    Ok((key, path))
}

pub(super) fn term(
    key: &Key,
    path: Vec<String>,
    keyed: Keyed,
    domain: Domain,
) -> Result<Term, Mistake> {
    let Keyed { key_at, comparison, items, .. } = keyed;
    let whole = key_at.start..items.last().map_or(key_at.end, |item| item.at.end);
    let compares = matches!(key.shape, Shape::Measure(_) | Shape::Meta);
    if comparison.is_some() && !compares {
        return Err(Mistake::wrong(whole, format!("{}: is not compared", key.word)));
    }
    let takes_list = !matches!(key.shape, Shape::Measure(_) | Shape::Since);
    if items.len() > 1 && (!takes_list || comparison.is_some()) {
        return Err(Mistake::wrong(whole, format!("{}: takes one value", key.word)));
    }
    Ok(match key.shape {
        Shape::Is => Term::Is(choice(&items, &states(domain), key.word)?),
        Shape::Kind => Term::Kind(choice(&items, &kinds(), key.word)?),
        Shape::Name(name) => Term::Name(name, patterns(items, key.word)?),
        Shape::Text => {
            let phrases = items.into_iter().map(|item| {
                if item.text.is_empty() {
                    return Err(missing(item.at, key.word));
                }
                Phrase::parse(item)
            });
            Term::Text(phrases.collect::<Result<_, _>>()?)
        }
        Shape::Measure(measure) => {
            let unit = measure.unit();
            let read = |text: &str, at| measure::amount(text, unit, at);
            let item = only(&items, &key_at);
            Term::Measure(measure, Bounds::read(comparison, &item, key.sample, read)?)
        }
        Shape::Since => {
            let item = only(&items, &key_at);
            if item.text.is_empty() {
                return Err(missing(item.at, key.word));
            }
            Term::Since(Since::parse(&item.text, item.at)?)
        }
        Shape::Meta => Term::Meta(path, meta(comparison, items, key_at)?),
    })
}

/// A list of a kind that has one item.
fn only(items: &[Item], key_at: &Range<usize>) -> Item {
    items.first().cloned().unwrap_or_else(|| Item {
        at: key_at.clone(),
        form: Form::Bare,
        text: String::new(),
        closed: true,
    })
}

fn missing(at: Range<usize>, key: &str) -> Mistake {
    Mistake::incomplete(at, format!("{key}: needs a value"))
}

/// Words of a closed set. A glob stands for all that fit it.
fn choice(items: &[Item], words: &[&'static str], key: &str) -> Result<Choice, Mistake> {
    let mut choice = Choice::default();
    for item in items {
        let at = item.at.clone();
        if item.text.is_empty() {
            let what = format!("{key}: takes {}", words.join(", "));
            return Err(Mistake::incomplete(at, what));
        }
        if item.form == Form::Regex {
            return Err(Mistake::wrong(
                at,
                format!("{key}: takes words, not a regular expression"),
            ));
        }
        let word = item.text.to_ascii_lowercase();
        let pattern = Pattern::parse(Item { text: word.clone(), ..item.clone() })?;
        let fitting: Vec<usize> =
            (0..words.len()).filter(|place| pattern.fits(words[*place])).collect();
        if fitting.is_empty() {
            let begins = words.iter().any(|known| known.starts_with(&word));
            let make = if begins { Mistake::incomplete } else { Mistake::wrong };
            let what = format!("\"{}\" is no word for {key}:", shown(&item.text));
            let near = nearest(&word, words.iter().copied());
            return Err(make(at, what).suggesting(near));
        }
        for place in fitting {
            choice.add(place);
        }
    }
    Ok(choice)
}

fn patterns(items: Vec<Item>, key: &str) -> Result<Vec<Pattern>, Mistake> {
    let read = |item: Item| {
        // `""` asks for the empty name.
        if item.text.is_empty() && item.form != Form::Quoted {
            return Err(missing(item.at, key));
        }
        Pattern::parse(item)
    };
    items.into_iter().map(read).collect()
}

/// A comparison or a range is one of numbers, anything else a pattern.
fn meta(
    comparison: Option<Comparison>,
    items: Vec<Item>,
    key_at: Range<usize>,
) -> Result<MetaTest, Mistake> {
    let item = only(&items, &key_at);
    let is_range = |text: &str| {
        let ends = text.split_once("..");
        ends.is_some_and(|(from, to)| {
            let either = !from.is_empty() || !to.is_empty();
            either && [from, to].iter().all(|end| end.is_empty() || number(end).is_some())
        })
    };
    let compares = comparison.is_some()
        || (items.len() == 1 && item.form == Form::Bare && is_range(&item.text));
    if !compares {
        return patterns(items, keys::META).map(MetaTest::Fits);
    }
    let read = |text: &str, at| {
        number(text).ok_or_else(|| {
            let what = format!("\"{}\" is no number", shown(text));
            let begins = text.chars().all(|c| c.is_ascii_digit() || "-.".contains(c));
            if begins { Mistake::incomplete(at, what) } else { Mistake::wrong(at, what) }
        })
    };
    Bounds::read(comparison, &item, ">2", read).map(MetaTest::Number)
}

fn number(text: &str) -> Option<f64> {
    let plain = text.bytes().all(|b| b.is_ascii_digit() || b == b'-' || b == b'.');
    let number = plain.then(|| text.parse::<f64>().ok()).flatten();
    number.filter(|number| number.is_finite())
}
