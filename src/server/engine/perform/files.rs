//! Artifacts that an agent makes, and images that it reads.

use std::time::Duration;

use serde_json::{Value, json};

use super::tools::{Call, refusal};
use super::{Halt, Performer};
use crate::api::event::ImageRead;
use crate::api::{EventBody, Object};
use crate::server::artifact_files;
use crate::server::engine::moves::ToolRequest;
use crate::server::store::artifacts;

impl Performer {
    pub(super) async fn make_artifact(
        &self,
        filename: String,
        mime_type: String,
    ) -> Result<(), Halt> {
        let mut arguments = Object::new();
        arguments.insert("filename".to_owned(), filename.clone().into());
        arguments.insert("mime_type".to_owned(), mime_type.clone().into());
        let request = ToolRequest { tool: "artifact_create".to_owned(), arguments };
        let Call { event, input, .. } = self.tool_input(&request)?;
        let seq = self.append(&event).await?;
        let span = self.recorder.call(&event, &input);
        self.show(seq, event);
        let data = artifact_files::content(&filename, &mime_type);
        let id = self.host.ids.artifact();
        let now = self.host.clock.now();
        let artifact = artifact_files::describe(id, &filename, &mime_type, &data, now);
        let output = json!({
            "artifact_id": artifact.id, "filename": artifact.filename,
            "mime_type": artifact.mime_type, "size_bytes": artifact.size_bytes,
        });
        let vault = self.vault.clone();
        self.host.store.write(move |db| artifacts::insert(db, &vault, &artifact, &data)).await?;
        self.pause(Duration::from_millis(200)).await?;
        let output = output.as_object().cloned().unwrap_or_default();
        self.tool_output(span, &input, output, None).await
    }

    pub(super) async fn read_image(&self, wanted: String) -> Result<(), Halt> {
        let mut arguments = Object::new();
        arguments.insert("artifact_id".to_owned(), wanted.clone().into());
        let request = ToolRequest { tool: "image_read".to_owned(), arguments };
        let Call { event, input, .. } = self.tool_input(&request)?;
        let seq = self.append(&event).await?;
        let span = self.recorder.call(&event, &input);
        self.show(seq, event);
        let vault = self.vault.clone();
        let listing =
            artifacts::Listing { by_update: false, ascending: false, after: None, limit: 100 };
        let found = self.host.store.read(move |db| artifacts::list(db, &vault, listing)).await?;
        let is_wanted = |id: &str, filename: &str| id == wanted || filename == wanted;
        let artifact = found
            .into_iter()
            .map(|(_, found)| found)
            .find(|found| is_wanted(found.id.as_str(), &found.filename));
        let Some(artifact) = artifact else {
            let why = format!("no artifact {wanted} in this session");
            return self.tool_output(span, &input, refusal(&why).output, Some("not_found")).await;
        };
        let attributes = json!({ "artifact_id": artifact.id, "detail": "auto" });
        let reading = self.recorder.begin("image_read", attributes);
        self.pause(Duration::from_millis(300)).await?;
        let image = ImageRead { artifact_id: artifact.id, detail: "auto".to_owned() };
        let image = self.event(&EventBody::ImageRead(image))?;
        // The output embeds the very event that follows it (contract section 4.2).
        let output = serde_json::from_str(image.raw().get()).unwrap_or_default();
        self.tool_output(span, &input, output, None).await?;
        let seq = self.append(&image).await?;
        self.recorder.came_to(reading, &image, Value::Null);
        self.show(seq, image);
        Ok(())
    }
}
