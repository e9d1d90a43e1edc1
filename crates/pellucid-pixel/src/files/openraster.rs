//! OpenRaster, the layered files that GIMP, Krita and MyPaint share (openraster.org, version 0.0.6): an archive of a PNG
//! for every layer, a list of them, and the picture they make.

use std::fmt::Write as _;
use std::io::{Cursor, Write as _};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::{EncodeOptions, Format, encode};
use crate::batch::{image_frame, matte_frame};
use crate::flatten::{flatten, layers_batch};
use crate::resize::{Filter, Resize, resize};
use crate::{Alpha, Image, ImageFact, Layer, LayerContent, LayerMask, Layers, Mode};

/// The longest side of the small picture in the archive.
const THUMBNAIL: u32 = 256;

/// The modes that OpenRaster has words for.
const WORDS: [(Mode, &str); 20] = [
    (Mode::Normal, "svg:src-over"),
    (Mode::Multiply, "svg:multiply"),
    (Mode::Screen, "svg:screen"),
    (Mode::Overlay, "svg:overlay"),
    (Mode::Darken, "svg:darken"),
    (Mode::Lighten, "svg:lighten"),
    (Mode::ColorDodge, "svg:color-dodge"),
    (Mode::ColorBurn, "svg:color-burn"),
    (Mode::HardLight, "svg:hard-light"),
    (Mode::SoftLight, "svg:soft-light"),
    (Mode::Difference, "svg:difference"),
    (Mode::Color, "svg:color"),
    (Mode::Luminosity, "svg:luminosity"),
    (Mode::Hue, "svg:hue"),
    (Mode::Saturation, "svg:saturation"),
    (Mode::Plus, "svg:plus"),
    (Mode::Mask, "svg:dst-in"),
    (Mode::Stencil, "svg:dst-out"),
    (Mode::Atop, "svg:src-atop"),
    (Mode::DstAtop, "svg:dst-atop"),
];

/// Writes frame `index` of a document as the bytes of a file, its layers as `how` says (8 or 16 bits a sample); the same
/// document gives the same bytes. Masks are multiplied into the alpha of their layers.
///
/// # Errors
/// In words, when OpenRaster cannot say what a layer is: a mode without a word, a clipped layer, a group with a mask, a
/// group that is not isolated and yet has an opacity.
pub fn encode_openraster(
    layers: &Layers,
    index: u32,
    how: &EncodeOptions,
) -> Result<Vec<u8>, String> {
    let layers = &frame_of(layers, index);
    layers_batch(layers).ok_or("the layers are batches of different sizes")?;
    let zip = ZipWriter::new(Cursor::new(Vec::new()));
    let mut archive = Archive { zip, pictures: 0, how };
    archive.add("mimetype", b"image/openraster")?;
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let (width, height) = (layers.width, layers.height);
    let _ = writeln!(xml, "<image version=\"0.0.6\" w=\"{width}\" h=\"{height}\">\n  <stack>");
    archive.stack(&layers.layers, 2, &mut xml)?;
    xml.push_str("  </stack>\n</image>\n");
    archive.add("stack.xml", xml.as_bytes())?;
    let merged = flatten(layers);
    let plain = EncodeOptions::new(Format::Png);
    archive.picture("mergedimage.png", &merged, &plain)?;
    archive.picture("Thumbnails/thumbnail.png", &thumbnail(merged), &plain)?;
    Ok(archive.zip.finish().map_err(|error| error.to_string())?.into_inner())
}

/// One frame of a document; what has only one is in all of them.
fn frame_of(layers: &Layers, index: u32) -> Layers {
    Layers { layers: frames_of(&layers.layers, index), ..*layers }
}

fn frames_of(layers: &[Layer], index: u32) -> Vec<Layer> {
    let at = |batch: u32| index.min(batch.saturating_sub(1));
    let frame = |layer: &Layer| {
        let content = match &layer.content {
            LayerContent::Image { image, x, y } => {
                let image = image_frame(image, at(image.fact.batch));
                LayerContent::Image { image, x: *x, y: *y }
            }
            LayerContent::Group { layers, isolated } => {
                LayerContent::Group { layers: frames_of(layers, index), isolated: *isolated }
            }
        };
        let mask = layer.mask.as_ref().map(|mask| LayerMask {
            matte: matte_frame(&mask.matte, at(mask.matte.fact.batch)),
            ..*mask
        });
        Layer { content, mask, name: layer.name.clone(), ..*layer }
    };
    layers.iter().map(frame).collect()
}

