//! The keys of the screen: those that are compiled in, a preset, `keys.toml`, and those of commands of
//! one's own.
//!
//! Start with [`keys`]. The invariant: whatever is in the files, there is a keymap with every way out;
//! what is wrong is told with its file and line, and all the rest counts.

use std::path::{Path, PathBuf};

use super::config_file::read;
use super::exit::Failure;
use super::places::Places;
use crate::app::{Action, Keymap, default_keymap, own_keys, update};
use crate::config::{CommandText, Config, Gravity, KeyText, Mistake, Origin, Setting, parse_keys};
use crate::keymap::{Key, Line, Preset, Scope, Source};
use crate::text::suggest::did_you_mean;
use crate::view::{OwnCommands, own_commands};

/// What the screen is opened with.
#[derive(Debug)]
pub(super) struct Keys {
    pub(super) keymap: Keymap,
    pub(super) commands: OwnCommands,
    /// What is wrong with the files, in their order.
    pub(super) mistakes: Vec<Mistake>,
}

impl Keys {
    /// The mistakes, a line each.
    pub(super) fn wrong(&self) -> Vec<String> {
        self.mistakes.iter().map(ToString::to_string).collect()
    }
}

/// Has the keymap that is compiled in read meanwhile, where something else takes as long. Without a thread
/// for that, it is read when it is needed.
pub(super) fn read_ahead() {
    drop(std::thread::Builder::new().name("keymap".to_owned()).spawn(default_keymap));
}

/// The keys of the files where configuration is, and of the configuration as it was read.
pub(super) fn keys() -> Result<Keys, Failure> {
    let usual = default_keymap()
        .map_err(|error| Failure::other(format!("the built-in keymap: {error}")))?;
    let Ok(places) = Places::find() else {
        let (commands, mistakes) = (OwnCommands::default(), Vec::new());
        return Ok(Keys { keymap: usual, commands, mistakes });
    };
    let path = places.keys();
    let config = places.config_of_keys();
    Ok(match read(&path) {
        Ok(text) => laid(usual, &places.config, config, &path, &text.unwrap_or_default()),
        Err(failure) => {
            let mut keys = laid(usual, &places.config, config, &path, "");
            keys.mistakes.push(Mistake {
                path,
                line: None,
                text: failure.to_string(),
                gravity: Gravity::Wrong,
            });
            keys
        }
    })
}

/// What would be wrong with the file of keys if it said this, and is not wrong with it now.
pub(super) fn new_clash(places: &Places, text: &str) -> Option<String> {
    let path = places.keys();
    let (usual, before) = (default_keymap().ok()?, keys().ok()?);
    let after = laid(usual, &places.config, places.config_of_keys(), &path, text);
    // Lines may have moved.
    let is_new = |wrong: &&Mistake| {
        wrong.path == path && before.mistakes.iter().all(|known| known.text != wrong.text)
    };
    after.mistakes.iter().find(is_new).map(|wrong| wrong.text.clone())
}

/// Lays what the files say over the keys that are compiled in.
fn laid(usual: Keymap, config_path: &Path, config: Config, path: &Path, text: &str) -> Keys {
    let (written, mut mistakes) = parse_keys(path, text);
    mistakes.extend(config.slips);
    let mut reader = Reader { mistakes, config: config_path, keys: path };
    let (texts, commands) = reader.commands(config.commands);
    let preset = written.preset.as_ref().and_then(|preset| reader.preset(preset));
    let mut keymap = usual.with_preset(preset.unwrap_or_default());
    let mut lines: Vec<Line<Action>> =
        written.lines.iter().filter_map(|line| reader.line(line, &commands)).collect();
    for ((action, _), text) in commands.iter().zip(&texts) {
        let has_line = lines.iter().any(|line| line.action == action);
        // The file of keys has the last word.
        lines.extend(reader.line_of_command(action, text).filter(|_| !has_line));
    }
    for clash in own_keys::lay(&mut keymap, lines) {
        let words = clash.words(|action| commands.name(action).to_owned());
        reader.at(clash.wanted.source, words);
    }
    let mut mistakes = reader.mistakes;
    mistakes.sort_by(|a, b| (&a.path, a.line).cmp(&(&b.path, b.line)));
    Keys { keymap, commands, mistakes }
}

