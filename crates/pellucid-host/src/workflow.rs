//! ComfyUI workflows where a graph is expected.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use jiff::ZonedDateTime;
use pellucid_comfy::{Imported, Moment, embedded, import};
use pellucid_graph::document::Document;
use pellucid_graph::{Foreign, Kinds};
use pellucid_pixel::files::with_png_plain_text;
use pellucid_source::{Diagnostic, FileId, Json, Spanned};

use crate::HostWorld;
use crate::paths::folder;

/// Reads the graph of a round if it is a workflow, and keeps what it became.
pub(crate) struct Workflows<'a> {
    pub kinds: &'a Kinds,
    pub world: &'a dyn HostWorld,
    /// `input` folders of ComfyUI trees.
    pub inputs: Vec<PathBuf>,
    imported: Mutex<Option<Arc<Imported>>>,
}

impl<'a> Workflows<'a> {
    pub fn new(kinds: &'a Kinds, world: &'a dyn HostWorld, inputs: Vec<PathBuf>) -> Self {
        Self { kinds, world, inputs, imported: Mutex::default() }
    }

    /// The workflow that was read, if it was one.
    pub fn into_imported(self) -> Option<Arc<Imported>> {
        self.imported.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Foreign for Workflows<'_> {
    fn text(&self, bytes: &[u8]) -> Option<(String, String)> {
        embedded(bytes).map(|found| (found.text, found.key))
    }

    fn document(
        &self,
        path: &Path,
        file: FileId,
        json: &Spanned<Json>,
        findings: &mut Vec<Diagnostic>,
    ) -> Option<Document> {
        let imported = import(json, self.kinds, file, &now(), findings)?;
        let base = folder(path);
        let mut inputs = vec![base.join("input"), base.to_owned()];
        inputs.extend(self.inputs.iter().cloned());
        self.world.look_for_pictures_in(inputs);
        let document = imported.document.clone();
        *self.imported.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(imported));
        Some(document)
    }
}

/// What the clock on the wall shows.
pub fn now() -> Moment {
    let now = ZonedDateTime::now();
    let part = |part: i8| u32::try_from(part).unwrap_or(0);
    Moment {
        year: u32::try_from(now.year()).unwrap_or(0),
        month: part(now.month()),
        day: part(now.day()),
        hour: part(now.hour()),
        minute: part(now.minute()),
        second: part(now.second()),
    }
}

/// The bytes of a PNG by which ComfyUI takes the workflow back; `None` for bytes of another format.
pub(crate) fn signed(bytes: &[u8], imported: &Imported) -> Option<Vec<u8>> {
    with_png_plain_text(bytes, &imported.chunks)
}
