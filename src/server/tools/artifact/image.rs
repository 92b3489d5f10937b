//! `image_read`: an image that the model is to look at.
//!
//! The tool itself only tells which; the bytes reach the model with the question, through [`image()`]. The
//! invariant: nothing goes to a provider as an image that its bytes do not say is one.

use serde_json::json;

use super::{aside, find};
use crate::api::event::ImageRead;
use crate::api::{ArtifactId, EventBody, Object};
use crate::content::{self, Kind, Prepared};
use crate::server::store::Store;
use crate::server::store::artifacts;
use crate::server::store::seal::Vault;
use crate::server::tools::arguments::Arguments;
use crate::server::tools::refusal::Refusal;
use crate::server::tools::{Done, Workplace};
use crate::text::units;

/// Providers take about as much.
const MOST: usize = 20 << 20;

pub(super) async fn read(at: &Workplace, arguments: Arguments<'_>) -> Result<Done, Refusal> {
    let wanted = arguments.required("artifact_id")?;
    let detail = arguments.word("detail", ["auto", "low", "high"])?;
    let found = find(at, wanted).await?;
    let (id, name) = (found.artifact.id.clone(), found.artifact.filename.clone());
    let checked = aside(move |_| {
        let file =
            content::prepare(&found.artifact.filename, &found.artifact.mime_type, found.bytes);
        check(&file).map(|_| ())
    });
    checked.await?.map_err(|why| Refusal::input(format!("{name} {why}")))?;
    let output = json!({"type": "image_read", "artifact_id": id, "detail": detail});
    let image = ImageRead { artifact_id: id, detail: detail.to_owned() };
    Ok(Done {
        output: output.as_object().cloned().unwrap_or_else(Object::new),
        failure: None,
        follows: Some(EventBody::ImageRead(image)),
    })
}

/// The media type that the bytes have; the error completes a sentence about the file.
fn check(file: &Prepared) -> Result<&'static str, String> {
    let mime_type = match (file.kind(), file.format()) {
        (Kind::Image, "PNG") => "image/png",
        (Kind::Image, "JPEG") => "image/jpeg",
        (Kind::Image, "GIF") => "image/gif",
        (Kind::Image, "WebP") => "image/webp",
        (_, format) => {
            return Err(format!(
                "is {format}, and no PNG, JPEG, GIF or WebP image that could be looked at"
            ));
        }
    };
    if file.bytes().len() > MOST {
        let (size, most) = (units::size(file.bytes().len() as u64), units::bytes(MOST as u64));
        return Err(format!("has {size}, more than the {most} that an image may have"));
    }
    match file.picture() {
        Some(Err(why)) => Err(format!("cannot be looked at: {why}")),
        _ => Ok(mime_type),
    }
}

/// The image of an `image_read` event as a model can take it: media type and bytes. `None` where it is no
/// longer there, or is none.
pub async fn image(store: &Store, vault: &Vault, id: &ArtifactId) -> Option<(String, Vec<u8>)> {
    let (vault, id) = (vault.clone(), id.clone());
    let (artifact, bytes) = store.read(move |db| artifacts::get(db, &vault, &id)).await.ok()??;
    let read = aside(move |_| {
        let file = content::prepare(&artifact.filename, &artifact.mime_type, bytes.into());
        let mime_type = check(&file).ok()?;
        Some((mime_type.to_owned(), file.bytes().to_vec()))
    });
    read.await.ok()?
}
