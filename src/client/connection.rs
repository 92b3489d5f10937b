//! Addresses that may be spoken to, and the connections to them.
//!
//! TLS is rustls with the system's roots; `SSL_CERT_FILE` and the proxy variables are respected
//! where the connection leaves this machine.

use std::time::Duration;

use reqwest::Url;

use super::ClientError;
use super::obstacle::Way;
use crate::trust;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Keeps idle streams alive: something between client and service cuts them after about a minute
/// (contract section 5.1).
const TCP_KEEPALIVE: Duration = Duration::from_secs(20);
/// Proxies on the way add their own to those of the service; the library's default is 100.
const MAX_HEADERS: usize = 1_000;
/// Shorter than what servers usually grant an idle connection, so that a write rarely meets one
/// that is just being closed.
const POOL_IDLE: Duration = Duration::from_secs(20);

/// What requests to an address leave by, and what is on the way. A `deadline` leaves time to say what
/// did not answer.
pub(super) fn http(
    base: &Url,
    deadline: Option<Duration>,
) -> Result<(reqwest::Client, Way), ClientError> {
    let is_near = trust::is_loopback(base);
    let mut http = trust::http(base.scheme() == "http")?
        .connect_timeout(deadline.map_or(CONNECT_TIMEOUT, |most| CONNECT_TIMEOUT.min(most * 3 / 4)))
        .http1_max_headers(MAX_HEADERS)
        .tcp_keepalive(TCP_KEEPALIVE)
        .pool_idle_timeout(POOL_IDLE);
    if is_near {
        http = http.no_proxy();
    }
    let http = http.build().map_err(|error| ClientError::setup(&error))?;
    Ok((http, Way::to(base, is_near)))
}

/// An address without the API's own path.
pub(super) fn parse_base(text: &str, allow_http: bool) -> Result<Url, ClientError> {
    let mut url = parse_url(text, allow_http)?;
    let path = url.path().trim_end_matches('/');
    let path = path.strip_suffix("/v2").unwrap_or(path).trim_end_matches('/').to_owned();
    url.set_path(&path);
    Ok(url)
}

/// An address that a secret may be sent to.
pub(super) fn parse_url(text: &str, allow_http: bool) -> Result<Url, ClientError> {
    let bad = |why: &str| ClientError::bad_url(text, why);
    let url = Url::parse(text.trim()).map_err(|error| bad(&error.to_string()))?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
        return Err(bad("it must start with https:// and name a host"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(bad("it must not contain a user name or password"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(bad("it must not contain a query or a fragment"));
    }
    if url.scheme() == "http" && !allow_http && !trust::is_loopback(&url) {
        return Err(ClientError::InsecureUrl { url: url.to_string() });
    }
    Ok(url)
}
