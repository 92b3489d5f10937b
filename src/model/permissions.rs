//! What the key may not do, learnt from refusals: nothing on the wire tells the roles of a key.
//!
//! Knows no keys and no widgets. A refusal counts for a day, because roles change and a better key
//! may be in use; a success ends it at once.

use crate::api::{AgentKey, Need, Timestamp};
use crate::model::memory::{Change, Denied, Fact, Kept, Table};

/// How long a refusal is believed.
const BELIEVED_SECONDS: i64 = 24 * 3_600;
/// Insisting within this time tries all the same.
const INSIST_SECONDS: i64 = 5;

/// Why something is not done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blocked {
    /// The profile forbids everything that changes anything.
    ReadOnly,
    /// The service refused the like before.
    Role(Need),
    /// A session in a file cannot be changed, and has no others beside it.
    File,
    /// An earlier moment is shown, which cannot be changed.
    Past,
}

impl Blocked {
    /// For a hint: `needs agent_developer`.
    pub fn words(self) -> String {
        match self {
            Self::ReadOnly => "read-only profile".to_owned(),
            Self::File => "this is a file".to_owned(),
            Self::Past => "this is the past".to_owned(),
            Self::Role(need) => format!("needs {}", need.least()),
        }
    }
}

#[derive(Debug, Clone, Default)]
pub struct Permissions {
    denied: Table<Denied, ()>,
    /// What was last held back, and when.
    held_back: Option<(Denied, Timestamp)>,
}

impl Permissions {
    /// What earlier runs learnt.
    pub fn new(denied: Table<Denied, ()>) -> Self {
        Self { denied, held_back: None }
    }

    /// The service refused for want of a role.
    pub fn refused(&mut self, agent: &AgentKey, need: Need, now: Timestamp) -> Change {
        let denied = Denied { agent: agent.clone(), need };
        self.denied.insert(denied.clone(), Kept { at: now, value: () });
        Change { at: now, fact: Fact::Denied(denied, Some(())) }
    }

    /// The service did it: so the key has the role. Says what to forget, if anything.
    pub fn granted(&mut self, agent: &AgentKey, need: Need, now: Timestamp) -> Option<Change> {
        let denied = Denied { agent: agent.clone(), need };
        self.denied.remove(&denied)?;
        Some(Change { at: now, fact: Fact::Denied(denied, None) })
    }

    pub fn is_denied(&self, agent: &AgentKey, need: Need, now: Timestamp) -> bool {
        let kept = self.denied.get(&Denied { agent: agent.clone(), need });
        kept.is_some_and(|kept| now.as_second() - kept.at.as_second() < BELIEVED_SECONDS)
    }

    /// Whether the person wants to try all the same: the same was held back a moment ago. If not,
    /// it is held back now.
    pub fn insists(&mut self, agent: &AgentKey, need: Need, now: Timestamp) -> bool {
        let wanted = Denied { agent: agent.clone(), need };
        let before = self.held_back.take().filter(|(denied, _)| *denied == wanted);
        let soon = |at: &Timestamp| now.as_second() - at.as_second() <= INSIST_SECONDS;
        if before.is_some_and(|(_, at)| soon(&at)) {
            return true;
        }
        self.held_back = Some((wanted, now));
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn a_refusal_is_believed_for_a_day_or_until_a_success() {
        let (agent, other) = (AgentKey::from("a"), AgentKey::from("b"));
        let mut permissions = Permissions::default();
        permissions.refused(&agent, Need::Manage, at(0));
        assert!(permissions.is_denied(&agent, Need::Manage, at(86_399)));
        assert!(!permissions.is_denied(&agent, Need::Manage, at(86_400)));
        assert!(!permissions.is_denied(&agent, Need::Submit, at(1)));
        assert!(!permissions.is_denied(&other, Need::Manage, at(1)));
        assert!(permissions.granted(&agent, Need::Manage, at(2)).is_some());
        assert!(!permissions.is_denied(&agent, Need::Manage, at(3)));
        assert_eq!(permissions.granted(&agent, Need::Manage, at(4)), None, "nothing to forget");
    }

    #[test]
    fn only_the_same_soon_after_is_insisting() {
        let agent = AgentKey::from("a");
        let mut permissions = Permissions::default();
        assert!(!permissions.insists(&agent, Need::Manage, at(0)));
        assert!(!permissions.insists(&agent, Need::Submit, at(1)), "something else");
        assert!(!permissions.insists(&agent, Need::Manage, at(2)));
        assert!(permissions.insists(&agent, Need::Manage, at(7)));
        assert!(!permissions.insists(&agent, Need::Manage, at(8)), "each try is insisted on anew");
        assert!(!permissions.insists(&agent, Need::Manage, at(14)), "too late");
    }
}
