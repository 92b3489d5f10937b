//! Colours as a theme file writes them, and how well one can be read on another.

use super::Depth;
use crate::canvas::Color;

/// A colour of a theme file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hue {
    /// Whatever the terminal has for it.
    Default,
    /// One of the terminal's own sixteen.
    Own(Color),
    Rgb([u8; 3]),
}

/// What files call the sixteen. `Color::Gray` is colour 7 and `Color::White` is colour 15.
pub(super) const NAMES: [(&str, Color); 16] = [
    ("black", Color::Black),
    ("red", Color::Red),
    ("green", Color::Green),
    ("yellow", Color::Yellow),
    ("blue", Color::Blue),
    ("magenta", Color::Magenta),
    ("cyan", Color::Cyan),
    ("white", Color::Gray),
    ("bright-black", Color::DarkGray),
    ("bright-red", Color::LightRed),
    ("bright-green", Color::LightGreen),
    ("bright-yellow", Color::LightYellow),
    ("bright-blue", Color::LightBlue),
    ("bright-magenta", Color::LightMagenta),
    ("bright-cyan", Color::LightCyan),
    ("bright-white", Color::White),
];

impl Hue {
    /// `default`, one of the sixteen, or `#rrggbb`; a palette's names are the caller's.
    pub(super) fn read(text: &str) -> Option<Self> {
        if text == "default" {
            return Some(Self::Default);
        }
        if let Some(digits) = text.strip_prefix('#') {
            return rgb(digits).map(Self::Rgb);
        }
        NAMES.iter().find(|(name, _)| *name == text).map(|(_, color)| Self::Own(*color))
    }

    /// As the terminal can show it; `None` is its own.
    pub(super) fn color(self, depth: Depth) -> Option<Color> {
        match self {
            Self::Default => None,
            Self::Own(color) => Some(color).filter(|_| depth != Depth::Mono),
            Self::Rgb(rgb) => depth.nearest(rgb),
        }
    }
}

fn rgb(digits: &str) -> Option<[u8; 3]> {
    let hex = digits.len() == 6 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    let number = hex.then(|| u32::from_str_radix(digits, 16).ok()).flatten()?;
    let [_, red, green, blue] = number.to_be_bytes();
    Some([red, green, blue])
}

/// Relative luminance, from 0 to 1 (WCAG 2.2, definition of relative luminance).
pub(super) fn luminance(rgb: [u8; 3]) -> f64 {
    let linear = |value: u8| {
        let value = f64::from(value) / 255.0;
        if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
    };
    let [red, green, blue] = rgb.map(linear);
    0.2126 * red + 0.7152 * green + 0.0722 * blue
}

/// From 1 for the same to 21 for black on white (WCAG 2.2, definition of contrast ratio).
#[cfg(test)]
pub(super) fn contrast(one: [u8; 3], other: [u8; 3]) -> f64 {
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_read_as_they_are_written() {
        assert_eq!(Hue::read("default"), Some(Hue::Default));
        assert_eq!(Hue::read("bright-cyan"), Some(Hue::Own(Color::LightCyan)));
        assert_eq!(Hue::read("#0aF010"), Some(Hue::Rgb([10, 240, 16])));
        for wrong in ["#fff", "#12345", "#1234567", "#gg0000", "#+12345", "grey", ""] {
            assert_eq!(Hue::read(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn contrast_is_that_of_the_standard() {
        let black_on_white = contrast([0; 3], [255; 3]);
        assert!((black_on_white - 21.0).abs() < 0.001);
        assert!((contrast([255; 3], [255; 3]) - 1.0).abs() < 0.001);
        // The grey that is known as the lightest which may stand on white.
        assert!((contrast([0x76; 3], [255; 3]) - 4.54).abs() < 0.01);
    }
}
