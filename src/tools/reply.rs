//! From what a command printed to the text of an answer.

use serde_json::value::RawValue;

/// A JSON object exactly as it was printed; other JSON and plain text under the key `wrap`.
pub fn draft(printed: &str, wrap: &str) -> String {
    let key = serde_json::to_string(wrap).unwrap_or_default();
    match serde_json::from_str::<&RawValue>(printed) {
        Ok(json) if json.get().starts_with('{') => json.get().to_owned(),
        Ok(json) => format!("{{{key}: {}}}", json.get()),
        Err(_) => {
            let text = serde_json::to_string(printed.trim_end_matches(['\r', '\n']));
            format!("{{{key}: {}}}", text.unwrap_or_default())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::draft;

    #[test]
    fn an_object_stays_byte_for_byte_and_everything_else_is_wrapped() {
        assert_eq!(draft(" {\"a\": 84.20,\n \"a\": 1}\n", "output"), "{\"a\": 84.20,\n \"a\": 1}");
        assert_eq!(draft("[1]\n", "output"), r#"{"output": [1]}"#);
        assert_eq!(draft("two\n\"lines\"\r\n", "text"), r#"{"text": "two\n\"lines\""}"#);
        assert_eq!(draft("", "output"), r#"{"output": ""}"#);
        assert_eq!(draft("{\"a\": 1} {\"b\": 2}", "o"), r#"{"o": "{\"a\": 1} {\"b\": 2}"}"#);
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        assert!(draft(&deep, "o").starts_with("{\"o\": [[["));
    }
}
