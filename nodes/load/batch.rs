//! Puts pictures of one size into one batch.

use pellucid_graph::{Check, CheckFn, Checked, Cost, ManyIn, NodeError, NodeKind, Out, Run, RunFn};
use pellucid_pixel::batch::{join_images, join_mattes};
use pellucid_pixel::{Image, ImageFact, Matte, MatteFact};
use pellucid_value::{Raster, RasterFact, Value};

use crate::frames::batch_of;
use crate::joining::joined;
use crate::sizes::{Sized, same_size};

const IMAGES: ManyIn<Raster> =
    ManyIn::new("images", "Images, or mattes, of one size; batches are joined in this order.");
const IMAGE: Out<Raster> = Out::new(
    "image",
    "All pictures, in the encoding of the first: opaque where all are, straight where one is, \
     else premultiplied.",
);

/// The record of `batch`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "batch".into(),
        family: "load".into(),
        docs: "Puts images, or mattes, of one size into one batch, which later nodes treat \
               picture by picture."
            .into(),
        revision: 1,
        cost: Cost::Light,
        inputs: vec![IMAGES.decl()],
        params: vec![],
        outputs: vec![IMAGE.decl()],
        comfy: vec![],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

fn check(cx: &Check) -> Result<Checked, NodeError> {
    let facts = cx.many(IMAGES);
    if facts.len() == 1 {
        return Ok(Checked::Forward("images"));
    }
    let names: Vec<String> = (1..=facts.len()).map(|n| format!("picture {n}")).collect();
    let of = |index: usize| Sized {
        name: &names[index],
        size: facts[index].size(),
        batch: batch_of(facts[index]),
    };
    for index in 1..facts.len() {
        same_size(of(0), of(index), IMAGES)?;
    }
    Ok(Checked::Facts(vec![IMAGE.fact(together(&facts)?)]))
}

fn together(facts: &[RasterFact]) -> Result<RasterFact, NodeError> {
    let (mut images, mut mattes): (Vec<ImageFact>, Vec<MatteFact>) = (Vec::new(), Vec::new());
    for fact in facts {
        match fact {
            RasterFact::Image(fact) => images.push(*fact),
            RasterFact::Matte(fact) => mattes.push(*fact),
        }
    }
    match (joined(&images), mattes.first()) {
        (Some(fact), None) => Ok(RasterFact::Image(fact)),
        (None, Some(first)) => {
            let batch = mattes.iter().fold(0, |sum: u32, fact| sum.saturating_add(fact.batch));
            Ok(RasterFact::Matte(MatteFact { batch, ..*first }))
        }
        _ => {
            let message = format!("there are {} images and {} mattes", images.len(), mattes.len());
            Err(NodeError::at(IMAGES, message)
                .hint("turn the mattes into images with `matte_to_image`"))
        }
    }
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    let rasters = cx.many(IMAGES);
    let facts: Vec<RasterFact> = rasters.iter().map(fact_of).collect();
    let joined = match together(&facts)? {
        RasterFact::Image(fact) => Raster::Image(join_images(&images(&rasters), fact)),
        RasterFact::Matte(fact) => Raster::Matte(join_mattes(&mattes(&rasters), fact)),
    };
    Ok(vec![IMAGE.put(joined)])
}

fn fact_of(raster: &Raster) -> RasterFact {
    match raster {
        Raster::Image(image) => RasterFact::Image(image.fact),
        Raster::Matte(matte) => RasterFact::Matte(matte.fact),
    }
}

fn images(rasters: &[Raster]) -> Vec<Image> {
    let image = |raster: &Raster| match raster {
        Raster::Image(image) => Some(image.clone()),
        Raster::Matte(_) => None,
    };
    rasters.iter().filter_map(image).collect()
}

fn mattes(rasters: &[Raster]) -> Vec<Matte> {
    let matte = |raster: &Raster| match raster {
        Raster::Matte(matte) => Some(matte.clone()),
        Raster::Image(_) => None,
    };
    rasters.iter().filter_map(matte).collect()
}
