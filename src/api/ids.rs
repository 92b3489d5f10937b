//! Names of things. Decoding accepts any text, because a client must show what a service sends;
//! `parse` is the strict form that a server applies to what it is given (contract section 1.7).

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// Text that is not a legal name of its kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be {0}")]
pub struct InvalidId(&'static str);

fn is_word(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $rule:literal, |$text:ident| $legal:expr) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Arc<str>);

        impl $name {
            pub fn parse($text: &str) -> Result<Self, InvalidId> {
                if $legal { Ok(Self(Arc::from($text))) } else { Err(InvalidId($rule)) }
            }

            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(Arc::from(text))
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self(Arc::from(text))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

id!(
    /// Unique in the account.
    AgentKey,
    "1 to 50 characters of 0-9 a-z A-Z _ -",
    |text| text.len() <= 50 && is_word(text)
);
id!(
    /// Unique within its agent; see [`SessionRef`] for the name that is unique in the account.
    SessionKey,
    "1 to 50 characters of 0-9 a-z A-Z _ -",
    |text| text.len() <= 50 && is_word(text)
);
id!(
    /// A namespace of its own beside agent keys.
    AliasKey,
    "1 to 50 characters of 0-9 a-z A-Z _ -",
    |text| text.len() <= 50 && is_word(text)
);
id!(ToolId, "tol_ followed by characters of 0-9 a-z A-Z _ -", |text| text
    .strip_prefix("tol_")
    .is_some_and(is_word));
id!(EventId, "aev_ followed by characters of 0-9 a-z A-Z _ -", |text| text
    .strip_prefix("aev_")
    .is_some_and(is_word));
id!(ArtifactId, "art_ followed by characters of a-z 0-9 _ -", |text| text
    .strip_prefix("art_")
    .is_some_and(is_word)
    && !text.bytes().any(|b| b.is_ascii_uppercase()));
id!(
    /// The model provider's id, which joins a tool's input to its output.
    ToolCallId,
    "not empty",
    |text| !text.is_empty()
);

/// What names one session in an account.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SessionRef {
    pub agent: AgentKey,
    pub key: SessionKey,
}

impl SessionRef {
    pub fn new(agent: impl Into<AgentKey>, key: impl Into<SessionKey>) -> Self {
        Self { agent: agent.into(), key: key.into() }
    }
}

impl fmt::Display for SessionRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.agent, self.key)
    }
}

impl fmt::Debug for SessionRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strict_forms_are_anchored_at_both_ends() {
        assert!(AgentKey::parse("agt_support-1").is_ok());
        for bad in ["", "a b", "a/../b", "é", &"x".repeat(51)] {
            assert!(AgentKey::parse(bad).is_err(), "{bad}");
        }
        assert!(EventId::parse("aev_0b6f").is_ok());
        for bad in ["aev_", "xaev_0b6f", "0b6f"] {
            assert!(EventId::parse(bad).is_err(), "{bad}");
        }
        assert!(ArtifactId::parse("art_slow_green_lamp").is_ok());
        assert!(ArtifactId::parse("art_Slow").is_err());
    }
}
