//! The themes that there are, and the one that is shown.
//!
//! Must not read files: who opens the screen brings their texts. Start with [`Themes::shown`]. The
//! invariant: there is always a theme to draw with; what cannot be used is said by whoever wanted it.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::sheet::{Mistake, Palette, Sheet};
use super::{Depth, Glyphs, Ground, TOKENS, Theme};
use crate::text::suggest::did_you_mean;

/// The themes that are compiled in; the first is the default.
const BUILT_IN: &[(&str, &str)] = &[
    (DEFAULT, include_str!("../../themes/terminal.toml")),
    (FOR_DARK, include_str!("../../themes/terminal-dark.toml")),
    (FOR_LIGHT, include_str!("../../themes/terminal-light.toml")),
    ("dark", include_str!("../../themes/dark.toml")),
    ("light", include_str!("../../themes/light.toml")),
    ("high-contrast", include_str!("../../themes/high-contrast.toml")),
    (MONO, include_str!("../../themes/mono.toml")),
    ("catppuccin-mocha", include_str!("../../themes/catppuccin-mocha.toml")),
    ("catppuccin-latte", include_str!("../../themes/catppuccin-latte.toml")),
    ("gruvbox-dark", include_str!("../../themes/gruvbox-dark.toml")),
    ("gruvbox-light", include_str!("../../themes/gruvbox-light.toml")),
    ("nord", include_str!("../../themes/nord.toml")),
    ("dracula", include_str!("../../themes/dracula.toml")),
];

const DEFAULT: &str = "terminal";
/// What the default becomes once it is known what it stands on.
const FOR_DARK: &str = "terminal-dark";
const FOR_LIGHT: &str = "terminal-light";
const MONO: &str = "mono";

/// Longest chain of `inherits`; a theme that inherits from itself ends here too.
const LONGEST_CHAIN: usize = 8;

/// Why a theme cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ThemeError {
    #[error("there is no theme \"{name}\"{suggestion} There are {known}")]
    Unknown { name: String, suggestion: String, known: String },
    #[error("{}", told(place, mistakes))]
    Mistakes { place: String, mistakes: Vec<Mistake> },
    #[error("{place}: it has no {token} and inherits from no theme that has")]
    Missing { place: String, token: &'static str },
    #[error(
        "{place}: it inherits in a circle, or from more than {LONGEST_CHAIN} one after the other"
    )]
    Circle { place: String },
    #[error("\"{name}\" has more colours than this terminal: it shows the terminal's own sixteen")]
    TooFewColours { name: String },
}

fn told(place: &str, mistakes: &[Mistake]) -> String {
    let line = |mistake: &Mistake| format!("{place}:{}: {}", mistake.line, mistake.text);
    mistakes.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[derive(Debug, Clone)]
struct Source {
    /// Whose mistakes they are.
    place: String,
    text: Cow<'static, str>,
}

/// Themes by name.
#[derive(Debug, Clone)]
pub struct Library {
    sources: BTreeMap<String, Source>,
}

impl Default for Library {
    fn default() -> Self {
        let source = |name: &str, text| Source { place: format!("theme {name}"), text };
        let built_in = BUILT_IN
            .iter()
            .map(|(name, text)| ((*name).to_owned(), source(name, Cow::Borrowed(*text))));
        Self { sources: built_in.collect() }
    }
}

impl Library {
    /// A file, which takes the place of what is built in under its name. `place` is where it is, for
    /// what is wrong with it.
    pub fn add(&mut self, name: &str, place: String, text: String) {
        self.sources.insert(name.to_owned(), Source { place, text: text.into() });
    }

    /// The built-in ones in their order, then those of files.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let is_built_in = |name: &str| BUILT_IN.iter().any(|(known, _)| *known == name);
        let own = self.sources.keys().map(String::as_str).filter(move |name| !is_built_in(name));
        BUILT_IN.iter().map(|(name, _)| *name).chain(own)
    }

    /// Whether no file added anything, or took the place of what others inherit from.
    fn is_as_built(&self) -> bool {
        self.sources.values().all(|source| matches!(source.text, Cow::Borrowed(_)))
    }

    /// A theme as a terminal with so many colours shows it.
    pub fn load(&self, name: &str, depth: Depth) -> Result<Theme, ThemeError> {
        let sheet = self.sheet(name, LONGEST_CHAIN)?;
        if depth == Depth::Sixteen
            && sheet.paints.iter().any(|(_, paint)| paint.is_mixed(&sheet.palette))
        {
            return Err(ThemeError::TooFewColours { name: name.to_owned() });
        }
        let mut theme = Theme { depth, ..Theme::default() };
        for token in TOKENS {
            let paint = sheet.paints.iter().find(|(known, _)| known == token);
            let (_, paint) =
                paint.ok_or_else(|| ThemeError::Missing { place: self.place(name), token })?;
            theme.set(token, paint.style(&sheet.palette, depth));
        }
        Ok(theme)
    }

    fn place(&self, name: &str) -> String {
        self.sources.get(name).map_or_else(String::new, |source| source.place.clone())
    }

    /// With all that it inherits.
    fn sheet(&self, name: &str, left: usize) -> Result<Sheet, ThemeError> {
        let source = self.sources.get(name).ok_or_else(|| {
            let suggestion = did_you_mean(name, self.names());
            let stop = if suggestion.is_empty() { "." } else { "" };
            let known = self.names().collect::<Vec<_>>().join(", ");
            ThemeError::Unknown { name: name.to_owned(), suggestion: suggestion + stop, known }
        })?;
        let place = || source.place.clone();
        let left = left.checked_sub(1).ok_or_else(|| ThemeError::Circle { place: place() })?;
        let mut base = None;
        let parsed = Sheet::parse(&source.text, |parent| {
            let found = self.sheet(parent, left);
            let palette = found.as_ref().map_or_else(|_| Palette::new(), |it| it.palette.clone());
            base = Some(found);
            palette
        });
        // What it inherits is the reason for what it lacks.
        let base = base.transpose()?;
        let mut sheet =
            parsed.map_err(|mistakes| ThemeError::Mistakes { place: place(), mistakes })?;
        for (token, paint) in base.into_iter().flat_map(|base| base.paints) {
            if sheet.paints.iter().all(|(known, _)| *known != token) {
                sheet.paints.push((token, paint));
            }
        }
        Ok(sheet)
    }
}

