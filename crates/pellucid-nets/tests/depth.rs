//! The depth estimator against transformers', whose numbers `tools/peers/depth.py` prints.

mod support;

use candle_core::{DType, Device};
use pellucid_nets::Weights;
use pellucid_nets::checkpoint::{DepthConfig, FileKind, PATCH, depth_layout, inspect};
use pellucid_nets::depth::DepthEstimator;
use support::filled;

fn config() -> DepthConfig {
    DepthConfig { width: 128, blocks: 8, side: 5, maps: [8, 12, 16, 20], features: 8, last: 6 }
}

fn weights() -> Weights {
    let tensors = depth_layout(&config()).into_iter().enumerate().map(|(place, (key, shape))| {
        let inputs: usize = shape.iter().skip(1).product();
        let size = if shape.len() > 1 { 1.5 / (inputs as f64).sqrt() } else { 0.3 };
        let factor = shape.len() == 1
            && (key.contains(".norm") || key.contains("gamma"))
            && !key.ends_with("bias");
        let shift = match key.as_str() {
            // The last maps are cut off at 0: most of them should not be.
            "depth_head.scratch.output_conv2.0.bias" | "depth_head.scratch.output_conv2.2.bias" => {
                4.0
            }
            _ if factor => 1.0,
            _ => 0.0,
        };
        (key, (filled(&shape, place, size) + shift).expect("numbers of that shape"))
    });
    Weights::from_tensors(tensors.collect())
}

fn network() -> DepthEstimator {
    DepthEstimator::load(&weights(), &config(), DType::F32, &Device::Cpu).expect("a whole network")
}

#[test]
fn it_gives_transformers_numbers() {
    let found = inspect(&weights().shapes());
    assert_eq!(found.kind, FileKind::DepthEstimator(config()));
    assert!(found.missing.is_empty() && found.unexpected.is_empty());
    let side = 5 * PATCH;
    let picture = (filled(&[1, 3, side, side], 0, 0.5) + 0.5).unwrap();
    let depth = network().forward(&picture).unwrap();
    assert_eq!(depth.dims(), [1, 1, side, side]);
    let depth: Vec<f32> = depth.flatten_all().unwrap().to_vec1().unwrap();
    let want = [
        3.90402, 3.12793, 4.98617, 8.99614, 2.47565, 11.45688, 2.04292, 6.39726, 2.60218, 6.43224,
        4.08259,
    ];
    for (got, want) in depth.iter().step_by(449).zip(want) {
        // Five digits were printed; eight blocks and some twenty convolutions in another order.
        assert!((got - want).abs() < 1e-4, "{got} is not {want}");
    }
}

#[test]
fn pictures_of_other_proportions_are_looked_at_too() {
    let (height, width) = (4 * PATCH, 7 * PATCH);
    let picture = (filled(&[2, 3, height, width], 0, 0.5) + 0.5).unwrap();
    let depth = network().forward(&picture).unwrap();
    assert_eq!(depth.dims(), [2, 1, height, width]);
    let odd = picture.narrow(3, 0, width - 1).unwrap();
    let error = network().forward(&odd).unwrap_err().to_string();
    assert!(error.contains("no whole patches of 14"), "{error}");
}