struct Reader<'a> {
    mistakes: Vec<Mistake>,
    config: &'a Path,
    keys: &'a Path,
}

impl Reader<'_> {
    fn mistake(&mut self, origin: &Origin, text: String) {
        let (path, line) = match origin {
            Origin::File(path, line) => (path.clone(), Some(*line)),
            _ => (self.keys.to_owned(), None),
        };
        self.mistakes.push(Mistake { path, line, text, gravity: Gravity::Wrong });
    }

    fn at(&mut self, source: Source, text: String) {
        let (path, line) = match source {
            Source::Commands(line) => (self.config, Some(line)),
            Source::Keys(line) => (self.keys, Some(line)),
            _ => (self.keys, None),
        };
        let path = path.to_owned();
        self.mistakes.push(Mistake { path, line, text, gravity: Gravity::Wrong });
    }

    fn preset(&mut self, preset: &Setting<String>) -> Option<Preset> {
        let known = Preset::WORDS.iter().find(|(word, _)| *word == preset.value);
        if known.is_none() {
            let words = Preset::WORDS.map(|(word, _)| word);
            let suggestion = did_you_mean(&preset.value, words);
            let stop = if suggestion.is_empty() { "." } else { "" };
            let text = format!(
                "preset is \"{}\"{suggestion}{stop} It can be: {}",
                preset.value,
                words.join(", ")
            );
            self.mistake(&preset.origin, text);
        }
        known.map(|(_, preset)| *preset)
    }

    /// Commands that can be called as they are; a name that is taken would never be reached.
    fn commands(&mut self, texts: Vec<CommandText>) -> (Vec<CommandText>, OwnCommands) {
        let mut kept: Vec<CommandText> = Vec::new();
        for text in texts {
            let name = &text.name.value;
            if !update::is_free_name(name) {
                let text_of =
                    format!("commands.{name}: `:{name}` is built in; choose another name");
                self.mistake(&text.name.origin, text_of);
            } else if kept.len() >= own_commands::MOST {
                let most = own_commands::MOST;
                let text_of = format!("commands.{name}: there are more than {most} commands");
                self.mistake(&text.name.origin, text_of);
            } else {
                kept.push(text);
            }
        }
        let commands = OwnCommands::new(kept.iter().map(|text| text.command.clone()).collect());
        (kept, commands)
    }

    fn scope(&mut self, scope: &Setting<String>, known: &[Scope]) -> Option<Scope> {
        let found = known.iter().find(|known| known.name() == scope.value);
        if found.is_none() {
            let names: Vec<&str> = known.iter().map(|scope| scope.name()).collect();
            let suggestion = did_you_mean(&scope.value, names.iter().copied());
            let stop = if suggestion.is_empty() { "." } else { "" };
            let text = format!(
                "there is no scope \"{}\"{suggestion}{stop} The scopes are {}",
                scope.value,
                names.join(", ")
            );
            // Every line below it says the same.
            if !self.mistakes.iter().any(|mistake| mistake.text == text) {
                self.mistake(&scope.origin, text);
            }
        }
        found.copied()
    }

    fn sequences(&mut self, keys: &[Setting<String>], action: &str) -> Option<Vec<Vec<Key>>> {
        let mut sequences = Vec::new();
        for text in keys {
            match Key::parse_sequence(&text.value) {
                Ok(keys) => sequences.push(keys),
                Err(error) => self.mistake(&text.origin, format!("{action}: {error}")),
            }
        }
        // Where all of them are slips, nothing is taken away.
        (keys.is_empty() || !sequences.is_empty()).then_some(sequences)
    }

    fn line(&mut self, text: &KeyText, commands: &OwnCommands) -> Option<Line<Action>> {
        let scope = self.scope(&text.scope, Scope::ALL)?;
        let name = &text.action.value;
        let Some(action) = commands.action(name) else {
            let built_in = Action::ALL.iter().map(|action| action.name());
            let own = commands.iter().map(|(_, command)| command.name.as_str());
            let suggestion = did_you_mean(name, built_in.chain(own));
            let why = format!("there is no action \"{name}\"{suggestion}");
            self.mistake(&text.action.origin, why);
            return None;
        };
        let keys = self.sequences(&text.keys, name)?;
        Some(Line { scope, action, keys, source: Source::Keys(line_of(&text.action.origin)) })
    }

    fn line_of_command(&mut self, action: Action, text: &CommandText) -> Option<Line<Action>> {
        let scope = match &text.scope {
            Some(scope) => self.scope(scope, &own_keys::scopes_of_commands())?,
            None => Scope::Global,
        };
        let keys = self.sequences(&text.keys, &text.name.value).filter(|keys| !keys.is_empty())?;
        let line = text.keys.first().map_or(0, |keys| line_of(&keys.origin));
        Some(Line { scope, action, keys, source: Source::Commands(line) })
    }
}

