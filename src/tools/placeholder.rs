//! `{path.to.value}` in a word: the place of a value of the call.
//!
//! Braces around anything that is no path stay as they are, so that programs that are written in
//! braces need no care; `{{path}}` stands for `{path}` itself.

use super::lookup;

/// Fills the placeholders of one word. The error is the path of a value that the call lacks.
pub(super) fn fill(word: &str, arguments: &str) -> Result<String, String> {
    let mut out = String::with_capacity(word.len());
    let mut rest = word;
    while let Some(at) = rest.find('{') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        if let Some(literal) = rest.strip_prefix("{{").and_then(inside)
            && rest[2 + literal.len()..].starts_with("}}")
        {
            out.push_str(&rest[1..literal.len() + 3]);
            rest = &rest[literal.len() + 4..];
        } else if let Some(path) = rest.strip_prefix('{').and_then(inside) {
            let value = lookup::at(arguments, path).ok_or_else(|| path.to_owned())?;
            out.push_str(&lookup::plain(value));
            rest = &rest[path.len() + 2..];
        } else {
            out.push('{');
            rest = &rest[1..];
        }
    }
    out.push_str(rest);
    Ok(out)
}

/// Whether a word has a placeholder at all.
pub(super) fn occurs_in(word: &str) -> bool {
    fill(word, "{}").is_err()
}

/// What a text for a shell holds that would be a placeholder elsewhere, and stays as it is there:
/// `{path}` or `{}`, but not the shell's own `${name}`.
pub(super) fn literal(text: &str) -> Option<&str> {
    text.match_indices('{').filter(|(at, _)| !text[..*at].ends_with('$')).find_map(|(at, _)| {
        let rest = &text[at..];
        let length = inside(&rest[1..]).map_or(0, str::len) + 2;
        rest.get(..length).filter(|found| found.ends_with('}'))
    })
}

/// The path that stands before the next closing brace, if it is one.
fn inside(text: &str) -> Option<&str> {
    let path = &text[..text.find('}')?];
    let fits = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '$');
    (!path.is_empty() && path.chars().all(fits)).then_some(path)
}

#[cfg(test)]
mod tests {
    use super::{fill, literal};

    #[test]
    fn what_a_shell_leaves_as_it_is_is_found() {
        for (text, found) in [
            ("refund {order_id}", Some("{order_id}")),
            ("notify-send {}", Some("{}")),
            ("echo ${ORDER} $ORDER", None),
            ("{ echo a; }", None),
            ("jq '{id: .x}'", None),
            ("${A} {b}", Some("{b}")),
        ] {
            assert_eq!(literal(text), found, "{text}");
        }
    }

    #[test]
    fn placeholders_become_values_and_other_braces_stay() {
        let arguments =
            r#"{"order_id": 4411, "amount": 84.20, "customer": {"id": "k 1"}, "tags": ["a"]}"#;
        for (word, filled) in [
            ("--order={order_id}", "--order=4411"),
            ("{amount}", "84.20"),
            ("{customer.id}/{order_id}", "k 1/4411"),
            ("{tags}", r#"["a"]"#),
            ("{id: .order_id, n: {x y}}", "{id: .order_id, n: {x y}}"),
            ("{{order_id}}", "{order_id}"),
            ("{}", "{}"),
            ("{", "{"),
            ("a{b", "a{b"),
        ] {
            assert_eq!(fill(word, arguments).as_deref(), Ok(filled), "{word}");
        }
        assert_eq!(fill("{order_id} {customer.name}", arguments), Err("customer.name".to_owned()));
    }
}
