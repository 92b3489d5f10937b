//! Texts of every sort: exact, broken, deep, wide and hostile ones.

use std::collections::HashSet;

use proptest::prelude::*;
use serde_json::Value;

use super::*;

fn with<T>(text: &str, look: impl FnOnce(Json<'_>) -> T) -> T {
    let index = Index::of(text);
    look(Json::new(text, &index))
}

/// Key, preview and measure of every node.
fn all(text: &str) -> Vec<(String, String, String)> {
    with(text, |json| {
        let nodes = (0..json.index().node_count()).map(|at| NodeId(u32::try_from(at).unwrap()));
        let row = |node| json.row(node, false);
        nodes.map(row).map(|row| (row.key, row.preview, row.measure)).collect()
    })
}

fn find(json: Json<'_>, keys: &[&str]) -> NodeId {
    keys.iter().fold(NodeId::ROOT, |node, key| json.member(node, key).unwrap())
}

#[test]
fn numbers_order_and_repeated_keys_are_as_they_were_sent() {
    let text = r#"{"b": 12345678901234567890.10, "a": 1e400, "b": -0}"#;
    let rows = all(text);
    let values: Vec<_> = rows[1..].iter().map(|row| (row.0.as_str(), row.1.as_str())).collect();
    assert_eq!(values, [("b", "12345678901234567890.10"), ("a", "1e400"), ("b", "-0")]);
    with(text, |json| assert_eq!(json.raw(find(json, &["b"])), "-0"));
}

#[test]
fn containers_count_what_is_in_them_and_long_ones_tell_their_size() {
    let text = format!(r#"{{"list": [1, [], {{}}], "long": ["{}"]}}"#, "x".repeat(3_000));
    let measures: Vec<_> = all(&text).into_iter().map(|row| row.2).collect();
    assert_eq!(measures, ["{2} 2.9K", "[3]", "", "[0]", "{0}", "[1] 2.9K", ""]);
}

#[test]
fn paths_are_those_of_jq() {
    let text = r#"{"customer": {"items": [0, {"postal code": 1, "id": 2, "3d": 4, "\u001b": 5}]}}"#;
    with(text, |json| {
        let path = |key| json.path(find(json, &["customer", "items", "1", key]));
        assert_eq!(json.path(NodeId::ROOT), ".");
        assert_eq!(path("id"), ".customer.items[1].id");
        assert_eq!(path("postal code"), r#".customer.items[1]["postal code"]"#);
        assert_eq!(path("3d"), r#".customer.items[1]["3d"]"#);
        assert_eq!(path("\u{1b}"), r#".customer.items[1]["\u001b"]"#);
    });
    with("[[7]]", |json| assert_eq!(json.path(NodeId(2)), ".[0][0]"));
    with(r#"[{"\u001b[2J\u202e": 1}]"#, |json| {
        let crumb = json.breadcrumb(NodeId(2));
        assert_eq!(crumb, r#".[0]["\\x1b[2J<U+202E>"]"#);
    });
}

#[test]
fn a_key_cannot_look_like_a_key_with_another_value() {
    let keys: Vec<_> = all(r#"{"amount  84.20": 1, "": 2, "a\"b": 3, "a.b-c/d": 4}"#);
    let keys: Vec<_> = keys[1..].iter().map(|row| row.0.as_str()).collect();
    assert_eq!(keys, [r#""amount  84.20""#, r#""""#, r#""a\"b""#, "a.b-c/d"]);
}

#[test]
fn what_follows_a_syntax_error_is_one_node_with_its_place() {
    for (text, place) in [
        (r#"{"a": 1, "b": tru}"#, "not JSON from byte 14: tru}"),
        ("[1, 2", "the text ends here, at byte 5"),
        (r#"{"a": "open"#, "not JSON from byte 6: \"open"),
        ("[1] [2]", "not JSON from byte 4: [2]"),
        (r#"{"a" 1}"#, "not JSON from byte 1: \"a\" 1}"),
        ("[1}", "not JSON from byte 2: }"),
        ("[01]", "not JSON from byte 1: 01]"),
        ("<html>", "not JSON from byte 0: <html>"),
        ("", "the text ends here, at byte 0"),
        ("[\"\\", "not JSON from byte 1: \"\\"),
    ] {
        let last = all(text).pop().unwrap();
        assert_eq!(last.1, place, "{text}");
    }
}

#[test]
fn ten_thousand_levels_are_levels_like_any_other() {
    let depth = 10_000;
    let text = format!("{}7{}", "[".repeat(depth), "]".repeat(depth));
    with(&text, |json| {
        let deepest = NodeId(u32::try_from(depth).unwrap());
        assert_eq!(json.row(deepest, false).depth, depth);
        assert_eq!(json.path(deepest).len(), 1 + "[0]".len() * depth);
        assert_eq!(json.breadcrumb(deepest), format!("…{}", "[0]".repeat(12)));
        let mut outline = Outline::new(json.index(), NodeId::ROOT, HashSet::new());
        assert!(outline.row_count() < 100);
        outline.fold_all(json.index(), false);
        assert_eq!(outline.row_count(), depth + 1);
    });
}

#[test]
fn strings_are_decoded_and_nothing_of_them_drives_a_terminal() {
    let text = r#"["é\u00e9 \ud83d\ude00 \ud83d x\n\u001b[2J\"", "a\u202eb"]"#;
    with(text, |json| {
        assert_eq!(json.value(NodeId(1)), "éé 😀 \\ud83d x\n\u{1b}[2J\"");
        assert_eq!(json.row(NodeId(1), false).preview, r#""éé 😀 \ud83d x\n\u001b[2J\"""#);
        assert_eq!(json.row(NodeId(2), false).preview, "\"a<U+202E>b\"");
    });
}

#[test]
fn long_strings_are_cut_and_base64_is_a_chip() {
    let png = format!("iVBORw0KGgoAAAANSUhEUgAAAAEA{}", "AAAA".repeat(4_000));
    let words = "word ".repeat(1_000);
    let text =
        format!(r#"["{png}", "data:image/png;base64,{png}", "{words}", "{}"]"#, "QUJD".repeat(100));
    let rows = all(&text);
    assert_eq!(rows[1].1, "base64 · 11K · looks like PNG");
    assert_eq!(rows[2].1, "data URL · image/png · 11K");
    assert!(rows[3].1.starts_with("\"word word") && rows[3].1.ends_with('…'));
    assert_eq!((rows[3].1.len() < 600, rows[3].2.as_str()), (true, "4.8K"));
    assert!(rows[4].1.starts_with("\"QUJDQUJD"));
}

#[test]
fn folding_hides_what_is_inside_and_unfolding_brings_its_folds_back() {
    let text = r#"{"a": {"b": {"c": 1}, "d": 2}, "e": 3}"#;
    with(text, |json| {
        let (index, keys) = (json.index(), |outline: &Outline| {
            let rows = (0..outline.row_count()).filter_map(|row| outline.at(row));
            rows.map(|node| json.row(node, false).key).collect::<Vec<_>>().join(" ")
        });
        let mut outline = Outline::new(index, NodeId::ROOT, HashSet::new());
        assert_eq!(keys(&outline), " a b c d e");
        let (a, b) = (find(json, &["a"]), find(json, &["a", "b"]));
        assert!(outline.fold(index, b, true));
        assert!(outline.fold(index, a, true));
        assert_eq!(keys(&outline), " a e");
        assert_eq!(outline.row_of(b), 1, "the place of what is hidden is what hides it");
        assert!(outline.fold(index, a, false));
        assert_eq!(keys(&outline), " a b d e");
        assert!(!outline.fold(index, find(json, &["e"]), true));
        outline.fold_all(index, true);
        assert_eq!(keys(&outline), " a e");
        let closed = Outline::new(index, a, HashSet::from([b]));
        assert_eq!(keys(&closed), "a b d");
    });
}

#[test]
fn a_tree_that_begins_as_one_row_opens_at_its_root() {
    let count = |text: &str| {
        with(text, |json| {
            let mut outline = Outline::folded(json.index(), NodeId::ROOT, HashSet::new());
            let folded = outline.row_count();
            outline.fold(json.index(), NodeId::ROOT, false);
            (folded, outline.row_count())
        })
    };
    assert_eq!(count(r#"{"a": {"b": 1}, "c": 2}"#), (1, 4));
    assert_eq!(count("7"), (1, 1));
    let large = format!(r#"{{"a": [{}1], "c": 2}}"#, "[1],".repeat(5_000));
    assert_eq!(count(&large), (1, 3), "a large one by one level");
    assert_eq!(count(r#"{"a": 1} x"#).0, 2, "what follows the value is seen beside it");
}

#[test]
fn a_large_tree_begins_folded() {
    let items = vec![r#"{"id": 1, "name": "n"}"#; 5_000].join(",");
    with(&format!(r#"{{"items": [{items}], "ok": true}}"#), |json| {
        assert_eq!(Outline::new(json.index(), NodeId::ROOT, HashSet::new()).row_count(), 3);
    });
}

#[test]
fn more_values_than_an_index_takes_are_one_node() {
    let text = format!("[{}1]", "1,".repeat(1 << 20));
    with(&text, |json| {
        let last = NodeId(u32::try_from(json.index().node_count() - 1).unwrap());
        assert_eq!(json.kind(last), Kind::Beyond);
        assert_eq!(json.raw(last), "1,1]");
    });
}

#[test]
fn an_index_of_a_file_seals_what_is_too_deep_for_it() {
    let record = r#"{"id": [1, {"k": "]}"}], "none": {}}"#;
    let text = format!("[{},{{\"a\": oops", vec![record; 200_000].join(","));
    let index = Index::of_file(text.as_bytes());
    let json = Json::of_bytes(text.as_bytes(), &index);
    let first = json.children(NodeId::ROOT).next().unwrap();
    assert!(index.is_sealed(first) && !index.is_sealed(NodeId::ROOT));
    assert_eq!((json.raw(first), json.row(first, true).measure.as_str()), (record, "{2}"));
    assert_eq!(json.children(NodeId::ROOT).count(), 200_001);
    let last = json.nodes().last().unwrap();
    assert_eq!((json.kind(last), json.raw(last)), (Kind::Broken, "oops"));
    assert!(index.is_sealed(json.parent(last).unwrap()));
    let whole = Index::of_file(record.as_bytes());
    assert_eq!(whole.node_count(), Index::of(record).node_count());
}

#[test]
fn decoding_in_pieces_is_decoding() {
    let inner = r#"aé\u00e9\ud83d\ude00\n"\\ \q \u12"#;
    for budget in 1..8 {
        let (mut out, mut at) = (String::new(), 0);
        while at < inner.len() {
            let next = decode_some(inner, at, budget.max(4), &mut out);
            assert!(next > at);
            at = next;
        }
        assert_eq!(out, decode(inner));
    }
}

/// Values as serde sees them, nested and with odd strings.
fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((".{0,4}", inner), 0..6)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

fn rebuild(json: Json<'_>, node: NodeId) -> Value {
    match json.kind(node) {
        Kind::Object => {
            let member = |child| match json.name(child) {
                Name::Key(key) => (key.into_owned(), rebuild(json, child)),
                other => panic!("{other:?} in an object"),
            };
            Value::Object(json.children(node).map(member).collect())
        }
        Kind::Array => json.children(node).map(|child| rebuild(json, child)).collect(),
        Kind::String => Value::from(json.value(node)),
        _ => serde_json::from_str(json.raw(node)).unwrap(),
    }
}

proptest! {
    #[test]
    fn the_tree_is_the_value_that_serde_reads(value in values(), pretty in any::<bool>()) {
        let text = if pretty { format!("{value:#}") } else { value.to_string() };
        prop_assert_eq!(with(&text, |json| rebuild(json, NodeId::ROOT)), value);
    }

    #[test]
    fn any_text_has_a_tree_and_every_row_is_safe(text in "[\\[\\]{}\",:0-9a-z\\\\\u{1b}\u{202e} é]{0,60}|.*") {
        with(&text, |json| {
            let outline = Outline::new(json.index(), NodeId::ROOT, HashSet::new());
            for node in (0..outline.row_count()).filter_map(|row| outline.at(row)) {
                let row = json.row(node, false);
                let shown = format!("{}{}{}{}", row.key, row.preview, row.measure, json.breadcrumb(node));
                let safe = shown.chars().all(|c| !c.is_control() && c != '\u{202e}');
                prop_assert!(safe, "{shown:?}");
                json.path(node);
            }
            // Where serde reads it, nothing is broken; where it does not, something is.
            let broken = json.index().nodes.iter().any(|node| node.kind == Kind::Broken);
            let reads = serde_json::from_str::<serde::de::IgnoredAny>(&text).is_ok();
            prop_assert!(!reads || !broken);
            Ok(())
        })?;
    }
}
