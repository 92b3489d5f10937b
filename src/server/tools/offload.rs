//! Outputs that are too large for the context: kept as a file that the agent can read in parts, or cut in
//! the middle, as the agent's settings say.
//!
//! Start with [`apply`]. The invariant: what is left is an output that says what is missing and where it
//! is; nothing smaller than the floor is touched.

use serde_json::{Value, json};

use super::Workplace;
use super::artifact::{self, New};
use crate::api::{Agent, Object};
use crate::text::units;

/// Characters to a token, as the settings are meant.
const PER_TOKEN: u64 = 4;
/// Of a text that became a file, so much stays in sight.
const PREVIEW: usize = 1_500;
/// What a notice needs beside the text.
const NOTICE: usize = 300;
/// The tools that a file is read with, which must not answer with yet another file.
const READERS: [&str; 2] = ["artifact_read", "artifact_grep"];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    Artifact,
    Truncate,
}

/// An agent's `tool_output_offloading`.
#[derive(Debug, Clone, PartialEq)]
pub struct Offloading {
    pub enabled: bool,
    pub mode: Mode,
    /// Of the window, what one output may take.
    pub share: f64,
    pub least: u64,
    pub most: u64,
    /// Of the window, what may be taken before even small outputs are too much.
    pub headroom: f64,
    /// The agent's tools that read files, by their names.
    readers: Vec<String>,
}

impl Offloading {
    pub fn of(agent: &Agent) -> Self {
        let own = agent.extra.get("tool_output_offloading");
        let get = |name: &str| own?.get(name).filter(|value| !value.is_null());
        let part = |name: &str, usual: f64| get(name).and_then(Value::as_f64).unwrap_or(usual);
        let bytes = |name: &str, usual: u64| get(name).and_then(Value::as_u64).unwrap_or(usual);
        let tools = agent.tool_configurations.iter();
        let readers = tools.filter(|(_, tool)| READERS.contains(&tool.kind.as_str()));
        let readers: Vec<String> = readers.map(|(name, _)| name.clone()).collect();
        let mode = match get("mode").and_then(Value::as_str) {
            Some("artifact") => Mode::Artifact,
            Some("truncate") => Mode::Truncate,
            _ if readers.is_empty() => Mode::Truncate,
            _ => Mode::Artifact,
        };
        Self {
            enabled: get("enabled").and_then(Value::as_bool).unwrap_or(true),
            mode,
            share: part("context_percentage", 0.25),
            least: bytes("min_threshold_bytes", 4 << 10),
            most: bytes("max_threshold_bytes", 1 << 20),
            headroom: part("headroom_percentage", 0.7),
            readers,
        }
    }

    /// The bytes that an output of so many is to be brought down to; `None` where it stays.
    fn target(&self, window: u64, used: u64, size: u64) -> Option<u64> {
        if !self.enabled || size < self.least {
            return None;
        }
        let bytes_of = |share: f64| share_of(window, share).saturating_mul(PER_TOKEN);
        // The floor goes before the ceiling: below it nothing is ever touched.
        let threshold = bytes_of(self.share).min(self.most).max(self.least);
        let room = bytes_of(self.headroom).saturating_sub(used.saturating_mul(PER_TOKEN));
        let is_tight = self.headroom < 1.0 && size > room;
        (size >= threshold || is_tight).then(|| threshold.min(room.max(self.least)))
    }
}

/// A share of the window, in tokens.
fn share_of(window: u64, share: f64) -> u64 {
    /// A share has no more digits that matter.
    const PARTS: u64 = 10_000;
    let parts: Option<u64> = (share.clamp(0.0, 1.0) * 10_000.0).round().to_string().parse().ok();
    let part = u128::from(window) * u128::from(parts.unwrap_or(PARTS)) / u128::from(PARTS);
    u64::try_from(part).unwrap_or(u64::MAX)
}

