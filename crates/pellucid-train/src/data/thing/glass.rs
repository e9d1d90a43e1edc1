//! Glass: clear in the middle, denser towards its outline, with highlights.

use super::Look;
use crate::data::canvas::{Canvas, coverage, mix, over, scaled, step, with_alpha};
use crate::random::Random;

pub(super) fn bottle(look: &Look, size: usize, random: &mut Random) -> Canvas {
    let colour = look.colour.shade(random);
    let (width, shoulder) = if look.is(1) { (0.62, 0.05) } else { (0.36, -0.3) };
    let neck = random.between(0.11, 0.15);
    let streak = -width * random.between(0.45, 0.6);
    let pixel = look.pixel(size);
    Canvas::paint(size, |at| {
        let [x, y] = look.local(at);
        let body = rounded(
            [x, y - (0.92 + shoulder) * 0.5],
            [width, (0.92 - shoulder) * 0.5],
            width * 0.42,
        );
        let throat =
            rounded([x, y - (shoulder - 0.82) * 0.5], [neck, (shoulder + 0.95) * 0.5 + 0.12], 0.03);
        let rim = rounded([x, y + 0.9], [neck + 0.05, 0.06], 0.03);
        let distance = smooth_min(body, throat, 0.12).min(rim);
        let wall = glass(distance, colour, 0.30, pixel);
        let shine = step(0.05, 0.0, (x - streak).abs()) * step(shoulder + 0.05, shoulder + 0.2, y);
        let shine = shine * step(0.8, 0.6, y)
            + 0.7
                * step(0.03, 0.0, (x + neck * 0.4).abs())
                * step(-0.85, -0.75, y)
                * step(shoulder, shoulder - 0.15, y);
        over(with_alpha([1.0; 3], 0.8 * shine.min(1.0) * coverage(distance, pixel)), wall)
    })
}

pub(super) fn goblet(look: &Look, size: usize, random: &mut Random) -> Canvas {
    let colour = look.colour.shade(random);
    let level = random.between(-0.45, -0.15);
    let width = random.between(0.46, 0.58);
    let empty = look.is(1);
    let pixel = look.pixel(size);
    Canvas::paint(size, |at| {
        let [x, y] = look.local(at);
        let depth = ((y + 0.25) / 0.62).clamp(-1.0, 1.0);
        let reach = width * (1.0 - depth * depth).max(0.0).sqrt() * (1.0 - 0.1 * depth);
        let bowl = (x.abs() - reach).max(-y - 0.82).max(y - 0.36) * 0.9;
        let stem = (x.abs() - 0.035 - 0.05 * step(0.7, 0.88, y)).max(0.33 - y).max(y - 0.88);
        let foot = (x / 0.42).hypot((y - 0.88) / 0.09) - 1.0;
        let distance = bowl.min(stem).min(foot * 0.09);
        let mut wall = glass(
            distance,
            mix([0.85, 0.9, 0.95], colour, if empty { 0.8 } else { 0.25 }),
            0.16,
            pixel,
        );
        if !empty {
            let liquid = (bowl + 0.05).max(level - y);
            let depth = scaled(colour, 0.75 + 0.4 * step(level + 0.12, level, y));
            wall = over(wall, with_alpha(depth, 0.78 * coverage(liquid, pixel)));
        }
        let shine = step(0.05, 0.0, (x + width * 0.62 - 0.12 * (y + 0.3)).abs())
            * step(-0.75, -0.6, y)
            * step(0.15, -0.05, y);
        over(with_alpha([1.0; 3], 0.75 * shine * coverage(distance, pixel)), wall)
    })
}

pub(super) fn bubbles(look: &Look, size: usize, random: &mut Random) -> Canvas {
    let colour = look.colour.shade(random);
    let count = if look.is(1) { 2 } else { 1 };
    let hue = random.between(0.0, 6.0);
    let pixel = look.pixel(size);
    let mut canvas = Canvas::clear(size);
    for index in 0..count {
        let (middle, radius) = match (count, index) {
            (1, _) => ([0.0, 0.0], 0.92),
            (_, 0) => ([-0.3, 0.15], 0.6),
            _ => ([0.52, -0.48], 0.38),
        };
        canvas.over(&Canvas::paint(size, |at| {
            let p = look.local(at);
            let [x, y] = std::array::from_fn(|axis| (p[axis] - middle[axis]) / radius);
            let r = x.hypot(y);
            let inside = coverage((r - 1.0) * radius, pixel);
            let rim = r.powi(5).min(1.0);
            let film = (hue + 7.0 * r + 2.0 * x - y).sin() * 0.5 + 0.5;
            let tint = mix(colour, mix([0.7, 0.95, 1.0], [1.0, 0.75, 0.95], film), 0.28);
            let body = with_alpha(mix(tint, [1.0; 3], 0.25 * rim), (0.10 + 0.62 * rim) * inside);
            let bright = step(0.24, 0.08, (x + 0.42).hypot(y + 0.45));
            let small = step(0.12, 0.03, (x - 0.45).hypot(y - 0.5));
            over(with_alpha([1.0; 3], (0.9 * bright + 0.5 * small).min(1.0) * inside), body)
        }));
    }
    canvas
}

/// A wall of coloured glass, given the distance from its outline.
fn glass(distance: f32, colour: [f32; 3], clear: f32, pixel: f32) -> [f32; 4] {
    let edge = step(-0.16, -0.01, distance);
    let alpha = (clear + (0.86 - clear) * edge) * coverage(distance, pixel);
    with_alpha(scaled(colour, 1.0 - 0.42 * edge), alpha)
}

fn rounded([x, y]: [f32; 2], [half_width, half_height]: [f32; 2], radius: f32) -> f32 {
    let (x, y) = (x.abs() - half_width + radius, y.abs() - half_height + radius);
    x.max(0.0).hypot(y.max(0.0)) + x.max(y).min(0.0) - radius
}

fn smooth_min(a: f32, b: f32, reach: f32) -> f32 {
    let h = (reach - (a - b).abs()).max(0.0) / reach;
    a.min(b) - h * h * reach * 0.25
}
