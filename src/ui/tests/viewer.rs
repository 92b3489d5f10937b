//! The views of a file, with the files of the demo and some that mean harm.

use std::io::Read as _;
use std::sync::Arc;

use super::assert_looks;
use super::fixture::{model, settle};
use crate::content::{Rendition, prepare};
use crate::view::pane::artifacts::{Checksum, Content};
use crate::view::pane::viewer::FileView;
use crate::view::{Focus, Model, View};
use crate::viewport::Motion;

const SIZES: [(u16, u16); 2] = [(80, 24), (120, 36)];

/// The file in the place of the one that is selected.
fn showing(size: (u16, u16), name: &str, mime: &str, bytes: &[u8]) -> Model {
    let mut model = model(size, View::Artifacts, Focus::Viewer);
    let mut artifact = model.artifacts.selected().unwrap().clone();
    artifact.filename = name.to_owned();
    artifact.mime_type = mime.to_owned();
    artifact.size_bytes = bytes.len() as u64;
    let session = model.artifacts.session().unwrap().clone();
    let id = artifact.id.clone();
    model.artifacts.apply_listing(&session, vec![artifact]);
    let content = Content::Ready(Arc::new(prepare(name, mime, bytes.into())));
    model.artifacts.set_content(&id, content, Checksum::Matches);
    settle(&mut model);
    model
}

fn turn_to(model: &mut Model, look: Rendition) {
    while model.artifacts.viewer().unwrap().view() != look {
        model.artifacts.viewer_mut().unwrap().next_view();
    }
    settle(model);
}

#[test]
fn a_letter_rendered_and_as_text() {
    let letter = include_bytes!("../../../assets/demo/files/refund-letter.md");
    for size in SIZES {
        let mut model = showing(size, "refund-letter.md", "text/markdown", letter);
        assert_looks("viewer_rendered", &model);
        turn_to(&mut model, Rendition::Source);
        let viewer = model.artifacts.viewer_mut().unwrap();
        viewer.begin_find();
        viewer.find("refund");
        viewer.keep_find();
        settle(&mut model);
        assert_looks("viewer_text", &model);
        turn_to(&mut model, Rendition::Hex);
        assert_looks("viewer_hex", &model);
    }
}

#[test]
fn json_as_a_tree_with_a_value_shown_whole() {
    let tracking = include_bytes!("../../../assets/demo/files/dpd-tracking.json");
    for size in SIZES {
        let mut model = showing(size, "dpd-tracking.json", "application/json", tracking);
        let viewer = model.artifacts.viewer_mut().unwrap();
        viewer.begin_find();
        viewer.find("Mechelen");
        settle(&mut model);
        assert_looks("viewer_tree", &model);
        assert!(model.artifacts.viewer_mut().unwrap().enter());
        settle(&mut model);
        assert_looks("viewer_value", &model);
    }
    let mut model =
        showing((80, 24), "orders.json", "application/json", b"{\"a\": [1, 2,\n oops]}");
    model.artifacts.viewer_mut().unwrap().go(Motion::Last);
    settle(&mut model);
    assert_looks("viewer_broken_json", &model);
}

#[test]
fn lines_of_json() {
    let lines = "{\"id\": \"aev_1\", \"type\": \"input_message\", \"n\": 1.50}\n{\"id\": 2, \"in\": [true, null]}\n\n{oops\n\"text\"\n";
    for size in SIZES {
        let mut model = showing(size, "events.jsonl", "application/x-ndjson", lines.as_bytes());
        let viewer = model.artifacts.viewer_mut().unwrap();
        viewer.go(Motion::Down);
        viewer.inwards();
        settle(&mut model);
        assert_looks("viewer_json_lines", &model);
    }
}

#[test]
fn source_with_colours_wrapped_and_cut() {
    let source = include_bytes!("../../../assets/demo/files/triage.py");
    for size in SIZES {
        let mut model = showing(size, "triage.py", "text/x-python", source);
        assert_looks("viewer_source", &model);
        model.artifacts.wrap = false;
        settle(&mut model);
        model.artifacts.viewer_mut().unwrap().inwards();
        model.artifacts.viewer_mut().unwrap().go(Motion::Last);
        settle(&mut model);
        assert_looks("viewer_source_cut", &model);
    }
}

#[test]
fn what_lies_or_means_harm_is_told_and_shown() {
    let bytes = b"Gr\xfc\xdfe \x1b[2J\x1b]52;c;eA==\x07 \ttab\r\nend";
    let name = format!("{}\u{1b}[2J\u{202e}gnp.txt", "../".repeat(30));
    let mut model = showing((80, 24), &name, "image/png", bytes);
    assert_looks("viewer_lie", &model);
    model = showing((80, 24), "empty.txt", "text/plain", b"");
    assert_looks("viewer_empty", &model);
}

