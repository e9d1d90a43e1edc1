//! Values as bytes, for caches on disk. The layout is private to this program and versioned by
//! its users; reading trusts nothing.

use std::fmt;
use std::sync::Arc;

use pellucid_pixel::{
    Alpha, Encoding, Image, ImageFact, Layer, LayerContent, LayerMask, Layers, Matte, MatteFact,
    Mode,
};

use crate::{
    Area, Array, Concat, Conditioning, Family, Latent, Prompt, RegionMask, Sizes, Table, Value,
    Window,
};

/// Bytes that are not a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DamagedValue;

impl fmt::Display for DamagedValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the bytes are not a stored value")
    }
}

impl std::error::Error for DamagedValue {}

/// The value as bytes; reading them back gives the same bits. `None` for values that refer to
/// weight files, which are made again rather than kept.
pub fn to_bytes(value: &Value) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    match value {
        Value::Image(image) => {
            out.push(0);
            put_image(&mut out, image);
        }
        Value::Matte(matte) => {
            out.push(1);
            put_matte(&mut out, matte);
        }
        Value::Layers(layers) => {
            out.push(2);
            put_u32(&mut out, layers.width);
            put_u32(&mut out, layers.height);
            put_stack(&mut out, &layers.layers);
        }
        Value::Number(number) => {
            out.push(3);
            out.extend(number.to_le_bytes());
        }
        Value::Table(table) => {
            out.push(4);
            put_u32(&mut out, table.columns.len() as u32);
            for (name, numbers) in &table.columns {
                put_text(&mut out, name);
                put_u32(&mut out, numbers.len() as u32);
                out.extend(numbers.iter().flat_map(|n| n.to_le_bytes()));
            }
        }
        Value::Text(text) => {
            out.push(5);
            put_text(&mut out, text);
        }
        Value::Latent(latent) => {
            out.push(6);
            put_latent(&mut out, latent);
        }
        Value::Conditioning(conditioning) => {
            out.push(7);
            put_conditioning(&mut out, conditioning)?;
        }
        Value::Model(_)
        | Value::Clip(_)
        | Value::Vae(_)
        | Value::LayerCodec(_)
        | Value::ControlNet(_) => return None,
    }
    Some(out)
}

/// The value that [`to_bytes`] wrote.
///
/// # Errors
/// [`DamagedValue`] for anything else, extra bytes included.
pub fn from_bytes(bytes: &[u8]) -> Result<Value, DamagedValue> {
    let mut reader = Reader { rest: bytes };
    let value = match reader.u8()? {
        0 => Value::Image(reader.image()?),
        1 => Value::Matte(reader.matte()?),
        2 => {
            let (width, height) = (reader.u32()?, reader.u32()?);
            Value::Layers(Arc::new(Layers { width, height, layers: reader.stack(0)? }))
        }
        3 => Value::Number(f64::from_le_bytes(reader.array()?)),
        4 => Value::Table(Arc::new(reader.table()?)),
        5 => Value::Text(reader.text()?.into()),
        6 => Value::Latent(reader.latent()?),
        7 => Value::Conditioning(Arc::new(reader.conditioning()?)),
        _ => return Err(DamagedValue),
    };
    if reader.rest.is_empty() { Ok(value) } else { Err(DamagedValue) }
}

fn put_u32(out: &mut Vec<u8>, n: u32) {
    out.extend(n.to_le_bytes());
}

fn put_text(out: &mut Vec<u8>, text: &str) {
    put_u32(out, text.len() as u32);
    out.extend(text.as_bytes());
}

fn put_floats(out: &mut Vec<u8>, floats: &[f32]) {
    out.reserve(floats.len() * 4);
    out.extend(floats.iter().flat_map(|v| v.to_le_bytes()));
}

fn put_image(out: &mut Vec<u8>, image: &Image) {
    let fact = image.fact;
    put_u32(out, fact.width);
    put_u32(out, fact.height);
    put_u32(out, fact.batch);
    out.push(fact.alpha as u8);
    out.push(fact.encoding as u8);
    put_floats(out, image.pixels.as_flattened());
}

fn put_matte(out: &mut Vec<u8>, matte: &Matte) {
    put_u32(out, matte.fact.width);
    put_u32(out, matte.fact.height);
    put_u32(out, matte.fact.batch);
    put_floats(out, &matte.values);
}

fn put_array(out: &mut Vec<u8>, array: &Array) {
    put_u32(out, array.shape.len() as u32);
    array.shape.iter().for_each(|&n| put_u32(out, n as u32));
    put_floats(out, &array.data);
}

