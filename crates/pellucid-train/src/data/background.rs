//! Opaque surroundings.

use super::canvas::{Canvas, coverage, mix, scaled, step, with_alpha};
use super::colour::Colour;
use super::noise::{cloudy, noise};
use crate::random::Random;

/// A place to put things.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the names are the documentation")]
pub enum Place {
    Table,
    Sky,
    Meadow,
    Night,
    Room,
    Beach,
    Plain,
}

impl Place {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Table, Self::Sky, Self::Meadow, Self::Night, Self::Room, Self::Beach, Self::Plain];

    /// How captions say that something is there.
    pub fn phrase(self, colour: Colour) -> String {
        match self {
            Self::Table => "on a wooden table".into(),
            Self::Sky => "in the sky".into(),
            Self::Meadow => "in a meadow".into(),
            Self::Night => "at night".into(),
            Self::Room => "in a room".into(),
            Self::Beach => "on a beach".into(),
            Self::Plain => format!("on a plain {} background", colour.name()),
        }
    }

    /// How captions name the place itself.
    pub fn noun(self, colour: Colour) -> String {
        match self {
            Self::Table => "a wooden table".into(),
            Self::Sky => "the sky".into(),
            Self::Meadow => "a meadow".into(),
            Self::Night => "a landscape at night".into(),
            Self::Room => "a room".into(),
            Self::Beach => "a beach".into(),
            Self::Plain => format!("a plain {} background", colour.name()),
        }
    }

    /// Draws it.
    pub fn draw(self, colour: Colour, size: usize, random: &mut Random) -> Canvas {
        let canvas = match self {
            Self::Table => table(size, random),
            Self::Sky => sky(size, random),
            Self::Meadow => meadow(size, random),
            Self::Night => night(size, random),
            Self::Room => room(size, random),
            Self::Beach => beach(size, random),
            Self::Plain => plain(colour, size, random),
        };
        canvas.sound()
    }
}

fn table(size: usize, random: &mut Random) -> Canvas {
    let seed = random.next();
    let wall = random.pick(&Colour::ALL).shade(random);
    let wall = mix(wall, [0.72, 0.70, 0.66], 0.65);
    let wood = mix([0.50, 0.31, 0.16], [0.74, 0.55, 0.33], random.unit());
    let edge = random.between(-0.15, 0.2);
    let planks = random.between(2.0, 3.2);
    Canvas::paint(size, move |[x, y]| {
        if y < edge {
            let light = 1.0 - 0.3 * (x * 0.5 - y * 0.3) + 0.05 * cloudy(seed, x * 2.0, y * 2.0, 3);
            return with_alpha(scaled(wall, light), 1.0);
        }
        // Planks run towards the viewer and grow with nearness.
        let depth = (y - edge) / (1.0 - edge);
        let across = x * planks / (0.55 + 0.75 * depth);
        let plank = across.floor();
        let seam = (across - plank - 0.5).abs();
        let tone = 0.82 + 0.28 * noise(seed, plank * 7.3, 0.5);
        let lines = noise(seed ^ 5, across * 16.0, depth * 3.0 + plank);
        let shade = tone * (0.85 + 0.22 * lines) * (0.78 + 0.28 * depth);
        let shade = shade * (1.0 - 0.5 * step(0.46, 0.5, seam));
        with_alpha(scaled(wood, shade * step(-0.03, 0.06, depth).max(0.75)), 1.0)
    })
}

fn sky(size: usize, random: &mut Random) -> Canvas {
    let seed = random.next();
    let cover = random.between(0.45, 0.7);
    let zenith = mix([0.18, 0.42, 0.82], [0.30, 0.58, 0.92], random.unit());
    let horizon = mix([0.75, 0.87, 0.97], [0.96, 0.85, 0.74], random.unit() * 0.7);
    Canvas::paint(size, move |[x, y]| {
        let height = (1.0 - y) * 0.5;
        let cloud = cloudy(seed, x * 1.6, y * 2.8, 4);
        let cloud = 0.9 * step(cover, cover + 0.22, cloud);
        let light = 0.92 + 0.08 * cloudy(seed ^ 2, x * 3.0, y * 5.0, 2);
        with_alpha(mix(mix(horizon, zenith, height), [light; 3], cloud), 1.0)
    })
}

fn meadow(size: usize, random: &mut Random) -> Canvas {
    let seed = random.next();
    let horizon = random.between(-0.35, 0.0);
    let grass = mix([0.27, 0.52, 0.14], [0.46, 0.62, 0.22], random.unit());
    let high = mix([0.45, 0.68, 0.93], [0.62, 0.80, 0.95], random.unit());
    Canvas::paint(size, move |[x, y]| {
        let hill = horizon + 0.09 * (cloudy(seed, x * 1.3, 0.5, 2) - 0.5);
        let far = horizon - 0.12 + 0.2 * (cloudy(seed ^ 1, x * 1.7 + 9.0, 0.5, 2) - 0.5);
        let above = mix([0.88, 0.93, 0.97], high, ((horizon - y) * 0.9).clamp(0.0, 1.0));
        let depth = ((y - hill) / (1.0 - hill)).clamp(0.0, 1.0);
        let blades = noise(seed ^ 2, x * 26.0 / (0.35 + depth), depth * 16.0);
        let patches = cloudy(seed ^ 3, x * 2.2, y * 4.0, 2);
        let near = scaled(grass, 0.62 + 0.34 * blades * (0.4 + depth) + 0.34 * patches);
        let trees = scaled(mix(grass, [0.30, 0.44, 0.40], 0.5), 0.75 + 0.25 * patches);
        let pixel = 2.0 / size as f32;
        let sky = mix(above, trees, coverage(far - y, pixel));
        with_alpha(mix(sky, near, coverage(hill - y, pixel)), 1.0)
    })
}

