//! Schemas, skeletons and checks, as a person meets them.

use serde_json::{Value, json};

use super::*;
use crate::model::AnswerKind;

fn schema(value: Value) -> Against {
    let Value::Object(schema) = value else { panic!("a schema is an object here") };
    Against::Schema(Arc::new(OutputSchema::new(schema)))
}

fn verdict(kind: AnswerKind, text: &str, against: &Against) -> Verdict {
    Check { call: "aev_1".into(), stamp: 1, kind, text: text.to_owned(), against: against.clone() }
        .run()
}

/// Line, first column and words of everything that is said.
fn told(text: &str, against: &Against) -> Vec<(usize, usize, String)> {
    let verdict = verdict(AnswerKind::Success, text, against);
    let told = verdict.diagnostics.iter();
    told.map(|told| (told.at.line, told.at.start, told.words())).collect()
}

fn skeleton(value: Value) -> Value {
    let Against::Schema(schema) = schema(value) else { unreachable!() };
    serde_json::from_str(&schema.skeleton()).unwrap()
}

fn refund() -> Against {
    schema(json!({
        "type": "object", "required": ["refund_id", "amount"], "additionalProperties": false,
        "properties": {
            "refund_id": {"type": "string", "minLength": 3},
            "status": {"enum": ["accepted", "declined"]},
            "amount": {"type": "number", "minimum": 0},
            "lines": {"type": "array", "items": {"$ref": "#/$defs/line"}}
        },
        "$defs": {"line": {"type": "object", "required": ["sku"],
            "properties": {"sku": {"type": "string"}, "more": {"$ref": "#/$defs/line"}}}}
    }))
}

#[test]
fn a_misfit_is_told_with_line_path_and_reason() {
    let text = "{\n  \"refund_id\": \"rf_20931\",\n  \"status\": \"maybe\",\n  \"amount\": \"84.20\",\n  \
        \"lines\": [{\"sku\": 1}, {}],\n  \"ä\": 0, \"note\": {}\n}";
    let all = told(text, &refund());
    let expected = [
        (2, 12, "status: expected one of \"accepted\", \"declined\""),
        (3, 12, "amount: expected number, got string"),
        (4, 20, "lines[0].sku: expected string, got number"),
        (4, 24, "lines[1]: \"sku\" is missing"),
        (5, 7, "\"ä\", \"note\" is not asked for"),
    ];
    let expected: Vec<_> = expected
        .into_iter()
        .map(|(line, column, words)| (line, column, words.to_owned()))
        .collect();
    assert_eq!(all, expected);
    let verdict = verdict(AnswerKind::Success, text, &refund());
    assert!(verdict.sendable && verdict.errors().count() == 5);
    assert_eq!((verdict.diagnostics[1].at.end, &*verdict.diagnostics[1].pointer), (19, "/amount"));
    assert_eq!(told("{\"refund_id\": \"abc\", \"amount\": 1e0}", &refund()), []);
}

#[test]
fn a_mistake_in_the_json_is_told_where_it_is_and_cannot_be_sent() {
    for (text, line, column, words) in [
        ("{\n  \"a\": 1,,\n}", 1, 9, "key must be a string"),
        ("{\n  \"a\": tru\n}", 1, 9, "expected ident"),
        ("{\"é\": }", 0, 6, "expected value"),
        ("{\n  \"a\": 1\n", 1, 7, "EOF while parsing an object"),
        ("{\"a\": \"b\n}", 0, 7, "a string does not end on its line"),
        ("", 0, 0, "EOF while parsing a value"),
        ("[1]", 0, 0, "the output must be a JSON object"),
    ] {
        assert_eq!(told(text, &Against::Free), [(line, column, words.to_owned())], "{text}");
        assert!(!verdict(AnswerKind::Success, text, &Against::Free).sendable, "{text}");
    }
}