/// Which theme is wanted on which background.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    pub dark: String,
    pub light: String,
}

impl Choice {
    /// The same on both.
    pub fn one(name: &str) -> Self {
        Self { dark: name.to_owned(), light: name.to_owned() }
    }
}

impl Default for Choice {
    fn default() -> Self {
        Self::one(DEFAULT)
    }
}

/// The library with what was chosen of it, on this terminal.
#[derive(Debug, Clone, Default)]
pub struct Themes {
    pub library: Library,
    pub choice: Choice,
    pub depth: Depth,
    pub glyphs: Glyphs,
    /// `None` where the terminal did not say.
    pub ground: Option<Ground>,
}

#[cfg(any(test, feature = "internals"))]
impl Theme {
    /// A theme that is compiled in, as a terminal of sixteen colours shows it.
    pub fn load(name: &str) -> Result<Self, ThemeError> {
        Library::default().load(name, Depth::Sixteen)
    }
}

impl Themes {
    /// What to draw with. Where there is no colour, or none is wanted, the choice does not matter.
    pub fn shown(&self) -> Theme {
        self.worn(None)
    }

    /// The same with another one on top of the choice, if it can be shown.
    pub fn worn(&self, over: Option<&str>) -> Theme {
        let over = over.and_then(|name| self.load(name).ok());
        let theme = over.map_or_else(|| self.load(self.wanted()), Ok);
        let theme = theme.or_else(|_| self.load(DEFAULT));
        // The built-in ones are proven by a test; plain text is what remains otherwise.
        let theme = theme.unwrap_or_default();
        Theme { glyphs: self.glyphs, ..theme }
    }

    /// Why what was chosen cannot be shown; one reason for each of the two.
    pub fn problems(&self) -> Vec<ThemeError> {
        let mut names = vec![&self.choice.dark, &self.choice.light];
        names.dedup();
        names.into_iter().filter_map(|name| self.load(name).err()).collect()
    }

    /// Names of those that can be shown here, and what is wrong with the files of others.
    pub fn usable(&self) -> (Vec<String>, Vec<ThemeError>) {
        if self.depth != Depth::Sixteen && self.library.is_as_built() {
            // Proven by a test; a start does not read them all again.
            return (self.library.names().map(str::to_owned).collect(), Vec::new());
        }
        let (mut names, mut wrong) = (Vec::new(), Vec::new());
        for name in self.library.names() {
            match self.library.load(name, self.depth) {
                Ok(_) => names.push(name.to_owned()),
                Err(ThemeError::TooFewColours { .. }) => {}
                Err(error) => wrong.push(error),
            }
        }
        (names, wrong)
    }

