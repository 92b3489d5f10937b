//! What a request proves itself with: a key, or a token that is fetched and renewed by itself;
//! never both (contract section 1.2). Nothing here ever prints the secret.

use std::fmt;
use std::sync::Arc;

use reqwest::header::{AUTHORIZATION, HeaderName, HeaderValue};

use super::ClientError;
use super::oauth::{TokenGrant, TokenSource};

const API_KEY: HeaderName = HeaderName::from_static("x-api-key");

/// Cheap to clone; clones share one token.
#[derive(Clone)]
pub struct Credentials(Kind);

#[derive(Clone)]
enum Kind {
    None,
    ApiKey(HeaderValue),
    OAuth(Arc<TokenSource>),
}

impl Credentials {
    /// For installations that ask for nothing.
    pub fn none() -> Self {
        Self(Kind::None)
    }

    /// White space around the key is dropped, because keys come from files and pastes.
    pub fn api_key(secret: &str) -> Result<Self, ClientError> {
        Ok(Self(Kind::ApiKey(secret_header(secret)?)))
    }

    /// The client-credentials grant. The first request fetches the token.
    pub fn oauth(grant: TokenGrant) -> Result<Self, ClientError> {
        Ok(Self(Kind::OAuth(Arc::new(TokenSource::new(grant)?))))
    }

    /// The one header to send, if any.
    pub(super) async fn header(&self) -> Result<Option<(HeaderName, HeaderValue)>, ClientError> {
        match &self.0 {
            Kind::None => Ok(None),
            Kind::ApiKey(key) => Ok(Some((API_KEY, key.clone()))),
            Kind::OAuth(source) => {
                let token = source.token(tokio::time::Instant::now()).await?;
                Ok(Some((AUTHORIZATION, token)))
            }
        }
    }

    /// The service answered 401 to what was sent. Says whether another try would send something
    /// else: a token may have been withdrawn before its time.
    pub(super) async fn refused(&self, sent: &HeaderValue) -> bool {
        let Kind::OAuth(source) = &self.0 else { return false };
        source.forget(sent).await;
        true
    }
}

/// Only visible ASCII: anything else is a slip of the clipboard, and some proxies would answer it
/// with a riddle.
pub(super) fn secret_header(secret: &str) -> Result<HeaderValue, ClientError> {
    let secret = secret.trim();
    if secret.is_empty() || !secret.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(ClientError::BadKey);
    }
    let mut value = HeaderValue::from_str(secret).map_err(|_| ClientError::BadKey)?;
    // Keeps it out of debug output and of compression tables.
    value.set_sensitive(true);
    Ok(value)
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match &self.0 {
            Kind::None => "None",
            Kind::ApiKey(_) => "ApiKey(****)",
            Kind::OAuth(_) => "OAuth(****)",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn debug_output_never_shows_the_key() {
        let credentials = Credentials::api_key(" zut_hunter2\n").unwrap();
        let header = credentials.header().await.unwrap().unwrap();
        let shown = format!("{credentials:?} {header:?}");
        assert!(!shown.contains("hunter2"), "{shown}");
        assert_eq!((header.0.as_str(), header.1), ("x-api-key", "zut_hunter2".parse().unwrap()));
        assert!(Credentials::none().header().await.unwrap().is_none());
    }

    #[test]
    fn a_key_that_no_header_can_carry_is_refused() {
        for bad in ["", " ", "a b", "zut_\u{7}", "zut_ü"] {
            assert!(matches!(Credentials::api_key(bad), Err(ClientError::BadKey)), "{bad:?}");
        }
    }
}
