//! Where the replay of a recorded run stands, for the row that says so.

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Pace {
    #[default]
    Paused,
    /// So many times as fast as it was.
    Times(u32),
    /// As fast as frames can be drawn.
    Utmost,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Replayed {
    /// Messages that the machine has got, of those recorded.
    pub messages: usize,
    pub of: usize,
    /// Those of them that could not be read.
    pub unreadable: usize,
    pub pace: Pace,
}

impl Pace {
    pub fn words(self) -> String {
        match self {
            Self::Paused => "paused".to_owned(),
            Self::Times(times) => format!("{times}x"),
            Self::Utmost => "utmost".to_owned(),
        }
    }
}
