//! What additions do: whether edges are followed, and whether layers that are drawn together fit together.

use std::path::Path;

use candle_core::Device;
use pellucid_pixel::colour::lab::DeltaE;
use pellucid_pixel::inspect::recomposition;

use super::{Additions, AdditionsConfig, MeasureConfig, batches};
use crate::addition::{Kind, Trained};
use crate::base::{Base, Viewer};
use crate::data::control::edges;
use crate::data::{Canvas, Example, Split};
use crate::error::TrainError;
use crate::sampling::Sampling;

/// Pictures drawn at once.
const BATCH: u64 = 4;
/// Pixels that an edge may be off.
const REACH: usize = 2;

pub(super) fn compare(
    config: &MeasureConfig,
    additions: &AdditionsConfig,
    transparency: &Path,
    split: Split,
    device: &Device,
) -> Result<Additions, TrainError> {
    let base = Base::load(&additions.checkpoint, device)?;
    let viewer = Viewer::load(&config.autoencoder, transparency, device)?;
    let measuring = Measuring { config, additions, split, viewer };
    let mut found = Additions::default();
    if let Some(path) = &additions.edges {
        let trained = Trained::load(Kind::Edges, path, &base, device)?;
        let [with, without] = measuring.edges(&trained)?;
        (found.edges, found.edges_without) = (Some(with), Some(without));
    }
    if let Some(path) = &additions.joint {
        let trained = Trained::load(Kind::Joint, path, &base, device)?;
        found.joint_delta_e = Some(measuring.joint(&trained)?);
    }
    if let Some(path) = &additions.foreground_to_background {
        let trained = Trained::load(Kind::ForegroundToBackground, path, &base, device)?;
        found.kept_delta_e = Some(measuring.kept(&trained)?);
    }
    Ok(found)
}

struct Measuring<'a> {
    config: &'a MeasureConfig,
    additions: &'a AdditionsConfig,
    split: Split,
    viewer: Viewer,
}

impl Measuring<'_> {
    /// The mean over all pictures of what `each` finds, a batch at a time.
    fn mean<const N: usize>(
        &self,
        each: impl Fn(&[Example], Sampling) -> Result<Vec<[f64; N]>, TrainError>,
    ) -> Result<[f64; N], TrainError> {
        let AdditionsConfig { count, steps, guidance, .. } = *self.additions;
        let mut sums = [0.0; N];
        for (seed, examples) in batches(self.config, self.split, count, BATCH) {
            for found in each(&examples, Sampling { steps, guidance, seed })? {
                sums = std::array::from_fn(|i| sums[i] + found[i]);
            }
        }
        Ok(sums.map(|sum| sum / count as f64))
    }

    fn shape(&self) -> [usize; 3] {
        [4, self.config.size / 8, self.config.size / 8]
    }

    fn edges(&self, trained: &Trained<'_>) -> Result<[f32; 2], TrainError> {
        let found = self.mean(|examples, how| {
            let controls: Vec<Canvas> = examples.iter().map(|e| edges(&e.blend)).collect();
            let captions: Vec<&str> = examples.iter().map(|e| &*e.of_blend).collect();
            let scores = |given: Option<&[Canvas]>| -> Result<Vec<f64>, TrainError> {
                let latents = trained.draw(&captions, given, self.shape(), how)?;
                // Picture and layer in turn.
                let drawn = self.viewer.view_all(&latents)?.into_iter().step_by(2);
                Ok(drawn.zip(&controls).map(|(d, c)| f_score(&edges(&d), c, REACH)).collect())
            };
            let (with, without) = (scores(Some(&controls))?, scores(None)?);
            Ok(with.into_iter().zip(without).map(|(with, without)| [with, without]).collect())
        })?;
        Ok(found.map(|score| score as f32))
    }

    fn joint(&self, trained: &Trained<'_>) -> Result<f64, TrainError> {
        let [delta_e] = self.mean(|examples, how| {
            let captions: Vec<&str> = examples
                .iter()
                .flat_map(|e| [&*e.of_foreground, &*e.of_background, &*e.of_blend])
                .collect();
            let drawn =
                self.viewer.view_all(&trained.draw(&captions, None, self.shape(), how)?)?;
            // Picture and layer of the three frames.
            let far = |drawn: &[Canvas]| Ok([difference(&drawn[1], &drawn[2], &drawn[4])?]);
            drawn.chunks(6).map(far).collect()
        })?;
        Ok(delta_e)
    }

    fn kept(&self, trained: &Trained<'_>) -> Result<f64, TrainError> {
        let [delta_e] = self.mean(|examples, how| {
            let layers: Vec<Canvas> = examples.iter().map(|e| e.foreground.clone()).collect();
            let captions: Vec<&str> =
                examples.iter().flat_map(|e| [&*e.of_background, &*e.of_blend]).collect();
            let latents = trained.draw(&captions, Some(&layers), self.shape(), how)?;
            let drawn = self.viewer.view_all(&latents)?;
            let far = |(layer, drawn): (&Canvas, &[Canvas])| Ok([opaque_part(layer, &drawn[2])?]);
            layers.iter().zip(drawn.chunks(4)).map(far).collect()
        })?;
        Ok(delta_e)
    }
}

