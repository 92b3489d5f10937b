//! Aliases: names that stand for agents, chosen when a session is created (contract section 6).

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::{Problems, patched, problem};
use crate::api::alias::{Alias, NewAlias, Policy, Targets, WeightedTarget};
use crate::api::{AgentKey, AliasKey, Object, Session, Timestamp};
use crate::server::userfn::Expression;

const MAX_NAME_CHARS: usize = 100;

/// The alias that a create request asks for.
pub fn create(new: NewAlias, now: Timestamp) -> Result<Alias, Problems> {
    let alias = Alias {
        key: new.key,
        name: new.name,
        description: new.description,
        policy: new.policy,
        enabled: new.enabled.unwrap_or(true),
        metadata: Some(new.metadata.unwrap_or_default()),
        created_at: now,
        updated_at: None,
        damage: None,
    };
    check(alias)
}

/// The alias after a PATCH: what the request leaves out stays, and `null` clears what may be absent.
pub fn patch(old: &Alias, request: Object, now: Timestamp) -> Result<Alias, Problems> {
    if request.contains_key("policy") {
        return Err(problem("policy", "is replaced as a whole: PUT it to the policy of the alias"));
    }
    for field in ["name", "enabled"] {
        if request.get(field).is_some_and(Value::is_null) {
            return Err(problem(field, "must not be null"));
        }
    }
    let alias: Alias = patched(old, request, &["key", "created_at", "updated_at"])?;
    check(Alias { updated_at: Some(now), ..alias })
}

/// The alias with another policy.
pub fn with_policy(old: &Alias, policy: Policy, now: Timestamp) -> Result<Alias, Problems> {
    check(Alias { policy, updated_at: Some(now), ..old.clone() })
}

fn check(alias: Alias) -> Result<Alias, Problems> {
    let mut problems = Problems::new();
    if let Err(why) = AliasKey::parse(alias.key.as_str()) {
        problems.insert("key".to_owned(), why.to_string());
    }
    if alias.name.chars().count() > MAX_NAME_CHARS {
        problems
            .insert("name".to_owned(), format!("must have at most {MAX_NAME_CHARS} characters"));
    }
    check_policy(&mut problems, &alias.policy);
    if problems.is_empty() { Ok(alias) } else { Err(problems) }
}

fn check_policy(problems: &mut Problems, policy: &Policy) {
    let mut add = |field: String, why: String| drop(problems.insert(field, why));
    let rules = policy.rules();
    if rules.is_empty() {
        add("policy.rules".to_owned(), "must hold at least one rule".to_owned());
    }
    let mut caught = false;
    for (number, rule) in rules.iter().enumerate() {
        let rule_at = format!("policy.rules[{number}]");
        if caught {
            let why = "is never reached: the one before has no match, and takes everything";
            add(rule_at.clone(), why.to_owned());
        }
        match &rule.condition {
            None => caught = true,
            Some(condition) => {
                if let Err(error) = Expression::parse(condition) {
                    add(format!("{rule_at}.match"), error.to_string());
                }
            }
        }
        let Targets::Weighted { partition_by, options } = &rule.targets else { continue };
        if let Err(error) = Expression::parse(partition_by) {
            add(format!("{rule_at}.targets.partition_by"), error.to_string());
        }
        if total(options) == 0 {
            let why = "must hold at least one agent with a weight above 0";
            add(format!("{rule_at}.targets.options"), why.to_owned());
        }
    }
}

/// What the expressions of a policy can see: the session that is being created, the alias in the place
/// of the agent, which is not known yet, and the time.
pub fn context(alias: &Alias, session: &Session, now: Timestamp) -> Value {
    let alias = json!({
        "key": alias.key, "name": alias.name, "description": alias.description,
        "metadata": alias.metadata,
    });
    super::context(alias, session, now)
}

/// The agent that a policy picks, or why it picks none. Whether that agent can be used is another
/// question: a partition must not move to somebody else while its agent is switched off.
pub fn resolve(policy: &Policy, context: &Value, now: Timestamp) -> Result<AgentKey, String> {
    for rule in policy.rules() {
        let matches = match &rule.condition {
            None => true,
            Some(condition) => parse(condition)?.is_true(context, now),
        };
        if matches {
            return match &rule.targets {
                Targets::Single { agent_key } => Ok(agent_key.clone()),
                Targets::Weighted { partition_by, options } => {
                    let value = parse(partition_by)?.text(context, now);
                    let null = || format!("partition_by is null: {partition_by}");
                    pick(options, &value.ok_or_else(null)?)
                        .ok_or_else(|| "all weights are 0".to_owned())
                }
            };
        }
    }
    Err("no rule matches this session".to_owned())
}

