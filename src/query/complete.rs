//! What may come next at the cursor: keys, the words of closed sets, and names out of the data.

use std::ops::Range;

use super::facts::{EventState, SessionState};
use super::fuzzy::Letters;
use super::keys::{self, Key, Name, Shape};
use super::lexer::{Form, Item, Keyed, Token, tokens};
use super::{Domain, MAX_BYTES, value, write};
use crate::text::sanitize;

/// The most that is offered.
const MAX_OFFERED: usize = 50;

/// Names that the data knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Names {
    Agents,
    /// Who made files.
    Authors,
    Files,
    MimeTypes,
    /// Dotted paths of keys.
    MetadataPaths,
    Parents,
    Sessions,
    Steps,
    SubAgents,
    Tools,
}

/// Where completion gets the names that were seen.
pub trait Known {
    fn each(&self, names: Names, visit: &mut dyn FnMut(&str));
}

/// One way to go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Completion {
    /// The bytes of the input that make room for it.
    pub replace: Range<usize>,
    pub with: String,
    pub about: &'static str,
}

/// What could stand at the cursor, the likeliest first. Nothing inside of quotes and regular
/// expressions that stand alone, whose words are the user's own.
pub fn complete(input: &str, cursor: usize, domain: Domain, known: &dyn Known) -> Vec<Completion> {
    let Some((before, behind)) = input.split_at_checked(cursor) else { return Vec::new() };
    if input.len() > MAX_BYTES {
        return Vec::new();
    }
    let last = tokens(before, domain).pop();
    let touching = last.filter(|(at, _)| at.end == before.len()).map(|(_, token)| token);
    let (start, offers) = match touching {
        Some(Token::Keyed(keyed)) => match value_offers(&keyed, domain, known) {
            Some(found) => found,
            None => return Vec::new(),
        },
        Some(Token::Item(Item { form: Form::Bare, at, text, .. })) => {
            (at.start, word_offers(&text, domain, known))
        }
        None | Some(Token::Open | Token::Not) => (cursor, word_offers("", domain, known)),
        Some(Token::And) => (cursor - "and".len(), word_offers("and", domain, known)),
        Some(Token::Or) => (cursor - "or".len(), word_offers("or", domain, known)),
        Some(_) => return Vec::new(),
    };
    // The rest of the word under the cursor gives way, a colon only to a key with its own.
    let rest = behind.find(|c: char| c.is_whitespace() || "(),:".contains(c));
    let rest = rest.unwrap_or(behind.len());
    let colon = usize::from(behind[rest..].starts_with(':'));
    let made = offers.into_iter().map(|(with, about)| {
        let end = cursor + rest + if with.ends_with(':') { colon } else { 0 };
        Completion { replace: start..end, with, about }
    });
    made.collect()
}

type Offer = (String, &'static str);

fn word_offers(typed: &str, domain: Domain, known: &dyn Known) -> Vec<Offer> {
    let mut offers = Ranked::new(typed);
    if let Some((meta, path)) = typed.split_once('.')
        && domain == Domain::Sessions
        && meta.eq_ignore_ascii_case(keys::META)
    {
        let mut paths = Ranked::new(path);
        known.each(Names::MetadataPaths, &mut |path| {
            let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
            if path.chars().all(plain) {
                paths.offer(path, || format!("{}.{path}:", keys::META), "in the metadata");
            }
        });
        return paths.done();
    }
    for key in keys::of(domain) {
        let end = if key.shape == Shape::Meta { '.' } else { ':' };
        offers.offer(key.word, || format!("{}{end}", key.word), key.about);
    }
    offers.offer("or", || "or ".to_owned(), "either of both sides");
    if domain == Domain::Sessions {
        let about = "condition on the metadata, decided by the server";
        offers.offer("where", || "where ".to_owned(), about);
        if !typed.is_empty() {
            let mut sessions = Ranked::new(typed);
            known.each(Names::Sessions, &mut |name| {
                sessions.offer(name, || write::name_written(name), "a session");
            });
            offers.0.extend(sessions.0);
        }
    }
    offers.done()
}

/// Where the value begins, and what it could be.
fn value_offers(keyed: &Keyed, domain: Domain, known: &dyn Known) -> Option<(usize, Vec<Offer>)> {
    let item = keyed.items.last()?;
    let (key, _) = value::key(keyed, domain).ok()?;
    let is_open = !item.closed || item.form == Form::Bare;
    if item.form == Form::Regex || !is_open || keyed.comparison.is_some() {
        return None;
    }
    let mut offers = Ranked::new(&item.text);
    offer_values(key, domain, known, &mut offers);
    Some((item.at.start, offers.done()))
}

fn offer_values(key: &Key, domain: Domain, known: &dyn Known, offers: &mut Ranked) {
    let mut closed = |word: &'static str, about| offers.offer(word, || word.to_owned(), about);
    match (key.shape, domain) {
        (Shape::Is, Domain::Sessions) => {
            for state in SessionState::ALL {
                closed(state.word(), state.about());
            }
        }
        (Shape::Is, Domain::Events) => {
            for state in EventState::ALL {
                closed(state.word(), state.about());
            }
        }
        (Shape::Kind, _) => value::kinds().into_iter().for_each(|kind| closed(kind, key.about)),
        (Shape::Name(name), _) => {
            let names = match name {
                Name::Agent => Names::Agents,
                Name::By => Names::Authors,
                Name::File => Names::Files,
                Name::Mime => Names::MimeTypes,
                Name::Parent => Names::Parents,
                Name::Session => Names::Sessions,
                Name::Step => Names::Steps,
                Name::SubAgent => Names::SubAgents,
                Name::Tool => Names::Tools,
            };
            known.each(names, &mut |name| {
                offers.offer(name, || write::name_written(name), key.about);
            });
        }
        (Shape::Measure(_) | Shape::Since, _) => closed(key.sample, key.about),
        (Shape::Meta | Shape::Text, _) | (Shape::Is, Domain::Files) => {}
    }
}

/// Offers that go on from what was typed, those that begin with it before those that resemble it.
struct Ranked(Vec<(bool, Offer)>, String);

impl Ranked {
    fn new(typed: &str) -> Self {
        Self(Vec::new(), typed.to_lowercase())
    }

    fn offer(&mut self, word: &str, with: impl FnOnce() -> String, about: &'static str) {
        let Self(offers, typed) = self;
        let lower = word.to_lowercase();
        let begins = lower.starts_with(typed.as_str());
        let resembles = begins || lower.contains(typed.as_str()) || Letters::of(typed).fit(word);
        // What could not be typed is not offered, nor what would look like something else.
        let is_plain = !word.is_empty() && sanitize::one_line(word) == word;
        let is_new = offers.iter().all(|(_, (known, _))| known != word);
        if resembles && is_plain && is_new && offers.len() < MAX_OFFERED {
            offers.push((!begins, (with(), about)));
        }
    }

    fn done(self) -> Vec<Offer> {
        let Self(mut offers, _) = self;
        // Stable: the order of the data is kept.
        offers.sort_by_key(|(later, _)| *later);
        offers.truncate(MAX_OFFERED);
        offers.into_iter().map(|(_, offer)| offer).collect()
    }
}
