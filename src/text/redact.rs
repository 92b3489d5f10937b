//! A second net for secrets in what leaves the program as a file: values under telling names, and
//! texts that look like keys. The first net is provenance, which masks what is known to be secret
//! whatever it looks like.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;

use super::json::{Index, Json, Kind, Name, decode, replaced};

pub const REDACTED: &str = "[redacted]";

/// Names whose values are taken for secrets. Compared without case, `-` and `_`.
const TELLING: &[&str] = &[
    "apikey",
    "authorization",
    "password",
    "passwd",
    "secret",
    "clientsecret",
    "accesstoken",
    "refreshtoken",
    "idtoken",
    "token",
    "privatekey",
    "credential",
    "credentials",
    "cookie",
    "setcookie",
    "xapikey",
];

/// Keys of this service and of well-known others, bearer tokens, JWTs, PEM blocks, credentials in
/// URLs. `None` only if the pattern itself were wrong, which a test rules out.
static KEY_LIKE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(concat!(
        r"\bz[uqw]t_[A-Za-z0-9_\-]{6,}",
        r"|\bsk-[A-Za-z0-9_\-]{16,}",
        r"|\bgh[pousr]_[A-Za-z0-9]{20,}",
        r"|\bgithub_pat_[A-Za-z0-9_]{20,}",
        r"|\bxox[abprs]-[A-Za-z0-9\-]{10,}",
        r"|\b(?:AKIA|ASIA)[A-Z0-9]{16}\b",
        r"|\beyJ[A-Za-z0-9_\-]{8,}\.[A-Za-z0-9_\-]{8,}\.[A-Za-z0-9_\-]*",
        r"|(?i:\bbearer\s+)[A-Za-z0-9._~+/\-]{8,}=*",
        r"|(?s:-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|$))",
        r"|://[^/\s:@]+:[^/\s@]+@",
    ))
    .ok()
});

/// Values behind telling names in text that is no JSON: `Authorization: Basic …`, `password=…`.
static NAMED: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(concat!(
        r#"(?i)\b((?:proxy-)?authorization|x-api-key|api[-_]?key|client[-_]?secret"#,
        r#"|(?:access|refresh|id)[-_]?token|token|password|passwd|secret|(?:set-)?cookie)"#,
        r#"("?\s*[:=]\s*"?)((?:basic|bearer|digest)\s+)?[^\s",;&]+"#,
    ))
    .ok()
});

/// What stands before the host of an address, and behind telling names in its query.
static ADDRESSED: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(concat!(
        r#"(?i)(\b[a-z][a-z0-9+.\-]*://)[^/\s?#"'<>]+@"#,
        r"|([?&](?:(?:x-)?api[-_]?key|key|(?:access|refresh|id)?[-_]?token|auth|password|passwd|pwd",
        r#"|(?:client[-_]?)?secret|sig|signature|code)=)[^&\s#"'<>]+"#,
    ))
    .ok()
});

/// How our own advice says where credentials go.
const EXAMPLE: &str = "name:password@";

/// Addresses in a text without the credentials that stand in them.
pub fn addresses(text: &str) -> Cow<'_, str> {
    let Some(pattern) = &*ADDRESSED else { return Cow::Borrowed(text) };
    pattern.replace_all(text, |found: &regex::Captures<'_>| match (found.get(1), found.get(2)) {
        (Some(_), _) if found[0].ends_with(&format!("://{EXAMPLE}")) => found[0].to_owned(),
        (Some(scheme), _) => format!("{}{REDACTED}@", scheme.as_str()),
        (None, named) => format!("{}{REDACTED}", named.map_or("", |named| named.as_str())),
    })
}

/// A line of a log: what looks like a key, and what stands behind a telling name.
pub fn line(line: &str) -> Cow<'_, str> {
    let addressed = addresses(line);
    let clean = match text(&addressed) {
        Cow::Owned(clean) => Cow::Owned(clean),
        Cow::Borrowed(_) => addressed.clone(),
    };
    match &*NAMED {
        Some(pattern) if pattern.is_match(&clean) => {
            Cow::Owned(pattern.replace_all(&clean, format!("$1$2{REDACTED}")).into_owned())
        }
        _ => clean,
    }
}

/// The text with everything that looks like a key replaced.
pub fn text(text: &str) -> Cow<'_, str> {
    match &*KEY_LIKE {
        Some(pattern) => pattern.replace_all(text, REDACTED),
        None => Cow::Borrowed(text),
    }
}

/// Redacts everywhere inside a value; says whether anything was.
pub fn value(value: &mut Value) -> bool {
    match value {
        Value::String(found) => {
            let Cow::Owned(clean) = text(found) else { return false };
            *found = clean;
            true
        }
        Value::Array(items) => items.iter_mut().fold(false, |any, item| self::value(item) | any),
        Value::Object(map) => map.iter_mut().fold(false, |any, (name, held)| {
            let is_text =
                matches!(held, Value::String(text) if text.bytes().any(|byte| byte != b'*'));
            if is_text && is_telling(name) && *held != REDACTED {
                *held = Value::from(REDACTED);
                return true;
            }
            self::value(held) | any
        }),
        _ => false,
    }
}

