//! Which columns the list has beside the name, and which of them fit.
//!
//! Knows widths, not what stands in them. Start with [`Columns::fit`]. The invariant: the name keeps
//! its least width, whatever was chosen.

/// What can stand beside the name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Column {
    Key,
    Agent,
    /// What it does or waits for.
    State,
    /// When it is deleted.
    Expiry,
    /// How long it has been in that state.
    Age,
    /// How full its context is.
    Context,
}

impl Column {
    pub const WORDS: [(&'static str, Self); 6] = [
        ("key", Self::Key),
        ("agent", Self::Agent),
        ("state", Self::State),
        ("expiry", Self::Expiry),
        ("age", Self::Age),
        ("context", Self::Context),
    ];

    pub fn from_word(word: &str) -> Option<Self> {
        Self::WORDS.iter().find(|(known, _)| *known == word).map(|(_, column)| *column)
    }

    /// Cells, with the space in front.
    pub const fn width(self) -> usize {
        match self {
            Self::Key => 17,
            Self::Agent | Self::State => 11,
            Self::Expiry => 8,
            Self::Age => 7,
            Self::Context => 6,
        }
    }
}

/// Cells that a name has at least.
pub const NAME: usize = 12;

/// Columns in their order from left to right, all behind the name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Columns(Vec<Column>);

/// From how many cells on each of them is there where nothing else was chosen. Narrower lists put age
/// and context into one.
const USUAL: [(Column, usize); 6] = [
    (Column::Key, 80),
    (Column::Agent, 58),
    (Column::State, 0),
    (Column::Expiry, 92),
    (Column::Age, 0),
    (Column::Context, 0),
];

impl Columns {
    /// As they were written; one that is there already counts once.
    pub fn chosen(columns: impl IntoIterator<Item = Column>) -> Self {
        let mut chosen = Vec::new();
        for column in columns {
            if !chosen.contains(&column) {
                chosen.push(column);
            }
        }
        Self(chosen)
    }

    /// Those for a list of so many cells; the agent only where there are several.
    pub fn usual(cells: usize, several_agents: bool) -> Self {
        let there = |(column, from): &(Column, usize)| {
            cells >= *from && (several_agents || *column != Column::Agent)
        };
        Self(USUAL.iter().filter(|usual| there(usual)).map(|(column, _)| *column).collect())
    }

    /// As many of the first as leave the name its least width of `cells`.
    pub fn fit(&self, cells: usize) -> &[Column] {
        let ends = self.0.iter().scan(NAME, |end, column| {
            *end += column.width();
            Some(*end)
        });
        let fitting = ends.take_while(|end| *end <= cells).count();
        &self.0[..fitting]
    }

    pub fn words(&self) -> String {
        let word = |column: &Column| {
            Column::WORDS.iter().find(|(_, known)| known == column).map_or("", |(word, _)| *word)
        };
        self.0.iter().map(word).collect::<Vec<_>>().join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_that_were_chosen_are_the_last_to_go() {
        let chosen = Columns::chosen([Column::Age, Column::Key, Column::Age, Column::State]);
        assert_eq!(chosen.words(), "age, key, state");
        let fitting: Vec<usize> =
            [0, 18, 19, 35, 36, 46, 47].map(|cells| chosen.fit(cells).len()).to_vec();
        assert_eq!(fitting, [0, 0, 1, 1, 2, 2, 3]);
    }

    #[test]
    fn what_is_usual_always_fits() {
        for cells in 40..240 {
            for several in [false, true] {
                let usual = Columns::usual(cells, several);
                assert_eq!(usual.fit(cells).len(), usual.0.len(), "{cells}");
            }
        }
    }
}
