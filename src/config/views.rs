//! `views.toml`: filters of the session list under names, in a file of their own because they are
//! changed more often than the rest.
//!
//! A mistake in one view keeps no other from being used.

use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::table::Reader;
use super::{Gravity, Mistake, Setting};

/// One view as it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ViewText {
    pub name: String,
    pub filter: Setting<String>,
    pub sort: Option<Setting<String>>,
    pub columns: Option<Setting<Vec<String>>>,
}

const KEYS: &[&str] = &["filter", "sort", "columns"];

/// The views of a file in their order, and what is wrong with the others.
pub fn parse(path: &Path, text: &str) -> (Vec<ViewText>, Vec<Mistake>) {
    let table = match DeTable::parse(text) {
        Ok(table) => table,
        Err(error) => {
            let line = error.span().map(|span| text[..span.start.min(text.len())].lines().count());
            let (text, gravity) = (error.message().to_owned(), Gravity::Wrong);
            let mistake = Mistake { path: path.to_owned(), line, text, gravity };
            return (Vec::new(), vec![mistake]);
        }
    };
    let mut reader = Reader { path, text, mistakes: Vec::new() };
    let mut views: Vec<(usize, ViewText)> = Vec::new();
    for (key, value) in table.get_ref() {
        let name: &str = key.get_ref();
        if let Some(view) = view(&mut reader, name, value) {
            views.push((key.span().start, view));
        }
    }
    views.sort_by_key(|(at, _)| *at);
    (views.into_iter().map(|(_, view)| view).collect(), reader.mistakes)
}

fn view(reader: &mut Reader<'_>, name: &str, value: &Spanned<DeValue<'_>>) -> Option<ViewText> {
    let before = reader.mistakes.len();
    let table = reader.table(name, value)?;
    let (mut filter, mut sort, mut columns) = (None, None, None);
    for (key, value) in table {
        let word: &str = key.get_ref();
        match word {
            "filter" => filter = reader.string(word, value),
            "sort" => sort = reader.string(word, value),
            "columns" => columns = reader.words(word, value, &super::LIST_COLUMNS),
            _ => reader.unknown(word, &key.span(), KEYS),
        }
    }
    if filter.is_none() && reader.mistakes.len() == before {
        reader.mistake(&value.span(), format!("view {name} has no filter"));
    }
    (reader.mistakes.len() == before).then_some(filter).flatten().map(|filter| ViewText {
        name: name.to_owned(),
        filter,
        sort,
        columns,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Vec<String>, Vec<String>) {
        let (views, mistakes) = parse(Path::new("views.toml"), text);
        let names = views.into_iter().map(|view| view.name).collect();
        (names, mistakes.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn views_stand_in_the_order_of_the_file() {
        let text =
            "[stuck]\nfilter = 'is:parked'\nsort = '-age'\n[gold]\nfilter = 'meta.tier:gold'\n";
        assert_eq!(read(text), (vec!["stuck".to_owned(), "gold".to_owned()], Vec::new()));
    }

    #[test]
    fn columns_are_words_of_a_closed_set() {
        let text =
            "[a]\nfilter = 'x'\ncolumns = ['age', 'state']\n[b]\nfilter = 'x'\ncolumns = ['stat']";
        let (names, mistakes) = read(text);
        assert_eq!(names, ["a"]);
        let told = &mistakes[0];
        assert!(told.starts_with("views.toml:6: columns has \"stat\""), "{told}");
        assert!(told.contains("did you mean \"state\"?"), "{told}");
    }

    #[test]
    fn a_mistake_is_told_with_its_line_and_the_others_are_used() {
        let text = "[a]\nfilter = 3\n[b]\nfitler = 'x'\n[c]\nfilter = 'x'\n[d]\n";
        let (names, mistakes) = read(text);
        assert_eq!(names, ["c"]);
        assert!(mistakes[0].starts_with("views.toml:2: filter must be"), "{mistakes:?}");
        assert!(mistakes.iter().any(|m| m.contains("did you mean \"filter\"")), "{mistakes:?}");
        assert!(mistakes.iter().any(|m| m.contains("view d has no filter")), "{mistakes:?}");
        assert_eq!(read("[a").0.len(), 0);
        assert_eq!(read("[a").1.len(), 1);
    }
}
