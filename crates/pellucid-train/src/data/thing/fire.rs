//! Fire: bright and nearly solid inside, soft outside.

use super::Look;
use crate::data::canvas::{Canvas, mix, scaled, step, with_alpha};
use crate::data::noise::cloudy;
use crate::random::Random;

pub(super) fn flame(look: &Look, size: usize, random: &mut Random) -> Canvas {
    let colour = look.colour.shade(random);
    let seed = random.next();
    let sway = random.between(-0.25, 0.25);
    let rough = if look.is(1) { 0.75 } else { 0.4 };
    Canvas::paint(size, |at| {
        let [x, y] = look.local(at);
        let height = (1.0 - y) * 0.5;
        let wind = cloudy(seed, x * 1.3, y * 1.6 + 3.0, 3) - 0.5;
        let x = x - sway * height * height - rough * wind * height.max(0.0).sqrt() * 1.3;
        // Widest low down, pointed above.
        let profile = (height.max(0.0).powf(0.45) * (1.0 - height).max(0.0) * 1.42).max(1e-3);
        let tongue = cloudy(seed ^ 7, x * 3.2, y * 2.0, 3) - 0.5;
        let inside = 1.0 - x.abs() / profile * 0.95 + 0.5 * tongue * (0.3 + height);
        let inside = inside * step(-0.02, 0.12, height) * step(1.0, 0.8, height);
        let alpha = step(0.02, 0.42, inside) * 0.95;
        let heat = step(0.25, 0.95, inside - 0.35 * height);
        let hot = mix(colour, [1.0, 1.0, 0.9], 0.82);
        let shade = mix(scaled(colour, 0.9 + 0.2 * heat), hot, heat);
        with_alpha(shade, alpha)
    })
}

pub(super) fn embers(look: &Look, size: usize, random: &mut Random) -> Canvas {
    let colour = look.colour.shade(random);
    let count = if look.is(1) { 14 } else { 30 };
    let spread = if look.is(1) { 0.95 } else { 0.7 };
    let dots: Vec<([f32; 2], f32, f32)> = (0..count)
        .map(|_| {
            let (angle, far) = (random.between(0.0, std::f32::consts::TAU), random.unit().sqrt());
            let at = [spread * far * angle.cos(), spread * far * angle.sin()];
            (at, random.between(0.035, 0.085), random.between(0.6, 1.0))
        })
        .collect();
    Canvas::paint(size, |at| {
        let [x, y] = look.local(at);
        let (mut clear, mut heat) = (1.0, 0.0f32);
        for ([dx, dy], radius, strength) in &dots {
            let far = (x - dx).hypot(y - dy) / radius;
            if far < 3.2 {
                let core = step(1.1, 0.5, far);
                clear *= 1.0 - strength * (core.max(0.5 * (-0.9 * far * far).exp())).min(1.0);
                heat = heat.max(core * strength);
            }
        }
        with_alpha(mix(colour, [1.0, 0.98, 0.86], 0.7 * heat), 1.0 - clear)
    })
}
