//! Small PDFs, made here, good and bad.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::ZlibEncoder;

use super::*;

/// A file of these objects, numbered from one; the first is the catalog.
fn pdf(objects: &[Vec<u8>]) -> Vec<u8> {
    let mut out = b"%PDF-1.7\n".to_vec();
    let mut places = Vec::new();
    for (at, object) in objects.iter().enumerate() {
        places.push(out.len());
        out.extend(format!("{} 0 obj\n", at + 1).into_bytes());
        out.extend_from_slice(object);
        out.extend_from_slice(b"\nendobj\n");
    }
    let table = out.len();
    out.extend(format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1).into_bytes());
    for place in places {
        out.extend(format!("{place:010} 00000 n \n").into_bytes());
    }
    let size = objects.len() + 1;
    let end = format!("trailer\n<</Size {size}/Root 1 0 R>>\nstartxref\n{table}\n%%EOF\n");
    out.extend(end.into_bytes());
    out
}

fn stream(dict: &str, data: &[u8]) -> Vec<u8> {
    let mut out = format!("<<{dict}/Length {}>>\nstream\n", data.len()).into_bytes();
    out.extend_from_slice(data);
    out.extend_from_slice(b"\nendstream");
    out
}

fn deflated(data: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(data).unwrap();
    encoder.finish().unwrap()
}

const FONT: &str = "<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>";

/// A page for each content, all with one font and what else is in `more`.
fn paged(contents: &[Vec<u8>], font: &str, more: &[Vec<u8>]) -> Vec<u8> {
    let first = 4 + more.len();
    let kids: Vec<String> =
        (0..contents.len()).map(|at| format!("{} 0 R", first + at * 2)).collect();
    let mut objects = vec![
        b"<</Type/Catalog/Pages 2 0 R>>".to_vec(),
        format!("<</Type/Pages/Count {}/Kids[{}]>>", kids.len(), kids.join(" ")).into_bytes(),
        font.as_bytes().to_vec(),
    ];
    objects.extend_from_slice(more);
    for (at, content) in contents.iter().enumerate() {
        let page = format!(
            "<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents {} 0 R\
             /Resources<</Font<</F 3 0 R>>/XObject<</X 4 0 R>>>>>>",
            first + at * 2 + 1
        );
        objects.push(page.into_bytes());
        objects.push(content.clone());
    }
    pdf(&objects)
}

fn read_all(bytes: Vec<u8>) -> Pages {
    read(&bytes.into(), &|| false).unwrap()
}

fn page(content: &str, font: &str, more: &[Vec<u8>]) -> String {
    let pages = read_all(paged(&[stream("", content.as_bytes())], font, more));
    assert_eq!((pages.problem, pages.count), (None, 1));
    pages.text.strip_prefix("-- page 1 of 1 --\n").unwrap().trim_end().to_owned()
}

#[test]
fn pages_are_read_from_above_in_lines() {
    let one = b"BT /F 12 Tf 50 700 Td (second) Tj 0 40 Td (first \\251) Tj ET";
    let two = deflated(b"BT /F 10 Tf 12 TL 50 700 Td [(lef)-20(t) -3000 (right)] TJ T* (low) ' ET");
    let contents = [stream("", one), stream("/Filter/FlateDecode", &two)];
    let pages = read_all(paged(&contents, FONT, &[]));
    let wanted =
        "-- page 1 of 2 --\nfirst ©\n\nsecond\n\n-- page 2 of 2 --\nleft   right\n\nlow\n\n";
    assert_eq!(pages.text, wanted);
    assert_eq!((pages.starts.as_slice(), pages.count), (&[0, 5][..], 2));
    assert_eq!((pages.page_at(0), pages.page_at(4), pages.page_at(5)), (0, 0, 1));
}

