//! Reading a table key by key, and noting what is wrong with it.

use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::time::Duration;

use toml::Value;

use crate::text::suggest::did_you_mean;
use crate::text::units;

/// Longest time that anything may take.
const LONGEST: f64 = 86_400.0;

/// A table, and where it stands.
pub(super) struct Table<'a> {
    pub(super) path: String,
    pub(super) table: &'a toml::Table,
}

impl Table<'_> {
    /// The last part of its place.
    pub(super) fn name(&self) -> &str {
        self.path.rsplit_once('.').map_or(&self.path, |(_, name)| name)
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }
}

pub(super) struct Reader<'r> {
    pub(super) base: &'r Path,
    pub(super) environment: &'r dyn Fn(&str) -> Option<String>,
    pub(super) mistakes: Vec<String>,
}

impl Reader<'_> {
    /// A sentence about a key, which is its subject.
    pub(super) fn wrong(&mut self, table: &Table<'_>, key: &str, why: impl AsRef<str>) {
        self.mistakes.push(format!("{}.{key} {}", table.path, why.as_ref()));
    }

    pub(super) fn known(&mut self, table: &Table<'_>, keys: &[&str]) {
        for key in table.table.keys().filter(|key| !keys.contains(&key.as_str())) {
            let near = did_you_mean(key, keys.iter().copied());
            let near =
                if near.is_empty() { format!("; there are {}", keys.join(", ")) } else { near };
            self.wrong(table, key, format!("is not known{near}"));
        }
    }

    fn wanted<T>(
        &mut self,
        table: &Table<'_>,
        key: &str,
        wanted: &str,
        read: impl FnOnce(&Value) -> Option<T>,
    ) -> Option<T> {
        let value = table.table.get(key)?;
        let found = read(value);
        if found.is_none() {
            self.wrong(table, key, format!("must be {wanted}"));
        }
        found
    }

    pub(super) fn text(&mut self, table: &Table<'_>, key: &str) -> Option<String> {
        self.wanted(table, key, "a text in quotes, and not empty", |value| {
            value.as_str().filter(|text| !text.trim().is_empty()).map(str::to_owned)
        })
    }

    pub(super) fn texts(&mut self, table: &Table<'_>, key: &str) -> Option<Vec<String>> {
        self.wanted(table, key, "a list of texts, such as [\"one\", \"two\"]", |value| {
            value.as_array()?.iter().map(|item| item.as_str().map(str::to_owned)).collect()
        })
    }

    /// `false` where nothing is said.
    pub(super) fn flag(&mut self, table: &Table<'_>, key: &str) -> bool {
        self.wanted(table, key, "true or false", Value::as_bool).unwrap_or(false)
    }

    pub(super) fn seconds(&mut self, table: &Table<'_>, key: &str, usual: Duration) -> Duration {
        let wanted = format!("a number of seconds, more than 0 and at most {LONGEST}");
        let read = self.wanted(table, key, &wanted, |value| {
            let seconds = match value {
                Value::Integer(number) => number.to_string().parse().ok()?,
                Value::Float(number) => *number,
                _ => return None,
            };
            let fits = seconds > 0.0 && seconds <= LONGEST;
            fits.then(|| Duration::try_from_secs_f64(seconds).ok())?
        });
        read.unwrap_or(usual)
    }

    pub(super) fn number(
        &mut self,
        table: &Table<'_>,
        key: &str,
        usual: usize,
        range: RangeInclusive<usize>,
    ) -> usize {
        let wanted = format!("between {} and {}", range.start(), range.end());
        let read = self.wanted(table, key, &wanted, |value| {
            let number = usize::try_from(value.as_integer()?).ok()?;
            range.contains(&number).then_some(number)
        });
        read.unwrap_or(usual)
    }

    /// A number, or a text with a unit.
    pub(super) fn bytes(
        &mut self,
        table: &Table<'_>,
        key: &str,
        usual: usize,
        range: RangeInclusive<usize>,
    ) -> usize {
        let size = |bytes: &usize| units::bytes(*bytes as u64);
        let (least, most) = (size(range.start()), size(range.end()));
        let wanted = format!("bytes, or a size such as \"64K\", between {least} and {most}");
        let read = self.wanted(table, key, &wanted, |value| {
            let bytes = match value {
                Value::Integer(number) => u64::try_from(*number).ok()?,
                Value::String(text) => units::read_bytes(text)?,
                _ => return None,
            };
            usize::try_from(bytes).ok().filter(|bytes| range.contains(bytes))
        });
        read.unwrap_or(usual)
    }

    pub(super) fn table<'a>(&mut self, table: &Table<'a>, key: &str) -> Option<Table<'a>> {
        let found = table.table.get(key)?;
        let path = format!("{}.{key}", table.path);
        if let Some(table) = found.as_table() {
            return Some(Table { path, table });
        }
        self.wrong(table, key, format!("must be a table: [{path}]"));
        None
    }

    /// The tables below a key.
    pub(super) fn tables<'a>(&mut self, table: &Table<'a>, key: &str) -> Vec<Table<'a>> {
        match self.table(table, key) {
            Some(holder) => self.tables_of(&holder),
            None => Vec::new(),
        }
    }

    pub(super) fn tables_of<'a>(&mut self, holder: &Table<'a>) -> Vec<Table<'a>> {
        let keys = holder.table.keys();
        keys.filter_map(|name| self.table(holder, name)).collect()
    }

    /// A program and its arguments; one with a path that is not whole is found from the file's directory.
    pub(super) fn program(
        &mut self,
        table: &Table<'_>,
        key: &str,
        words: &[String],
    ) -> Option<(String, Vec<String>)> {
        let Some((program, arguments)) =
            words.split_first().filter(|(one, _)| !one.trim().is_empty())
        else {
            let why = "must name a program, and its arguments, such as [\"./search.sh\", \"-v\"]";
            self.wrong(table, key, why);
            return None;
        };
        if words.iter().any(|word| word.contains('\0')) {
            self.wrong(table, key, "has a NUL character, which no program can be given");
            return None;
        }
        let is_path = program.contains('/');
        let program =
            if is_path { self.path(program).display().to_string() } else { program.clone() };
        Some((program, arguments.to_vec()))
    }

    fn path(&self, path: &str) -> PathBuf {
        match path.strip_prefix("~/").zip((self.environment)("HOME")) {
            Some((rest, home)) => Path::new(&home).join(rest),
            None => self.base.join(path),
        }
    }

    /// Where a program runs: in the directory of the file where nothing is said.
    pub(super) fn directory(&mut self, table: &Table<'_>) -> PathBuf {
        let own = self.text(table, "directory");
        own.map_or_else(|| self.base.to_owned(), |own| self.path(&own))
    }
}
