//! Reads a picture file.

use pellucid_graph::{
    Check, CheckFn, Checked, Cost, FilePlace, FileRef, NodeError, NodeKind, Out, Param, Run, RunFn,
};
use pellucid_pixel::files::{Limits, PictureError, decode, read_header};
use pellucid_pixel::{Image, ImageFact};
use pellucid_value::Value;

const FILE: Param<FileRef> = Param::file(
    "file",
    FilePlace::Picture,
    "The picture: PNG, JPEG, WebP, TIFF or EXR, looked up beside the graph.",
);
const IMAGE: Out<Image> =
    Out::new("image", "The picture, with its alpha as the file means it, and straight colour.");

/// The record of `load_image`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "load_image".into(),
        family: "load".into(),
        docs:
            "Reads a picture file. PNG, WebP and most TIFF give straight alpha, EXR linear light \
               with premultiplied alpha, and what has no alpha is opaque. Colour under alpha 0 is \
               kept."
                .into(),
        revision: 1,
        cost: Cost::Light,
        inputs: vec![],
        params: vec![FILE.decl()],
        outputs: vec![IMAGE.decl()],
        comfy: vec![],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

fn check(cx: &Check) -> Result<Checked, NodeError> {
    let file = cx.param(FILE);
    let mut reader = cx.open(FILE, &file)?;
    let header = read_header(&mut reader)
        .and_then(|header| Limits::default().admit(&header).map(|()| header))
        .map_err(|error| unreadable(&file, &error, NodeError::at(FILE, "")))?;
    let fact = ImageFact {
        width: header.width,
        height: header.height,
        batch: 1,
        alpha: header.alpha,
        encoding: header.encoding,
    };
    Ok(Checked::Facts(vec![IMAGE.fact(fact)]))
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    let file = cx.param(FILE);
    let bytes = cx.read(FILE, &file)?;
    let decoded = decode(&bytes, &Limits::default())
        .map_err(|error| unreadable(&file, &error, NodeError::new("").about(FILE)))?;
    Ok(vec![IMAGE.put(decoded.image)])
}

/// The error with what the file says for a message and what can be done for a hint.
pub(super) fn unreadable(file: &FileRef, error: &PictureError, as_error: NodeError) -> NodeError {
    let hint = error.hint().map(str::to_owned);
    NodeError { message: format!("{}: {error}", file.name), hint, ..as_error }
}
