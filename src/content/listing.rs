//! What is in an archive, without taking anything out: names, sizes, times and kinds.
//!
//! Nothing is written anywhere. A ZIP is read by its directory alone; what is compressed as a whole
//! is unpacked piece by piece, to be counted and forgotten, and never more than [`MOST_UNPACKED`] of
//! it. The invariant: what an archive claims decides nothing about how much memory is taken.

use std::io::{self, Read};

use flate2::read::MultiGzDecoder;
use jiff::Timestamp;
use jiff::civil::DateTime;
use rawzip::ZipArchive;

use crate::text::{sanitize, units};

/// More entries are counted, and not listed.
pub const MOST_ENTRIES: usize = 20_000;
/// Of what has to be unpacked to be listed, no more is.
pub const MOST_UNPACKED: u64 = 256 << 20;
/// Longest name that is shown.
const NAME_CHARS: usize = 300;
/// Longest name that a tar archive may put in a place of its own.
const NAME_BYTES: u64 = 64 * 1024;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sort {
    File,
    Folder,
    Link,
    /// Devices, pipes and the like.
    Other,
}

/// When a file was last changed, as the kind of archive tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Modified {
    At(Timestamp),
    /// By the clock of whoever packed it.
    Unzoned(DateTime),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Fit for a screen; a link says where to.
    pub name: String,
    pub sort: Sort,
    /// In bytes, as the archive claims it.
    pub size: u64,
    /// In bytes; `None` where entries are not compressed one by one.
    pub packed: Option<u64>,
    /// `None` where the archive says nothing.
    pub modified: Option<Modified>,
    /// How it is compressed, and what is odd about it.
    pub remark: String,
    /// Whoever unpacks it as it is named writes outside of the folder that they chose.
    pub leads_out: bool,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listing {
    pub entries: Vec<Entry>,
    /// How many there are, the ones that are not listed among them.
    pub count: u64,
    pub size: u64,
    pub packed: u64,
    /// Why it may end too early.
    pub cut: Option<String>,
}

impl Listing {
    fn push(&mut self, entry: Entry) {
        self.count += 1;
        self.size = self.size.saturating_add(entry.size);
        self.packed = self.packed.saturating_add(entry.packed.unwrap_or(0));
        if self.entries.len() < MOST_ENTRIES {
            self.entries.push(entry);
        }
    }
}

/// What is in `bytes`, which are of the `format` that was detected. `None` when nobody waits any
/// more.
pub(super) fn list(format: &str, bytes: &[u8], gone: &dyn Fn() -> bool) -> Option<Listing> {
    let listing = match format {
        "ZIP" => zip(bytes, gone),
        "tar" => {
            let mut out = Listing::default();
            tar(bytes, &mut out, gone);
            out
        }
        _ => gzip(bytes, MOST_UNPACKED, gone),
    };
    (!gone()).then_some(listing)
}

/// There is something that [`list`] understands.
pub(super) fn is_listed(format: &str) -> bool {
    matches!(format, "ZIP" | "tar" | "gzip")
}

fn name(raw: &[u8]) -> String {
    let text = String::from_utf8_lossy(&raw[..raw.len().min(NAME_CHARS * 4)]).into_owned();
    let mut shown = String::new();
    for line in sanitize::lines(&text.chars().take(NAME_CHARS).collect::<String>()) {
        if !shown.is_empty() {
            shown.push_str("\\n");
        }
        shown.push_str(&line);
    }
    if text.chars().count() > NAME_CHARS || raw.len() > NAME_CHARS * 4 {
        shown.push('…');
    }
    shown
}

fn leads_out(raw: &[u8]) -> bool {
    let mut parts = raw.split(|byte| matches!(byte, b'/' | b'\\'));
    let absolute = matches!(raw, [b'/' | b'\\', ..] | [_, b':', ..]);
    absolute || parts.any(|part| part == b"..")
}

