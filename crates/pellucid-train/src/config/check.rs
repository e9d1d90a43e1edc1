//! What no configuration may ask for.

use super::{Config, Task};
use crate::addition::KEPT;
use crate::error::TrainError;

impl Config {
    /// Refuses what a run could not do.
    pub(super) fn check(&self) -> Result<(), TrainError> {
        let wrong = |text: &str| Err(TrainError::Config(text.into()));
        if [self.schedule.steps, self.schedule.batch as u64, self.schedule.parts as u64]
            .contains(&0)
        {
            return wrong("`steps`, `batch` and `parts` must be at least 1");
        }
        if !(self.schedule.rate.is_finite() && self.schedule.rate > 0.0) {
            return wrong("`rate` must be above 0");
        }
        if self.schedule.save_every == 0 || self.schedule.sheet_every == 0 {
            return wrong("`save_every` and `sheet_every` must be at least 1");
        }
        if !(64..=1024).contains(&self.data.size) || !self.data.size.is_multiple_of(64) {
            return wrong("`size` must be a multiple of 64 up to 1024");
        }
        let limit = match &self.task {
            Task::Denoiser(task) => task.snr_limit,
            Task::Addition(task) => task.snr_limit,
            _ => None,
        };
        if limit.is_some_and(|limit| !(limit.is_finite() && limit > 0.0)) {
            return wrong("`snr_limit` must be above 0");
        }
        match &self.task {
            Task::Judge(task) => {
                if task.width == 0 {
                    return wrong("`width` must be at least 1");
                }
            }
            Task::Autoencoder(task) => {
                let unit = 1 << task.multipliers.len().saturating_sub(1).min(10);
                if task.multipliers.is_empty() || task.multipliers.contains(&0) {
                    return wrong("`multipliers` needs whole numbers of at least 1");
                }
                if task.base_width == 0 || !task.base_width.is_multiple_of(32) {
                    return wrong("`base_width` must be a multiple of 32, the groups of the norms");
                }
                if task.layers && task.start.is_none() {
                    return wrong("`layers` needs an autoencoder to `start` from");
                }
                if task.residual_blocks == 0 && task.multipliers.iter().any(|m| *m != 1) {
                    return wrong("`residual_blocks` must be at least 1 where widths differ");
                }
                if task.cut == 0 || task.cut > self.data.size || !task.cut.is_multiple_of(unit) {
                    return wrong("`cut` must be a multiple of the latent's pixels, up to `size`");
                }
            }
            Task::Transparency(task) => {
                let odd = |width: &usize| *width == 0 || !width.is_multiple_of(8);
                if task.decoder_widths.len() < 4 || task.decoder_widths.iter().any(odd) {
                    return wrong("`decoder_widths` needs four widths or more, multiples of 8");
                }
                if task.residual_blocks == 0 || task.encoder_widths.contains(&0) {
                    return wrong("`residual_blocks` and `encoder_widths` must be at least 1");
                }
                let unit = 1usize << (task.decoder_widths.len() - 1).min(12);
                let whole = |size: usize| size > 0 && size.is_multiple_of(unit.max(8));
                if !whole(self.data.size) || !whole(task.cut) || task.cut > self.data.size {
                    return wrong(
                        "`cut` and `size` must be multiples of the decoder's coarsest pixel",
                    );
                }
            }
            Task::Addition(task) => {
                if task.rank == 0 || task.control_width < 8 {
                    return wrong("`rank` must be at least 1 and `control_width` at least 8");
                }
                if task.examples_count <= KEPT as u64 {
                    return wrong("`examples_count` must be at least 5: four are kept for sheets");
                }
            }
            Task::Denoiser(task) => {
                let odd = |width: usize| width == 0 || !width.is_multiple_of(32);
                if odd(task.base_width) || task.multipliers.contains(&0) {
                    return wrong("`base_width` must be a multiple of 32, the groups of the norms");
                }
                if task.text_width == 0 || !task.text_width.is_multiple_of(64) {
                    return wrong("`text_width` must be a multiple of 64, the width of a head");
                }
            }
        }
        Ok(())
    }
}
