//! How far the sessions of each agent were listed, and why not further.
//!
//! Start with [`Listing`]. The invariant: an agent that is known is whole only once its listing came to
//! an end, and a refusal stands until a listing comes through.

use std::collections::BTreeMap;

use crate::api::AgentKey;

/// Why a listing could not be had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unlisted {
    /// The whole problem, for a person.
    pub problem: String,
    /// The HTTP status, where the service answered.
    pub status: Option<u16>,
}

impl Unlisted {
    /// In few words.
    pub fn words(&self) -> &'static str {
        match self.status {
            Some(401) => "the key is refused",
            Some(403) => "needs agent_viewer",
            _ => "listing failed",
        }
    }
}

/// How far the sessions of one agent were listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Listing {
    Awaited,
    /// There may be more.
    Part,
    Whole,
    Refused(Unlisted),
}

/// The listings of all agents.
#[derive(Debug, Clone, Default)]
pub(super) struct Listings {
    of: BTreeMap<AgentKey, Listing>,
    /// Why the agents themselves are not known.
    agents: Option<Unlisted>,
    /// Agents were listed.
    begun: bool,
}

impl Listings {
    /// These agents are all that there are. Says whether anything is new.
    pub(super) fn expect(&mut self, agents: &[AgentKey]) -> bool {
        let (before, begun) = (self.of.len(), std::mem::replace(&mut self.begun, true));
        self.of.retain(|agent, _| agents.contains(agent));
        let left = before != self.of.len();
        let known = self.of.len();
        for agent in agents {
            self.of.entry(agent.clone()).or_insert(Listing::Awaited);
        }
        let refused = self.agents.take().is_some();
        !begun || left || refused || known != self.of.len()
    }

    /// A page came. What was listed to its end once is not unknown because its first page was read
    /// again. Says whether anything is new.
    pub(super) fn page(&mut self, agent: &AgentKey, complete: bool) -> bool {
        let listing = self.of.entry(agent.clone()).or_insert(Listing::Awaited);
        let next = match listing {
            Listing::Whole => Listing::Whole,
            _ if complete => Listing::Whole,
            Listing::Awaited | Listing::Part | Listing::Refused(_) => Listing::Part,
        };
        std::mem::replace(listing, next.clone()) != next
    }

    /// A listing came to its end. Says whether anything is new.
    pub(super) fn ended(&mut self, agent: &AgentKey) -> bool {
        self.of.insert(agent.clone(), Listing::Whole) != Some(Listing::Whole)
    }

    /// Says whether anything is new.
    pub(super) fn refused(&mut self, agent: Option<&AgentKey>, why: Unlisted) -> bool {
        match agent {
            None => self.agents.replace(why.clone()) != Some(why),
            Some(agent) => {
                let refused = Listing::Refused(why);
                self.of.insert(agent.clone(), refused.clone()) != Some(refused)
            }
        }
    }

    /// `None` for an agent that nobody watches.
    pub(super) fn of(&self, agent: &AgentKey) -> Option<&Listing> {
        self.of.get(agent)
    }

    pub(super) fn any_page(&self, agent: &AgentKey) -> bool {
        matches!(self.of.get(agent), Some(Listing::Part | Listing::Whole))
    }

    /// Whether everything that may be listed was.
    pub(super) fn are_whole(&self) -> bool {
        self.agents.is_none()
            && (self.begun || !self.of.is_empty())
            && self.of.values().all(|of| matches!(of, Listing::Whole | Listing::Refused(_)))
    }

    pub(super) fn refusals(&self) -> impl Iterator<Item = (&AgentKey, &Unlisted)> {
        self.of.iter().filter_map(|(agent, listing)| match listing {
            Listing::Refused(why) => Some((agent, why)),
            Listing::Awaited | Listing::Part | Listing::Whole => None,
        })
    }

    /// Why the agents are not known.
    pub(super) fn no_agents(&self) -> Option<&Unlisted> {
        self.agents.as_ref()
    }

    /// Agents that are known, and those of them whose listing is awaited.
    pub(super) fn awaited(&self) -> (usize, usize) {
        let awaited = self.of.values().filter(|of| matches!(of, Listing::Awaited | Listing::Part));
        (self.of.len(), awaited.count())
    }

    /// Whether agents were listed.
    pub(super) fn have_begun(&self) -> bool {
        self.begun
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn why(status: u16) -> Unlisted {
        Unlisted { problem: "no".to_owned(), status: Some(status) }
    }

    #[test]
    fn listings_are_whole_once_every_agent_has_answered() {
        let mut listings = Listings::default();
        assert!(!listings.are_whole());
        let (a, b) = (AgentKey::from("a"), AgentKey::from("b"));
        assert!(listings.expect(&[a.clone(), b.clone()]));
        assert!(!listings.expect(&[a.clone(), b.clone()]), "nothing new");
        assert!(listings.page(&a, true));
        assert!(!listings.are_whole(), "b is awaited");
        assert!(listings.page(&b, false));
        assert_eq!(listings.awaited(), (2, 1));
        assert!(listings.any_page(&b));
        assert!(listings.refused(Some(&b), why(403)));
        assert!(listings.are_whole() && listings.refusals().count() == 1);
        assert!(listings.page(&b, true));
        assert!(!listings.page(&b, false), "its end was reached before");
        assert_eq!(listings.refusals().count(), 0);
    }

    #[test]
    fn agents_that_cannot_be_listed_leave_nothing_whole_and_one_that_left_is_not_waited_for() {
        let mut listings = Listings::default();
        assert!(listings.refused(None, why(401)));
        assert!(!listings.refused(None, why(401)));
        assert!(!listings.are_whole());
        assert!(listings.expect(&[]));
        assert!(listings.are_whole(), "there are none");
        listings.expect(&["a".into()]);
        assert!(!listings.are_whole());
        listings.expect(&[]);
        assert!(listings.are_whole());
    }
}
