use super::*;

fn of(name: &str, mime: &str, bytes: &[u8]) -> Prepared {
    prepare(name, mime, bytes.into())
}

#[test]
fn kinds_are_told_by_the_bytes_first() {
    let kind = |name: &str, mime: &str, bytes: &[u8]| {
        let file = of(name, mime, bytes);
        (file.kind(), file.first_view(), file.remark().map(str::to_owned))
    };
    let none = None::<String>;
    assert_eq!(
        kind("a.md", "text/markdown", b"# x"),
        (Kind::Markdown, Rendition::Rendered, none.clone())
    );
    assert_eq!(kind("a", "text/plain", b"{\"a\": 1}"), (Kind::Json, Rendition::Tree, none.clone()));
    assert_eq!(kind("a", "", b"[INFO] starts\n"), (Kind::Text, Rendition::Source, none.clone()));
    assert_eq!(
        kind("a", "", b"{\"a\":1}\n{\"a\":2}\n"),
        (Kind::JsonLines, Rendition::Tree, none.clone())
    );
    assert_eq!(kind("a.json", "", b"{\"a\": oops"), (Kind::Json, Rendition::Tree, none.clone()));
    assert_eq!(
        kind("r.png", "image/png", b"hello"),
        (Kind::Text, Rendition::Source, Some("says image/png, is text".to_owned()))
    );
    assert_eq!(
        kind("r.png", "application/octet-stream", b"hello"),
        (Kind::Text, Rendition::Source, Some("is named png, is text".to_owned()))
    );
    assert_eq!(
        kind("r.json", "application/json", b"\x89PNG\r\n\x1a\n\0\0"),
        (Kind::Image, Rendition::Picture, Some("says application/json, is PNG".to_owned()))
    );
    assert_eq!(
        kind("a.docx", "application/zip", b"PK\x03\x04\0"),
        (Kind::Archive, Rendition::Listing, none.clone())
    );
    assert_eq!(
        kind("BZh.txt", "text/plain", b"BZh is a prefix"),
        (Kind::Text, Rendition::Source, none.clone())
    );
    assert_eq!(kind("", "", b""), (Kind::Text, Rendition::Source, none));
}

#[test]
fn text_is_found_in_every_encoding_that_we_know() {
    let told = |bytes: &[u8]| {
        let file = of("a.txt", "text/plain", bytes);
        file.text().map(|text| (text.encoding(), text.shown(text.line(0))))
    };
    let wide = |text: &str, big: bool| -> Vec<u8> {
        let bytes = |unit: u16| if big { unit.to_be_bytes() } else { unit.to_le_bytes() };
        text.encode_utf16().flat_map(bytes).collect()
    };
    let found = |encoding, text: &str| Some((encoding, text.to_owned()));
    assert_eq!(told("Grüße\nx".as_bytes()), found(Encoding::Utf8, "Grüße"));
    assert_eq!(told(b"\xef\xbb\xbfGr"), found(Encoding::Utf8WithMark, "Gr"));
    assert_eq!(told(b"Gr\xfc\xdfe"), found(Encoding::Windows1252, "Grüße"));
    assert_eq!(told(b"Gr\xc3\xbc\xc3\x9fe \xff"), found(Encoding::Utf8Damaged, "Grüße \\xff"));
    for (big, encoding) in [(false, Encoding::Utf16Le), (true, Encoding::Utf16Be)] {
        assert_eq!(told(&wide("\u{feff}Grüße\nx", big)), found(encoding, "Grüße"));
        assert_eq!(told(&wide("plain letters\n", big)), found(encoding, "plain letters"));
    }
    assert_eq!(told(b"\0\x01\x02\x03"), None);
    assert_eq!(told(b"\x80\x01\x02\x03\x04\x05\xff\xfe"), None);
    assert_eq!(told(b"\x1b[2J \x07"), found(Encoding::Utf8, "\\x1b[2J \\x07"));
}

#[test]
fn rows_go_the_same_way_back() {
    let long = format!("{}\n\nshort 日本語 words\n{}", "x".repeat(10_000), "ab c ".repeat(3_000));
    let file = of("a", "", long.as_bytes());
    let text = file.text().unwrap();
    for (columns, wrap) in [(40, true), (7, true), (40, false)] {
        let rows = Rows { columns, wrap };
        let first = RowStart::default();
        let mut way = vec![first];
        way.extend(rows.below(text, first, usize::MAX));
        assert!(way.is_sorted() && way.last() == Some(&rows.last(text)));
        let mut back = rows.above(text, rows.last(text), usize::MAX);
        back.reverse();
        assert_eq!(back, way[..way.len() - 1]);
        assert_eq!(rows.below(text, way[7 % way.len()], 3).first(), way.get(7 % way.len() + 1));
        assert_eq!(rows.above(text, first, 3), []);
    }
}

