//! What a call of `web_get` asks for, within what is allowed.
//!
//! Start with [`Request::read`]. The invariant: what was meant for one host does not go on to another.

use std::time::Duration;

use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, StatusCode, Url};
use serde_json::Value;

use super::{LONGEST_URL, Web};
use crate::server::tools::arguments::Arguments;
use crate::server::tools::refusal::Refusal;
use crate::text::sanitize;

const MOST_HEADERS: usize = 50;
const MOST_BODY: usize = 1 << 20;

pub(super) struct Request {
    pub(super) url: Url,
    pub(super) method: Method,
    pub(super) headers: HeaderMap,
    pub(super) body: Option<String>,
    pub(super) follows: bool,
    pub(super) timeout: Duration,
    pub(super) most: usize,
    pub(super) lines: Lines,
}

/// Which lines of a page are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Lines {
    head: Option<usize>,
    tail: Option<usize>,
}

impl Lines {
    /// The text that is left, and whether something was left out.
    pub(super) fn cut(self, text: String) -> (String, bool) {
        if self == Self::default() {
            return (text, false);
        }
        let lines: Vec<&str> = text.lines().collect();
        let head = self.head.unwrap_or(0).min(lines.len());
        let tail = self.tail.unwrap_or(0).min(lines.len() - head);
        let left = lines.len() - head - tail;
        if left == 0 {
            return (text, false);
        }
        let mut kept = lines[..head].to_vec();
        let gap = format!("[… {left} lines left out …]");
        if head > 0 && tail > 0 {
            kept.push(&gap);
        }
        kept.extend(&lines[lines.len() - tail..]);
        (kept.join("\n"), true)
    }
}

/// Whether that is an address that can be asked at all; the error completes "which is".
pub(super) fn check(url: &Url) -> Result<(), String> {
    if !matches!(url.scheme(), "http" | "https") {
        return Err("neither http:// nor https://".to_owned());
    }
    if url.host_str().is_none_or(str::is_empty) {
        return Err("without a host".to_owned());
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(
            "with a name or password in it, where keys of this sort do not belong".to_owned()
        );
    }
    Ok(())
}

impl Request {
    pub(super) fn read(arguments: Arguments<'_>, web: &Web, most: usize) -> Result<Self, Refusal> {
        let text = arguments.required("url")?.trim();
        if text.len() > LONGEST_URL {
            return Err(Refusal::input(format!("url is longer than {LONGEST_URL} characters")));
        }
        let url = Url::parse(text).map_err(|error| {
            Refusal::input(format!("url is no address, {error}: give it with https://"))
        })?;
        check(&url).map_err(|why| Refusal::input(format!("url is {why}")))?;
        let method = method(arguments, web)?;
        if arguments.flag("ssl_verify")? == Some(false) {
            let why = "ssl_verify cannot be turned off: this server always checks certificates";
            return Err(Refusal::input(why));
        }
        let mut headers = headers(arguments)?;
        authenticate(arguments, &mut headers)?;
        let body = arguments.text("body")?.map(str::to_owned);
        if body.as_ref().is_some_and(|body| body.len() > MOST_BODY) {
            return Err(Refusal::input(format!("body is longer than {MOST_BODY} bytes")));
        }
        if body.is_some() && matches!(method, Method::GET | Method::HEAD) {
            return Err(Refusal::input(format!("body is not sent with {method}: leave it out")));
        }
        let seconds = arguments.whole("timeout_seconds")?;
        let timeout = seconds.map_or(web.timeout, |seconds| Duration::from_secs(seconds.max(1)));
        // Half of what an output may have, because JSON takes room for what it escapes.
        let bound = web.most.min(most / 2);
        Ok(Self {
            url,
            method,
            headers,
            body,
            follows: arguments.flag("follow_redirects")?.unwrap_or(true),
            timeout: timeout.min(web.timeout),
            most: arguments.count("max_content_bytes")?.unwrap_or(bound).clamp(1, bound.max(1)),
            lines: Lines {
                head: arguments.count("head_lines")?,
                tail: arguments.count("tail_lines")?,
            },
        })
    }