#[test]
fn letters_follow_the_font() {
    let named = "<</Type/Font/Subtype/Type1/Encoding<</Differences[1/adieresis/fi 65/uni20AC]>>>>";
    assert_eq!(page("BT /F 9 Tf (\\001\\002A) Tj ET", named, &[]), "äfi€");
    let map =
        b"/CIDInit /ProcSet findresource begin begincmap 1 begincodespacerange <0000> <ffff> \
        endcodespacerange 2 beginbfchar <0001> <0041> <0002> <00660069> endbfchar endcmap end";
    let told = "<</Type/Font/Subtype/Type0/Encoding/Identity-H/ToUnicode 4 0 R\
        /DescendantFonts[<</Type/Font/Subtype/CIDFontType2/DW 500/W[1[600 700]]>>]>>";
    assert_eq!(page("BT /F 9 Tf <00010002> Tj ET", told, &[stream("", map)]), "Afi");
    let untold = told.replace("/ToUnicode 4 0 R", "");
    let content = stream("", b"BT /F 9 Tf <00010002> Tj ET");
    let pages = read_all(paged(&[content], &untold, &[]));
    assert_eq!(pages.unknown, 2);
}

#[test]
fn drawings_within_drawings_end() {
    let form = stream(
        "/Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</Font<</F 3 0 R>>/XObject<</X 4 0 R>>>>",
        b"BT /F 12 Tf (again ) Tj ET /X Do /X Do",
    );
    let text = page("q 1 0 0 1 50 50 cm /X Do Q", FONT, &[form]);
    assert!(text.starts_with("again"), "{text}");
}

#[test]
fn what_loops_lies_or_is_locked_is_said_in_a_line() {
    let looping = pdf(&[
        b"<</Type/Catalog/Pages 2 0 R>>".to_vec(),
        b"<</Type/Pages/Count 9/Kids[2 0 R 2 0 R 3 0 R]>>".to_vec(),
        b"<</Type/Pages/Count 9/Kids[2 0 R]>>".to_vec(),
    ]);
    let pages = read_all(looping);
    assert_eq!((pages.count, pages.text.as_str()), (0, ""));
    for bytes in [&b"%PDF-1.4"[..], b"%PDF-1.7\ngarbage\xff\x00", b"%PDF-1.7\nstartxref\n5\n%%EOF"]
    {
        let problem = read_all(bytes.to_vec()).problem.unwrap();
        assert!(problem.contains("broken"), "{problem}");
    }
    let deep = format!("%PDF-1.7\n1 0 obj\n{}", "<</A[".repeat(200_000));
    assert!(read_all(deep.into_bytes()).problem.is_some());
    let whole = paged(&[stream("", b"BT /F 9 Tf (words) Tj ET")], FONT, &[]);
    for cut in (0..whole.len()).step_by(7) {
        let mut torn = whole.clone();
        torn.truncate(cut);
        read_all(torn);
        let mut damaged = whole.clone();
        damaged[cut] ^= 0x15;
        read_all(damaged);
    }
}

#[test]
fn one_that_needs_a_password_says_so() {
    let plain = paged(&[stream("", b"BT /F 9 Tf (words) Tj ET")], FONT, &[]);
    let key = "ab".repeat(32);
    let lock = format!(
        "/ID[<00><00>]/Encrypt<</Filter/Standard/V 2/R 3/Length 128/P -4/O<{key}>/U<{key}>>>/Root"
    );
    let text = String::from_utf8(plain).unwrap().replacen("/Root", &lock, 1);
    let problem = read_all(text.into_bytes()).problem.unwrap();
    assert!(problem.contains("password"), "{problem}");
}

#[test]
fn a_bomb_is_found_before_it_is_unpacked() {
    let zeros = deflated(&vec![b' '; 2 << 20]);
    let bombs = vec![stream("/Type/ObjStm/N 1/First 4/Filter/FlateDecode", &zeros); 3];
    assert_eq!(guard::check_within(&pdf(&bombs), 5 << 20), Err(guard::TOO_LARGE));
    assert_eq!(guard::check_within(&pdf(&bombs), 7 << 20), Ok(()));
    let twice = deflated(&zeros);
    let chain = stream("/Type/Obj#53tm/N 1/Filter [/FlateDecode /FlateDecode]", &twice);
    assert_eq!(read_all(pdf(&[chain])).problem.as_deref(), Some(guard::TOO_LARGE));
    let content = stream("/Filter/FlateDecode", &zeros);
    let double = stream("/Filter[/FlateDecode/FlateDecode]", &twice);
    let words = stream("", b"BT /F 9 Tf (words) Tj ET");
    let pages = read_all(paged(&[content, double, words], FONT, &[]));
    assert_eq!((pages.problem.as_deref(), pages.count), (None, 3));
    assert!(pages.text.contains("left out") && pages.text.contains("words"));
}