    /// The name of what is chosen for what it stands on; the darker one while that is not known.
    fn wanted(&self) -> &str {
        match self.ground {
            Some(Ground::Light) => &self.choice.light,
            Some(Ground::Dark) | None => &self.choice.dark,
        }
    }

    fn load(&self, name: &str) -> Result<Theme, ThemeError> {
        let name = match (name, self.ground) {
            _ if self.depth == Depth::Mono => MONO,
            (DEFAULT, Some(Ground::Dark)) => FOR_DARK,
            (DEFAULT, Some(Ground::Light)) => FOR_LIGHT,
            (name, _) => name,
        };
        self.library.load(name, self.depth)
    }
}

#[cfg(test)]
mod tests {
    use super::super::colour::contrast;
    use super::*;
    use crate::canvas::{Color, Modifier, Style};

    /// What may be read at this contrast by most people (WCAG 2.2, success criterion 1.4.3).
    const LEGIBLE: f64 = 4.5;
    const BLACK: [u8; 3] = [0; 3];
    const WHITE: [u8; 3] = [255; 3];

    fn rgb(color: Option<Color>, default: [u8; 3]) -> [u8; 3] {
        match color {
            None | Some(Color::Reset) => default,
            Some(Color::Rgb(red, green, blue)) => [red, green, blue],
            Some(own) => Depth::colour_of(own).unwrap(),
        }
    }

    /// The colours of letters and of what is behind them, on a terminal with these of its own.
    fn pair(style: Style, ground: Style, own: ([u8; 3], [u8; 3])) -> ([u8; 3], [u8; 3]) {
        let style = ground.patch(style);
        let (fg, bg) = (rgb(style.foreground(), own.0), rgb(style.background(), own.1));
        if style.modifiers().contains(Modifier::REVERSED) { (bg, fg) } else { (fg, bg) }
    }

    /// What is too faint, on a terminal with letters and a background of these colours.
    fn faint(theme: &Theme, own: ([u8; 3], [u8; 3])) -> Vec<String> {
        let letters = theme.tokens().filter(|(token, _)| *token != "rule");
        let ratios = letters.map(|(token, style)| {
            let (fg, bg) = pair(style, theme.text, own);
            (token, contrast(fg, bg))
        });
        let faint = ratios.filter(|(_, ratio)| *ratio < LEGIBLE);
        faint.map(|(token, ratio)| format!("{token} {ratio:.2}")).collect()
    }

    #[test]
    fn every_token_of_every_theme_can_be_read_on_what_it_may_stand_on() {
        let library = Library::default();
        let on_dark = (WHITE, BLACK);
        let on_light = (BLACK, WHITE);
        for name in library.names() {
            let theme = library.load(name, Depth::Full).unwrap();
            let grounds: &[_] = match name {
                FOR_DARK => &[on_dark],
                FOR_LIGHT => &[on_light],
                // These have a background of their own, or must do on any.
                _ => &[on_dark, on_light],
            };
            for own in grounds {
                assert_eq!(faint(&theme, *own), Vec::<String>::new(), "{name} on {:?}", own.1);
            }
        }
    }

    #[test]
    fn you_and_error_look_like_nothing_else() {
        let library = Library::default();
        for name in library.names() {
            let theme = library.load(name, Depth::Full).unwrap();
            for (mine, style) in [("you", theme.you), ("error", theme.error)] {
                // A badge has the colour that its owner chose, in its one place in the header.
                let others = theme
                    .tokens()
                    .filter(|(token, _)| *token != mine && !token.starts_with("badge_"));
                for (token, other) in others {
                    assert_ne!(style, other, "{name}: {mine} and {token}");
                }
            }
        }
    }

    #[test]
    fn the_selection_is_a_bar_of_one_colour() {
        let library = Library::default();
        for name in library.names() {
            let selection = library.load(name, Depth::Full).unwrap().selection;
            let both = selection.foreground().is_some() && selection.background().is_some();
            let reversed = selection.modifiers().contains(Modifier::REVERSED);
            let neither = selection.foreground().is_none() && selection.background().is_none();
            assert!(both || (reversed && neither), "{name}");
        }
    }

