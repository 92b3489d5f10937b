//! Why a call comes to nothing, in words for the model and in the one word that traces have for it.
//!
//! Start with the constructor whose name fits. The invariant: the words say what to do next, and hold no
//! secret.

use super::Done;
use crate::server::store::StoreError;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    failure: &'static str,
    pub(super) why: String,
}

impl Refusal {
    fn new(failure: &'static str, why: impl Into<String>) -> Self {
        Self { failure, why: why.into() }
    }

    /// The model's arguments are not what the tool takes.
    pub(super) fn input(why: impl Into<String>) -> Self {
        Self::new("invalid_input", why)
    }

    /// What the arguments name is not there.
    pub(super) fn missing(why: impl Into<String>) -> Self {
        Self::new("not_found", why)
    }

    /// Whoever set up the server or the agent must do something.
    pub(super) fn setup(why: impl Into<String>) -> Self {
        Self::new("invalid_configuration", why)
    }

    pub(super) fn late(why: impl Into<String>) -> Self {
        Self::new("timeout", why)
    }

    /// The tool ran and came to nothing.
    pub(super) fn failed(why: impl Into<String>) -> Self {
        Self::new("execution_error", why)
    }

    /// Another program or service did not do its part.
    pub(super) fn dependency(why: impl Into<String>) -> Self {
        Self::new("dependency_failed", why)
    }
}

/// Longer words tell nobody more.
const MOST: usize = 1_500;

impl From<Refusal> for Done {
    fn from(mut refusal: Refusal) -> Self {
        if refusal.why.len() > MOST {
            refusal.why.truncate(refusal.why.floor_char_boundary(MOST));
            refusal.why.push('…');
        }
        Self::failed(refusal.failure, refusal.why)
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        Self::failed(format!("the files of the session cannot be reached: {error}"))
    }
}
