//! One file: a version and a list of entries, read with tolerance and written whole.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{StateError, at};
use crate::api::Timestamp;
use crate::model::memory::{Kept, Table};

const VERSION: u32 = 1;
/// Nothing older than this is kept, and no more than this: the oldest goes first.
const KEPT_SECONDS: i64 = 90 * 24 * 3_600;
const KEPT_ENTRIES: usize = 5_000;
/// A file beyond this was not written by us.
const MAX_BYTES: u64 = 256 * 1024 * 1024;
/// Files set aside per table; the last name is used again after that.
const ASIDE: u32 = 9;

pub(super) trait Name: Ord + Clone + Serialize + DeserializeOwned {}
impl<T: Ord + Clone + Serialize + DeserializeOwned> Name for T {}
pub(super) trait Value: Serialize + DeserializeOwned {}
impl<T: Serialize + DeserializeOwned> Value for T {}

#[derive(Deserialize)]
struct Read<'a> {
    version: u32,
    #[serde(borrow)]
    entries: Vec<&'a RawValue>,
}

#[derive(Serialize)]
struct Written<'a, K, V> {
    version: u32,
    entries: Vec<Entry<&'a K, &'a V>>,
}

#[derive(Serialize, Deserialize)]
struct Entry<K, V> {
    key: K,
    at: Timestamp,
    value: V,
}

fn path_of(directory: &Path, file: &str) -> PathBuf {
    directory.join(format!("{file}.json"))
}

/// What a file holds; nothing if there is none. A file with anything illegible in it is moved
/// aside, what is legible is written anew, and a remark says so.
pub(super) fn load<K: Name, V: Value>(
    directory: &Path,
    file: &str,
    now: Timestamp,
    remarks: &mut Vec<String>,
) -> Result<Table<K, V>, StateError> {
    let path = path_of(directory, file);
    let bytes = match read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Table::new()),
        Err(error) => return Err(at(&path)(error)),
    };
    let (mut table, whole) = bytes.as_deref().map_or_else(|| (Table::new(), false), parse);
    if !whole {
        let aside = set_aside(&path)?;
        let name = aside.file_name().unwrap_or_default().to_string_lossy().into_owned();
        remarks.push(format!("{file} could not be read; the file is now {name}"));
        if !table.is_empty() {
            store(directory, file, &mut table, now)?;
        }
    }
    prune(&mut table, now);
    Ok(table)
}

/// What is legible in a file, which stays as it is.
pub(super) fn peek<K: Name, V: Value>(directory: &Path, file: &str, now: Timestamp) -> Table<K, V> {
    let bytes = read(&path_of(directory, file)).ok().flatten();
    let mut table = bytes.map_or_else(Table::new, |bytes| parse(&bytes).0);
    prune(&mut table, now);
    table
}

/// `None` when it is too large to be ours.
fn read(path: &Path) -> std::io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    Ok((bytes.len() as u64 <= MAX_BYTES).then_some(bytes))
}

/// The legible entries, and whether that was all.
fn parse<K: Name, V: Value>(bytes: &[u8]) -> (Table<K, V>, bool) {
    let Ok(read) = serde_json::from_slice::<Read>(bytes) else { return (Table::new(), false) };
    let mut whole = read.version == VERSION;
    let mut table = Table::new();
    for raw in read.entries {
        match serde_json::from_str::<Entry<K, V>>(raw.get()) {
            Ok(Entry { key, at, value }) => {
                table.insert(key, Kept { at, value });
            }
            Err(_) => whole = false,
        }
    }
    (table, whole)
}

/// Gives the file a name under which nothing looks for it.
fn set_aside(path: &Path) -> Result<PathBuf, StateError> {
    let name = |number| path.with_extension(format!("json.unreadable-{number}"));
    let free = (1..ASIDE).map(name).find(|aside| !aside.exists());
    let aside = free.unwrap_or_else(|| name(ASIDE));
    fs::rename(path, &aside).map_err(at(path))?;
    Ok(aside)
}

fn prune<K: Name, V>(table: &mut Table<K, V>, now: Timestamp) {
    table.retain(|_, kept| now.as_second() - kept.at.as_second() <= KEPT_SECONDS);
    keep_newest(table, KEPT_ENTRIES);
}

/// Drops the oldest entries beyond so many.
pub(super) fn keep_newest<K: Name, V>(table: &mut Table<K, V>, count: usize) {
    let surplus = table.len().saturating_sub(count);
    if surplus == 0 {
        return;
    }
    let mut by_age: Vec<(Timestamp, K)> =
        table.iter().map(|(key, kept)| (kept.at, key.clone())).collect();
    by_age.sort_unstable();
    for (_, key) in by_age.into_iter().take(surplus) {
        table.remove(&key);
    }
}

/// Replaces the file. After a crash either the old or the new one is there, whole.
pub(super) fn store<K: Name, V: Value>(
    directory: &Path,
    file: &str,
    table: &mut Table<K, V>,
    now: Timestamp,
) -> Result<(), StateError> {
    prune(table, now);
    let path = path_of(directory, file);
    let entries = table.iter();
    let entries = entries.map(|(key, Kept { at, value })| Entry { key, at: *at, value }).collect();
    let bytes = serde_json::to_vec(&Written { version: VERSION, entries })
        .map_err(|why| StateError::Encode { path: path.clone(), why })?;
    // One name is enough: whoever writes holds the lock.
    let new = path.with_extension("json.new");
    let replace = || {
        let mut options = OpenOptions::new();
        let mut out = options.write(true).create(true).truncate(true).mode(0o600).open(&new)?;
        out.write_all(&bytes)?;
        out.sync_all()?;
        fs::rename(&new, &path)?;
        // The name, too, must be on the disk.
        File::open(directory)?.sync_all()
    };
    replace().map_err(at(&path))
}
