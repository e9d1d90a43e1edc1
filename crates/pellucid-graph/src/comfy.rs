//! Which ComfyUI classes a kind serves, said in the kind's own file.
//!
//! A [`ComfyClass`] lists a class's inputs in ComfyUI's order (required, then optional: that is
//! the order of `widgets_values`) and its outputs by slot. Where one class is one node of the
//! kind, every input says with a handle where it goes:
//!
//! ```
//! use pellucid_graph::comfy::{ComfyClass, combo_as, output, socket};
//! use pellucid_graph::{Choice, In, Out};
//! use pellucid_pixel::Matte;
//!
//! const A: In<Matte> = In::new("a", "The first matte.");
//! const B: In<Matte> = In::new("b", "The second matte.");
//! const MODE: Choice<u8> = Choice::new("mode", &MODES, "How the two meet.");
//! const MODES: &[(&str, u8)] = &[("intersection", 0), ("union", 1)];
//! const OUT: Out<Matte> = Out::new("matte", "Both in one.");
//!
//! // In `kind()`: comfy: vec![mask_composite()],
//! fn mask_composite() -> ComfyClass {
//!     ComfyClass::new("MaskComposite", "Mask Composite")
//!         .input(socket("destination", "MASK").to(A))
//!         .input(socket("source", "MASK").to(B))
//!         .input(combo_as("operation", &[("and", "intersection"), ("or", "union")]).to(MODE))
//!         .output(output("MASK").from(OUT))
//! }
//! assert_eq!(mask_composite().inputs.len(), 3);
//! ```
//!
//! Where it is several nodes, or depends on what is given, a rewrite makes them. A ComfyUI MASK
//! keeps its numbers as a matte; only where alpha becomes a MASK, or a MASK alpha, it is inverted:
//!
//! ```
//! use pellucid_graph::comfy::{ComfyClass, ComfyTrouble, Rewrite, output, socket};
//!
//! fn split_image_with_alpha() -> ComfyClass {
//!     ComfyClass::new("SplitImageWithAlpha", "Split Image with Alpha")
//!         .input(socket("image", "IMAGE"))
//!         .output(output("IMAGE"))
//!         .output(output("MASK"))
//!         .rewrite(split)
//! }
//!
//! fn split(cx: &mut Rewrite) -> Result<(), ComfyTrouble> {
//!     let image = cx.wire("image")?;
//!     let split = cx.node("alpha_split").wire("image", image).add();
//!     let mask = cx.helper("matte_invert").wire("matte", split.out("matte")).add();
//!     cx.output(0, split.out("image"));
//!     cx.output(1, mask.out("matte"));
//!     Ok(())
//! }
//! assert!(split_image_with_alpha().rewrite.is_some());
//! ```
//!
//! Classes that no kind serves alone live in `nodes/comfy`, in the list `CLASSES`. What exists in
//! ComfyUI only to be handed to another node (a SAMPLER, a GUIDER) is a bundle of what it was made
//! of, which the class that takes it unpacks: see [`Stands`].

mod class;
mod rewrite;
mod stands;
mod trouble;

pub use class::{
    ComfyClass, ComfyInput, ComfyOutput, ComfyType, Named, RewriteFn, SizedLike, Translation,
    combo, combo_as, file, flag, float, int, output, prompt, seed, socket, text,
};
pub use rewrite::{GivenInput, Made, MadeNode, NodeBuilder, Rewrite, RewriteScope, SaveAs, Saved};
pub use stands::{Bundle, Literal, Origin, Stands, Wired};
pub use trouble::ComfyTrouble;
