//! What is refused, what is added, and what is told when files are written.

use pellucid_pixel::files::{Dither, EncodeOptions, FORMATS, Fault, Format, encode, read_png_text};
use pellucid_pixel::{Alpha, Image, ImageFact};

use crate::pattern::{random, read};

fn refused(image: &Image, format: Format, options: &EncodeOptions) -> Fault {
    let error = encode(image, format, options).unwrap_err();
    assert_eq!(error.format, Some(format));
    assert!(error.to_string().starts_with(format.name()), "{error}");
    error.fault
}

#[test]
fn alpha_is_not_lost_silently() {
    let image = random(4, 4, 8, Alpha::Straight);
    let plain = EncodeOptions::new(Format::Jpeg);
    assert_eq!(refused(&image, Format::Jpeg, &plain), Fault::HoldsNoAlpha);
    let error = encode(&image, Format::Jpeg, &plain).unwrap_err();
    assert!(error.hint().unwrap().contains("background"));
    let flat = EncodeOptions { flatten: Some([1.0, 1.0, 1.0]), ..plain };
    assert_eq!(read(&encode(&image, Format::Jpeg, &flat).unwrap()).0.alpha, Alpha::Opaque);
}

#[test]
fn a_background_makes_every_format_opaque() {
    let clear = Image::filled(ImageFact::new(3, 3, Alpha::Straight), [0.0, 0.0, 0.0, 0.0]);
    for format in FORMATS {
        let flatten = Some([0.2, 0.4, 0.6]);
        let options = EncodeOptions { flatten, ..EncodeOptions::new(format) };
        let (header, decoded) = read(&encode(&clear, format, &options).unwrap());
        assert_eq!(header.alpha, Alpha::Opaque, "{format:?}");
        let shown = decoded.image.encoded(pellucid_pixel::Encoding::Srgb).pixels[4];
        // JPEG and half floats are within 2 codes.
        for (v, w) in shown.iter().zip([0.2, 0.4, 0.6, 1.0]) {
            assert!((v - w).abs() <= 2.0 / 255.0, "{format:?} {shown:?}");
        }
    }
}

#[test]
fn depths_batches_sizes_and_texts_that_do_not_fit_are_refused() {
    let image = random(4, 4, 8, Alpha::Opaque);
    for (format, bits) in [
        (Format::Png, 32),
        (Format::Jpeg, 16),
        (Format::Webp, 16),
        (Format::Exr, 8),
        (Format::Tiff, 64),
        (Format::Png, 0),
    ] {
        let options = EncodeOptions { bits, ..EncodeOptions::new(format) };
        let fault = refused(&image, format, &options);
        assert_eq!(fault, Fault::HoldsNotBits { asked: bits, held: format.bits() });
    }
    let batch = ImageFact { batch: 2, ..ImageFact::new(2, 2, Alpha::Opaque) };
    let batch = Image::filled(batch, [0.0, 0.0, 0.0, 1.0]);
    let fault = refused(&batch, Format::Png, &EncodeOptions::new(Format::Png));
    assert_eq!(fault, Fault::Batch { pictures: 2 });
    let long = Image::filled(ImageFact::new(16_384, 1, Alpha::Opaque), [0.0, 0.0, 0.0, 1.0]);
    let fault = refused(&long, Format::Webp, &EncodeOptions::new(Format::Webp));
    assert_eq!(fault, Fault::HoldsNotSize { width: 16_384, height: 1, side: 16_383 });
    let text = |key: &str, text: &str| vec![(key.to_owned(), text.to_owned())];
    for (format, text) in [
        (Format::Jpeg, text("workflow", "{}")),
        (Format::Webp, text("workflow", "{}")),
        (Format::Tiff, text("workflow", "{}")),
        (Format::Png, text("", "x")),
        (Format::Png, text(&"k".repeat(80), "x")),
        (Format::Png, text("ключ", "x")),
        (Format::Png, text(" key", "x")),
        (Format::Png, text("key", "nul\0")),
    ] {
        let options = EncodeOptions { text, ..EncodeOptions::new(format) };
        let fault = refused(&image, format, &options);
        assert!(matches!(fault, Fault::HoldsNotText { .. }), "{fault}");
    }
}