struct Archive<'a> {
    zip: ZipWriter<Cursor<Vec<u8>>>,
    pictures: usize,
    how: &'a EncodeOptions,
}

impl Archive<'_> {
    /// Pictures are small already, and `mimetype` must lie there as it is.
    fn add(&mut self, name: &str, bytes: &[u8]) -> Result<(), String> {
        let how = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Stored)
            .last_modified_time(zip::DateTime::default());
        self.zip.start_file(name, how).map_err(|error| error.to_string())?;
        self.zip.write_all(bytes).map_err(|error| error.to_string())
    }

    fn picture(&mut self, name: &str, image: &Image, how: &EncodeOptions) -> Result<(), String> {
        let bytes = encode(image, Format::Png, how).map_err(|error| error.to_string())?;
        self.add(name, &bytes)
    }

    /// The entries of a stack, the top one first.
    fn stack(&mut self, layers: &[Layer], depth: usize, xml: &mut String) -> Result<(), String> {
        for layer in layers.iter().rev() {
            self.layer(layer, depth, xml)?;
        }
        Ok(())
    }

    fn layer(&mut self, layer: &Layer, depth: usize, xml: &mut String) -> Result<(), String> {
        let attributes = attributes(layer)?;
        let indent = "  ".repeat(depth);
        match &layer.content {
            LayerContent::Image { image, x, y } => {
                let masked = layer.mask.as_ref().map(|mask| masked(image, (*x, *y), mask));
                let name = format!("data/layer{:03}.png", self.pictures);
                self.pictures += 1;
                self.picture(&name, masked.as_ref().unwrap_or(image), self.how)?;
                let _ = writeln!(
                    xml,
                    "{indent}<layer {attributes} src=\"{name}\" x=\"{x}\" y=\"{y}\"/>"
                );
            }
            LayerContent::Group { layers, isolated } => {
                if layer.mask.is_some() {
                    return Err(format!(
                        "group `{}` has a mask, which OpenRaster has no word for",
                        layer.name
                    ));
                }
                let isolation = if *isolated { "isolate" } else { "auto" };
                let _ = writeln!(xml, "{indent}<stack {attributes} isolation=\"{isolation}\">");
                self.stack(layers, depth + 1, xml)?;
                let _ = writeln!(xml, "{indent}</stack>");
            }
        }
        Ok(())
    }
}

fn attributes(layer: &Layer) -> Result<String, String> {
    let Layer { name, opacity, visible, clipped, .. } = layer;
    if *clipped {
        return Err(format!("layer `{name}` is clipped, which OpenRaster has no word for"));
    }
    let mode = match layer.content {
        // What is in such a group meets what is below it by itself.
        LayerContent::Group { isolated: false, .. } if *opacity == 1.0 => Mode::Normal,
        LayerContent::Group { isolated: false, .. } => {
            return Err(format!(
                "group `{name}` is not isolated and has an opacity, which OpenRaster has no word for"
            ));
        }
        _ => layer.mode,
    };
    let Some((_, word)) = WORDS.iter().find(|(known, _)| *known == mode) else {
        let mode = mode.name();
        return Err(format!(
            "layer `{name}` has the mode `{mode}`, which OpenRaster has no word for"
        ));
    };
    let (name, visibility) = (escaped(name), if *visible { "visible" } else { "hidden" });
    Ok(format!(
        "name=\"{name}\" composite-op=\"{word}\" opacity=\"{opacity}\" visibility=\"{visibility}\""
    ))
}

/// A text in an attribute; what XML has no room for becomes a space.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            letter if letter.is_control() || matches!(letter, '\u{fffe}' | '\u{ffff}') => {
                escaped.push(' ')
            }
            letter => escaped.push(letter),
        }
    }
    escaped
}

