//! The agents and aliases of the service: a list, and all that is known of the selected one.
//!
//! Owns what is selected, unfolded and seen; what is known comes in. Start with
//! [`AgentPane::settle_list`] and [`AgentPane::settle_facts`]. The invariant: what is selected is
//! selected by its key, and a line that the cursor is on by its name, so that no arrival moves either.

mod of_agent;
mod of_alias;
mod rows;
mod sheet;

use std::collections::BTreeSet;
use std::ops::Range;

use crate::api::{AgentKey, AliasKey, SessionRef};
use crate::view::{Area, Model};
use crate::viewport::{Motion, Viewport};

pub use rows::Row;
use sheet::Sheet;
pub use sheet::{Line, Look};

/// What the list is of.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Item {
    Agent(AgentKey),
    Alias(AliasKey),
}

impl Item {
    pub fn key(&self) -> &str {
        match self {
            Self::Agent(key) => key.as_str(),
            Self::Alias(key) => key.as_str(),
        }
    }
}

/// What rows and lines follow from: equal means that they stay as they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Source {
    sessions: u64,
    catalogue: u64,
    /// Urgency by the clock moves in steps of this.
    time: i64,
    columns: usize,
}

/// Seconds of a step, as in the list of sessions.
const TIME_STEP: i64 = 10;

impl Source {
    fn of(model: &Model, columns: u16) -> Self {
        Self {
            sessions: model.sessions.version(),
            catalogue: model.catalogue.version(),
            time: model.now.as_second().div_euclid(TIME_STEP),
            columns: columns.into(),
        }
    }
}

#[derive(Debug, Clone, Default)]
pub struct AgentPane {
    selected: Option<Item>,
    rows: Vec<Row>,
    rows_of: Option<Source>,
    list: Viewport,
    lines: Vec<Line>,
    lines_of: Option<(Source, Item, u64)>,
    facts: Viewport,
    /// Lines that were unfolded, of which item.
    unfolded: BTreeSet<(Item, String)>,
    /// Counts changes of the folds.
    folds: u64,
}

impl AgentPane {
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// Rows of the list on the screen.
    pub fn rows_seen(&self) -> Range<usize> {
        self.list.seen(self.rows.len())
    }

    pub fn selected(&self) -> Option<&Item> {
        self.selected.as_ref()
    }

    pub fn lines(&self) -> &[Line] {
        &self.lines
    }

    pub fn lines_seen(&self) -> Range<usize> {
        self.facts.seen(self.lines.len())
    }

    /// The line that the cursor is on.
    pub fn at(&self) -> usize {
        self.facts.at()
    }

    pub fn line(&self) -> Option<&Line> {
        self.lines.get(self.at())
    }

    /// The session that the line under the cursor tells of.
    pub fn session(&self) -> Option<&SessionRef> {
        self.line()?.leads.as_ref()
    }

    pub fn select(&mut self, item: Item) {
        if self.selected.as_ref() != Some(&item) {
            self.facts = Viewport::expecting(self.facts.height());
            self.lines_of = None;
        }
        self.selected = Some(item);
    }

    fn row_of_selected(&self) -> Option<usize> {
        self.rows
            .iter()
            .position(|row| row.item().is_some() && row.item() == self.selected.as_ref())
    }

    /// Moves the selection over what is no item.
    pub fn go(&mut self, motion: Motion) {
        let at = self.row_of_selected().unwrap_or(0);
        let wanted = motion.from(at, self.rows.len(), self.list.height());
        let items = || self.rows.iter().enumerate().filter_map(|(at, row)| Some((at, row.item()?)));
        let next = if motion.is_forward() {
            items().find(|(at, _)| *at >= wanted).or_else(|| items().next_back())
        } else {
            items().rfind(|(at, _)| *at <= wanted).or_else(|| items().next())
        };
        if let Some((_, item)) = next {
            let item = item.clone();
            self.select(item);
        }
    }

    /// Moves the cursor over the lines of the selected one.
    pub fn go_in_facts(&mut self, motion: Motion) {
        self.facts.go(motion, self.lines.len());
    }