fn zip(bytes: &[u8], gone: &dyn Fn() -> bool) -> Listing {
    let mut out = Listing::default();
    let archive = match ZipArchive::from_slice(bytes) {
        Ok(archive) => archive,
        Err(error) => {
            out.cut = Some(format!(
                "no directory of the ZIP: {}",
                sanitize::one_line(&error.to_string())
            ));
            return out;
        }
    };
    let mut entries = archive.entries();
    loop {
        let entry = match entries.next_entry() {
            Ok(Some(entry)) if !gone() => entry,
            Ok(_) => break,
            Err(error) => {
                let error = error.to_string();
                out.cut = Some(format!("the directory breaks off: {}", sanitize::one_line(&error)));
                break;
            }
        };
        let path = entry.file_path();
        let method = entry.compression_method();
        let method =
            method.name().map_or_else(|| format!("method {}", method.as_u16()), str::to_lowercase);
        let encrypted = entry.flags().is_encrypted();
        let time = entry.last_modified();
        out.push(Entry {
            name: name(path.as_bytes()),
            sort: match (entry.is_dir(), entry.mode().is_symlink()) {
                (true, _) => Sort::Folder,
                (_, true) => Sort::Link,
                _ => Sort::File,
            },
            size: entry.uncompressed_size_hint(),
            packed: Some(entry.compressed_size_hint()),
            modified: DateTime::new(
                i16::try_from(time.year()).unwrap_or(0),
                i8::try_from(time.month()).unwrap_or(0),
                i8::try_from(time.day()).unwrap_or(0),
                i8::try_from(time.hour()).unwrap_or(0),
                i8::try_from(time.minute()).unwrap_or(0),
                0,
                0,
            )
            .ok()
            .map(Modified::Unzoned),
            remark: if encrypted { format!("{method}, encrypted") } else { method },
            leads_out: leads_out(path.as_bytes()),
        });
    }
    if !gone() && out.cut.is_none() && out.count != archive.entries_hint() {
        let claimed = archive.entries_hint();
        out.cut = Some(format!("the directory says {claimed} entries, and has {}", out.count));
    }
    out
}

/// Reads no more than it may, and nothing once nobody waits.
struct Bounded<'a, R> {
    inner: R,
    most: u64,
    left: u64,
    gone: &'a dyn Fn() -> bool,
}

impl<R: Read> Read for Bounded<'_, R> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        if (self.gone)() {
            return Err(io::Error::other("nobody waits"));
        }
        if self.left == 0 {
            let most = units::bytes(self.most);
            return Err(io::Error::other(format!("no more than {most} are unpacked to be listed")));
        }
        let most = usize::try_from(self.left).unwrap_or(usize::MAX).min(to.len());
        let read = self.inner.read(&mut to[..most])?;
        self.left -= read as u64;
        Ok(read)
    }
}

fn gzip(bytes: &[u8], most: u64, gone: &dyn Fn() -> bool) -> Listing {
    let mut out = Listing { packed: bytes.len() as u64, ..Listing::default() };
    let decoder = MultiGzDecoder::new(bytes);
    let (inner, modified) = decoder.header().map_or((Vec::new(), 0), |header| {
        (header.filename().unwrap_or_default().to_vec(), header.mtime())
    });
    let mut unpacked = Bounded { inner: decoder, most, left: most, gone };
    let mut start = Vec::new();
    let begun = unpacked.by_ref().take(512).read_to_end(&mut start);
    if begun.is_ok() && start.get(257..262) == Some(b"ustar") {
        tar(start.chain(unpacked), &mut out, gone);
        return out;
    }
    let rest = begun.and_then(|_| io::copy(&mut unpacked, &mut io::sink()));
    let size = start.len() as u64 + *rest.as_ref().unwrap_or(&0);
    if let Err(error) = rest {
        out.cut = Some(sanitize::one_line(&error.to_string()).into_owned());
    }
    let size = if out.cut.is_some() { most - unpacked.left } else { size };
    let shown = if inner.is_empty() { "(without a name)".to_owned() } else { name(&inner) };
    out.packed = 0;
    out.push(Entry {
        name: shown,
        sort: Sort::File,
        size,
        packed: Some(bytes.len() as u64),
        modified: time(u64::from(modified)),
        remark: "deflate".to_owned(),
        leads_out: leads_out(&inner),
    });
    out
}

fn time(seconds: u64) -> Option<Modified> {
    let seconds = i64::try_from(seconds).ok().filter(|seconds| *seconds > 0)?;
    Timestamp::from_second(seconds).ok().map(Modified::At)
}

