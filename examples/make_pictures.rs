//! Draws the small pictures that the graphs in `graphs/` use, from nothing but arithmetic:
//! `cargo run -p pellucid-tests --example make_pictures`. The same program gives the same bytes.

use std::f32::consts::TAU;
use std::fs;
use std::path::Path;

use pellucid_pixel::files::{EncodeOptions, Format, encode};
use pellucid_pixel::{Alpha, Image, ImageFact};

type Pixel = [f32; 4];

fn main() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples");
    let opaque = [
        ("table.jpg", draw(640, 480, table)),
        ("meadow.jpg", draw(640, 480, meadow)),
        ("greenscreen.jpg", draw(480, 360, greenscreen)),
    ];
    for (name, image) in opaque {
        write(&dir.join(name), &flat(&image), Format::Jpeg);
    }
    let cut_out = [
        ("bottle.png", draw(220, 440, bottle)),
        ("dandelion.png", draw(300, 420, dandelion)),
        ("hazy_leaf.png", draw(256, 256, hazy_leaf)),
        ("coin.png", draw(64, 64, coin)),
        ("star.png", draw(64, 64, star)),
        ("heart.png", draw(64, 64, heart)),
        ("gem.png", draw(64, 64, gem)),
    ];
    for (name, image) in cut_out {
        write(&dir.join(name), &image, Format::Png);
    }
}

fn write(path: &Path, image: &Image, format: Format) {
    let options = EncodeOptions { quality: 92, ..EncodeOptions::new(format) };
    let bytes = encode(image, format, &options).expect("a picture that can be written");
    fs::write(path, bytes).expect("a folder that can be written to");
}

/// Samples a drawing on a 3x3 grid in every pixel; `x` runs from 0 to the aspect, `y` from 0 to 1.
fn draw(width: u32, height: u32, drawing: fn(f32, f32) -> Pixel) -> Image {
    let fact = ImageFact::new(width, height, Alpha::Straight);
    let pixel = |index: usize| {
        let (column, row) = (index % width as usize, index / width as usize);
        let mut sum = [0.0; 4];
        for sub in 0..9 {
            let x = (column as f32 + (sub % 3) as f32 / 3.0 + 1.0 / 6.0) / height as f32;
            let y = (row as f32 + (sub / 3) as f32 / 3.0 + 1.0 / 6.0) / height as f32;
            let [r, g, b, a] = drawing(x, y);
            sum = [sum[0] + r * a, sum[1] + g * a, sum[2] + b * a, sum[3] + a];
        }
        let a = sum[3].max(1e-6);
        [sum[0] / a, sum[1] / a, sum[2] / a, sum[3] / 9.0].map(|v| v.clamp(0.0, 1.0))
    };
    Image::new(fact, (0..fact.len()).map(pixel).collect())
}

fn flat(image: &Image) -> Image {
    let fact = ImageFact { alpha: Alpha::Opaque, ..image.fact };
    image.map(fact, |[r, g, b, _]| [r, g, b, 1.0])
}

/// A value from 0 to 1 for a point of the integer grid.
fn hash(x: i32, y: i32, seed: u32) -> f32 {
    let mut h = (x as u32).wrapping_mul(0x9e37_79b1) ^ (y as u32).wrapping_mul(0x85eb_ca77) ^ seed;
    h = (h ^ (h >> 15)).wrapping_mul(0x2c1b_3c6d);
    h = (h ^ (h >> 12)).wrapping_mul(0x297a_2d39);
    (h ^ (h >> 15)) as f32 / u32::MAX as f32
}

/// Smooth noise from 0 to 1.
fn noise(x: f32, y: f32, seed: u32) -> f32 {
    let (i, j) = (x.floor(), y.floor());
    let smooth = |t: f32| t * t * (3.0 - 2.0 * t);
    let (u, v) = (smooth(x - i), smooth(y - j));
    let at = |dx: i32, dy: i32| hash(i as i32 + dx, j as i32 + dy, seed);
    let top = at(0, 0) + (at(1, 0) - at(0, 0)) * u;
    let bottom = at(0, 1) + (at(1, 1) - at(0, 1)) * u;
    top + (bottom - top) * v
}

