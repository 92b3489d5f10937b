//! The menu of kinds and states that events of a timeline have, with how many have them.

use crate::api::EventKind;
use crate::model::timeline::Timeline;
use crate::view::ItemList;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// The key and the value of the condition in the filter language.
    pub key: &'static str,
    pub word: &'static str,
    pub count: usize,
    pub chosen: bool,
}

pub type TypeMenu = ItemList<Item>;

impl TypeMenu {
    pub fn of(timeline: &Timeline) -> Self {
        let census = timeline.census();
        let item = |key, word, count| Item { key, word, count, chosen: false };
        let kinds = EventKind::ALL.iter().zip(census.kinds).map(|(kind, count)| {
            let wire = kind.wire();
            item("type", if wire.is_empty() { "unknown" } else { wire }, count)
        });
        let states = [
            item("is", "error", census.failed),
            item("is", "pending", census.pending),
            item("is", "hidden", census.hidden),
            item("is", "compacted", census.compacted),
        ];
        Self::new("Show only", kinds.chain(states).filter(|item| item.count > 0).collect())
    }

    pub fn toggle(&mut self) {
        let at = self.at();
        if let Some(item) = self.items.get_mut(at) {
            item.chosen = !item.chosen;
        }
    }

    /// Chooses all, or none if all are chosen.
    pub fn toggle_all(&mut self) {
        let all = self.items.iter().all(|item| item.chosen);
        for item in &mut self.items {
            item.chosen = !all;
        }
    }

    /// The filter that shows what was chosen, or what keys are about where nothing was; nothing
    /// where that is all.
    pub fn query(&self) -> String {
        let none = self.items.iter().all(|item| !item.chosen);
        let wanted = |(place, item): &(usize, &Item)| item.chosen || (none && *place == self.at());
        let words = |key: &str| {
            let of_key = self.items.iter().enumerate().filter(|(_, item)| item.key == key);
            let all = of_key.clone().all(|pair| wanted(&pair));
            let words: Vec<&str> = of_key.filter(wanted).map(|(_, item)| item.word).collect();
            // Every event has a type, but hardly any all the states.
            let says_nothing = words.is_empty() || (key == "type" && all);
            (!says_nothing).then(|| format!("{key}:{}", words.join(",")))
        };
        if self.items.iter().all(|item| item.chosen) {
            return String::new();
        }
        [words("type"), words("is")].into_iter().flatten().collect::<Vec<_>>().join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::viewport::Motion;

    #[test]
    fn what_is_chosen_becomes_a_query() {
        let item = |key, word| Item { key, word, count: 1, chosen: false };
        let items = vec![item("type", "tool_input"), item("type", "error"), item("is", "hidden")];
        let mut menu = TypeMenu::new("", items);
        assert_eq!(menu.query(), "type:tool_input", "nothing chosen is what the cursor is on");
        menu.go(Motion::Down);
        menu.toggle();
        assert_eq!(menu.query(), "type:error");
        menu.go(Motion::First);
        menu.toggle();
        assert_eq!(menu.query(), "", "every type");
        menu.go(Motion::Last);
        menu.toggle();
        menu.go(Motion::Up);
        menu.toggle();
        assert_eq!(menu.query(), "type:tool_input is:hidden");
        menu.toggle_all();
        assert_eq!(menu.query(), "", "everything");
        menu.toggle_all();
        assert!(menu.items().iter().all(|item| !item.chosen));
    }
}
