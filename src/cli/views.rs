//! The views of the session list: those that are built in, and those of `views.toml`.

use super::config_file::read;
use super::places::Places;
use crate::config::{Origin, Setting, parse_views};
use crate::model::sessions::ListView;

/// All views, and what is wrong with the file in a line each: nobody is kept out by it.
pub(super) fn views(places: &Places) -> (Vec<ListView>, Vec<String>) {
    let path = places.views();
    let text = match read(&path) {
        Ok(text) => text.unwrap_or_default(),
        Err(failure) => return (ListView::built_in(), vec![failure.to_string()]),
    };
    let (texts, mistakes) = parse_views(&path, &text);
    let mut wrong: Vec<String> = mistakes.iter().map(ToString::to_string).collect();
    let mut own: Vec<ListView> = Vec::new();
    for text in texts {
        let sort = text.sort.as_ref().map(|sort| sort.value.as_str());
        match ListView::new(&text.name, &text.filter.value, sort) {
            Ok(view) => own.push(match &text.columns {
                Some(columns) => view.with_columns(&columns.value),
                None => view,
            }),
            Err(why) => wrong.push(format!("{}: view {}: {why}", place(&text.filter), text.name)),
        }
    }
    let built_in = ListView::built_in().into_iter();
    let other: Vec<ListView> =
        built_in.filter(|view| own.iter().all(|own| own.name != view.name)).collect();
    own.extend(other);
    (own, wrong)
}

fn place(setting: &Setting<String>) -> String {
    match &setting.origin {
        Origin::File(path, line) => format!("{}:{line}", path.display()),
        origin => origin.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use crate::config::LIST_COLUMNS;
    use crate::model::sessions::columns::Column;

    #[test]
    fn a_column_that_can_be_written_can_be_shown() {
        assert_eq!(LIST_COLUMNS, Column::WORDS.map(|(word, _)| word));
    }
}
