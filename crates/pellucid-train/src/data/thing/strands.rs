//! Hair and fur: many thin strands, each thinner than a pixel at its tip.

use super::Look;
use crate::data::canvas::{Canvas, mix, over, scaled, with_alpha};
use crate::random::Random;

pub(super) fn hair(look: &Look, size: usize, random: &mut Random) -> Canvas {
    let colour = look.colour.shade(random);
    let curl = if look.is(1) { random.between(0.10, 0.16) } else { 0.015 };
    let sway = random.between(-0.3, 0.3);
    let phase = random.between(0.0, 6.0);
    let mut canvas = Canvas::clear(size);
    for _ in 0..85 {
        let root = random.between(-1.0, 1.0);
        let start = [0.42 * root, -0.95 + 0.12 * root * root];
        let reach = random.between(1.45, 1.9) - 0.35 * root.abs();
        let part = random.between(-0.12, 0.12);
        let shade = shade(colour, random);
        let width = random.between(0.7, 1.25);
        stroke(&mut canvas, look, shade, width, |t| {
            let wave = curl * (9.0 * t + phase + 0.6 * part * 10.0).sin() * t.sqrt();
            [start[0] * (1.0 - 0.35 * t) + sway * t * t + part * t + wave, start[1] + reach * t]
        });
    }
    canvas
}

pub(super) fn fur(look: &Look, size: usize, random: &mut Random) -> Canvas {
    let colour = look.colour.shade(random);
    let (width, spread) = if look.is(1) { (1.5, 0.25) } else { (0.95, 0.45) };
    let mut canvas = Canvas::clear(size);
    for index in 0..150 {
        let far = 1.0 - index as f32 / 150.0;
        let angle = random.between(-1.5, 1.5) * (0.4 + 0.6 * far);
        let base = [angle.sin() * 0.38, 0.75 - 0.15 * far - 0.2 * random.unit()];
        let length = random.between(0.55, 0.95) * (0.55 + 0.65 * far) * (0.65 + 0.35 * angle.cos());
        let bend = random.between(-spread, spread);
        let shade = scaled(shade(colour, random), 1.12 - 0.4 * far);
        stroke(&mut canvas, look, shade, random.between(0.8, 1.2) * width, |t| {
            let angle = angle + bend * t;
            [base[0] + length * t * angle.sin(), base[1] - length * t * angle.cos() * 1.15]
        });
    }
    canvas
}

fn shade(colour: [f32; 3], random: &mut Random) -> [f32; 3] {
    let light = random.between(0.55, 1.15);
    mix(scaled(colour, light), [1.0; 3], if random.chance(0.15) { 0.22 } else { 0.0 })
}

/// A strand along a curve, `t` from 0 to 1, `width` pixels of a 128-pixel picture wide at its root.
pub(super) fn stroke(
    canvas: &mut Canvas,
    look: &Look,
    colour: [f32; 3],
    width: f32,
    curve: impl Fn(f32) -> [f32; 2],
) {
    const PARTS: usize = 14;
    let half = canvas.size as f32 * 0.5;
    let scale = canvas.size as f32 / 128.0;
    let place = |i: usize| look.global(curve(i as f32 / PARTS as f32)).map(|v| (v + 1.0) * half);
    let points: Vec<[f32; 2]> = (0..=PARTS).map(place).collect();
    let reach = width * scale + 1.5;
    let bounds = |axis: usize| {
        let of = points.iter().map(|point| point[axis]);
        let (low, high) = of.fold((f32::MAX, f32::MIN), |(l, h), v| (l.min(v), h.max(v)));
        let side = canvas.size as f32;
        ((low - reach).clamp(0.0, side) as usize, (high + reach).clamp(0.0, side) as usize)
    };
    let ((left, right), (top, bottom)) = (bounds(0), bounds(1));
    for y in top..bottom {
        for x in left..right {
            let at = [x as f32 + 0.5, y as f32 + 0.5];
            let (far, t) = nearest(&points, at);
            let radius = 0.5 * width * scale * (1.0 - 0.75 * t);
            // A strand thinner than a pixel covers a part of it.
            let alpha = (radius + 0.5 - far).clamp(0.0, 1.0) * (2.0 * radius).min(1.0);
            if alpha > 0.0 {
                let below = &mut canvas.pixels[y * canvas.size + x];
                *below = over(with_alpha(scaled(colour, 0.8 + 0.35 * t), alpha), *below);
            }
        }
    }
}

/// The distance to a broken line, and how far along it the nearest point is.
fn nearest(points: &[[f32; 2]], [x, y]: [f32; 2]) -> (f32, f32) {
    let mut best = (f32::MAX, 0.0);
    for (index, pair) in points.windows(2).enumerate() {
        let (dx, dy) = (pair[1][0] - pair[0][0], pair[1][1] - pair[0][1]);
        let along = ((x - pair[0][0]) * dx + (y - pair[0][1]) * dy) / (dx * dx + dy * dy).max(1e-9);
        let along = along.clamp(0.0, 1.0);
        let far = (x - pair[0][0] - along * dx).hypot(y - pair[0][1] - along * dy);
        if far < best.0 {
            best = (far, (index as f32 + along) / (points.len() - 1) as f32);
        }
    }
    best
}
