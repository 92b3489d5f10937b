//! The list of files: order, versions, filter, selection, and ten thousand of them.

use serde_json::json;

use super::*;
use crate::query::Domain;

fn at(second: u32) -> String {
    format!("2026-05-03T{:02}:{:02}:{:02}.000Z", second / 3_600, second / 60 % 60, second % 60)
}

fn file(id: &str, name: &str, second: u32, size: u64) -> Artifact {
    serde_json::from_value(json!({
        "artifact_id": id, "filename": name, "mime_type": "text/plain", "size_bytes": size,
        "checksum_sha256": id, "created_at": at(second), "updated_at": at(second)
    }))
    .unwrap()
}

fn list(files: Vec<Artifact>) -> FileList {
    let mut list = FileList::default();
    list.apply(files);
    list
}

fn shown(list: &FileList) -> Vec<&str> {
    list.rows().iter().map(|row| list.at(row).id.as_str()).collect()
}

fn three_versions() -> FileList {
    list(vec![
        file("art_1", "a.md", 1, 10),
        file("art_2", "b.md", 2, 30),
        file("art_3", "a.md", 3, 20),
        file("art_4", "a.md", 4, 5),
    ])
}

#[test]
fn files_of_one_name_are_versions_folded_under_the_newest() {
    let mut list = three_versions();
    assert_eq!(shown(&list), ["art_4", "art_2"]);
    let newest = list.rows()[0];
    assert_eq!((newest.version, newest.of, newest.folded), (3, 3, 2));
    assert!(list.toggle_fold());
    assert_eq!(shown(&list), ["art_4", "art_3", "art_1", "art_2"]);
    assert_eq!(list.rows().iter().map(|row| row.version).collect::<Vec<_>>(), [3, 2, 1, 1]);
    list.select(&"art_1".into());
    assert!(list.toggle_fold());
    assert_eq!(list.selected().unwrap().id.as_str(), "art_4", "the newest stands for it");
    list.select(&"art_2".into());
    assert!(!list.toggle_fold(), "one version is not folded");
    list.fold_all(false);
    assert_eq!(list.rows().len(), 4);
    let third = list.file(&"art_3".into()).cloned().unwrap();
    assert_eq!(list.previous_version(&third).unwrap().id.as_str(), "art_1");
    let first = list.file(&"art_1".into()).cloned().unwrap();
    assert_eq!(list.previous_version(&first), None);
}

#[test]
fn every_order_goes_both_ways_and_the_selection_keeps_its_file() {
    let mut list = three_versions();
    list.select(&"art_2".into());
    let mut seen = Vec::new();
    for _ in 0..4 {
        let order = list.order();
        let forward: Vec<String> = shown(&list).into_iter().map(str::to_owned).collect();
        list.set_order(Order { reversed: true, ..order });
        let mut back: Vec<String> = shown(&list).into_iter().map(str::to_owned).collect();
        back.reverse();
        assert_eq!(forward, back, "{}", order.words());
        assert_eq!(list.selected().unwrap().id.as_str(), "art_2");
        seen.push(order.words());
        list.set_order(order.next());
    }
    assert_eq!(seen, ["newest first", "last changed first", "by name", "largest first"]);
    list.set_order(Order { by: SortBy::Size, reversed: false });
    assert_eq!(shown(&list), ["art_2", "art_4"], "the newest version counts");
}

#[test]
fn a_filter_counts_what_it_takes_away_and_gives_way_to_a_jump() {
    let mut list = three_versions();
    let now = at(10).parse().unwrap();
    list.set_filter("size:>8", Some(Query::parse("size:>8", Domain::Files).unwrap()), now);
    assert_eq!((shown(&list), list.filtered()), (vec!["art_3", "art_2"], 1));
    assert_eq!((list.rows()[0].version, list.rows()[0].of, list.rows()[0].folded), (2, 3, 1));
    list.reveal(&"art_1".into());
    assert_eq!(list.selected().unwrap().id.as_str(), "art_1");
    assert!(list.position().is_some() && list.filter().is_empty());
    list.set_filter("nothing", Some(Query::parse("nothing", Domain::Files).unwrap()), now);
    assert_eq!((list.rows().len(), list.filtered()), (0, 4));
    list.move_selection(1);
    assert_eq!(list.position(), None);
}

#[test]
fn an_id_that_is_waited_for_is_selected_when_it_is_listed_and_told_when_it_is_not() {
    let mut list = FileList::default();
    list.reveal(&"art_1".into());
    let mut list = list.emptied();
    let missed = list.apply(vec![file("art_1", "a", 1, 1), file("art_2", "b", 2, 1)]);
    assert_eq!((missed, list.selected().unwrap().id.as_str()), (None, "art_1"));
    list.reveal(&"art_9".into());
    assert_eq!(list.apply(vec![file("art_2", "b", 2, 1)]), Some("art_9".into()));
    assert_eq!(list.selected().unwrap().id.as_str(), "art_2");
}

#[test]
fn marks_go_with_the_file() {
    let mut list = three_versions();
    list.toggle_mark();
    list.move_selection(1);
    list.toggle_mark();
    assert_eq!(
        list.marked().iter().map(ArtifactId::as_str).collect::<Vec<_>>(),
        ["art_4", "art_2"]
    );
    list.apply(vec![file("art_2", "b.md", 2, 30)]);
    assert_eq!(list.marked().len(), 1);
    list.toggle_mark();
    assert!(!list.clear_marks());
}

#[test]
fn ten_thousand_files_show_a_screen_of_rows() {
    let files = (0..10_000).map(|n| file(&format!("art_{n}"), &format!("{n}.txt"), n, n.into()));
    let mut list = list(files.collect());
    for _ in 0..3 {
        list.move_selection(4_999);
        list.settle(20);
        let at = list.position().unwrap();
        assert!(list.viewport.seen(10_000).contains(&at));
    }
    assert_eq!(list.position(), Some(9_999));
    assert_eq!(list.viewport.top(), 9_980, "the last page is full");
    list.move_selection(-100_000);
    list.settle(20);
    assert_eq!((list.position(), list.viewport.top()), (Some(0), 0));
}

#[test]
fn it_scrolls_as_every_list_does() {
    let files = (0..20).map(|n| file(&format!("art_{n}"), &format!("{n}.txt"), n, 1)).collect();
    crate::viewport::assert_scrolls(
        list(files),
        |list| list.viewport,
        FileList::go,
        FileList::settle,
    );
}