/// Four octaves of noise, from 0 to 1.
fn cloud(x: f32, y: f32, seed: u32) -> f32 {
    let octave = |n: i32| noise(x * 2f32.powi(n), y * 2f32.powi(n), seed + n as u32) / 2f32.powi(n);
    (0..4).map(octave).sum::<f32>() / 1.875
}

fn step(edge: f32, softness: f32, v: f32) -> f32 {
    let t = ((v - edge) / softness + 0.5).clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}

fn mix(a: [f32; 3], b: [f32; 3], t: f32) -> [f32; 3] {
    std::array::from_fn(|c| a[c] + (b[c] - a[c]) * t)
}

fn solid(rgb: [f32; 3]) -> Pixel {
    [rgb[0], rgb[1], rgb[2], 1.0]
}

/// A wooden table before a wall, lit from the upper left.
fn table(x: f32, y: f32) -> Pixel {
    let wall = mix([0.63, 0.66, 0.68], [0.36, 0.38, 0.42], (x * 0.5 + y * 0.9).min(1.0));
    let depth = ((y - 0.58) / 0.42).max(0.0);
    let across = (x - 0.66) / (0.35 + depth) + 4.0;
    let plank = (across * 2.2).floor();
    let grain = cloud(across * 30.0, (1.0 / (0.2 + depth)) * 2.0 + plank * 7.0, 3);
    let seam = step(0.03, 0.03, (across * 2.2 - plank).min(1.0 - (across * 2.2 - plank)));
    let tone = 0.75 + 0.2 * hash(plank as i32, 0, 9);
    let wood = mix([0.30, 0.17, 0.09], [0.66, 0.43, 0.25], grain * tone);
    let wood = mix([0.10, 0.06, 0.04], wood, seam);
    let light = 1.15 - 0.55 * ((x - 0.35).powi(2) + (y - 0.7).powi(2)).sqrt();
    let shaded = wood.map(|v| v * light);
    solid(mix(wall, shaded, step(0.58, 0.006, y)))
}

/// A meadow under an evening sky.
fn meadow(x: f32, y: f32) -> Pixel {
    let sky = mix([0.22, 0.38, 0.66], [0.98, 0.78, 0.55], (y / 0.6).clamp(0.0, 1.0));
    let clouds = step(0.55, 0.35, cloud(x * 2.5, y * 7.0, 21)) * 0.7;
    let sky = mix(sky, [1.0, 0.93, 0.88], clouds);
    let horizon = 0.6 + 0.03 * (x * 5.0).sin() + 0.02 * noise(x * 6.0, 0.0, 5);
    let near = ((y - horizon) / (1.0 - horizon)).max(0.0);
    let blades = noise(x * (60.0 + 80.0 * near), y * 14.0, 8);
    let grass = mix([0.16, 0.30, 0.12], [0.52, 0.62, 0.22], blades * 0.7 + 0.3 * (1.0 - near));
    solid(mix(sky, grass, step(horizon, 0.008, y)))
}

/// A potted plant before a green screen, with green light on its edges.
fn greenscreen(x: f32, y: f32) -> Pixel {
    let screen = mix([0.10, 0.70, 0.26], [0.05, 0.55, 0.20], noise(x * 3.0, y * 3.0, 4));
    let mut best: (f32, [f32; 3]) = (0.0, [0.0; 3]);
    let pot = step(0.0, 0.008, 0.13 + 0.05 * (0.9 - y) - (x - 0.66).abs())
        * step(0.70, 0.006, y)
        * step(0.0, 0.006, 0.95 - y);
    let clay = mix([0.75, 0.36, 0.22], [0.42, 0.18, 0.12], ((x - 0.55) / 0.25).clamp(0.0, 1.0));
    best = if pot > best.0 { (pot, clay) } else { best };
    for leaf in 0..11 {
        let angle = -TAU / 4.0 + (leaf as f32 - 5.0) * 0.21;
        let (dx, dy) = (angle.cos(), angle.sin());
        let (u, v) = (x - 0.66, y - 0.72);
        let along = u * dx + v * dy;
        let across = -u * dy + v * dx + 0.25 * along * along * (leaf as f32 - 5.0) / 5.0;
        let length = 0.50 - 0.03 * (leaf as f32 - 5.0).abs();
        let t = along / length;
        if (0.0..1.0).contains(&t) {
            let width = 0.030 * (t * (1.0 - t) * 4.0).powf(0.7);
            let cover = step(0.0, 0.006, width - across.abs());
            let vein = 1.0 - step(0.004, 0.004, across.abs()) * 0.25;
            let colour = mix([0.55, 0.12, 0.30], [0.93, 0.45, 0.55], t).map(|c| c * vein);
            best = if cover > best.0 { (cover, colour) } else { best };
        }
    }
    // Spill: some of the screen's light lies on what stands before it.
    let lit = mix(best.1, [0.25, 0.75, 0.35], 0.10);
    solid(mix(screen, lit, best.0))
}