#[test]
fn an_image_without_pixels_is_refused() {
    let fact = ImageFact::new(0, 4, Alpha::Opaque);
    for format in FORMATS {
        let fault = refused(&Image::new(fact, vec![]), format, &EncodeOptions::new(format));
        assert_eq!(fault, Fault::NoPixels { width: 0, height: 4 });
    }
}

#[test]
fn texts_come_back_from_png() {
    let workflow = format!("{{\"prompt\": \"雨の中の狐 {}\"}}", "fox ".repeat(1000));
    let text: Vec<(String, String)> =
        [("prompt", "a fox ☂"), ("workflow", &workflow), ("Empty", "")]
            .map(|(key, text)| (key.to_owned(), text.to_owned()))
            .into();
    let options = EncodeOptions { text: text.clone(), ..EncodeOptions::new(Format::Png) };
    let file = encode(&random(4, 4, 8, Alpha::Opaque), Format::Png, &options).unwrap();
    assert_eq!(read_png_text(&file), text);
    assert!(file.len() < workflow.len(), "a long text is compressed");
}

#[test]
fn texts_of_exr_are_written_in_one_order() {
    let text: Vec<(String, String)> =
        ["workflow", "prompt", "a", "z", "m"].map(|key| (key.into(), format!("{key} ☂"))).into();
    let options = EncodeOptions { text, ..EncodeOptions::new(Format::Exr) };
    let image = random(20, 20, 8, Alpha::Straight);
    let file = encode(&image, Format::Exr, &options).unwrap();
    for _ in 0..8 {
        assert_eq!(encode(&image, Format::Exr, &options).unwrap(), file);
    }
    let place = |text: &str| file.windows(text.len()).position(|w| w == text.as_bytes()).unwrap();
    assert!(place("pellucid:a\0string\0") < place("pellucid:workflow\0string\0"));
    assert_eq!(read(&file).0.width, 20);
}

#[test]
fn png_says_that_it_is_srgb() {
    let file =
        encode(&random(4, 4, 8, Alpha::Opaque), Format::Png, &EncodeOptions::new(Format::Png));
    let reader = png::Decoder::new(std::io::Cursor::new(file.unwrap())).read_info().unwrap();
    let info = reader.info();
    assert_eq!(info.srgb, Some(png::SrgbRenderingIntent::Perceptual));
    assert_eq!(info.gama_chunk.unwrap().into_scaled(), 45_455);
    assert_eq!(info.chrm_chunk.unwrap().white.0.into_scaled(), 31_270);
    assert_eq!(info.color_type, png::ColorType::Rgb);
}

#[test]
fn dither_moves_no_exact_code_and_no_alpha() {
    let exact = random(32, 32, 8, Alpha::Straight);
    let between = exact.map(exact.fact, |[r, g, b, a]| [r * 0.999, g * 0.999, b * 0.999, a]);
    for dither in [Dither::Bayer, Dither::Noise { seed: 5 }] {
        let options = EncodeOptions { dither: Some(dither), ..EncodeOptions::new(Format::Png) };
        let back = |image| read(&encode(image, Format::Png, &options).unwrap()).1.image;
        assert_eq!(back(&exact), exact);
        let dithered = back(&between);
        assert_ne!(dithered, exact);
        assert!(dithered.pixels.iter().zip(exact.pixels.iter()).all(|(d, e)| d[3] == e[3]));
    }
}

#[test]
fn noise_is_stored_no_larger_than_it_is() {
    let image = random(300, 300, 16, Alpha::Straight);
    for bits in [8, 16] {
        let options = EncodeOptions { bits, ..EncodeOptions::new(Format::Png) };
        let file = encode(&image, Format::Png, &options).unwrap();
        let plain = 300 * (300 * 4 * bits as usize / 8 + 1);
        assert!(file.len() < plain + 1000, "{} for {plain} bytes", file.len());
    }
}
