//! What a file is called when it is sent: by its name where that agrees with what is in it.

/// Beginnings that tell what a file is.
const MAGIC: [(&[u8], &str); 9] = [
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
    (b"%PDF-", "application/pdf"),
    (b"PK\x03\x04", "application/zip"),
    (b"\x1f\x8b", "application/gzip"),
    (b"\x28\xb5\x2f\xfd", "application/zstd"),
    (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (b"SQLite format 3\0", "application/vnd.sqlite3"),
];
/// Bytes that are looked at.
const HEAD: usize = 8 * 1024;
const UNKNOWN: &str = "application/octet-stream";

/// The media type of a file with this name and content.
pub fn media_type(name: &str, content: &[u8]) -> String {
    let head = &content[..content.len().min(HEAD)];
    let magic = MAGIC.iter().find(|(magic, _)| head.starts_with(magic)).map(|(_, kind)| *kind);
    let is_text = !head.contains(&0) && is_utf8_so_far(head);
    let named = mime_guess::from_path(name).first_raw();
    match (named, magic) {
        (Some(named), None) => named.to_owned(),
        // Documents are zip files by another name.
        (Some(named), Some("application/zip" | "application/gzip")) if !says_text(named) => {
            named.to_owned()
        }
        (_, Some(magic)) => magic.to_owned(),
        (None, None) if is_text && !content.is_empty() => "text/plain".to_owned(),
        (None, None) => UNKNOWN.to_owned(),
    }
}

fn says_text(kind: &str) -> bool {
    kind.starts_with("text/") || matches!(kind, "application/json" | "application/xml")
}

/// The last character may be cut.
fn is_utf8_so_far(head: &[u8]) -> bool {
    match std::str::from_utf8(head) {
        Ok(_) => true,
        Err(error) => error.error_len().is_none(),
    }
}

#[cfg(test)]
mod tests {
    use super::media_type;

    #[test]
    fn name_and_content_have_to_agree() {
        for (name, content, kind) in [
            ("q3.md", &b"# Title"[..], "text/markdown"),
            ("q3.md", b"\x89PNG\r\n\x1a\n\0", "image/png"),
            ("q3.md", b"a \0 inside", "text/markdown"),
            ("noname", b"\0\x01\x02", "application/octet-stream"),
            (
                "report.docx",
                b"PK\x03\x04",
                "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            ),
            ("photo.png", b"%PDF-1.7", "application/pdf"),
            ("Makefile", b"all:\n", "text/plain"),
            ("noname", b"\xff\xd8\xff\xe0", "image/jpeg"),
            ("empty", b"", "application/octet-stream"),
            ("empty.json", b"", "application/json"),
        ] {
            assert_eq!(media_type(name, content), kind, "{name}");
        }
    }
}
