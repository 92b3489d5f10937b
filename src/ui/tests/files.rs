//! The list of files with versions, a filter and hostile names, and two files compared.

use std::sync::Arc;

use serde_json::json;

use super::fixture::{at, model};
use super::{press, screen};
use crate::api::{Artifact, SessionRef};
use crate::query::{Domain, Query};
use crate::view::pane::artifacts::Checksum;
use crate::view::pane::text_diff::{Comparison, MAX_BYTES, Outcome, Side, compare};
use crate::view::{Focus, Model, UseList, View};
use crate::viewport::Motion;

const SIZES: [(u16, u16); 2] = [(80, 24), (120, 36)];

fn session() -> SessionRef {
    SessionRef::new("support-bot", "refund-4411")
}

fn file(id: &str, name: &str, kind: &str, size: u64, clock: &str) -> Artifact {
    let at = format!("2026-05-03T{clock}.000Z");
    serde_json::from_value(json!({"artifact_id": id, "filename": name, "mime_type": kind,
        "size_bytes": size, "ttl_days": 30, "created_at": at, "updated_at": at,
        "checksum_sha256": "a3f2b1c4d5e6f7a8".repeat(4)}))
    .unwrap()
}

fn with_files(size: (u16, u16), files: Vec<Artifact>) -> Model {
    let mut model = model(size, View::Artifacts, Focus::ArtifactList);
    model.artifacts.apply_listing(&session(), files);
    model.settle();
    model
}

fn files() -> Vec<Artifact> {
    vec![
        file("art_letter_1", "refund-letter.md", "text/markdown", 3_902, "13:59:10"),
        file("art_letter_2", "refund-letter.md", "text/markdown", 4_100, "14:00:40"),
        file("art_letter_3", "refund-letter.md", "text/markdown; charset=utf-8", 4_310, "14:02:09"),
        file("art_receipt_a3f2", "receipt.png", "image/png", 422_195, "14:01:12"),
        file("art_orders", "orders-q2.csv", "text/csv", 1_990_656, "14:01:00"),
    ]
}

#[test]
fn versions_marks_and_a_filter() {
    for size in SIZES {
        let mut model = with_files(size, files());
        let list = &mut model.artifacts.list;
        list.select(&"art_letter_3".into());
        list.toggle_fold();
        list.select(&"art_letter_2".into());
        list.toggle_mark();
        list.set_more(true);
        model.settle();
        insta::assert_snapshot!(format!("files_{}x{}", size.0, size.1), screen(&model));
        let (text, now) = ("type:text size:>4k", model.now);
        let list = &mut model.artifacts.list;
        list.set_more(false);
        list.set_order(list.order().next().next());
        list.set_filter(text, Some(Query::parse(text, Domain::Files).unwrap()), now);
        model.settle();
        insta::assert_snapshot!(format!("files_filtered_{}x{}", size.0, size.1), screen(&model));
    }
}

#[test]
fn a_name_that_means_harm_is_one_row_and_visible() {
    let long = "n".repeat(300);
    let names = [
        "../../etc/passwd",
        "a\u{1b}[2J\u{1b}]52;c;eA==\u{7}.txt",
        "two\nlines\r\n.md",
        "\u{202e}gpj.exe",
        &long,
        "",
        "\t \u{200b}日本語.csv",
    ];
    let files = names.iter().enumerate().map(|(n, name)| {
        let clock = format!("14:00:{n:02}");
        file(&format!("art_{n}"), name, "text/\u{1b}[31mplain", 10, &clock)
    });
    let files: Vec<Artifact> = files.collect();
    for size in SIZES {
        let mut model = with_files(size, files.clone());
        for n in 0..names.len() {
            model.artifacts.list.select(&format!("art_{n}").as_str().into());
            model.settle();
            let screen = screen(&model);
            assert!(!screen.contains(['\u{1b}', '\u{7}', '\u{202e}', '\r', '\t']), "{n}");
            let rows = model.artifacts.list.rows().len();
            assert_eq!((rows, screen.lines().count()), (names.len(), usize::from(size.1) + 1));
        }
        insta::assert_snapshot!(format!("files_hostile_{}x{}", size.0, size.1), screen(&model));
    }
}