fn act(model: &mut Model, act: impl FnOnce(&mut crate::view::pane::viewer::Viewer)) {
    act(model.artifacts.viewer_mut().unwrap());
    settle(model);
}

#[test]
fn a_table_sorted_and_looked_through() {
    let orders = include_bytes!("../../../assets/demo/files/orders-q2.csv");
    for size in SIZES {
        let mut model = showing(size, "orders-q2.csv", "text/csv", orders);
        assert_looks("viewer_table", &model);
        act(&mut model, |viewer| {
            viewer.inwards();
            viewer.inwards();
            assert!(viewer.next_order() && viewer.next_order());
            viewer.begin_find();
            viewer.find("lost");
        });
        assert_looks("viewer_table_sorted", &model);
    }
    let odd = "id;name;note\n1;\"Keller; \"\"M\"\"\nvan\";x\n2;\x1b[2J\n3;a;b;c\n4;it\"s;9,5\n";
    let mut model = showing((80, 24), "odd.csv", "text/csv", odd.as_bytes());
    act(&mut model, crate::view::pane::viewer::Viewer::inwards);
    assert_looks("viewer_table_odd", &model);
    act(&mut model, |viewer| assert!(viewer.enter()));
    assert_looks("viewer_cell", &model);
}

#[test]
fn bytes_that_are_looked_for() {
    let receipt = include_bytes!("../../../assets/demo/files/receipt.png");
    for size in SIZES {
        let mut model = showing(size, "receipt.png", "image/png", receipt);
        turn_to(&mut model, Rendition::Hex);
        act(&mut model, |viewer| {
            viewer.begin_find();
            viewer.find("0x49 44");
        });
        assert_looks("viewer_hex_found", &model);
    }
}

#[test]
fn what_is_in_an_archive() {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, size) in [("notes/", 0), ("notes/a.txt", 2_100), ("b\u{1b}[2J.csv", 61_000)] {
        let mut header = tar::Header::new_ustar();
        header.as_ustar_mut().unwrap().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_size(size);
        header.set_mtime(1_777_816_930);
        if name.ends_with('/') {
            header.set_entry_type(tar::EntryType::Directory);
        }
        header.set_cksum();
        builder.append(&header, std::io::repeat(b'x').take(size)).unwrap();
    }
    let mut header = tar::Header::new_ustar();
    header.set_entry_type(tar::EntryType::Symlink);
    header.set_size(0);
    builder.append_link(&mut header, "out", "../../etc/passwd").unwrap();
    let bytes = builder.into_inner().unwrap();
    for size in SIZES {
        let mut model = showing(size, "notes.tar", "application/x-tar", &bytes);
        act(&mut model, |viewer| viewer.go(Motion::Down));
        assert_looks("viewer_archive", &model);
    }
    let mut model =
        showing((80, 24), "torn.zip", "application/zip", b"PK\x03\x04\0\xff\xfe\0 and no more");
    settle(&mut model);
    assert_looks("viewer_archive_torn", &model);
}

#[test]
fn a_pdf_as_the_text_of_its_pages() {
    let page = |at: usize| {
        format!(
            "{at} 0 obj\n<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 5 0 R/Resources<</Font<</F 6 0 R>>>>>>\nendobj\n"
        )
    };
    let words = "BT /F 12 Tf 50 700 Td (Contract 4411) Tj 0 -14 Td (between Keller) Tj 200 0 Td (and us) Tj ET";
    let bytes = format!(
        "%PDF-1.4\n1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n\
         2 0 obj\n<</Type/Pages/Count 2/Kids[3 0 R 4 0 R]>>\nendobj\n{}{}\
         5 0 obj\n<</Length {}>>\nstream\n{words}\nendstream\nendobj\n\
         6 0 obj\n<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>\nendobj\n\
         trailer\n<</Root 1 0 R>>\n%%EOF\n",
        page(3),
        page(4),
        words.len()
    );
    for size in SIZES {
        let mut model = showing(size, "contract.pdf", "application/pdf", bytes.as_bytes());
        assert_looks("viewer_pdf", &model);
        assert_eq!(model.artifacts.viewer_mut().unwrap().go_to_number("2"), Ok(()));
        settle(&mut model);
        let FileView::Pages(pdf) = model.artifacts.viewer().unwrap().file_view() else { panic!() };
        assert_eq!(pdf.pages().unwrap().count, 2);
    }
    let mut model = showing((80, 24), "torn.pdf", "application/pdf", b"%PDF-1.4\n\xff\x00 no more");
    settle(&mut model);
    assert_looks("viewer_pdf_torn", &model);
}
