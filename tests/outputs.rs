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

/// A tensor as it was in memory.
#[derive(Clone, Debug, PartialEq)]
pub struct Numbers {
    /// The length of every axis.
    pub shape: Vec<usize>,
    /// All values, the last axis fastest.
    pub values: Vec<f32>,
}

/// Reads the tensor of a `.safetensors` output that holds an image, a matte or a latent.
///
/// # Panics
/// When it is not such a file: the test that wrote it is wrong.
pub fn read_numbers(path: &Path) -> Numbers {
    let bytes = std::fs::read(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let tensors = SafeTensors::deserialize(&bytes).expect("safetensors");
    let known = ["image", "matte", "latent_tensor"];
    let name = known.into_iter().find(|name| tensors.tensor(name).is_ok());
    let tensor = tensors.tensor(name.expect("a picture or a latent")).expect("a tensor");
    let values = tensor.data().chunks_exact(4);
    let values = values.map(|c| f32::from_le_bytes([c[0], c[1], c[2], c[3]])).collect();
    Numbers { shape: tensor.shape().to_vec(), values }
}

impl Numbers {
    /// One item of the first axis.
    ///
    /// # Panics
    /// When there are fewer.
    pub fn item(&self, index: usize) -> &[f32] {
        let size = self.values.len() / self.shape[0];
        &self.values[index * size..(index + 1) * size]
    }

    /// The bits of all values, to be compared for equality.
    pub fn bits(&self) -> Vec<u32> {
        self.values.iter().map(|value| value.to_bits()).collect()
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
