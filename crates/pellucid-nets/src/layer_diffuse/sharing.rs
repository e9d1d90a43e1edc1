//! Attention sharing: weights that let the frames of a batch become layers of one picture (SD1.5).

use std::collections::BTreeMap;
use std::sync::Arc;

use candle_core::{DType, Device, Tensor};

use super::control::{ControlEncoder, ControlSignal};
use super::sharing_layer::SharingLayer;
use crate::blocks::{NetworkError, Source, input_error};
use crate::unet::{AttentionCall, AttentionHook, Block, Next};
use crate::weights::Weights;

/// The weights of one attention-sharing file.
pub struct AttentionSharing {
    /// How many frames are drawn together.
    pub frames: usize,
    /// What looks at the control picture; `None` for files without control.
    pub control: Option<ControlEncoder>,
    layers: BTreeMap<Site, Arc<SharingLayer>>,
}

/// Attention sharing at work: takes part in every attention of a UNet.
pub struct SharingHook {
    sharing: Arc<AttentionSharing>,
    /// The control picture's features, see [`ControlEncoder::forward`]; empty for none.
    pub signals: Vec<ControlSignal>,
    /// For each frame its prompt `[1, tokens, width]`; `None`, or a list that is too short, for the prompt
    /// that the batch carries.
    pub prompts: Vec<Option<Tensor>>,
}

/// A block of the UNet and whether its cross-attention is meant.
type Site = (Block, bool);

impl AttentionSharing {
    /// Loads a file whose keys start at `hookers.layers` and `kwargs_encoder`.
    pub fn load(weights: &Weights, dtype: DType, device: &Device) -> Result<Self, NetworkError> {
        let mut layers = BTreeMap::new();
        let mut frames = 0;
        for (index, site) in sharing_sites().into_iter().enumerate() {
            let source =
                Source::new(&weights.under(&format!("hookers.layers.{index}")), dtype, device);
            let layer = SharingLayer::load(&source)?;
            if frames != 0 && frames != layer.frames {
                return input_error("the shared attentions differ in their number of frames");
            }
            frames = layer.frames;
            layers.insert(site, Arc::new(layer));
        }
        let control = weights
            .has("kwargs_encoder.blocks_0.0.weight")
            .then(|| ControlEncoder::load(&weights.under("kwargs_encoder"), dtype, device));
        Ok(Self { frames, control: control.transpose()?, layers })
    }
}

impl SharingHook {
    /// A hook without control picture and prompts of its own.
    pub fn new(sharing: Arc<AttentionSharing>) -> Self {
        Self { sharing, signals: Vec::new(), prompts: Vec::new() }
    }

    /// Shows a control picture `[1, 3, 8h, 8w]`, 0 to 1, for latents of `h` by `w`; an error if the weights
    /// take none.
    pub fn show(&mut self, picture: &Tensor) -> Result<(), NetworkError> {
        let Some(control) = &self.sharing.control else {
            return input_error("these weights take no control picture");
        };
        self.signals = control.forward(picture)?;
        Ok(())
    }
}

impl AttentionHook for SharingHook {
    fn attend(&self, call: AttentionCall<'_>, next: Next<'_>) -> Result<Tensor, NetworkError> {
        match self.sharing.layers.get(&(call.site.block, call.site.cross)) {
            Some(layer) => layer.attend(call, next, &self.signals, &self.prompts),
            None => next.attend(call),
        }
    }
}

/// The attentions of an SD1.5 UNet in the order of the file's layers: self- and cross-attention of input
/// blocks, output blocks, middle.
pub fn sharing_sites() -> Vec<(Block, bool)> {
    let inputs = [1, 2, 4, 5, 7, 8].map(Block::Input);
    let blocks = inputs.into_iter().chain((3..12).map(Block::Output)).chain([Block::Middle]);
    blocks.flat_map(|block| [(block, false), (block, true)]).collect()
}