    #[test]
    fn the_themes_of_sixteen_colours_keep_to_the_terminals_own_background() {
        let library = Library::default();
        for name in [DEFAULT, FOR_DARK, FOR_LIGHT, MONO, "high-contrast"] {
            let theme = library.load(name, Depth::Sixteen).unwrap();
            assert_eq!((theme.text.foreground(), theme.text.background()), (None, None), "{name}");
            for (token, style) in theme.tokens() {
                // Bright black is the background itself in some well-known palettes.
                assert_ne!(style.foreground(), Some(Color::DarkGray), "{name}.{token}");
            }
        }
        let mixed = library.load("nord", Depth::Sixteen).unwrap_err().to_string();
        assert!(mixed.contains("more colours than this terminal"), "{mixed}");
    }

    #[test]
    fn mono_has_no_colour_and_no_faint_text() {
        for (token, style) in Library::default().load(MONO, Depth::Mono).unwrap().tokens() {
            assert_eq!((style.foreground(), style.background()), (None, None), "{token}");
            let allowed = Modifier::BOLD | Modifier::REVERSED | Modifier::UNDERLINED;
            assert!(allowed.contains(style.modifiers()), "{token}");
        }
    }

    #[test]
    fn what_is_shown_follows_the_background_and_the_terminal() {
        let mut themes = Themes::default();
        let of = |name| Library::default().load(name, Depth::Sixteen).unwrap();
        assert_eq!(themes.shown(), of(DEFAULT));
        themes.ground = Some(Ground::Light);
        assert_eq!(themes.shown(), of(FOR_LIGHT));
        themes.choice = Choice { dark: "nope".into(), light: "high-contrast".into() };
        assert_eq!(themes.shown(), of("high-contrast"));
        themes.ground = Some(Ground::Dark);
        assert_eq!(themes.shown(), of(FOR_DARK), "there is always one");
        assert!(themes.problems()[0].to_string().contains("nope") && themes.problems().len() == 1);
        assert_eq!(themes.worn(Some("nord")), of(FOR_DARK), "it has more colours than there are");
        assert!(!themes.usable().0.contains(&"nord".to_owned()));
        themes.depth = Depth::Indexed;
        assert!(matches!(themes.worn(Some("nord")).text.background(), Some(Color::Indexed(_))));
        assert_eq!(themes.usable().0.len(), BUILT_IN.len());
        themes.depth = Depth::Mono;
        assert_eq!(themes.shown().text, Style::new(), "no colour is no colour");
    }

    fn error(text: &str) -> String {
        let mut library = Library::default();
        library.add("mine", "mine.toml".to_owned(), text.to_owned());
        library.load("mine", Depth::Full).unwrap_err().to_string()
    }

    #[test]
    fn a_theme_changes_what_it_names_and_inherits_the_rest_with_its_palette() {
        let mut library = Library::default();
        let mine = "inherits = 'nord'\naccent = { fg = 'frost', bold = true }\nyou = 'sun'\n\
                    [palette]\nsun = '#ffee00'\n";
        library.add("mine", "mine.toml".to_owned(), mine.to_owned());
        let (mine, nord) =
            (library.load("mine", Depth::Full), library.load("nord", Depth::Full).unwrap());
        let mine = mine.unwrap();
        assert_eq!(mine.you.foreground(), Some(Color::Rgb(255, 238, 0)));
        assert_eq!(
            mine.accent.foreground(),
            Some(Color::Rgb(0x8f, 0xbc, 0xbb)),
            "a colour of nord's palette"
        );
        assert_eq!(mine.error, nord.error);
        assert!(library.names().last() == Some("mine"));
    }

    #[test]
    fn what_is_wrong_with_a_theme_has_a_line_and_a_suggestion() {
        assert!(error("inherits = 'nrd'").contains("did you mean \"nord\"?"));
        assert!(error("text = {}").contains("mine.toml: it has no dim"));
        let several = error("inherits = 'mono'\nacent = {}\nyou = { fg = 'yelow', bald = true }");
        let lines: Vec<&str> = several.lines().collect();
        assert_eq!(lines.len(), 3, "{several}");
        assert!(lines[0].starts_with("mine.toml:2: ") && lines[0].contains("\"accent\""));
        for wanted in ["\"yellow\"", "\"bold\""] {
            let told = lines.iter().find(|line| line.contains(wanted));
            assert!(told.is_some_and(|line| line.starts_with("mine.toml:3: ")), "{several}");
        }
        assert!(error("inherits = 'mine'").contains("circle"));
        assert!(error("[").starts_with("mine.toml:1: "));
        assert!(error("inherits = 'mono'\ntext = { bold = 1 }").contains("true or false"));
        assert!(error("inherits = 3").contains("a text in quotes"));
        assert!(error("palette = 3\ninherits = 'mono'").contains("table of colours"));
    }
}
