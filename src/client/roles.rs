//! Which roles each kind of operation needs (contract section 1.4), to tell a person whom the
//! service refuses what to ask an administrator for. Decides nothing: the service does.

/// What an operation needs; any one of [`Need::roles`] is enough.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Need {
    /// Talking: new sessions, input, outstanding calls.
    Submit,
    /// Looking: lists, events, artifacts.
    Read,
    /// Open to those who talk and to those who look.
    ReadOrSubmit,
    /// Changing sessions, hiding events.
    Manage,
    /// Deleting events, and everything about agents themselves.
    Admin,
}

impl Need {
    /// Names of roles, granted on the agent or on the whole account.
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
                "agent_user",
                "agent_viewer",
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

    /// The roles as a part of a sentence: `a, b or c`.
    pub fn sentence(self) -> String {
        let roles = self.roles();
        match roles.split_last() {
            Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
            _ => roles.concat(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_may_do_more_may_do_less() {
        let holds = |more: Need, less: Need| more.roles().iter().all(|r| less.roles().contains(r));
        assert!(holds(Need::Admin, Need::Manage) && holds(Need::Manage, Need::Submit));
        assert!(holds(Need::Manage, Need::Read) && !holds(Need::Submit, Need::Read));
        assert!(holds(Need::Submit, Need::ReadOrSubmit) && holds(Need::Read, Need::ReadOrSubmit));
        assert_eq!(Need::Admin.sentence(), "agent_administrator, administrator or owner");
    }
}
