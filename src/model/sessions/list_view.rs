//! Filters of the list with an order, under names.

use super::columns::{Column, Columns};
use super::{ListOrder, Sessions};
use crate::query::{Domain, Query};

/// A filter and an order that people come back to.
#[derive(Debug, Clone, PartialEq)]
pub struct ListView {
    pub name: String,
    /// As it is typed.
    pub filter: String,
    pub order: ListOrder,
    /// `None` are those that the list has otherwise.
    columns: Option<Columns>,
    query: Query,
}

const BUILT_IN: [(&str, &str, &str); 6] = [
    ("waiting", "is:parked", "urgency"),
    ("failing", "is:error", "urgency"),
    ("running", "is:running", "urgency"),
    ("full", "ctx:>=80%", "context"),
    ("expiring", "is:expiring", "expiry"),
    ("fresh", "age:<1h", "age"),
];

impl ListView {
    /// What is wrong with it in words, where it is wrong.
    pub fn new(name: &str, filter: &str, sort: Option<&str>) -> Result<Self, String> {
        let query = Query::parse(filter, Domain::Sessions).map_err(|why| why.to_string())?;
        let order = match sort {
            None => ListOrder::default(),
            Some(sort) => ListOrder::from_kept(sort).ok_or_else(|| {
                format!("there is no order \"{sort}\"; there are {}", ListOrder::all())
            })?,
        };
        let (name, filter) = (name.to_owned(), filter.to_owned());
        Ok(Self { name, filter, order, columns: None, query })
    }

    /// The same with columns of its own; words that name none are left out.
    #[must_use]
    pub fn with_columns(self, words: &[String]) -> Self {
        let columns = words.iter().filter_map(|word| Column::from_word(word));
        Self { columns: Some(Columns::chosen(columns)), ..self }
    }

    /// Those that are there without a file; one of the same name takes the place of one.
    pub fn built_in() -> Vec<Self> {
        let view = |(name, filter, sort): &(&str, &str, &str)| Self::new(name, filter, Some(sort));
        BUILT_IN.iter().filter_map(|built_in| view(built_in).ok()).collect()
    }

    /// For a menu: `is:parked, by urgency`.
    pub fn words(&self) -> String {
        let columns = self.columns.as_ref().map(|columns| format!(", {}", columns.words()));
        format!("{}, {}{}", self.filter, self.order.words(), columns.unwrap_or_default())
    }
}

impl Sessions {
    /// Shows what a view shows.
    pub fn show_view(&mut self, view: &ListView) {
        self.set_filter(&view.filter, Some(view.query.clone()));
        self.set_order(view.order);
        self.columns.clone_from(&view.columns);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_built_in_is_right() {
        assert_eq!(ListView::built_in().len(), BUILT_IN.len());
    }

    #[test]
    fn a_wrong_view_says_what_is_wrong() {
        let wrong = |filter, sort| ListView::new("x", filter, sort).unwrap_err();
        assert!(wrong("is:stuck", None).contains("stuck"), "{}", wrong("is:stuck", None));
        let sort = wrong("is:parked", Some("colour"));
        assert!(sort.contains("urgency, name, agent, age, context, expiry"), "{sort}");
        assert_eq!(
            ListView::new("x", "is:parked", Some("-age")).unwrap().words(),
            "is:parked, by age, reversed"
        );
    }
}
