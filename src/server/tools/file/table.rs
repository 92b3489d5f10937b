//! Reading a table of tools key by key, in sentences that begin with the place of what they are about.

use std::ops::{Range, RangeInclusive};
use std::path::{Path, PathBuf};
use std::time::Duration;

use toml::de::{DeTable, DeValue};

use crate::server::reading::{self, Value};
use crate::text::suggest::did_you_mean;
use crate::text::units;

/// What anything may take, in seconds.
const SECONDS: RangeInclusive<f64> = 0.001..=86_400.0;

/// A table, and where it stands.
pub(super) struct Table<'v, 't> {
    pub(super) path: String,
    pub(super) entries: &'v DeTable<'t>,
    span: Range<usize>,
}

impl<'v, 't> Table<'v, 't> {
    /// The last part of its place.
    pub(super) fn name(&self) -> &str {
        self.path.rsplit_once('.').map_or(&self.path, |(_, name)| name)
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.entries.contains_key(key)
    }

    pub(super) fn get(&self, key: &str) -> Option<Value<'v, 't>> {
        self.entries.get(key)
    }

    fn place(&self, key: &str) -> String {
        format!("{}.{key}", self.path)
    }
}

/// What a file says of tools, in a world that is given.
pub(super) struct Reader<'r, 'a> {
    pub(super) base: &'r Path,
    pub(super) environment: &'r dyn Fn(&str) -> Option<String>,
    pub(super) file: &'r mut reading::Reader<'a>,
}

impl Reader<'_, '_> {
    /// A sentence about a key, which is its subject.
    pub(super) fn wrong(&mut self, table: &Table<'_, '_>, key: &str, why: impl AsRef<str>) {
        let found = table.entries.get_key_value(key);
        let span = found.map_or_else(|| table.span.clone(), |(key, _)| key.span());
        self.file.mistake(&span, format!("{} {}", table.place(key), why.as_ref()));
    }

    /// The same about a table.
    pub(super) fn wrong_table(&mut self, table: &Table<'_, '_>, why: &str) {
        self.file.mistake(&table.span, format!("{} {why}", table.path));
    }

    pub(super) fn known(&mut self, table: &Table<'_, '_>, keys: &[&str]) {
        for (key, _) in table.entries {
            let name: &str = key.get_ref();
            if keys.contains(&name) {
                continue;
            }
            let near = did_you_mean(name, keys.iter().copied());
            let near =
                if near.is_empty() { format!("; there are {}", keys.join(", ")) } else { near };
            self.wrong(table, name, format!("is not known{near}"));
        }
    }

    fn wanted<T>(
        &mut self,
        table: &Table<'_, '_>,
        key: &str,
        wanted: &str,
        read: impl FnOnce(&DeValue<'_>) -> Option<T>,
    ) -> Option<T> {
        self.file.wanted(&table.place(key), table.get(key)?, wanted, read)
    }

    pub(super) fn text(&mut self, table: &Table<'_, '_>, key: &str) -> Option<String> {
        self.wanted(table, key, "a text in quotes, and not empty", |value| {
            value.as_str().filter(|text| !text.trim().is_empty()).map(str::to_owned)
        })
    }

    pub(super) fn texts(&mut self, table: &Table<'_, '_>, key: &str) -> Option<Vec<String>> {
        self.file.texts(&table.place(key), table.get(key)?)
    }

    /// `false` where nothing is said.
    pub(super) fn flag(&mut self, table: &Table<'_, '_>, key: &str) -> bool {
        let value = table.get(key);
        value.and_then(|value| self.file.truth(&table.place(key), value)).unwrap_or(false)
    }

    pub(super) fn seconds(
        &mut self,
        table: &Table<'_, '_>,
        key: &str,
        usual: Duration,
    ) -> Duration {
        let value = table.get(key);
        let read = value.and_then(|value| self.file.number(&table.place(key), value, SECONDS));
        read.map_or(usual, Duration::from_secs_f64)
    }

    pub(super) fn number(
        &mut self,
        table: &Table<'_, '_>,
        key: &str,
        usual: usize,
        range: RangeInclusive<u64>,
    ) -> usize {
        let value = table.get(key);
        let read = value.and_then(|value| self.file.whole(&table.place(key), value, range));
        read.and_then(|number| usize::try_from(number).ok()).unwrap_or(usual)
    }

    /// A number, or a text with a unit.
    pub(super) fn bytes(
        &mut self,
        table: &Table<'_, '_>,
        key: &str,
        usual: usize,
        range: RangeInclusive<usize>,
    ) -> usize {
        let size = |bytes: &usize| units::bytes(*bytes as u64);
        let (least, most) = (size(range.start()), size(range.end()));
        let read = self.wanted(table, key, "bytes, or a size such as \"64K\"", |value| {
            let bytes = match value {
                DeValue::Integer(number) => number.to_string().parse().ok(),
                DeValue::String(text) => units::read_bytes(text),
                _ => return None,
            };
            // What is no number of bytes is out of any range.
            Some(bytes.and_then(|bytes: u64| usize::try_from(bytes).ok()))
        });
        match read {
            None => usual,
            Some(bytes) => bytes.filter(|bytes| range.contains(bytes)).unwrap_or_else(|| {
                let why = "must be bytes, or a size such as \"64K\", between";
                self.wrong(table, key, format!("{why} {least} and {most}"));
                usual
            }),
        }
    }

    /// A table of the file; an empty one where there is none.
    pub(super) fn top<'v, 't>(
        &mut self,
        file: &'v DeTable<'t>,
        key: &str,
        none: &'v DeTable<'t>,
    ) -> Table<'v, 't> {
        let span = file.get_key_value(key).map_or(0..0, |(key, _)| key.span());
        let table = file.get(key).and_then(|value| self.file.table(key, value));
        Table { path: key.to_owned(), entries: table.unwrap_or(none), span }
    }

    pub(super) fn table<'v, 't>(
        &mut self,
        table: &Table<'v, 't>,
        key: &str,
    ) -> Option<Table<'v, 't>> {
        let (name, found) = table.entries.get_key_value(key)?;
        let path = table.place(key);
        if let Some(table) = found.get_ref().as_table() {
            return Some(Table { path, entries: table, span: name.span() });
        }
        self.wrong(table, key, format!("must be a table: [{path}]"));
        None
    }

    /// The tables below a key.
    pub(super) fn tables<'v, 't>(
        &mut self,
        table: &Table<'v, 't>,
        key: &str,
    ) -> Vec<Table<'v, 't>> {
        match self.table(table, key) {
            Some(holder) => self.tables_of(&holder),
            None => Vec::new(),
        }
    }

    pub(super) fn tables_of<'v, 't>(&mut self, holder: &Table<'v, 't>) -> Vec<Table<'v, 't>> {
        let keys = holder.entries.keys();
        keys.filter_map(|name| self.table(holder, name.get_ref())).collect()
    }

    /// A program and its arguments; one with a path that is not whole is found from the file's directory.
    pub(super) fn program(
        &mut self,
        table: &Table<'_, '_>,
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
    pub(super) fn directory(&mut self, table: &Table<'_, '_>) -> PathBuf {
        let own = self.text(table, "directory");
        own.map_or_else(|| self.base.to_owned(), |own| self.path(&own))
    }
}
