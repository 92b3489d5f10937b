//! The rows of the list: agents, aliases, and sentences where there are none to list.

use super::Item;
use crate::action::Action;
use crate::api::{Need, Timestamp};
use crate::model::agent_facts;
use crate::model::catalogue::Fetched;
use crate::model::sessions::AgentTally;
use crate::text::{sanitize, units, wrap};
use crate::view::Model;

/// Characters of what an alias points to.
const TO: usize = 80;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Row {
    Heading(String),
    /// A sentence, or a part of one.
    Note(String),
    Agent {
        item: Item,
        /// `enabled`, `disabled` or `damaged`.
        state: &'static str,
        tally: AgentTally,
    },
    Alias {
        item: Item,
        state: &'static str,
        /// Where it leads, fit for the screen, and how many agents those are.
        to: String,
        targets: usize,
    },
}

impl Row {
    pub fn item(&self) -> Option<&Item> {
        match self {
            Self::Heading(_) | Self::Note(_) => None,
            Self::Agent { item, .. } | Self::Alias { item, .. } => Some(item),
        }
    }
}

pub(super) fn rows(model: &Model, columns: usize) -> Vec<Row> {
    let mut out = Vec::new();
    let catalogue = &model.catalogue;
    for agent in model.agents.values() {
        let tally = model.sessions.of_agent(&agent.key, model.now);
        let state = agent_facts::state(agent.enabled, agent.damage.as_ref());
        out.push(Row::Agent { item: Item::Agent(agent.key.clone()), state, tally });
    }
    let words = if model.agents.is_empty() { nothing_listed(model) } else { more_agents(model) };
    for words in words {
        note(&mut out, &words, columns);
    }
    let aliases = catalogue.aliases();
    let count = match aliases.unknown() {
        Some(_) => String::new(),
        None => format!("  {}{}", aliases.items().len(), if aliases.has_more() { "+" } else { "" }),
    };
    out.push(Row::Heading(format!("ALIASES{count}")));
    for alias in aliases.items() {
        let targets = agent_facts::targets(alias);
        let to = targets.iter().map(|key| key.as_str()).collect::<Vec<_>>().join(", ");
        out.push(Row::Alias {
            item: Item::Alias(alias.key.clone()),
            state: agent_facts::state(alias.enabled, alias.damage.as_ref()),
            to: sanitize::preview(&to, TO),
            targets: targets.len(),
        });
    }
    for words in unlisted(aliases, "aliases", model) {
        note(&mut out, &words, columns);
    }
    out
}

fn note(out: &mut Vec<Row>, words: &str, columns: usize) {
    // One column is before it.
    let (lines, _) = wrap::wrap(words, columns.saturating_sub(1).max(1), 6);
    out.extend(lines.into_iter().map(Row::Note));
}

/// What stands in the place of a list that is asked for, or below it.
pub(super) fn unlisted<T>(of: &Fetched<T>, what: &str, model: &Model) -> Vec<String> {
    let again = format!("{} asks again", model.keys.of(Action::Refresh, "R"));
    match (of.refused(), of.unknown()) {
        (Some(why), _) if why.status == Some(403) => {
            let roles = format!("needs {} on the account", Need::Read.least());
            vec![format!("this key may not list {what}"), roles]
        }
        (Some(why), Some(words)) => {
            let says = model.keys.of(Action::Errors, "ge");
            let whole = if why.status == Some(401) {
                String::new()
            } else {
                format!(" · {says} says why")
            };
            vec![format!("{words}{whole}"), again]
        }
        (Some(why), None) => {
            vec![format!("as of {}: {}", as_of(of.at(), model), why.words()), again]
        }
        (None, Some(words)) => vec![words.to_owned()],
        (None, None) if of.items().is_empty() => vec![format!("there are no {what}")],
        (None, None) if of.has_more() => vec!["the list goes on; no more is read".to_owned()],
        (None, None) => Vec::new(),
    }
}

fn as_of(at: Option<Timestamp>, model: &Model) -> String {
    at.map_or_else(|| "earlier".to_owned(), |at| model.wall().dated_minute(at))
}

/// Agents that are not among the rows, and whether what is known of the others is as old as it was.
fn more_agents(model: &Model) -> Vec<String> {
    let catalogue = &model.catalogue;
    let mut out = Vec::new();
    if catalogue.unwatched() > 0 {
        let more = units::grouped(catalogue.unwatched());
        out.push(format!("{more} more are not watched here"));
    }
    if let Some(why) = model.sessions.no_agents().or(catalogue.agents_refused()) {
        out.push(format!("not listed anew: {}", why.words()));
    }
    out
}

/// Why there is no agent among the rows, and what leads on.
fn nothing_listed(model: &Model) -> Vec<String> {
    let said = |what: &str, next: &str| vec![what.to_owned(), next.to_owned()];
    let refresh = model.keys.of(Action::Refresh, "R");
    let again = format!("{refresh} asks again");
    let refused = model.sessions.no_agents().or(model.catalogue.agents_refused());
    if let Some(why) = refused {
        return match why.status {
            Some(401) => said("the key is refused", "`foretop auth login` stores another"),
            Some(403) => {
                let role = Need::ReadOrSubmit.least();
                let roles = format!("needs {role} · --agent NAME watches one");
                said("this key may not list agents", &roles)
            }
            _ => said("the agents could not be listed", &again),
        };
    }
    if !model.link.is_well() {
        return said("nothing is known: no answer yet", &again);
    }
    if model.sessions.awaited().is_none() {
        return vec!["waiting for the list of agents".to_owned()];
    }
    let mut out = said("there are no agents", &format!("{refresh} looks again"));
    out.extend(more_agents(model));
    out
}