/// A picture at (`x`, `y`) of the canvas with a mask multiplied into its alpha.
fn masked(image: &Image, (x, y): (i32, i32), mask: &LayerMask) -> Image {
    let matte = &mask.matte;
    let (columns, rows) = (i64::from(matte.fact.width), i64::from(matte.fact.height));
    let coverage = |column: i64, row: i64| {
        let (column, row) = (column - i64::from(mask.x), row - i64::from(mask.y));
        let inside = (0..columns).contains(&column) && (0..rows).contains(&row);
        if inside { matte.values[(row * columns + column) as usize] } else { mask.outside }
    };
    let fact = image.fact;
    let alpha = if fact.alpha == Alpha::Opaque { Alpha::Straight } else { fact.alpha };
    let scaled = |(at, pixel): (usize, &[f32; 4])| {
        let (column, row) = (at % fact.width as usize, at / fact.width as usize);
        let factor = coverage(i64::from(x) + column as i64, i64::from(y) + row as i64);
        let [r, g, b, a] = *pixel;
        match alpha {
            Alpha::Premultiplied => [r * factor, g * factor, b * factor, a * factor],
            _ => [r, g, b, a * factor],
        }
    };
    let pixels = image.pixels.iter().enumerate().map(scaled).collect();
    Image::new(ImageFact { alpha, ..fact }, pixels)
}

