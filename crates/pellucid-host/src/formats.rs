//! What can be written under which suffix, and how.

use std::borrow::Cow;

use pellucid_graph::document::OutputOptions;
use pellucid_graph::{Formats, NodeError, Site};
use pellucid_pixel::files::{Dither, EncodeOptions, Format, encode, encode_openraster};
use pellucid_pixel::{Alpha, Image, ImageFact, Matte};
use pellucid_value::{Array, Conditioning, Fact, Latent, SocketType, Table, Value};
use safetensors::tensor::{Dtype, TensorView, serialize};
use serde_json::json;

/// The formats this program writes.
#[derive(Clone, Copy, Debug, Default)]
pub struct FileFormats;

const SUFFIXES: &[&str] =
    &["png", "jpg", "jpeg", "webp", "tif", "tiff", "exr", "ora", "safetensors", "latent", "json"];

impl Formats for FileFormats {
    fn suffixes(&self) -> &'static [&'static str] {
        SUFFIXES
    }

    fn holds_batch(&self, suffix: &str) -> bool {
        matches!(suffix, "safetensors" | "latent" | "json")
    }

    fn check(&self, suffix: &str, fact: &Fact, options: &OutputOptions) -> Result<(), NodeError> {
        match Format::from_extension(suffix) {
            Some(format) => check_picture(suffix, format, fact, options),
            None if suffix == LAYERED => check_layered(fact, options),
            None => check_data(suffix, fact, options),
        }
    }
}

/// The suffix of OpenRaster.
const LAYERED: &str = "ora";
/// Bits a channel that its layers can have, the usual first.
const LAYERED_BITS: [u32; 2] = [8, 16];

fn refused(site: Site, message: String) -> NodeError {
    NodeError::at(site, message)
}

fn option(name: &str) -> Site {
    Site::Param(name.to_owned())
}

fn check_picture(
    suffix: &str,
    format: Format,
    fact: &Fact,
    options: &OutputOptions,
) -> Result<(), NodeError> {
    let alpha = match fact {
        Fact::Image(fact) => fact.alpha,
        Fact::Matte(_) => Alpha::Opaque,
        Fact::Layers(_) => {
            let message = format!(".{suffix} holds one picture, not layers");
            return Err(refused(Site::Node, message)
                .hint("write them as .ora, or put a `flatten` node in front, or a `pick` node"));
        }
        Fact::Number | Fact::Table | Fact::Text => {
            let message = format!(".{suffix} holds a picture, not {}", article(fact.socket_type()));
            return Err(refused(Site::Node, message).hint("write it as .json"));
        }
        Fact::Latent(_) => {
            let message = format!(".{suffix} holds a picture, not a latent");
            return Err(refused(Site::Node, message)
                .hint("put a `decode_latent` node in front, or write it as .safetensors"));
        }
        fact => {
            let message = format!(".{suffix} holds a picture, not {}", article(fact.socket_type()));
            return Err(refused(Site::Node, message).hint(NOT_WRITTEN));
        }
    };
    if let Some(bits) = &options.bits
        && !format.bits().contains(&bits.v)
    {
        let message = format!("{} has no {} bits a channel", format.name(), bits.v);
        let bits: Vec<_> = format.bits().iter().map(u32::to_string).collect();
        return Err(refused(option("bits"), message).hint(format!("it has {}", bits.join(" or "))));
    }
    if options.quality.is_some() && format != Format::Jpeg {
        let message = format!("{} loses nothing, so it has no quality", format.name());
        return Err(refused(option("quality"), message).hint("leave it out"));
    }
    if alpha != Alpha::Opaque && !format.holds_alpha() && options.background.is_none() {
        let message =
            format!("{} holds no alpha, but the picture is {}", format.name(), alpha.name());
        return Err(refused(Site::Node, message)
            .hint("write a .png, or say what to put under it: { \"from\": ..., \"background\": \"#ffffff\" }"));
    }
    Ok(())
}

fn check_layered(fact: &Fact, options: &OutputOptions) -> Result<(), NodeError> {
    if !matches!(fact, Fact::Layers(_)) {
        let message = format!(".{LAYERED} holds layers, not {}", article(fact.socket_type()));
        return Err(refused(Site::Node, message)
            .hint("make layers of pictures with `layer` and `stack`, or write a .png"));
    }
    if let Some(bits) = options.bits.as_ref().filter(|bits| !LAYERED_BITS.contains(&bits.v)) {
        let message = format!("layers of a .{LAYERED} have no {} bits a channel", bits.v);
        return Err(refused(option("bits"), message).hint("they have 8 or 16"));
    }
    refuse_options(LAYERED, options, &["quality", "background"])
}

/// Refuses options that a format has no use for.
fn refuse_options(suffix: &str, options: &OutputOptions, names: &[&str]) -> Result<(), NodeError> {
    for (given, name) in [
        (options.bits.is_some(), "bits"),
        (options.quality.is_some(), "quality"),
        (options.background.is_some(), "background"),
    ] {
        if given && names.contains(&name) {
            let message = format!(".{suffix} has no `{name}`");
            return Err(refused(option(name), message).hint("leave it out"));
        }
    }
    Ok(())
}

