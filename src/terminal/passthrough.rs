//! Sequences for the terminal behind a multiplexer, which would keep them otherwise.

/// GNU screen takes only so much in one device control string.
const SCREEN_PIECE: usize = 512;

/// What is between us and the terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Passthrough {
    #[default]
    Direct,
    Tmux,
    Screen,
}

impl Passthrough {
    pub fn of_environment(variable: impl Fn(&str) -> Option<String>) -> Self {
        let is_set = |name: &str| variable(name).is_some_and(|value| !value.is_empty());
        if is_set("TMUX") {
            Self::Tmux
        } else if is_set("STY") {
            Self::Screen
        } else {
            Self::Direct
        }
    }

    /// The sequence as the one around us lets it through. Within screen it must be one that BEL ends.
    pub fn wrap(self, plain: &str) -> Vec<u8> {
        match self {
            Self::Direct => plain.as_bytes().to_vec(),
            Self::Tmux => {
                format!("\x1bPtmux;{}\x1b\\", plain.replace('\x1b', "\x1b\x1b")).into_bytes()
            }
            // Bytes, since a piece may end within a character; the terminal gets them joined.
            Self::Screen => {
                let mut out = Vec::with_capacity(plain.len() + 8);
                for piece in plain.as_bytes().chunks(SCREEN_PIECE) {
                    out.extend_from_slice(b"\x1bP");
                    out.extend_from_slice(piece);
                    out.extend_from_slice(b"\x1b\\");
                }
                out
            }
        }
    }

    /// In words, behind the name of what goes this way.
    pub fn words(self) -> &'static str {
        match self {
            Self::Direct => "",
            Self::Tmux => ", through tmux",
            Self::Screen => ", through screen",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn screen_gets_pieces_that_it_takes_and_that_join_to_the_whole() {
        let plain = format!("\x1b]9;{}\x07", "é".repeat(900));
        let wrapped = Passthrough::Screen.wrap(&plain);
        let mut joined = Vec::new();
        for piece in wrapped.split(|byte| *byte == b'\\').filter(|piece| !piece.is_empty()) {
            let inner = piece.strip_prefix(b"\x1bP").unwrap().strip_suffix(b"\x1b").unwrap();
            assert!(inner.len() <= SCREEN_PIECE);
            joined.extend_from_slice(inner);
        }
        assert_eq!(joined, plain.as_bytes());
    }
}
