//! Rules: which calls are answered by a command without a person asking for it.
//!
//! Nothing happens without a file that says so, and an answer is sent only where a rule says that,
//! too. The first rule that fits a call decides about it.

use std::collections::{BTreeMap, VecDeque};
use std::path::PathBuf;

use jiff::SignedDuration;

use super::{CallFacts, Condition, ToolCommand, lookup, unsound};
use crate::api::Timestamp;
use crate::query::fits_glob;

#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    pub name: String,
    /// In its file, counted from 1.
    pub line: usize,
    /// Globs; `None` fits all.
    pub agent: Option<String>,
    pub session: Option<String>,
    pub tool: Option<String>,
    /// Paths of arguments, and what they must be. All must fit.
    pub when: Vec<(String, Condition)>,
    /// `None` runs what is configured for the tool.
    pub command: Option<ToolCommand>,
    /// The answer is sent; else it is only drafted.
    pub answer: bool,
    /// Nothing is run and nothing sent: it is said what would be.
    pub dry_run: bool,
    pub max_per_minute: Option<u32>,
}

/// A file of rules.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Rules {
    pub path: PathBuf,
    pub list: Vec<Rule>,
    /// Holds for every rule.
    pub dry_run: bool,
}

impl Rule {
    fn fits(&self, call: &CallFacts) -> bool {
        let named = |glob: &Option<String>, name: &str| {
            glob.as_ref().is_none_or(|glob| fits_glob(glob, name))
        };
        named(&self.agent, call.agent)
            && named(&self.session, call.session)
            && named(&self.tool, call.tool)
            && self.when.iter().all(|(path, condition)| {
                condition.fits(lookup::sole(call.arguments, path).as_deref())
            })
    }
}

impl Rules {
    /// The rule that decides about a call; none about arguments that are not [sound](unsound).
    pub fn matching(&self, call: &CallFacts) -> Option<&Rule> {
        if unsound(call.arguments).is_some() {
            return None;
        }
        self.list.iter().find(|rule| rule.fits(call))
    }

    pub fn is_dry(&self, rule: &Rule) -> bool {
        self.dry_run || rule.dry_run
    }

    /// For the header: `rules: 2 active`.
    pub fn words(&self) -> String {
        let dry = self.list.iter().filter(|rule| self.is_dry(rule)).count();
        let note = match dry {
            0 => String::new(),
            all if all == self.list.len() => " · dry run".to_owned(),
            some => format!(" · {some} dry run"),
        };
        format!("rules: {} active{note}", self.list.len())
    }
}

/// How often rules ran in the last minute.
#[derive(Debug, Clone, Default)]
pub struct Pace {
    runs: BTreeMap<String, VecDeque<Timestamp>>,
}

impl Pace {
    /// Whether the rule may run now; a yes counts as a run.
    pub fn allows(&mut self, rule: &Rule, now: Timestamp) -> bool {
        let Some(limit) = rule.max_per_minute else { return true };
        let runs = self.runs.entry(rule.name.clone()).or_default();
        while runs.front().is_some_and(|at| now.duration_since(*at) >= SignedDuration::from_mins(1))
        {
            runs.pop_front();
        }
        if runs.len() >= usize::try_from(limit).unwrap_or(usize::MAX) {
            return false;
        }
        runs.push_back(now);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(name: &str) -> Rule {
        Rule {
            name: name.to_owned(),
            line: 1,
            agent: None,
            session: None,
            tool: None,
            when: Vec::new(),
            command: None,
            answer: false,
            dry_run: false,
            max_per_minute: None,
        }
    }

    fn call(arguments: &str) -> CallFacts<'_> {
        CallFacts {
            event_id: "aev_1",
            tool: "orders_refund",
            agent: "support",
            session: "refund-1",
            arguments,
        }
    }

    #[test]
    fn the_first_rule_that_fits_in_everything_decides() {
        let small = Rule {
            tool: Some("orders_*".to_owned()),
            when: vec![
                ("amount".to_owned(), Condition::parse("<100").unwrap()),
                ("customer.country".to_owned(), Condition::parse("D*").unwrap()),
            ],
            ..rule("small")
        };
        let other = Rule { session: Some("demo-*".to_owned()), ..rule("other session") };
        let rest = Rule { agent: Some("support".to_owned()), ..rule("rest") };
        let rules = Rules { list: vec![small, other, rest], ..Rules::default() };
        let name = |arguments| rules.matching(&call(arguments)).map(|rule| rule.name.as_str());
        assert_eq!(name(r#"{"amount": 84.2, "customer": {"country": "DE"}}"#), Some("small"));
        assert_eq!(name(r#"{"amount": 184.2, "customer": {"country": "DE"}}"#), Some("rest"));
        assert_eq!(name("{}"), Some("rest"), "what is missing fits nothing");
        let elsewhere = CallFacts { agent: "ops", ..call("{}") };
        assert_eq!(rules.matching(&elsewhere), None);
    }

    #[test]
    fn what_can_be_read_in_two_ways_is_for_a_person() {
        let small = |path: &str| Rule {
            when: vec![(path.to_owned(), Condition::parse("<100").unwrap())],
            ..rule("small")
        };
        let rules = |path| Rules { list: vec![small(path)], ..Rules::default() };
        let passes = |path, arguments| rules(path).matching(&call(arguments)).is_some();
        assert!(passes("amount", r#"{"amount": 84.20}"#));
        for arguments in [
            r#"{"amount": 1, "amount": 5000}"#,
            r#"{"amount": 5000, "amount": 1}"#,
            r#"{"amount": 1, "\u0061mount": 5000}"#,
            r#"{"amount": 1, "note": {"a": 1, "a": 2}}"#,
            r#"{"amount": 1, "other": 1e999}"#,
            r#"{"amount": -5000}"#,
            r#"{"amount": [1]}"#,
            r#"{"Amount": 1}"#,
        ] {
            assert!(!passes("amount", arguments), "{arguments}");
        }
        assert!(passes("order.amount", r#"{"order": {"amount": 1}}"#));
        assert!(!passes("order.amount", r#"{"order.amount": 1, "order": {"amount": 5000}}"#));
        let all = Rules { list: vec![rule("all")], ..Rules::default() };
        assert_eq!(all.matching(&call(r#"{"a": 1, "a": 2}"#)), None, "whatever the rule asks");
    }

    #[test]
    fn a_rule_runs_no_oftener_than_it_may() {
        let rule = Rule { max_per_minute: Some(2), ..rule("r") };
        let at = |second| Timestamp::from_second(second).unwrap();
        let mut pace = Pace::default();
        assert!(pace.allows(&rule, at(0)) && pace.allows(&rule, at(30)));
        assert!(!pace.allows(&rule, at(59)));
        assert!(pace.allows(&rule, at(60)) && !pace.allows(&rule, at(61)));
    }

    #[test]
    fn the_header_says_how_many_and_whether_anything_happens() {
        let mut rules = Rules { list: vec![rule("a"), rule("b")], ..Rules::default() };
        assert_eq!(rules.words(), "rules: 2 active");
        rules.list[0].dry_run = true;
        assert_eq!(rules.words(), "rules: 2 active · 1 dry run");
        rules.dry_run = true;
        assert_eq!(rules.words(), "rules: 2 active · dry run");
    }
}
