//! What the screen looks like: by flags, then by the configuration, then by the terminal.
//!
//! Reads the theme files beside the configuration. Start with [`appearance`]. The invariant: nothing that
//! is wrong with a theme keeps the screen from opening.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use super::config_file::read;
use super::display::DisplayArgs;
use super::global::{ColorWhen, Global};
use super::places::Places;
use crate::config::{self, Setting, ThemeNames};
use crate::theme::{Choice, Depth, Glyphs, Ground, Library, Themes};

/// More of them are a slip.
const MOST_FILES: usize = 200;

/// The themes with the choice, and what is wrong with them, a line each.
pub(super) fn appearance(display: &DisplayArgs, global: &Global) -> (Themes, Vec<String>) {
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let places = Places::find().ok();
    let config = Places::readable_config();
    let mut wrong = Vec::new();
    let mut library = Library::default();
    if let Some(places) = &places {
        add_files(&mut library, &places.themes(), &mut wrong);
    }
    let flag = display.theme().map(Choice::one);
    let configured = || config.theme.as_ref().map(choice);
    let wide = config.ambiguous_width.as_ref().is_some_and(|columns| columns.value == 2);
    let glyphs = config.glyphs.as_ref().map_or(config::Glyphs::Auto, |glyphs| glyphs.value);
    let glyphs = signs(if global.ascii { config::Glyphs::Ascii } else { glyphs });
    let themes = Themes {
        library,
        choice: flag.or_else(configured).unwrap_or_default(),
        depth: depth(global.color, variable),
        glyphs: if wide { glyphs.where_ambiguous_is_wide() } else { glyphs },
        ground: variable("COLORFGBG").and_then(|value| Ground::of_variable(&value)),
    };
    let chosen = if display.theme().is_some() {
        "--theme".to_owned()
    } else {
        config.theme.as_ref().map_or_else(String::new, |theme| theme.origin.to_string())
    };
    wrong.extend(themes.problems().into_iter().map(|problem| format!("{chosen}: {problem}")));
    (themes, wrong)
}

/// The flag has the last word, as it has for commands.
fn depth(color: ColorWhen, variable: impl Fn(&str) -> Option<String>) -> Depth {
    match color {
        ColorWhen::Auto => Depth::for_environment(variable),
        ColorWhen::Always => {
            Depth::for_environment(|name| variable(name).filter(|_| name != "NO_COLOR"))
        }
        ColorWhen::Never => Depth::Mono,
    }
}

fn signs(configured: config::Glyphs) -> Glyphs {
    match configured {
        config::Glyphs::Ascii => Glyphs::ASCII,
        config::Glyphs::Unicode => Glyphs::UNICODE,
        config::Glyphs::Nerd => Glyphs::NERD,
        config::Glyphs::Auto => Glyphs::for_environment(|name| std::env::var(name).ok()),
    }
}

/// Whether commands write ASCII only.
pub(super) fn is_ascii(configured: config::Glyphs) -> bool {
    signs(configured) == Glyphs::ASCII
}

/// The same where nothing is known but the flag, and what the configuration says if it can be read.
pub(super) fn is_ascii_by(flag: bool) -> bool {
    let configured = || Places::readable_config().glyphs;
    flag || is_ascii(configured().map_or(config::Glyphs::Auto, |glyphs| glyphs.value))
}

/// Themes that can be shown; what is wrong with files of others is a line each.
pub(super) fn usable(themes: &Themes) -> (Vec<String>, Vec<String>) {
    let (names, wrong) = themes.usable();
    (names, wrong.iter().map(ToString::to_string).collect())
}

fn choice(theme: &Setting<ThemeNames>) -> Choice {
    Choice { dark: theme.value.dark.clone(), light: theme.value.light.clone() }
}

/// The theme files, each with what is wrong with it.
pub(super) fn theme_files(places: &Places) -> Vec<(PathBuf, Vec<String>)> {
    let directory = places.themes();
    let mut unread = Vec::new();
    let mut library = Library::default();
    add_files(&mut library, &directory, &mut unread);
    let of = |path: &Path| {
        let place = path.display().to_string();
        let name = path.file_stem().and_then(OsStr::to_str).unwrap_or_default();
        let mut wrong: Vec<String> =
            unread.iter().filter(|line| line.contains(&place)).cloned().collect();
        if wrong.is_empty()
            && let Err(error) = library.load(name, Depth::Full)
        {
            let told = error.to_string();
            let lines = told.lines().map(|line| {
                if line.contains(&place) { line.to_owned() } else { format!("{place}: {line}") }
            });
            wrong.extend(lines);
        }
        wrong
    };
    paths(&directory).into_iter().map(|path| (path.clone(), of(&path))).collect()
}

/// `NAME.toml` of a directory, which need not be there.
fn paths(directory: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(directory) else { return Vec::new() };
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let is_theme = |path: &PathBuf| path.extension() == Some(OsStr::new("toml"));
    let mut paths: Vec<_> = paths.filter(is_theme).take(MOST_FILES).collect();
    paths.sort();
    paths
}

fn add_files(library: &mut Library, directory: &Path, wrong: &mut Vec<String>) {
    for path in paths(directory) {
        let Some(name) = path.file_stem().and_then(OsStr::to_str) else { continue };
        match read(&path) {
            Ok(text) => {
                library.add(name, path.display().to_string(), text.unwrap_or_default());
            }
            Err(failure) => wrong.push(failure.to_string()),
        }
    }
}