fn tar(source: impl Read, out: &mut Listing, gone: &dyn Fn() -> bool) {
    let mut archive = tar::Archive::new(source);
    let entries = match archive.entries() {
        Ok(entries) => entries.raw(true),
        Err(error) => {
            out.cut = Some(sanitize::one_line(&error.to_string()).into_owned());
            return;
        }
    };
    // A name that is too long for its place comes as an entry before the one that it is of.
    let mut long: Option<Vec<u8>> = None;
    for entry in entries {
        if gone() {
            return;
        }
        let mut entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                out.cut = Some(sanitize::one_line(&error.to_string()).into_owned());
                return;
            }
        };
        let kind = entry.header().entry_type();
        if kind.is_gnu_longname() || kind.is_pax_local_extensions() {
            let mut bytes = Vec::new();
            let read = entry.by_ref().take(NAME_BYTES).read_to_end(&mut bytes);
            let named = if kind.is_gnu_longname() {
                Some(bytes.split(|byte| *byte == 0).next().unwrap_or_default().to_vec())
            } else {
                pax_path(&bytes)
            };
            long = named.filter(|_| read.is_ok()).or(long);
            continue;
        }
        if kind.is_gnu_longlink() || kind.is_pax_global_extensions() {
            continue;
        }
        let header = entry.header();
        let raw = long.take().unwrap_or_else(|| header.path_bytes().into_owned());
        let target = header.link_name_bytes().filter(|target| !target.is_empty());
        let mut shown = name(&raw);
        if let Some(target) = &target {
            shown = format!("{shown} -> {}", name(target));
        }
        let sort = match kind {
            _ if kind.is_dir() => Sort::Folder,
            _ if kind.is_symlink() || kind.is_hard_link() => Sort::Link,
            _ if kind.is_file() || kind.is_gnu_sparse() || kind.is_contiguous() => Sort::File,
            _ => Sort::Other,
        };
        out.push(Entry {
            name: shown,
            sort,
            size: header.size().unwrap_or(0),
            packed: None,
            modified: time(header.mtime().unwrap_or(0)),
            remark: String::new(),
            leads_out: leads_out(&raw) || target.is_some_and(|target| leads_out(&target)),
        });
    }
}

