//! What a command line may become: actions and commands by their names, and behind a command what
//! the data has for it.
//!
//! Reads the model and changes nothing. Start with [`offers`]. The invariant: what is offered as off
//! is refused when it is run, for the same reason.

use std::collections::HashMap;

use super::commands::{Command, offered_actions};
use crate::action::Action;
use crate::api::{AgentKey, SessionKey, Timestamp};
use crate::app::chain::{self, Target};
use crate::app::update::bind::SAVE;
use crate::app::update::{ask_again, find};
use crate::app::{Keymap, hints, permit};
use crate::keymap::{Scope, key};
use crate::model::Blocked;
use crate::model::sessions::ListView;
use crate::model::timeline::rows::{self, Part};
use crate::model::timeline::{Clock, Kind, Purpose, Unit};
use crate::text::{sanitize, units};
use crate::view::layer::palette::Offer;
use crate::view::layer::prompt::{self, Subject};
use crate::view::{Model, OpenSession};

/// The most arguments that are offered.
const MOST: usize = 50;
/// Rows of a timeline that are looked through for places to go to, from the newest.
const RECENT: usize = 2_000;
/// Columns for which the subject of a row is made.
const SUBJECT: usize = 120;

/// The word that a line begins with, and where in the line its argument begins; `None` where the
/// word itself is being typed.
fn split(line: &str) -> (&str, Option<usize>) {
    let start = line.len() - line.trim_start().len();
    let rest = &line[start..];
    let Some(end) = rest.find(char::is_whitespace) else { return (rest, None) };
    let behind = &rest[end..];
    let gap = behind.len() - behind.trim_start().len();
    // While only blanks follow, the argument begins behind the first of them.
    let gap = if gap == behind.len() { 1 } else { gap };
    (&rest[..end], Some(start + end + gap))
}

/// Lines that a line may become, the likeliest first, and the command whose argument they have.
pub(super) fn offers(
    model: &Model,
    keymap: &Keymap,
    line: &str,
    cursor: usize,
) -> (Vec<Offer>, Option<Command>) {
    match split(line) {
        (word, None) => (names(model, keymap, &word.to_lowercase()), None),
        (word, Some(at)) => match Command::begun_by(word) {
            Some(command) => (arguments(model, keymap, command, line, (at, cursor)), Some(command)),
            None => (Vec::new(), None),
        },
    }
}

/// Commands and actions, those that begin with the word before the others.
fn names(model: &Model, keymap: &Keymap, word: &str) -> Vec<Offer> {
    let fits = |name: &str| name.starts_with(word) || (word.len() > 1 && name.contains(word));
    let commands = Command::ALL.into_iter().map(|command| {
        let whole = command.argument().is_empty();
        let line = [command.name(), if whole { "" } else { " " }].concat();
        Offer {
            cursor: line.len(),
            line,
            whole,
            name: command.name().to_owned(),
            argument: command.argument(),
            key: String::new(),
            words: command.words().to_owned(),
            off: command.off(model),
        }
    });
    // Where it is run is under the line.
    let chain = chain::browse(model);
    let scopes: Vec<Scope> = chain.iter().flat_map(|target| target.scopes()).copied().collect();
    // Moving is what keys are for.
    let (moves, rest): (Vec<Action>, Vec<Action>) =
        offered_actions().partition(|action| action.section() == "MOVE");
    let own = model.own.iter().map(|(action, _)| action);
    let actions = own.chain(rest).chain(moves).map(|action| Offer {
        line: model.own.name(action).to_owned(),
        cursor: model.own.name(action).len(),
        whole: true,
        name: model.own.name(action).to_owned(),
        argument: "",
        key: keymap.label_for(action, &scopes).unwrap_or_default(),
        words: words(model, action),
        off: why_off(model, &chain, action),
    });
    let mut all: Vec<Offer> = commands.chain(actions).filter(|offer| fits(&offer.name)).collect();
    all.sort_by_key(|offer| (!offer.name.starts_with(word), offer.off.is_some()));
    all
}

/// What an action does, and of one's own, where that was written.
fn words(model: &Model, action: Action) -> String {
    let words = sanitize::one_line(model.own.words(action)).into_owned();
    match action {
        Action::Own(number) => {
            let origin = model.own.get(number).map_or("", |command| &command.origin);
            format!("{words} · {origin}")
        }
        _ => words,
    }
}