#[test]
fn a_byte_leads_to_its_row() {
    let long = format!("one\n{}needle", "日 ".repeat(5_000));
    let file = of("a", "", long.as_bytes());
    let text = file.text().unwrap();
    let byte = long.find("needle").unwrap();
    for wrap in [true, false] {
        let rows = Rows { columns: 30, wrap };
        let (place, at) = rows.place_of(text, byte);
        let (shown, laid) = rows.lay_out(text, place);
        assert!(shown[at..].starts_with("needle"));
        assert!(
            laid.iter().any(|row| row.start == place.at && (row.contains(&at) || row.end == at))
        );
    }
}

#[test]
fn things_are_found_with_and_without_regard_to_capitals() {
    let file = of("a", "", "Parcel parcel\nPARCEL 12".as_bytes());
    let find = |typed: &str| {
        let pattern = Pattern::read(typed, Encoding::Utf8).unwrap().unwrap();
        let done = Job::Find(pattern).run(&file, &|| false);
        let Some(Done::Found(_, hits)) = done else { panic!() };
        hits.places().iter().map(|place| place.start).collect::<Vec<_>>()
    };
    assert_eq!(find("parcel"), [0, 7, 14]);
    assert_eq!(find("Parcel"), [0]);
    assert_eq!(find("/^parcel$|\\d+/"), [21]);
    assert_eq!(find("."), Vec::<usize>::new());
    assert_eq!(find("/x*/"), Vec::<usize>::new());
    assert!(Pattern::read("/(/", Encoding::Utf8).is_err());
    let pattern = Pattern::read("parcel", Encoding::Utf8).unwrap().unwrap();
    assert!(Job::Find(pattern).run(&file, &|| true).is_none(), "nobody waits for it");
}

#[test]
fn what_stands_across_two_stretches_is_found_once() {
    let mut bytes = vec![b'.'; 3 << 20];
    for at in [(1 << 20) - 3, 2 << 20, (3 << 20) - 6] {
        bytes[at..at + 6].copy_from_slice(b"needle");
    }
    let file = of("a.txt", "", &bytes);
    let pattern = Pattern::read("needle", Encoding::Utf8).unwrap().unwrap();
    let Some(Done::Found(_, hits)) = Job::Find(pattern).run(&file, &|| false) else { panic!() };
    let starts: Vec<usize> = hits.places().iter().map(|place| place.start).collect();
    assert_eq!(starts, [(1 << 20) - 3, 2 << 20, (3 << 20) - 6]);
    assert_eq!(hits.within(&(0..1 << 20)).len(), 1);
    assert_eq!(hits.within(&((1 << 20)..(1 << 20) + 1)).len(), 1);
}

#[test]
fn letters_are_found_in_a_text_of_single_bytes() {
    let file = of("a", "", b"Gr\xfc\xdfe aus K\xf6ln");
    let encoding = file.text().unwrap().encoding();
    let pattern = Pattern::read("Köln", encoding).unwrap().unwrap();
    let Some(Done::Found(_, hits)) = Job::Find(pattern).run(&file, &|| false) else { panic!() };
    assert_eq!(hits.places().first(), Some(&(10..14)));
}

#[test]
fn a_file_is_written_down_once_and_comes_back() {
    let file = of("a.json", "application/json", b"{\"k\": \"v\"}");
    let written = serde_json::to_string(&file).unwrap();
    assert!(!written.contains("\\\"k\\\""), "{written}");
    let back: Prepared = serde_json::from_str(&written).unwrap();
    assert_eq!(back, file);
    assert_eq!(back.index().map(|index| index.node_count()), Some(2));
}

#[test]
fn colours_go_on_where_they_ended() {
    use crate::text::highlight::{Highlighter, highlight_language};

    let source = format!("/* one\n{}*/ fn main() {{}}\n", "still a comment\n".repeat(300));
    let file = of("a.rs", "", source.as_bytes());
    let whole = highlight_language("rust", &source);
    let mut from = Highlighter::new("a.rs", "").unwrap();
    let mut first = 0;
    while first < whole.len() - 1 {
        let lines = first..first + COLOURED_AT_ONCE;
        let job = Job::Colour { lines, from: Some(Box::new(from)) };
        let Some(Done::Coloured(mut done)) = job.run(&file, &|| false) else { panic!() };
        assert_eq!(
            done.lines,
            whole[first..(first + COLOURED_AT_ONCE).min(file.text().unwrap().len())]
        );
        (first, from) = done.states.pop().unwrap();
    }
}