fn parse(text: &str) -> Result<Expression, String> {
    Expression::parse(text).map_err(|error| format!("{text} {error}"))
}

fn total(options: &[WeightedTarget]) -> u128 {
    options.iter().map(|option| u128::from(option.weight)).sum()
}

/// The option into whose share of the weights the value falls. The vendor does not say by which hash.
fn pick(options: &[WeightedTarget], value: &str) -> Option<AgentKey> {
    let digest: [u8; 32] = Sha256::digest(value).into();
    let hash = digest[..16].iter().fold(0_u128, |hash, byte| (hash << 8) | u128::from(*byte));
    let mut left = hash.checked_rem(total(options))?;
    for option in options {
        let weight = u128::from(option.weight);
        if left < weight {
            return Some(option.agent_key.clone());
        }
        left -= weight;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(rules: &Value) -> Policy {
        serde_json::from_value(json!({"type": "routed", "rules": rules})).unwrap()
    }

    fn single(agent: &str) -> Value {
        json!({"type": "single", "agent_key": agent})
    }

    #[test]
    fn the_first_rule_that_matches_decides() {
        let policy = policy(&json!([
            {"match": "get('$.session.metadata.tenant') == 'us'", "targets": single("us")},
            {"match": "get('$.session.metadata.seats') > 10", "targets": single("large")},
            {"targets": single("rest")},
        ]));
        let now = Timestamp::UNIX_EPOCH;
        for (metadata, picked) in [
            (json!({"tenant": "us", "seats": 11}), "us"),
            (json!({"tenant": "eu", "seats": 11}), "large"),
            (json!({"seats": 1}), "rest"),
            (json!({}), "rest"),
        ] {
            let context = json!({"session": {"metadata": metadata}});
            assert_eq!(resolve(&policy, &context, now).unwrap().as_str(), picked, "{metadata}");
        }
        let only = Policy::Routed { rules: policy.rules()[..2].to_vec() };
        let error = resolve(&only, &json!({"session": {}}), now).unwrap_err();
        assert!(error.contains("no rule matches"), "{error}");
    }

    #[test]
    fn weights_divide_partitions_and_each_stays_where_it_is() {
        let policy = policy(&json!([{"targets": {"type": "weighted",
            "partition_by": "get('$.session.metadata.user')", "options": [
                {"agent_key": "old", "weight": 90}, {"agent_key": "off", "weight": 0},
                {"agent_key": "new", "weight": 10}]}}]));
        let now = Timestamp::UNIX_EPOCH;
        let of = |user: Value| {
            let context = json!({"session": {"metadata": {"user": user}}});
            resolve(&policy, &context, now).map(|key| key.to_string())
        };
        let picked: Vec<_> = (0..1_000).map(|user| of(user.into()).unwrap()).collect();
        let new = picked.iter().filter(|key| *key == "new").count();
        assert!((60..140).contains(&new), "{new} of 1000");
        assert!(!picked.contains(&"off".to_owned()));
        assert_eq!(of(7.into()).unwrap(), picked[7]);
        assert!(of(Value::Null).unwrap_err().contains("partition_by is null"));
    }

    #[test]
    fn what_is_wrong_with_a_policy_is_told_with_its_path() {
        let weighted = |partition: &str, options: Value| json!({"targets": {"type": "weighted", "partition_by": partition, "options": options}});
        let one = json!([{"agent_key": "a", "weight": 1}]);
        for (rules, field) in [
            (json!([]), "policy.rules"),
            (json!([{"targets": single("a")}, {"targets": single("b")}]), "policy.rules[1]"),
            (json!([{"match": "", "targets": single("a")}]), "policy.rules[0].match"),
            (json!([{"match": "tier", "targets": single("a")}]), "policy.rules[0].match"),
            (json!([weighted("get(", one)]), "policy.rules[0].targets.partition_by"),
            (json!([weighted("1", json!([]))]), "policy.rules[0].targets.options"),
            (
                json!([weighted("1", json!([{"agent_key": "a", "weight": 0}]))]),
                "policy.rules[0].targets.options",
            ),
        ] {
            let mut problems = Problems::new();
            check_policy(&mut problems, &policy(&rules));
            let found: Vec<_> = problems.keys().collect();
            assert_eq!(found, [field], "{rules}");
        }
    }
}
