//! Solid things.

use super::{Look, Thing};
use crate::data::canvas::{Canvas, coverage, mix, over, scaled, step, with_alpha};
use crate::data::noise::{cloudy, noise};
use crate::random::Random;

/// Where light comes from: left, above, in front.
const LIGHT: [f32; 3] = [-0.48, -0.64, 0.6];

pub(super) fn draw(thing: Thing, look: &Look, size: usize, random: &mut Random) -> Canvas {
    let (colour, seed) = (look.colour.shade(random), random.next());
    let (shiny, wooden) = (look.is(0), look.is(1));
    let facets = 6 + random.below(3);
    let pixel = look.pixel(size);
    Canvas::paint(size, |at| {
        let p = look.local(at);
        let distance = outline(thing, p, facets);
        let alpha = coverage(distance, pixel);
        if alpha == 0.0 {
            return [0.0; 4];
        }
        let base = match thing {
            Thing::Gem => facet(p, facets, colour, wooden),
            _ if wooden => grain(seed, p, colour),
            _ => colour,
        };
        let normal = if thing == Thing::Gem { [0.0, 0.0, 1.0] } else { bulge(thing, p, facets) };
        let light: f32 = (0..3).map(|i| normal[i] * LIGHT[i]).sum();
        let shaded = match thing {
            Thing::Gem => base,
            _ => scaled(base, 0.45 + 0.75 * light.max(0.0)),
        };
        let shine = match thing {
            Thing::Gem => 0.5 * step(0.25, 0.05, (p[0] + 0.3).hypot(p[1] + 0.35)),
            _ if wooden => 0.0,
            _ => {
                let mirrored = 2.0 * light * normal[2] - LIGHT[2];
                let shine = mirrored.max(0.0).powf(if shiny { 24.0 } else { 8.0 });
                shine * if shiny { 0.9 } else { 0.25 }
            }
        };
        with_alpha(mix(shaded, [1.0; 3], shine), alpha)
    })
}

pub(super) fn mushroom(look: &Look, size: usize, random: &mut Random) -> Canvas {
    let colour = look.colour.shade(random);
    let seed = random.next();
    let spotted = !look.is(1);
    let spots: Vec<[f32; 3]> = (0..7)
        .map(|_| {
            [random.between(-0.75, 0.75), random.between(-0.75, -0.1), random.between(0.07, 0.15)]
        })
        .collect();
    let bend = random.between(-0.12, 0.12);
    let pixel = look.pixel(size);
    Canvas::paint(size, |at| {
        let [x, y] = look.local(at);
        let middle = bend * (y - 0.1);
        let width = 0.2 + 0.08 * step(0.3, 0.95, y);
        let stem = ((x - middle).abs() - width).max(y - 0.92).max(-y - 0.05);
        let tone =
            0.92 - 0.35 * step(-width, width, x - middle) + 0.06 * noise(seed, x * 9.0, y * 3.0);
        let below = with_alpha(scaled([0.95, 0.90, 0.80], tone), coverage(stem, pixel));
        let dome = ((x / 0.95).hypot((y - 0.12) / 0.95) - 1.0) * 0.9;
        let cap = dome.max((y - 0.10 - 0.05 * (1.0 - x * x)) * 0.95);
        let light = (1.0 - ((x + 0.35).hypot(y + 0.5)) * 0.55).clamp(0.25, 1.0);
        let mut shade = scaled(colour, 0.55 + 0.6 * light);
        for [sx, sy, r] in &spots {
            if spotted {
                let inside = coverage((x - sx).hypot((y - sy) * 1.2) - r, pixel);
                shade = mix(shade, scaled([0.97, 0.95, 0.9], 0.7 + 0.35 * light), inside);
            }
        }
        over(with_alpha(shade, coverage(cap, pixel)), below)
    })
}

/// The distance from the outline, negative inside, to first order.
fn outline(thing: Thing, [x, y]: [f32; 2], facets: usize) -> f32 {
    match thing {
        Thing::Star => star([x, y]),
        Thing::Heart => heart([x, y]),
        Thing::Gem => polygon([x, y], facets, 0.9),
        _ => x.hypot(y) - 0.9,
    }
}

