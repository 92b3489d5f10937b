//! Aliases: names that stand for agents, chosen when a session is created (contract section 6).

use super::{Problems, patched};
use crate::api::alias::{Alias, NewAlias, Policy};
use crate::api::{AgentKey, AliasKey, Object, Timestamp};

const MAX_NAME_CHARS: usize = 50;

/// The alias that a create request asks for.
pub fn create(new: NewAlias, now: Timestamp) -> Result<Alias, Problems> {
    let alias = Alias {
        name: new.name.unwrap_or_else(|| new.key.to_string()),
        key: new.key,
        description: new.description,
        enabled: new.enabled.unwrap_or(true),
        metadata: new.metadata.unwrap_or_default(),
        policy: new.policy,
        created_at: now,
        updated_at: now,
    };
    check(alias)
}

/// The alias after a PATCH: what the request leaves out stays.
pub fn patch(old: &Alias, request: Object, now: Timestamp) -> Result<Alias, Problems> {
    let alias: Alias = patched(old, request, &["key", "created_at", "updated_at"])?;
    check(Alias { updated_at: now, ..alias })
}

/// The alias with another policy.
pub fn with_policy(old: &Alias, policy: Policy, now: Timestamp) -> Result<Alias, Problems> {
    check(Alias { policy, updated_at: now, ..old.clone() })
}

fn check(alias: Alias) -> Result<Alias, Problems> {
    let mut problems = Problems::new();
    if let Err(why) = AliasKey::parse(alias.key.as_str()) {
        problems.insert("key".to_owned(), why.to_string());
    }
    if !(1..=MAX_NAME_CHARS).contains(&alias.name.chars().count()) {
        problems.insert("name".to_owned(), format!("must have 1 to {MAX_NAME_CHARS} characters"));
    }
    if let Policy::Weighted { targets } = &alias.policy {
        let sum: u64 = targets.iter().map(|target| u64::from(target.weight)).sum();
        if sum == 0 {
            let why = "must hold at least one agent with a weight above 0";
            problems.insert("policy.targets".to_owned(), why.to_owned());
        }
    }
    if problems.is_empty() { Ok(alias) } else { Err(problems) }
}

/// The agent that a policy picks: `draw` is any number, `is_usable` tells which agents exist and
/// are enabled. `None` when none of them is.
pub fn resolve(
    policy: &Policy,
    draw: u64,
    is_usable: impl Fn(&AgentKey) -> bool,
) -> Option<AgentKey> {
    match policy {
        Policy::Single { agent_key } => Some(agent_key.clone()).filter(is_usable),
        Policy::Weighted { targets } => {
            let usable: Vec<_> =
                targets.iter().filter(|target| is_usable(&target.agent_key)).collect();
            let sum: u64 = usable.iter().map(|target| u64::from(target.weight)).sum();
            let mut left = draw.checked_rem(sum)?;
            for target in usable {
                let weight = u64::from(target.weight);
                if left < weight {
                    return Some(target.agent_key.clone());
                }
                left -= weight;
            }
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_weighted_policy_draws_among_what_can_be_used() {
        let policy: Policy = serde_json::from_value(json!({"type": "weighted", "targets": [
            {"agent_key": "a", "weight": 3}, {"agent_key": "b", "weight": 1},
            {"agent_key": "off", "weight": 100}]}))
        .unwrap();
        let usable = |key: &AgentKey| key.as_str() != "off";
        let picked: Vec<_> = (0..8)
            .filter_map(|draw| resolve(&policy, draw, usable))
            .map(|k| k.to_string())
            .collect();
        assert_eq!(picked, ["a", "a", "a", "b", "a", "a", "a", "b"]);
        assert_eq!(resolve(&policy, 5, |_| false), None);
    }
}
