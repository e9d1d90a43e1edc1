//! Transparent decoder and encoder, padding, resampling, previews.

use candle_core::{DType, Device, Tensor};
use pellucid_nets::checkpoint::ldm_vae;
use pellucid_nets::layer_diffuse::{
    Backing, ControlEncoder, Fit, Interpolation, LayerPicture, OffsetEncoder, OffsetScale, Raster,
    TransparentDecoder, View, bytes_by_truncation, checkerboard, decode_layer, encode_layer, fit,
    layer_signal, on_grey, over_checkerboard, pad_colour, pyramid, resample,
};
use pellucid_nets::noise::Generator;
use pellucid_nets::vae::{Vae, VaeConfig};

use crate::fixture::{Case, Section, channels_first, channels_last, close, renamed};

pub fn section() -> Option<Section> {
    Section::open("08_layerdiffuse")
}

fn decoder(case: &Case<'_>, manifest: &str) -> TransparentDecoder {
    let weights = case.synthetic_weights(manifest);
    TransparentDecoder::load(&weights, DType::F32, &Device::Cpu).unwrap()
}

fn offset_encoder(case: &Case<'_>, manifest: &str) -> OffsetEncoder {
    let weights = case.synthetic_weights(manifest);
    OffsetEncoder::load(&weights, DType::F32, &Device::Cpu).unwrap()
}

fn vae(case: &Case<'_>) -> Vae {
    let weights = case.synthetic_weights("vae_manifest");
    let weights = renamed(&weights, &ldm_vae(&weights.shapes()));
    let config = VaeConfig::from_weights(&weights).unwrap();
    Vae::load(&weights, &config, DType::F32, &Device::Cpu).unwrap()
}

/// The layer in `[h, w, 4]` bytes.
fn layer(rgba: &Tensor) -> LayerPicture {
    let rgba = channels_first(&(rgba / 255.0).unwrap().unsqueeze(0).unwrap());
    LayerPicture { colour: rgba.narrow(1, 0, 3).unwrap(), alpha: rgba.narrow(1, 3, 1).unwrap() }
}

fn raster(picture: &Tensor) -> Raster {
    let values = picture.flatten_all().unwrap().to_vec1().unwrap();
    match *picture.dims() {
        [height, width, channels] => Raster { width, height, channels, values },
        [height, width] => Raster { width, height, channels: 1, values },
        _ => panic!("no picture: {:?}", picture.dims()),
    }
}

fn like(raster: Raster, wanted: &Tensor) -> Tensor {
    let Raster { width, height, channels, values } = raster;
    assert_eq!(wanted.dims()[..2], [height, width]);
    let tensor = Tensor::from_vec(values, (height, width, channels), &Device::Cpu).unwrap();
    tensor.reshape(wanted.dims()).unwrap()
}

fn argb(layer: &LayerPicture) -> Tensor {
    Tensor::cat(&[&layer.alpha, &layer.colour], 1).unwrap()
}

#[test]
fn every_case_of_the_section_has_a_test() {
    let Some(section) = section() else { return };
    let handled = [
        ("decoder_", 6),
        ("offset_encoder_", 2),
        ("pad_", 10),
        ("area_", 7),
        ("linear_", 6),
        ("lanczos4_", 3),
        ("encode_", 2),
        ("cli_decode_", 2),
        ("checker_", 4),
        ("rgba2rgbfp32_", 2),
        ("to255unit8", 1),
        ("RESIZE_", 12),
        ("CROP_AND_RESIZE_", 6),
        ("unit_", 8),
        ("control_encoder_", 2),
    ];
    for (prefix, count) in handled {
        assert_eq!(section.cases(prefix).count(), count, "{prefix}");
    }
    // Two cases are plain JSON: the order of shared attentions, see below, and what the reference's parser
    // makes of a patch file's keys.
    assert_eq!(section.len(), handled.iter().map(|(_, count)| count).sum::<usize>() + 2);
}

#[test]
fn the_transparent_decoder_matches_once_and_from_eight_sides() {
    let Some(section) = section() else { return };
    for case in section.cases("decoder_").filter(|case| case.name != "decoder_views") {
        let decoder = decoder(&case, "manifest");
        let (picture, latent) = (case.input("pixel"), case.input("latent"));
        case.check("single", &decoder.forward(&picture, &latent).unwrap());
        if case.has_output("augmented") {
            let layer = decode_layer(&decoder, &picture, &latent).unwrap();
            case.check("augmented", &argb(&layer));
        }
    }
}

#[test]
fn the_eight_views_come_in_the_order_of_the_reference() {
    let Some(section) = section() else { return };
    let (case, first) = (section.case("decoder_views"), section.case("decoder_64x64_b1"));
    let decoder = decoder(&case, "manifest");
    for (index, view) in View::all().into_iter().enumerate() {
        let picture = view.of(&first.input("pixel")).unwrap();
        let latent = view.of(&first.input("latent")).unwrap();
        case.check(&format!("view{index}"), &decoder.forward(&picture, &latent).unwrap());
    }
}