/// The name in a block of `length key=value` lines.
fn pax_path(block: &[u8]) -> Option<Vec<u8>> {
    let mut rest = block;
    while let Some(space) = rest.iter().position(|byte| *byte == b' ') {
        let length: usize = std::str::from_utf8(&rest[..space]).ok()?.parse().ok()?;
        let record = rest.get(space + 1..length)?;
        if let Some(value) = record.strip_prefix(b"path=") {
            return Some(value.strip_suffix(b"\n").unwrap_or(value).to_vec());
        }
        rest = rest.get(length..)?;
    }
    None
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn listed(format: &str, bytes: &[u8]) -> Listing {
        list(format, bytes, &|| false).unwrap()
    }

    fn names(listing: &Listing) -> Vec<&str> {
        listing.entries.iter().map(|entry| entry.name.as_str()).collect()
    }

    fn tarred(files: &[(&str, &[u8])]) -> Vec<u8> {
        let mut builder = tar::Builder::new(Vec::new());
        for (name, bytes) in files {
            let mut header = tar::Header::new_ustar();
            // What no decent program would write, an attacker does.
            header.as_ustar_mut().unwrap().name[..name.len().min(100)]
                .copy_from_slice(&name.as_bytes()[..name.len().min(100)]);
            header.set_size(bytes.len() as u64);
            header.set_mtime(1_777_816_930);
            header.set_cksum();
            builder.append(&header, *bytes).unwrap();
        }
        builder.into_inner().unwrap()
    }

    fn gzipped(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    /// A directory entry for a file that is not there.
    fn zipped(entries: &[(&str, u32, u32)], claimed: u16) -> Vec<u8> {
        let mut out = Vec::new();
        for (name, packed, size) in entries {
            out.extend_from_slice(b"PK\x01\x02\x14\x03\x14\0\0\0\x08\0\0\0\xa1\x5c\0\0\0\0");
            out.extend_from_slice(&packed.to_le_bytes());
            out.extend_from_slice(&size.to_le_bytes());
            out.extend_from_slice(&u16::try_from(name.len()).unwrap().to_le_bytes());
            out.extend_from_slice(&[0; 16]);
            out.extend_from_slice(name.as_bytes());
        }
        let length = u32::try_from(out.len()).unwrap();
        out.extend_from_slice(b"PK\x05\x06\0\0\0\0");
        out.extend_from_slice(&claimed.to_le_bytes());
        out.extend_from_slice(&claimed.to_le_bytes());
        out.extend_from_slice(&length.to_le_bytes());
        out.extend_from_slice(&[0; 6]);
        out
    }

    #[test]
    fn a_zip_says_what_is_in_it_and_what_its_names_would_do() {
        let bytes = zipped(
            &[
                ("notes/", 0, 0),
                ("notes/a.txt", 10, 4_000_000_000),
                ("../../etc/passwd", 1, 1),
                ("notes/a.txt", 3, 3),
                ("x\x1b[2J\ny", 1, 2),
            ],
            5,
        );
        let listing = listed("ZIP", &bytes);
        let wanted = ["notes/", "notes/a.txt", "../../etc/passwd", "notes/a.txt", "x\\x1b[2J\\ny"];
        assert_eq!(names(&listing), wanted, "the same name twice is two entries");
        assert_eq!((listing.count, listing.size, listing.packed), (5, 4_000_000_006, 15));
        let out: Vec<bool> = listing.entries.iter().map(|entry| entry.leads_out).collect();
        assert_eq!(out, [false, false, true, false, false]);
        assert_eq!(listing.entries[0].sort, Sort::Folder);
        let day = "2026-05-01T00:00".parse().unwrap();
        assert_eq!(listing.entries[1].modified, Some(Modified::Unzoned(day)));
        assert_eq!(listing.entries[1].remark, "deflate");
        assert_eq!(listing.cut, None);
        let lies = listed("ZIP", &zipped(&[("a", 1, 1)], 9));
        assert_eq!(lies.cut.as_deref(), Some("the directory says 9 entries, and has 1"));
        let torn = listed("ZIP", &bytes[..bytes.len() - 30]);
        assert!(torn.entries.is_empty() && torn.cut.unwrap().contains("no directory"));
    }

    #[test]
    fn a_tar_is_listed_whether_compressed_or_not() {
        let long = format!("{}/end.txt", "deep/".repeat(40));
        let record = format!("{} path={long}\n", long.len() + 10);
        assert_eq!(pax_path(record.as_bytes()), Some(long.clone().into_bytes()));
        let mut builder = tar::Builder::new(tarred(&[("../out", b"hello"), ("a\x1b]0;x", b"")]));
        let mut header = tar::Header::new_gnu();
        header.set_size(3);
        builder.append_data(&mut header, &long, &b"abc"[..]).unwrap();
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(tar::EntryType::Symlink);
        header.set_size(0);
        builder.append_link(&mut header, "link", "/etc/passwd").unwrap();
        let mut plain = builder.into_inner().unwrap();
        // The builder began behind the end of the first archive, which is no end any more.
        let end = plain.windows(1_024).position(|at| at.iter().all(|b| *b == 0)).unwrap();
        let end = end.next_multiple_of(512);
        plain.drain(end..end + 1_024);
        let from_tar = listed("tar", &plain);
        let shown = ["../out", "a\\x1b]0;x", &long, "link -> /etc/passwd"];
        assert_eq!(names(&from_tar), shown);
        let at = "2026-05-03T14:02:10Z".parse().unwrap();
        assert_eq!(from_tar.entries[0].modified, Some(Modified::At(at)));
        assert!(from_tar.entries[0].leads_out && from_tar.entries[3].leads_out);
        assert_eq!((from_tar.size, from_tar.cut.as_deref()), (8, None));
        let from_gz = listed("gzip", &gzipped(&plain));
        assert_eq!(from_gz.entries, from_tar.entries);
        let torn = listed("gzip", &gzipped(&plain)[..60]);
        assert!(torn.cut.is_some());
    }

    #[test]
    fn a_bomb_is_not_unpacked_beyond_the_bound() {
        let zeros = vec![0; 1 << 20];
        let mut bomb = Vec::new();
        for _ in 0..4 {
            bomb.extend(gzipped(&zeros));
        }
        let most = 3 << 20;
        let listing = gzip(&bomb, most, &|| false);
        assert_eq!((listing.entries.len(), listing.entries[0].size), (1, most));
        assert!(listing.cut.unwrap().contains("3.0M"));
        assert_eq!(list("gzip", &bomb, &|| true), None);
        let one = listed("gzip", &gzipped(b"just words"));
        assert_eq!((one.entries[0].size, one.cut.as_deref()), (10, None));
    }

    #[test]
    fn long_lists_are_counted_to_the_end() {
        let many = vec![("a", 1, 1); MOST_ENTRIES + 7];
        let listing = listed("ZIP", &zipped(&many, u16::try_from(many.len()).unwrap()));
        assert_eq!(listing.entries.len(), MOST_ENTRIES);
        assert_eq!(listing.count, many.len() as u64);
        let name = "n".repeat(5_000);
        let long = listed("ZIP", &zipped(&[(&name, 1, 1)], 1));
        assert_eq!(long.entries[0].name.chars().count(), NAME_CHARS + 1);
    }
}
