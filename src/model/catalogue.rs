//! Tools and aliases of the service as they were listed when somebody asked, and how far that came.
//!
//! Agents are not in here: those are watched all the time. Start with [`Fetched`]. The invariant: what
//! was listed once stays until the next list has come, and a list that was refused or never asked for
//! is not an empty one.

use crate::api::alias::Alias;
use crate::api::tool::ClientTool;
use crate::api::{AgentKey, Timestamp, ToolId};
use crate::model::sessions::Unlisted;

/// A listing that is asked for, and not polled.
#[derive(Debug, Clone)]
pub struct Fetched<T> {
    items: Vec<T>,
    /// The service has more of them.
    more: bool,
    /// When the items were listed.
    at: Option<Timestamp>,
    asking: bool,
    refused: Option<Unlisted>,
}

impl<T> Default for Fetched<T> {
    fn default() -> Self {
        Self { items: Vec::new(), more: false, at: None, asking: false, refused: None }
    }
}

impl<T> Fetched<T> {
    pub fn items(&self) -> &[T] {
        &self.items
    }

    pub fn has_more(&self) -> bool {
        self.more
    }

    pub fn at(&self) -> Option<Timestamp> {
        self.at
    }

    /// Why the last try failed.
    pub fn refused(&self) -> Option<&Unlisted> {
        self.refused.as_ref()
    }

    /// Why nothing is known, in few words; `None` once something is.
    pub fn unknown(&self) -> Option<&'static str> {
        match (&self.refused, self.at) {
            (Some(why), None) => Some(why.words()),
            (None, None) if self.asking => Some("waiting for the list"),
            (None, None) => Some("not asked yet"),
            (_, Some(_)) => None,
        }
    }

    fn listed(&mut self, items: Vec<T>, more: bool, now: Timestamp) {
        *self = Self { items, more, at: Some(now), asking: false, refused: None };
    }

    fn fail(&mut self, why: Unlisted) {
        (self.asking, self.refused) = (false, Some(why));
    }
}

#[derive(Debug, Clone, Default)]
pub struct Catalogue {
    tools: Fetched<ClientTool>,
    aliases: Fetched<Alias>,
    /// Whether the agents were asked for beside what is polled of them, and are on their way.
    reads_agents: bool,
    /// Why the last try to read them failed.
    agents_refused: Option<Unlisted>,
    /// Agents that the service has and nobody watches here.
    unwatched: usize,
    /// Counts changes, those of the agents among them.
    version: u64,
}

impl Catalogue {
    /// Differs whenever anything in here or of the agents does.
    pub fn version(&self) -> u64 {
        self.version
    }

    pub fn tools(&self) -> &Fetched<ClientTool> {
        &self.tools
    }

    pub fn aliases(&self) -> &Fetched<Alias> {
        &self.aliases
    }

    pub fn unwatched(&self) -> usize {
        self.unwatched
    }

    /// Why the agents could not be read when somebody asked.
    pub fn agents_refused(&self) -> Option<&Unlisted> {
        self.agents_refused.as_ref()
    }

    pub fn tool(&self, id: &str) -> Option<&ClientTool> {
        self.tools.items.iter().find(|tool| tool.id.as_str() == id)
    }

    /// The aliases that may lead to an agent.
    pub fn aliases_of<'a>(&'a self, agent: &'a AgentKey) -> impl Iterator<Item = &'a Alias> {
        self.aliases.items.iter().filter(move |alias| alias.policy.agents().contains(&agent))
    }

    /// All of it is asked for; false where it is on its way already.
    pub fn begin(&mut self) -> bool {
        if self.tools.asking || self.aliases.asking || self.reads_agents {
            return false;
        }
        (self.tools.asking, self.aliases.asking, self.reads_agents) = (true, true, true);
        self.version += 1;
        true
    }

    /// What was asked for could not even be asked.
    pub fn give_up(&mut self) {
        (self.tools.asking, self.aliases.asking, self.reads_agents) = (false, false, false);
        self.version += 1;
    }

    /// Something about the agents is new.
    pub fn note_agents(&mut self) {
        self.version += 1;
    }

    /// The agents were read; so many of them nobody watches.
    pub fn read_agents(&mut self, unwatched: usize) {
        (self.reads_agents, self.agents_refused) = (false, None);
        self.unwatched = unwatched;
        self.version += 1;
    }

    pub fn listed_tools(&mut self, tools: Vec<ClientTool>, more: bool, now: Timestamp) {
        self.tools.listed(tools, more, now);
        self.version += 1;
    }

    pub fn listed_aliases(&mut self, aliases: Vec<Alias>, more: bool, now: Timestamp) {
        self.aliases.listed(aliases, more, now);
        self.version += 1;
    }

    pub fn fail_agents(&mut self, why: Unlisted) {
        (self.reads_agents, self.agents_refused) = (false, Some(why));
        self.version += 1;
    }

    pub fn fail_tools(&mut self, why: Unlisted) {
        self.tools.fail(why);
        self.version += 1;
    }

    pub fn fail_aliases(&mut self, why: Unlisted) {
        self.aliases.fail(why);
        self.version += 1;
    }

    /// Why nothing is known of a tool that an agent names, in few words.
    pub fn tool_unknown(&self, id: &ToolId) -> Option<&'static str> {
        if self.tool(id.as_str()).is_some() {
            return None;
        }
        let more = if self.tools.more {
            "not among the tools that were listed; there are more"
        } else {
            "the service lists no such tool"
        };
        Some(self.tools.unknown().unwrap_or(more))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(status: u16) -> Unlisted {
        Unlisted { problem: "no".to_owned(), status: Some(status) }
    }

    #[test]
    fn a_list_that_is_not_known_is_told_from_an_empty_one_and_stays_while_it_is_asked_again() {
        let mut catalogue = Catalogue::default();
        assert_eq!(catalogue.tools().unknown(), Some("not asked yet"));
        assert!(catalogue.begin() && !catalogue.begin(), "it is on its way");
        assert_eq!(catalogue.tools().unknown(), Some("waiting for the list"));
        catalogue.fail_tools(refused(403));
        catalogue.fail_aliases(refused(500));
        assert_eq!(catalogue.tools().unknown(), Some("needs agent_viewer"));
        assert_eq!(catalogue.aliases().unknown(), Some("listing failed"));
        assert!(!catalogue.begin(), "the agents are still read");
        catalogue.read_agents(0);
        assert!(catalogue.begin());
        catalogue.listed_tools(Vec::new(), false, Timestamp::UNIX_EPOCH);
        assert_eq!(catalogue.tools().unknown(), None, "there are none");
        let id = ToolId::from("tol_1");
        assert_eq!(catalogue.tool_unknown(&id), Some("the service lists no such tool"));
        catalogue.fail_tools(refused(500));
        assert_eq!(catalogue.tools().unknown(), None, "what was listed still is");
        assert!(catalogue.tools().refused().is_some());
    }
}
