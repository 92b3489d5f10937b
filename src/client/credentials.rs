//! What a request proves itself with. Nothing here ever prints the secret.

use std::fmt;

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

use super::ClientError;

const API_KEY: HeaderName = HeaderName::from_static("x-api-key");

/// Cheap to clone.
#[derive(Clone)]
pub struct Credentials(Option<HeaderValue>);

impl Credentials {
    /// For installations that ask for nothing.
    pub fn none() -> Self {
        Self(None)
    }

    /// White space around the key is dropped, because keys come from files and pastes.
    pub fn api_key(secret: &str) -> Result<Self, ClientError> {
        let secret = secret.trim();
        // Only visible ASCII: anything else is a slip of the clipboard, and some proxies would
        // answer it with a riddle.
        if secret.is_empty() || !secret.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(ClientError::BadKey);
        }
        let mut value = HeaderValue::from_str(secret).map_err(|_| ClientError::BadKey)?;
        // Keeps it out of debug output and of compression tables.
        value.set_sensitive(true);
        Ok(Self(Some(value)))
    }

    pub(super) fn headers(&self) -> HeaderMap {
        self.0.iter().map(|value| (API_KEY, value.clone())).collect()
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "ApiKey(****)" } else { "None" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_output_never_shows_the_key() {
        let credentials = Credentials::api_key(" zut_hunter2\n").unwrap();
        let shown = format!("{credentials:?} {:?}", credentials.headers());
        assert!(!shown.contains("hunter2"), "{shown}");
        assert_eq!(credentials.headers()["x-api-key"], "zut_hunter2");
        assert!(Credentials::none().headers().is_empty());
    }

    #[test]
    fn a_key_that_no_header_can_carry_is_refused() {
        for bad in ["", " ", "a b", "zut_\u{7}", "zut_ü"] {
            assert!(matches!(Credentials::api_key(bad), Err(ClientError::BadKey)), "{bad:?}");
        }
    }
}
