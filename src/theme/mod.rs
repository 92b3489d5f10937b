//! What things look like: named styles and the set of glyphs.
//!
//! Owns the tokens, the theme files and their inheritance. Knows only the canvas's `Style`; what a
//! token is used for is up to the drawing code, which never names a colour itself. Start with
//! [`Theme`] and [`Themes`]. The invariant: every token of a theme that is compiled in can be read on
//! whatever it may stand on, at 4.5 to 1.

mod colour;
mod depth;
mod glyphs;
mod ground;
mod library;
mod sheet;

use crate::canvas::Style;

pub use depth::Depth;
pub use glyphs::{Glyphs, Repertoire};
pub use ground::Ground;
pub use library::{Choice, Library, Themes};

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

        /// What a theme has, by name.
        const TOKENS: &[&str] = &[$(stringify!($token),)*];

        impl Theme {
            /// Nothing happens to what it does not have.
            fn set(&mut self, token: &str, style: Style) {
                match token {
                    $(stringify!($token) => self.$token = style,)*
                    _ => {}
                }
            }

            /// Every token by name.
            #[cfg(test)]
            fn tokens(&self) -> impl Iterator<Item = (&'static str, Style)> {
                [$((stringify!($token), self.$token),)*].into_iter()
            }
        }
    };
}

tokens! {
    /// All that has no style of its own; its background is that of the screen.
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
    /// The row that keys are about: one bar in these colours, whatever stands in it.
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
