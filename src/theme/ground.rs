//! Whether the terminal's background is dark or light.

use super::colour::luminance;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Ground {
    Dark,
    Light,
}

/// As bright as this, black and white can be read equally well on it.
const MIDDLE: f64 = 0.179;

impl Ground {
    /// Of a background that the terminal told (OSC 11).
    pub fn of(rgb: [u8; 3]) -> Self {
        if luminance(rgb) > MIDDLE { Self::Light } else { Self::Dark }
    }

    /// Of `COLORFGBG`, which some terminals set: `15;0`, or `15;default;0`, the background last. What is
    /// no number says nothing.
    pub fn of_variable(value: &str) -> Option<Self> {
        let number: u8 = value.rsplit(';').next().filter(|_| value.contains(';'))?.parse().ok()?;
        match number {
            0..=6 | 8 => Some(Self::Dark),
            7 | 9..=15 => Some(Self::Light),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_background_is_dark_or_light() {
        for (rgb, wanted) in [
            ([0, 0, 0], Ground::Dark),
            ([0x28, 0x28, 0x28], Ground::Dark),
            ([0x00, 0x2b, 0x36], Ground::Dark),
            ([0xfd, 0xf6, 0xe3], Ground::Light),
            ([255, 255, 255], Ground::Light),
        ] {
            assert_eq!(Ground::of(rgb), wanted, "{rgb:?}");
        }
    }

    #[test]
    fn a_variable_that_says_nothing_is_no_guess() {
        for (value, wanted) in [
            ("15;0", Some(Ground::Dark)),
            ("0;15", Some(Ground::Light)),
            ("0;default;15", Some(Ground::Light)),
            ("12;8", Some(Ground::Dark)),
            ("default;default", None),
            ("15", None),
            ("", None),
            ("15;99", None),
        ] {
            assert_eq!(Ground::of_variable(value), wanted, "{value}");
        }
    }
}
