//! The `metadata_filter` of the session list (contract section 7): a boolean expression over the
//! keys of a session's metadata, like the condition of an SQL query.
//!
//! Text becomes tokens (`lexer`), tokens a tree (`parser`), and the tree is evaluated over JSON
//! (`eval`, `like`) with SQL's three-valued logic. No SQL is ever made of it, so nothing can be injected.
//! Start with [`MetadataFilter::parse`]. The invariant: any text whatsoever gives a filter or an
//! error with a position, in bounded time and stack.

mod eval;
mod lexer;
mod like;
mod parser;

use crate::api::Object;

/// The longest filter, in characters.
pub const MAX_CHARS: usize = 8_000;

/// A filter that has been understood.
#[derive(Debug, Clone, PartialEq)]
pub struct MetadataFilter(parser::Expr);

/// Why a text is no filter. Lines count from 1, columns from 0, in characters.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("The filter expression contains an error. Syntax error at {line}:{column}: {problem}")]
pub struct FilterError {
    pub line: usize,
    pub column: usize,
    pub problem: String,
}

impl FilterError {
    /// `at` is a character's index in `text`.
    fn new(text: &str, at: usize, problem: impl Into<String>) -> Self {
        let before: Vec<char> = text.chars().take(at).collect();
        let line_start = before.iter().rposition(|c| *c == '\n').map_or(0, |newline| newline + 1);
        let line = before.iter().filter(|c| **c == '\n').count() + 1;
        Self { line, column: before.len() - line_start, problem: problem.into() }
    }
}

impl MetadataFilter {
    pub fn parse(text: &str) -> Result<Self, FilterError> {
        if text.chars().count() > MAX_CHARS {
            let problem = format!("the filter is longer than {MAX_CHARS} characters");
            return Err(FilterError::new(text, MAX_CHARS, problem));
        }
        parser::parse(text).map(Self)
    }

    /// Whether a session with this metadata is let through. What is unknown is not.
    pub fn matches(&self, metadata: &Object) -> bool {
        eval::is_true(&self.0, metadata)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn matches(filter: &str) -> bool {
        let metadata = json!({
            "tier": 2, "region": "us", "user": "ada@example.com", "archived": false, "note": "x",
            "user_ids": [1, 3, null], "tags": ["a", "b"], "ratio": 0.5, "huge": 9_007_199_254_740_993i64,
            "profile": {"country": "US", "deep": {"er": true}}, "o": "O'Brien", "nothing": null
        });
        let filter = MetadataFilter::parse(filter).unwrap_or_else(|e| panic!("{filter}: {e}"));
        filter.matches(metadata.as_object().unwrap())
    }

    #[test]
    fn what_is_true_is_let_through() {
        for filter in [
            "tier >= 2 AND region = 'us'",
            "(user LIKE '%@example.com' OR tier IN ('premium', 'enterprise')) AND NOT (archived = true)",
            r#""profile.country" = 'US' AND 1 IN user_ids AND note IS NOT NULL"#,
            r#""profile.deep.er" = true"#,
            r#""profile.deep.er""#,
            "tier = 1 + 1 and tier == 4 / 2 and tier <> 3 and tier != 3",
            "tier + 1 * 2 = 4 AND (tier + 1) * 2 = 6 AND 7 % tier = 1 AND -tier = -2 AND +tier = 2",
            "ratio = 0.5 AND tier > ratio AND tier = 2.0",
            "huge = 9007199254740993 AND huge <> 9007199254740992",
            "o = 'O''Brien'",
            "missing IS NULL AND nothing IS NULL AND tier IS NOT NULL",
            "(archived IS NULL OR archived <> true)",
            "tier IN (1, 2) AND 'a' IN tags AND NOT 'c' IN tags AND NOT (2 IN tags)",
            "region LIKE 'u%' AND region LIKE '%s' AND region LIKE '%' AND user LIKE 'a%@%.com'",
            "region LIKE '__' AND region LIKE '_s' AND region LIKE region AND NOT region LIKE '_'",
            r"'50%' LIKE '50\%' AND NOT '500' LIKE '50\%'",
            "NOT tier = 3 OR tier = 2 AND false",
            "true",
            "region < 'usa' AND region >= 'us'",
        ] {
            assert!(matches(filter), "{filter}");
        }
    }

    #[test]
    fn what_is_false_or_unknown_is_not() {
        for filter in [
            "tier = 3",
            "missing = 1",
            "NOT (missing = 1)",
            "missing <> 1",
            "missing = 1 OR missing <> 1",
            "tier = '2'",
            "region > 1",
            "archived < true",
            "tags = 'a'",
            "profile = 'US'",
            "tier / 0 = tier / 0",
            "tier % 0 IS NOT NULL",
            "9223372036854775807 + 1 > 0",
            "2 IN user_ids",
            "NOT (2 IN user_ids)",
            "1 IN missing",
            "region LIKE 'U%'",
            "region LIKE '___'",
            r"region LIKE 'u\_'",
            "region",
            "null",
            "NOT null",
            "false AND missing",
        ] {
            assert!(!matches(filter), "{filter}");
        }
    }

    #[test]
    fn numbers_compare_to_their_last_digit() {
        let metadata: Object = serde_json::from_str(
            r#"{"long": 123456789012345678901234567890, "fine": 0.10000000000000000555,
                "scaled": 1E5, "zero": -0, "money": 84.20, "huge": 1e400,
                "list": [123456789012345678901234567890, 0.5]}"#,
        )
        .unwrap();
        for (filter, passes) in [
            ("long = 123456789012345678901234567890", true),
            ("long = 123456789012345678901234567891", false),
            ("long < 123456789012345678901234567891 AND long > 9223372036854775807", true),
            ("-long = -123456789012345678901234567890 AND -long < -9223372036854775808", true),
            ("fine = 0.1", false),
            ("fine > 0.1 AND fine = 0.10000000000000000555", true),
            ("scaled = 100000 AND scaled = 100000.0 AND scaled - 1 = 99999", true),
            ("zero = 0 AND zero >= -0.0 AND NOT zero < 0", true),
            ("money = 84.2 AND money IN (84.200) AND money * 10 = 842", true),
            ("huge > long AND huge = huge AND huge IS NOT NULL", true),
            ("huge + 1 IS NULL", true),
            ("123456789012345678901234567890 IN list AND 0.50 IN list", true),
            ("123456789012345678901234567899 IN list", false),
        ] {
            let found = MetadataFilter::parse(filter).unwrap().matches(&metadata);
            assert_eq!(found, passes, "{filter}");
        }
    }

