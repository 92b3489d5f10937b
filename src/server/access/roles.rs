//! Roles and what they permit (contract section 1.4).

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// A role, granted on one agent or on the whole account. The last three exist on accounts only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    AgentUser,
    AgentViewer,
    AgentDeveloper,
    AgentAdministrator,
    Viewer,
    Administrator,
    Owner,
}

impl Role {
    pub const ALL: [Self; 7] = [
        Self::AgentUser,
        Self::AgentViewer,
        Self::AgentDeveloper,
        Self::AgentAdministrator,
        Self::Viewer,
        Self::Administrator,
        Self::Owner,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::AgentUser => "agent_user",
            Self::AgentViewer => "agent_viewer",
            Self::AgentDeveloper => "agent_developer",
            Self::AgentAdministrator => "agent_administrator",
            Self::Viewer => "viewer",
            Self::Administrator => "administrator",
            Self::Owner => "owner",
        }
    }

    pub fn is_for_accounts_only(self) -> bool {
        matches!(self, Self::Viewer | Self::Administrator | Self::Owner)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

use Role::{
    Administrator, AgentAdministrator, AgentDeveloper, AgentUser, AgentViewer, Owner, Viewer,
};

/// The four sets that cover nearly everything. A role that stands on an account counts for all of
/// its agents; the account's own roles are listed along.
pub const SUBMIT: &[Role] = &[AgentUser, AgentDeveloper, AgentAdministrator, Administrator, Owner];
pub const READ: &[Role] =
    &[AgentViewer, AgentDeveloper, AgentAdministrator, Viewer, Administrator, Owner];
pub const MANAGE: &[Role] = &[AgentDeveloper, AgentAdministrator, Administrator, Owner];
pub const ADMIN: &[Role] = &[AgentAdministrator, Administrator, Owner];
/// READ, and whoever may talk.
pub const READ_OR_SUBMIT: &[Role] =
    &[AgentUser, AgentViewer, AgentDeveloper, AgentAdministrator, Viewer, Administrator, Owner];

/// What somebody was granted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Grants {
    pub account: BTreeSet<Role>,
    /// By agent key.
    pub agents: BTreeMap<String, BTreeSet<Role>>,
}

impl Grants {
    pub fn owner() -> Self {
        Self { account: BTreeSet::from([Owner]), agents: BTreeMap::new() }
    }
}

/// Where a role must have been granted to count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope<'a> {
    /// On the account only.
    Account,
    /// On this agent, or on the account.
    Agent(&'a str),
    /// On any agent at all, or on the account.
    AnyAgent,
}

/// Whether one of the roles was granted where it counts.
pub fn permits(grants: &Grants, needed: &[Role], scope: Scope<'_>) -> bool {
    let has = |granted: &BTreeSet<Role>| needed.iter().any(|role| granted.contains(role));
    has(&grants.account)
        || match scope {
            Scope::Account => false,
            Scope::Agent(key) => grants.agents.get(key).is_some_and(has),
            Scope::AnyAgent => grants.agents.values().any(has),
        }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on_account(role: Role) -> Grants {
        Grants { account: BTreeSet::from([role]), agents: BTreeMap::new() }
    }

    fn on_agent(role: Role) -> Grants {
        let agents = BTreeMap::from([("a".to_owned(), BTreeSet::from([role]))]);
        Grants { account: BTreeSet::new(), agents }
    }

    #[test]
    fn the_table_of_the_contract() {
        const ALL: [Role; 7] = [
            AgentUser,
            AgentViewer,
            AgentDeveloper,
            AgentAdministrator,
            Viewer,
            Administrator,
            Owner,
        ];
        for (set, allowed) in [
            (SUBMIT, [true, false, true, true, false, true, true]),
            (READ, [false, true, true, true, true, true, true]),
            (MANAGE, [false, false, true, true, false, true, true]),
            (ADMIN, [false, false, false, true, false, true, true]),
            (READ_OR_SUBMIT, [true; 7]),
        ] {
            for (role, allowed) in ALL.into_iter().zip(allowed) {
                let account = permits(&on_account(role), set, Scope::Agent("a"));
                assert_eq!(account, allowed, "{role} in {set:?}");
                if !role.is_for_accounts_only() {
                    assert_eq!(permits(&on_agent(role), set, Scope::Agent("a")), allowed);
                    assert_eq!(permits(&on_agent(role), set, Scope::AnyAgent), allowed);
                    assert!(!permits(&on_agent(role), set, Scope::Agent("b")), "another agent");
                    assert!(!permits(&on_agent(role), set, Scope::Account), "aliases");
                }
            }
        }
        assert!(!permits(&Grants::default(), READ_OR_SUBMIT, Scope::Agent("a")));
    }
}