/// What of a tool's output goes to the model and into the event: all of it, or what is left of it. `window`
/// and `used` count tokens, `tool` is the key in the agent's tool map and `kind` the type there.
pub async fn apply(
    at: &Workplace,
    settings: &Offloading,
    window: u64,
    used: u64,
    tool: &str,
    kind: &str,
    output: Object,
) -> Object {
    let json = serde_json::to_string(&output).unwrap_or_default();
    let size = json.len() as u64;
    let Some(target) = settings.target(window, used, size) else {
        return output;
    };
    let target = usize::try_from(target).unwrap_or(usize::MAX);
    let main = main_part(&output, json.len());
    if settings.mode == Mode::Artifact && !READERS.contains(&kind) {
        // What cannot be kept is cut.
        if let Some(kept) = keep(at, settings, tool, &output, main.as_deref(), target).await {
            return kept;
        }
    }
    truncated(output, main.as_deref(), &json, target)
}

/// The member that makes up nearly all of an output, where that is a text.
fn main_part(output: &Object, size: usize) -> Option<String> {
    let texts = output.iter().filter_map(|(name, value)| Some((name, value.as_str()?.len())));
    let (name, longest) = texts.max_by_key(|(_, length)| *length)?;
    // Escapes make a text longer as JSON than it is.
    (longest * 5 >= size * 3).then(|| name.clone())
}

async fn keep(
    at: &Workplace,
    settings: &Offloading,
    tool: &str,
    output: &Object,
    main: Option<&str>,
    target: usize,
) -> Option<Object> {
    let main = main.and_then(|name| Some((name, output.get(name)?.as_str()?)));
    let (bytes, mime_type, ending) = match main {
        Some((_, text)) => (text.as_bytes().to_vec(), "text/plain", "txt"),
        None => (serde_json::to_vec_pretty(output).ok()?, "application/json", "json"),
    };
    let lines = memchr::memchr_iter(b'\n', &bytes).count() + 1;
    let filename = format!("{tool}-output.{ending}");
    let description =
        format!("What {tool} answered, kept because it was too large for the context.");
    let new = New {
        filename: &filename,
        mime_type: Some(mime_type),
        description: Some(&description),
        bytes,
    };
    let artifact = artifact::keep(at, new).await.ok()?;
    let mut reference = artifact::told(&artifact);
    reference.insert("lines".to_owned(), lines.into());
    if main.is_none() {
        reference.insert("shape".to_owned(), shape(output));
    }
    let how = if settings.readers.is_empty() {
        "The agent has no tool to read it with; a person can open it.".to_owned()
    } else {
        format!("Read the parts that you need with {}.", settings.readers.join(" or "))
    };
    let hint = format!("The output was too large for the context and is kept as this file. {how}");
    reference.insert("hint".to_owned(), hint.into());
    let mut out = Object::new();
    if let Some((name, text)) = main {
        out.clone_from(output);
        let preview = cut(text, PREVIEW.min(target / 2));
        out.insert(name.to_owned(), preview.into());
    }
    out.insert("offloaded".to_owned(), Value::Object(reference));
    Some(out)
}

/// What an output consists of: of each member the kind and the size.
fn shape(output: &Object) -> Value {
    const MEMBERS: usize = 20;
    let told = output.iter().take(MEMBERS).map(|(name, value)| {
        let what = match value {
            Value::Array(items) => format!("array of {}", items.len()),
            Value::Object(members) => format!("object of {}", members.len()),
            Value::String(text) => format!("string of {}", units::size(text.len() as u64)),
            Value::Number(_) => "number".to_owned(),
            Value::Bool(_) => "boolean".to_owned(),
            Value::Null => "null".to_owned(),
        };
        (name.chars().take(100).collect::<String>(), Value::from(what))
    });
    Value::Object(told.collect())
}

fn truncated(output: Object, main: Option<&str>, json: &str, target: usize) -> Object {
    if let Some(name) = main {
        let mut out = output;
        let text = out.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let mut room = target.saturating_sub(NOTICE).max(NOTICE);
        // Escapes and the other members take room that only counting shows.
        while room > NOTICE {
            out.insert(name.to_owned(), cut(&text, room).into());
            let size = serde_json::to_string(&out).map_or(0, |json| json.len());
            if size <= target {
                return out;
            }
            room = room * 4 / 5;
        }
    }
    let mut room = target.saturating_sub(NOTICE).max(NOTICE);
    loop {
        let out = json!({
            "truncated_output": cut(json, room),
            "note": format!("the output had {} as JSON", units::size(json.len() as u64)),
        });
        if room <= NOTICE || out.to_string().len() <= target {
            return out.as_object().cloned().unwrap_or_default();
        }
        room = room * 4 / 5;
    }
}

