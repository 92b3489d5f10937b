//! What is to be known of a model before it is asked.

use std::fmt;
use std::time::Duration;

use genai::adapter::AdapterKind;
use zeroize::Zeroizing;

use super::answer::Used;

/// How a provider is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Chat completions: `OpenAI` itself, llama.cpp, vLLM, LM Studio, and most gateways.
    OpenAi,
    /// The responses API of `OpenAI`.
    OpenAiResponses,
    Anthropic,
    Gemini,
    /// Its own protocol, not the one that it has in common with `OpenAI`.
    Ollama,
}

impl Kind {
    pub const ALL: [Self; 5] =
        [Self::OpenAi, Self::OpenAiResponses, Self::Anthropic, Self::Gemini, Self::Ollama];

    /// As `models.toml` spells it.
    pub fn word(self) -> &'static str {
        match self {
            Self::OpenAi => "openai",
            Self::OpenAiResponses => "openai-responses",
            Self::Anthropic => "anthropic",
            Self::Gemini => "gemini",
            Self::Ollama => "ollama",
        }
    }

    /// Where the provider itself is; other services of the same kind are named in the file.
    pub fn default_url(self) -> &'static str {
        match self {
            Self::OpenAi | Self::OpenAiResponses => "https://api.openai.com/v1/",
            Self::Anthropic => "https://api.anthropic.com/v1/",
            Self::Gemini => "https://generativelanguage.googleapis.com/v1beta/",
            Self::Ollama => "http://localhost:11434/",
        }
    }

    pub(super) fn adapter(self) -> AdapterKind {
        match self {
            Self::OpenAi => AdapterKind::OpenAI,
            Self::OpenAiResponses => AdapterKind::OpenAIResp,
            Self::Anthropic => AdapterKind::Anthropic,
            Self::Gemini => AdapterKind::Gemini,
            Self::Ollama => AdapterKind::Ollama,
        }
    }
}

/// A provider's key. `Debug` never shows it; [`Key::reveal`] is the only way to it.
#[derive(Clone, PartialEq, Eq)]
pub struct Key(Zeroizing<String>);

impl Key {
    pub fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(…)")
    }
}

/// What a million tokens cost, in whatever currency the file is written in.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Prices {
    pub input: f64,
    /// Of input that the provider had kept from before; as other input where nothing is said.
    pub cached: f64,
    pub output: f64,
}

impl Prices {
    /// What a question and its answer cost, in the currency of the model.
    pub fn of(self, used: &Used) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "nobody has so many tokens")]
        let part = |tokens: u64, price: f64| tokens as f64 * price / 1e6;
        let cached = used.cached.min(used.input);
        part(used.input - cached, self.input)
            + part(cached, self.cached)
            + part(used.output, self.output)
    }
}

/// How long a provider is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    pub connect: Duration,
    /// Until the answer begins.
    pub first: Duration,
    /// Between two pieces of it.
    pub silence: Duration,
    /// For the whole of it.
    pub answer: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            // A model on a laptop reads a long context for minutes before it says a word.
            first: Duration::from_mins(5),
            silence: Duration::from_mins(2),
            answer: Duration::from_mins(30),
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct ModelSettings {
    /// What agents call it.
    pub name: String,
    pub kind: Kind,
    /// Ends in a slash.
    pub url: String,
    /// What the provider calls it.
    pub id: String,
    pub key: Option<Key>,
    /// In tokens.
    pub context_window: u64,
    pub prices: Option<Prices>,
    /// That of the prices, as it is shown.
    pub currency: String,
    pub patience: Patience,
    /// Answers at a time.
    pub parallel: usize,
    /// Whether it can look at images.
    pub sees_images: bool,
}

impl ModelSettings {
    /// One that is asked where its kind usually is, with defaults for the rest.
    pub fn new(name: impl Into<String>, kind: Kind, id: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            kind,
            url: kind.default_url().to_owned(),
            id: id.into(),
            key: None,
            context_window: 128_000,
            prices: None,
            currency: "USD".to_owned(),
            patience: Patience::default(),
            parallel: 8,
            sees_images: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_kept_from_before_has_a_price_of_its_own() {
        let prices = Prices { input: 3.0, cached: 0.3, output: 15.0 };
        let used = Used { input: 1_000_000, cached: 400_000, output: 100_000, ..Used::default() };
        assert!((prices.of(&used) - (1.8 + 0.12 + 1.5)).abs() < 1e-9);
        let odd = Used { input: 10, cached: 50, ..Used::default() };
        assert!(
            (prices.of(&odd) - 3e-6).abs() < 1e-12,
            "no provider is paid for less than nothing"
        );
    }

    #[test]
    fn a_key_is_not_shown() {
        let settings = ModelSettings {
            key: Some(Key::new("planted-key")),
            ..ModelSettings::new("a", Kind::OpenAi, "b")
        };
        assert!(!format!("{settings:?}").contains("planted"));
    }
}
