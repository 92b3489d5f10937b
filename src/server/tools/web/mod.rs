//! `web_get`: a page of the web, where the server's configuration allows it.
//!
//! Start with [`Web::get`]. A name is looked up here, every address that it has is checked, and the
//! connection goes to one of those and nowhere else; redirects are followed by hand, each hop by the same
//! rules. The invariant: no byte is sent to a host that is not in the list, or to a private address that
//! does not stand in it by name.

mod allow;
pub(super) mod plain;
mod request;

use std::net::{IpAddr, SocketAddr};
use std::sync::OnceLock;
use std::time::Duration;

use encoding_rs::{Encoding, UTF_8};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::{CONTENT_ENCODING, CONTENT_TYPE, LOCATION};
use reqwest::{Method, Response, Url};
use rustls::ClientConfig;

pub(super) use allow::Allowed;
use allow::{Rule, is_public};
use request::Request;

use super::Tell;
use super::arguments::Arguments;
use super::refusal::Refusal;
use super::words;
use crate::api::Object;
use crate::text::{redact, sanitize, units};
use crate::trust;

const MOST_REDIRECTS: usize = 5;
const CONNECT: Duration = Duration::from_secs(10);
const LONGEST_URL: usize = 8_192;

/// What the configuration allows.
pub(super) struct Web {
    pub(super) allowed: Allowed,
    /// Hosts that stand in the list by name may have addresses of a private network.
    pub(super) private: bool,
    pub(super) methods: Vec<Method>,
    pub(super) most: usize,
    pub(super) timeout: Duration,
    /// Whom secure connections are believed to lead to, once that was needed.
    pub(super) trust: OnceLock<ClientConfig>,
}

/// What a call is told where the configuration says nothing.
pub(super) fn is_off() -> Refusal {
    Refusal::setup(
        "this server fetches nothing from the web. Whoever runs it can allow hosts, with [tools.web_get] and \
         allow = [\"docs.example.org\", \"*.example.com\"] in its models.toml",
    )
}

impl Web {
    pub(super) fn hosts(&self) -> String {
        sanitize::preview(&self.allowed.words(), 1_000)
    }

    pub(super) fn patience(&self) -> Duration {
        self.timeout
    }

    pub(super) async fn get(
        &self,
        arguments: &Object,
        most: usize,
        tell: Tell<'_>,
    ) -> Result<Object, Refusal> {
        let request = Request::read(Arguments(arguments), self, most)?;
        let limit = request.timeout;
        let fetched = tokio::time::timeout(limit, self.fetch(request, tell)).await;
        fetched.unwrap_or_else(|_| {
            Err(Refusal::late(format!("the page had not arrived whole after {}", words(limit))))
        })
    }

    async fn fetch(&self, mut request: Request, tell: Tell<'_>) -> Result<Object, Refusal> {
        let mut redirects = Vec::new();
        loop {
            let host = request.url.host_str().unwrap_or_default();
            tell(format!("{} {}", request.method, sanitize::preview(host, 100)));
            let response = self.send(&request).await?;
            let Some(next) = target(&request.url, &response)?.filter(|_| request.follows) else {
                return page(request, response, redirects).await;
            };
            if redirects.len() == MOST_REDIRECTS {
                let why = format!(
                    "it was sent on more than {MOST_REDIRECTS} times, at last to {}",
                    shown(&next)
                );
                return Err(Refusal::dependency(why));
            }
            redirects.push(shown(&request.url));
            request.go_on(next, response.status());
        }
    }

