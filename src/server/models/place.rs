//! Where a provider is asked: which addresses a file may name.
//!
//! The invariant: what comes out ends in a slash before its query, holds no credential, and leads over
//! plain `http` to other machines only where that was allowed.

use std::net::IpAddr;

use reqwest::Url;

use super::settings::Kind;

/// Names in a query that stand before a credential.
const TELLING: &[&str] =
    &["key", "apikey", "api_key", "api-key", "token", "access_token", "auth", "secret", "sig"];

/// What the library puts behind an address by itself, and what people copy along with it.
const ENDINGS: &[&str] = &["chat/completions/", "responses/", "messages/", "api/chat/"];

/// Where keys go instead.
pub(super) const KEYS: &str = "Keys do not belong into this file: key_env names a variable, key_file a \
                               file, and key = \"stored\" is the one of `foretop auth login --model`";

const HTTP: &str = "url is plain http to another machine, and everybody on the way can read what is \
                    said, with the key. Use https, or say allow_http = true";

/// The address as it is asked, or what is wrong with it. Nothing of the address is quoted where it may
/// hold a credential.
pub(super) fn checked(text: &str, kind: Kind, allow_http: bool) -> Result<String, String> {
    let example = kind.default_url();
    let mut url = Url::parse(text.trim())
        .map_err(|error| format!("url is no address ({error}); write it like {example}"))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(format!("url must begin with http:// or https://, like {example}"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(format!("url has a user or a password in it. {KEYS}"));
    }
    if url.fragment().is_some() {
        return Err("url has a part behind #, which is never sent; leave it out".to_owned());
    }
    let is_telling = |name: &str| TELLING.iter().any(|telling| name.eq_ignore_ascii_case(telling));
    if url.query_pairs().any(|(name, _)| is_telling(&name)) {
        return Err(format!("url has a key in its query. {KEYS}"));
    }
    if url.query().is_some() && kind != Kind::OpenAi {
        let kind = kind.word();
        return Err(format!(
            "url of kind \"{kind}\" cannot have a query; leave out what follows ?"
        ));
    }
    if !url.path().ends_with('/') {
        let path = format!("{}/", url.path());
        url.set_path(&path);
    }
    if let Some(ending) = ENDINGS.iter().find(|ending| url.path().ends_with(&format!("/{ending}")))
    {
        let ending = ending.trim_end_matches('/');
        return Err(format!("url ends in {ending}, which is added to it; leave that out"));
    }
    if kind == Kind::Ollama && url.path().ends_with("/v1/") {
        return Err(
            "url of kind \"ollama\" has no /v1: leave it out, or use kind = \"openai\" with it"
                .to_owned(),
        );
    }
    if url.scheme() == "http" && !allow_http && !is_near(&url) {
        return Err(HTTP.to_owned());
    }
    Ok(url.into())
}

/// Whether the host is this machine, or stands in a private network by its number. What a name leads
/// to is not known before it is asked.
fn is_near(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    if host == "localhost" || host.ends_with(".localhost") {
        return true;
    }
    let host = host.trim_start_matches('[').trim_end_matches(']');
    match host.parse::<IpAddr>().map(|address| address.to_canonical()) {
        Ok(IpAddr::V4(address)) => {
            let [first, second, ..] = address.octets();
            address.is_loopback()
                || address.is_private()
                || address.is_link_local()
                // Behind a provider's own translation, and in many overlay networks.
                || (first == 100 && (64..128).contains(&second))
        }
        Ok(IpAddr::V6(address)) => {
            address.is_loopback() || address.is_unique_local() || address.is_unicast_link_local()
        }
        Err(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn openai(text: &str) -> Result<String, String> {
        checked(text, Kind::OpenAi, false)
    }

    #[test]
    fn a_slash_is_added_and_a_query_kept() {
        for (given, asked) in [
            ("https://api.openai.com/v1", "https://api.openai.com/v1/"),
            (" https://api.openai.com/v1/ ", "https://api.openai.com/v1/"),
            ("HTTPS://Example.COM", "https://example.com/"),
            ("https://x.example/d/gpt?api-version=2", "https://x.example/d/gpt/?api-version=2"),
        ] {
            assert_eq!(openai(given).as_deref(), Ok(asked));
        }
    }

    #[test]
    fn plain_http_goes_to_near_machines_or_where_it_is_allowed() {
        for near in [
            "http://localhost:11434",
            "http://models.localhost:1",
            "http://127.0.0.1:8080/v1/",
            "http://[::1]:8080",
            "http://10.1.2.3",
            "http://192.168.0.7:11434",
            "http://172.16.0.1",
            "http://100.100.1.1",
            "http://[fd00::1]",
            "http://[fe80::1]",
            "http://[::ffff:10.0.0.1]",
        ] {
            assert!(openai(near).is_ok(), "{near}");
        }
        for far in [
            "http://api.openai.com/v1",
            "http://ollama.lan",
            "http://8.8.8.8",
            "http://172.32.0.1",
            "http://[2001:db8::1]",
            "http://localhost.example.com",
        ] {
            assert!(openai(far).unwrap_err().contains("allow_http = true"), "{far}");
            assert!(checked(far, Kind::OpenAi, true).is_ok(), "{far}");
        }
    }

    #[test]
    fn what_cannot_be_meant_is_refused_without_a_word_of_a_credential() {
        for (given, told) in [
            ("", "is no address"),
            ("api.openai.com/v1", "is no address"),
            ("localhost:11434", "must begin with http"),
            ("ftp://example.com/", "must begin with http"),
            ("http://localhost:99999/", "is no address"),
            ("https://", "is no address"),
            ("https://me:planted@example.com/", "user or a password"),
            ("https://planted@example.com/", "user or a password"),
            ("https://example.com/?KEY=planted", "key in its query"),
            ("https://example.com/v1/#planted", "behind #"),
            ("https://example.com/v1/chat/completions", "ends in chat/completions"),
        ] {
            let why = openai(given).unwrap_err();
            assert!(why.contains(told) && !why.contains("planted"), "{given}: {why}");
        }
        let why = checked("http://localhost:11434/v1", Kind::Ollama, false).unwrap_err();
        assert!(why.contains("kind = \"openai\""), "{why}");
        let why = checked("https://x.example/v1?a=b", Kind::Anthropic, false).unwrap_err();
        assert!(why.contains("cannot have a query"), "{why}");
    }

    #[test]
    fn the_addresses_that_kinds_bring_along_pass() {
        for kind in Kind::ALL {
            assert_eq!(checked(kind.default_url(), kind, false).as_deref(), Ok(kind.default_url()));
        }
    }
}