fn put_latent(out: &mut Vec<u8>, latent: &Latent) {
    put_array(out, &latent.samples);
    put_option(out, latent.mask.as_ref(), put_matte);
    put_option(out, latent.batch_index.as_ref(), |out, index| {
        put_u32(out, index.len() as u32);
        out.extend(index.iter().flat_map(|n| n.to_le_bytes()));
    });
}

fn put_option<T>(out: &mut Vec<u8>, value: Option<&T>, put: impl Fn(&mut Vec<u8>, &T)) {
    out.push(u8::from(value.is_some()));
    if let Some(value) = value {
        put(out, value);
    }
}

/// `None` when a ControlNet steers a prompt.
fn put_conditioning(out: &mut Vec<u8>, conditioning: &Conditioning) -> Option<()> {
    out.push(conditioning.family as u8);
    put_u32(out, conditioning.prompts.len() as u32);
    for prompt in conditioning.prompts.iter() {
        if !prompt.controls.is_empty() {
            return None;
        }
        put_array(out, &prompt.tokens);
        put_option(out, prompt.pooled.as_ref(), put_array);
        put_option(out, prompt.sizes.as_ref(), |out, s| {
            [s.width, s.height, s.crop_x, s.crop_y, s.target_width, s.target_height]
                .into_iter()
                .for_each(|n| put_u32(out, n));
        });
        put_window(out, &prompt.window);
        out.extend(prompt.strength.to_le_bytes());
        put_option(out, prompt.area.as_ref(), |out, a| {
            [a.x, a.y, a.width, a.height].into_iter().for_each(|n| put_u32(out, n));
        });
        put_option(out, prompt.mask.as_ref(), |out, mask| {
            put_matte(out, &mask.matte);
            out.extend(mask.strength.to_le_bytes());
            out.push(u8::from(mask.bounds_only));
        });
        put_option(out, prompt.concat.as_ref(), |out, concat| {
            put_u32(out, concat.latents.len() as u32);
            concat.latents.iter().for_each(|latent| put_latent(out, latent));
            put_window(out, &concat.window);
        });
    }
    Some(())
}

fn put_window(out: &mut Vec<u8>, window: &Window) {
    out.extend(window.start.to_le_bytes());
    out.extend(window.end.to_le_bytes());
}

fn put_stack(out: &mut Vec<u8>, layers: &[Layer]) {
    put_u32(out, layers.len() as u32);
    for layer in layers {
        put_text(out, &layer.name);
        put_text(out, layer.mode.name());
        out.extend(layer.opacity.to_le_bytes());
        out.push(u8::from(layer.visible));
        out.push(u8::from(layer.clipped));
        match &layer.mask {
            None => out.push(0),
            Some(mask) => {
                out.push(1);
                put_matte(out, &mask.matte);
                out.extend(mask.x.to_le_bytes());
                out.extend(mask.y.to_le_bytes());
                out.extend(mask.outside.to_le_bytes());
            }
        }
        match &layer.content {
            LayerContent::Image { image, x, y } => {
                out.push(0);
                put_image(out, image);
                out.extend(x.to_le_bytes());
                out.extend(y.to_le_bytes());
            }
            LayerContent::Group { layers, isolated } => {
                out.push(1);
                out.push(u8::from(*isolated));
                put_stack(out, layers);
            }
        }
    }
}

/// Groups nested deeper than this are damage, not a document.
const MAX_DEPTH: u32 = 64;

struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    fn take(&mut self, len: usize) -> Result<&'a [u8], DamagedValue> {
        let (head, rest) = self.rest.split_at_checked(len).ok_or(DamagedValue)?;
        self.rest = rest;
        Ok(head)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], DamagedValue> {
        self.take(N)?.try_into().map_err(|_| DamagedValue)
    }

    fn u8(&mut self) -> Result<u8, DamagedValue> {
        Ok(self.array::<1>()?[0])
    }

    fn u32(&mut self) -> Result<u32, DamagedValue> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    fn i32(&mut self) -> Result<i32, DamagedValue> {
        Ok(i32::from_le_bytes(self.array()?))
    }

    fn f32(&mut self) -> Result<f32, DamagedValue> {
        Ok(f32::from_le_bytes(self.array()?))
    }

    fn bool(&mut self) -> Result<bool, DamagedValue> {
        match self.u8()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(DamagedValue),
        }
    }

    fn text(&mut self) -> Result<&'a str, DamagedValue> {
        let len = self.u32()? as usize;
        str::from_utf8(self.take(len)?).map_err(|_| DamagedValue)
    }

    fn floats(&mut self, len: u128) -> Result<Vec<f32>, DamagedValue> {
        let bytes = usize::try_from(len * 4).map_err(|_| DamagedValue)?;
        let chunks = self.take(bytes)?.as_chunks::<4>().0;
        Ok(chunks.iter().map(|c| f32::from_le_bytes(*c)).collect())
    }

    /// Width, height, batch, and the number of pixels they make.
    fn size(&mut self) -> Result<(u32, u32, u32, u128), DamagedValue> {
        let (width, height, batch) = (self.u32()?, self.u32()?, self.u32()?);
        let len = u128::from(width) * u128::from(height) * u128::from(batch);
        if len == 0 { Err(DamagedValue) } else { Ok((width, height, batch, len)) }
    }

    fn image(&mut self) -> Result<Image, DamagedValue> {
        let (width, height, batch, len) = self.size()?;
        let alpha = match self.u8()? {
            0 => Alpha::Opaque,
            1 => Alpha::Straight,
            2 => Alpha::Premultiplied,
            _ => return Err(DamagedValue),
        };
        let encoding = match self.u8()? {
            0 => Encoding::Srgb,
            1 => Encoding::Linear,
            _ => return Err(DamagedValue),
        };
        let floats = self.floats(len.checked_mul(4).ok_or(DamagedValue)?)?;
        let pixels = floats.as_chunks::<4>().0.to_vec();
        Ok(Image::new(ImageFact { width, height, batch, alpha, encoding }, pixels))
    }

    fn matte(&mut self) -> Result<Matte, DamagedValue> {
        let (width, height, batch, len) = self.size()?;
        Ok(Matte::new(MatteFact { width, height, batch }, self.floats(len)?))
    }

    fn table(&mut self) -> Result<Table, DamagedValue> {
        let mut table = Table::default();
        for _ in 0..self.u32()? {
            let name = self.text()?.to_owned();
            let len = self.u32()? as usize;
            let bytes = self.take(len.checked_mul(8).ok_or(DamagedValue)?)?;
            let numbers = bytes.as_chunks::<8>().0.iter().map(|c| f64::from_le_bytes(*c));
            table.push(name, numbers.collect());
        }
        Ok(table)
    }

    fn f64(&mut self) -> Result<f64, DamagedValue> {
        Ok(f64::from_le_bytes(self.array()?))
    }

    fn numbers(&mut self) -> Result<Array, DamagedValue> {
        const MOST_AXES: u32 = 8;
        let axes = self.u32()?;
        if axes > MOST_AXES {
            return Err(DamagedValue);
        }
        let shape = (0..axes).map(|_| Ok(self.u32()? as usize)).collect::<Result<Vec<_>, _>>()?;
        let len = shape.iter().try_fold(1u128, |len, &n| len.checked_mul(n as u128));
        let floats = self.floats(len.filter(|len| *len < 1 << 60).ok_or(DamagedValue)?)?;
        Ok(Array::new(&shape, floats))
    }

    fn option<T>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<T, DamagedValue>,
    ) -> Result<Option<T>, DamagedValue> {
        if self.bool()? { read(self).map(Some) } else { Ok(None) }
    }

    fn latent(&mut self) -> Result<Latent, DamagedValue> {
        let samples = self.numbers()?;
        if samples.shape.len() != 5 {
            return Err(DamagedValue);
        }
        let mask = self.option(Self::matte)?;
        let batch_index = self.option(|reader| {
            let len = reader.u32()? as usize;
            let bytes = reader.take(len.checked_mul(8).ok_or(DamagedValue)?)?;
            Ok(bytes.as_chunks::<8>().0.iter().map(|c| u64::from_le_bytes(*c)).collect())
        })?;
        Ok(Latent { samples, mask, batch_index })
    }

    fn window(&mut self) -> Result<Window, DamagedValue> {
        Ok(Window { start: self.f64()?, end: self.f64()? })
    }

    fn conditioning(&mut self) -> Result<Conditioning, DamagedValue> {
        let family = match self.u8()? {
            0 => Family::Sd15,
            1 => Family::Sd2,
            2 => Family::Sdxl,
            3 => Family::SdxlRefiner,
            _ => return Err(DamagedValue),
        };
        let mut prompts = Vec::new();
        for _ in 0..self.u32()? {
            prompts.push(self.prompt()?);
        }
        Ok(Conditioning { family, prompts: prompts.into() })
    }

    fn prompt(&mut self) -> Result<Prompt, DamagedValue> {
        let mut prompt = Prompt::new(self.numbers()?, self.option(Self::numbers)?);
        prompt.sizes = self.option(|reader| {
            let mut n = || reader.u32();
            Ok(Sizes {
                width: n()?,
                height: n()?,
                crop_x: n()?,
                crop_y: n()?,
                target_width: n()?,
                target_height: n()?,
            })
        })?;
        prompt.window = self.window()?;
        prompt.strength = self.f64()?;
        prompt.area = self.option(|reader| {
            let mut n = || reader.u32();
            Ok(Area { x: n()?, y: n()?, width: n()?, height: n()? })
        })?;
        prompt.mask = self.option(|reader| {
            let (matte, strength) = (reader.matte()?, reader.f64()?);
            Ok(RegionMask { matte, strength, bounds_only: reader.bool()? })
        })?;
        prompt.concat = self.option(|reader| {
            let mut latents = Vec::new();
            for _ in 0..reader.u32()? {
                latents.push(reader.latent()?);
            }
            Ok(Concat { latents: latents.into(), window: reader.window()? })
        })?;
        Ok(prompt)
    }

    fn stack(&mut self, depth: u32) -> Result<Vec<Layer>, DamagedValue> {
        if depth > MAX_DEPTH {
            return Err(DamagedValue);
        }
        let mut layers = Vec::new();
        for _ in 0..self.u32()? {
            layers.push(self.layer(depth)?);
        }
        Ok(layers)
    }

    fn layer(&mut self, depth: u32) -> Result<Layer, DamagedValue> {
        let name = self.text()?.to_owned();
        let mode = Mode::from_name(self.text()?).ok_or(DamagedValue)?;
        let opacity = self.f32()?;
        let (visible, clipped) = (self.bool()?, self.bool()?);
        let mask = if self.bool()? {
            let matte = self.matte()?;
            Some(LayerMask { matte, x: self.i32()?, y: self.i32()?, outside: self.f32()? })
        } else {
            None
        };
        let content = if self.bool()? {
            let isolated = self.bool()?;
            LayerContent::Group { layers: self.stack(depth + 1)?, isolated }
        } else {
            let image = self.image()?;
            LayerContent::Image { image, x: self.i32()?, y: self.i32()? }
        };
        Ok(Layer { name, content, mode, opacity, visible, clipped, mask })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples() -> Vec<Value> {
        let fact = ImageFact { batch: 2, ..ImageFact::new(3, 2, Alpha::Straight) };
        let image = Image::filled(fact, [0.1, 0.2, f32::MIN_POSITIVE, 0.0]);
        let matte = Matte::new(MatteFact::new(2, 2), vec![0.0, 0.5, 1.0, -0.0]);
        let mut masked = Layer::new("größe", image.clone());
        masked.mask = Some(LayerMask { matte: matte.clone(), x: -3, y: 4, outside: 1.0 });
        let inner = vec![masked, Layer::new("", image.clone())];
        let group = Layer {
            content: LayerContent::Group { layers: inner, isolated: false },
            ..Layer::new("group", image.clone())
        };
        let mut table = Table::default();
        table.push("haze", vec![0.25, f64::NAN.abs().min(1.0)]);
        let latent = Latent {
            samples: Array::new(&[1, 2, 1, 1, 2], vec![0.5, -0.0, 2.0, 1e-30]),
            mask: Some(matte.clone()),
            batch_index: Some(vec![3, u64::MAX].into()),
        };
        let tokens = Array::new(&[1, 2, 2], vec![1.0, 2.0, 3.0, 4.0]);
        let mut prompt = Prompt::new(tokens, Some(Array::zeros(&[1, 1])));
        prompt.sizes = Some(Sizes {
            width: 1,
            height: 2,
            crop_x: 3,
            crop_y: 4,
            target_width: 5,
            target_height: 6,
        });
        prompt.window = Window { start: 0.1, end: 0.9 };
        prompt.area = Some(Area { x: 1, y: 2, width: 3, height: 4 });
        prompt.mask = Some(RegionMask { matte: matte.clone(), strength: 0.5, bounds_only: true });
        prompt.concat =
            Some(Concat { latents: vec![latent.clone()].into(), window: Window::WHOLE });
        vec![
            Value::Image(image),
            Value::Matte(matte),
            Value::Layers(Arc::new(Layers { width: 8, height: 9, layers: vec![group] })),
            Value::Number(-1.5),
            Value::Table(Arc::new(table)),
            Value::Text("a\nb".into()),
            Value::Latent(latent.clone()),
            Value::Conditioning(Arc::new(Conditioning {
                family: Family::Sdxl,
                prompts: vec![prompt].into(),
            })),
        ]
    }

    #[test]
    fn every_value_comes_back_the_same() {
        for value in samples() {
            let bytes = to_bytes(&value).expect("it can be kept");
            assert_eq!(from_bytes(&bytes), Ok(value));
        }
    }

    #[test]
    fn cut_or_extended_bytes_are_damage() {
        for value in samples() {
            let mut bytes = to_bytes(&value).expect("it can be kept");
            for len in 0..bytes.len() {
                assert_eq!(from_bytes(&bytes[..len]), Err(DamagedValue), "{len} of {value:?}");
            }
            bytes.push(0);
            assert_eq!(from_bytes(&bytes), Err(DamagedValue));
        }
    }
}