    /// Sends to an address that was checked, and to no other.
    async fn send(&self, request: &Request) -> Result<Response, Refusal> {
        let Checked { host, addresses } = self.check(&request.url).await?;
        let http = if request.url.scheme() == "https" {
            trust::secure(self.trust()?)
        } else {
            trust::plain()
        };
        let http = http
            .connect_timeout(CONNECT)
            // A proxy would look the name up again.
            .no_proxy()
            .dns_resolver(Pinned(addresses));
        let http = http.build();
        let http =
            http.map_err(|error| Refusal::setup(format!("no connections can be made: {error}")))?;
        let mut building = http.request(request.method.clone(), request.url.clone());
        building = building.headers(request.headers.clone());
        if let Some(body) = &request.body {
            building = building.body(body.clone());
        }
        building
            .send()
            .await
            .map_err(|error| Refusal::dependency(format!("{host} {}", told(&error))))
    }

    fn trust(&self) -> Result<ClientConfig, Refusal> {
        if let Some(config) = self.trust.get() {
            return Ok(config.clone());
        }
        let config = trust::config().map_err(|error| Refusal::setup(error.to_string()))?;
        Ok(self.trust.get_or_init(|| config).clone())
    }

    /// Whether an address may be asked, and where it leads.
    async fn check(&self, url: &Url) -> Result<Checked, Refusal> {
        let host = url.host_str().unwrap_or_default();
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        let port = url.port_or_known_default().unwrap_or(80);
        let shown = sanitize::preview(&host, 100);
        let rule = self.allowed.rule(&host, port).ok_or_else(|| {
            Refusal::setup(format!(
                "{shown} on port {port} is not among the hosts that may be asked, which are {}. Ask one of \
                 those, or whoever runs this server to add it to [tools.web_get]",
                self.hosts()
            ))
        })?;
        let addresses: Vec<SocketAddr> = if let Ok(address) = host.parse::<IpAddr>() {
            vec![SocketAddr::new(address, port)]
        } else {
            let found = tokio::net::lookup_host((host.as_str(), port)).await;
            let unknown = |error| Refusal::dependency(format!("{shown} cannot be found: {error}"));
            found.map_err(unknown)?.collect()
        };
        if addresses.is_empty() {
            return Err(Refusal::dependency(format!("{shown} cannot be found: it has no address")));
        }
        // One that is not public spoils all: which is taken would be up to chance.
        let is_fine =
            |address: &SocketAddr| is_public(address.ip()) || self.private && rule == Rule::Named;
        if !addresses.iter().all(is_fine) {
            return Err(Refusal::setup(format!(
                "{shown} leads into a private network, which is not asked. Where that is wanted, whoever runs \
                 this server must name the host itself in [tools.web_get] and set allow_private = true"
            )));
        }
        Ok(Checked { host, addresses })
    }
}

struct Checked {
    host: String,
    addresses: Vec<SocketAddr>,
}

/// Knows the addresses that were checked, whatever it is asked for.
struct Pinned(Vec<SocketAddr>);

impl Resolve for Pinned {
    fn resolve(&self, _: Name) -> Resolving {
        let addresses: Addrs = Box::new(self.0.clone().into_iter());
        Box::pin(std::future::ready(Ok(addresses)))
    }
}

/// An address as it may be told: what stands in it may be a key.
fn shown(url: &Url) -> String {
    sanitize::preview(&redact::addresses(url.as_str()), 500)
}

/// Where a response sends on to.
fn target(from: &Url, response: &Response) -> Result<Option<Url>, Refusal> {
    if !matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
        return Ok(None);
    }
    let Some(location) = response.headers().get(LOCATION) else { return Ok(None) };
    let location = String::from_utf8_lossy(location.as_bytes()).into_owned();
    let broken = |why: &str| {
        let location = sanitize::preview(&redact::addresses(&location), 200);
        Refusal::dependency(format!("it sends on to {location}, which is {why}"))
    };
    if location.len() > LONGEST_URL {
        return Err(broken("too long"));
    }
    let next = from.join(&location).map_err(|_| broken("no address"))?;
    request::check(&next).map_err(|why| broken(&why))?;
    Ok(Some(next))
}

