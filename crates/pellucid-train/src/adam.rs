//! AdamW (Loshchilov and Hutter, "Decoupled Weight Decay Regularization"), with a running average of what
//! it trains.

use std::collections::BTreeMap;

use candle_core::{DType, Tensor, Var};
use rayon::prelude::*;

use crate::error::TrainError;
use crate::parameters::Parameters;
use crate::shards::Gradients;

/// How AdamW goes.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Decay of the running mean of gradients.
    pub beta1: f32,
    /// Decay of the running mean of their squares.
    pub beta2: f32,
    /// Added to the root of that mean.
    pub eps: f32,
    /// Shrinking per unit of learning rate, of matrices and kernels only.
    pub weight_decay: f32,
    /// Gradients longer than this, all taken as one vector, are scaled down to it.
    pub longest: f32,
    /// Decay of the running average of the parameters, in the long run.
    pub average: f32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            beta1: 0.9,
            beta2: 0.99,
            eps: 1e-8,
            weight_decay: 0.01,
            longest: 1.0,
            average: 0.999,
        }
    }
}

/// Parameters together with what AdamW remembers of them.
pub struct Group {
    /// What is trained.
    pub parameters: Parameters,
    /// How.
    pub settings: Settings,
    /// For each parameter.
    pub memory: BTreeMap<String, Memory>,
    /// Steps taken.
    pub steps: u64,
}

/// What is remembered of one parameter.
#[derive(Clone, Debug, PartialEq)]
pub struct Memory {
    /// Running mean of gradients.
    pub mean: Vec<f32>,
    /// Running mean of their squares.
    pub square: Vec<f32>,
    /// Running average of the parameter.
    pub average: Vec<f32>,
}

impl Group {
    /// Parameters that no step has been taken with.
    pub fn new(parameters: Parameters, settings: Settings) -> Result<Self, TrainError> {
        let fresh = |(key, var): (&String, &Var)| {
            let average = numbers(var.as_tensor())?;
            let mean = vec![0.0; average.len()];
            Ok((key.clone(), Memory { square: mean.clone(), mean, average }))
        };
        let memory = parameters.vars.iter().map(fresh).collect::<Result<_, TrainError>>()?;
        Ok(Self { parameters, settings, memory, steps: 0 })
    }

    /// Takes a step; gives the length of the gradient before it was cut. A parameter without a gradient
    /// stays as it is.
    pub fn step(&mut self, grads: &Gradients, rate: f32) -> Result<f32, TrainError> {
        let mut found = Vec::new();
        for (key, var) in &self.parameters.vars {
            if let Some(grad) = grads.of(var)? {
                found.push((key.clone(), var.clone(), grad));
            }
        }
        let square: f64 = found.iter().map(|(_, _, grad)| squares(grad)).sum();
        let length = square.sqrt() as f32;
        if !length.is_finite() {
            return Ok(length);
        }
        self.steps += 1;
        let scale = (self.settings.longest / length.max(1e-12)).min(1.0);
        let (settings, steps) = (self.settings, self.steps);
        let mut work = Vec::with_capacity(found.len());
        for (key, var, grad) in found {
            let Some(memory) = self.memory.remove(&key) else { continue };
            let values = numbers(var.as_tensor())?;
            work.push((key, var, grad, memory, values));
        }
        work.par_iter_mut().for_each(|(_, var, grad, memory, values)| {
            let decay = if var.rank() > 1 { settings.weight_decay } else { 0.0 };
            update(settings, steps, rate, scale, decay, grad, memory, values);
        });
        for (key, var, _, memory, values) in work {
            var.set(&Tensor::from_vec(values, var.shape(), var.device())?)?;
            self.memory.insert(key, memory);
        }
        Ok(length)
    }

    /// The running averages as tensors.
    pub fn averages(&self) -> Result<BTreeMap<String, Tensor>, TrainError> {
        let tensor = |(key, memory): (&String, &Memory)| {
            let var = &self.parameters.vars[key];
            let average = Tensor::from_vec(memory.average.clone(), var.shape(), var.device())?;
            Ok((key.clone(), average))
        };
        self.memory.iter().map(tensor).collect()
    }
}

/// The numbers of a tensor, in f32.
pub(crate) fn numbers(tensor: &Tensor) -> Result<Vec<f32>, TrainError> {
    Ok(tensor.to_dtype(DType::F32)?.flatten_all()?.to_vec1()?)
}

fn squares(grad: &[f32]) -> f64 {
    grad.iter().map(|&g| f64::from(g) * f64::from(g)).sum()
}

#[expect(clippy::too_many_arguments, reason = "one pass over four arrays with five constants")]
fn update(
    settings: Settings,
    steps: u64,
    rate: f32,
    scale: f32,
    decay: f32,
    grad: &[f32],
    memory: &mut Memory,
    values: &mut [f32],
) {
    let Settings { beta1, beta2, eps, .. } = settings;
    let steps = steps.min(1 << 30) as i32;
    let unbiased = (1.0 - beta1.powi(steps), 1.0 - beta2.powi(steps));
    // A short memory at first: the beginning is not worth averaging.
    let average = settings.average.min((1 + steps) as f32 / (10 + steps) as f32);
    let moments = memory.mean.iter_mut().zip(&mut memory.square);
    let kept = values.iter_mut().zip(&mut memory.average);
    for (((mean, square), (value, kept)), grad) in moments.zip(kept).zip(grad) {
        let grad = grad * scale;
        *mean = beta1 * *mean + (1.0 - beta1) * grad;
        *square = beta2 * *square + (1.0 - beta2) * grad * grad;
        let direction = (*mean / unbiased.0) / ((*square / unbiased.1).sqrt() + eps);
        *value -= rate * (direction + decay * *value);
        *kept += (1.0 - average) * (*value - *kept);
    }
}

#[cfg(test)]
mod tests {
    use candle_core::Device;

    use super::*;

    #[test]
    fn it_goes_downhill_and_averages() {
        let start = Tensor::new(&[[3f32, -2.0]], &Device::Cpu).unwrap();
        let parameters = Parameters::of(&BTreeMap::from([("x.weight".into(), start)])).unwrap();
        let settings = Settings { weight_decay: 0.0, ..Settings::default() };
        let mut group = Group::new(parameters, settings).unwrap();
        for _ in 0..400 {
            let x = group.parameters.vars["x.weight"].as_tensor();
            let loss = x.sqr().unwrap().sum_all().unwrap();
            let parts = vec![(1.0, loss.backward().unwrap())];
            group.step(&Gradients { parts }, 0.02).unwrap();
        }
        let x = numbers(group.parameters.vars["x.weight"].as_tensor()).unwrap();
        assert!(x.iter().all(|v| v.abs() < 0.05), "{x:?}");
        assert_eq!(group.averages().unwrap()["x.weight"].dims(), [1, 2]);
    }
}
