use candle_core::{Device, Result, Tensor, Var};

use super::*;
use crate::activation::Function;

fn wave(shape: &[usize], step: f32) -> Var {
    let count = shape.iter().product();
    let values: Vec<f32> = (0..count).map(|i| (i as f32 * step).sin()).collect();
    Var::from_vec(values, shape, &Device::Cpu).unwrap()
}

/// Both results, and the gradients of both with respect to every variable, under a slope that differs from
/// place to place, agree to `tolerance` of the largest number.
fn assert_same(
    what: &str,
    variables: &[&Var],
    ours: impl Fn() -> Result<Tensor>,
    theirs: impl Fn() -> Result<Tensor>,
    tolerance: f32,
) {
    let (ours, theirs) = (ours().unwrap(), theirs().unwrap());
    assert_close(what, &ours, &theirs, tolerance);
    let slope = wave(ours.dims(), 0.417);
    let gradients = |y: &Tensor| (y * slope.as_tensor()).unwrap().sum_all().unwrap().backward();
    let (ours, theirs) = (gradients(&ours).unwrap(), gradients(&theirs).unwrap());
    for (index, variable) in variables.iter().enumerate() {
        let (ours, theirs) = (ours.get(variable).unwrap(), theirs.get(variable).unwrap());
        assert_close(&format!("{what}, gradient {index}"), ours, theirs, tolerance);
    }
}

fn assert_close(what: &str, ours: &Tensor, theirs: &Tensor, tolerance: f32) {
    assert_eq!(ours.dims(), theirs.dims(), "{what}");
    let list = |x: &Tensor| x.flatten_all().unwrap().to_vec1::<f32>().unwrap();
    let (ours, theirs) = (list(ours), list(theirs));
    let largest = theirs.iter().fold(0f32, |largest, x| largest.max(x.abs()));
    for (a, b) in ours.iter().zip(&theirs) {
        assert!((a - b).abs() <= tolerance * largest, "{what}: {a} is not {b}");
    }
}

// A tolerance of 1e-5 leaves both sides sums of some thousand roundings of 6e-8.
const TOLERANCE: f32 = 1e-5;

#[test]
fn convolutions_and_their_gradients_are_candles() {
    for (shape, output, kernel, stride, padding) in [
        ([2, 3, 9, 11], 4, 3, 1, 1),
        ([2, 9, 18, 17], 10, 3, 1, 1),
        ([1, 5, 12, 12], 6, 3, 2, 1),
        ([2, 5, 6, 7], 3, 1, 1, 0),
    ] {
        let x = wave(&shape, 0.731);
        let weight = wave(&[output, shape[1], kernel, kernel], 1.117);
        let bias = wave(&[output], 0.9);
        let theirs = || {
            let y = x.conv2d(&weight, padding, stride, 1, 1)?;
            y.broadcast_add(&bias.reshape((1, output, 1, 1))?)
        };
        let ours = || conv2d(&x, &weight, &bias, stride, padding);
        assert_same(&format!("{shape:?}"), &[&x, &weight, &bias], ours, theirs, TOLERANCE);
        let bias = wave(&[shape[0], output], 0.9);
        let theirs = || {
            let y = x.conv2d(&weight, padding, stride, 1, 1)?;
            y.broadcast_add(&bias.reshape((shape[0], output, 1, 1))?)
        };
        let ours = || conv2d(&x, &weight, &bias, stride, padding);
        assert_same(&format!("{shape:?} shifted"), &[&x, &bias], ours, theirs, TOLERANCE);
    }
}

#[test]
fn a_frozen_weight_leaves_the_other_gradients() {
    let (x, bias) = (wave(&[1, 3, 6, 6], 0.731), wave(&[4], 0.9));
    let weight = wave(&[4, 3, 3, 3], 1.117).as_detached_tensor();
    let theirs = || x.conv2d(&weight, 1, 1, 1, 1)?.broadcast_add(&bias.reshape((1, 4, 1, 1))?);
    assert_same("frozen", &[&x, &bias], || conv2d(&x, &weight, &bias, 1, 1), theirs, TOLERANCE);
    let (x, weight) = (wave(&[5, 30], 0.731), wave(&[7, 30], 1.117).as_detached_tensor());
    let theirs = || x.matmul(&weight.t()?);
    assert_same("frozen", &[&x], || linear(&x, &weight, None), theirs, TOLERANCE);
}

#[test]
fn dense_layers_and_their_gradients_are_candles() {
    let (x, weight, bias) = (wave(&[2, 5, 30], 0.731), wave(&[7, 30], 1.117), wave(&[7], 0.9));
    let plain = || x.reshape((10, 30))?.matmul(&weight.t()?)?.reshape((2, 5, 7));
    let ours = || linear(&x, &weight, None);
    assert_same("without bias", &[&x, &weight], ours, plain, TOLERANCE);
    let ours = || linear(&x, &weight, Some(&bias));
    let theirs = || plain()?.broadcast_add(&bias);
    assert_same("with bias", &[&x, &weight, &bias], ours, theirs, TOLERANCE);
}

