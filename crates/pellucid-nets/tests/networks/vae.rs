//! Autoencoder blocks, whole autoencoders, tiling and scaling.

use candle_core::{DType, Device, Tensor};
use pellucid_nets::Weights;
use pellucid_nets::blocks::Source;
use pellucid_nets::checkpoint::ldm_vae;
use pellucid_nets::vae::{
    LatentFormat, Tile, Tiling, Vae, VaeAttention, VaeConfig, VaeDownsample, VaeResidualBlock,
    VaeUpsample, cut, decode_pass, decode_tiled, encode_tiled, pad_to_multiple,
};

use crate::fixture::{
    Case, Section, channels_first, channels_last, close, difference, pairs, renamed,
};

fn section() -> Option<Section> {
    Section::open("07_vae")
}

fn weights(case: &Case<'_>) -> Weights {
    case.synthetic_weights("manifest")
}

fn vae_of(weights: &Weights, dtype: DType) -> Vae {
    let config = VaeConfig::from_weights(weights).unwrap();
    Vae::load(weights, &config, dtype, &Device::Cpu).unwrap()
}

fn vae(case: &Case<'_>) -> Vae {
    vae_of(&weights(case), DType::F32)
}

fn number(case: &Case<'_>, key: &str) -> usize {
    case.params[key].as_u64().unwrap() as usize
}

#[test]
fn every_case_of_the_section_has_a_test() {
    let Some(section) = section() else { return };
    let handled = [
        ("encode_", 3),
        ("decode_", 3),
        ("tiled_", 4),
        ("node_", 1),
        ("vae_blocks", 2),
        ("latent_formats", 1),
    ];
    for (prefix, count) in handled {
        assert_eq!(section.cases(prefix).count(), count, "{prefix}");
    }
    assert_eq!(section.len(), handled.iter().map(|(_, count)| count).sum::<usize>());
}

#[test]
fn pictures_encode_to_mean_and_deviation() {
    let Some(section) = section() else { return };
    for case in section.cases("encode_") {
        let posterior = vae(&case).encode(&channels_first(&case.input("image_bhwc"))).unwrap();
        case.check("latent", &posterior.mean);
        case.check("mean", &posterior.mean);
        case.check("std", &posterior.std().unwrap());
        case.check("logvar_raw", &posterior.log_variance);

        let ones = posterior.mean.ones_like().unwrap();
        let sample = posterior.sample(&ones).unwrap();
        case.check("std", &(sample - &posterior.mean).unwrap());
        assert!(posterior.sample(&ones.narrow(0, 0, 1).unwrap()).is_err());
    }
}

#[test]
fn latents_decode_to_pictures() {
    let Some(section) = section() else { return };
    for case in section.cases("decode_") {
        let vae = vae(&case);
        let latent = case.input("latent");
        case.check("raw", &vae.decode_signal(&latent).unwrap());
        case.check("image_bhwc", &channels_last(&vae.decode(&latent).unwrap()));
    }
}

#[test]
fn tiles_blend_as_in_the_reference() {
    let Some(section) = section() else { return };
    for case in section.cases("tiled_") {
        let vae = vae(&case);
        let tile = Tile { width: number(&case, "tile_x"), height: number(&case, "tile_y") };
        let overlap = number(&case, "overlap");
        let latent = case.input("latent");
        if case.name.starts_with("tiled_single_") {
            case.check("raw", &decode_pass(&vae, &latent, tile, overlap).unwrap());
        } else {
            let picture = decode_tiled(&vae, &latent, Tiling { tile, overlap }).unwrap();
            case.check("image_bhwc", &channels_last(&picture));
        }
    }
}

#[test]
fn tile_sizes_in_pixels_follow_the_node() {
    let Some(section) = section() else { return };
    for case in section.cases("node_") {
        let tiling = Tiling::from_pixels(number(&case, "tile_size"), number(&case, "overlap"), 8);
        let picture = decode_tiled(&vae(&case), &case.input("latent"), tiling).unwrap();
        case.check("image_bhwc", &channels_last(&picture));
    }
}

#[test]
fn a_picture_that_fits_one_tile_is_decoded_whole() {
    let Some(section) = section() else { return };
    let case = section.case("decode_5x7");
    let (vae, latent) = (vae(&case), case.input("latent"));
    let tiling = Tiling { tile: Tile { width: 20, height: 20 }, overlap: 2 };
    let apart =
        difference(&decode_tiled(&vae, &latent, tiling).unwrap(), &vae.decode(&latent).unwrap());
    // (x + x + x) / 3 may differ from x by a rounding.
    assert!(apart <= 2e-7, "{apart}");
    let too_small = Tiling { tile: Tile { width: 4, height: 4 }, overlap: 2 };
    assert!(decode_tiled(&vae, &latent, too_small).is_err());
}