#[test]
fn layers_of_any_size_are_decoded_or_refused() {
    let Some(section) = section() else { return };
    let decoder = decoder(&section.case("decoder_views"), "manifest");
    for (rows, columns) in [(1, 1), (3, 9)] {
        let picture = Tensor::full(0.5f32, (1, 3, 8 * rows, 8 * columns), &Device::Cpu).unwrap();
        let latent = Tensor::ones((1, 4, rows, columns), DType::F32, &Device::Cpu).unwrap();
        let layer = decode_layer(&decoder, &picture, &latent).unwrap();
        assert_eq!(layer.colour.dims(), picture.dims());
        assert!(decoder.forward(&picture, &latent).is_err());
        let other = latent.pad_with_zeros(2, 0, 1).unwrap();
        assert!(decode_layer(&decoder, &picture, &other).is_err());
    }
}

#[test]
fn the_offset_network_matches() {
    let Some(section) = section() else { return };
    for case in section.cases("offset_encoder_") {
        let encoder = offset_encoder(&case, "manifest");
        case.check("y", &encoder.forward(&case.input("x")).unwrap());
    }
}

#[test]
fn colour_is_padded_as_in_training() {
    let Some(section) = section() else { return };
    for case in section.cases("pad_") {
        let layer = layer(&case.input("rgba_u8"));
        let padded = pad_colour(&layer).unwrap();
        case.check("rgb", &channels_last(&padded).squeeze(0).unwrap());

        let premultiplied = layer.colour.broadcast_mul(&layer.alpha).unwrap();
        let both = Tensor::cat(&[&premultiplied, &layer.alpha], 1).unwrap();
        let levels = pyramid(raster(&channels_last(&both).squeeze(0).unwrap())).unwrap();
        let sizes: Vec<[usize; 2]> = levels.iter().map(|l| [l.height, l.width]).collect();
        assert_eq!(serde_json::json!(sizes), case.params["pyramid"], "{}", case.name);
        for (index, level) in levels.into_iter().enumerate() {
            let colour = format!("pyr{index}_color");
            if case.has_output(&colour) {
                let shape = (level.height, level.width, 4);
                let level = Tensor::from_vec(level.values, shape, &Device::Cpu).unwrap();
                case.check(&colour, &level.narrow(2, 0, 3).unwrap());
                let alpha = format!("pyr{index}_alpha");
                let wanted = case.output(&alpha);
                let got = level.narrow(2, 3, 1).unwrap().contiguous().unwrap();
                case.check(&alpha, &got.reshape(wanted.dims()).unwrap());
            }
        }
    }
}

#[test]
fn resampling_matches_opencv() {
    let Some(section) = section() else { return };
    for (prefix, interpolation) in [
        ("area_", Interpolation::Area),
        ("linear_", Interpolation::Linear),
        ("lanczos4_", Interpolation::Lanczos4),
    ] {
        for case in section.cases(prefix) {
            let wanted = case.output("dst");
            let (height, width) = (wanted.dims()[0], wanted.dims()[1]);
            let got = resample(&raster(&case.input("src")), width, height, interpolation).unwrap();
            case.check("dst", &like(got, &wanted));
        }
    }
}

#[test]
fn pictures_are_made_to_fit_as_in_the_reference() {
    let Some(section) = section() else { return };
    let cases = section.cases("RESIZE_").chain(section.cases("CROP_AND_RESIZE_"));
    for case in cases {
        let mode = match case.params["mode"].as_str().unwrap() {
            "Just Resize" => Fit::Stretch,
            "Crop and Resize" => Fit::Cover,
            "Resize and Fill" => Fit::Contain,
            other => panic!("unknown mode {other}"),
        };
        let rgba = case.input("rgba_u8");
        let picture = on_grey(&layer(&rgba)).unwrap();
        let picture = raster(&channels_last(&picture).squeeze(0).unwrap());
        let number = |key: &str| case.params[key].as_u64().unwrap() as usize;
        let got = fit(&picture, number("w"), number("h"), mode).unwrap();
        case.check("rgb", &like(got, &case.output("rgb")));
    }
}

#[test]
fn layers_encode_to_a_latent_with_an_offset() {
    let Some(section) = section() else { return };
    for case in section.cases("encode_") {
        let (vae, encoder) = (vae(&case), offset_encoder(&case, "encoder_manifest"));
        let layer = layer(&case.input("rgba_u8"));
        let signal = layer_signal(&layer, Backing::Zero).unwrap();
        case.check("vae_feed", &signal);
        let posterior = vae.encode_signal(&signal).unwrap();
        case.check("mean", &posterior.mean);
        case.check("std", &posterior.std().unwrap());
        let scaled = encoder.offset(&layer, OffsetScale::Trained300).unwrap();
        case.check("offset_times_300", &scaled);
        case.check("forge_offset", &encoder.offset(&layer, OffsetScale::One).unwrap());
        let scale = OffsetScale::Trained300;
        let latent = encode_layer(&vae, &encoder, &layer, Backing::Zero, scale).unwrap();
        case.check("latent", &latent);
        let seed = case.params["global_seed"].as_u64().unwrap();
        let noise = Generator::seeded(seed).randn(posterior.mean.shape()).unwrap();
        case.check("latent_no_offset", &posterior.sample(&noise).unwrap());
    }
}

