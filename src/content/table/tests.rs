//! Tables as people write them.

use proptest::prelude::*;

use super::*;

fn table(source: &str) -> (Text, Table) {
    let text = Text::of_string(source.to_owned());
    let table = Table::of(&text, true, false).unwrap();
    (text, table)
}

fn cells(source: &str) -> Vec<Vec<String>> {
    let (text, table) = table(source);
    let rows = table.rows(&text, &|| false).unwrap();
    let row = |row: usize| {
        let fields = table.fields(&text, &rows.row(text.bytes(), row), MOST_COLUMNS);
        fields.iter().map(|field| Table::value(&text, field)).collect()
    };
    (0..rows.len()).map(row).collect()
}

#[test]
fn quotes_hold_separators_breaks_and_quotes() {
    let source = "a,b\r\n\"x, \"\"y\"\"\nz\",2\r\n\n,\n";
    assert_eq!(cells(source), [vec!["a", "b"], vec!["x, \"y\"\nz", "2"], vec!["", ""]]);
    let (text, table) = table(source);
    let row = table.first_rows().row(text.bytes(), 1);
    let shown = Table::shown(&text, &table.fields(&text, &row, 1)[0]);
    assert_eq!(shown, "x, \"y\" z");
}

#[test]
fn what_separates_is_found() {
    for (source, delimiter) in [
        ("a,b;c\n1,2\n3,4\n", b','),
        ("a;b\n1,5;2,5\n3,0;4\n", b';'),
        ("a\tb, c\n1\t2\n", b'\t'),
        ("a|b|c\n1|2|3\n", b'|'),
        ("sep=|\na,b|c\n1|2\n", b'|'),
        ("one\ntwo\n", b','),
        ("\"\",\"\",\";\n;\"", b','),
    ] {
        assert_eq!(char::from(table(source).1.delimiter()), char::from(delimiter), "{source}");
    }
    let prose =
        Text::of_string("Dear Sir, hello\n\nthis is prose, and, so on\nmore\nmore\n".into());
    assert!(Table::of(&prose, false, false).is_none());
}

#[test]
fn ragged_rows_and_stray_quotes_are_counted_and_lose_nothing() {
    let source = "a,b\n1\n1,2,3\nit\"s,x\n\"q\"r,y\n\"open,z\n1,2\n";
    let (text, table) = table(source);
    let rows = table.rows(&text, &|| false).unwrap();
    assert_eq!((rows.len(), rows.ragged(), rows.stray()), (7, 2, 3));
    let all = cells(source);
    assert_eq!(all[3], ["it\"s", "x"]);
    assert_eq!(all[4], ["\"q\"r", "y"]);
    assert_eq!(all[5], ["\"open", "z"]);
    assert_eq!(all[6], ["1", "2"]);
}

#[test]
fn columns_know_their_name_width_and_whether_they_are_numbers() {
    let (_, table) = table("id,name,paid\n1,日本,\"1,200.50\"\n22,b,-3e2\n,c,\n");
    let columns: Vec<_> = table.columns().iter().map(|c| (&*c.name, c.width, c.numeric)).collect();
    assert_eq!(columns, [("id", 2, true), ("name", 4, false), ("paid", 8, true)]);
    assert_eq!(table.head_rows(), 1);
    let headless = self::table("1,2\n3,4\n").1;
    assert_eq!((headless.head_rows(), headless.columns()[1].name.as_str()), (0, "2"));
}

#[test]
fn rows_are_sorted_as_numbers_or_as_text() {
    let source = "n,t\n10,b\n9,B\nx,a\n,\n-2,\"a, b\"\n9007199254740993,c\n9007199254740992,\n1.5,C\n7,\n8,\n6,\n5,\n4,\n";
    let (text, table) = table(source);
    let rows = table.rows(&text, &|| false).unwrap();
    let sorted = |column: usize, descending: bool| -> Vec<String> {
        let by = SortBy { column, descending };
        let order = table.sorted(&text, &rows, by, &|| false).unwrap();
        assert_eq!(order.len(), 13);
        let cell = |row: u32| {
            let row = rows.row(text.bytes(), row as usize + 1);
            let fields = table.fields(&text, &row, 9);
            fields.get(column).map_or_else(String::new, |field| Table::value(&text, field))
        };
        order.into_iter().map(cell).collect()
    };
    assert!(table.columns()[0].numeric);
    let up = "-2 1.5 4 5 6 7 8 9 10 9007199254740992 9007199254740993 x ";
    assert_eq!(sorted(0, false).join(" "), up);
    let down = "x 9007199254740993 9007199254740992 10 9 8 7 6 5 4 1.5 -2 ";
    assert_eq!(sorted(0, true).join(" "), down);
    assert_eq!(sorted(1, false)[..6], ["a", "a, b", "b", "B", "c", "C"]);
    assert!(table.sorted(&text, &rows, SortBy { column: 0, descending: true }, &|| true).is_none());
}

#[test]
fn a_row_of_megabytes_and_one_quote_too_many_cost_no_more_than_their_bytes() {
    let wide = format!("{}\n1,2\n", "x,".repeat(200_000));
    let (text, table) = table(&wide);
    assert_eq!((table.columns().len(), table.columns_left_out()), (1_000, 199_001));
    let rows = table.rows(&text, &|| false).unwrap();
    assert_eq!((rows.len(), rows.ragged()), (2, 1));
    let open = format!("a,b\n\"{}", "x,y\n".repeat(300_000));
    let (text, table) = self::table(&open);
    let rows = table.rows(&text, &|| false).unwrap();
    assert_eq!((rows.len(), rows.stray()), (300_001, 1));
    assert!(rows.marks_take() < open.len() / 100);
}

proptest! {
    #[test]
    fn what_was_written_is_read(
        rows in proptest::collection::vec(
            proptest::collection::vec("[a-z,;\"\n é]{0,9}", 3), 1..60)
    ) {
        let quoted = |cell: &String| format!("\"{}\"", cell.replace('"', "\"\""));
        let line = |row: &Vec<String>| row.iter().map(quoted).collect::<Vec<_>>().join(",");
        let source = rows.iter().map(line).collect::<Vec<_>>().join("\r\n");
        prop_assert_eq!(cells(&source), rows);
    }

    #[test]
    fn every_row_is_found_again_from_each_of_its_bytes(
        source in "([a-c,\"\n\r]{0,40}|[a-z]{400}){1,16}"
    ) {
        let text = Text::of_string(source.clone());
        let Some(table) = Table::of(&text, true, false) else { return Ok(()) };
        let rows = table.rows(&text, &|| false).unwrap();
        prop_assert_eq!(&rows, &**table.first_rows());
        let mut end = rows.row(text.bytes(), 0).start;
        for row in 0..rows.len() {
            let range = rows.row(text.bytes(), row);
            prop_assert_eq!(range.start, end);
            for byte in [range.start, range.start + range.len() / 2, range.end - 1] {
                prop_assert_eq!(rows.row_at(text.bytes(), byte), Some(row));
            }
            end = range.end;
        }
        prop_assert_eq!(end, source.len());
    }
}