/// The same for JSON as it stands: all but what is redacted stays as it was written, numbers, order
/// and repeated keys included. `None` where there is nothing to redact.
pub fn json(json: &str) -> Option<String> {
    let index = Index::of(json);
    let tree = Json::new(json, &index);
    let too_many = tree.nodes().any(|node| tree.kind(node) == Kind::Beyond);
    if too_many && let Ok(mut read) = serde_json::from_str(json) {
        return value(&mut read).then(|| read.to_string());
    }
    replaced(json, tree, |node| {
        let held = match tree.kind(node) {
            Kind::String => decode(tree.inner(node).unwrap_or_default()),
            // The rest of a text of very many values, and what is no JSON, are texts.
            Kind::Beyond | Kind::Broken => {
                let Cow::Owned(clean) = text(tree.raw(node)) else { return None };
                return Some(clean);
            }
            _ => return None,
        };
        let told = matches!(tree.name(node), Name::Key(key) if is_telling(&key));
        let clean = if told && held.bytes().any(|byte| byte != b'*') {
            Cow::Borrowed(REDACTED)
        } else {
            let Cow::Owned(clean) = text(&held) else { return None };
            Cow::Owned(clean)
        };
        (clean != held).then(|| Value::from(clean).to_string())
    })
}

fn is_telling(name: &str) -> bool {
    let bare: String =
        name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    TELLING.contains(&bare.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_looks_like_a_key_goes_and_the_rest_stays() {
        assert!(KEY_LIKE.is_some());
        for secret in [
            "zut_0123456789abcdef",
            "Bearer abcdefgh12345678",
            "eyJhbGciOiJI.eyJzdWIiOiIx.c2ln",
            "AKIAABCDEFGHIJKLMNOP",
            "-----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY-----",
        ] {
            assert_eq!(text(&format!("a {secret} b")), "a [redacted] b", "{secret}");
        }
        assert_eq!(text("https://me:pw@host/x"), "https[redacted]host/x");
        let plain = "session ase_refund_4411, 84.20 EUR, sk-short, token count 12";
        assert_eq!(text(plain), plain);
    }

    #[test]
    fn credentials_in_addresses_go_and_the_rest_of_them_stays() {
        assert!(ADDRESSED.is_some());
        for (address, shown) in [
            ("https://me:p@ss@host:1/x?a=b", "https://[redacted]@host:1/x?a=b"),
            ("a socks5h://token@proxy, b", "a socks5h://[redacted]@proxy, b"),
            ("https://h/?api_key=abc&n=1#f", "https://h/?api_key=[redacted]&n=1#f"),
            ("\"https://h/?n=1&Access_Token=abc\"", "\"https://h/?n=1&Access_Token=[redacted]\""),
        ] {
            assert_eq!(addresses(address), shown);
            assert_eq!(addresses(shown), shown, "once is enough");
        }
        for plain in [
            "http://name:password@host:port",
            "https://h/a@b?monkey=1",
            "me@host",
            "turn_key=1",
            "https://h:8080/",
        ] {
            assert_eq!(addresses(plain), plain);
        }
    }

    #[test]
    fn a_line_hides_what_stands_behind_a_telling_name_too() {
        assert!(NAMED.is_some());
        for (told, kept) in [
            ("Authorization: Basic YWJj, next", "Authorization: [redacted], next"),
            ("x-api-key=abc&n=1", "x-api-key=[redacted]&n=1"),
            (r#"{"client_secret": "abc", "n": 1}"#, r#"{"client_secret": "[redacted]", "n": 1}"#),
            ("key zut_0123456789", "key [redacted]"),
            ("token count 12 of password rules", "token count 12 of password rules"),
        ] {
            assert_eq!(line(told), kept);
        }
    }

    #[test]
    fn telling_names_hide_their_values_at_any_depth() {
        let mut found = json!({"a": [{"API-Key": "x", "n": 1}], "total_tokens": 5, "token": ""});
        assert!(value(&mut found));
        assert_eq!(
            found,
            json!({"a": [{"API-Key": "[redacted]", "n": 1}], "total_tokens": 5, "token": ""})
        );
        assert!(!value(&mut found), "once is enough");
    }

    #[test]
    fn all_else_of_an_exact_text_stays_as_it_was_written() {
        let found = r#"{"n": 84.20, "e":1e400,"t":"\ud83d","token":"abc", "n":[{"Pass-word":"\u0078"}],
            "said":"a zut_0123456789abcdef \ud83d"}"#;
        let wanted = r#"{"n": 84.20, "e":1e400,"t":"\ud83d","token":"[redacted]", "n":[{"Pass-word":"[redacted]"}],
            "said":"a [redacted] \\ud83d"}"#;
        assert_eq!(json(found).as_deref(), Some(wanted));
        assert_eq!(json(wanted), None, "once is enough");
    }
}