    /// Turns to where it was sent on to.
    pub(super) fn go_on(&mut self, next: Url, status: StatusCode) {
        let posted = self.method == Method::POST && matches!(status.as_u16(), 301 | 302);
        if posted || status == StatusCode::SEE_OTHER && self.method != Method::HEAD {
            self.method = Method::GET;
            self.body = None;
            self.headers.remove(CONTENT_TYPE);
        }
        if self.url.origin() != next.origin() {
            // Any of them may be a key, and the body too.
            self.headers.clear();
            self.body = None;
        }
        self.url = next;
    }
}

fn method(arguments: Arguments<'_>, web: &Web) -> Result<Method, Refusal> {
    let known = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];
    let word = arguments.word("method", known)?;
    web.methods.iter().find(|method| method.as_str() == word).cloned().ok_or_else(|| {
        let allowed: Vec<_> = web.methods.iter().map(Method::as_str).collect();
        Refusal::setup(format!(
            "{word} is not among the methods that may be used, which are {}. Whoever runs this server can \
             add it to methods in [tools.web_get]",
            allowed.join(", ")
        ))
    })
}

fn headers(arguments: Arguments<'_>) -> Result<HeaderMap, Refusal> {
    let mut out = HeaderMap::new();
    let Some(given) = arguments.get("headers") else { return Ok(out) };
    let wrong = || Refusal::input("headers must be an object of strings");
    let given = given.as_object().ok_or_else(wrong)?;
    if given.len() > MOST_HEADERS {
        return Err(Refusal::input(format!("more than {MOST_HEADERS} headers")));
    }
    for (name, value) in given {
        put(&mut out, name, value.as_str().ok_or_else(wrong)?)?;
    }
    Ok(out)
}

/// The connection's own, and what would ask for more than text.
const OURS: [&str; 13] = [
    "host",
    "connection",
    "content-length",
    "transfer-encoding",
    "te",
    "trailer",
    "upgrade",
    "expect",
    "keep-alive",
    "proxy-authorization",
    "proxy-connection",
    "accept-encoding",
    "range",
];

fn put(headers: &mut HeaderMap, name: &str, value: &str) -> Result<(), Refusal> {
    let shown = sanitize::preview(name, 60);
    let name = HeaderName::try_from(name)
        .map_err(|_| Refusal::input(format!("{shown} is not the name of a header")))?;
    if OURS.contains(&name.as_str()) {
        return Err(Refusal::input(format!("the header {shown} is not for a call to set")));
    }
    let mut value = HeaderValue::try_from(value)
        .map_err(|_| Refusal::input(format!("the value of the header {shown} cannot be sent")))?;
    value.set_sensitive(true);
    headers.insert(name, value);
    Ok(())
}

/// A header of its own goes before what `auth` says.
fn authenticate(arguments: Arguments<'_>, headers: &mut HeaderMap) -> Result<(), Refusal> {
    let Some(auth) = arguments.get("auth") else { return Ok(()) };
    let wrong = || Refusal::input("auth must be an object with a type: none, bearer or header");
    let auth = Arguments(auth.as_object().ok_or_else(wrong)?);
    let text = |name: &str| {
        let missing = || Refusal::input(format!("auth.{name} is required"));
        auth.get(name).and_then(Value::as_str).ok_or_else(missing)
    };
    let (name, value) = match text("type")? {
        "none" => return Ok(()),
        "bearer" => (AUTHORIZATION.to_string(), format!("Bearer {}", text("token")?)),
        "header" => (text("header")?.to_owned(), text("value")?.to_owned()),
        kind => {
            let kind = sanitize::preview(kind, 40);
            return Err(Refusal::setup(format!(
                "auth of type {kind} is not here: this server knows none, bearer and header, and asks for no \
                 tokens by OAuth"
            )));
        }
    };
    if headers.contains_key(&name) {
        return Ok(());
    }
    put(headers, &name, &value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_left_out_of_the_middle() {
        let text = || "1\n2\n3\n4\n5".to_owned();
        let cut = |head, tail| Lines { head, tail }.cut(text());
        assert_eq!(cut(None, None), (text(), false));
        assert_eq!(cut(Some(2), None), ("1\n2".to_owned(), true));
        assert_eq!(cut(None, Some(1)), ("5".to_owned(), true));
        assert_eq!(cut(Some(1), Some(1)), ("1\n[… 3 lines left out …]\n5".to_owned(), true));
        assert_eq!(cut(Some(4), Some(4)), (text(), false));
    }
}
