//! Leaves and feathers.

use super::Look;
use super::strands::stroke;
use crate::data::canvas::{Canvas, coverage, mix, scaled, step, with_alpha};
use crate::data::noise::noise;
use crate::random::Random;

pub(super) fn leaf(look: &Look, size: usize, random: &mut Random) -> Canvas {
    let colour = look.colour.shade(random);
    let width = if look.is(1) { 0.28 } else { random.between(0.42, 0.55) };
    let bend = random.between(-0.2, 0.2);
    let seed = random.next();
    let pixel = look.pixel(size);
    Canvas::paint(size, |at| {
        let [x, y] = look.local(at);
        let x = x - bend * (1.0 - y * y);
        // From the tip at the top to the stalk at 0.62.
        let t = ((y + 0.95) / 1.57).clamp(0.0, 1.0);
        let half = width * 1.9 * t.powf(0.75) * (1.0 - t).powf(0.6);
        let blade =
            coverage((x.abs() - half) * 0.8, pixel) * step(0.65, 0.6, y) * step(-0.99, -0.93, y);
        let stalk = coverage(x.abs() - 0.028, pixel) * step(0.97, 0.94, y) * step(-0.8, -0.7, y);
        let rib = step(0.04, 0.012, x.abs());
        let veins = ((y * 1.0 + x.abs() * 0.8) * 26.0).sin();
        let vein = step(0.86, 0.99, veins) * step(half, half * 0.8, x.abs());
        let side = if x < 0.0 { 1.08 } else { 0.86 };
        let tone = side * (0.88 + 0.2 * noise(seed, x * 7.0, y * 7.0));
        let shade = mix(scaled(colour, tone), mix(colour, [1.0; 3], 0.45), rib.max(0.55 * vein));
        let alpha = blade.max(stalk);
        with_alpha(if blade < 0.5 { scaled(colour, 0.6) } else { shade }, alpha)
    })
}

pub(super) fn feather(look: &Look, size: usize, random: &mut Random) -> Canvas {
    let colour = look.colour.shade(random);
    let width = if look.is(1) { 0.24 } else { 0.40 };
    let bend = random.between(-0.3, 0.3);
    let shaft = |t: f32| [bend * (t * (2.0 - t) - 0.5), 0.92 - 1.82 * t];
    let mut canvas = Canvas::clear(size);
    for index in 0..120 {
        let t = 0.16 + 0.82 * (index / 2) as f32 / 60.0;
        let side = if index % 2 == 0 { -1.0 } else { 1.0 };
        let swell = ((t - 0.1) / 0.9).powf(0.5) * (1.03 - t).max(0.0).powf(0.42);
        let length = width * 1.35 * swell * random.between(0.86, 1.08);
        let gap = if random.chance(0.06) { 0.5 } else { 1.0 };
        let root = shaft(t);
        let shade =
            scaled(colour, random.between(0.82, 1.12) * if side < 0.0 { 1.0 } else { 0.88 });
        let shade = mix(shade, [1.0; 3], 0.18 * (1.0 - t));
        stroke(&mut canvas, look, shade, 1.9 * gap, |s| {
            [root[0] + side * length * s, root[1] - length * (0.55 * s + 0.45 * s * s)]
        });
    }
    stroke(&mut canvas, look, mix(colour, [1.0; 3], 0.65), 2.2, |t| shaft(t * 0.97 - 0.03));
    canvas
}
