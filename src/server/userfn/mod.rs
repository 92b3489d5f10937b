//! UserFn, the expression language in which an alias says whom a session is for (contract section 6):
//! `get('$.session.metadata.tier', 'free') != 'free'`.
//!
//! Text becomes tokens (`lexer`), tokens a tree (`parser`), and the tree is evaluated over a JSON
//! context (`eval`, `functions`). Start with [`Expression::parse`]. The invariants: any text whatsoever
//! gives an expression or an error with a position, in bounded time and stack; and what one says never
//! depends on which of two readings of a precedence is right, because that is refused without
//! parentheses.

mod eval;
mod functions;
mod lexer;
mod parser;

use serde_json::Value as Json;

use crate::api::{Timestamp, time};

/// The longest expression, in characters.
pub const MAX_CHARS: usize = 8_000;

/// An expression that has been understood.
#[derive(Debug, Clone, PartialEq)]
pub struct Expression(parser::Expr);

/// Why a text is no expression. Columns count from 0, in characters.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("is no UserFn expression, at character {at}: {problem}")]
pub struct SyntaxError {
    pub at: usize,
    pub problem: String,
}

#[derive(Debug, Clone, PartialEq)]
enum Value {
    /// `null`, a path that leads nowhere, or an outcome that nobody knows.
    Null,
    Boolean(bool),
    Number(f64),
    Text(String),
    Moment(Timestamp),
    /// In seconds.
    Duration(f64),
    /// A list or an object, as JSON; it equals nothing.
    Compound(String),
}

impl Expression {
    pub fn parse(text: &str) -> Result<Self, SyntaxError> {
        if text.chars().count() > MAX_CHARS {
            let problem = format!("it is longer than {MAX_CHARS} characters");
            return Err(SyntaxError { at: MAX_CHARS, problem });
        }
        parser::parse(text).map(Self)
    }

    /// Whether it is true of the context. What is unknown is not.
    pub fn is_true(&self, context: &Json, now: Timestamp) -> bool {
        eval::evaluate(&self.0, context, now) == Value::Boolean(true)
    }