#[test]
fn tiles_are_encoded_three_times_and_averaged_by_their_masks() {
    let Some(section) = section() else { return };
    let case = section.case("decode_5x7");
    let vae = vae(&case);
    let (width, height, overlap) = (11, 9, 2);
    let wave: Vec<f32> = (0..3 * 64 * width * height).map(|i| (i as f32 * 0.37).sin()).collect();
    let picture = Tensor::from_vec(wave, (1, 3, 8 * height, 8 * width), &Device::Cpu).unwrap();
    let picture = ((picture * 0.5).unwrap() + 0.5).unwrap();

    let mut wanted = vec![0f64; 4 * width * height];
    for (wide, tall) in [(6, 6), (12, 3), (3, 12)] {
        let (mut sum, mut weight) = (vec![0f64; wanted.len()], vec![0f64; width * height]);
        let starts = |size: usize, tile: usize| -> Vec<usize> {
            if size <= tile {
                vec![0]
            } else {
                (0..size - overlap).step_by(tile - overlap).collect()
            }
        };
        for top in starts(height, tall) {
            for left in starts(width, wide) {
                let (w, h) = (wide.min(width - left), tall.min(height - top));
                let part = picture.narrow(2, 8 * top, 8 * h).unwrap();
                let part = part.narrow(3, 8 * left, 8 * w).unwrap().contiguous().unwrap();
                let mean = vae.encode(&part).unwrap().mean.flatten_all().unwrap();
                let mean = mean.to_vec1::<f32>().unwrap();
                let along = |at: usize, size: usize| {
                    if overlap >= size {
                        return 1.0;
                    }
                    // The first and last elements count once for each end that reaches them.
                    let factor = |step: usize| ((step + 1) as f64 / overlap as f64).min(1.0);
                    factor(at) * factor(size - 1 - at)
                };
                for (index, value) in mean.iter().enumerate() {
                    let (channel, y, x) = (index / (w * h), index / w % h, index % w);
                    let mask = along(y, h) * along(x, w);
                    let place = (top + y) * width + left + x;
                    sum[channel * width * height + place] += mask * f64::from(*value);
                    if channel == 0 {
                        weight[place] += mask;
                    }
                }
            }
        }
        for (index, wanted) in wanted.iter_mut().enumerate() {
            *wanted += sum[index] / weight[index % (width * height)] / 3.0;
        }
    }

    let tiling = Tiling { tile: Tile { width: 6, height: 6 }, overlap };
    let found = encode_tiled(&vae, &picture, tiling).unwrap();
    assert_eq!(found.log_variance.dims(), found.mean.dims());
    let found = found.mean.flatten_all().unwrap().to_vec1::<f32>().unwrap();
    let largest = wanted.iter().fold(0f64, |largest, x| largest.max(x.abs()));
    for (found, wanted) in found.iter().zip(&wanted) {
        // Sums of a few products in f32.
        assert!((f64::from(*found) - wanted).abs() < 1e-5 * largest, "{found} is not {wanted}");
    }
}

#[test]
fn blocks_match_with_the_right_epsilon() {
    let Some(section) = section() else { return };
    for case in section.cases("vae_blocks") {
        let source = Source::new(&case.stored_weights(), DType::F32, &Device::Cpu);
        let (x32, x64) = (case.input("x32"), case.input("x64"));
        for output in case.outputs() {
            let part = source.under(output);
            let got = match output {
                "res" => VaeResidualBlock::load(&part, 32, 64).unwrap().forward(&x32),
                "attn" => VaeAttention::load(&part, 64).unwrap().forward(&x64),
                "down" => VaeDownsample::load(&part, 32).unwrap().forward(&x32),
                "up" => VaeUpsample::load(&part, 32).unwrap().forward(&x32),
                other => panic!("unknown output {other}"),
            };
            case.check(output, &got.unwrap());
        }
    }
}

#[test]
fn every_family_has_its_own_scale() {
    let Some(section) = section() else { return };
    let case = section.case("latent_formats");
    let z = case.input("z");
    for (name, format) in [
        ("sd15", LatentFormat::Sd15),
        ("sdxl", LatentFormat::Sdxl),
        ("pg25", LatentFormat::Playground25),
    ] {
        case.check(&format!("{name}_in"), &format.scaled(&z).unwrap());
        case.check(&format!("{name}_out"), &format.unscaled(&z).unwrap());
    }
}

#[test]
fn diffusers_names_translate_to_the_original_ones() {
    let Some(section) = section() else { return };
    let map = section.json("07_vae/vae.ldm_to_diffusers.json");
    let case = section.case("decode_5x7");
    let original = weights(&case);
    let there = renamed(&original, &pairs(&map));
    let back = renamed(&there, &ldm_vae(&there.shapes()));
    assert!(back.keys().eq(original.keys()));
    case.check("raw", &vae_of(&back, DType::F32).decode_signal(&case.input("latent")).unwrap());
}

#[test]
fn any_size_is_encoded_after_padding_and_cut_after_decoding() {
    let Some(section) = section() else { return };
    let vae = vae(&section.case("decode_5x7"));
    for (height, width) in [(1, 1), (9, 3), (8, 8)] {
        let picture = Tensor::full(0.25f32, (1, 3, height, width), &Device::Cpu).unwrap();
        let padded = pad_to_multiple(&picture, 8).unwrap();
        close("padding", &padded, &padded.affine(0.0, 0.25).unwrap(), 0.0, 0.0);
        let decoded = vae.decode(&vae.encode(&padded).unwrap().mean).unwrap();
        assert_eq!(decoded.dims(), padded.dims());
        assert_eq!(cut(&decoded, 0, 0, height, width).unwrap().dims(), picture.dims());
        assert!(cut(&decoded, 8, 0, height + 8, width).is_err());
        assert_eq!(vae.encode(&picture).is_err(), height < 8 || width < 8);
        assert_eq!(vae.encode_signal(&picture).is_err(), height != 8 || width != 8);
    }
    let empty = Tensor::zeros((1, 4, 0, 3), DType::F32, &Device::Cpu).unwrap();
    assert!(vae.decode(&empty).is_err());
}

#[test]
fn half_precision_stays_near_f32() {
    let Some(section) = section() else { return };
    let case = section.case("decode_5x7");
    let latent = case.input("latent");
    // Roundings of 2^-11 and 2^-8 in each of some sixty layers, on values of about 1.
    for (dtype, tolerance) in [(DType::F16, 0.02), (DType::BF16, 0.15)] {
        let picture = vae_of(&weights(&case), dtype).decode_signal(&latent).unwrap();
        let apart = difference(&picture, &case.output("raw"));
        assert!(apart > 0.0 && apart < tolerance, "{dtype:?}: {apart}");
    }
}
