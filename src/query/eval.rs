//! Conditions put to facts.
//!
//! Several times, if need be, each time with more: first what costs nothing, then short names, so
//! that most things are settled without a look at their text, and last the text, where the owner
//! has it at hand.

use std::ops::ControlFlow;

use serde_json::Value;

use super::facts::{
    Answer, EventFacts, EventState, Fact, Reader, SessionFacts, SessionState, Tool,
};
use super::keys::{Measure, Name};
use super::pattern::{Pattern, Phrase};
use super::tree::{Choice, Expr, MetaTest, Term};
use crate::api::{Object, Timestamp};

/// How much may be looked at for a phrase.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Reach {
    Nothing,
    Names,
    Text,
}

/// Asks with as little as decides it.
pub(super) fn cheapest_first(up_to: Reach, mut ask: impl FnMut(Reach) -> Answer) -> Answer {
    let reaches = [Reach::Nothing, Reach::Names, Reach::Text].into_iter();
    let mut answers = reaches.take_while(|reach| *reach <= up_to).map(&mut ask);
    let decided = answers.find(|answer| *answer != Answer::NeedsReading);
    decided.unwrap_or(Answer::NeedsReading)
}

pub(super) fn event<F: EventFacts + ?Sized>(
    expr: &Expr,
    facts: &F,
    now: Timestamp,
    reach: Reach,
) -> Answer {
    expr.answer(&mut |term| match term {
        Term::Phrase(_) if reach == Reach::Nothing => Answer::NeedsReading,
        Term::Phrase(phrase) => match facts.tool() {
            Tool::Named(name) if phrase.fits_name(name) => Answer::Yes,
            _ => read(std::slice::from_ref(phrase), reach, |reader| facts.text(reader)),
        },
        Term::Text(phrases) => read(phrases, reach, |reader| facts.text(reader)),
        Term::Is(choice) => any_state(*choice, EventState::ALL, |state| facts.is(state)),
        // The order of a choice is that of the kinds.
        Term::Kind(choice) => choice.has(facts.kind() as usize).into(),
        Term::Name(Name::Tool, patterns) => tool(patterns, facts.tool()),
        Term::Name(Name::Step, patterns) => known_name(patterns, facts.step()),
        Term::Name(Name::SubAgent, patterns) => known_name(patterns, facts.sub_agent()),
        Term::Measure(Measure::Size, bounds) => bounds.contain(facts.size()).into(),
        Term::Measure(Measure::Duration, bounds) => match facts.duration_ms() {
            Fact::Known(duration) => duration.is_some_and(|ms| bounds.contain(ms)).into(),
            Fact::Unread => Answer::NeedsReading,
        },
        Term::Since(since) => {
            let begin = since.at(now);
            facts.at().is_some_and(|at| at.as_millisecond() >= begin).into()
        }
        // The parser knows no such condition for events.
        Term::Name(..) | Term::Measure(..) | Term::Meta(..) => Answer::No,
    })
}

pub(super) fn session<F: SessionFacts + ?Sized>(
    expr: &Expr,
    facts: &F,
    now: Timestamp,
    reach: Reach,
) -> Answer {
    let since = |then: Timestamp| {
        u64::try_from(now.as_millisecond().saturating_sub(then.as_millisecond())).unwrap_or(0)
    };
    expr.answer(&mut |term| match term {
        Term::Phrase(_) if reach == Reach::Nothing => Answer::NeedsReading,
        Term::Phrase(phrase) => {
            if phrase.fits_name(facts.key()) || phrase.fits_name(facts.name()) {
                return Answer::Yes;
            }
            read(std::slice::from_ref(phrase), reach, |reader| facts.text(reader))
        }
        Term::Is(choice) => any_state(*choice, SessionState::ALL, |state| facts.is(state)),
        Term::Name(Name::Agent, patterns) => fits_any(patterns, facts.agent()).into(),
        Term::Name(Name::Session, patterns) => fits_any(patterns, facts.name()).into(),
        Term::Name(Name::Parent, patterns) => {
            facts.parent().is_some_and(|parent| fits_any(patterns, parent)).into()
        }
        Term::Name(Name::Step, patterns) => known_name(patterns, facts.step()),
        Term::Measure(Measure::Age, bounds) => bounds.contain(since(facts.created_at())).into(),
        Term::Measure(Measure::Idle, bounds) => match facts.last_sign() {
            Fact::Known(sign) => bounds.contain(since(sign)).into(),
            Fact::Unread => Answer::NeedsReading,
        },
        Term::Measure(Measure::TimeToIdle, bounds) => {
            let tti = facts.tti_minutes().map(|minutes| minutes.saturating_mul(60_000));
            tti.is_some_and(|tti| bounds.contain(tti)).into()
        }
        Term::Measure(Measure::Context, bounds) => {
            facts.context_percent().is_some_and(|percent| bounds.contain(percent)).into()
        }
        Term::Meta(path, test) => meta(path, test, facts.metadata()).into(),
        // The parser knows no such condition for sessions.
        Term::Text(_) | Term::Kind(_) | Term::Name(..) | Term::Measure(..) | Term::Since(_) => {
            Answer::No
        }
    })
}

