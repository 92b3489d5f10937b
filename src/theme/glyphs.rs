//! The few signs that are not letters: in Unicode, with icons of Nerd Fonts, and in twins of ASCII. All
//! are one column wide.

use crate::text::signs;

/// Which characters the screen may show at all, whoever wrote them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repertoire {
    Any,
    /// Those that every terminal takes for as wide as this program does.
    Unambiguous,
    Ascii,
}

impl Repertoire {
    pub fn has(self, symbol: &str) -> bool {
        symbol.is_ascii()
            || match self {
                Self::Any => true,
                Self::Unambiguous => !signs::is_ambiguous(symbol),
                Self::Ascii => false,
            }
    }
}

/// Signs to draw with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Glyphs {
    pub repertoire: Repertoire,
    /// Context ribbon: what the agent still sees, knows from a summary, must not see.
    pub in_context: &'static str,
    pub compacted: &'static str,
    pub hidden: &'static str,
    pub rule: &'static str,
    pub divider: &'static str,
    /// Where a divider leaves a rule downwards, and meets one from above.
    pub divider_top: &'static str,
    pub divider_bottom: &'static str,
    /// Where a rule leaves a divider to the right.
    pub divider_right: &'static str,
    /// Corners of a frame: above left and right, below left and right.
    pub corners: [&'static str; 4],
    pub unfolded: &'static str,
    pub folded: &'static str,
    /// The column that rows are in the order of.
    pub ascending: &'static str,
    pub descending: &'static str,
    pub bookmark: &'static str,
    /// In front of the selected row, where keys are about it, and in a pane without the keyboard.
    pub marker: &'static str,
    pub place: &'static str,
    /// In front of the title of the pane that has the keyboard.
    pub focus: &'static str,
    /// Eight heights of a gauge, the lowest first.
    pub levels: [&'static str; 8],
    /// Eight lengths of a bar in one cell, the shortest first.
    pub lengths: [&'static str; 8],
    /// A bar of what the agent did, and of waiting.
    pub model: &'static str,
    pub waiting: &'static str,
    /// The unused part of a bar.
    pub unused: &'static str,
    pub ellipsis: &'static str,
    /// Between things of one line.
    pub dot: &'static str,
    pub arrow: &'static str,
    /// Stands for each character of a masked value.
    pub mask: &'static str,
}

impl Default for Glyphs {
    fn default() -> Self {
        Self::UNICODE
    }
}

impl Glyphs {
    pub const UNICODE: Self = Self {
        repertoire: Repertoire::Any,
        in_context: "█",
        compacted: "▒",
        hidden: "░",
        rule: "─",
        divider: "│",
        divider_top: "┬",
        divider_bottom: "┴",
        divider_right: "├",
        corners: ["┌", "┐", "└", "┘"],
        unfolded: "▾",
        folded: "▸",
        ascending: "▴",
        descending: "▾",
        bookmark: "◆",
        marker: "▌",
        place: "▏",
        focus: "▸",
        levels: ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"],
        lengths: ["▏", "▎", "▍", "▌", "▋", "▊", "▉", "█"],
        model: "▒",
        waiting: "░",
        unused: "·",
        ellipsis: "…",
        dot: "·",
        arrow: "→",
        mask: "•",
    };

    /// With signs that the patched fonts of Nerd Fonts have since version 3.
    pub const NERD: Self = Self {
        unfolded: "\u{f107}",
        folded: "\u{f105}",
        ascending: "\u{f0d8}",
        descending: "\u{f0d7}",
        bookmark: "\u{f02e}",
        focus: "\u{f0da}",
        arrow: "\u{f061}",
        ..Self::UNICODE
    };

    pub const ASCII: Self = Self {
        repertoire: Repertoire::Ascii,
        in_context: "#",
        compacted: ":",
        hidden: ".",
        rule: "-",
        divider: "|",
        divider_top: "+",
        divider_bottom: "+",
        divider_right: "+",
        corners: ["+"; 4],
        unfolded: "v",
        folded: ">",
        ascending: "^",
        descending: "v",
        bookmark: "+",
        marker: ">",
        place: "-",
        focus: ">",
        levels: ["_", ".", ":", "-", "=", "+", "*", "#"],
        lengths: ["#"; 8],
        model: "=",
        waiting: ".",
        unused: ".",
        ellipsis: "~",
        dot: "-",
        arrow: ">",
        mask: "*",
    };

    /// The same for a terminal that draws ambiguous characters two columns wide. Nearly all that there
    /// is to draw with is ambiguous, so that the twins stand in for it.
    #[must_use]
    pub fn where_ambiguous_is_wide(self) -> Self {
        match self.repertoire {
            Repertoire::Ascii => self,
            _ => Self { repertoire: Repertoire::Unambiguous, ..Self::ASCII },
        }
    }

    /// Whether lines and blocks can be drawn.
    pub fn has_blocks(&self) -> bool {
        self.repertoire == Repertoire::Any
    }

    /// The set that a locale can show, from the variables that name it in their order of weight.
    pub fn for_environment(variable: impl Fn(&str) -> Option<String>) -> Self {
        let set = |name: &&str| variable(name).filter(|value| !value.is_empty());
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].iter().find_map(set).unwrap_or_default();
        let locale = locale.to_ascii_lowercase();
        let utf8 = locale.contains("utf-8") || locale.contains("utf8");
        if utf8 { Self::UNICODE } else { Self::ASCII }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_weightiest_variable_decides() {
        let glyphs = |set: &[(&str, &str)]| {
            Glyphs::for_environment(|name| {
                set.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
            })
        };
        assert_eq!(glyphs(&[("LANG", "de_CH.UTF-8")]), Glyphs::UNICODE);
        assert_eq!(glyphs(&[("LANG", "C.utf8"), ("LC_ALL", "")]), Glyphs::UNICODE);
        assert_eq!(glyphs(&[("LANG", "de_CH.UTF-8"), ("LC_ALL", "C")]), Glyphs::ASCII);
        assert_eq!(glyphs(&[]), Glyphs::ASCII);
    }

    #[test]
    fn ascii_is_ascii() {
        assert!(format!("{:?}", Glyphs::ASCII).is_ascii());
    }

    #[test]
    fn icons_are_of_the_font_and_one_column_wide() {
        let written = format!("{:?}", Glyphs::NERD);
        let icons = written.split("\\u{").skip(1).map(|rest| rest.split('}').next().unwrap());
        let icons: Vec<u32> = icons.map(|hex| u32::from_str_radix(hex, 16).unwrap()).collect();
        assert_eq!(icons.len(), 7);
        for icon in icons {
            // Font Awesome, where version 3 has it.
            assert!((0xf000..=0xf2ff).contains(&icon), "{icon:x}");
            let icon = char::from_u32(icon).unwrap().to_string();
            assert_eq!(crate::text::width::width(&icon), 1);
        }
        let wide = Glyphs::NERD.where_ambiguous_is_wide();
        assert!(format!("{wide:?}").is_ascii());
        assert!(wide.repertoire.has("日") && !wide.repertoire.has("·"));
    }
}
