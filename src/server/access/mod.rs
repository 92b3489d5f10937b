//! Who may do what: credentials, roles, and what each operation requires (contract sections 1.2 and
//! 1.4).
//!
//! [`token`] is the secret of the data directory, [`tokens`] a file of others with roles, [`oauth`]
//! trades either for a short-lived one, [`operations`] says what a route requires, and [`roles`]
//! decides. The invariant: secrets are kept and compared as digests only.

pub mod oauth;
pub mod operations;
pub mod roles;
pub mod token;
pub mod tokens;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use sha2::{Digest as _, Sha256};

use crate::api::Timestamp;
use oauth::Issued;
use roles::Grants;
use token::Token;
use tokens::TokenEntry;

/// What a secret is known by.
pub type Fingerprint = [u8; 32];

pub fn fingerprint(secret: &str) -> Fingerprint {
    Sha256::digest(secret.as_bytes()).into()
}

/// Whoever a credential belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The token's name, which is its client id as well.
    pub name: String,
    pub grants: Grants,
}

/// Why a credential was not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rejected {
    Unknown,
    Expired,
}

/// Every credential that is accepted.
pub struct Access {
    keys: HashMap<Fingerprint, Arc<Identity>>,
    issued: Mutex<Issued>,
}

impl Access {
    /// The server's own token is an owner's; the others are what their entries say.
    pub fn new(own: &Token, entries: Vec<TokenEntry>) -> Self {
        let owner = Identity { name: tokens::OWN_NAME.to_owned(), grants: Grants::owner() };
        let mut keys = HashMap::from([(fingerprint(own.reveal()), Arc::new(owner))]);
        for entry in entries {
            let identity = Identity { name: entry.name, grants: entry.grants };
            keys.entry(entry.fingerprint).or_insert_with(|| Arc::new(identity));
        }
        Self { keys, issued: Mutex::default() }
    }

    /// Whose key or access token this is.
    pub fn identify(&self, secret: &str, now: Timestamp) -> Result<Arc<Identity>, Rejected> {
        let fingerprint = fingerprint(secret);
        match self.keys.get(&fingerprint) {
            Some(identity) => Ok(Arc::clone(identity)),
            None => self.issued().find(&fingerprint, now),
        }
    }

    /// Trades a client's id and secret for an access token; `None` when they do not fit.
    pub fn issue(
        &self,
        client_id: &str,
        client_secret: &str,
        now: Timestamp,
    ) -> Result<Option<String>, getrandom::Error> {
        let identity = self.keys.get(&fingerprint(client_secret));
        let Some(identity) = identity.filter(|identity| identity.name == client_id) else {
            return Ok(None);
        };
        self.issued().issue(identity, now).map(Some)
    }

    fn issued(&self) -> std::sync::MutexGuard<'_, Issued> {
        self.issued.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
