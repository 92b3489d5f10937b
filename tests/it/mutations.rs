//! What others write, bent at random: files, queries, keymaps. Nothing panics, and nothing that drives a
//! terminal gets through.
//!
//! Each target runs for `FORETOP_MUTATE_SECONDS` (half a second, unless told). A failure names its seed,
//! which makes the same input again: `FORETOP_MUTATE_SEED`.

use std::sync::Arc;
use std::time::{Duration, Instant};

use foretop::internals::app::{Action, default_keymap};
use foretop::internals::content::{Done, Job, prepare};
use foretop::internals::keymap::{DEFAULT_TOML, Key, Keymap};
use foretop::internals::query::{Domain, Query, guide};
use foretop::internals::text::{markdown, quoted, sanitize, wrap};

/// Longest input that is bent; each step may make it longer.
const LONGEST: usize = 64 * 1024;

/// Pieces that mean something to somebody.
const PIECES: &[&[u8]] = &[
    b"\x00",
    b"\xff",
    b"\x1b[2J",
    b"\r\n",
    b"\n",
    b"[",
    b"]",
    b"{",
    b"}",
    b"(",
    b")",
    b"\"",
    b"'",
    b"<",
    b">",
    b"|",
    b"---",
    b"```",
    b"> ",
    b"- ",
    b"*",
    b"_",
    b"\\",
    b"%",
    b"endobj",
    b"stream\n",
    b"obj",
    b"<<",
    b">>",
    b"PK\x03\x04",
    b"PK\x01\x02",
    b"PK\x05\x06",
    b"\x1f\x8b\x08",
    b"ustar",
    b"99999999999999999999",
    b"-1",
    b"\xe2\x80\xae",
    b"\xcc\x81",
    b"\xe2\x80\x8d",
    b":",
    b"..",
    b" or ",
    b"not ",
    b"type:",
    b"\xef\xbb\xbf",
];

fn bend(corpus: &[Vec<u8>], random: &mut fastrand::Rng) -> Vec<u8> {
    let mut bytes = corpus[random.usize(..corpus.len())].clone();
    for _ in 0..random.usize(1..12) {
        let at = random.usize(..=bytes.len());
        let to = at + random.usize(..=(bytes.len() - at).min(64));
        match random.u8(..8) {
            0 if at < bytes.len() => bytes[at] ^= 1 << random.u8(..8),
            1 => drop(bytes.drain(at..to)),
            2 => {
                let again = bytes[at..to].repeat(random.usize(1..40));
                bytes.splice(at..at, again);
            }
            3 => bytes.truncate(at),
            4 => {
                let other = &corpus[random.usize(..corpus.len())];
                let from = random.usize(..=other.len());
                bytes.splice(at.., other[from..].iter().copied());
            }
            5 => {
                let piece = PIECES[random.usize(..PIECES.len())].repeat(random.usize(1..60));
                bytes.splice(at..at, piece);
            }
            _ => {
                let piece = PIECES[random.usize(..PIECES.len())];
                bytes.splice(at..to, piece.iter().copied());
            }
        }
        bytes.truncate(LONGEST);
    }
    bytes
}

/// Bends a corpus for as long as there is time, and gives how often.
fn mutate(corpus: &[Vec<u8>], takes: impl Fn(&[u8])) {
    let variable = |name: &str| std::env::var(name).ok().and_then(|n| n.parse::<u64>().ok());
    if let Some(seed) = variable("FORETOP_MUTATE_SEED") {
        return takes(&bend(corpus, &mut fastrand::Rng::with_seed(seed)));
    }
    let time = variable("FORETOP_MUTATE_SECONDS");
    let time = time.map_or(Duration::from_millis(500), Duration::from_secs);
    // Always the same beginning; whoever runs it for longer gets further.
    let (began, mut seed) = (Instant::now(), 0);
    for bytes in corpus {
        takes(bytes);
    }
    while began.elapsed() < time {
        let bytes = bend(corpus, &mut fastrand::Rng::with_seed(seed));
        let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| takes(&bytes)));
        assert!(outcome.is_ok(), "seed {seed}: {:?}", String::from_utf8_lossy(&bytes));
        seed += 1;
    }
}

fn assert_harmless(text: &str) {
    let drives =
        |c: char| c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    assert!(!text.contains(drives), "{text:?}");
}

#[test]
fn markdown_of_any_sort_is_laid_out() {
    let corpus = [
        include_bytes!("../../README.md").as_slice(),
        b"# a\n\n- b\n  - c\n\n1. d\n\n> e\n> > f\n\n```rust\nfn g() {}\n```\n\n| h | i |\n|---|---|\n| j | k |\n",
        b"[a](b) ![c](d) <https://e> `f` **g** *h* ~~i~~ [j]\n\n[j]: k\n\n---\n- [ ] l\n",
    ];
    let corpus: Vec<Vec<u8>> =
        corpus.iter().map(|bytes| bytes[..bytes.len().min(4_000)].to_vec()).collect();
    mutate(&corpus, |bytes| {
        let text = String::from_utf8_lossy(bytes);
        for columns in [8, 37, 120] {
            let (lines, _) = markdown::render(&text, columns);
            for line in lines {
                for span in line {
                    assert_harmless(&span.text);
                }
            }
        }
    });
}

