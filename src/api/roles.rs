//! Which roles an operation needs (contract section 1.4): any one of a set is enough, granted on
//! the one agent or account-wide.

use serde::{Deserialize, Serialize};

/// A set of roles, one of which is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Need {
    /// To send input: messages, answers, interrupts.
    Submit,
    /// To browse: lists of sessions, events and artifacts.
    Read,
    /// What those who talk and those who browse may both do.
    ReadOrSubmit,
    /// To change sessions and what the agent sees of them.
    Manage,
    /// To delete for good.
    Admin,
}

impl Need {
    /// Every role that is enough, the least one first.
    pub fn roles(self) -> &'static [&'static str] {
        match self {
            Self::Submit => {
                &["agent_user", "agent_developer", "agent_administrator", "administrator", "owner"]
            }
            Self::Read => &[
                "agent_viewer",
                "agent_developer",
                "agent_administrator",
                "viewer",
                "administrator",
                "owner",
            ],
            Self::ReadOrSubmit => &[
                "agent_viewer",
                "agent_user",
                "agent_developer",
                "agent_administrator",
                "viewer",
                "administrator",
                "owner",
            ],
            Self::Manage => &["agent_developer", "agent_administrator", "administrator", "owner"],
            Self::Admin => &["agent_administrator", "administrator", "owner"],
        }
    }

    /// The least role that is enough: the one to ask for.
    pub fn least(self) -> &'static str {
        self.roles()[0]
    }

    /// All of them for a sentence: `agent_administrator, administrator or owner`.
    pub fn words(self) -> String {
        match self.roles() {
            [rest @ .., last] if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
            roles => roles.concat(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_role_comes_first_and_all_are_named() {
        assert_eq!(Need::Manage.least(), "agent_developer");
        assert_eq!(Need::Admin.words(), "agent_administrator, administrator or owner");
        let all = [Need::Submit, Need::Read, Need::ReadOrSubmit, Need::Manage, Need::Admin];
        assert!(all.iter().all(|need| need.roles().contains(&"owner")));
        assert!(!Need::Submit.roles().contains(&"viewer"), "a viewer may not talk");
    }
}
