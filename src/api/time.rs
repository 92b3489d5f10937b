//! Timestamps: ISO-8601 in UTC with milliseconds and `Z` (contract section 1.1).

pub use jiff::Timestamp;

/// The form in which the service writes a time: `2026-05-28T22:17:09.627Z`.
pub fn format(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

/// `2026-05-28 22:17:09` in UTC, as the server names what nobody named.
pub fn in_name(time: Timestamp) -> String {
    time.strftime("%F %T").to_string()
}

/// Serde for a required time; use as `#[serde(with = "time::required")]`.
pub mod required {
    use super::Timestamp;
    use serde::{Deserialize, Deserializer, Serializer};

    pub fn serialize<S: Serializer>(time: &Timestamp, out: S) -> Result<S::Ok, S::Error> {
        out.serialize_str(&super::format(*time))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(input: D) -> Result<Timestamp, D::Error> {
        Timestamp::deserialize(input)
    }
}

/// Serde for a time that may be absent; a text that is no time reads as absent, because a bad
/// stamp must not hide the object that carries it.
pub mod optional {
    use super::Timestamp;
    use serde::{Deserialize, Deserializer, Serializer};

    pub fn serialize<S: Serializer>(time: &Option<Timestamp>, out: S) -> Result<S::Ok, S::Error> {
        match time {
            Some(time) => out.serialize_str(&super::format(*time)),
            None => out.serialize_none(),
        }
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(input: D) -> Result<Option<Timestamp>, D::Error> {
        let value = Option::<serde_json::Value>::deserialize(input)?;
        Ok(value.as_ref().and_then(serde_json::Value::as_str).and_then(|text| text.parse().ok()))
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn written_with_milliseconds_and_zulu() {
        let time: super::Timestamp = "2026-05-28T22:17:09.627Z".parse().unwrap();
        assert_eq!(super::format(time), "2026-05-28T22:17:09.627Z");
        let whole: super::Timestamp = "2026-05-28T22:17:09Z".parse().unwrap();
        assert_eq!(super::format(whole), "2026-05-28T22:17:09.000Z");
    }
}
