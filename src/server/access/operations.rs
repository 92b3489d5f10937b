//! What every operation requires: one table from method and route to roles.

use axum::http::Method;

use super::roles::{ADMIN, MANAGE, READ, READ_OR_SUBMIT, Role, SUBMIT};

/// Where the roles must stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum On {
    /// On the agent that the path names, or on the account.
    Agent,
    /// On any agent, or on the account.
    AnyAgent,
    Account,
}

/// What an operation requires.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Requirement {
    pub roles: &'static [Role],
    pub on: On,
}

const AGENT: &str = "/v2/agents/{agent_key}";
const ALIAS: &str = "/v2/agent_aliases/{alias_key}";
const TRACES: &str = "/v2/agent_analytics/traces";

/// Agents are made for the account, so no role on a single one helps.
const CREATE_AGENT: &[Role] = ADMIN;

/// Operations below an agent, and below an alias where they differ (contract section 6).
const SESSIONS: &[(&str, &str, &[Role], &[Role])] = &[
    ("GET", "/sessions", READ, READ),
    ("POST", "/sessions", SUBMIT, SUBMIT),
    ("GET", "/sessions/{session_key}", READ_OR_SUBMIT, READ),
    ("PATCH", "/sessions/{session_key}", MANAGE, MANAGE),
    ("DELETE", "/sessions/{session_key}", MANAGE, MANAGE),
    ("GET", "/sessions/{session_key}/events", READ, READ),
    ("POST", "/sessions/{session_key}/events", SUBMIT, SUBMIT),
    ("GET", "/sessions/{session_key}/outstanding_client_tool_calls", SUBMIT, SUBMIT),
    ("GET", "/sessions/{session_key}/events/{event_id}", READ, READ),
    ("DELETE", "/sessions/{session_key}/events/{event_id}", ADMIN, MANAGE),
    ("POST", "/sessions/{session_key}/events/{event_id}/hide", MANAGE, MANAGE),
    ("POST", "/sessions/{session_key}/events/{event_id}/unhide", MANAGE, MANAGE),
    ("GET", "/sessions/{session_key}/artifacts", READ, READ),
    ("GET", "/sessions/{session_key}/artifacts/{artifact_id}", READ, READ),
    ("GET", "/sessions/{session_key}/artifacts/{artifact_id}/content", READ, READ),
];

/// Everything else.
const OTHERS: &[(&str, &str, &[Role], On)] = &[
    ("GET", "/v2/agents", READ_OR_SUBMIT, On::AnyAgent),
    ("POST", "/v2/agents", CREATE_AGENT, On::Account),
    ("GET", AGENT, READ, On::Agent),
    ("PATCH", AGENT, MANAGE, On::Agent),
    ("PUT", AGENT, ADMIN, On::Agent),
    ("DELETE", AGENT, ADMIN, On::Agent),
    ("GET", "/v2/agents/{agent_key}/secrets", MANAGE, On::Agent),
    ("PATCH", "/v2/agents/{agent_key}/secrets", ADMIN, On::Agent),
    ("PUT", "/v2/agents/{agent_key}/secrets", ADMIN, On::Agent),
    ("GET", "/v2/tools", READ, On::AnyAgent),
    ("POST", "/v2/tools", MANAGE, On::Account),
    ("GET", "/v2/tools/{tool_id}", READ, On::AnyAgent),
    ("PATCH", "/v2/tools/{tool_id}", MANAGE, On::Account),
    ("DELETE", "/v2/tools/{tool_id}", MANAGE, On::Account),
    ("GET", "/v2/llms", READ, On::AnyAgent),
    // Words of every session are in it, whosever agent it is.
    ("GET", "/v2/foretop/upstream_requests", ADMIN, On::Account),
    ("GET", TRACES, READ, On::AnyAgent),
    ("GET", "/v2/agent_analytics/traces/{trace_id}", READ, On::AnyAgent),
    ("GET", "/v2/agent_analytics/traces/{trace_id}/spans", READ, On::AnyAgent),
    ("GET", "/v2/agent_analytics/traces/{trace_id}/spans/{span_id}", READ, On::AnyAgent),
    ("GET", "/v2/agent_aliases", READ, On::Account),
    ("POST", "/v2/agent_aliases", MANAGE, On::Account),
    ("GET", ALIAS, READ, On::Account),
    ("PATCH", ALIAS, MANAGE, On::Account),
    ("DELETE", ALIAS, ADMIN, On::Account),
    ("PUT", "/v2/agent_aliases/{alias_key}/policy", ADMIN, On::Account),
];

/// What the operation at that route requires; `None` for one that the table does not know, which
/// nobody but an owner may then use.
pub fn requirement(method: &Method, route: &str) -> Option<Requirement> {
    // A HEAD is answered by the GET of the same route.
    let method = if *method == Method::HEAD { "GET" } else { method.as_str() };
    let below = |owner: &str| {
        let rest = route.strip_prefix(owner)?;
        SESSIONS.iter().find(|(name, below, ..)| *name == method && *below == rest)
    };
    if let Some((_, _, roles, _)) = below(AGENT) {
        return Some(Requirement { roles, on: On::Agent });
    }
    if let Some((_, _, _, roles)) = below(ALIAS) {
        return Some(Requirement { roles, on: On::Account });
    }
    let (_, _, roles, on) =
        OTHERS.iter().find(|(name, path, ..)| *name == method && *path == route)?;
    Some(Requirement { roles, on: *on })
}

/// Every operation as method and route, for those who check that none is forgotten.
#[cfg(any(test, feature = "internals"))]
pub fn all() -> Vec<(&'static str, String)> {
    let below = |owner: &'static str| {
        SESSIONS.iter().map(move |(method, rest, ..)| (*method, format!("{owner}{rest}")))
    };
    let others = OTHERS.iter().map(|(method, route, ..)| (*method, (*route).to_owned()));
    others.chain(below(AGENT)).chain(below(ALIAS)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alias_routes_take_account_roles_and_differ_where_the_contract_says() {
        let of = |method: Method, route: &str| requirement(&method, route).unwrap();
        let event = "/sessions/{session_key}/events/{event_id}";
        assert_eq!(of(Method::DELETE, &format!("{AGENT}{event}")).roles, ADMIN);
        let alias = of(Method::DELETE, &format!("{ALIAS}{event}"));
        assert_eq!((alias.roles, alias.on), (MANAGE, On::Account));
        let session = "/sessions/{session_key}";
        assert_eq!(of(Method::HEAD, &format!("{AGENT}{session}")).roles, READ_OR_SUBMIT);
        assert_eq!(of(Method::GET, &format!("{ALIAS}{session}")).roles, READ);
        assert_eq!(requirement(&Method::POST, AGENT), None);
        assert_eq!(of(Method::POST, "/v2/agent_aliases").roles, MANAGE);
        assert_eq!(of(Method::PATCH, ALIAS).roles, MANAGE);
        assert_eq!(of(Method::DELETE, ALIAS).roles, ADMIN);
        assert_eq!(of(Method::PUT, &format!("{ALIAS}/policy")).roles, ADMIN);
    }
}