#[test]
fn what_cannot_be_checked_is_said_and_may_be_sent() {
    let unchecked = |against: Value| {
        let verdict = verdict(AnswerKind::Success, "{\"a\": 1}", &schema(against));
        assert!(verdict.sendable && verdict.diagnostics.is_empty(), "{verdict:?}");
        verdict.unchecked.unwrap_or_default()
    };
    let remote = "https://schemas.example/\u{1b}[2Jx.json";
    assert_eq!(
        unchecked(json!({"properties": {"a": {"$ref": remote}}})),
        "the output_schema refers to https://schemas.example/\\x1b[2Jx.json, which is not fetched: \
         the service will check"
    );
    assert!(unchecked(json!({"type": "no such type"})).contains("is not valid"));
    assert!(unchecked(json!({"description": "x".repeat(MAX_SCHEMA_BYTES)})).contains("1 MB"));
    assert_eq!(unchecked(json!({"type": "object"})), "");
    let unknown = Against::Nothing("being read".to_owned());
    let verdict = verdict(AnswerKind::Success, "{}", &unknown);
    assert_eq!(
        verdict.unchecked.as_deref(),
        Some("no output_schema known, the service will check · being read")
    );
}

#[test]
fn names_that_come_twice_and_numbers_beyond_reach_are_told_and_sent() {
    let all = told("{\"a\": 1,\n \"a\": 2}", &Against::Free);
    assert_eq!(all, [(1, 6, "\"a\" stands here twice; sent as typed".to_owned())]);
    let huge = verdict(AnswerKind::Success, "{\"n\": 1e999}", &Against::Free);
    assert!(huge.sendable && huge.errors().count() == 0);
    assert!(huge.diagnostics[0].words().contains("number out of range"), "{huge:?}");
}

#[test]
fn depth_costs_a_line_and_no_stack() {
    let deep = format!("{{\"d\":{}{}}}", "[".repeat(10_000), "]".repeat(10_000));
    let all = told(&deep, &refund());
    assert_eq!(all, [(0, 132, "nested deeper than 127 levels".to_owned())]);
    let mut chain = json!({"sku": "x"});
    for _ in 0..60 {
        chain = json!({"sku": "x", "more": chain});
    }
    let text = json!({"refund_id": "abc", "amount": 1, "lines": [chain]}).to_string();
    assert_eq!(told(&text, &refund()), [], "a schema that refers to itself");
}

#[test]
fn errors_are_texts_or_json() {
    let told = |text: &str| verdict(AnswerKind::Error, text, &refund());
    assert!(!told(" \n").sendable);
    assert!(told("no luck").diagnostics.is_empty() && told("{\"kind\": 1}").diagnostics.is_empty());
    let broken = told("{\"kind\": ");
    assert!(broken.sendable && broken.errors().count() == 0 && broken.diagnostics.len() == 1);
}

#[test]
fn a_skeleton_has_what_is_required_first_and_ends_somewhere() {
    let Against::Schema(refund) = refund() else { unreachable!() };
    assert_eq!(
        refund.skeleton(),
        "{\n  \"refund_id\": \"\",\n  \"amount\": 0,\n  \"status\": \"accepted\",\n  \"lines\": []\n}"
    );
    let node = json!({"$ref": "#/$defs/node", "$defs": {"node": {"type": "object",
        "required": ["next", "kind"],
        "properties": {"next": {"$ref": "#/$defs/node"}, "kind": {"const": "n"}}}}});
    assert_eq!(skeleton(node)["next"]["next"]["kind"], "n");
    let wide: Object = (0..5_000).map(|at| (at.to_string(), json!({}))).collect();
    assert!(skeleton(json!({"properties": wide})).as_object().unwrap().len() <= 400);
    let shy = json!({"required": ["a", "b"], "properties": {
        "a": {"type": "array", "minItems": 2, "items": {"type": ["integer", "null"], "minimum": 5}},
        "b": {"anyOf": [{"type": "boolean"}, {"type": "string"}]}}});
    assert_eq!(skeleton(shy), json!({"a": [5, 5], "b": false}));
    assert_eq!(skeleton(json!({"$ref": "#/$defs/nowhere"})), json!({}));
    assert_eq!(skeleton(json!({"$ref": "#"})), json!({}));
}

#[test]
fn only_what_surely_fits_leaves_without_a_person() {
    let check = |wanted: Value, output: &str| surely_fits(output, &schema(wanted));
    let number =
        json!({"type": "object", "required": ["n"], "properties": {"n": {"type": "number"}}});
    assert_eq!(check(number.clone(), r#"{"n": 84.20}"#), Ok(()));
    assert!(check(number.clone(), r#"{"n": "84"}"#).unwrap_err().starts_with("n: "));
    assert!(check(number.clone(), "{}").is_err() && check(number, "{").is_err());
    assert!(check(json!({"$ref": "http://127.0.0.1:1/x.json"}), "{}").is_err());
    assert!(check(json!({"type": "nonsense"}), "{}").is_err());
}
