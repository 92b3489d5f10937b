//! How much memory the values of a JSON text take once they are read: `[[],[],…` takes thirty times its
//! text, and a few megabytes of it more than a program may have.

/// With the block that a number is written in.
const VALUE: u64 = 112;
const OBJECT: u64 = 400;

/// About the bytes that the values take, without the text that is in them.
pub fn of_values(json: &[u8]) -> u64 {
    let (mut values, mut objects) = (1, 0);
    let mut rest = json;
    while let Some((byte, more)) = rest.split_first() {
        rest = more;
        match byte {
            b'"' => rest = behind_string(rest),
            b'{' => objects += 1,
            b'[' | b',' => values += 1,
            _ => {}
        }
    }
    values * VALUE + objects * OBJECT
}

/// What follows a string whose opening quote was read.
fn behind_string(mut rest: &[u8]) -> &[u8] {
    while let Some(at) = memchr::memchr2(b'"', b'\\', rest) {
        if rest[at] == b'"' {
            return &rest[at + 1..];
        }
        rest = rest.get(at + 2..).unwrap_or_default();
    }
    &[]
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    #[test]
    fn what_is_in_a_string_is_no_value() {
        let text = r#"{"a":"[[,,{{\"\\","b":[1,2]}"#;
        assert_eq!(of_values(text.as_bytes()), 4 * VALUE + OBJECT);
        assert_eq!(of_values(b"\"open"), VALUE);
        assert_eq!(of_values(b"\"open\\"), VALUE);
    }

    #[test]
    fn no_value_takes_much_more_than_it_weighs() {
        assert!(size_of::<Value>() as u64 + 32 <= VALUE, "a value grew");
        // An object with one member is the dearest thing that a few bytes can make.
        let member = size_of::<(u64, String, Value)>() as u64;
        assert!(3 * member + 64 <= OBJECT, "a member grew");
    }
}