/// The picture, at most [`THUMBNAIL`] pixels along a side.
fn thumbnail(image: Image) -> Image {
    let longest = image.fact.width.max(image.fact.height);
    if longest <= THUMBNAIL {
        return image;
    }
    let side =
        |side: u32| (u64::from(side) * u64::from(THUMBNAIL) / u64::from(longest)).max(1) as u32;
    let (width, height) = (side(image.fact.width), side(image.fact.height));
    // A kernel that does not ring: what is clear stays clear.
    resize(&image, width, height, Resize { filter: Filter::Triangle, linear_light: false })
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use zip::ZipArchive;

    use super::*;
    use crate::files::{Limits, decode};
    use crate::{Matte, MatteFact};

    fn plain(width: u32, height: u32, colour: [f32; 4]) -> Image {
        Image::filled(ImageFact::new(width, height, Alpha::Straight), colour)
    }

    fn document() -> Layers {
        let mask = LayerMask {
            matte: Matte::new(MatteFact::new(1, 1), vec![0.0]),
            x: 1,
            y: 0,
            outside: 0.6,
        };
        let group = LayerContent::Group {
            layers: vec![
                Layer {
                    mask: Some(mask),
                    ..Layer::new("masked", plain(2, 1, [1.0, 0.0, 0.0, 1.0]))
                },
                Layer { visible: false, ..Layer::new("hidden", plain(1, 1, [0.0; 4])) },
            ],
            isolated: true,
        };
        let moved = LayerContent::Image { image: plain(1, 1, [0.0, 1.0, 0.0, 0.4]), x: -1, y: 2 };
        Layers {
            width: 300,
            height: 3,
            layers: vec![
                Layer::new("a \"b\" & <c>\n", plain(300, 3, [0.0, 0.0, 1.0, 1.0])),
                Layer { content: group, ..Layer::new("group", plain(1, 1, [0.0; 4])) },
                Layer {
                    content: moved,
                    mode: Mode::Multiply,
                    opacity: 0.5,
                    ..Layer::new("moved", plain(1, 1, [0.0; 4]))
                },
            ],
        }
    }

    fn read(archive: &mut ZipArchive<Cursor<Vec<u8>>>, name: &str) -> Vec<u8> {
        let mut bytes = Vec::new();
        archive.by_name(name).unwrap().read_to_end(&mut bytes).unwrap();
        bytes
    }

    fn picture(archive: &mut ZipArchive<Cursor<Vec<u8>>>, name: &str) -> Image {
        decode(&read(archive, name), &Limits::default()).unwrap().image
    }

    #[test]
    fn layers_are_listed_from_the_top_with_all_that_is_said_of_them() {
        let how = EncodeOptions { bits: 16, ..EncodeOptions::new(Format::Png) };
        let bytes = encode_openraster(&document(), 0, &how).unwrap();
        assert_eq!(bytes, encode_openraster(&document(), 0, &how).unwrap());
        // Readers look for the type at a fixed place.
        assert_eq!(&bytes[30..54], b"mimetypeimage/openraster");
        let mut archive = ZipArchive::new(Cursor::new(bytes)).unwrap();
        let want = r#"<?xml version="1.0" encoding="UTF-8"?>
<image version="0.0.6" w="300" h="3">
  <stack>
    <layer name="moved" composite-op="svg:multiply" opacity="0.5" visibility="visible" src="data/layer000.png" x="-1" y="2"/>
    <stack name="group" composite-op="svg:src-over" opacity="1" visibility="visible" isolation="isolate">
      <layer name="hidden" composite-op="svg:src-over" opacity="1" visibility="hidden" src="data/layer001.png" x="0" y="0"/>
      <layer name="masked" composite-op="svg:src-over" opacity="1" visibility="visible" src="data/layer002.png" x="0" y="0"/>
    </stack>
    <layer name="a &quot;b&quot; &amp; &lt;c&gt; " composite-op="svg:src-over" opacity="1" visibility="visible" src="data/layer003.png" x="0" y="0"/>
  </stack>
</image>
"#;
        assert_eq!(String::from_utf8(read(&mut archive, "stack.xml")).unwrap(), want);
        let masked = picture(&mut archive, "data/layer002.png");
        let alphas: Vec<f32> = masked.pixels.iter().map(|pixel| pixel[3]).collect();
        assert!((alphas[0] - 0.6).abs() < 1e-4 && alphas[1] == 0.0, "{alphas:?}");
        let merged = picture(&mut archive, "mergedimage.png");
        assert_eq!(merged.fact.size(), (300, 3));
        // Red at 0.6 on blue.
        let [r, g, b, a] = merged.pixels[0];
        assert!((r - 0.6).abs() < 0.004 && g == 0.0 && (b - 0.4).abs() < 0.004 && a == 1.0);
        assert_eq!(picture(&mut archive, "Thumbnails/thumbnail.png").fact.size(), (256, 2));
    }

    #[test]
    fn every_file_has_its_frame_of_a_batch() {
        let two = ImageFact { batch: 2, ..ImageFact::new(1, 1, Alpha::Straight) };
        let image = Image::new(two, vec![[1.0, 0.0, 0.0, 1.0], [0.0, 1.0, 0.0, 1.0]]);
        let layers = Layers {
            width: 1,
            height: 1,
            layers: vec![Layer::new("below", plain(1, 1, [0.0; 4])), Layer::new("two", image)],
        };
        for (index, want) in [(0, [1.0, 0.0, 0.0, 1.0]), (1, [0.0, 1.0, 0.0, 1.0])] {
            let bytes =
                encode_openraster(&layers, index, &EncodeOptions::new(Format::Png)).unwrap();
            let mut archive = ZipArchive::new(Cursor::new(bytes)).unwrap();
            assert_eq!(picture(&mut archive, "mergedimage.png").pixels[0], want);
            assert_eq!(picture(&mut archive, "data/layer000.png").pixels[0], want);
        }
    }

    #[test]
    fn what_there_is_no_word_for_is_refused() {
        let refused = |layer: Layer| {
            let layers = Layers { width: 1, height: 1, layers: vec![layer] };
            encode_openraster(&layers, 0, &EncodeOptions::new(Format::Png)).unwrap_err()
        };
        let layer = || Layer::new("top", plain(1, 1, [0.0; 4]));
        assert!(refused(Layer { clipped: true, ..layer() }).contains("`top` is clipped"));
        let message = refused(Layer { mode: Mode::PinLight, ..layer() });
        assert!(message.contains("`pin_light`"), "{message}");
        let group = LayerContent::Group { layers: vec![layer()], isolated: false };
        let message = refused(Layer { content: group, opacity: 0.5, ..layer() });
        assert!(message.contains("not isolated"), "{message}");
    }
}