fn night(size: usize, random: &mut Random) -> Canvas {
    let seed = random.next();
    let horizon = random.between(0.2, 0.5);
    let moon = [random.between(-0.8, 0.8), random.between(-0.85, -0.4)];
    let stars: Vec<[f32; 3]> = (0..45)
        .map(|_| {
            [random.between(-1.0, 1.0), random.between(-1.0, horizon), random.between(0.4, 1.0)]
        })
        .collect();
    Canvas::paint(size, move |[x, y]| {
        let pixel = 2.0 / size as f32;
        let height = ((horizon - y) / (1.0 + horizon)).clamp(0.0, 1.0);
        let mut colour = mix([0.13, 0.16, 0.34], [0.02, 0.03, 0.11], height);
        for [sx, sy, strength] in &stars {
            let far = (x - sx).hypot(y - sy);
            if far < 2.0 * pixel {
                colour =
                    mix(colour, [1.0, 1.0, 0.94], strength * step(1.1 * pixel, 0.2 * pixel, far));
            }
        }
        let far = (x - moon[0]).hypot(y - moon[1]);
        let glow = 0.35 * (-far * far * 12.0).exp();
        colour = mix(colour, [0.85, 0.87, 0.80], glow.max(coverage(far - 0.11, pixel)));
        let hill = horizon + 0.16 * (cloudy(seed, x * 1.6, 0.5, 3) - 0.5);
        let ground = mix([0.02, 0.04, 0.05], [0.06, 0.09, 0.12], noise(seed ^ 1, x * 5.0, y * 9.0));
        with_alpha(mix(colour, ground, coverage(hill - y, pixel)), 1.0)
    })
}

fn room(size: usize, random: &mut Random) -> Canvas {
    let wall = mix(random.pick(&Colour::ALL).shade(random), [0.88, 0.85, 0.80], 0.6);
    let floor = mix([0.42, 0.30, 0.20], [0.66, 0.60, 0.54], random.unit());
    let line = random.between(0.25, 0.5);
    let window = [random.between(-0.6, 0.6), random.between(-0.5, -0.3)];
    let seed = random.next();
    Canvas::paint(size, move |[x, y]| {
        let pixel = 2.0 / size as f32;
        let light = 1.06 - 0.28 * (x - window[0]).hypot(y - window[1]);
        let paper = 0.97 + 0.05 * ((x * 14.0).sin() * 0.5 + 0.5);
        let mut colour = scaled(wall, light * paper);
        let (wx, wy) = ((x - window[0]).abs() - 0.26, (y - window[1]).abs() - 0.32);
        let frame = coverage(wx.max(wy) - 0.04, pixel);
        colour = mix(colour, [0.94, 0.93, 0.9], frame);
        let bars = (x - window[0]).abs().min((y - window[1]).abs()) - 0.018;
        let pane = coverage(wx.max(wy), pixel) * (1.0 - coverage(bars, pixel));
        colour =
            mix(colour, mix([0.62, 0.80, 0.95], [0.86, 0.93, 0.98], (y - window[1]) + 0.5), pane);
        let skirting = coverage((y - line + 0.035).abs() - 0.035, pixel);
        colour = mix(colour, [0.90, 0.88, 0.85], skirting);
        let depth = ((y - line) / (1.0 - line)).clamp(0.0, 1.0);
        let boards = noise(seed, (x / (0.5 + depth)) * 5.0, 0.3).mul_add(0.25, 0.75);
        let boards = scaled(floor, boards + 0.25 * depth);
        with_alpha(mix(colour, boards, coverage(line - y, pixel)), 1.0)
    })
}

fn beach(size: usize, random: &mut Random) -> Canvas {
    let seed = random.next();
    let (horizon, shore) = (random.between(-0.35, -0.15), random.between(0.05, 0.3));
    let sand = mix([0.86, 0.76, 0.56], [0.93, 0.85, 0.70], random.unit());
    Canvas::paint(size, move |[x, y]| {
        let pixel = 2.0 / size as f32;
        let above =
            mix([0.86, 0.92, 0.96], [0.40, 0.66, 0.92], ((horizon - y) * 1.1).clamp(0.0, 1.0));
        let waves = noise(seed, x * 4.0, y * 30.0);
        let depth = ((y - horizon) / (shore - horizon)).clamp(0.0, 1.0);
        let sea = mix([0.06, 0.30, 0.52], [0.28, 0.66, 0.70], depth);
        let sea = scaled(sea, 0.86 + 0.3 * waves);
        let edge = shore + 0.05 * (cloudy(seed ^ 1, x * 2.5, 0.5, 2) - 0.5);
        let foam = step(0.05, 0.0, (y - edge).abs());
        let grains = cloudy(seed ^ 2, x * 14.0, y * 20.0, 2);
        let ground = scaled(sand, 0.82 + 0.26 * grains);
        let colour = mix(above, sea, coverage(horizon - y, pixel));
        let colour = mix(colour, ground, coverage(edge - y, pixel));
        with_alpha(mix(colour, [0.97, 0.98, 0.98], 0.8 * foam), 1.0)
    })
}

fn plain(colour: Colour, size: usize, random: &mut Random) -> Canvas {
    let colour = mix(colour.shade(random), [0.8; 3], random.between(0.0, 0.25));
    let (sin, cos) = random.between(0.0, std::f32::consts::TAU).sin_cos();
    let strength = random.between(0.08, 0.3);
    Canvas::paint(size, move |[x, y]| {
        with_alpha(scaled(colour, 0.95 + strength * 0.6 * (x * cos + y * sin)), 1.0)
    })
}
