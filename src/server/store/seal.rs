//! Sealing: what a body, a key or a secret looks like on disk.
//!
//! Owns the algorithm (AES-256-GCM with random nonces, which NIST SP 800-38D allows for 2^32 values
//! under one key; a key here is one session's) and the layout of a sealed value. It knows nothing of
//! tables. Start with [`Seal`]. The invariant: a sealed value opens only under the key and the
//! [`Subject`] that it was sealed for, so that no row can stand in for another.

use std::fmt;

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use zeroize::Zeroizing;

/// Layout: this byte, the nonce, then ciphertext with its tag.
const VERSION: u8 = 1;
const NONCE_BYTES: usize = 12;
const TAG_BYTES: usize = 16;
/// What sealing adds to a value.
pub(super) const OVERHEAD: usize = 1 + NONCE_BYTES + TAG_BYTES;
pub(super) const KEY_BYTES: usize = 32;

/// What a sealed value is and to whom it belongs; authenticated with it, not stored in it.
#[derive(Debug, Clone, Copy)]
pub enum Subject<'a> {
    /// The sentence that proves a master key right.
    Proof,
    AgentKey(&'a str),
    SessionKey(&'a str),
    AgentSecret(&'a str),
    SessionSecret(&'a str),
    Event(&'a str),
    /// Arguments of a waiting client tool call.
    PendingCall(&'a str),
    QueuedInput,
    Continuation,
    /// Words of a message that describe its session.
    Description,
    Artifact(&'a str),
    ArtifactData(&'a str),
    /// What a provider wants back of the thoughts before a call.
    Reasoning(&'a str),
    /// The call that a sub-agent works for.
    Errand,
    /// One of a trace; see [`super::traces`].
    Span(&'a str),
}

impl Subject<'_> {
    fn associated_data(&self) -> String {
        let (kind, name) = match self {
            Self::Proof => ("proof", ""),
            Self::AgentKey(name) => ("agent key", *name),
            Self::SessionKey(name) => ("session key", *name),
            Self::AgentSecret(name) => ("agent secret", *name),
            Self::SessionSecret(name) => ("session secret", *name),
            Self::Event(id) => ("event", *id),
            Self::PendingCall(id) => ("pending call", *id),
            Self::QueuedInput => ("queued input", ""),
            Self::Continuation => ("continuation", ""),
            Self::Description => ("description", ""),
            Self::Artifact(id) => ("artifact", *id),
            Self::ArtifactData(id) => ("artifact data", *id),
            Self::Reasoning(id) => ("reasoning", *id),
            Self::Errand => ("errand", ""),
            Self::Span(id) => ("span", *id),
        };
        format!("foretop\0{kind}\0{name}")
    }
}

/// A sealed value that does not open: altered, moved to another row, or sealed under another key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    #[error("a sealed value does not open; the file was altered or belongs to another key")]
    Broken,
    #[error("the system gives no randomness")]
    Randomness,
}

/// A key, ready to seal and open. What it was made from is wiped; what the cipher keeps of it is not
/// (SECURITY.md: whoever reads this process's memory reads all that it can).
#[derive(Clone)]
pub struct Seal(LessSafeKey);

impl fmt::Debug for Seal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Seal(…)")
    }
}

impl Seal {
    pub(super) fn new(key: &[u8; KEY_BYTES]) -> Result<Self, SealError> {
        let key = UnboundKey::new(&AES_256_GCM, key).map_err(|_| SealError::Broken)?;
        Ok(Self(LessSafeKey::new(key)))
    }

    pub fn seal(&self, subject: Subject<'_>, plain: &[u8]) -> Result<Vec<u8>, SealError> {
        let mut nonce = [0; NONCE_BYTES];
        getrandom::fill(&mut nonce).map_err(|_| SealError::Randomness)?;
        let mut out = Vec::with_capacity(OVERHEAD + plain.len());
        out.push(VERSION);
        out.extend_from_slice(&nonce);
        out.extend_from_slice(plain);
        let nonce = Nonce::assume_unique_for_key(nonce);
        let data = Aad::from(subject.associated_data());
        let text = &mut out[1 + NONCE_BYTES..];
        let tag = self.0.seal_in_place_separate_tag(nonce, data, text);
        out.extend_from_slice(tag.map_err(|_| SealError::Broken)?.as_ref());
        Ok(out)
    }

    pub fn open(&self, subject: Subject<'_>, sealed: &[u8]) -> Result<Vec<u8>, SealError> {
        let rest = match sealed.split_first() {
            Some((&VERSION, rest)) if rest.len() >= NONCE_BYTES + TAG_BYTES => rest,
            _ => return Err(SealError::Broken),
        };
        let (nonce, text) = rest.split_at(NONCE_BYTES);
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| SealError::Broken)?;
        let data = Aad::from(subject.associated_data());
        let mut plain = text.to_vec();
        let opened = self.0.open_in_place(nonce, data, &mut plain);
        let length = opened.map_err(|_| SealError::Broken)?.len();
        plain.truncate(length);
        Ok(plain)
    }

    /// Makes a new key and seals it under this one.
    pub(super) fn new_key(&self, subject: Subject<'_>) -> Result<(Self, Vec<u8>), SealError> {
        let key = random_key()?;
        let sealed = self.seal(subject, &*key)?;
        Ok((Self::new(&key)?, sealed))
    }

    /// A key that opens nothing, in the place of one that is lost.
    pub(super) fn lost() -> Result<Self, SealError> {
        Self::new(&*random_key()?)
    }

    /// Opens a key that [`Seal::new_key`] made.
    pub(super) fn open_key(&self, subject: Subject<'_>, sealed: &[u8]) -> Result<Self, SealError> {
        let bytes = Zeroizing::new(self.open(subject, sealed)?);
        let key = <&[u8; KEY_BYTES]>::try_from(bytes.as_slice()).map_err(|_| SealError::Broken)?;
        Self::new(key)
    }
}

pub(super) fn random_key() -> Result<Zeroizing<[u8; KEY_BYTES]>, SealError> {
    let mut key = Zeroizing::new([0; KEY_BYTES]);
    getrandom::fill(&mut *key).map_err(|_| SealError::Randomness)?;
    Ok(key)
}

/// A session's row and the key of everything that belongs to it.
#[derive(Debug, Clone)]
pub struct Vault {
    /// Names the session in the other tables.
    pub row: i64,
    pub seal: Seal,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opens_only_for_its_subject_and_its_key() {
        let seal = Seal::new(&[7; KEY_BYTES]).unwrap();
        let sealed = seal.seal(Subject::Event("aev_1"), b"arguments").unwrap();
        assert_eq!(seal.open(Subject::Event("aev_1"), &sealed).unwrap(), b"arguments");
        assert_eq!(seal.open(Subject::Event("aev_2"), &sealed), Err(SealError::Broken));
        assert_eq!(seal.open(Subject::Artifact("aev_1"), &sealed), Err(SealError::Broken));
        let other = Seal::new(&[8; KEY_BYTES]).unwrap();
        assert_eq!(other.open(Subject::Event("aev_1"), &sealed), Err(SealError::Broken));
    }

    #[test]
    fn every_altered_or_missing_byte_is_noticed() {
        let seal = Seal::new(&[7; KEY_BYTES]).unwrap();
        let sealed = seal.seal(Subject::Proof, b"x").unwrap();
        for at in 0..sealed.len() {
            let mut altered = sealed.clone();
            altered[at] ^= 1;
            assert_eq!(seal.open(Subject::Proof, &altered), Err(SealError::Broken), "byte {at}");
            assert_eq!(seal.open(Subject::Proof, &sealed[..at]), Err(SealError::Broken));
        }
    }

    #[test]
    fn the_same_text_never_looks_the_same() {
        let seal = Seal::new(&[7; KEY_BYTES]).unwrap();
        let once = seal.seal(Subject::Proof, b"x").unwrap();
        assert_ne!(once, seal.seal(Subject::Proof, b"x").unwrap());
    }

    /// Bytes that another implementation of AES-256-GCM made: what is on disk stays readable.
    #[test]
    fn what_was_sealed_elsewhere_opens() {
        let nonce: [u8; NONCE_BYTES] = std::array::from_fn(|at| u8::try_from(at).unwrap());
        let text = [
            0x79, 0xf3, 0x8e, 0x05, 0x70, 0x6c, 0xb7, 0x3d, 0x04, 0xb9, 0x01, 0xa5, 0x19, 0xe6,
            0x75, 0x4c, 0xa9, 0x2e, 0xe5, 0x52, 0xfd, 0x86, 0x41, 0x2b, 0xca,
        ];
        let sealed = [&[VERSION][..], &nonce, &text].concat();
        let seal = Seal::new(&[7; KEY_BYTES]).unwrap();
        assert_eq!(seal.open(Subject::Event("aev_1"), &sealed).unwrap(), b"arguments");
    }

    #[test]
    fn a_wrapped_key_is_the_key() {
        let outer = Seal::new(&[7; KEY_BYTES]).unwrap();
        let (inner, wrapped) = outer.new_key(Subject::AgentKey("a")).unwrap();
        let sealed = inner.seal(Subject::Proof, b"x").unwrap();
        let again = outer.open_key(Subject::AgentKey("a"), &wrapped).unwrap();
        assert_eq!(again.open(Subject::Proof, &sealed).unwrap(), b"x");
        assert!(outer.open_key(Subject::AgentKey("b"), &wrapped).is_err());
    }
}
