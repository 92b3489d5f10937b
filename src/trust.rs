//! How requests leave this machine, and whom a secure connection is believed to lead to: the system's
//! certificates, or those of `SSL_CERT_FILE` and `SSL_CERT_DIR`.
//!
//! Start with [`http`]. The invariant: no redirect is followed by itself, which could carry a key to another
//! host.
//!
//! One thing is added to what rustls does: a certificate that stands in `SSL_CERT_FILE` itself is
//! believed for its own host, also where it calls itself an authority, as `openssl req -x509` makes
//! it. Name and dates are checked all the same.

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use reqwest::{ClientBuilder, Url};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{WebPkiServerVerifier, verify_server_name};
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::{Error as PemError, PemObject as _};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
};

const FILE: &str = "SSL_CERT_FILE";
const DIRECTORY: &str = "SSL_CERT_DIR";

/// What webpki calls an authority's certificate in the place of a server's own.
const AUTHORITY_AS_SERVER: &str = "CaUsedAsEndEntity";

/// Why there is nobody to believe, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{why}. {next}")]
pub(crate) struct TrustError {
    pub(crate) why: String,
    pub(crate) next: String,
}

/// What makes requests, by whether they go over plain `http`.
pub(crate) fn http(is_plain: bool) -> Result<ClientBuilder, TrustError> {
    if is_plain { Ok(plain()) } else { config().map(secure) }
}

/// Without certificates: a machine that has none could not even run the demo otherwise.
pub(crate) fn plain() -> ClientBuilder {
    anything().tls_certs_only([])
}

pub(crate) fn secure(config: ClientConfig) -> ClientBuilder {
    anything().tls_backend_preconfigured(config)
}

fn anything() -> ClientBuilder {
    // Fails when a provider is installed already, which serves as well.
    let _ = ring::default_provider().install_default();
    reqwest::Client::builder()
        .user_agent(concat!("foretop/", env!("CARGO_PKG_VERSION")))
        .redirect(reqwest::redirect::Policy::none())
        // What is bounded is what is read, and checksums are of what was sent.
        .no_gzip()
        .no_brotli()
        .no_zstd()
        .no_deflate()
}

/// Whether an address is this machine's, by its name or number.
pub(crate) fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

/// The file that the environment gives in the place of the system's certificates.
pub(crate) fn given_file() -> Option<PathBuf> {
    std::env::var_os(FILE).filter(|path| !path.is_empty()).map(PathBuf::from)
}

/// With what a secure connection is checked.
pub(crate) fn config() -> Result<ClientConfig, TrustError> {
    let given = given_file().map(|path| read(&path)).transpose()?;
    let mut roots = RootCertStore::empty();
    match &given {
        Some(given) if std::env::var_os(DIRECTORY).is_none() => {
            roots.add_parsable_certificates(given.iter().cloned());
        }
        _ => {
            let loaded = rustls_native_certs::load_native_certs();
            roots.add_parsable_certificates(loaded.certs);
            if let (true, Some(error)) = (roots.is_empty(), loaded.errors.first()) {
                return Err(none(&error.to_string()));
            }
        }
    }
    if roots.is_empty() {
        return Err(none("there are none to check a server's certificate with"));
    }
    // Installed by whoever makes a connection; else the same one.
    let provider = CryptoProvider::get_default().cloned();
    let provider = provider.unwrap_or_else(|| Arc::new(ring::default_provider()));
    let verifier =
        WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider))
            .build()
            .map_err(|error| none(&error.to_string()))?;
    let trust = Trust { verifier, given: given.unwrap_or_default() };
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| none(&error.to_string()))?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(trust))
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

fn none(why: &str) -> TrustError {
    TrustError {
        why: format!("no usable certificates of authorities: {why}"),
        next: "Install the system's CA certificates, or name a PEM file in SSL_CERT_FILE"
            .to_owned(),
    }
}

fn read(path: &Path) -> Result<Vec<CertificateDer<'static>>, TrustError> {
    let unusable = |why: String| TrustError {
        why: format!("{FILE} names {}, {why}", path.display()),
        next: format!("Correct {FILE}, or unset it to use the system's certificates"),
    };
    let unreadable = |error: PemError| match error {
        PemError::Io(error) => unusable(format!("which cannot be read: {error}")),
        PemError::NoItemsFound => unusable("which holds no certificate in PEM form".to_owned()),
        error => unusable(format!("which holds no certificate in PEM form: {error}")),
    };
    let found = CertificateDer::pem_file_iter(path).map_err(unreadable)?;
    let found: Vec<_> = found.collect::<Result<_, _>>().map_err(unreadable)?;
    if found.is_empty() {
        return Err(unreadable(PemError::NoItemsFound));
    }
    Ok(found)
}

/// Checks the other side's certificate.
#[derive(Debug)]
struct Trust {
    verifier: Arc<WebPkiServerVerifier>,
    /// Those of `SSL_CERT_FILE`.
    given: Vec<CertificateDer<'static>>,
}

impl ServerCertVerifier for Trust {
    fn verify_server_cert(
        &self,
        shown: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let checked = self.verifier.verify_server_cert(shown, intermediates, name, ocsp, now);
        match checked {
            // The dates were right, or that would have been the error.
            Err(error) if is_authority(&error) && self.given.contains(shown) => {
                verify_server_name(&ParsedCertificate::try_from(shown)?, name)?;
                Ok(ServerCertVerified::assertion())
            }
            checked => checked,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        shown: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.verifier.verify_tls12_signature(message, shown, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        shown: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.verifier.verify_tls13_signature(message, shown, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.verifier.supported_verify_schemes()
    }
}

/// A certificate of an authority was shown as that of a server.
pub(crate) fn is_authority(error: &Error) -> bool {
    // The type of the cause is not ours to name, its word is.
    matches!(error, Error::InvalidCertificate(CertificateError::Other(other))
        if other.0.to_string() == AUTHORITY_AS_SERVER)
}