fn line_of(origin: &Origin) -> usize {
    match origin {
        Origin::File(_, line) => *line,
        _ => 0,
    }
}

impl Places {
    /// The file of keys, beside the configuration.
    pub(super) fn keys(&self) -> PathBuf {
        self.config.with_file_name("keys.toml")
    }

    /// The configuration as far as keys go by it. What is wrong with it is said by whoever cannot do without
    /// it.
    fn config_of_keys(&self) -> Config {
        let config = self.salvage_config().config;
        Config { commands: self.own_commands(config.commands), ..config }
    }

    /// With the home directory in the places where they run.
    fn own_commands(&self, mut commands: Vec<CommandText>) -> Vec<CommandText> {
        for text in &mut commands {
            text.command.cwd = text.command.cwd.take().map(|cwd| self.expand(&cwd));
        }
        commands
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keymap::key;

    /// What is said of two files, and the keys of an action then.
    fn read(config: &str, keys: &str) -> (Keys, String) {
        let config_path = Path::new("config.toml");
        let config = Config::parse(config_path, config).unwrap();
        let usual = default_keymap().unwrap();
        let keys = laid(usual, config_path, config, Path::new("keys.toml"), keys);
        let said = keys.wrong().join("\n");
        (keys, said)
    }

    fn labels(keys: &Keys, name: &str) -> Vec<String> {
        let action = keys.commands.action(name).unwrap();
        keys.keymap.keys_for(action).map(|binding| key::label(&binding.keys)).collect()
    }

    /// Every file of a kind with what is said of it.
    fn each(kind: &str, say: impl Fn(&str) -> String) -> String {
        let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/fixtures").join(kind);
        let mut paths: Vec<PathBuf> =
            std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        let mut out = String::new();
        for path in paths {
            let text = std::fs::read_to_string(&path).unwrap();
            let name = path.file_stem().unwrap().to_string_lossy();
            let said = say(&text);
            out.extend(["== ", &name, "\n", &text, "-- said\n", &said, "\n\n"]);
        }
        out
    }

    #[test]
    fn what_is_said_of_files_of_keys() {
        insta::assert_snapshot!(each("keys", |text| read("", text).1));
    }

    #[test]
    fn what_is_said_of_commands() {
        insta::assert_snapshot!(each("commands", |text| read(text, "").1));
    }

    #[test]
    fn a_file_that_is_no_toml_costs_nothing_else() {
        let (keys, said) = read("", "[timeline\nhide = 'd'");
        assert!(said.starts_with("keys.toml:1: "), "{said}");
        assert_eq!(labels(&keys, "hide"), ["x", "x"], "in the timeline, and of one event");
    }

    #[test]
    fn a_command_has_its_keys_where_it_says_and_the_file_of_keys_has_the_last_word() {
        let config = "[commands.ticket]\nrun = ['true']\nkeys = 'g t'\nscope = 'timeline'\n";
        let (keys, said) = read(config, "");
        assert_eq!((labels(&keys, "ticket"), said.as_str()), (vec!["gt".to_owned()], ""));
        let (keys, _) = read(config, "[sessions]\nticket = 'g T'\n");
        assert_eq!(labels(&keys, "ticket"), ["gT"]);
        let (keys, said) = read(config, "[timeline]\nhide = 'g t'\n");
        assert!(labels(&keys, "ticket").is_empty());
        assert!(said.contains("config.toml:3: gt for ticket does not count"), "{said}");
        assert!(said.contains("(keys.toml:2)"), "{said}");
    }
}