#[test]
fn the_rows_that_name_a_file() {
    let mut model = with_files((80, 24), files());
    model.artifacts.list.select(&"art_receipt_a3f2".into());
    model.settle();
    let (open, clock) = (model.open.as_ref().unwrap(), model.clock());
    let list = UseList::of(&open.timeline, model.artifacts.selected().unwrap(), &clock);
    assert_eq!(list.items().len(), 1);
    assert_eq!(list.selected().unwrap().role, "read");
    press(&mut model, "g u");
    insta::assert_snapshot!("files_uses_80x24", screen(&model));
}

fn compared(size: (u16, u16), outcome: Outcome) -> Model {
    let mut model = with_files(size, files());
    let version = |at: usize| Side {
        file: files()[at].clone(),
        version: (at + 1, 3),
        checksum: Checksum::Unchecked,
    };
    let mut comparison = Comparison::new(session(), [version(1), version(2)]);
    comparison.answer(outcome, [Checksum::Matches; 2]);
    model.comparison = Some(Box::new(comparison));
    model.now = at("14:06:30");
    model.settle();
    model
}

fn texts() -> Outcome {
    let old: String = (1..=40)
        .flat_map(|n| ["line ".to_owned(), n.to_string(), " of the letter\n".to_owned()])
        .collect();
    let old = format!("# Refund\n\nWe refund 79.30 EUR \u{1b}[31mtoday.\nbye\n{old}Kind regards\n");
    let new = old
        .replace("79.30 EUR", "84.20 EUR")
        .replace("line 20 of the letter\n", "")
        .replace("Kind regards", "Kind regards\nThe support team");
    Outcome::Text { diff: Arc::new(compare(old, new, None)), rough: false }
}

#[test]
fn two_texts_beside_each_other_where_there_is_room_and_below_where_not() {
    for size in SIZES {
        let mut model = compared(size, texts());
        insta::assert_snapshot!(format!("diff_{}x{}", size.0, size.1), screen(&model));
        let view = &mut model.comparison.as_mut().unwrap().view;
        view.next_look();
        model.settle();
        insta::assert_snapshot!(format!("diff_other_{}x{}", size.0, size.1), screen(&model));
        for keys in 0_usize..60 {
            let shown = model.comparison.as_mut().unwrap();
            let diff = shown.diff().cloned().unwrap();
            match keys % 6 {
                0 => shown.view.next_look(),
                1 => drop(shown.view.leap(keys % 4 > 1)),
                2 => shown.view.toggle_fold(&diff),
                3 => shown.view.shift(if keys % 4 > 1 { 8 } else { -8 }),
                4 => shown.view.go(Motion::PageDown),
                _ => shown.view.fold_all(keys % 4 > 1),
            }
            model.size = [(120, 36), (40, 10), (1, 1), (300, 50)][keys % 4];
            model.settle();
            screen(&model);
        }
    }
}

#[test]
fn what_is_not_compared_by_lines_says_why() {
    let bytes = screen(&compared((80, 24), Outcome::Bytes));
    assert!(bytes.contains("sizes and checksums"), "{bytes}");
    let mut large = compared((80, 24), Outcome::TooLarge);
    large.comparison.as_mut().unwrap().sides[0].file.size_bytes = MAX_BYTES * 2;
    let large = screen(&large);
    assert!(large.contains("too large to compare: 32M"), "{large}");
    let failed = Outcome::Failed { reason: "no \u{1b}[2J".to_owned() };
    let failed = screen(&compared((80, 24), failed));
    assert!(failed.contains("not compared") && !failed.contains('\u{1b}'), "{failed}");
}
