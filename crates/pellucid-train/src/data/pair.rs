//! A layer put into surroundings, with what it does to them.

use pellucid_pixel::blur::{Gaussian, gaussian_blur};

use super::background::Place;
use super::canvas::{Canvas, mix, with_alpha};
use super::thing::{Look, Thing};

/// The layer over the background, with a contact shadow or a glow where the thing has one.
pub fn blend(
    (thing, look): (Thing, &Look),
    foreground: &Canvas,
    place: Place,
    background: &Canvas,
) -> Canvas {
    let mut picture = background.clone();
    if thing.is_grounded() && place != Place::Sky {
        picture.over(&contact_shadow(foreground));
    }
    if thing.glows() {
        shine(&mut picture, look);
    }
    picture.over(foreground);
    picture
}

/// A layer blurred by a deviation in pixels.
pub(super) fn blurred(canvas: &Canvas, deviation: f32) -> Canvas {
    Canvas::of_image(&gaussian_blur(&canvas.image(), Gaussian::new(deviation)))
}

/// Dark where the layer touches the ground: its alpha, flattened onto its lowest line and blurred.
pub fn contact_shadow(foreground: &Canvas) -> Canvas {
    /// Height of the shadow as part of the height of what throws it.
    const FLATNESS: f32 = 0.22;
    const STRENGTH: f32 = 0.55;
    let size = foreground.size;
    let occupied = |row: &[[f32; 4]]| row.iter().any(|pixel| pixel[3] > 0.3);
    let Some(lowest) = foreground.pixels.chunks(size).rposition(occupied) else {
        return Canvas::clear(size);
    };
    let floor = (2 * lowest + 1) as f32 / size as f32 - 1.0;
    let flat = Canvas::paint(size, |[x, y]| {
        let height = (floor + 0.03 - y) / FLATNESS;
        let source = [x - 0.25 * height.max(0.0), floor - height.abs().min(2.0)];
        let [column, row] = source.map(|v| ((v + 1.0) * 0.5 * size as f32).floor());
        let side = size as f32;
        let inside = column >= 0.0 && row >= 0.0 && column < side && row < side;
        let alpha =
            if inside { foreground.pixels[row as usize * size + column as usize][3] } else { 0.0 };
        with_alpha([0.02, 0.02, 0.04], alpha * STRENGTH)
    });
    blurred(&flat, 0.025 * size as f32)
}

/// Light that the thing throws on everything around it.
fn shine(picture: &mut Canvas, look: &Look) {
    let size = picture.size;
    let colour = look.colour.typical();
    for (index, pixel) in picture.pixels.iter_mut().enumerate() {
        let at = |i: usize| (2 * i + 1) as f32 / size as f32 - 1.0;
        let (x, y) = (at(index % size) - look.centre[0], at(index / size) - look.centre[1]);
        let reach = 1.6 * look.scale;
        let light = 0.32 * (-(x * x + y * y) / (reach * reach)).exp();
        let [r, g, b, a] = *pixel;
        let lit: [f32; 3] = std::array::from_fn(|i| {
            let below = [r, g, b][i];
            below + (1.0 - below) * colour[i] * light
        });
        *pixel = with_alpha(mix([r, g, b], lit, 1.0), a);
    }
}
