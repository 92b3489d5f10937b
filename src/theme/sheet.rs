//! A theme file as it is written: what it inherits from, a palette, and a style for each token.
//!
//! Reads and finds mistakes; lays nothing over anything. Start with [`Sheet::parse`]. The invariant: a
//! mistake has a line, and all of them are found at once.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::canvas::{Modifier, Style};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::colour::{Hue, NAMES};
use super::{Depth, TOKENS};
use crate::text::suggest::did_you_mean;

/// Something in a theme file that cannot be meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// Counted from 1.
    pub line: usize,
    pub text: String,
}

/// A colour of a token: itself, or a name of the palette. That is looked up last, so that a theme which
/// inherits changes with its palette what it inherits, too.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Ink {
    Hue(Hue),
    Named(String),
}

impl Ink {
    fn hue(&self, palette: &Palette) -> Hue {
        match self {
            Self::Hue(hue) => *hue,
            Self::Named(name) => palette.get(name).copied().unwrap_or(Hue::Default),
        }
    }
}

/// A token as a file writes it. What is left out is the terminal's default.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Paint {
    fg: Ink,
    bg: Ink,
    modifiers: Modifier,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Sheet {
    pub(super) inherits: Option<String>,
    pub(super) palette: Palette,
    /// Names of tokens, of those that there are.
    pub(super) paints: Vec<(&'static str, Paint)>,
}

/// Colours under names of the file's own.
pub(super) type Palette = BTreeMap<String, Hue>;

const SWITCHES: [(&str, Modifier); 5] = [
    ("bold", Modifier::BOLD),
    ("dim", Modifier::DIM),
    ("italic", Modifier::ITALIC),
    ("underline", Modifier::UNDERLINED),
    ("reverse", Modifier::REVERSED),
];

impl Paint {
    /// Nothing is said of a colour that the file leaves open: styles are laid over each other, and the
    /// one below must shine through.
    pub(super) fn style(&self, palette: &Palette, depth: Depth) -> Style {
        let mut style = Style::new().add_modifier(self.modifiers);
        if let Some(color) = self.fg.hue(palette).color(depth) {
            style = style.fg(color);
        }
        if let Some(color) = self.bg.hue(palette).color(depth) {
            style = style.bg(color);
        }
        style
    }

    /// Whether it wants more colours than the terminal's own.
    pub(super) fn is_mixed(&self, palette: &Palette) -> bool {
        [&self.fg, &self.bg].into_iter().any(|ink| matches!(ink.hue(palette), Hue::Rgb(_)))
    }
}

struct Reader<'a> {
    text: &'a str,
    mistakes: Vec<Mistake>,
}

impl Sheet {
    /// Colours may be names of `inherited`, too.
    pub(super) fn parse(
        text: &str,
        inherited: impl FnOnce(&str) -> Palette,
    ) -> Result<Self, Vec<Mistake>> {
        let mut reader = Reader { text, mistakes: Vec::new() };
        let table = DeTable::parse(text).map_err(|error| {
            let span = error.span().unwrap_or_default();
            reader.mistake(&span, error.message().to_owned());
            std::mem::take(&mut reader.mistakes)
        })?;
        let mut sheet = Self::default();
        let table = table.get_ref();
        if let Some((_, value)) = table.get_key_value("inherits") {
            sheet.inherits = reader.text("inherits", value).map(str::to_owned);
        }
        sheet.palette = sheet.inherits.as_deref().map(inherited).unwrap_or_default();
        if let Some(value) = table.get("palette") {
            reader.palette(value, &mut sheet.palette);
        }
        for (key, value) in table {
            let name: &str = key.get_ref();
            if matches!(name, "inherits" | "palette") {
                continue;
            }
            let Some(token) = TOKENS.iter().find(|token| **token == name) else {
                let known = TOKENS.iter().copied().chain(["inherits", "palette"]);
                let suggestion = did_you_mean(name, known);
                reader.mistake(&key.span(), format!("a theme has no \"{name}\"{suggestion}"));
                continue;
            };
            if let Some(paint) = reader.paint(token, value, &sheet.palette) {
                sheet.paints.push((token, paint));
            }
        }
        if reader.mistakes.is_empty() {
            return Ok(sheet);
        }
        reader.mistakes.sort_by_key(|mistake| mistake.line);
        Err(reader.mistakes)
    }
}