#[test]
fn norms_and_their_gradients_are_the_definitions() {
    let (x, weight, bias) = (wave(&[2, 6, 7, 5], 0.731), wave(&[6], 1.117), wave(&[6], 0.9));
    let normed = |x: &Tensor| {
        let centred = x.broadcast_sub(&x.mean_keepdim(1)?)?;
        let deviation = (centred.sqr()?.mean_keepdim(1)? + 1e-5)?.sqrt()?;
        centred.broadcast_div(&deviation)
    };
    for function in [Function::Identity, Function::Silu, Function::Gelu] {
        let ours = || group_norm(&x, &weight, &bias, 3, 1e-5, function);
        let theirs = || {
            let y = normed(&x.reshape((6, 70))?)?.reshape((2, 6, 7, 5))?;
            let y = y.broadcast_mul(&weight.reshape((1, 6, 1, 1))?)?;
            let y = y.broadcast_add(&bias.reshape((1, 6, 1, 1))?)?;
            match function {
                Function::Silu => y.silu(),
                Function::Gelu => y.gelu_erf(),
                _ => Ok(y),
            }
        };
        assert_same(&format!("{function:?}"), &[&x, &weight, &bias], ours, theirs, TOLERANCE);
    }
    let (weight, bias) = (wave(&[35], 1.117), wave(&[35], 0.9));
    let rows = || x.reshape((12, 35));
    let ours = || layer_norm(&rows()?, &weight, &bias, 1e-5);
    let theirs = || normed(&rows()?)?.broadcast_mul(&weight)?.broadcast_add(&bias);
    assert_same("layer norm", &[&x, &weight, &bias], ours, theirs, TOLERANCE);
}

#[test]
fn activations_and_their_gradients_are_candles() {
    let x = (wave(&[3, 50], 0.731).as_tensor() * 4.0).unwrap();
    let x = Var::from_tensor(&x).unwrap();
    assert_same("silu", &[&x], || silu(&x), || x.silu(), TOLERANCE);
    assert_same("gelu", &[&x], || gelu(&x), || x.gelu_erf(), TOLERANCE);
    let theirs = || x.narrow(1, 0, 25)? * x.narrow(1, 25, 25)?.gelu_erf()?;
    assert_same("geglu", &[&x], || geglu(&x), theirs, TOLERANCE);
}

#[test]
fn attention_and_its_gradients_are_the_definition() {
    let heads = 3;
    let (q, k, v) = (wave(&[2, 10, 24], 0.731), wave(&[2, 7, 24], 1.117), wave(&[2, 7, 24], 0.317));
    let ours = || attention(&q, &k, &v, heads);
    let theirs = || {
        let split = |x: &Tensor| x.reshape((2, (), heads, 8))?.transpose(1, 2)?.contiguous();
        let scores = (split(&q)?.matmul(&split(&k)?.t()?)? / 8f64.sqrt())?.exp()?;
        let weights = scores.broadcast_div(&scores.sum_keepdim(3)?)?;
        weights.matmul(&split(&v)?)?.transpose(1, 2)?.reshape((2, 10, 24))
    };
    assert_same("attention", &[&q, &k, &v], ours, theirs, TOLERANCE);
}

#[test]
fn moving_and_adding_numbers_changes_none() {
    let (x, y) = (wave(&[2, 33, 5, 8], 0.731), wave(&[2, 33, 5, 8], 1.3));
    let theirs = || x.flatten_from(2)?.transpose(1, 2)?.contiguous();
    assert_same("tokens", &[&x], || tokens_of_map(&x), theirs, 0.0);
    let back = map_of_tokens(&tokens_of_map(&x).unwrap(), 5, 8).unwrap();
    assert_close("map", &back, &x, 0.0);
    assert_same("sum", &[&x, &y], || add(&x, &y), || x.as_tensor() + y.as_tensor(), 0.0);
}

#[test]
fn picking_rows_and_columns_is_selecting_them() {
    let x = wave(&[2, 3, 4, 5], 0.731);
    let (rows, columns) = ([0u32, 0, 3, 2, 2], [4u32, 1, 1]);
    let theirs = || {
        let rows = Tensor::new(&rows, &Device::Cpu)?;
        x.index_select(&rows, 2)?.index_select(&Tensor::new(&columns, &Device::Cpu)?, 3)
    };
    let list = |list: &[u32]| list.iter().map(|&index| index as usize).collect();
    let ours = || pick(&x, list(&rows), list(&columns));
    assert_same("pick", &[&x], ours, theirs, TOLERANCE);
    assert!(pick(&x, vec![4], vec![0]).is_err());
}

#[test]
fn shapes_that_do_not_fit_are_refused() {
    let (x, small) = (wave(&[1, 4, 2, 2], 0.7), wave(&[3], 0.7));
    assert!(conv2d(&x, &wave(&[3, 5, 3, 3], 1.0), &small, 1, 1).is_err());
    assert!(conv2d(&x, &wave(&[3, 4, 3, 3], 1.0), &small, 1, 0).is_err());
    assert!(conv2d(&x, &wave(&[3, 4, 3, 3], 1.0), &small, 0, 1).is_err());
    assert!(group_norm(&x, &small, &small, 1, 1e-5, Function::Silu).is_err());
    assert!(linear(&x, &wave(&[3, 5], 1.0), None).is_err());
    assert!(
        attention(&wave(&[1, 2, 4], 1.0), &wave(&[1, 2, 6], 1.0), &wave(&[1, 2, 6], 1.0), 2)
            .is_err()
    );
    assert!(add(&x, &small).is_err());
}