    #[test]
    fn unknown_is_absorbed_as_in_sql() {
        for (filter, passes) in [
            ("missing = 1 OR tier = 2", true),
            ("NOT (missing = 1 AND tier = 3)", true),
            ("(missing = 1) IS NULL", true),
            ("missing = 1 AND tier = 2", false),
        ] {
            assert_eq!(matches(filter), passes, "{filter}");
        }
    }

    #[test]
    fn an_error_tells_its_place() {
        for (filter, line, column) in [
            ("", 1, 0),
            ("tier >", 1, 6),
            ("tier >= 2 AND\n  = 3", 2, 2),
            ("tier = 'open", 1, 7),
            ("tier = 2 2", 1, 9),
            ("(tier = 2", 1, 9),
            ("tier IN ()", 1, 9),
            ("tier IN (region)", 1, 9),
            ("tier ! 2", 1, 5),
            ("x = 9.", 1, 4),
            ("a; DROP TABLE sessions", 1, 1),
            ("\"\" = 1", 1, 0),
            ("tier IS 2", 1, 8),
        ] {
            let error = MetadataFilter::parse(filter).unwrap_err();
            assert_eq!((error.line, error.column), (line, column), "{filter}: {error}");
        }
    }

    #[test]
    fn neither_depth_nor_length_overwhelms_it() {
        for filter in [
            format!("{}1{}", "(".repeat(3_000), ")".repeat(3_000)),
            "NOT ".repeat(1_900) + "true",
            "-".repeat(7_000) + "1 = 1",
            "x".repeat(MAX_CHARS + 1),
        ] {
            assert!(MetadataFilter::parse(&filter).is_err(), "{}", &filter[..20]);
        }
        let long = vec!["tier = 2"; 600].join(" AND ");
        assert!(matches(&long));
        let metadata = json!({"a": "a".repeat(30_000), "p": "%a_".repeat(300) + "b"});
        let filter = format!("NOT ({})", vec!["(a LIKE p)"; 500].join(" OR "));
        assert!(MetadataFilter::parse(&filter).unwrap().matches(metadata.as_object().unwrap()));
    }

    proptest! {
        #[test]
        fn any_text_is_a_filter_or_an_error(text in "\\PC{0,60}") {
            let _ = MetadataFilter::parse(&text);
        }

        #[test]
        fn any_row_of_tokens_is_a_filter_or_an_error(
            tokens in prop::collection::vec(prop::sample::select(vec![
                "(", ")", "AND", "OR", "NOT", "IN", "IS", "NULL", "LIKE", "=", "<", "+", "-", "*",
                "tier", "'a%'", "1", "2.5", "true", ",", "\"a.b\"",
            ]), 0..14)
        ) {
            if let Ok(filter) = MetadataFilter::parse(&tokens.join(" ")) {
                filter.matches(&Object::new());
            }
        }
    }
}
