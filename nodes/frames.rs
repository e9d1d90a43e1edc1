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
    let frames = each(cx, image.fact.batch, |index| Ok(f(&image_frame(image, index))))?;
    Ok(joined(frames))
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
    let frames = each(cx, matte.fact.batch, |index| Ok(f(&matte_frame(matte, index))))?;
    Ok(joined_mattes(frames))
}

/// Each frame of an image as a matte, by `f`, which must give one size every time.
///
/// # Errors
/// When the work is no longer wanted.
pub fn each_image_to_matte(
    cx: &Run,
    image: &Image,
    f: impl Fn(&Image) -> Matte,
) -> Result<Matte, NodeError> {
    let frames = each(cx, image.fact.batch, |index| Ok(f(&image_frame(image, index))))?;
    Ok(joined_mattes(frames))
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

/// What `f` gives for every index of a batch, in order.
///
/// # Errors
/// When the work is no longer wanted, and those of `f`.
pub fn each<T>(
    cx: &Run,
    batch: u32,
    mut f: impl FnMut(u32) -> Result<T, NodeError>,
) -> Result<Vec<T>, NodeError> {
    let frame = |index| {
        cx.step(u64::from(index), u64::from(batch))?;
        f(index)
    };
    (0..batch).map(frame).collect()
}

/// Frame `index` of an image, or the only one.
pub fn image_at(image: &Image, index: u32) -> Image {
    image_frame(image, index.min(image.fact.batch - 1))
}

/// Frame `index` of a matte, or the only one.
pub fn matte_at(matte: &Matte, index: u32) -> Matte {
    matte_frame(matte, index.min(matte.fact.batch - 1))
}

/// Frames of one fact as a batch; there must be at least one.
pub fn joined(mut frames: Vec<Image>) -> Image {
    let fact = ImageFact { batch: frames.len() as u32, ..frames[0].fact };
    if fact.batch == 1 { frames.remove(0) } else { join_images(&frames, fact) }
}

/// Frames of one size as a batch; there must be at least one.
pub fn joined_mattes(mut frames: Vec<Matte>) -> Matte {
    let fact = MatteFact { batch: frames.len() as u32, ..frames[0].fact };
    if fact.batch == 1 { frames.remove(0) } else { join_mattes(&frames, fact) }
}

/// The fact of an image through `f`, or that of a matte as it is.
pub fn image_part(fact: RasterFact, f: impl Fn(ImageFact) -> ImageFact) -> RasterFact {
    match fact {
        RasterFact::Image(fact) => RasterFact::Image(f(fact)),
        RasterFact::Matte(_) => fact,
    }
}

/// Bytes of one frame of an image.
pub fn frame_bytes(fact: ImageFact) -> u64 {
    ImageFact { batch: 1, ..fact }.bytes()
}

/// Bytes of one frame of an image or a matte.
pub fn raster_bytes(fact: RasterFact) -> u64 {
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
