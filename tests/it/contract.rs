//! The wire types against the contract's own examples and against arbitrary JSON.

use foretop::api::event::EventBody;
use foretop::api::{Event, Frame};
use proptest::prelude::*;
use serde_json::{Value, json};

const EXAMPLES: &str = include_str!("fixtures/contract_section_4.jsonl");

#[test]
fn every_example_is_understood_and_survives_unchanged() {
    for line in EXAMPLES.lines() {
        let frame = Frame::read("", line).unwrap();
        if let Frame::Event(event) = &frame {
            let understood = !matches!(&*event.body, EventBody::Unknown | EventBody::Malformed(_));
            assert!(understood, "{:?} in {line}", event.body);
            assert_eq!(event.raw().get(), line);
        }
        let back: Value = serde_json::from_str(&frame.to_json().unwrap()).unwrap();
        assert_eq!(back, serde_json::from_str::<Value>(line).unwrap());
    }
    assert_eq!(EXAMPLES.lines().count(), 25);
}

#[test]
fn the_typed_view_of_an_example_loses_no_documented_field() {
    for line in EXAMPLES.lines() {
        let Some(Frame::Event(event)) = Frame::read("", line) else { continue };
        let mut sent: Value = serde_json::from_str(line).unwrap();
        let object = sent.as_object_mut().unwrap();
        // Common fields live outside the view.
        for field in ["id", "session_key", "created_at"] {
            object.remove(field);
        }
        assert_eq!(serde_json::to_value(&event.body).unwrap(), sent);
    }
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "\\PC{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[a-z_]{1,8}", inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

fn any_type() -> impl Strategy<Value = String> {
    let known = EXAMPLES.lines().map(|line| {
        let example: Value = serde_json::from_str(line).unwrap();
        example["type"].as_str().unwrap().to_owned()
    });
    prop_oneof![prop::sample::select(known.collect::<Vec<_>>()), "[a-z_]{1,12}"]
}

proptest! {
    #[test]
    fn whatever_a_service_sends_goes_out_as_it_came(
        kind in any_type(),
        fields in prop::collection::btree_map("[a-z_]{1,10}", any_json(), 0..6),
    ) {
        let mut object = json!({ "type": kind });
        object.as_object_mut().unwrap().extend(fields);
        let text = object.to_string();
        let event: Event = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(serde_json::to_string(&event).unwrap(), text.clone());
        prop_assert!(Frame::read("", &text).is_some());
    }

    #[test]
    fn an_unknown_field_on_a_known_event_survives(at in 0usize..25, extra in any_json()) {
        let line = EXAMPLES.lines().nth(at).unwrap();
        let mut object: Value = serde_json::from_str(line).unwrap();
        object.as_object_mut().unwrap().insert("added_next_year".into(), extra);
        let text = object.to_string();
        if let Some(Frame::Event(event)) = Frame::read("", &text) {
            prop_assert_eq!(event.raw().get(), text);
            prop_assert!(!matches!(&*event.body, EventBody::Malformed(_)));
        }
    }
}
