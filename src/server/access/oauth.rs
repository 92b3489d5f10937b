//! Access tokens of the client-credentials grant (contract section 1.2, RFC 6749 section 4.4): random,
//! short-lived, kept in memory as digests.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::SignedDuration;

use super::{Fingerprint, Identity, Rejected, fingerprint};
use crate::api::Timestamp;
use crate::text::units;

/// Seconds that an access token lives.
pub const LIFETIME_SECONDS: i64 = 1_800;

/// Tokens kept at a time; the ones that expire first make room.
const MAX_ISSUED: usize = 10_000;

/// Every access token that may still be used, and those that lately could.
#[derive(Default)]
pub(super) struct Issued(HashMap<Fingerprint, (Timestamp, Arc<Identity>)>);

impl Issued {
    pub(super) fn find(
        &self,
        fingerprint: &Fingerprint,
        now: Timestamp,
    ) -> Result<Arc<Identity>, Rejected> {
        match self.0.get(fingerprint) {
            None => Err(Rejected::Unknown),
            Some((expires, _)) if *expires <= now => Err(Rejected::Expired),
            Some((_, identity)) => Ok(Arc::clone(identity)),
        }
    }

    pub(super) fn issue(
        &mut self,
        identity: &Arc<Identity>,
        now: Timestamp,
    ) -> Result<String, getrandom::Error> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes)?;
        let token = units::hex(&bytes);
        // Expired ones stay for one more lifetime, so that their users are told what is wrong.
        let long_ago = now - SignedDuration::from_secs(LIFETIME_SECONDS);
        self.0.retain(|_, (expires, _)| *expires > long_ago);
        while self.0.len() >= MAX_ISSUED {
            let Some(oldest) = self.0.iter().min_by_key(|(_, (expires, _))| *expires) else {
                break;
            };
            let oldest = *oldest.0;
            self.0.remove(&oldest);
        }
        let expires = now + SignedDuration::from_secs(LIFETIME_SECONDS);
        self.0.insert(fingerprint(&token), (expires, Arc::clone(identity)));
        Ok(token)
    }
}

#[cfg(test)]
mod tests {
    use super::super::roles::Grants;
    use super::*;

    #[test]
    fn a_token_works_until_it_expires_and_then_says_so() {
        let identity = Arc::new(Identity { name: "a".to_owned(), grants: Grants::owner() });
        let mut issued = Issued::default();
        let start = Timestamp::UNIX_EPOCH;
        let token = fingerprint(&issued.issue(&identity, start).unwrap());
        let after = |seconds| start + SignedDuration::from_secs(seconds);
        assert_eq!(issued.find(&token, after(1_799)).unwrap().name, "a");
        assert_eq!(issued.find(&token, after(1_800)), Err(Rejected::Expired));
        assert_eq!(issued.find(&fingerprint("guess"), start), Err(Rejected::Unknown));
        issued.issue(&identity, after(4_000)).unwrap();
        assert_eq!(issued.find(&token, after(4_000)), Err(Rejected::Unknown), "forgotten by now");
    }
}
