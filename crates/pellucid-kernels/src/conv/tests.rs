use half::{bf16, f16};

use super::*;

/// Noise, uniform from -1 to 1.
fn noise(count: usize, seed: u64) -> Vec<f32> {
    let mut state = seed;
    let mut next = |_| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f32 / (1u64 << 23) as f32 - 1.0
    };
    (0..count).map(&mut next).collect()
}

fn geometry(
    [batch, input, output]: [usize; 3],
    [height, width]: [usize; 2],
    kernel: usize,
    stride: usize,
    padding: usize,
) -> Geometry {
    let (kernel_height, kernel_width) = (kernel, kernel);
    Geometry { batch, input, output, height, width, kernel_height, kernel_width, stride, padding }
}

struct Case {
    source: Vec<f32>,
    weight: Vec<f32>,
    bias: Vec<f32>,
}

fn case(geometry: Geometry) -> Case {
    Case {
        source: noise(geometry.batch * geometry.input * geometry.height * geometry.width, 1),
        weight: noise(geometry.output * geometry.input * geometry.taps(), 2),
        bias: noise(geometry.output, 3),
    }
}

fn largest_difference(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

/// The shapes reach every path: both methods, edges of panels, of tiles and of depth blocks, even and odd
/// sizes, strides and paddings.
fn geometries() -> Vec<Geometry> {
    vec![
        geometry([2, 3, 5], [7, 9], 3, 1, 1),
        geometry([1, 8, 8], [16, 16], 3, 1, 1),
        geometry([2, 13, 21], [19, 37], 3, 1, 1),
        geometry([1, 300, 10], [14, 15], 3, 1, 1),
        geometry([3, 9, 70], [17, 13], 3, 1, 0),
        geometry([1, 9, 11], [15, 16], 3, 1, 2),
        geometry([1, 10, 8], [130, 70], 3, 1, 1),
        geometry([2, 40, 7], [11, 10], 3, 2, 1),
        geometry([1, 6, 9], [12, 13], 3, 2, 0),
        geometry([2, 300, 33], [9, 5], 1, 1, 0),
        geometry([1, 4, 6], [21, 22], 5, 3, 2),
        geometry([1, 3, 4], [2, 2], 3, 1, 1),
        geometry([1, 5, 4], [40, 130], 1, 2, 0),
    ]
}

#[test]
fn every_shape_is_its_definition() {
    for geometry in geometries() {
        let Case { source, weight, bias } = case(geometry);
        let got = convolve(geometry, &source, Numbers::F32(&weight), &bias);
        let wanted = reference::convolve(geometry, &source, &weight, &bias);
        // Sums of up to 2700 products below 1, so up to about 60: some hundred roundings of that, which add up
        // like a random walk.
        let apart = largest_difference(&got, &wanted);
        assert!(apart < 2e-4, "{geometry:?}: {apart}");
    }
}

#[test]
fn tiles_lose_no_more_digits_than_a_plain_sum_of_f32() {
    // As in a network: 64 channels of variance 1, weights that keep it.
    let geometry = geometry([1, 64, 32], [32, 32], 3, 1, 1);
    let scaled = |values: Vec<f32>, scale: f32| values.iter().map(|x| x * scale).collect();
    let source: Vec<f32> = scaled(noise(64 * 32 * 32, 1), 3f32.sqrt());
    let weight: Vec<f32> = scaled(noise(32 * 64 * 9, 2), 3f32.sqrt() / 24.0);
    let bias = vec![0.0; 32];
    let got = convolve(geometry, &source, Numbers::F32(&weight), &bias);
    let wanted = reference::convolve(geometry, &source, &weight, &bias);
    let squares: f64 = got.iter().zip(&wanted).map(|(a, b)| f64::from(a - b).powi(2)).sum();
    let error = (squares / got.len() as f64).sqrt();
    // A chain of 576 f32 sums around 1 is wrong by about 4e-7 (root mean square); a TF32 product by 3e-4.
    assert!(error < 1.5e-6, "{error}");
}

#[test]
fn short_weights_give_the_bits_of_the_same_numbers_in_f32() {
    for geometry in geometries() {
        let Case { source, weight, bias } = case(geometry);
        let half: Vec<f16> = weight.iter().map(|&w| f16::from_f32(w)).collect();
        let wide: Vec<f32> = half.iter().map(|w| w.to_f32()).collect();
        let got = convolve(geometry, &source, Numbers::F16(&half), &bias);
        assert_eq!(got, convolve(geometry, &source, Numbers::F32(&wide), &bias));
        let brain: Vec<bf16> = weight.iter().map(|&w| bf16::from_f32(w)).collect();
        let wide: Vec<f32> = brain.iter().map(|w| w.to_f32()).collect();
        let got = convolve(geometry, &source, Numbers::Bf16(&brain), &bias);
        assert_eq!(got, convolve(geometry, &source, Numbers::F32(&wide), &bias));
    }
}

#[test]
fn neither_threads_nor_the_batch_change_a_bit() {
    for geometry in geometries() {
        let Case { source, weight, bias } = case(geometry);
        let run = |threads, geometry, source: &[f32]| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| convolve(geometry, source, Numbers::F32(&weight), &bias))
        };
        let whole = run(1, geometry, &source);
        assert_eq!(whole, run(3, geometry, &source), "{geometry:?}");
        let one = Geometry { batch: 1, ..geometry };
        let size = source.len() / geometry.batch;
        let parts = source.chunks(size).flat_map(|source| run(2, one, source));
        assert_eq!(whole, parts.collect::<Vec<_>>(), "{geometry:?}");
    }
}

#[test]
fn gradients_are_those_of_the_definition() {
    for geometry in geometries() {
        let Case { source, weight, bias } = case(geometry);
        let value = |source: &[f32], weight: &[f32], slope: &[f32]| {
            let result = reference::convolve(geometry, source, weight, &vec![0.0; bias.len()]);
            result.iter().zip(slope).map(|(a, b)| f64::from(a * b)).sum::<f64>()
        };
        let count = reference::convolve(geometry, &source, &weight, &bias).len();
        let slope = noise(count, 4);
        let of_source = input_gradient(geometry, &slope, &weight);
        let of_weight = weight_gradient(geometry, &source, &slope);
        // The result is linear in both: along any direction the gradient gives its exact change.
        let dot = |a: &[f32], b: &[f32]| {
            assert_eq!(a.len(), b.len());
            a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum::<f64>()
        };
        for seed in [5, 6, 7] {
            let direction = noise(source.len(), seed);
            let wanted = value(&direction, &weight, &slope);
            let got = dot(&of_source, &direction);
            let scale = (direction.len() as f64).sqrt() * weight.len() as f64;
            // Both are sums of rounded f32: compared with the size of what is summed.
            assert!((got - wanted).abs() < 1e-6 * scale, "{geometry:?}: {got} is not {wanted}");
            let direction = noise(weight.len(), seed);
            let wanted = value(&source, &direction, &slope);
            let got = dot(&of_weight, &direction);
            assert!((got - wanted).abs() < 1e-6 * scale, "{geometry:?}: {got} is not {wanted}");
        }
    }
}
