//! Light and the lack of it.

use super::{Look, Thing};
use crate::data::canvas::{Canvas, mix, step, with_alpha};
use crate::data::pair::blurred;
use crate::random::Random;

pub(super) fn orb(look: &Look, size: usize, random: &mut Random) -> Canvas {
    let colour = look.colour.shade(random);
    let core = if look.is(1) { 0.42 } else { 0.3 };
    let reach = random.between(2.6, 3.4);
    Canvas::paint(size, |at| {
        let [x, y] = look.local(at);
        let r = x.hypot(y);
        let heart = step(core, core * 0.45, r);
        let halo = 0.85 * (-reach * r * r).exp() * step(1.08, 0.55, r);
        with_alpha(mix(colour, [1.0, 1.0, 0.97], 0.85 * heart), heart.max(halo))
    })
}

pub(super) fn sparks(look: &Look, size: usize, random: &mut Random) -> Canvas {
    let colour = look.colour.shade(random);
    let count = if look.is(1) { 12 } else { 26 };
    let rays: Vec<[f32; 5]> = (0..count)
        .map(|_| {
            let angle = random.between(0.0, std::f32::consts::TAU);
            let start = random.between(0.05, 0.45);
            let (sin, cos) = angle.sin_cos();
            [cos, sin, start, start + random.between(0.12, 0.5), random.between(0.012, 0.026)]
        })
        .collect();
    Canvas::paint(size, |at| {
        let [x, y] = look.local(at);
        let (mut clear, mut heat) = (1.0, 0.0f32);
        for &[cos, sin, start, end, width] in &rays {
            let along = x * cos + y * sin;
            let across = (y * cos - x * sin).abs();
            let inside =
                step(start - 0.03, start + 0.05, along) * step(end + 0.03, end - 0.03, along);
            let core = inside * step(width * 1.6, width * 0.5, across);
            let glow = 0.35 * inside * (-(across / (3.5 * width)).powi(2)).exp();
            clear *= 1.0 - core.max(glow);
            heat = heat.max(core);
        }
        let centre = (-(x * x + y * y) * 40.0).exp();
        let alpha = 1.0 - clear * (1.0 - 0.9 * centre);
        with_alpha(mix(colour, [1.0, 1.0, 0.92], 0.75 * heat.max(centre)), alpha)
    })
}

pub(super) fn shadow(look: &Look, size: usize, random: &mut Random) -> Canvas {
    const CASTERS: [Thing; 5] =
        [Thing::Ball, Thing::Star, Thing::Bottle, Thing::Mushroom, Thing::Heart];
    let caster = *random.pick(&CASTERS);
    let lying = Look { turn: 0.0, ..*look };
    let shape = caster.draw(&lying, size, random);
    let strength = if look.is(1) { 0.78 } else { 0.5 };
    let blur = if look.is(0) { 0.045 } else { 0.02 } * size as f32;
    let slant = random.between(-0.8, 0.8);
    let floor = look.centre[1] + look.scale;
    // The caster, laid down away from the viewer and slanted.
    let flat = Canvas::paint(size, |[x, y]| {
        let height = (floor - y) / 0.55;
        let source = [x - slant * height * 0.5, floor - height];
        let index = source.map(|v| ((v + 1.0) * 0.5 * size as f32).floor());
        let inside = index.iter().all(|&i| i >= 0.0 && i < size as f32);
        let solid = |i: usize| shape.pixels[i][3].min(1.0);
        let alpha = if inside { solid(index[1] as usize * size + index[0] as usize) } else { 0.0 };
        with_alpha([0.03, 0.03, 0.05], alpha * strength)
    });
    blurred(&flat, blur)
}