/// A five-pointed star with its tip up.
fn star([x, y]: [f32; 2]) -> f32 {
    let fifth = std::f32::consts::TAU / 5.0;
    let angle = (x.atan2(-y) + 0.5 * fifth).rem_euclid(fifth) - 0.5 * fifth;
    let (radius, angle) = (x.hypot(y), angle.abs());
    let (px, py) = (radius * angle.sin(), radius * angle.cos());
    // The edge from the tip at (0, 0.95) to the notch.
    let notch = [0.42 * (0.5 * fifth).sin(), 0.42 * (0.5 * fifth).cos()];
    let edge = [notch[0], notch[1] - 0.95];
    let length = edge[0].hypot(edge[1]);
    (-edge[1] * px + edge[0] * (py - 0.95)) / length
}

fn heart([x, y]: [f32; 2]) -> f32 {
    let (x, y) = (x.abs() * 1.05, -y * 1.05 + 0.1);
    let lobe = (x - 0.42).hypot(y - 0.38) - 0.5;
    // Below the lobes: two straight flanks to the tip.
    let flank = (0.78 * x - 0.62 * (y + 0.86)) / 0.996;
    let flank = flank.max(y - 0.45).max(-y - 0.9);
    lobe.min(flank.max(x - 0.9)) / 1.05
}

fn polygon([x, y]: [f32; 2], sides: usize, radius: f32) -> f32 {
    let part = std::f32::consts::TAU / sides as f32;
    let angle = (x.atan2(-y)).rem_euclid(part) - 0.5 * part;
    x.hypot(y) * angle.cos() - radius * (0.5 * part).cos()
}

/// The surface of a cushion over the outline.
fn bulge(thing: Thing, p: [f32; 2], facets: usize) -> [f32; 3] {
    if thing == Thing::Ball {
        let (x, y) = (p[0] / 0.9, p[1] / 0.9);
        return [x, y, (1.0 - x * x - y * y).max(0.0).sqrt()];
    }
    const STEP: f32 = 0.02;
    let height = |x: f32, y: f32| (-outline(thing, [x, y], facets)).max(0.0).sqrt().min(0.75);
    let slope = |dx: f32, dy: f32| {
        (height(p[0] - dx, p[1] - dy) - height(p[0] + dx, p[1] + dy)) / (2.0 * STEP)
    };
    let (x, y) = (slope(STEP, 0.0) * 0.6, slope(0.0, STEP) * 0.6);
    let length = (x * x + y * y + 1.0).sqrt();
    [x / length, y / length, 1.0 / length]
}

fn grain(seed: u64, [x, y]: [f32; 2], colour: [f32; 3]) -> [f32; 3] {
    let warp = cloudy(seed, x * 1.5, y * 1.5, 2);
    let rings = (14.0 * (x + 0.35 * warp)).sin() * 0.5 + 0.5;
    let base = mix(colour, [0.55, 0.36, 0.18], 0.35);
    scaled(base, 0.72 + 0.34 * rings + 0.14 * noise(seed ^ 1, x * 30.0, y * 3.0))
}

fn facet([x, y]: [f32; 2], sides: usize, colour: [f32; 3], dark: bool) -> [f32; 3] {
    let part = std::f32::consts::TAU / sides as f32;
    let index = (x.atan2(-y).rem_euclid(std::f32::consts::TAU) / part).floor();
    let (sin, cos) = ((index + 0.5) * part).sin_cos();
    let towards_light = -0.6 * sin + 0.7 * cos;
    let table = polygon([x, y], sides, 0.5) < 0.0;
    let factor = if table { 1.0 } else { 0.75 + 0.45 * towards_light };
    scaled(
        mix(colour, [1.0; 3], if table { 0.25 } else { 0.05 }),
        if dark { 0.6 } else { 1.0 } * factor,
    )
}
