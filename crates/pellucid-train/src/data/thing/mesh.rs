//! Nets and lace: solid threads around clear holes.

use super::Look;
use crate::data::canvas::{Canvas, coverage, scaled, step, with_alpha};
use crate::data::noise::cloudy;
use crate::random::Random;

pub(super) fn net(look: &Look, size: usize, random: &mut Random) -> Canvas {
    let colour = look.colour.shade(random);
    let seed = random.next();
    let cells = if look.is(1) { 5.5 } else { 3.6 };
    let thread = if look.is(1) { 0.030 } else { 0.045 };
    let pixel = look.pixel(size);
    Canvas::paint(size, |at| {
        let [x, y] = look.local(at);
        let warp = |seed| 0.16 * (cloudy(seed, x * 1.4, y * 1.4, 2) - 0.5);
        let (u, v) = (x + y + warp(seed), x - y + warp(seed ^ 1));
        let to_line = |u: f32| {
            let u = u * cells * 0.5;
            (u - u.round()).abs() / (cells * 0.5) * std::f32::consts::FRAC_1_SQRT_2
        };
        let (a, b) = (to_line(u), to_line(v));
        let knot = a.hypot(b) - thread * 1.9;
        let ropes = a.min(b) - thread;
        let border = (x.abs().max(y.abs()) - 0.9).abs() - thread * 1.2;
        let outside = x.abs().max(y.abs()) - 0.9 - thread;
        let distance = ropes.min(knot).max(outside).min(border);
        let twist = ((u * 38.0).sin() * (v * 38.0).sin()).mul_add(0.16, 0.86);
        with_alpha(scaled(colour, twist), coverage(distance, pixel))
    })
}

pub(super) fn lace(look: &Look, size: usize, random: &mut Random) -> Canvas {
    let colour = look.colour.shade(random);
    let petals = (if look.is(1) { 14 } else { 9 }) + random.below(3);
    let rings = if look.is(1) { 4.0 } else { 3.0 };
    let pixel = look.pixel(size);
    Canvas::paint(size, |at| {
        let [x, y] = look.local(at);
        let part = std::f32::consts::TAU / petals as f32;
        let (radius, angle) = (x.hypot(y), y.atan2(x));
        let around = (angle / part).rem_euclid(1.0) - 0.5;
        let scallop = 0.88 + 0.08 * (around * std::f32::consts::PI).cos();
        let ring = radius * rings / 0.86;
        let band = ring.floor();
        let shift = if band as i32 % 2 == 0 { 0.0 } else { 0.5 };
        let count = (petals as f32 * ((band + 0.7) / rings)).round().max(4.0);
        let step_angle = std::f32::consts::TAU / count;
        let at = ((angle / step_angle + shift).rem_euclid(1.0) - 0.5) * step_angle * radius;
        let hole_middle = (band + 0.5) * 0.86 / rings;
        let half = 0.5 * step_angle * hole_middle;
        let hole = (at / (0.72 * half)).hypot((radius - hole_middle) / (0.33 * 0.86 / rings)) - 1.0;
        let hole = hole * 0.33 * 0.86 / rings;
        let distance = (radius - scallop).max(if band < rings { -hole } else { -1.0 });
        let weave = ((x * 60.0).sin() * (y * 60.0).sin()).mul_add(0.07, 0.95);
        let rim = 1.0 - 0.18 * step(0.03, 0.0, distance.abs());
        with_alpha(scaled(colour, weave * rim), coverage(distance, pixel))
    })
}
