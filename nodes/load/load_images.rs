//! Reads picture files into one batch.

use pellucid_graph::{
    Check, CheckFn, Checked, Cost, FilePlace, FileRef, NodeError, NodeKind, Out, Param, Run, RunFn,
};
use pellucid_pixel::batch::join_images;
use pellucid_pixel::files::{Limits, decode, read_header};
use pellucid_pixel::{Image, ImageFact};
use pellucid_value::Value;

use super::load_image::unreadable;
use crate::joining::joined;

const FILES: Param<Vec<FileRef>> = Param::files(
    "files",
    FilePlace::Picture,
    "The pictures, in the order of the batch: PNG, JPEG, WebP, TIFF or EXR of one size, looked up \
     beside the graph.",
);
const IMAGE: Out<Image> = Out::new(
    "image",
    "All pictures, in the encoding of the first: opaque where all are, straight where one is, \
     else premultiplied.",
);

/// The record of `load_images`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "load_images".into(),
        family: "load".into(),
        docs: "Reads picture files of one size into a batch. Alpha and encoding of each file are \
               read as by `load_image`, then brought to what all have in common."
            .into(),
        revision: 1,
        cost: Cost::Light,
        inputs: vec![],
        params: vec![FILES.decl()],
        outputs: vec![IMAGE.decl()],
        comfy: vec![],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

fn check(cx: &Check) -> Result<Checked, NodeError> {
    let files = cx.param(FILES);
    let facts = files.iter().map(|file| header(cx, file)).collect::<Result<Vec<_>, _>>()?;
    if let Some((file, fact)) = files.iter().zip(&facts).find(|(_, f)| f.size() != facts[0].size())
    {
        let message = format!(
            "{} is {}x{}, but {} is {}x{}",
            file.name, fact.width, fact.height, files[0].name, facts[0].width, facts[0].height
        );
        return Err(NodeError::at(FILES, message).hint(
            "load it alone with `load_image`, put a `fit` node behind it, then a `batch` node",
        ));
    }
    let fact = joined(&facts).ok_or_else(|| NodeError::at(FILES, "no file is named"))?;
    cx.needs(facts.iter().map(ImageFact::bytes).sum());
    Ok(Checked::Facts(vec![IMAGE.fact(fact)]))
}

fn header(cx: &Check, file: &FileRef) -> Result<ImageFact, NodeError> {
    let mut reader = cx.open(FILES, file)?;
    let header = read_header(&mut reader)
        .and_then(|header| Limits::default().admit(&header).map(|()| header))
        .map_err(|error| unreadable(file, &error, NodeError::at(FILES, "")))?;
    let fact = ImageFact::new(header.width, header.height, header.alpha);
    Ok(ImageFact { encoding: header.encoding, ..fact })
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    let files = cx.param(FILES);
    let mut images: Vec<Image> = Vec::with_capacity(files.len());
    for (index, file) in files.iter().enumerate() {
        cx.step(index as u64, files.len() as u64)?;
        let bytes = cx.read(FILES, file)?;
        let decoded = decode(&bytes, &Limits::default())
            .map_err(|error| unreadable(file, &error, NodeError::new("").about(FILES)))?;
        images.push(decoded.image);
    }
    let facts: Vec<ImageFact> = images.iter().map(|image| image.fact).collect();
    let changed = || NodeError::new("the files changed while they were read").about(FILES);
    let fact = joined(&facts).ok_or_else(changed)?;
    if facts.iter().any(|other| other.size() != fact.size()) {
        return Err(changed());
    }
    Ok(vec![IMAGE.put(join_images(&images, fact))])
}
