//! Rough pictures of what is being drawn, while it is drawn.

use std::path::{Path, PathBuf};

use pellucid_graph::NodeEvent;
use pellucid_pixel::Image;
use pellucid_pixel::files::{EncodeOptions, Format, encode};

use crate::event::Event;
use crate::write::write_atomically;

/// What is told of a node: a picture is written into the folder first.
pub(crate) fn seen(event: NodeEvent, folder: Option<&Path>) -> Event {
    let (NodeEvent::Preview { node, picture }, Some(folder)) = (&event, folder) else {
        return Event::Node(event);
    };
    let path = place(folder, node);
    match write(&path, picture) {
        Ok(()) => Event::Preview { node: node.clone(), path },
        Err(why) => {
            let message = format!("its preview cannot be written to {}: {why}", path.display());
            Event::Node(NodeEvent::NotStored { node: node.clone(), message })
        }
    }
}

fn write(path: &Path, picture: &Image) -> Result<(), String> {
    let options = EncodeOptions::new(Format::Png);
    let bytes = encode(picture, Format::Png, &options).map_err(|error| error.to_string())?;
    write_atomically(path, &bytes).map_err(|error| error.to_string())
}

/// A node's name as the name of a file: what does not belong into one becomes a hyphen.
fn place(folder: &Path, node: &str) -> PathBuf {
    let fitting = |c: char| if c.is_alphanumeric() || c == '_' { c } else { '-' };
    folder.join(format!("{}.png", node.chars().map(fitting).collect::<String>()))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use pellucid_pixel::{Alpha, ImageFact};

    use super::*;

    fn preview(node: &str) -> NodeEvent {
        let fact = ImageFact::new(2, 1, Alpha::Opaque);
        let picture = Arc::new(Image::new(fact, vec![[0.0, 0.5, 1.0, 1.0]; 2]));
        NodeEvent::Preview { node: node.into(), picture }
    }

    #[test]
    fn a_preview_becomes_a_file_of_the_node_s_name() {
        let folder = tempfile::tempdir().unwrap();
        let event = seen(preview("scene/../draw"), Some(folder.path()));
        let path = folder.path().join("scene----draw.png");
        assert!(
            matches!(event, Event::Preview { node, path: at } if node == "scene/../draw" && at == path)
        );
        assert!(std::fs::read(path).unwrap().starts_with(b"\x89PNG"));
    }

    #[test]
    fn one_that_cannot_be_written_is_told_of() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        std::fs::write(&file, "in the way").unwrap();
        let event = seen(preview("draw"), Some(&file));
        assert!(matches!(event, Event::Node(NodeEvent::NotStored { .. })), "{event:?}");
    }
}
