//! Generated names (contract section 1.7), from the system's randomness or from a seed.

use std::sync::Mutex;

use crate::api::{AgentKey, ArtifactId, EventId, SessionKey, ToolCallId, ToolId};

/// A source of names. Seeded, it repeats itself exactly, which is what makes a demo reproducible.
pub struct Ids {
    random: Mutex<fastrand::Rng>,
}

const WORDS: &str = "agate amber apple arch ash bark basin beacon birch bloom brass brook cedar \
    chalk cinder cliff clover cloud coal comet copper coral cove crane creek dawn delta dune dusk \
    ember fern field finch flint fjord fox frost gale glade glass grove gull harbor hazel heron \
    hill holly inlet iron isle ivory jade juniper kelp kite lagoon lake larch lark leaf lily loft \
    lumen maple marsh meadow mesa mint mist moss nettle north oak oasis olive onyx opal orchid \
    otter pearl pebble pine plum pond poppy quartz quay rain raven reed ridge river robin rose \
    rowan ruby sable sage shell shore silver slate snow spruce star stone stork summit thistle \
    tide topaz vale violet wave willow wren";

impl Ids {
    pub fn seeded(seed: u64) -> Self {
        Self { random: Mutex::new(fastrand::Rng::with_seed(seed)) }
    }

    /// Unpredictable names. These are not secrets; see [`super::access::token`] for those.
    pub fn random() -> Result<Self, getrandom::Error> {
        let mut seed = [0; 8];
        getrandom::fill(&mut seed)?;
        Ok(Self::seeded(u64::from_le_bytes(seed)))
    }

    fn with<T>(&self, draw: impl FnOnce(&mut fastrand::Rng) -> T) -> T {
        let mut random = self.random.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        draw(&mut random)
    }

    /// A number for a caller that makes choices of its own.
    pub fn seed(&self) -> u64 {
        self.with(|random| random.u64(..))
    }

    fn hex(&self, digits: usize) -> String {
        self.with(|random| (0..digits).map(|_| random.digit(16)).collect())
    }

    /// `aev_` and a version 4 UUID.
    pub fn event(&self) -> EventId {
        let hex = self.hex(31);
        let variant = self.with(|random| random.choice(['8', '9', 'a', 'b']).unwrap_or('8'));
        format!(
            "aev_{}-{}-4{}-{variant}{}-{}",
            &hex[..8],
            &hex[8..12],
            &hex[12..15],
            &hex[15..18],
            &hex[18..30]
        )
        .into()
    }

    pub fn tool_call(&self) -> ToolCallId {
        format!("call_{}", self.hex(12)).into()
    }

    /// Three words, as the service makes them.
    pub fn artifact(&self) -> ArtifactId {
        let words: Vec<_> = WORDS.split_whitespace().collect();
        let word = || self.with(|random| random.choice(&words).copied().unwrap_or("stone"));
        format!("art_{}_{}_{}", word(), word(), word()).into()
    }

    pub fn agent(&self, name: &str) -> AgentKey {
        format!("agt_{}_{}", slug(name), self.hex(4)).into()
    }

    pub fn session(&self, name: &str) -> SessionKey {
        format!("ase_{}_{}", slug(name), self.hex(4)).into()
    }

    pub fn tool(&self, name: &str) -> ToolId {
        format!("tol_{}_{}", slug(name), self.hex(4)).into()
    }
}

/// Lower case, runs of other characters become `_`, `-` stays; short enough for a key.
fn slug(name: &str) -> String {
    let mut out = String::new();
    for c in name.chars() {
        if c.is_ascii_alphanumeric() || c == '-' {
            out.push(c.to_ascii_lowercase());
        } else if !out.is_empty() && !out.ends_with('_') {
            out.push('_');
        }
        if out.len() >= 36 {
            break;
        }
    }
    let trimmed = out.trim_end_matches('_');
    if trimmed.is_empty() { "untitled".to_owned() } else { trimmed.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn generated_names_pass_the_strict_forms() {
        let ids = Ids::seeded(7);
        assert!(EventId::parse(ids.event().as_str()).is_ok());
        assert!(ArtifactId::parse(ids.artifact().as_str()).is_ok());
        for name in ["Triage Q&A 日本", "", "-", &"long ".repeat(40)] {
            assert!(SessionKey::parse(ids.session(name).as_str()).is_ok(), "{name}");
            assert!(AgentKey::parse(ids.agent(name).as_str()).is_ok(), "{name}");
        }
        assert_eq!(ids.event().as_str().len(), "aev_".len() + 36);
    }

    #[test]
    fn a_seed_repeats_itself() {
        assert_eq!(Ids::seeded(3).event(), Ids::seeded(3).event());
    }
}