/// What arrived, as text.
async fn page(
    request: Request,
    mut response: Response,
    redirects: Vec<String>,
) -> Result<Object, Refusal> {
    let status = response.status().as_u16();
    let header = |name| response.headers().get(name).and_then(|value| value.to_str().ok());
    if let Some(packed) = header(CONTENT_ENCODING).filter(|packed| *packed != "identity") {
        let packed = sanitize::preview(packed, 40);
        return Err(Refusal::dependency(format!(
            "the page came compressed ({packed}), which was not asked for"
        )));
    }
    let media_type = sanitize::preview(header(CONTENT_TYPE).unwrap_or_default(), 100);
    let (mut bytes, mut truncated) = (Vec::new(), false);
    while let Some(chunk) = response
        .chunk()
        .await
        .map_err(|error| Refusal::dependency(format!("the page broke off: {}", told(&error))))?
    {
        let room = request.most - bytes.len();
        bytes.extend_from_slice(&chunk[..chunk.len().min(room)]);
        if chunk.len() > room {
            truncated = true;
            break;
        }
    }
    let Some(text) = text(&media_type, &bytes, &request.url) else {
        let size = units::size(bytes.len() as u64);
        let more = if truncated { " or more" } else { "" };
        return Err(Refusal::input(format!(
            "{} is {} with {size}{more}, and not text (status {status})",
            shown(&request.url),
            if media_type.is_empty() { "of no type that it says" } else { &media_type }
        )));
    };
    let (mut content, left_out) = request.lines.cut(text);
    truncated |= left_out;
    if content.len() > request.most {
        content.truncate(content.floor_char_boundary(request.most));
        truncated = true;
    }
    let mut out = Object::new();
    let mut put = |name: &str, value: serde_json::Value| out.insert(name.to_owned(), value);
    put("url", shown(&request.url).into());
    put("status_code", status.into());
    put("content_type", media_type.into());
    put("content", content.into());
    put("truncated", truncated.into());
    if !redirects.is_empty() {
        put("redirected_from", redirects.into());
    }
    Ok(out)
}

/// The text of a body; `None` where it is none.
fn text(media_type: &str, bytes: &[u8], url: &Url) -> Option<String> {
    let (essence, parameters) = media_type.split_once(';').unwrap_or((media_type, ""));
    let essence = essence.trim().to_ascii_lowercase();
    let is_text = essence.starts_with("text/")
        || essence.ends_with("+json")
        || essence.ends_with("+xml")
        || matches!(
            essence.as_str(),
            "application/json"
                | "application/xml"
                | "application/javascript"
                | "application/x-ndjson"
                | "application/jsonl"
                | "application/yaml"
                | "application/toml"
                | "application/x-www-form-urlencoded"
        );
    let unsaid = essence.is_empty() || essence == "application/octet-stream";
    let reads_as_text = || !bytes.contains(&0) && str::from_utf8(bytes).is_ok();
    if !is_text && (!unsaid || !reads_as_text()) {
        return None;
    }
    let named = parameters.split(';').find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        let value = value.trim().trim_matches('"');
        name.trim().eq_ignore_ascii_case("charset").then_some(value)
    });
    let encoding = named.and_then(|label| Encoding::for_label(label.as_bytes())).unwrap_or(UTF_8);
    let (text, ..) = encoding.decode(bytes);
    if matches!(essence.as_str(), "text/html" | "application/xhtml+xml") {
        return Some(plain::text(&text, Some(url)));
    }
    Some(text.into_owned())
}

/// An error of the way there, by its innermost cause, and without the address that was asked for.
fn told(error: &reqwest::Error) -> String {
    let causes =
        std::iter::successors(Some(error as &dyn std::error::Error), |error| error.source());
    let deepest = causes.last().map(ToString::to_string).unwrap_or_default();
    let words = sanitize::preview(&redact::text(&redact::addresses(&deepest)), 300);
    if error.is_connect() {
        format!("cannot be reached: {words}")
    } else {
        format!("did not answer as it should: {words}")
    }
}