/// Head and tail of a text, with a notice between them.
fn cut(text: &str, room: usize) -> String {
    if text.len() <= room {
        return text.to_owned();
    }
    let head = text.floor_char_boundary(room * 2 / 3);
    let tail = text.ceil_char_boundary(text.len() - room / 3);
    let left_out = units::size((tail - head) as u64);
    format!("{}\n[… {left_out} left out …]\n{}", &text[..head], &text[tail..])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn settings(mode: Mode) -> Offloading {
        Offloading {
            enabled: true,
            mode,
            share: 0.25,
            least: 4 << 10,
            most: 1 << 20,
            headroom: 0.7,
            readers: vec!["look".to_owned()],
        }
    }

    #[test]
    fn an_output_is_too_large_by_itself_or_with_what_there_is() {
        let settings = settings(Mode::Truncate);
        assert_eq!(settings.target(128_000, 0, 4_095), None, "below the floor");
        assert_eq!(settings.target(128_000, 0, 127_999), None);
        assert_eq!(settings.target(128_000, 0, 128_000), Some(128_000));
        assert_eq!(settings.target(10_000_000, 0, 1 << 20), Some(1 << 20), "the ceiling");
        assert_eq!(settings.target(1_000, 0, 5_000), Some(4 << 10), "the floor of a small window");
        assert_eq!(settings.target(128_000, 85_000, 20_000), Some(18_400), "little room is left");
        assert_eq!(settings.target(128_000, 200_000, 20_000), Some(4 << 10));
        let off = Offloading { enabled: false, ..settings.clone() };
        assert_eq!(off.target(1_000, 900, 1 << 20), None);
        let whole = Offloading { headroom: 1.0, ..settings };
        assert_eq!(whole.target(128_000, 127_000, 20_000), None);
    }

    #[test]
    fn settings_follow_from_the_agent() {
        let agent = |more: Value| {
            let mut agent = json!({"key": "a", "name": "A", "tool_configurations": {}});
            agent.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            serde_json::from_value::<Agent>(agent).unwrap()
        };
        let plain = Offloading::of(&agent(json!({})));
        assert_eq!((plain.enabled, plain.mode, plain.least), (true, Mode::Truncate, 4_096));
        let reader = json!({"tool_configurations": {"look": {"type": "artifact_grep"}}});
        assert_eq!(Offloading::of(&agent(reader)).mode, Mode::Artifact);
        let own = Offloading::of(&agent(json!({"tool_output_offloading": {
            "enabled": false, "mode": "artifact", "context_percentage": 0.5, "min_threshold_bytes": 1024,
            "max_threshold_bytes": 2048, "headroom_percentage": 1
        }})));
        assert_eq!(
            (own.enabled, own.mode, own.least, own.most),
            (false, Mode::Artifact, 1_024, 2_048)
        );
        assert!((own.share - 0.5).abs() < 1e-9 && own.headroom >= 1.0);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]
        #[test]
        fn what_is_cut_fits_and_says_so(
            text in "[a-z\"\\\\\n é]{5000,9000}",
            other in "[a-z]{0,2000}",
            target in 4_096_usize..5_000,
        ) {
            let output = json!({"content": text, "other": other});
            let output = output.as_object().unwrap().clone();
            let json = serde_json::to_string(&output).unwrap();
            let main = main_part(&output, json.len());
            let cut = truncated(output, main.as_deref(), &json, target);
            let cut = serde_json::to_string(&cut).unwrap();
            prop_assert!(cut.len() <= target, "{} > {target}", cut.len());
            prop_assert!(cut.contains("left out"));
        }
    }
}