fn difference(layer: &Canvas, ground: &Canvas, blend: &Canvas) -> Result<f64, TrainError> {
    let images = [layer, ground, blend].map(Canvas::image);
    let found = recomposition(&images[0], &images[1], &images[2], DeltaE::Cie2000);
    Ok(found.map_err(|error| TrainError::Data(error.to_string()))?.mean_delta_e)
}

/// The mean difference of a blend from a layer, of the pixels where the layer is opaque; 0 where it is nowhere.
fn opaque_part(layer: &Canvas, blend: &Canvas) -> Result<f64, TrainError> {
    let opaque = layer.pixels.iter().filter(|pixel| pixel[3] > 0.99).count();
    let mut pasted = blend.clone();
    for (pixel, layer) in pasted.pixels.iter_mut().zip(&layer.pixels) {
        if layer[3] > 0.99 {
            *pixel = [layer[0], layer[1], layer[2], 1.0];
        }
    }
    let whole = difference(&Canvas::clear(layer.size), &pasted, blend)?;
    Ok(whole * layer.pixels.len() as f64 / opaque.max(1) as f64)
}

/// The F-score of edges, those that lie within `reach` pixels of each other being the same; 1 where there are
/// none in either.
fn f_score(found: &Canvas, given: &Canvas, reach: usize) -> f64 {
    let (found, given) = (points(found), points(given));
    let near = |of: &[bool], among: &[bool], size: usize| {
        let hit = |index: usize| {
            let (x, y) = (index % size, index / size);
            let rows = y.saturating_sub(reach)..=(y + reach).min(size - 1);
            rows.into_iter().any(|y| {
                let (left, right) = (x.saturating_sub(reach), (x + reach).min(size - 1));
                among[y * size + left..=y * size + right].contains(&true)
            })
        };
        let all = of.iter().filter(|on| **on).count();
        let hits = (0..of.len()).filter(|&index| of[index] && hit(index)).count();
        (hits as f64, all as f64)
    };
    let size = found.len().isqrt().max(1);
    let ((right, drawn), (reached, wanted)) =
        (near(&found, &given, size), near(&given, &found, size));
    if drawn + wanted == 0.0 {
        return 1.0;
    }
    let (precision, recall) = (right / drawn.max(1.0), reached / wanted.max(1.0));
    2.0 * precision * recall / (precision + recall).max(1e-9)
}

fn points(edges: &Canvas) -> Vec<bool> {
    edges.pixels.iter().map(|pixel| pixel[0] > 0.5).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(column: usize) -> Canvas {
        let mut canvas = Canvas::clear(16);
        (0..16).for_each(|row| canvas.pixels[row * 16 + column] = [1.0; 4]);
        canvas
    }

    #[test]
    fn edges_may_be_a_little_off() {
        assert_eq!(f_score(&line(5), &line(5), 2), 1.0);
        assert_eq!(f_score(&line(5), &line(7), 2), 1.0);
        assert_eq!(f_score(&line(5), &line(8), 2), 0.0);
        assert_eq!(f_score(&Canvas::clear(16), &line(8), 2), 0.0);
        assert_eq!(f_score(&Canvas::clear(16), &Canvas::clear(16), 2), 1.0);
        // Half of what is drawn is right, all that was wanted is there: 2 · 0.5 · 1 / 1.5.
        let mut both = line(1);
        (0..16).for_each(|row| both.pixels[row * 16 + 12] = [1.0; 4]);
        assert!((f_score(&both, &line(1), 2) - 2.0 / 3.0).abs() < 1e-9);
    }

    #[test]
    fn only_the_opaque_part_counts() {
        let mut layer = Canvas::clear(8);
        layer.pixels[..16].fill([1.0, 1.0, 1.0, 1.0]);
        let mut blend = Canvas::clear(8);
        blend.pixels.fill([0.3, 0.6, 0.9, 1.0]);
        blend.pixels[..16].fill([1.0; 4]);
        assert_eq!(opaque_part(&layer, &blend).unwrap(), 0.0);
        blend.pixels[..16].fill([0.0, 0.0, 0.0, 1.0]);
        // From black to white: 100.
        assert!((opaque_part(&layer, &blend).unwrap() - 100.0).abs() < 1e-3);
    }
}
