//! Smoke, clouds and fog: partly transparent everywhere.

use super::Look;
use crate::data::canvas::{Canvas, mix, scaled, step, with_alpha};
use crate::data::noise::cloudy;
use crate::random::Random;

pub(super) fn smoke(look: &Look, size: usize, random: &mut Random) -> Canvas {
    let colour = mix(look.colour.shade(random), [0.62, 0.62, 0.64], 0.25);
    let seed = random.next();
    let drift = random.between(-0.4, 0.4);
    let density = if look.is(0) { 0.55 } else { 0.98 };
    Canvas::paint(size, |at| {
        let [x, y] = look.local(at);
        let height = (1.0 - y) * 0.5;
        let warp = cloudy(seed, x * 1.1 + 5.0, y * 1.3, 3) - 0.5;
        let across = x - drift * height * height - warp * (0.25 + 0.9 * height);
        let width = 0.2 + 0.5 * height;
        let plume = (-(across / width).powi(2) * 1.6).exp();
        let ends = step(-0.02, 0.14, height) * step(1.02, 0.62, height);
        let curl = cloudy(seed ^ 3, across * 3.0, y * 2.4 + warp, 4);
        let alpha = density * plume * ends * step(0.18, 0.6, curl);
        with_alpha(scaled(colour, 0.78 + 0.45 * curl), alpha)
    })
}

pub(super) fn cloud(look: &Look, size: usize, random: &mut Random) -> Canvas {
    let colour = mix(look.colour.shade(random), [1.0; 3], 0.3);
    let seed = random.next();
    let flat = if look.is(1) { 0.55 } else { 1.0 };
    let puffs: Vec<[f32; 3]> = (0..6)
        .map(|i| {
            let x = -0.62 + 0.25 * i as f32 + random.between(-0.06, 0.06);
            let lift = 0.30 * (1.0 - (x / 0.7).powi(2)) + random.between(-0.05, 0.1);
            [x, -lift, random.between(0.26, 0.38)]
        })
        .collect();
    Canvas::paint(size, |at| {
        let [x, y] = look.local(at);
        let y = y / flat;
        let wave = cloudy(seed, x * 3.5, y * 3.5, 4) - 0.5;
        let mut inside = f32::MIN;
        for [px, py, radius] in &puffs {
            inside = inside.max(1.0 - (x - px).hypot(y - py) / radius);
        }
        let base = step(0.42, 0.15, y + 0.35 * wave);
        let alpha = 0.96 * step(-0.12, 0.42, inside + 1.1 * wave) * base;
        let light = (0.5 - 0.55 * y + 0.7 * wave).clamp(0.0, 1.0);
        with_alpha(mix(scaled(colour, 0.72), mix(colour, [1.0; 3], 0.5), light), alpha)
    })
}

pub(super) fn fog(look: &Look, size: usize, random: &mut Random) -> Canvas {
    let colour = mix(look.colour.shade(random), [0.85, 0.87, 0.9], 0.3);
    let seed = random.next();
    let density = if look.is(0) { 0.5 } else { 0.95 };
    let middle = random.between(0.0, 0.45);
    Canvas::paint(size, |[x, y]| {
        let wave = cloudy(seed, x * 1.2, y * 3.0, 4);
        let fine = cloudy(seed ^ 9, x * 2.2, y * 4.6, 3);
        let band = (-((y - middle - 0.4 * (wave - 0.5)) / 0.42).powi(2)).exp();
        let alpha = density * band * step(0.15, 0.75, 0.6 * wave + 0.4 * fine);
        with_alpha(scaled(colour, 0.86 + 0.25 * fine), alpha)
    })
}
