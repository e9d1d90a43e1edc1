//! The numbers that are trained: named, started from a seed, seen by networks as weights.

use std::collections::BTreeMap;
use std::path::Path;

use candle_core::{Device, Tensor, Var};
use pellucid_nets::Weights;
use pellucid_nets::checkpoint::Shapes;

use crate::adam::numbers;
use crate::error::TrainError;
use crate::random::Random;

/// Variables by key.
#[derive(Clone, Default)]
pub struct Parameters {
    /// The variables.
    pub vars: BTreeMap<String, Var>,
}

impl Parameters {
    /// Fresh parameters of the given shapes: factors of norms 1, biases 0, everything else normal with
    /// deviation `gain(key) / √(inputs)`.
    pub fn fresh(
        shapes: &Shapes,
        seed: u64,
        gain: impl Fn(&str) -> f32,
        device: &Device,
    ) -> Result<Self, TrainError> {
        let mut vars = BTreeMap::new();
        for (key, shape) in shapes {
            let count: usize = shape.iter().product();
            let values = if shape.len() == 1 {
                vec![if key.ends_with("weight") { 1.0 } else { 0.0 }; count]
            } else {
                let inputs: usize = shape[1..].iter().product();
                let deviation = gain(key) / (inputs.max(1) as f32).sqrt();
                let place: Vec<u64> = key.bytes().map(u64::from).collect();
                let normals = Random::new(seed, &place).normals(count);
                normals.into_iter().map(|v| v * deviation).collect()
            };
            let tensor = Tensor::from_vec(values, shape.as_slice(), device)?;
            vars.insert(key.clone(), Var::from_tensor(&tensor)?);
        }
        Ok(Self { vars })
    }

    /// Parameters that start as the given tensors.
    pub fn of(tensors: &BTreeMap<String, Tensor>) -> Result<Self, TrainError> {
        let var = |(key, tensor): (&String, &Tensor)| Ok((key.clone(), Var::from_tensor(tensor)?));
        Ok(Self { vars: tensors.iter().map(var).collect::<Result<_, TrainError>>()? })
    }

    /// Sets every parameter to what a file has under `prefix` and its name, after `change`.
    ///
    /// # Errors
    /// When one is not there, or of another shape.
    pub fn take(
        &self,
        path: &Path,
        prefix: &str,
        change: impl Fn(&str, Tensor) -> Result<Tensor, TrainError>,
    ) -> Result<(), TrainError> {
        let weights = Weights::open(path)?.under(prefix);
        self.set(path, |key| change(key, weights.plain(key)?))
    }

    /// Sets every parameter to what `tensor` makes of its name, one after the other; it is of the file at `path`.
    ///
    /// # Errors
    /// Those of `tensor`, and when one is of another shape.
    pub fn set(
        &self,
        path: &Path,
        tensor: impl Fn(&str) -> Result<Tensor, TrainError>,
    ) -> Result<(), TrainError> {
        for (key, var) in &self.vars {
            let tensor = tensor(key)?;
            if tensor.dims() != var.dims() {
                let (found, wanted) = (tensor.dims(), var.dims());
                let text = format!("`{key}` is {found:?}, not {wanted:?}");
                return Err(TrainError::State(path.into(), text));
            }
            var.set(&tensor.to_device(var.device())?)?;
        }
        Ok(())
    }

    /// Changes the numbers of a parameter; nothing happens where there is none of that name.
    pub fn edit(&self, key: &str, change: impl FnOnce(&mut [f32])) -> Result<(), TrainError> {
        let Some(var) = self.vars.get(key) else { return Ok(()) };
        let mut values = numbers(var.as_tensor())?;
        change(&mut values);
        Ok(var.set(&Tensor::from_vec(values, var.shape(), var.device())?)?)
    }

    /// The parameters as weights of a network; gradients flow through them.
    pub fn weights(&self) -> Weights {
        let tensor = |(key, var): (&String, &Var)| (key.clone(), var.as_tensor().clone());
        Weights::from_tensors(self.vars.iter().map(tensor).collect())
    }

    /// The parameters as weights that no gradient flows through.
    pub fn frozen(&self) -> Weights {
        let tensor = |(key, var): (&String, &Var)| (key.clone(), var.as_detached_tensor());
        Weights::from_tensors(self.vars.iter().map(tensor).collect())
    }

    /// How many numbers there are.
    pub fn count(&self) -> usize {
        self.vars.values().map(|var| var.elem_count()).sum()
    }
}

/// Weights of a file as tensors in f32, below a prefix.
pub fn tensors_of(weights: &Weights) -> Result<BTreeMap<String, Tensor>, TrainError> {
    weights.keys().map(|key| Ok((key.to_owned(), weights.plain(key)?))).collect()
}
