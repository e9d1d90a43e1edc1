//! Work frame by frame, with a step between frames, so that progress shows and cancelling works.

use pellucid_graph::{NodeError, Run};
use pellucid_pixel::batch::{image_frame, join_images, join_mattes, matte_frame};
use pellucid_pixel::{Image, ImageFact, Matte, MatteFact};
use pellucid_value::{Raster, RasterFact};

/// Each frame of an image through `f`, which must give one frame of the same fact every time.
///
/// # Errors
/// When the work is no longer wanted.
pub fn each_image(
    cx: &Run,
    image: &Image,
    f: impl Fn(&Image) -> Image,
) -> Result<Image, NodeError> {
    let frames = each(cx, image.fact.batch, |index| f(&image_frame(image, index)))?;
    let fact = ImageFact { batch: image.fact.batch, ..frames[0].fact };
    Ok(single(frames).unwrap_or_else(|frames| join_images(&frames, fact)))
}

/// Each frame of a matte through `f`, which must give one frame of the same size every time.
///
/// # Errors
/// When the work is no longer wanted.
pub fn each_matte(
    cx: &Run,
    matte: &Matte,
    f: impl Fn(&Matte) -> Matte,
) -> Result<Matte, NodeError> {
    let frames = each(cx, matte.fact.batch, |index| f(&matte_frame(matte, index)))?;
    let fact = MatteFact { batch: matte.fact.batch, ..frames[0].fact };
    Ok(single(frames).unwrap_or_else(|frames| join_mattes(&frames, fact)))
}

/// Each frame of an image as a matte through `f`.
///
/// # Errors
/// When the work is no longer wanted.
pub fn each_image_to_matte(
    cx: &Run,
    image: &Image,
    f: impl Fn(&Image) -> Matte,
) -> Result<Matte, NodeError> {
    let frames = each(cx, image.fact.batch, |index| f(&image_frame(image, index)))?;
    let fact = MatteFact { batch: image.fact.batch, ..frames[0].fact };
    Ok(single(frames).unwrap_or_else(|frames| join_mattes(&frames, fact)))
}

/// Each frame of an image or a matte through the function for it.
///
/// # Errors
/// When the work is no longer wanted.
pub fn each_raster(
    cx: &Run,
    raster: &Raster,
    image: impl Fn(&Image) -> Image,
    matte: impl Fn(&Matte) -> Matte,
) -> Result<Raster, NodeError> {
    match raster {
        Raster::Image(frames) => each_image(cx, frames, image).map(Raster::Image),
        Raster::Matte(frames) => each_matte(cx, frames, matte).map(Raster::Matte),
    }
}

/// The fact of an image through `f`, or that of a matte as it is.
pub fn image_part(fact: RasterFact, f: impl Fn(ImageFact) -> ImageFact) -> RasterFact {
    match fact {
        RasterFact::Image(fact) => RasterFact::Image(f(fact)),
        RasterFact::Matte(_) => fact,
    }
}

/// Bytes of one frame.
pub fn frame_bytes(fact: RasterFact) -> u64 {
    match fact {
        RasterFact::Image(fact) => ImageFact { batch: 1, ..fact }.bytes(),
        RasterFact::Matte(fact) => MatteFact { batch: 1, ..fact }.bytes(),
    }
}

/// Pictures in an image or a matte.
pub fn batch_of(fact: RasterFact) -> u32 {
    match fact {
        RasterFact::Image(fact) => fact.batch,
        RasterFact::Matte(fact) => fact.batch,
    }
}

/// The fact of a matte of every frame of an image or a matte.
pub fn as_matte(fact: RasterFact) -> MatteFact {
    let (width, height) = fact.size();
    MatteFact { width, height, batch: batch_of(fact) }
}

fn each<T>(cx: &Run, batch: u32, f: impl Fn(u32) -> T) -> Result<Vec<T>, NodeError> {
    let frame = |index| {
        cx.step(u64::from(index), u64::from(batch))?;
        Ok(f(index))
    };
    (0..batch).map(frame).collect()
}

/// The only one, or all of several.
fn single<T>(mut frames: Vec<T>) -> Result<T, Vec<T>> {
    match (frames.pop(), frames.is_empty()) {
        (Some(only), true) => Ok(only),
        (last, _) => {
            frames.extend(last);
            Err(frames)
        }
    }
}
