//! Whether everybody who reads arguments reads the same in them: only then may a rule decide.

use std::collections::HashSet;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

const TWICE: &str = "a key stands twice";

/// The key under which the parser hands on a number as it is written.
const NUMBER: &str = "$serde_json::private::Number";

/// Why no rule may judge these arguments; `None` where one may. Programs differ in which of two equal
/// keys they take, in what they make of numbers out of range, and in how deep they look.
pub fn unsound(arguments: &str) -> Option<&'static str> {
    let mut reader = serde_json::Deserializer::from_str(arguments);
    let read = Sound.deserialize(&mut reader).and_then(|()| reader.end());
    let why = read.err().map(|error| error.to_string());
    match why {
        Some(why) if why.starts_with(TWICE) => Some("a key stands twice in its arguments"),
        // What reads like a number to this parser is an object to others.
        None if !arguments.contains(NUMBER) => None,
        _ => Some(
            "its arguments hold a number or text that programs read differently, or are too deep",
        ),
    }
}

struct Sound;

impl<'de> DeserializeSeed<'de> for Sound {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Sound {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        while items.next_element_seed(Self)?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let mut keys = HashSet::new();
        while let Some(key) = members.next_key::<String>()? {
            if key == NUMBER {
                let number = members.next_value::<String>()?;
                if !number.parse().is_ok_and(f64::is_finite) {
                    return Err(A::Error::custom("number out of range"));
                }
                continue;
            }
            if !keys.insert(key) {
                return Err(A::Error::custom(TWICE));
            }
            members.next_value_seed(Self)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::unsound;

    #[test]
    fn what_programs_read_differently_is_not_judged() {
        for fine in ["{}", r#"{"a": 1, "b": {"a": [1.5, null, true, "x"]}}"#, r#"{"A": 1, "a": 2}"#]
        {
            assert_eq!(unsound(fine), None, "{fine}");
        }
        for twice in [
            r#"{"amount": 1, "amount": 5000}"#,
            r#"{"amount": 1, "\u0061mount": 5000}"#,
            r#"{"a": [{"b": {"c": 1, "c": 1}}]}"#,
        ] {
            assert_eq!(unsound(twice), Some("a key stands twice in its arguments"), "{twice}");
        }
        let deep = format!("{{\"a\": {}{}}}", "[".repeat(200), "]".repeat(200));
        let private = r#"{"a": {"$serde_json::private::Number": "5"}}"#;
        for odd in [
            r#"{"a": 1e999}"#,
            r#"{"a": [-1e999]}"#,
            private,
            r#"{"a": "\ud83d"}"#,
            "{",
            "{} {}",
            &deep,
        ] {
            assert!(unsound(odd).unwrap().contains("differently"), "{odd}");
        }
    }
}