fn check_data(suffix: &str, fact: &Fact, options: &OutputOptions) -> Result<(), NodeError> {
    refuse_options(suffix, options, &["bits", "quality", "background"])?;
    let held = match suffix {
        "latent" => matches!(fact, Fact::Latent(_)),
        "json" => matches!(fact, Fact::Number | Fact::Table | Fact::Text),
        _ => matches!(
            fact,
            Fact::Image(_)
                | Fact::Matte(_)
                | Fact::Number
                | Fact::Table
                | Fact::Latent(_)
                | Fact::Conditioning(_)
        ),
    };
    if held {
        return Ok(());
    }
    let message = format!(".{suffix} cannot hold {}", article(fact.socket_type()));
    let hint = match fact {
        Fact::Layers(_) => "write it as .ora, or put a `flatten` or a `pick` node in front",
        Fact::Image(_) | Fact::Matte(_) => "write it as .png, .exr or .safetensors",
        Fact::Latent(_) | Fact::Conditioning(_) => "write it as .safetensors",
        Fact::Number | Fact::Table | Fact::Text => "write it as .json",
        _ => NOT_WRITTEN,
    };
    Err(refused(Site::Node, message).hint(hint))
}

/// A hint on values that are made of weight files.
const NOT_WRITTEN: &str = "models are not written to files; name the weight files they come from";

fn article(ty: SocketType) -> &'static str {
    match ty {
        SocketType::Image => "an image",
        SocketType::Matte => "a matte",
        SocketType::Layers => "layers",
        SocketType::Number => "a number",
        SocketType::Table => "a table",
        SocketType::Text => "text",
        SocketType::Latent => "a latent",
        SocketType::Conditioning => "conditioning",
        SocketType::Model => "a model",
        SocketType::Clip => "a clip",
        SocketType::Vae => "a vae",
        SocketType::LayerCodec => "a layer codec",
        SocketType::ControlNet => "a controlnet",
    }
}

/// How many files an output of this fact becomes.
pub(crate) fn file_count(suffix: &str, fact: &Fact) -> u32 {
    if FileFormats.holds_batch(suffix) { 1 } else { fact.batch() }
}

/// The bytes of file number `index` of a value.
pub(crate) fn bytes_of(
    suffix: &str,
    value: &Value,
    index: u32,
    options: &OutputOptions,
) -> Result<Vec<u8>, NodeError> {
    match Format::from_extension(suffix) {
        Some(format) => picture_bytes(format, value, index, options),
        None if suffix == LAYERED => layered_bytes(value, index, options),
        None if suffix == "json" => Ok(json_bytes(value)),
        None => tensor_bytes(value),
    }
}

fn picture_bytes(
    format: Format,
    value: &Value,
    index: u32,
    options: &OutputOptions,
) -> Result<Vec<u8>, NodeError> {
    let image = match value {
        Value::Image(image) => single(image, index),
        Value::Matte(matte) => grey(matte, index),
        _ => return Err(NodeError::new("the value is not a picture")),
    };
    Ok(encode(&image, format, &encoding(format, options))?)
}

fn encoding(format: Format, options: &OutputOptions) -> EncodeOptions {
    let mut how = EncodeOptions::new(format);
    if let Some(bits) = &options.bits {
        how.bits = bits.v;
    }
    if let Some(quality) = &options.quality {
        how.quality = quality.v as u8;
    }
    how.flatten = options.background.as_ref().map(|colour| [colour.v[0], colour.v[1], colour.v[2]]);
    how.dither = options.dither.then_some(Dither::Bayer);
    how.round_down = options.floor;
    how
}

fn layered_bytes(value: &Value, index: u32, options: &OutputOptions) -> Result<Vec<u8>, NodeError> {
    let Value::Layers(layers) = value else { return Err(NodeError::new("the value is no layers")) };
    encode_openraster(layers, index, &encoding(Format::Png, options)).map_err(|message| {
        NodeError::new(message).hint("flatten what it is in, and make a layer of the picture")
    })
}

fn single(image: &Image, index: u32) -> Cow<'_, Image> {
    if image.fact.batch == 1 {
        return Cow::Borrowed(image);
    }
    let fact = ImageFact { batch: 1, ..image.fact };
    Cow::Owned(Image::new(fact, image.frame(index).to_vec()))
}

fn grey(matte: &Matte, index: u32) -> Cow<'static, Image> {
    let fact = ImageFact::new(matte.fact.width, matte.fact.height, Alpha::Opaque);
    let pixels = matte.frame(index).iter().map(|v| [*v, *v, *v, 1.0]).collect();
    Cow::Owned(Image::new(fact, pixels))
}

