//! Colours and modifiers, and a style of them as two numbers: what it keeps of the one below, and what
//! it sets.
//!
//! Owns the form of these numbers, which looks share. Start with [`Style`]. The invariant: a style that
//! says nothing of a colour or of a modifier leaves it as it was.

/// What a terminal can be asked for. The sixteen have the names of [ECMA-48] and of xterm, where `Gray` is
/// colour 7 and `White` colour 15.
///
/// [ECMA-48]: https://ecma-international.org/publications-and-standards/standards/ecma-48/
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Color {
    /// The terminal's own.
    #[default]
    Reset,
    Black,
    Red,
    Green,
    Yellow,
    Blue,
    Magenta,
    Cyan,
    Gray,
    DarkGray,
    LightRed,
    LightGreen,
    LightYellow,
    LightBlue,
    LightMagenta,
    LightCyan,
    White,
    /// One of 256.
    Indexed(u8),
    Rgb(u8, u8, u8),
}

bitflags::bitflags! {
    /// How letters are written besides their colours.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
    pub struct Modifier: u16 {
        const BOLD = 1;
        const DIM = 1 << 1;
        const ITALIC = 1 << 2;
        const UNDERLINED = 1 << 3;
        const SLOW_BLINK = 1 << 4;
        const RAPID_BLINK = 1 << 5;
        const REVERSED = 1 << 6;
        const HIDDEN = 1 << 7;
        const CROSSED_OUT = 1 << 8;
    }
}

/// What is done to what stands below: an empty one changes nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// The bits that stay. All of a colour that is set go.
    keep: u64,
    set: u64,
}

const COLOUR_BITS: u32 = 26;
const BACKGROUND_AT: u32 = 12;
const FOREGROUND_AT: u32 = BACKGROUND_AT + COLOUR_BITS;
const COLOUR: u64 = (1 << COLOUR_BITS) - 1;
pub(super) const BACKGROUND: u64 = COLOUR << BACKGROUND_AT;
const FOREGROUND: u64 = COLOUR << FOREGROUND_AT;
const MODIFIERS: u64 = (1 << BACKGROUND_AT) - 1;

impl Default for Style {
    fn default() -> Self {
        Self::new()
    }
}

impl Style {
    pub const fn new() -> Self {
        Self { keep: u64::MAX, set: 0 }
    }

    #[must_use]
    pub const fn fg(self, color: Color) -> Self {
        self.over(FOREGROUND, bits_of(color) << FOREGROUND_AT)
    }

    #[must_use]
    pub const fn bg(self, color: Color) -> Self {
        self.over(BACKGROUND, bits_of(color) << BACKGROUND_AT)
    }

    #[must_use]
    pub const fn add_modifier(self, modifier: Modifier) -> Self {
        self.over(0, bits_of_modifier(modifier))
    }

    #[must_use]
    pub const fn remove_modifier(self, modifier: Modifier) -> Self {
        self.over(bits_of_modifier(modifier), 0)
    }

    #[cfg(test)]
    #[must_use]
    pub const fn bold(self) -> Self {
        self.add_modifier(Modifier::BOLD)
    }

    #[cfg(test)]
    #[must_use]
    pub const fn underlined(self) -> Self {
        self.add_modifier(Modifier::UNDERLINED)
    }

    /// This style, and another one over it.
    #[must_use]
    #[inline]
    pub const fn patch(self, over: Self) -> Self {
        Self { keep: self.keep & over.keep, set: self.set & over.keep | over.set }
    }

    /// The colour of letters, if it is said.
    #[cfg(test)]
    pub const fn foreground(self) -> Option<Color> {
        self.colour(FOREGROUND, FOREGROUND_AT)
    }

    /// The colour behind them, if it is said.
    #[cfg(test)]
    pub const fn background(self) -> Option<Color> {
        self.colour(BACKGROUND, BACKGROUND_AT)
    }

