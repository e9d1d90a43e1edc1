//! Between plain numbers and tensors.

use candle_core::{DType, Device, Tensor};
use pellucid_pixel::{Alpha, Image, ImageFact};
use pellucid_value::{Array, Latent, LatentFact, WeightFile};

use crate::DiffusionError;
use crate::error::unfit;

/// A tensor of the array's numbers on the processor.
pub(crate) fn tensor_of(array: &Array) -> Result<Tensor, DiffusionError> {
    Ok(Tensor::from_slice(&array.data, &*array.shape, &Device::Cpu)?)
}

/// The numbers of a tensor, whatever its type and device.
pub(crate) fn array_of(tensor: &Tensor) -> Result<Array, DiffusionError> {
    Ok(Array::new(tensor.dims(), numbers(tensor)?))
}

/// The numbers of a tensor in order.
pub(crate) fn numbers(tensor: &Tensor) -> Result<Vec<f32>, DiffusionError> {
    Ok(tensor.to_dtype(DType::F32)?.flatten_all()?.to_device(&Device::Cpu)?.to_vec1::<f32>()?)
}

/// Refuses NaN and infinities, which would become black pictures; `files` took part in them.
pub(crate) fn finite<'a>(
    tensor: &Tensor,
    what: &'static str,
    files: impl IntoIterator<Item = &'a WeightFile>,
) -> Result<(), DiffusionError> {
    // A sum is finite only if every number is.
    let sum = tensor.to_dtype(DType::F32)?.sum_all()?.to_scalar::<f32>()?;
    if sum.is_finite() {
        return Ok(());
    }
    let files = files.into_iter().map(|file| file.name.clone()).collect();
    Err(DiffusionError::NotFinite { what, files })
}

/// Latents as rows: batch and frames together, frames fastest.
pub(crate) fn rows_of(latent: &Latent) -> Result<Tensor, DiffusionError> {
    let [batch, frames, channels, height, width] = latent.fact().shape();
    Ok(tensor_of(&latent.samples)?.reshape((batch * frames, channels, height, width))?)
}

/// Rows as latents of that many frames.
pub(crate) fn latent_of(rows: &Tensor, frames: usize) -> Result<Latent, DiffusionError> {
    let (all, channels, height, width) = rows.dims4()?;
    let fact = LatentFact {
        batch: (all / frames.max(1)) as u32,
        frames: frames as u32,
        channels: channels as u32,
        height: height as u32,
        width: width as u32,
        masked: false,
    };
    Ok(Latent::new(fact, numbers(rows)?))
}

/// The colour of a picture as `[b, 3, h, w]`, whatever its alpha.
pub(crate) fn colour_of(image: &Image) -> Result<Tensor, DiffusionError> {
    let fact = image.fact;
    let (width, height) = (fact.width as usize, fact.height as usize);
    let plane = width * height;
    let mut data = vec![0.0f32; 3 * plane * fact.batch as usize];
    for (frame, planes) in data.chunks_exact_mut(3 * plane).enumerate() {
        for (index, pixel) in image.frame(frame as u32).iter().enumerate() {
            for channel in 0..3 {
                planes[channel * plane + index] = pixel[channel];
            }
        }
    }
    Ok(Tensor::from_vec(data, (fact.batch as usize, 3, height, width), &Device::Cpu)?)
}

/// The alpha of a picture as `[b, 1, h, w]`.
pub(crate) fn alpha_of(image: &Image) -> Result<Tensor, DiffusionError> {
    let fact = image.fact;
    let data: Vec<f32> = image.pixels.iter().map(|pixel| pixel[3]).collect();
    let shape = (fact.batch as usize, 1, fact.height as usize, fact.width as usize);
    Ok(Tensor::from_vec(data, shape, &Device::Cpu)?)
}

/// An opaque picture from `[b, 3, h, w]`.
pub(crate) fn image_of(tensor: &Tensor) -> Result<Image, DiffusionError> {
    pixels_of::<3>(tensor, Alpha::Opaque, |[r, g, b]| [r, g, b, 1.0])
}

/// A picture with straight alpha from `[b, 4, h, w]` of alpha, red, green and blue.
pub(crate) fn layer_of(tensor: &Tensor) -> Result<Image, DiffusionError> {
    pixels_of::<4>(tensor, Alpha::Straight, |[a, r, g, b]| [r, g, b, a])
}

fn pixels_of<const CHANNELS: usize>(
    tensor: &Tensor,
    alpha: Alpha,
    pixel: impl Fn([f32; CHANNELS]) -> [f32; 4],
) -> Result<Image, DiffusionError> {
    let (batch, channels, height, width) = tensor.dims4()?;
    if channels != CHANNELS {
        return unfit(format!("a picture of {channels} channels, not of {CHANNELS}"));
    }
    let values = numbers(tensor)?;
    let plane = width * height;
    let mut pixels = Vec::with_capacity(batch * plane);
    for planes in values.chunks_exact(CHANNELS * plane) {
        let channels = |at: usize| std::array::from_fn(|channel| planes[channel * plane + at]);
        pixels.extend((0..plane).map(|at| pixel(channels(at))));
    }
    let fact =
        ImageFact { batch: batch as u32, ..ImageFact::new(width as u32, height as u32, alpha) };
    Ok(Image::new(fact, pixels))
}

/// The rows of a tensor repeated in turn until there is one for each picture, and that for each of its frames;
/// a tensor that has a row for each frame of each picture stays as it is.
pub(crate) fn for_pictures(
    tensor: &Tensor,
    rows: usize,
    frames: usize,
) -> Result<Tensor, DiffusionError> {
    let have = tensor.dim(0)?;
    if have == rows {
        return Ok(tensor.clone());
    }
    let index: Vec<u32> = (0..rows).map(|row| (row / frames % have.max(1)) as u32).collect();
    Ok(tensor.index_select(&Tensor::new(index, tensor.device())?, 0)?)
}

/// The rows of a tensor repeated in turn until there are `rows`.
pub(crate) fn repeated(tensor: &Tensor, rows: usize) -> Result<Tensor, DiffusionError> {
    let have = tensor.dim(0)?;
    if have == rows {
        return Ok(tensor.clone());
    }
    let index: Vec<u32> = (0..rows).map(|row| (row % have.max(1)) as u32).collect();
    Ok(tensor.index_select(&Tensor::new(index, tensor.device())?, 0)?)
}
