//! What stands between here and a service: a certificate, a file of certificates, a proxy. Each
//! failure names it and says what to do about it.

use std::error::Error;
use std::io;
use std::path::PathBuf;

use hyper::Uri;
use hyper_util::client::proxy::matcher::Matcher;
use reqwest::Url;
use rustls::CertificateError;
use rustls::pki_types::UnixTime;

use super::{ClientError, error};
use crate::api::Timestamp;
use crate::text::wall_clock::WallClock;
use crate::text::{redact, sanitize};
use crate::trust;

/// The way to one address.
#[derive(Debug, Clone, Default)]
pub(super) struct Way {
    host: String,
    proxy: Option<Proxy>,
    /// Certificates in the place of the system's.
    given: Option<PathBuf>,
}

#[derive(Debug, Clone)]
struct Proxy {
    /// Without what it asks of us.
    address: String,
    /// Who says so.
    variable: &'static str,
}

impl Way {
    pub(super) fn to(url: &Url, direct: bool) -> Self {
        let host = url.host_str().unwrap_or_default().to_owned();
        let proxy = if direct { None } else { Proxy::of(url) };
        Self { host, proxy, given: trust::given_file() }
    }

    /// Why nothing was sent.
    pub(super) fn unreachable(&self, base: String, failed: &reqwest::Error) -> ClientError {
        if let Some(error) = find::<rustls::Error>(failed) {
            let (why, next) = self.of_tls(error);
            return ClientError::Barred { base, why, next };
        }
        let why = error::cause(failed);
        match &self.proxy {
            None => ClientError::Unreachable { base, why },
            Some(proxy) => proxy.barred(base, &self.host, &why),
        }
    }

    /// The proxy wants to know who asks.
    pub(super) fn proxy_wants_credentials(&self, base: String) -> Option<ClientError> {
        let proxy = self.proxy.as_ref()?;
        Some(proxy.barred(base, &self.host, "proxy authorization required"))
    }

    /// What happened, and what to do.
    fn of_tls(&self, failed: &rustls::Error) -> (String, String) {
        let host = sanitize::preview(&self.host, 200);
        let given = self.given.as_ref().map(|path| path.display().to_string());
        let believed = match &given {
            Some(file) => format!("add it to {file}, which SSL_CERT_FILE names"),
            None => "name the PEM file of its issuer in SSL_CERT_FILE".to_owned(),
        };
        let rustls::Error::InvalidCertificate(wrong) = failed else {
            let why = match failed {
                rustls::Error::InvalidMessage(_) => "it does not speak TLS there".to_owned(),
                failed => format!("the TLS handshake failed ({failed})"),
            };
            return (clean(&why), "Check scheme and port of the base URL".to_owned());
        };
        match wrong {
            CertificateError::UnknownIssuer => {
                let by = given.map_or("this machine".to_owned(), |file| format!("the file {file}"));
                (
                    format!("{by} does not know who issued the certificate of {host}"),
                    format!("If it is to be trusted, {believed}"),
                )
            }
            CertificateError::ExpiredContext { not_after, .. } => (
                format!("the certificate of {host} expired at {}", clock(*not_after)),
                "Have it renewed, or set this machine's clock".to_owned(),
            ),
            CertificateError::NotValidYetContext { not_before, .. } => (
                format!("the certificate of {host} is valid only from {}", clock(*not_before)),
                "Set this machine's clock, or wait until then".to_owned(),
            ),
            CertificateError::NotValidForNameContext { presented, .. } if presented.is_empty() => (
                format!("the certificate of {host} names no host (it has no subjectAltName)"),
                format!("Make it anew, with openssl by -addext subjectAltName=DNS:{host}"),
            ),
            CertificateError::NotValidForNameContext { presented, .. } => (
                clean(&format!(
                    "the certificate is for {}, and not for {host}",
                    presented.iter().map(|name| name_of(name)).collect::<Vec<_>>().join(", ")
                )),
                "Check the host in the base URL; if it is right, somebody else answers there"
                    .to_owned(),
            ),
            _ if trust::is_authority(failed) => (
                format!(
                    "the certificate of {host} is that of an authority, which is believed only \
                     where it stands in SSL_CERT_FILE itself"
                ),
                format!("If it is to be trusted, {believed}"),
            ),
            wrong => (
                clean(&format!("the certificate of {host} is refused ({wrong})")),
                "Have it replaced".to_owned(),
            ),
        }
    }
}

impl Proxy {
    fn of(url: &Url) -> Option<Self> {
        let uri: Uri = url.as_str().parse().ok()?;
        let found = Matcher::from_env().intercept(&uri)?;
        let names: &[&'static str] = match url.scheme() {
            "https" => &["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"],
            _ => &["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"],
        };
        let is_set = |name: &&&str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let host = found.uri().host()?;
        let port = found.uri().port().map(|port| format!(":{port}")).unwrap_or_default();
        let address = format!("{}://{host}{port}", found.uri().scheme_str().unwrap_or("http"));
        Some(Self {
            address: clean(&address),
            variable: names.iter().find(is_set).copied().unwrap_or("the environment"),
        })
    }

    fn barred(&self, base: String, host: &str, why: &str) -> ClientError {
        let Self { address, variable } = self;
        let proxy = format!("the proxy {address} of {variable}");
        let (why, next) = if why.contains("authorization required") {
            (
                format!("{proxy} wants credentials (407)"),
                format!("Write them into {variable}: http://name:password@host:port"),
            )
        } else if why.contains("tunnel error: unsuccessful") {
            (
                format!("{proxy} refused to lead to {host}"),
                format!("Have {host} allowed there, or name it in NO_PROXY"),
            )
        } else {
            (
                format!("{proxy} does not answer ({why})"),
                format!("Correct or unset {variable}, or name {host} in NO_PROXY"),
            )
        };
        ClientError::Barred { base, why, next }
    }
}

fn clean(text: &str) -> String {
    sanitize::preview(&redact::text(text), 300)
}

/// rustls writes names as its own values: `DnsName("a.example")`.
fn name_of(name: &str) -> &str {
    name.split_once('"').and_then(|(_, rest)| rest.rsplit_once('"')).map_or(name, |(name, _)| name)
}

fn clock(at: UnixTime) -> String {
    let at = i64::try_from(at.as_secs()).ok().and_then(|at| Timestamp::from_second(at).ok());
    at.map_or_else(
        || "an unknown time".to_owned(),
        |at| format!("{} UTC", WallClock::utc(at).dated_minute(at)),
    )
}

/// An error of that type among the causes. Those of IO are not told by `source`.
fn find<'a, T: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a T> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref::<T>() {
            return Some(found);
        }
        let inner = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        if let Some(found) = inner.and_then(|inner| find::<T>(inner)) {
            return Some(found);
        }
        next = error.source();
    }
    None
}