    /// The modifiers that it adds.
    #[cfg(test)]
    pub const fn modifiers(self) -> Modifier {
        modifier_of(self.set)
    }

    /// The bits of a cell once this lies over it.
    #[inline]
    pub(super) const fn applied_to(self, bits: u64) -> u64 {
        bits & self.keep | self.set
    }

    #[inline]
    pub(super) const fn is_empty(self) -> bool {
        self.keep == u64::MAX && self.set == 0
    }

    const fn over(self, gone: u64, set: u64) -> Self {
        Self { keep: self.keep & !gone, set: self.set & !gone | set }
    }

    #[cfg(test)]
    const fn colour(self, field: u64, at: u32) -> Option<Color> {
        if self.keep & field == 0 { Some(colour_of(self.set >> at & COLOUR)) } else { None }
    }
}

/// How glyphs are written: a style in which nothing is left open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Pen {
    pub fg: Color,
    pub bg: Color,
    pub modifier: Modifier,
}

impl Pen {
    pub const PLAIN: Self =
        Self { fg: Color::Reset, bg: Color::Reset, modifier: Modifier::empty() };

    /// Of the bits of a cell.
    pub(super) const fn of(bits: u64) -> Self {
        Self {
            fg: colour_of(bits >> FOREGROUND_AT & COLOUR),
            bg: colour_of(bits >> BACKGROUND_AT & COLOUR),
            modifier: modifier_of(bits),
        }
    }

    pub const fn is_seen_on_blanks(self) -> bool {
        self.modifier.intersects(SEEN_ON_BLANKS)
    }
}

impl From<Pen> for Style {
    fn from(Pen { fg, bg, modifier }: Pen) -> Self {
        let all = Self::new().remove_modifier(Modifier::all());
        all.fg(fg).bg(bg).add_modifier(modifier)
    }
}

/// What is seen of a blank besides its background.
pub(super) const SEEN_ON_BLANKS: Modifier = Modifier::REVERSED
    .union(Modifier::UNDERLINED)
    .union(Modifier::CROSSED_OUT)
    .union(Modifier::SLOW_BLINK)
    .union(Modifier::RAPID_BLINK);

#[inline]
pub(super) const fn bits_of_modifier(modifier: Modifier) -> u64 {
    modifier.bits() as u64
}

const fn modifier_of(bits: u64) -> Modifier {
    Modifier::from_bits_truncate((bits & MODIFIERS) as u16)
}

const NAMED: u64 = 1 << 24;
const INDEXED: u64 = 2 << 24;
const RGB: u64 = 3 << 24;
const NAMES: [Color; 16] = [
    Color::Black,
    Color::Red,
    Color::Green,
    Color::Yellow,
    Color::Blue,
    Color::Magenta,
    Color::Cyan,
    Color::Gray,
    Color::DarkGray,
    Color::LightRed,
    Color::LightGreen,
    Color::LightYellow,
    Color::LightBlue,
    Color::LightMagenta,
    Color::LightCyan,
    Color::White,
];

/// In [`COLOUR_BITS`] bits; the terminal's own is 0.
const fn bits_of(color: Color) -> u64 {
    match color {
        Color::Reset => 0,
        Color::Black => NAMED,
        Color::Red => NAMED + 1,
        Color::Green => NAMED + 2,
        Color::Yellow => NAMED + 3,
        Color::Blue => NAMED + 4,
        Color::Magenta => NAMED + 5,
        Color::Cyan => NAMED + 6,
        Color::Gray => NAMED + 7,
        Color::DarkGray => NAMED + 8,
        Color::LightRed => NAMED + 9,
        Color::LightGreen => NAMED + 10,
        Color::LightYellow => NAMED + 11,
        Color::LightBlue => NAMED + 12,
        Color::LightMagenta => NAMED + 13,
        Color::LightCyan => NAMED + 14,
        Color::White => NAMED + 15,
        Color::Indexed(number) => INDEXED | number as u64,
        Color::Rgb(red, green, blue) => {
            RGB | (red as u64) << 16 | (green as u64) << 8 | blue as u64
        }
    }
}