#[test]
fn a_latent_decodes_to_the_bytes_of_the_reference() {
    let Some(section) = section() else { return };
    for case in section.cases("cli_decode_") {
        let (vae, decoder) = (vae(&case), decoder(&case, "decoder_manifest"));
        let latent = case.input("latent");
        let layer = decode_layer(&decoder, &vae.decode(&latent).unwrap(), &latent).unwrap();
        let png = Tensor::cat(&[&layer.colour, &layer.alpha], 1).unwrap();
        let bytes = |picture: &Tensor| {
            let picture = channels_last(picture);
            let values: Vec<f32> = picture.flatten_all().unwrap().to_vec1().unwrap();
            let bytes = bytes_by_truncation(&values).into_iter().map(f32::from).collect();
            Tensor::from_vec::<_, f32>(bytes, picture.dims(), &Device::Cpu).unwrap()
        };
        // One level: truncation takes a rounding error over the edge of a whole number.
        close("png", &bytes(&png), &case.output("png_u8"), 1.0, 0.0);
        let preview = over_checkerboard(&layer).unwrap();
        close("vis", &bytes(&preview), &case.output("vis_u8"), 1.0, 0.0);
    }
}

#[test]
fn checkerboards_have_the_squares_of_the_reference() {
    let Some(section) = section() else { return };
    for case in section.cases("checker_") {
        let number = |key: &str| case.params[key].as_u64().unwrap() as usize;
        let (width, height) = (number("w"), number("h"));
        let board = checkerboard(width, height);
        let every8: Vec<f32> = (0..height)
            .step_by(8)
            .flat_map(|y| (0..width).step_by(8).map(move |x| (y, x)))
            .map(|(y, x)| board[y * width + x])
            .collect();
        let wanted = case.output("board_every8");
        let board = Tensor::from_vec(every8, wanted.dims(), &Device::Cpu).unwrap();
        case.check("board_every8", &board);

        let full = case.input("argb_bhwc");
        let rows: Vec<u32> = (0..height).map(|y| (y / 8) as u32).collect();
        let columns: Vec<u32> = (0..width).map(|x| (x / 8) as u32).collect();
        let ids = |ids: Vec<u32>| Tensor::new(ids, &Device::Cpu).unwrap();
        let full = full.index_select(&ids(rows), 1).unwrap();
        let full = channels_first(&full.index_select(&ids(columns), 2).unwrap());
        let layer = LayerPicture {
            alpha: full.narrow(1, 0, 1).unwrap(),
            colour: full.narrow(1, 1, 3).unwrap(),
        };
        let seen = channels_last(&over_checkerboard(&layer).unwrap());
        let every = |n: usize| ids((0..n as u32).step_by(8).collect());
        let seen = seen.index_select(&every(height), 1).unwrap();
        case.check("vis_every8", &seen.index_select(&every(width), 2).unwrap());
    }
    assert_eq!(checkerboard(1, 1), [0.45]);
}

#[test]
fn a_layer_over_grey_matches() {
    let Some(section) = section() else { return };
    for case in section.cases("rgba2rgbfp32_") {
        let got = channels_last(&on_grey(&layer(&case.input("rgba_u8"))).unwrap());
        case.check("rgb", &got.reshape(case.output("rgb").dims()).unwrap());
    }
}

#[test]
fn bytes_are_truncated() {
    let Some(section) = section() else { return };
    let case = section.case("to255unit8");
    let values: Vec<f32> = case.input("x").flatten_all().unwrap().to_vec1().unwrap();
    let wanted: Vec<f32> = case.output("u8").flatten_all().unwrap().to_vec1().unwrap();
    let bytes: Vec<f32> = bytes_by_truncation(&values).into_iter().map(f32::from).collect();
    assert_eq!(bytes, wanted);
}

#[test]
fn control_pictures_become_four_signals() {
    let Some(section) = section() else { return };
    for case in section.cases("control_encoder_") {
        let weights = case.synthetic_weights("manifest");
        let encoder = ControlEncoder::load(&weights, DType::F32, &Device::Cpu).unwrap();
        let signals = encoder.forward(&case.input("image_bchw")).unwrap();
        assert_eq!(signals.len(), case.outputs().count());
        for signal in signals {
            let (_, _, height, width) = signal.dims4().unwrap();
            case.check(&format!("signal_{}", height * width), &signal);
        }
    }
}
