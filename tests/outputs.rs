//! Reading back what was written, exactly.

use std::path::Path;

use safetensors::SafeTensors;
use serde_json::Value;

/// An image or matte as it was in memory.
#[derive(Clone, Debug, PartialEq)]
pub struct Pixels {
    /// Batch, height, width, and 4 for an image.
    pub shape: Vec<usize>,
    /// All values.
    pub values: Vec<f32>,
    /// What alpha means: `opaque`, `straight` or `premultiplied`; empty for a matte.
    pub alpha: String,
}

/// Reads a `.safetensors` file that holds an image or a matte.
///
/// # Panics
/// When it is not such a file: the test that wrote it is wrong.
pub fn read_pixels(path: &Path) -> Pixels {
    let bytes = std::fs::read(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let (_, header) = SafeTensors::read_metadata(&bytes).expect("a safetensors header");
    let about = header.metadata().as_ref().and_then(|m| m.get("pellucid")).cloned();
    let about: Value = about.map_or(Value::Null, |text| serde_json::from_str(&text).expect("JSON"));
    let tensors = SafeTensors::deserialize(&bytes).expect("safetensors");
    let name = tensors.names().into_iter().next().expect("one tensor").to_owned();
    let tensor = tensors.tensor(&name).expect("a tensor");
    let values = tensor.data().chunks_exact(4);
    let values = values.map(|c| f32::from_le_bytes([c[0], c[1], c[2], c[3]])).collect();
    Pixels {
        shape: tensor.shape().to_vec(),
        values,
        alpha: about["alpha"].as_str().unwrap_or_default().to_owned(),
    }
}

impl Pixels {
    /// The image with colour multiplied by alpha.
    pub fn premultiplied(mut self) -> Self {
        if self.alpha == "straight" {
            for pixel in self.values.chunks_exact_mut(4) {
                let alpha = pixel[3];
                pixel[..3].iter_mut().for_each(|v| *v *= alpha);
            }
        }
        self.alpha = "premultiplied".into();
        self
    }
}