/// Whether one of the phrases occurs, as far as the text is within reach.
fn read(
    phrases: &[Phrase],
    reach: Reach,
    text: impl FnOnce(&mut Reader<'_>) -> Fact<()>,
) -> Answer {
    if reach < Reach::Text {
        return Answer::NeedsReading;
    }
    let mut found = false;
    let told = text(&mut |piece| {
        found = phrases.iter().any(|phrase| phrase.occurs_in(piece));
        if found { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    match told {
        Fact::Known(()) => found.into(),
        Fact::Unread => Answer::NeedsReading,
    }
}

fn any_state<S: Copy>(choice: Choice, all: &[S], is: impl Fn(S) -> Fact<bool>) -> Answer {
    let mut answer = Answer::No;
    for (place, state) in all.iter().enumerate() {
        match choice.has(place).then(|| is(*state)) {
            Some(Fact::Known(true)) => return Answer::Yes,
            Some(Fact::Unread) => answer = Answer::NeedsReading,
            Some(Fact::Known(false)) | None => {}
        }
    }
    answer
}

fn tool(patterns: &[Pattern], tool: Tool<'_>) -> Answer {
    match tool {
        Tool::None => Answer::No,
        Tool::Named(name) => fits_any(patterns, name).into(),
        Tool::Fingerprint(print) => {
            let mut answer = Answer::No;
            for pattern in patterns {
                match pattern.fits_fingerprint(print) {
                    Some(true) => return Answer::Yes,
                    Some(false) => {}
                    None => answer = Answer::NeedsReading,
                }
            }
            answer
        }
    }
}

fn known_name(patterns: &[Pattern], name: Fact<Option<&str>>) -> Answer {
    match name {
        Fact::Known(name) => name.is_some_and(|name| fits_any(patterns, name)).into(),
        Fact::Unread => Answer::NeedsReading,
    }
}

pub(super) fn fits_any(patterns: &[Pattern], name: &str) -> bool {
    patterns.iter().any(|pattern| pattern.fits(name))
}

/// Whether the value at that path passes; of an array, whether one of its elements does.
fn meta(path: &[String], test: &MetaTest, metadata: &Object) -> bool {
    let mut keys = path.iter();
    let first = keys.next().and_then(|key| metadata.get(key));
    let value = keys.try_fold(first, |value, key| Some(value?.as_object()?.get(key)));
    match value.flatten() {
        None => false,
        Some(Value::Array(elements)) => elements.iter().any(|element| passes(test, element)),
        Some(value) => passes(test, value),
    }
}

fn passes(test: &MetaTest, value: &Value) -> bool {
    match (test, value) {
        (_, Value::Array(_) | Value::Object(_)) => false,
        (MetaTest::Number(bounds), value) => value.as_f64().is_some_and(|n| bounds.contain(n)),
        (MetaTest::Fits(patterns), Value::String(string)) => fits_any(patterns, string),
        (MetaTest::Fits(patterns), value) => fits_any(patterns, &value.to_string()),
    }
}