    /// Folds or unfolds the line under the cursor, or the one that it is in; says whether there was
    /// anything to fold.
    pub fn fold(&mut self, folded: Option<bool>) -> bool {
        let Some(item) = self.selected.clone() else { return false };
        let Some(line) = self.line() else { return false };
        let holder = match (line.folded, folded) {
            // What is folded already is folded further out.
            (Some(true), Some(true)) | (None, Some(true) | None) => sheet::outside(&line.path),
            (Some(is), wanted) if wanted != Some(is) => Some(line.path.as_str()),
            _ => None,
        };
        let holder = holder.and_then(|path| {
            self.lines.iter().position(|line| line.path == path && line.folded.is_some())
        });
        let Some(at) = holder else { return false };
        let name = (item, self.lines[at].path.clone());
        if self.lines[at].folded == Some(true) {
            self.unfolded.insert(name);
        } else {
            self.unfolded.remove(&name);
            // Nothing stays unfolded out of sight.
            let inside = format!("{}/", name.1);
            self.unfolded.retain(|(of, path)| *of != name.0 || !path.starts_with(&inside));
            self.facts.select(at);
        }
        self.folds += 1;
        true
    }

    pub fn fold_all(&mut self, folded: bool) {
        let Some(item) = self.selected.clone() else { return };
        if folded {
            self.unfolded.retain(|(of, _)| *of != item);
        } else {
            let folds = self.lines.iter().filter(|line| line.folded == Some(true));
            let paths: Vec<_> = folds.map(|line| (item.clone(), line.path.clone())).collect();
            self.unfolded.extend(paths);
        }
        self.folds += 1;
    }

    /// Brings the rows up to date and fits them to their rectangle.
    pub fn settle_list(&mut self, model: &Model, area: Area) {
        let source = Source::of(model, area.width);
        if self.rows_of.replace(source) != Some(source) {
            let before = self.row_of_selected();
            self.rows = rows::rows(model, area.width.into());
            if self.row_of_selected().is_none() {
                self.select_near(before, model);
            }
        }
        self.list.select(self.row_of_selected().unwrap_or(0));
        // The heading above the first of its kind is seen with it.
        self.list.settle_around(self.rows.len(), area.height.into(), 1, 0);
    }

    /// To begin with the agent of the open session; later the one in the place of what is gone.
    fn select_near(&mut self, before: Option<usize>, model: &Model) {
        let items: Vec<(usize, &Item)> =
            self.rows.iter().enumerate().filter_map(|(at, row)| Some((at, row.item()?))).collect();
        let open = model.open.as_ref().map(|open| Item::Agent(open.reference.agent.clone()));
        let next = match before {
            Some(before) => items.iter().find(|(at, _)| *at >= before).or(items.last()),
            None => items.iter().find(|(_, item)| Some(*item) == open.as_ref()).or(items.first()),
        };
        match next.map(|(_, item)| (*item).clone()) {
            Some(item) => self.select(item),
            // A list that is being read anew may bring it back.
            None => self.lines_of = None,
        }
    }

    /// The same for what is known of the selected one.
    pub fn settle_facts(&mut self, model: &Model, area: Area) {
        let source = Source::of(model, area.width);
        let made_for = self.selected.clone().map(|item| (source, item, self.folds));
        if made_for.is_none() || self.lines_of != made_for {
            let here = self.line().map(|line| line.path.clone());
            self.lines = match &self.selected {
                Some(item) => self.written(model, item, area.width.into()),
                None => Vec::new(),
            };
            self.lines_of = made_for;
            let at = here.and_then(|path| self.lines.iter().position(|line| line.path == path));
            if let Some(at) = at {
                self.facts.select(at);
            }
        }
        self.facts.settle(self.lines.len(), area.height.into());
    }

    fn written(&self, model: &Model, item: &Item, columns: usize) -> Vec<Line> {
        let unfolded = |path: &str| self.unfolded.contains(&(item.clone(), path.to_owned()));
        let mut sheet = Sheet::new(columns, &unfolded);
        match item {
            Item::Agent(key) => match model.agents.get(key) {
                Some(agent) => of_agent::write(&mut sheet, agent, model),
                None => sheet.note("this agent is not listed any more"),
            },
            Item::Alias(key) => {
                let aliases = model.catalogue.aliases().items();
                match aliases.iter().find(|alias| alias.key == *key) {
                    Some(alias) => of_alias::write(&mut sheet, alias, model),
                    None => sheet.note("this alias is not listed any more"),
                }
            }
        }
        sheet.lines()
    }

    /// The agents whose sessions the selected item is about.
    pub fn agents_meant(&self, model: &Model) -> Vec<AgentKey> {
        match &self.selected {
            Some(Item::Agent(key)) => vec![key.clone()],
            Some(Item::Alias(key)) => {
                let aliases = model.catalogue.aliases().items();
                let alias = aliases.iter().find(|alias| alias.key == *key);
                let targets = alias.map(crate::model::agent_facts::targets).unwrap_or_default();
                targets.into_iter().cloned().collect()
            }
            None => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests;