/// A green glass bottle: a translucent body with bright edges and highlights.
fn bottle(x: f32, y: f32) -> Pixel {
    let neck = 0.055 + 0.005 * step(0.06, 0.01, 0.06 - y + 0.06);
    let shoulder = step(0.38, 0.22, y);
    let half = neck + (0.20 - neck) * shoulder;
    let u = (x - 0.25) / half;
    let inside = step(0.0, 0.012, half - (x - 0.25).abs())
        * step(0.04, 0.006, y)
        * step(0.0, 0.012, 0.97 - y);
    let edge = u.abs().powi(4);
    let liquid = step(0.50, 0.01, y) * step(0.0, 0.05, 0.93 - u.abs());
    let shine = (-((u + 0.55) / 0.10).powi(2)).exp() + 0.5 * (-((u - 0.62) / 0.06).powi(2)).exp();
    let shine = shine * step(0.12, 0.1, y) * step(0.0, 0.1, 0.92 - y);
    let glass = mix([0.20, 0.55, 0.33], [0.05, 0.22, 0.12], edge);
    let glass = mix(glass, [0.35, 0.10, 0.12], liquid * 0.55);
    let colour = mix(glass, [0.95, 1.0, 0.97], shine.min(1.0));
    let alpha = (0.35 + 0.55 * edge + 0.25 * liquid + 0.6 * shine).min(1.0);
    [colour[0], colour[1], colour[2], alpha * inside]
}

/// A dandelion clock: hundreds of fine hairs of soft alpha on a stem.
fn dandelion(x: f32, y: f32) -> Pixel {
    let (u, v) = (x - 0.357, y - 0.36);
    let (radius, angle) = ((u * u + v * v).sqrt(), v.atan2(u));
    let mut alpha: f32 = 0.0;
    for ring in 0..4 {
        let count = 34.0 + 10.0 * ring as f32;
        let slot = (angle / TAU + 0.5) * count + 0.37 * ring as f32;
        let index = slot.floor();
        let reach = 0.20 + 0.10 * hash(index as i32, ring, 77);
        let lean = (hash(index as i32, ring, 5) - 0.5) * 0.6;
        let off = (slot - index - 0.5 - lean * (radius / 0.3)) / count * TAU * radius;
        let hair = (-(off / 0.0012).powi(2)).exp() * step(0.0, 0.02, reach - radius);
        let tuft_at = radius - reach;
        let tuft = (-(tuft_at / 0.022).powi(2)).exp()
            * (0.35 + 0.65 * (((slot - index) * 9.0 + tuft_at * 60.0).fract() - 0.5).abs() * 2.0)
                .powi(3);
        alpha = alpha.max(0.75 * hair).max(0.6 * tuft * step(0.02, 0.03, radius));
    }
    let core = step(0.0, 0.012, 0.035 - radius);
    let bend = 0.357 + 0.03 * ((y - 0.36) * 3.0).sin();
    let stem = step(0.0, 0.004, 0.0065 - (x - bend).abs()) * step(0.38, 0.01, y);
    let mut colour = mix([0.97, 0.96, 0.92], [0.80, 0.82, 0.84], (radius * 3.0).min(1.0));
    colour = mix(colour, [0.48, 0.36, 0.22], core);
    colour = mix(colour, [0.45, 0.58, 0.24], stem * (1.0 - core));
    [colour[0], colour[1], colour[2], alpha.max(core).max(stem)]
}