/// Actions to bind, by the last word of what is typed, with the keys that they have.
fn bindable(model: &Model, keymap: &Keymap, head: &str, argument: &str) -> Vec<Offer> {
    // Keys come first, and what they are nobody can guess.
    let Some((keys, word)) = argument.rsplit_once(char::is_whitespace) else { return Vec::new() };
    let named = keys.rsplit_once(char::is_whitespace).map(|(_, name)| name);
    if named.is_some_and(|name| model.own.action(name).is_some()) {
        let lasts = whole(head, &format!("{keys} {SAVE}"), "writes it into keys.toml".to_owned());
        let fits = SAVE.starts_with(word);
        return if fits { vec![Offer { name: SAVE.to_owned(), ..lasts }] } else { Vec::new() };
    }
    let own = model.own.iter().map(|(action, _)| action);
    let all = own.chain(Action::ALL.iter().copied());
    let fits = all.filter(|action| model.own.name(*action).contains(word));
    let mut offers: Vec<Offer> = fits
        .map(|action| {
            let name = model.own.name(action);
            let bound = keymap.keys_for(action).next();
            let mut offer = whole(head, &format!("{keys} {name}"), words(model, action));
            name.clone_into(&mut offer.name);
            offer.key = bound.map(|binding| key::label(&binding.keys)).unwrap_or_default();
            offer
        })
        .collect();
    offers.sort_by_key(|offer| (!offer.name.starts_with(word), offer.name.len()));
    offers.truncate(MOST);
    offers
}

