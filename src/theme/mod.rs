//! What things look like: named styles and the set of glyphs.
//!
//! Owns the tokens, the theme files and their inheritance. Knows only ratatui's `Style`; what a
//! token is used for is up to the drawing code, which never names a colour itself. Start with
//! [`Theme`]. The invariant: a theme uses the terminal's own sixteen colours and its default
//! foreground and background, so that it fits whatever palette its owner chose, light or dark.

mod depth;
mod glyphs;

use ratatui::style::{Color, Modifier, Style};
use serde::Deserialize;

pub use depth::Depth;
pub use glyphs::Glyphs;

/// The themes that are compiled in.
const BUILT_IN: &[(&str, &str)] = &[
    ("terminal", include_str!("../../themes/terminal.toml")),
    ("mono", include_str!("../../themes/mono.toml")),
];

/// Longest chain of `inherits`; a theme that inherits from itself ends here too.
const MAX_DEPTH: usize = 8;

macro_rules! tokens {
    ($($(#[$doc:meta])* $token:ident,)*) => {
        /// One style per meaning.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
        pub struct Theme {
            /// Chosen by the locale, not by a theme file.
            pub glyphs: Glyphs,
            /// Chosen by the terminal, not by a theme file.
            pub depth: Depth,
            $($(#[$doc])* pub $token: Style,)*
        }

        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Sheet {
            inherits: Option<String>,
            $($token: Option<Paint>,)*
        }

        impl Sheet {
            /// Lays this sheet over the theme that it inherits from. A token replaces the inherited
            /// one as a whole; without a base the first missing token is the error.
            fn over(&self, base: Option<Theme>) -> Result<Theme, &'static str> {
                Ok(Theme {
                    glyphs: base.map(|base| base.glyphs).unwrap_or_default(),
                    depth: base.map(|base| base.depth).unwrap_or_default(),
                    $($token: match (&self.$token, base) {
                        (Some(paint), _) => paint.style(),
                        (None, Some(base)) => base.$token,
                        (None, None) => return Err(stringify!($token)),
                    },)*
                })
            }
        }

        impl Theme {
            /// Every token by name.
            #[cfg(test)]
            fn tokens(&self) -> impl Iterator<Item = (&'static str, Style)> {
                [$((stringify!($token), self.$token),)*].into_iter()
            }
        }
    };
}

tokens! {
    text,
    /// Furniture that may be missed without loss: units, leaders, repeated words. Never content.
    dim,
    /// Where you are, and what a key would act on.
    accent,
    /// Something waits for the person at the keyboard; nothing else may look like this.
    you,
    /// A failure; nothing else may look like this.
    error,
    running,
    selection,
    /// What was looked for. Underlined too, because a selection may be reversed itself.
    found,
    rule,
    heading,
    /// A row that was taken from the agent by hand.
    hidden,
    /// A row that the agent knows from a summary only.
    compacted,
    /// The badges of profiles, in the colours that their owners chose.
    badge_red,
    badge_yellow,
    badge_green,
    badge_blue,
    badge_magenta,
    badge_cyan,
    code_comment,
    code_keyword,
    code_string,
    code_number,
    code_name,
}

/// A token as a theme file writes it. Everything left out is the terminal's default.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the terminal's own")]
struct Paint {
    fg: Hue,
    bg: Hue,
    bold: bool,
    dim: bool,
    italic: bool,
    underline: bool,
    reverse: bool,
}

#[derive(Deserialize, Default, Clone, Copy)]
#[serde(rename_all = "kebab-case")]
enum Hue {
    #[default]
    Default,
    Black,
    Red,
    Green,
    Yellow,
    Blue,
    Magenta,
    Cyan,
    White,
    BrightBlack,
    BrightRed,
    BrightGreen,
    BrightYellow,
    BrightBlue,
    BrightMagenta,
    BrightCyan,
    BrightWhite,
}

impl Hue {
    const fn color(self) -> Option<Color> {
        Some(match self {
            Self::Default => return None,
            Self::Black => Color::Black,
            Self::Red => Color::Red,
            Self::Green => Color::Green,
            Self::Yellow => Color::Yellow,
            Self::Blue => Color::Blue,
            Self::Magenta => Color::Magenta,
            Self::Cyan => Color::Cyan,
            // ratatui's `Gray` is colour 7 and its `White` is colour 15.
            Self::White => Color::Gray,
            Self::BrightBlack => Color::DarkGray,
            Self::BrightRed => Color::LightRed,
            Self::BrightGreen => Color::LightGreen,
            Self::BrightYellow => Color::LightYellow,
            Self::BrightBlue => Color::LightBlue,
            Self::BrightMagenta => Color::LightMagenta,
            Self::BrightCyan => Color::LightCyan,
            Self::BrightWhite => Color::White,
        })
    }
}

impl Paint {
    fn style(&self) -> Style {
        let mut style = Style::new();
        // Unset, not `Color::Reset`: styles are laid over each other, and a token without a colour
        // must let the one below shine through.
        style.fg = self.fg.color();
        style.bg = self.bg.color();
        for (on, modifier) in [
            (self.bold, Modifier::BOLD),
            (self.dim, Modifier::DIM),
            (self.italic, Modifier::ITALIC),
            (self.underline, Modifier::UNDERLINED),
            (self.reverse, Modifier::REVERSED),
        ] {
            if on {
                style = style.add_modifier(modifier);
            }
        }
        style
    }
}

/// Why a theme cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ThemeError {
    #[error("there is no theme `{name}`; there are {known}", known = Theme::names().collect::<Vec<_>>().join(", "))]
    Unknown { name: String },
    #[error("theme `{name}`: {error}")]
    Toml { name: String, error: toml::de::Error },
    #[error("theme `{name}` has no `{token}` and inherits from no theme that has")]
    Missing { name: String, token: &'static str },
    #[error("theme `{name}` inherits in a circle")]
    Circle { name: String },
}

impl Theme {
    /// A theme that is compiled in.
    pub fn load(name: &str) -> Result<Self, ThemeError> {
        Self::load_at(name, MAX_DEPTH)
    }

    pub fn names() -> impl Iterator<Item = &'static str> {
        BUILT_IN.iter().map(|(name, _)| *name)
    }

    /// The theme for a terminal when nobody asked for one. Meaning never hangs on colour alone, so
    /// doubt is settled in favour of `mono`.
    pub fn for_environment(no_color: bool, term: &str) -> Self {
        let colourless =
            term.is_empty() || term == "dumb" || term.starts_with("vt") || term.ends_with("-m");
        let name = if no_color || colourless { "mono" } else { "terminal" };
        // The built-in themes are proven by a test; plain text is what remains otherwise.
        Self::load(name).unwrap_or_default()
    }

    fn load_at(name: &str, depth: usize) -> Result<Self, ThemeError> {
        let found = BUILT_IN.iter().find(|(known, _)| *known == name);
        let (_, toml) = found.ok_or_else(|| ThemeError::Unknown { name: name.to_owned() })?;
        Self::parse_at(name, toml, depth)
    }

    fn parse_at(name: &str, toml: &str, depth: usize) -> Result<Self, ThemeError> {
        let own = || name.to_owned();
        let left = depth.checked_sub(1).ok_or_else(|| ThemeError::Circle { name: own() })?;
        let sheet: Sheet =
            toml::from_str(toml).map_err(|error| ThemeError::Toml { name: own(), error })?;
        let base = sheet.inherits.as_deref().map(|base| Self::load_at(base, left)).transpose()?;
        sheet.over(base).map_err(|token| ThemeError::Missing { name: own(), token })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_themes_load_and_keep_to_the_default_background() {
        for name in Theme::names() {
            let theme = Theme::load(name).unwrap();
            for (token, style) in theme.tokens() {
                assert_eq!(style.bg, None, "{name}.{token}");
            }
            assert_eq!(theme.text, Style::new());
            assert_ne!(theme.you, theme.error);
        }
    }

    #[test]
    fn mono_has_no_colour_and_no_faint_text() {
        for (token, style) in Theme::load("mono").unwrap().tokens() {
            assert_eq!(style.fg, None, "{token}");
            let allowed = Modifier::BOLD | Modifier::REVERSED | Modifier::UNDERLINED;
            assert!(allowed.contains(style.add_modifier), "{token}");
        }
    }

    #[test]
    fn red_yellow_and_faint_are_kept_for_their_one_meaning() {
        let theme = Theme::load("terminal").unwrap();
        // A badge has the colour that its owner chose, in its one place in the header.
        let meanings = theme.tokens().filter(|(token, _)| !token.starts_with("badge_"));
        for (token, style) in meanings {
            assert_eq!(style.fg == Some(Color::Red), token == "error", "{token}");
            assert_eq!(style.fg == Some(Color::Yellow), token == "you", "{token}");
            let faint = style.add_modifier.contains(Modifier::DIM);
            assert!(!faint || ["dim", "rule"].contains(&token), "{token}");
            // Bright black is the background itself in some well-known palettes.
            assert_ne!(style.fg, Some(Color::DarkGray), "{token}");
        }
    }

    #[test]
    fn the_environment_decides_about_colour() {
        let mono = Theme::load("mono").unwrap();
        for term in ["", "dumb", "vt100", "xterm-m"] {
            assert_eq!(Theme::for_environment(false, term), mono, "{term}");
        }
        assert_eq!(Theme::for_environment(true, "xterm-256color"), mono);
        assert_ne!(Theme::for_environment(false, "tmux-256color"), mono);
    }

    #[test]
    fn a_theme_changes_what_it_names_and_inherits_the_rest() {
        let mine = "inherits = \"terminal\"\naccent = { fg = \"bright-blue\", bold = true }";
        let mine = Theme::parse_at("mine", mine, MAX_DEPTH).unwrap();
        assert_eq!(mine.accent.fg, Some(Color::LightBlue));
        assert_eq!(mine.you, Theme::load("terminal").unwrap().you);
    }

    #[test]
    fn what_is_wrong_with_a_theme_is_named() {
        let error = |toml| Theme::parse_at("mine", toml, MAX_DEPTH).unwrap_err().to_string();
        assert!(error("inherits = \"nope\"").contains("there are terminal, mono"));
        assert!(error("text = {}").contains("no `dim`"));
        assert!(error("inherits = \"mono\"\nacent = {}").contains("acent"));
        assert!(error("inherits = \"mono\"\ntext = { fg = \"#fff\" }").contains("#fff"));
        assert!(error("inherits = \"mono\"\ntext = { colour = \"red\" }").contains("colour"));
    }
}