fn json_bytes(value: &Value) -> Vec<u8> {
    let json = match value {
        Value::Number(number) => json!(number),
        Value::Table(table) => table_json(table),
        Value::Text(text) => json!(&**text),
        _ => json!(null),
    };
    format!("{json:#}\n").into_bytes()
}

/// A column of one number is written as that number, others as lists.
fn table_json(table: &Table) -> serde_json::Value {
    let column = |(name, numbers): &(String, Vec<f64>)| {
        let value = if numbers.len() == 1 { json!(numbers[0]) } else { json!(numbers) };
        (name.clone(), value)
    };
    serde_json::Value::Object(table.columns.iter().map(column).collect())
}

/// Name, type, shape and bytes.
type Tensor = (String, Dtype, Vec<usize>, Vec<u8>);

/// An image is `[batch, height, width, 4]`, a matte `[batch, height, width]`, both F32 as they
/// are in memory; numbers are F64. The metadata says what alpha and colour mean.
fn tensor_bytes(value: &Value) -> Result<Vec<u8>, NodeError> {
    let size = |v: u32| v as usize;
    let (tensors, about): (Vec<Tensor>, _) = match value {
        Value::Image(image) => {
            let fact = image.fact;
            let shape = vec![size(fact.batch), size(fact.height), size(fact.width), 4];
            let floats = image.pixels.as_flattened();
            let about = json!({ "alpha": fact.alpha.name(), "encoding": fact.encoding.name() });
            (vec![("image".into(), Dtype::F32, shape, le_bytes(floats))], about)
        }
        Value::Matte(matte) => {
            let fact = matte.fact;
            let shape = vec![size(fact.batch), size(fact.height), size(fact.width)];
            (vec![("matte".into(), Dtype::F32, shape, le_bytes(&matte.values))], json!({}))
        }
        Value::Number(number) => {
            let bytes = number.to_le_bytes().to_vec();
            (vec![("number".into(), Dtype::F64, vec![1], bytes)], json!({}))
        }
        Value::Table(table) => {
            let column = |(name, numbers): &(String, Vec<f64>)| {
                let bytes = numbers.iter().flat_map(|n| n.to_le_bytes()).collect();
                (name.clone(), Dtype::F64, vec![numbers.len()], bytes)
            };
            (table.columns.iter().map(column).collect(), json!({}))
        }
        Value::Latent(latent) => latent_tensors(latent),
        Value::Conditioning(conditioning) => (prompt_tensors(conditioning), json!({})),
        _ => return Err(NodeError::new("the value is not numbers")),
    };
    let views: Result<Vec<_>, _> = tensors
        .iter()
        .map(|(name, dtype, shape, bytes)| {
            TensorView::new(*dtype, shape.clone(), bytes).map(|view| (name.clone(), view))
        })
        .collect();
    // A single entry, since the crate writes metadata in the order of a hash map.
    let metadata = [("pellucid".to_owned(), about.to_string())].into();
    Ok(serialize(views?, Some(metadata))?)
}

/// As ComfyUI writes latents, so that either program reads the other's: the frames of a picture
/// follow each other in the batch, and the metadata says how many they are.
fn latent_tensors(latent: &Latent) -> (Vec<Tensor>, serde_json::Value) {
    let fact = latent.fact();
    let [batch, frames, channels, height, width] = fact.shape();
    let shape = vec![batch * frames, channels, height, width];
    let samples = ("latent_tensor".into(), Dtype::F32, shape, le_bytes(&latent.samples.data));
    let mark = ("latent_format_version_0".into(), Dtype::F32, vec![0], Vec::new());
    (vec![samples, mark], json!({ "frames": frames }))
}

/// `tokens.N` and `pooled.N` of every prompt.
fn prompt_tensors(conditioning: &Conditioning) -> Vec<Tensor> {
    let mut tensors = Vec::new();
    for (index, prompt) in conditioning.prompts.iter().enumerate() {
        let mut put = |name: &str, array: &Array| {
            let name = format!("{name}.{index}");
            tensors.push((name, Dtype::F32, array.shape.to_vec(), le_bytes(&array.data)));
        };
        put("tokens", &prompt.tokens);
        if let Some(pooled) = &prompt.pooled {
            put("pooled", pooled);
        }
    }
    tensors
}

fn le_bytes(floats: &[f32]) -> Vec<u8> {
    floats.iter().flat_map(|v| v.to_le_bytes()).collect()
}

/// A key of the bytes [`bytes_of`] would give: what is written and how, not under what name.
pub(crate) fn options_bytes(suffix: &str, index: u32, options: &OutputOptions) -> Vec<u8> {
    let colour = options.background.as_ref().map(|c| c.v.map(f32::to_bits));
    let bits = options.bits.as_ref().map(|b| b.v);
    let quality = options.quality.as_ref().map(|q| q.v);
    let down = if options.floor { " down" } else { "" };
    format!("{suffix} {index} {bits:?} {quality:?} {colour:?} {}{down}", options.dither)
        .into_bytes()
}