#[test]
fn texts_and_names_are_fit_for_a_screen() {
    let corpus = [
        "a name",
        "Việt Nam\u{301}\u{301}",
        "👩\u{200d}👩\u{200d}👧 ❤\u{fe0f}",
        "بِسْمِ",
        "日本語\ttab\r\n",
    ];
    let corpus: Vec<Vec<u8>> = corpus.iter().map(|text| text.as_bytes().to_vec()).collect();
    mutate(&corpus, |bytes| {
        let text = String::from_utf8_lossy(bytes);
        assert_harmless(&sanitize::one_line(&text));
        assert_harmless(&quoted::in_sentence(&text));
        for line in wrap::wrap(&text, 20, 50).0 {
            assert_harmless(&line);
        }
    });
}

#[test]
fn queries_of_any_sort_are_understood_or_refused_in_words() {
    let domains = [Domain::Sessions, Domain::Events, Domain::Files];
    let examples = domains.iter().flat_map(|domain| guide(*domain));
    let corpus: Vec<Vec<u8>> =
        examples.map(|construct| construct.example.as_bytes().to_vec()).collect();
    mutate(&corpus, |bytes| {
        let text = String::from_utf8_lossy(bytes);
        for domain in domains {
            match Query::parse(&text, domain) {
                Ok(query) => drop(query.highlights(&text)),
                Err(mistake) => assert!(!mistake.to_string().is_empty()),
            }
        }
    });
}

#[test]
fn keymaps_of_any_sort_are_taken_or_refused_in_words() {
    let small = b"[always]\nhelp = \"?\"\n[write]\nleave = [\"<esc>\", \"<c-a-x>\"]\n".to_vec();
    mutate(&[DEFAULT_TOML.as_bytes().to_vec(), small], |bytes| {
        let text = String::from_utf8_lossy(bytes);
        if let Err(error) = Keymap::parse(&text, Action::from_name) {
            assert!(!error.to_string().is_empty());
        }
        let _ = Key::parse_sequence(&text);
    });
    default_keymap().unwrap();
}

fn packed(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    for (name, bytes) in entries {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        header.set_cksum();
        tar.append_data(&mut header, name, *bytes).unwrap();
    }
    tar.into_inner().unwrap()
}

/// Two files that are not compressed, as any zip program packs them.
fn zip() -> Vec<u8> {
    let mut out = Vec::new();
    let mut directory = Vec::new();
    for (name, bytes) in [("a.txt", b"hello"), ("../b\x1b", b"world")] {
        let at = u32::try_from(out.len()).unwrap();
        let mut fields = Vec::new();
        fields.extend(20_u16.to_le_bytes());
        fields.extend([0; 8]);
        fields.extend(0x3610_a686_u32.to_le_bytes());
        fields.extend(5_u32.to_le_bytes().repeat(2));
        fields.extend(u16::try_from(name.len()).unwrap().to_le_bytes());
        fields.extend([0; 2]);
        out.extend(b"PK\x03\x04");
        out.extend(&fields);
        out.extend(name.as_bytes());
        out.extend(bytes);
        directory.extend(b"PK\x01\x02\x14\x00");
        directory.extend(&fields);
        directory.extend([0; 10]);
        directory.extend(at.to_le_bytes());
        directory.extend(name.as_bytes());
    }
    let at = u32::try_from(out.len()).unwrap();
    let size = u32::try_from(directory.len()).unwrap();
    out.extend(directory);
    out.extend(b"PK\x05\x06\x00\x00\x00\x00\x02\x00\x02\x00");
    out.extend(size.to_le_bytes());
    out.extend(at.to_le_bytes());
    out.extend([0; 2]);
    out
}

#[test]
fn archives_of_any_sort_are_listed() {
    use std::io::Write as _;
    let tar = packed(&[("a.txt", b"hello"), (&"long/".repeat(60), b"x"), ("b", b"")]);
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(&tar).unwrap();
    let corpus = [tar, gzip.finish().unwrap(), zip()];
    mutate(&corpus, |bytes| {
        for name in ["a.tar", "a.tgz", "a.zip"] {
            let file = prepare(name, "", Arc::from(bytes));
            if let Some(Done::Listed(listing)) = Job::List.run(&file, &|| false) {
                for entry in &listing.entries {
                    assert_harmless(&entry.name);
                }
            }
        }
    });
}

fn pdf(content: &str) -> Vec<u8> {
    let mut out = b"%PDF-1.7\n".to_vec();
    let objects = [
        "<</Type/Catalog/Pages 2 0 R>>".to_owned(),
        "<</Type/Pages/Kids[3 0 R]/Count 1>>".to_owned(),
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>"
            .to_owned(),
        format!("<</Length {}>>stream\n{content}\nendstream", content.len()),
        "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>".to_owned(),
    ];
    let mut places = Vec::new();
    for (at, object) in objects.iter().enumerate() {
        places.push(out.len());
        out.extend(format!("{} 0 obj\n{object}\nendobj\n", at + 1).bytes());
    }
    let table = out.len();
    out.extend(b"xref\n0 6\n0000000000 65535 f \n");
    for at in &places {
        out.extend(format!("{at:010} 00000 n \n").bytes());
    }
    out.extend(format!("trailer<</Size 6/Root 1 0 R>>\nstartxref\n{table}\n%%EOF\n").bytes());
    out
}

#[test]
fn the_text_of_a_pdf_of_any_sort_is_read() {
    let corpus = [
        pdf("BT /F 12 Tf 10 100 Td (Hello) Tj T* [(wor) -300 (ld)] TJ ET"),
        pdf("q 1 0 0 1 5 5 cm BT /F 9 Tf 1 0 0 1 0 0 Tm <48656c6c6f> ' ET Q"),
    ];
    mutate(&corpus, |bytes| {
        let file = prepare("a.pdf", "application/pdf", Arc::from(bytes));
        drop(Job::Read.run(&file, &|| false));
    });
}