const fn colour_of(bits: u64) -> Color {
    let [.., kind, red, green, blue] = bits.to_be_bytes();
    match kind {
        0 => Color::Reset,
        1 => NAMES[(blue & 15) as usize],
        2 => Color::Indexed(blue),
        _ => Color::Rgb(red, green, blue),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLOURS: [Color; 6] = [
        Color::Reset,
        Color::Indexed(0),
        Color::Indexed(15),
        Color::Indexed(255),
        Color::Rgb(0, 0, 0),
        Color::Rgb(255, 254, 253),
    ];

    fn styles() -> Vec<Style> {
        let modifiers = [Modifier::empty(), Modifier::BOLD, Modifier::DIM | Modifier::REVERSED];
        let mut styles = Vec::new();
        for added in modifiers {
            for removed in modifiers {
                let style = Style::new().add_modifier(added).remove_modifier(removed);
                styles.extend([
                    style,
                    style.fg(Color::Red),
                    style.bg(Color::Indexed(7)),
                    style.fg(Color::Reset).bg(Color::Reset),
                ]);
            }
        }
        styles
    }

    #[test]
    fn a_style_says_what_it_was_told() {
        for color in COLOURS.into_iter().chain(NAMES) {
            let (letters, ground) = (Style::new().fg(color), Style::new().bg(color));
            assert_eq!((letters.foreground(), letters.background()), (Some(color), None));
            assert_eq!((ground.foreground(), ground.background()), (None, Some(color)));
            assert_eq!(Pen::of(letters.applied_to(0)), Pen { fg: color, ..Pen::PLAIN });
            assert_eq!(Pen::of(ground.applied_to(0)), Pen { bg: color, ..Pen::PLAIN });
            assert_eq!(letters.fg(Color::Red), Style::new().fg(Color::Red), "the last one counts");
        }
        for modifier in Modifier::all() {
            let added = Style::new().add_modifier(modifier);
            assert_eq!((added.modifiers(), added.background()), (modifier, None));
            assert_eq!(Pen::of(added.applied_to(0)).modifier, modifier);
            assert_eq!(added.remove_modifier(modifier).modifiers(), Modifier::empty());
        }
    }

    #[test]
    fn a_style_over_another_does_what_both_do_one_after_the_other() {
        let under = Pen { fg: Color::Cyan, bg: Color::Rgb(1, 2, 3), modifier: Modifier::all() };
        let full = Style::new().fg(under.fg).bg(under.bg).add_modifier(under.modifier);
        for bits in [0, full.applied_to(0)] {
            for one in styles() {
                for other in styles() {
                    let both = other.applied_to(one.applied_to(bits));
                    assert_eq!(Pen::of(one.patch(other).applied_to(bits)), Pen::of(both));
                }
                assert_eq!(one.patch(Style::new()), one);
                assert_eq!(Style::new().patch(one), one);
            }
        }
    }

    #[test]
    fn the_style_of_a_pen_leaves_nothing_open() {
        let pen = Pen { fg: Color::Blue, bg: Color::Reset, modifier: Modifier::DIM };
        let under = Style::new().fg(Color::Red).bg(Color::Red).bold().applied_to(0);
        assert_eq!(Pen::of(Style::from(pen).applied_to(under)), pen);
    }

    #[test]
    fn a_style_changes_no_more_than_it_names() {
        let over = Style::new().fg(Color::Red).remove_modifier(Modifier::BOLD);
        let pen = Style::new().fg(Color::Cyan).bg(Color::Blue).bold().underlined();
        let wanted = Pen { fg: Color::Red, bg: Color::Blue, modifier: Modifier::UNDERLINED };
        assert_eq!(Pen::of(over.applied_to(pen.applied_to(0))), wanted);
        assert!(Style::new().is_empty() && !over.is_empty());
    }
}