    /// Its value as a text; `None` where that is `null`.
    pub fn text(&self, context: &Json, now: Timestamp) -> Option<String> {
        match eval::evaluate(&self.0, context, now) {
            Value::Null => None,
            Value::Boolean(truth) => Some(truth.to_string()),
            Value::Number(number) | Value::Duration(number) => Some(number.to_string()),
            Value::Text(text) | Value::Compound(text) => Some(text),
            Value::Moment(moment) => Some(time::format(moment)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn context() -> Json {
        json!({
            "agent": {"key": "front", "metadata": {"region": "eu"}},
            "session": {"key": "ase_1", "metadata": {"tenant": "us", "tier": "gold", "seats": 3,
                "big": true, "name": "O'Brien", "tags": ["a", {"b": "c"}], "two words": 2,
                "none": null}},
            "currentDate": "2026-01-15T10:35:00Z"
        })
    }

    fn now() -> Timestamp {
        "2026-01-15T10:35:00Z".parse().unwrap()
    }

    fn is_true(text: &str) -> bool {
        let parsed = Expression::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        parsed.is_true(&context(), now())
    }

    #[test]
    fn what_is_true_matches() {
        for text in [
            "get('$.session.metadata.tenant') == 'us'",
            "(get('$.session.metadata.tenant') == 'us') and (get('$.session.metadata.tier') == 'gold')",
            "(get('$.session.metadata.tenant') == 'eu') or (get('$.agent.metadata.region') == 'eu')",
            "(get('$.session.key') == 'x') || (1 < 2) || false",
            "(1 < 2) && (2 <= 2) && (3 >= 2) && (3 > 2)",
            "get('$.session.metadata.missing', 'free') == 'free'",
            "get('$.session.metadata.none', 7) == 7",
            "get('$.session.metadata.name') == 'O''Brien'",
            "get('$.session.metadata.tags[0]') == 'a'",
            "get('$.session.metadata.tags[1].b') == 'c'",
            "get('$.session.metadata[''two words'']') == 2",
            "get('$[\"session\"].metadata.seats') * 2 + 1 == 7",
            "get('$.session.metadata.big')",
            "!(get('$.session.metadata.tier') == 'free')",
            "not (1 == 2)",
            "1 + 2 * 3 == 7",
            "100 % 10 == 0",
            ".5 + 2.45 == 2.95",
            "-1 < - -1",
            "if (get('$.session.metadata.seats') > 2) true else false",
            "(if (false) 1 else if (true) 2 else 3) == 2",
            "now() - iso_datetime_parse('2026-01-15T10:34:00Z') == minutes(1)",
            "seconds(minutes(1)) == 60",
            "hours(minutes(60)) == 1",
            "iso_datetime_parse(get('$.currentDate')) == now()",
            "to_unix_timestamp(iso_datetime_parse('1970-01-01T00:01:00Z')) == 60",
            "now() + hours(1) > now()",
            "max(abs(-3), power(2, 3)) == 8",
            "min(sqrt(64), trunc(1.9)) == 1",
        ] {
            assert!(is_true(text), "{text}");
        }
    }

    #[test]
    fn what_is_false_or_unknown_does_not() {
        for text in [
            "get('$.session.metadata.tenant') == 'eu'",
            "get('$.session.metadata.missing') == 'x'",
            "get('$.session.metadata.missing') != 'x'",
            "get('$.session.metadata.none') == null",
            "!(get('$.session.metadata.missing') == 'x')",
            "get('$.session.metadata.seats') == '3'",
            "get('$.session.metadata.seats') < 'a'",
            "get('$.session.metadata.tags') == get('$.session.metadata.tags')",
            "get('$.session.metadata.tags[7]') == 'a'",
            "get('$.session.metadata.tenant.deeper') == 'a'",
            "get('$.session.metadata.tenant')",
            "1",
            "1 / 0 == 1 / 0",
            "sqrt(-1) == sqrt(-1)",
            "if (null) true else false",
            "iso_datetime_parse('tomorrow') < now()",
        ] {
            assert!(!is_true(text), "{text}");
        }
    }

    #[test]
    fn a_value_has_a_text_and_null_has_none() {
        let text = |text: &str| Expression::parse(text).unwrap().text(&context(), now());
        assert_eq!(text("get('$.session.key')").as_deref(), Some("ase_1"));
        assert_eq!(text("get('$.session.metadata.seats')").as_deref(), Some("3"));
        assert_eq!(text("get('$.session.metadata.user_id', '')").as_deref(), Some(""));
        assert_eq!(text("get('$.session.metadata.user_id')"), None);
    }

    #[test]
    fn what_could_be_read_in_two_ways_wants_parentheses() {
        for (text, at) in [
            ("1 == 2 and 3 == 4", 0),
            ("(1 == 2) and 3 == 4", 13),
            ("true or false and true", 8),
            ("!true == false", 0),
            ("not true and false", 0),
        ] {
            let error = Expression::parse(text).unwrap_err();
            assert!(error.problem.contains("parentheses"), "{text}: {error}");
            assert_eq!(error.at, at, "{text}");
        }
    }

    #[test]
    fn an_error_tells_its_place() {
        for (text, at) in [
            ("", 0),
            ("1 +", 3),
            ("get()", 0),
            ("get(1)", 4),
            ("get('session')", 4),
            ("get('$.a..b')", 4),
            ("get('$.a[*]')", 4),
            ("get('$.a', 1, 2)", 0),
            ("frobnicate(1)", 0),
            ("abs(1, 2)", 0),
            ("'open", 0),
            ("tier == 1", 0),
            ("(1 == 1", 7),
            ("1 == 1)", 6),
            ("1 = 1", 2),
            ("if (true) 1", 11),
            ("1 # 2", 2),
        ] {
            let error = Expression::parse(text).unwrap_err();
            assert_eq!(error.at, at, "{text}: {error}");
        }
    }

    #[test]
    fn neither_depth_nor_length_overwhelms_it() {
        for text in [
            format!("{}1{}", "(".repeat(3_000), ")".repeat(3_000)),
            "!".repeat(7_000) + "true",
            "-".repeat(7_000) + "1",
            "if (true) 1 else ".repeat(400) + "2",
            "abs(".repeat(1_500),
            "x".repeat(MAX_CHARS + 1),
        ] {
            assert!(Expression::parse(&text).is_err(), "{}", &text[..20]);
        }
        let long = vec!["(1 < 2)"; 600].join(" and ");
        assert!(is_true(&long));
        assert!(is_true(&format!("{} > 0", vec!["1"; 1_500].join(" + "))));
    }

    proptest! {
        #[test]
        fn any_text_is_an_expression_or_an_error(text in "\\PC{0,60}") {
            let _ = Expression::parse(&text);
        }

        #[test]
        fn any_row_of_tokens_is_an_expression_or_an_error(
            tokens in prop::collection::vec(prop::sample::select(vec![
                "(", ")", "and", "||", "!", "not", "==", "<", "+", "-", "*", "%", "get", "now", "abs",
                "'$.session.key'", "1", ".5", "true", "null", ",", "if", "else", "é",
            ]), 0..14)
        ) {
            if let Ok(parsed) = Expression::parse(&tokens.join(" ")) {
                parsed.text(&context(), now());
            }
        }
    }
}