impl Reader<'_> {
    fn mistake(&mut self, span: &Range<usize>, text: String) {
        let before = self.text.get(..span.start).unwrap_or(self.text);
        let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
        self.mistakes.push(Mistake { line, text });
    }

    fn text<'v>(&mut self, key: &str, value: &'v Spanned<DeValue<'_>>) -> Option<&'v str> {
        let text = value.get_ref().as_str();
        if text.is_none() {
            let found = value.get_ref().type_str();
            self.mistake(&value.span(), format!("{key} is a text in quotes, not of type {found}"));
        }
        text
    }

    fn ink(&mut self, key: &str, value: &Spanned<DeValue<'_>>, palette: &Palette) -> Option<Ink> {
        let text = self.text(key, value)?;
        if palette.contains_key(text) {
            return Some(Ink::Named(text.to_owned()));
        }
        let hue = Hue::read(text);
        if hue.is_none() {
            let names = palette.keys().map(String::as_str);
            let suggestion = did_you_mean(text, names.chain(NAMES.iter().map(|(name, _)| *name)));
            let stop = if suggestion.is_empty() { "." } else { "" };
            let words = format!(
                "{key}: there is no colour \"{text}\"{suggestion}{stop} It is #rrggbb, \"default\", a \
                 name of the palette, or one of the terminal's sixteen, such as \"bright-cyan\""
            );
            self.mistake(&value.span(), words);
        }
        hue.map(Ink::Hue)
    }

    fn palette(&mut self, value: &Spanned<DeValue<'_>>, palette: &mut Palette) {
        let Some(table) = value.get_ref().as_table() else {
            return self.mistake(&value.span(), "palette is a table of colours".to_owned());
        };
        for (name, value) in table {
            let name: &str = name.get_ref();
            if let Some(Ink::Hue(hue)) = self.ink(name, value, &Palette::new()) {
                palette.insert(name.to_owned(), hue);
            }
        }
    }

    /// `"cyan"`, or `{ fg = "cyan", bold = true }`.
    fn paint(
        &mut self,
        token: &str,
        value: &Spanned<DeValue<'_>>,
        palette: &Palette,
    ) -> Option<Paint> {
        let unset = || Ink::Hue(Hue::Default);
        let mut paint = Paint { fg: unset(), bg: unset(), modifiers: Modifier::empty() };
        let Some(table) = value.get_ref().as_table() else {
            paint.fg = self.ink(token, value, palette)?;
            return Some(paint);
        };
        let before = self.mistakes.len();
        for (key, value) in table {
            let name: &str = key.get_ref();
            let switch = SWITCHES.iter().find(|(known, _)| *known == name);
            match (name, switch, value.get_ref()) {
                ("fg", ..) => paint.fg = self.ink(name, value, palette).unwrap_or_else(unset),
                ("bg", ..) => paint.bg = self.ink(name, value, palette).unwrap_or_else(unset),
                (_, Some((_, modifier)), DeValue::Boolean(on)) => {
                    paint.modifiers.set(*modifier, *on);
                }
                (_, Some(_), _) => {
                    self.mistake(&value.span(), format!("{name} is true or false"));
                }
                (_, None, _) => {
                    let known = SWITCHES.iter().map(|(name, _)| *name).chain(["fg", "bg"]);
                    let suggestion = did_you_mean(name, known);
                    self.mistake(&key.span(), format!("{token} has no \"{name}\"{suggestion}"));
                }
            }
        }
        (self.mistakes.len() == before).then_some(paint)
    }
}
