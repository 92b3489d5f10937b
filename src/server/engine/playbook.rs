//! Scripted agents: what to do for which input, with words drawn by chance and tools that answer.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;

use super::drive::Drive;
use super::moves::{self, Move, ToolRequest};
use super::{Cue, Engine, ToolRun};
use crate::api::Object;

/// A playbook as it is written in TOML.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Playbook {
    /// Lists to draw `{name}` from.
    #[serde(default)]
    words: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    tools: BTreeMap<String, Tool>,
    #[serde(default)]
    scene: Vec<ScenePlan>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Tool {
    #[serde(default)]
    delay_ms: u64,
    #[serde(default)]
    activity: Vec<String>,
    #[serde(default)]
    output: Object,
    #[serde(default)]
    failed: bool,
    /// Percent of calls that fail with `failure` instead.
    #[serde(default)]
    fails_percent: u8,
    #[serde(default)]
    failure: Object,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ScenePlan {
    /// Words of the input that call for this scene; none means any input.
    #[serde(default)]
    when: Vec<String>,
    script: String,
}

/// Why a playbook cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PlaybookError {
    #[error(transparent)]
    Toml(#[from] toml::de::Error),
    #[error("scene {scene}: {error}")]
    Script { scene: usize, error: moves::Unreadable },
}

impl Playbook {
    /// Reads a playbook and checks every script in it.
    pub fn parse(toml: &str) -> Result<Self, PlaybookError> {
        let playbook: Self = toml::from_str(toml)?;
        let mut random = fastrand::Rng::with_seed(0);
        for (scene, plan) in playbook.scene.iter().enumerate() {
            let script = playbook.fill(&plan.script, "", &mut random);
            if let Some(Err(error)) = moves::parse(&script) {
                return Err(PlaybookError::Script { scene, error });
            }
        }
        Ok(playbook)
    }

    /// Replaces each `{name}` by a word of that list, the same one throughout the script; `{n}` is
    /// a number of four digits and `{input}` what was said.
    fn fill(&self, script: &str, input: &str, random: &mut fastrand::Rng) -> String {
        let mut out = script.replace("{n}", &random.u32(1_000..10_000).to_string());
        for (name, words) in &self.words {
            let Some(word) = random.choice(words) else {
                continue;
            };
            out = out.replace(&format!("{{{name}}}"), word);
        }
        out.replace("{input}", &input.replace(['\n', '"', '\\'], " "))
    }
}

impl Engine for Playbook {
    fn respond(&self, seed: u64, cue: &Cue<'_>) -> Vec<Move> {
        let Cue::Message(text) = cue else {
            return Drive.respond(seed, cue);
        };
        // Commands work with every agent, so that a demo can be steered from the composer.
        if text.trim_start().starts_with('/') {
            return Drive.respond(seed, cue);
        }
        let mut random = fastrand::Rng::with_seed(seed);
        let lower = text.to_lowercase();
        let called_for = |plan: &&ScenePlan| plan.when.iter().any(|word| lower.contains(word));
        let mut fitting: Vec<_> = self.scene.iter().filter(called_for).collect();
        if fitting.is_empty() {
            fitting = self.scene.iter().filter(|plan| plan.when.is_empty()).collect();
        }
        let Some(plan) = random.choice(&fitting) else {
            return Drive.respond(seed, cue);
        };
        let script = self.fill(&plan.script, text, &mut random);
        moves::parse(&script).and_then(Result::ok).unwrap_or_default()
    }

    fn run_tool(&self, seed: u64, request: &ToolRequest) -> ToolRun {
        let Some(tool) = self.tools.get(&request.tool) else {
            return Drive.run_tool(seed, request);
        };
        let mut random = fastrand::Rng::with_seed(seed);
        let unlucky = random.u8(0..100) < tool.fails_percent;
        let jitter = random.u64(80..=120);
        ToolRun {
            delay: Duration::from_millis(tool.delay_ms * jitter / 100),
            activity: tool.activity.clone(),
            output: if unlucky { tool.failure.clone() } else { tool.output.clone() },
            failed: unlucky || tool.failed,
            ran: true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOML: &str = r#"
        words.city = ["Bern", "Lyon"]
        [tools.map]
        output = { found = true }
        [[scene]]
        when = ["route"]
        script = "/call map {\"to\": \"{city}\", \"nr\": {n}}\n/say On the way to {city}."
        [[scene]]
        script = "/say {input}?"
    "#;

    fn respond(seed: u64, text: &str) -> Vec<Move> {
        Playbook::parse(TOML).unwrap().respond(seed, &Cue::Message(text))
    }

    #[test]
    fn a_word_is_drawn_once_and_the_same_seed_draws_the_same() {
        let moves = respond(5, "plan a ROUTE");
        assert_eq!(moves, respond(5, "plan a ROUTE"));
        let Move::Call { calls } = &moves[0] else { panic!("{moves:?}") };
        let city = calls[0].arguments["to"].as_str().unwrap();
        assert!(matches!(&moves[1], Move::Say { text } if text.contains(city)));
    }

    #[test]
    fn other_input_takes_the_general_scene_and_commands_still_work() {
        assert_eq!(respond(1, "hello"), [Move::Say { text: "hello?".into() }]);
        assert_eq!(respond(1, "/overflow"), [Move::Overflow]);
    }

    #[test]
    fn a_bad_script_is_refused_with_its_place() {
        let error = Playbook::parse("[[scene]]\nscript = \"/dance\"").unwrap_err();
        assert!(error.to_string().starts_with("scene 0: /dance"), "{error}");
    }
}
