//! The upscaling network against spandrel's, whose numbers `tools/peers/upscaler.py` prints.

mod support;

use std::collections::BTreeMap;

use candle_core::{DType, Device, Tensor};
use pellucid_nets::Weights;
use pellucid_nets::blocks::NetworkError;
use pellucid_nets::checkpoint::{
    FileKind, UpscalerConfig, UpscalerNames, inspect, upscaler_layout,
};
use pellucid_nets::upscale::Upscaler;
use support::filled;

fn network(names: UpscalerNames, divisor: usize) -> Upscaler {
    let config = |names| UpscalerConfig {
        prefix: String::new(),
        names,
        width: 8,
        growth: 32,
        blocks: 1,
        doublings: 2,
        divisor,
    };
    // The same numbers under other names.
    let (body, other) = (config(UpscalerNames::Body), config(names));
    let renamed: BTreeMap<String, String> = keys(&body).into_iter().zip(keys(&other)).collect();
    let tensors = upscaler_layout(&body).into_iter().enumerate().map(|(place, (key, shape))| {
        let (layer, part) = key.rsplit_once('.').expect("a layer and a part");
        (format!("{}.{part}", renamed[layer]), filled(&shape, place, 0.05))
    });
    let weights = Weights::from_tensors(tensors.collect());
    let found = inspect(&weights.shapes());
    assert_eq!(found.kind, FileKind::Upscaler(other.clone()));
    assert!(found.missing.is_empty() && found.unexpected.is_empty());
    Upscaler::load(&weights, &other, DType::F32, &Device::Cpu).expect("a whole network")
}

/// The keys of all convolutions, in one order for all ways of naming.
fn keys(config: &UpscalerConfig) -> Vec<String> {
    let dense = (0..15).map(|i| config.dense(0, i / 5 + 1, i % 5 + 1));
    let doubled = (0..config.doublings).map(|i| config.doubled(i));
    [config.first(), config.trunk()]
        .into_iter()
        .chain(dense)
        .chain(doubled)
        .chain(config.last())
        .collect()
}

fn picture(height: usize, width: usize) -> Tensor {
    (filled(&[1, 3, height, width], 0, 0.5) + 0.5).expect("numbers of that shape")
}

fn values(tensor: &Tensor) -> Vec<f32> {
    tensor.flatten_all().expect("numbers of that shape").to_vec1().expect("numbers of that shape")
}

#[test]
fn it_gives_spandrel_s_numbers_whatever_its_tensors_are_called() {
    let four_times = [
        0.022548, 0.012127, -0.008833, 0.047464, 0.025948, -0.022791, -0.015864, -0.040239,
        -0.048568, -0.044104, -0.061821, -0.016406,
    ];
    // Sides of 5 and 7 pixels are no multiples of 2, so this one mirrors.
    let twice = [
        -0.018139, 0.011619, -0.151847, -0.06184, 0.009905, 0.026063, -0.001338, -0.013622,
        -0.065574, 0.079321, 0.021333, 0.051127,
    ];
    for names in [UpscalerNames::Body, UpscalerNames::Trunk, UpscalerNames::Numbered] {
        for (divisor, height, width, want) in [(1, 5, 4, four_times), (2, 5, 7, twice)] {
            let network = network(names, divisor);
            let found = network.forward(&picture(height, width)).unwrap();
            let scale = 4 / divisor;
            assert_eq!(found.dims(), [1, 3, scale * height, scale * width]);
            let found = values(&found);
            let seen = found.iter().step_by(found.len() / 11);
            for (got, want) in seen.zip(want) {
                // Six digits were printed; sums of up to 1224 terms below 0.1 in another order.
                assert!((got - want).abs() < 2e-6, "{names:?} {divisor}: {got} is not {want}");
            }
        }
    }
}

#[test]
fn where_one_tile_lies_alone_a_picture_is_what_that_tile_gives() {
    let network = network(UpscalerNames::Body, 1);
    let picture = picture(8, 24);
    let mut told = Vec::new();
    let mut step = |done, of| -> Result<(), NetworkError> {
        told.push((done, of));
        Ok(())
    };
    let tiled = network.forward_tiled(&picture, 16, 4, &mut step).unwrap();
    assert_eq!(told, [(0, 2), (1, 2)]);
    let first = network.forward(&picture.narrow(3, 0, 16).unwrap().contiguous().unwrap()).unwrap();
    // Tiles begin at 0 and 12.
    let alone = |x: &Tensor| values(&x.narrow(3, 0, 4 * 12).unwrap().contiguous().unwrap());
    for (got, want) in alone(&tiled).iter().zip(alone(&first)) {
        // Multiplied by a mask and divided by it again.
        assert!((got - want).abs() < 1e-6, "{got} is not {want}");
    }
    let whole = network.forward_tiled(&picture, 24, 4, &mut |_, _| Ok::<_, NetworkError>(()));
    assert_eq!(values(&whole.unwrap()), values(&network.forward(&picture).unwrap()));
}
