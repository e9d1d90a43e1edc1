//! A checkpoint's UNet together with what is added to it.

use std::sync::Arc;

use candle_core::{DType, Device, Tensor};
use pellucid_nets::Weights;
use pellucid_nets::checkpoint::UnetConfig;
use pellucid_nets::controlnet::{ControlInput, ControlNet};
use pellucid_nets::layer_diffuse::{AttentionSharing, SharingHook};
use pellucid_nets::unet::{AttentionHook, Unet, UnetInput};

use super::kind::Kind;
use super::layout::{FIRST, is_attention};
use super::{Shown, question};
use crate::base::Base;
use crate::error::TrainError;
use crate::parameters::Parameters;

/// A UNet and what is added to it.
pub(super) struct Networks {
    unet: Unet,
    sharing: Option<Arc<AttentionSharing>>,
    control: Option<ControlNet>,
}

impl Networks {
    /// Builds the networks; gradients flow to `parameters` alone.
    pub(super) fn build(
        kind: Kind,
        base: &Base,
        parameters: &Parameters,
        device: &Device,
    ) -> Result<Self, TrainError> {
        let mut tensors = base.tensors.clone();
        let mut config: UnetConfig = base.config.clone();
        let (mut sharing, mut control) = (None, None);
        match kind {
            Kind::Edges => {
                let weights = parameters.weights();
                control = Some(ControlNet::load(&weights, &base.config, DType::F32, device)?);
            }
            kind if kind.is_sharing() => {
                let weights = parameters.weights();
                sharing = Some(Arc::new(AttentionSharing::load(&weights, DType::F32, device)?));
            }
            _ => {
                let factor = |key: &str, which: usize| {
                    parameters.vars.get(&format!("{key}::lora::{which}")).map(|var| var.as_tensor())
                };
                for (key, tensor) in tensors.iter_mut().filter(|(key, _)| is_attention(key)) {
                    if let (Some(up), Some(down)) = (factor(key, 0), factor(key, 1)) {
                        *tensor = (&*tensor + up.matmul(down)?)?;
                    }
                }
                if let Some(diff) = parameters.vars.get(&format!("{FIRST}::diff::0")) {
                    let whole = &tensors[FIRST];
                    let added = diff.dim(1)? - whole.dim(1)?;
                    let grown = (whole.pad_with_zeros(1, 0, added)? + diff.as_tensor())?;
                    config.in_channels += added;
                    tensors.insert(FIRST.into(), grown);
                }
            }
        }
        let unet = Unet::load(&Weights::from_tensors(tensors), &config, DType::F32, device)?;
        Ok(Self { unet, sharing, control })
    }

    /// The noise that is found; rows are examples times frames, the frame changing fastest.
    pub(super) fn find(
        &self,
        x: &Tensor,
        times: &[f32],
        context: &Tensor,
        shown: &Shown,
    ) -> Result<Tensor, TrainError> {
        let joined = match &shown.concat {
            Some(concat) => Tensor::cat(&[x, concat], 1)?,
            None => x.clone(),
        };
        let mut hooks: Vec<Arc<dyn AttentionHook>> = Vec::new();
        if let Some(sharing) = &self.sharing {
            let mut hook = SharingHook::new(sharing.clone());
            if let Some(picture) = &shown.control {
                hook.show(picture)?;
            }
            hooks.push(Arc::new(hook));
        }
        let mut residuals = Vec::new();
        if let (Some(control), Some(hint)) = (&self.control, &shown.control) {
            let input =
                ControlInput { x, timesteps: times, context, label: None, hint, sort: None };
            residuals.push(control.forward(&input)?);
        }
        let input =
            UnetInput { control: &residuals, hooks: &hooks, ..question(&joined, times, context) };
        Ok(self.unet.forward(&input)?)
    }
}
