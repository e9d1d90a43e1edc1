//! Where a prompt counts: areas and masks in latent elements.

use candle_core::{Device, Tensor};
use pellucid_nets::interpolate::bilinear;
use pellucid_pixel::Matte;
use pellucid_value::{Area, Prompt};

use crate::DiffusionError;

/// A rectangle in latent elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rect {
    pub x: usize,
    pub y: usize,
    pub width: usize,
    pub height: usize,
}

/// The part of a latent a prompt is for, and how much it counts there.
pub(crate) struct Region {
    /// `None` for all of it.
    pub rect: Option<Rect>,
    /// `[1 or b, 1, h, w]` of the rectangle; `None` for the strength alone.
    pub weight: Option<Tensor>,
}

/// How far from its edge an area's weight falls off, in latent elements.
const SOFT_EDGE: usize = 8;

impl Rect {
    /// An area in pixels, cut to a latent; `None` when nothing of it is inside.
    pub fn of(area: &Area, width: usize, height: usize) -> Option<Self> {
        let eighth = |pixels: u32| pixels as usize / 8;
        let (x, y) = (eighth(area.x), eighth(area.y));
        let wide = eighth(area.width).max(1).min(width.saturating_sub(x));
        let high = eighth(area.height).max(1).min(height.saturating_sub(y));
        (wide > 0 && high > 0).then_some(Self { x, y, width: wide, height: high })
    }

    /// That part of `[b, c, h, w]`.
    pub fn cut(&self, tensor: &Tensor) -> candle_core::Result<Tensor> {
        tensor.narrow(2, self.y, self.height)?.narrow(3, self.x, self.width)?.contiguous()
    }

    /// True when the other lies inside this one.
    pub fn holds(&self, other: &Self) -> bool {
        self.x <= other.x
            && self.y <= other.y
            && self.x + self.width >= other.x + other.width
            && self.y + self.height >= other.y + other.height
    }
}

/// The region of a prompt in a latent of that size.
pub(crate) fn region(
    prompt: &Prompt,
    width: usize,
    height: usize,
) -> Result<Region, DiffusionError> {
    let mut rect = prompt.area.as_ref().and_then(|area| Rect::of(area, width, height));
    let Some(mask) = &prompt.mask else {
        let weight = rect.map(|rect| soft_edges(rect, width, height, prompt.strength));
        return Ok(Region { rect, weight: weight.transpose()? });
    };
    let batch = mask.matte.fact.batch as usize;
    let planes = planes(&mask.matte, width, height);
    if mask.bounds_only {
        rect = Some(bounds(&planes, width, height));
    }
    let factor = (mask.strength * prompt.strength) as f32;
    let values: Vec<f32> = planes.iter().map(|value| value * factor).collect();
    let mut weight = Tensor::from_vec(values, (batch, 1, height, width), &Device::Cpu)?;
    if let Some(rect) = rect {
        weight = rect.cut(&weight)?;
    }
    Ok(Region { rect, weight: Some(weight) })
}

/// A matte scaled to a latent, frame by frame.
pub(crate) fn planes(matte: &Matte, width: usize, height: usize) -> Vec<f32> {
    let size = (matte.fact.width as usize, matte.fact.height as usize);
    (0..matte.fact.batch)
        .flat_map(|frame| bilinear(matte.frame(frame), size, (width, height)))
        .collect()
}

/// The rectangle around what is not zero in the first plane; a small one where all is zero.
fn bounds(planes: &[f32], width: usize, height: usize) -> Rect {
    let plane = &planes[..width * height];
    let set = |x: usize, y: usize| plane[y * width + x] > 0.0;
    let columns: Vec<usize> = (0..width).filter(|&x| (0..height).any(|y| set(x, y))).collect();
    let rows: Vec<usize> = (0..height).filter(|&y| (0..width).any(|x| set(x, y))).collect();
    let side = |places: &[usize], size: usize| match (places.first(), places.last()) {
        (Some(&first), Some(&last)) => (first, last - first + 1),
        _ => (0, size.min(SOFT_EDGE)),
    };
    let ((x, wide), (y, high)) = (side(&columns, width), side(&rows, height));
    Rect { x, y, width: wide, height: high }
}

/// A prompt's strength, falling off towards those edges of a rectangle that are not the latent's.
fn soft_edges(
    rect: Rect,
    width: usize,
    height: usize,
    strength: f64,
) -> Result<Tensor, DiffusionError> {
    let ramp = |start: usize, length: usize, size: usize| -> Vec<f32> {
        let soft = SOFT_EDGE.min(length / 4);
        (0..length)
            .map(|place| {
                let mut weight = 1.0;
                if start != 0 && place < soft {
                    weight *= (place + 1) as f32 / soft as f32;
                }
                if start + length < size && length - 1 - place < soft {
                    weight *= (length - place) as f32 / soft as f32;
                }
                weight
            })
            .collect()
    };
    let across = ramp(rect.x, rect.width, width);
    let down = ramp(rect.y, rect.height, height);
    let weights: Vec<f32> =
        down.iter().flat_map(|y| across.iter().map(move |x| x * y * strength as f32)).collect();
    Ok(Tensor::from_vec(weights, (1, 1, rect.height, rect.width), &Device::Cpu)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn areas_are_cut_to_the_latent() {
        let area = Area { x: 64, y: 0, width: 128, height: 8 };
        let rect = Rect { x: 8, y: 0, width: 2, height: 1 };
        assert_eq!(Rect::of(&area, 10, 4), Some(rect));
        assert_eq!(Rect::of(&area, 8, 4), None);
    }

    #[test]
    fn only_inner_edges_are_soft() {
        let rect = Rect { x: 0, y: 0, width: 8, height: 8 };
        let weight = soft_edges(rect, 16, 8, 2.0).unwrap();
        let row: Vec<f32> =
            weight.get(0).unwrap().get(0).unwrap().get(0).unwrap().to_vec1().unwrap();
        assert_eq!(row, [2.0, 2.0, 2.0, 2.0, 2.0, 2.0, 2.0, 1.0]);
    }
}