/// Why an action would come to nothing under the line.
fn why_off(model: &Model, chain: &[&'static dyn Target], action: Action) -> Option<String> {
    if let Some(taker) = chain.iter().find(|target| target.handler(model, action).is_some()) {
        return hints::off(model, *taker, action);
    }
    let blocked = permit::blocked(model, action).map(Blocked::words);
    Some(blocked.unwrap_or_else(|| match chain::elsewhere(model, action) {
        Some(place) => format!("works in {}", place.place()),
        None => "not here".to_owned(),
    }))
}

/// What may stand behind a command, from the data.
fn arguments(
    model: &Model,
    keymap: &Keymap,
    command: Command,
    line: &str,
    (at, cursor): (usize, usize),
) -> Vec<Offer> {
    if command.off(model).is_some() {
        return Vec::new();
    }
    let (head, argument) = line.split_at(at.min(line.len()));
    match command {
        Command::Hide | Command::Unhide => {
            queries(model, (head, argument), cursor, Purpose::Filter, Subject::Events)
        }
        Command::Find | Command::Filter => {
            let Some(subject) = find::subject(model) else { return Vec::new() };
            // The lists are only filtered.
            let finds = command == Command::Find && subject == Subject::Events;
            let purpose = if finds { Purpose::Find } else { Purpose::Filter };
            queries(model, (head, argument), cursor, purpose, subject)
        }
        Command::Goto => match (&model.open, find::subject(model)) {
            (Some(open), Some(Subject::Events | Subject::Sessions)) => {
                places(open, &model.clock(), head, argument)
            }
            _ => Vec::new(),
        },
        Command::Session | Command::Compare => sessions(model, head, argument),
        Command::Try => agents(model, head, argument),
        Command::View => views(model, head, argument),
        Command::Profile => named(&model.profiles, head, argument),
        Command::Theme => named(&model.themes, head, argument),
        Command::Bind => bindable(model, keymap, head, argument),
        Command::File => files(model, head, argument),
        // Tab asks the file system.
        Command::Attach | Command::Export | Command::Bundle | Command::Tour => Vec::new(),
    }
}

fn named(names: &[String], head: &str, argument: &str) -> Vec<Offer> {
    let fits = names.iter().filter(|name| name.contains(argument));
    fits.map(|name| whole(head, name, String::new())).collect()
}

/// Agents by their keys or their models.
fn agents(model: &Model, head: &str, typed: &str) -> Vec<Offer> {
    let fits =
        |(key, used): &(&AgentKey, &str)| key.as_str().contains(typed) || used.contains(typed);
    let found = ask_again::answerers(model).filter(fits).take(MOST);
    found.map(|(key, used)| whole(head, key.as_str(), sanitize::preview(used, SUBJECT))).collect()
}

fn whole(head: &str, argument: &str, words: String) -> Offer {
    let line = format!("{head}{argument}");
    Offer {
        cursor: line.chars().count(),
        line,
        whole: true,
        name: argument.to_owned(),
        argument: "",
        key: String::new(),
        words,
        off: None,
    }
}

fn views(model: &Model, head: &str, argument: &str) -> Vec<Offer> {
    let numbered = model.views.iter().zip(1..);
    let fits = numbered
        .filter(|(view, number)| view.name.contains(argument) || number.to_string() == argument);
    let offer = |(view, number): (&ListView, usize)| {
        let words = format!("{number}  {}", sanitize::preview(&view.words(), 100));
        whole(head, &view.name, words)
    };
    fits.map(offer).collect()
}

fn queries(
    model: &Model,
    (head, argument): (&str, &str),
    cursor: usize,
    purpose: Purpose,
    subject: Subject,
) -> Vec<Offer> {
    let (Some(domain), Some(known)) = (subject.domain(), find::known(model, subject)) else {
        return Vec::new();
    };
    let before = head.chars().count();
    let at = argument.char_indices().nth(cursor.saturating_sub(before));
    let at = at.map_or(argument.len(), |(at, _)| at);
    let completions = prompt::completions(argument, at, purpose, domain, known);
    let made = completions.into_iter().filter_map(|completion| {
        let start = argument.get(..completion.replace.start)?;
        let rest = argument.get(completion.replace.end..)?;
        let line = format!("{head}{start}{}", completion.with);
        Some(Offer {
            cursor: line.chars().count(),
            line: format!("{line}{rest}"),
            whole: !completion.with.ends_with([':', '.', ' ']),
            name: completion.with.trim_end().to_owned(),
            argument: "",
            key: String::new(),
            words: completion.about.to_owned(),
            off: None,
        })
    });
    made.collect()
}

/// Places in the timeline: numbers of messages to the agent, and by what is typed any row by its
/// number, its time or its id.
fn places(open: &OpenSession, clock: &Clock, head: &str, typed: &str) -> Vec<Offer> {
    let timeline = &open.timeline;
    let mut out: Vec<Offer> = Vec::new();
    for unit in timeline.units().rev().take(RECENT).filter(|unit| unit.stored) {
        let number = timeline.row_of_id(&unit.id).map(|row| (row + 1).to_string());
        let time = unit.at.map(|at| time_of_day(at, clock));
        let id = unit.event_ids().first().map(ToString::to_string);
        let name = if typed.is_empty() {
            number.filter(|_| unit.kind == Kind::You)
        } else {
            [number, time, id].into_iter().flatten().find(|name| name.starts_with(typed))
        };
        let Some(name) = name.filter(|name| out.iter().all(|known| known.name != *name)) else {
            continue;
        };
        out.push(whole(head, &name, headline(&unit, clock)));
        if out.len() == MOST {
            break;
        }
    }
    out
}

fn time_of_day(at: Timestamp, clock: &Clock) -> String {
    clock.wall.time(at)
}

/// When a row happened, what it is, and its first words.
fn headline(unit: &Unit, clock: &Clock) -> String {
    let rows = rows::rows(unit, SUBJECT, true, clock).into_iter();
    let head = rows.into_iter().find(|row| row.part != Part::Rule);
    let words = head.map(|row| [row.subject, row.detail].join(" ")).unwrap_or_default();
    let time = unit.at.map_or_else(String::new, |at| clock.wall.exact(at));
    let words = sanitize::preview(words.trim(), SUBJECT);
    format!("{time} {} {words}", unit.kind.word()).trim_start().to_owned()
}

/// Sessions by key or name: those that begin like that first, and among them the most urgent.
fn sessions(model: &Model, head: &str, typed: &str) -> Vec<Offer> {
    let typed = typed.to_lowercase();
    let mut found = Vec::new();
    let mut of_key: HashMap<&SessionKey, usize> = HashMap::new();
    for (name, _) in model.sessions.iter() {
        *of_key.entry(&name.key).or_default() += 1;
    }
    for (name, entry) in model.sessions.iter() {
        let (whole_name, title) = (name.to_string(), entry.session.name.as_str());
        // Agents may have sessions of the same key.
        let shared = of_key.get(&name.key).is_some_and(|count| *count > 1);
        let key = if shared { &whole_name } else { name.key.as_str() };
        let names = [name.key.as_str(), title, &whole_name].map(str::to_lowercase);
        if names.iter().any(|name| name.contains(&typed)) {
            let later = !names.iter().any(|name| name.starts_with(&typed));
            let title = if title == key { String::new() } else { format!(" · {title}") };
            let words = sanitize::preview(&format!("{}{title}", entry.attention.word()), SUBJECT);
            found.push(((later, entry.attention), whole(head, key, words)));
        }
    }
    found.sort_by_key(|(order, _)| *order);
    found.into_iter().take(MOST).map(|(_, offer)| offer).collect()
}

fn files(model: &Model, head: &str, typed: &str) -> Vec<Offer> {
    let typed = typed.to_lowercase();
    let mut out: Vec<(bool, Offer)> = Vec::new();
    for file in super::listed_files(model) {
        let name = file.filename.to_lowercase();
        // Newest first: an older file of that name has no name of its own.
        let is_new = out.iter().all(|(_, known)| known.name != file.filename);
        if name.contains(&typed) && is_new && sanitize::one_line(&file.filename) == file.filename {
            let words = format!("{} · {}", units::bytes(file.size_bytes), file.mime_type);
            let words = sanitize::preview(&words, SUBJECT);
            out.push((!name.starts_with(&typed), whole(head, &file.filename, words)));
        }
    }
    out.sort_by_key(|(later, _)| *later);
    out.into_iter().take(MOST).map(|(_, offer)| offer).collect()
}
