//! How many colours the terminal has, for what is drawn in colours of its own: pictures.

use crate::canvas::Color;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Depth {
    /// None, or none are wanted.
    Mono,
    /// The terminal's own; what they look like is taken for what they look like in xterm.
    #[default]
    Sixteen,
    /// A cube of colours and a scale of greys.
    Indexed,
    Full,
}

/// In the order of their numbers.
const SIXTEEN: [(Color, [u8; 3]); 16] = [
    (Color::Black, [0, 0, 0]),
    (Color::Red, [205, 0, 0]),
    (Color::Green, [0, 205, 0]),
    (Color::Yellow, [205, 205, 0]),
    (Color::Blue, [0, 0, 238]),
    (Color::Magenta, [205, 0, 205]),
    (Color::Cyan, [0, 205, 205]),
    (Color::Gray, [229, 229, 229]),
    (Color::DarkGray, [127, 127, 127]),
    (Color::LightRed, [255, 0, 0]),
    (Color::LightGreen, [0, 255, 0]),
    (Color::LightYellow, [255, 255, 0]),
    (Color::LightBlue, [92, 92, 255]),
    (Color::LightMagenta, [255, 0, 255]),
    (Color::LightCyan, [0, 255, 255]),
    (Color::White, [255, 255, 255]),
];

/// The steps of each side of the cube.
const CUBE: [u8; 6] = [0, 95, 135, 175, 215, 255];

impl Depth {
    /// By `NO_COLOR`, `COLORTERM` and `TERM`; doubt is settled in favour of fewer.
    pub fn for_environment(variable: impl Fn(&str) -> Option<String>) -> Self {
        let term = variable("TERM").unwrap_or_default();
        let more = variable("COLORTERM").unwrap_or_default();
        // vt100, vt220 and their kin; `vte` has colours.
        let is_of_old = term
            .strip_prefix("vt")
            .is_some_and(|rest| rest.starts_with(|digit: char| digit.is_ascii_digit()));
        let colourless = term.is_empty() || term == "dumb" || is_of_old || term.ends_with("-m");
        if colourless || variable("NO_COLOR").is_some_and(|set| !set.is_empty()) {
            Self::Mono
        } else if matches!(more.as_str(), "truecolor" | "24bit") || term.ends_with("-direct") {
            Self::Full
        } else if term.contains("256color") {
            Self::Indexed
        } else {
            Self::Sixteen
        }
    }

    /// What one of the sixteen looks like in xterm.
    #[cfg(test)]
    pub(super) fn colour_of(own: Color) -> Option<[u8; 3]> {
        SIXTEEN.iter().find(|(color, _)| *color == own).map(|(_, rgb)| *rgb)
    }

    /// The nearest colour that the terminal has; `None` where it has none.
    pub fn nearest(self, rgb: [u8; 3]) -> Option<Color> {
        match self {
            Self::Mono => None,
            Self::Sixteen => {
                let distance = |(_, other): &&(Color, [u8; 3])| distance(rgb, *other);
                SIXTEEN.iter().min_by_key(distance).map(|(colour, _)| *colour)
            }
            Self::Indexed => Some(Color::Indexed(indexed(rgb))),
            Self::Full => Some(Color::Rgb(rgb[0], rgb[1], rgb[2])),
        }
    }
}

fn distance(one: [u8; 3], other: [u8; 3]) -> u32 {
    one.iter().zip(other).map(|(one, other)| u32::from(one.abs_diff(other)).pow(2)).sum()
}

fn indexed(rgb: [u8; 3]) -> u8 {
    let step = |value: u8| {
        let near = (0_u8..).zip(CUBE).min_by_key(|(_, step)| step.abs_diff(value));
        near.unwrap_or_default()
    };
    let [red, green, blue] = rgb.map(step);
    let in_cube = [red.1, green.1, blue.1];
    let mean = rgb.iter().map(|value| u16::from(*value)).sum::<u16>() / 3;
    let grey = u8::try_from((mean.saturating_sub(3) / 10).min(23)).unwrap_or(23);
    if distance(rgb, [8 + 10 * grey; 3]) < distance(rgb, in_cube) {
        232 + grey
    } else {
        16 + 36 * red.0 + 6 * green.0 + blue.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_depth_is_what_the_terminal_is_known_to_have() {
        let depth = |set: &[(&str, &str)]| {
            let find = |name: &str| set.iter().find(|(known, _)| *known == name);
            Depth::for_environment(|name| find(name).map(|(_, value)| (*value).to_owned()))
        };
        assert_eq!(depth(&[]), Depth::Mono);
        assert_eq!(depth(&[("TERM", "xterm")]), Depth::Sixteen);
        assert_eq!(depth(&[("TERM", "vt220")]), Depth::Mono);
        assert_eq!(depth(&[("TERM", "vte-256color")]), Depth::Indexed);
        assert_eq!(depth(&[("TERM", "tmux-256color")]), Depth::Indexed);
        let full = [("TERM", "xterm-256color"), ("COLORTERM", "truecolor")];
        assert_eq!(depth(&full), Depth::Full);
        assert_eq!(depth(&[full[0], full[1], ("NO_COLOR", "1")]), Depth::Mono);
    }

    #[test]
    fn the_nearest_colour_is_near() {
        assert_eq!(Depth::Mono.nearest([1, 2, 3]), None);
        assert_eq!(Depth::Full.nearest([1, 2, 3]), Some(Color::Rgb(1, 2, 3)));
        assert_eq!(Depth::Sixteen.nearest([250, 10, 10]), Some(Color::LightRed));
        assert_eq!(Depth::Indexed.nearest([255, 0, 0]), Some(Color::Indexed(196)));
        assert_eq!(Depth::Indexed.nearest([0, 0, 0]), Some(Color::Indexed(16)));
        assert_eq!(Depth::Indexed.nearest([129, 127, 128]), Some(Color::Indexed(244)));
        assert_eq!(Depth::Indexed.nearest([255, 255, 255]), Some(Color::Indexed(231)));
    }
}