/// A leaf as a careless matte leaves it: haze all around, specks, pin holes, not quite solid.
fn hazy_leaf(x: f32, y: f32) -> Pixel {
    let (u, v) = ((x - 0.5) * 0.8 + (y - 0.5) * 0.6, (y - 0.5) * 0.8 - (x - 0.5) * 0.6);
    let t = v / 0.8 + 0.5;
    let serration = 0.012 * (t * 60.0).sin();
    let width = if (0.0..1.0).contains(&t) {
        0.27 * (t * (1.0 - t) * 4.0).powf(0.8) + serration
    } else {
        -1.0
    };
    let inside = step(0.0, 0.02, width - u.abs());
    let vein = (-((u.abs() - 0.3 * ((t * 8.0).fract() - 0.2).abs() * 0.3) / 0.006).powi(2)).exp();
    let colour =
        mix([0.25, 0.48, 0.12], [0.62, 0.74, 0.28], cloud(x * 8.0, y * 8.0, 2) * 0.8 + 0.2 * vein);
    let haze = 0.004 + 0.016 * cloud(x * 4.0, y * 4.0, 31);
    let cell = |n: f32, seed: u32| hash((x * n).floor() as i32, (y * n).floor() as i32, seed);
    let speck = f32::from(cell(128.0, 11) > 0.9975) * 0.5;
    let hole = f32::from(cell(128.0, 12) > 0.996) * inside;
    let alpha = (inside * 0.985 * (1.0 - 0.7 * hole)).max(speck * (1.0 - inside)).max(haze);
    [colour[0], colour[1], colour[2], alpha]
}

fn round(x: f32, y: f32) -> (f32, f32) {
    (((x - 0.5).powi(2) + (y - 0.5).powi(2)).sqrt(), (y - 0.5).atan2(x - 0.5))
}

fn coin(x: f32, y: f32) -> Pixel {
    let (radius, _) = round(x, y);
    let rim = step(0.33, 0.03, radius);
    let light = 0.75 + 0.5 * (0.5 - y) + 0.25 * (0.5 - x);
    let gold = mix([0.98, 0.80, 0.28], [0.80, 0.56, 0.12], rim).map(|v| v * light);
    let mark = step(0.0, 0.03, 0.05 - (x - 0.5).abs()) * step(0.0, 0.03, 0.2 - (y - 0.5).abs());
    let gold = mix(gold, [0.62, 0.40, 0.08], mark);
    [gold[0], gold[1], gold[2], step(0.0, 0.03, 0.44 - radius)]
}

fn star(x: f32, y: f32) -> Pixel {
    let (radius, angle) = round(x, y);
    let point = ((angle + TAU / 4.0) / TAU * 5.0 + 10.0).fract();
    let edge = 0.46 - 0.5 * (point.min(1.0 - point)) * 0.9;
    let colour = mix([1.0, 0.95, 0.55], [0.98, 0.62, 0.15], radius * 2.2);
    [colour[0], colour[1], colour[2], step(0.0, 0.03, edge - radius)]
}

fn heart(x: f32, y: f32) -> Pixel {
    // Two round lobes, and a square on its corner below them.
    let (u, v) = ((x - 0.5).abs(), y);
    let lobe = 0.205 - ((u - 0.185).powi(2) + (v - 0.33).powi(2)).sqrt();
    let point = 0.52 - (u * 1.31 + (v - 0.36).abs() * 1.0);
    let below = point.min(v - 0.34);
    let shine = (-((x - 0.34).powi(2) + (y - 0.30).powi(2)) / 0.006).exp();
    let colour = mix([0.85, 0.10, 0.22], [1.0, 0.75, 0.80], shine);
    [colour[0], colour[1], colour[2], step(0.0, 0.03, lobe.max(below))]
}

fn gem(x: f32, y: f32) -> Pixel {
    let (u, v) = ((x - 0.5).abs(), y);
    let top = (v - 0.18) / 0.22;
    let half = if v < 0.40 { 0.26 + 0.18 * top } else { 0.44 * (0.92 - v) / 0.52 };
    let facet = ((x - 0.5) / half.max(0.02) * 3.0).floor();
    let tone = 0.55 + 0.35 * hash(facet as i32, i32::from(v < 0.40), 6);
    let colour = mix([0.10, 0.35, 0.75], [0.65, 0.92, 1.0], tone);
    let alpha = step(0.0, 0.03, half - u) * step(0.18, 0.02, v) * step(0.0, 0.02, 0.92 - v);
    [colour[0], colour[1], colour[2], 0.88 * alpha]
}
