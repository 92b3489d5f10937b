//! The files that scripted agents make: samples that are compiled in, or a short text otherwise.

use sha2::{Digest as _, Sha256};

use crate::api::{Artifact, ArtifactId, Object, Timestamp};
use crate::text::units;

/// Days that an artifact lives, as real uploads show.
const TTL_DAYS: u32 = 30;

const SAMPLES: &[(&str, &[u8])] = &[
    ("refund-letter.md", include_bytes!("../../assets/demo/files/refund-letter.md")),
    ("dpd-tracking.json", include_bytes!("../../assets/demo/files/dpd-tracking.json")),
    ("orders-q2.csv", include_bytes!("../../assets/demo/files/orders-q2.csv")),
    ("receipt.png", include_bytes!("../../assets/demo/files/receipt.png")),
    ("triage.py", include_bytes!("../../assets/demo/files/triage.py")),
    ("contract.txt", include_bytes!("../../assets/demo/files/contract.txt")),
];

pub(super) fn content(filename: &str, mime_type: &str) -> Vec<u8> {
    if let Some((_, bytes)) = SAMPLES.iter().find(|(name, _)| *name == filename) {
        return bytes.to_vec();
    }
    let text = match mime_type {
        "application/json" => {
            format!("{{\n  \"file\": \"{filename}\",\n  \"made_by\": \"agent\"\n}}\n")
        }
        "text/csv" => "id,amount\n1,84.20\n2,12.50\n".to_owned(),
        "text/markdown" => format!("# {filename}\n\nMade by an agent, as it was asked to.\n"),
        _ => format!("{filename}, made by an agent as it was asked to.\n"),
    };
    text.into_bytes()
}

pub(super) fn describe(
    id: ArtifactId,
    filename: &str,
    mime_type: &str,
    data: &[u8],
    now: Timestamp,
) -> Artifact {
    let digest = Sha256::digest(data);
    Artifact {
        id,
        filename: filename.to_owned(),
        mime_type: mime_type.to_owned(),
        size_bytes: data.len() as u64,
        checksum_sha256: units::hex(&digest),
        metadata: Object::from_iter([("original_filename".to_owned(), filename.into())]),
        created_at: now,
        updated_at: now,
        description: None,
        ttl_days: Some(TTL_DAYS),
        data: None,
        extra: Object::new(),
        damage: None,
    }
}
