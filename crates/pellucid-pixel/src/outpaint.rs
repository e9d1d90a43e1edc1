//! Room around a picture, and the matte of what is to be painted there.

use rayon::prelude::*;

use crate::transform::{Rect, crop};
use crate::{Alpha, Edge, Image, ImageFact, Matte, MatteFact};

/// Room around a picture, in pixels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Room {
    /// On the left.
    pub left: u32,
    /// At the top.
    pub top: u32,
    /// On the right.
    pub right: u32,
    /// At the bottom.
    pub bottom: u32,
    /// How far the matte reaches into the picture.
    pub feather: u32,
}

/// The picture with room of one half in every channel around it, and the matte of what is new.
///
/// The matte is 1 in the room; in the picture it is `((f - d) / f)²` at a distance `d` less than
/// the feather `f` from the nearest side that has room (counted from 0 at the left and the top,
/// from 1 at the right and the bottom), and 0 where the picture is not larger than twice the
/// feather. The picture is opaque as it was, else straight.
pub fn outpaint(image: &Image, room: Room) -> (Image, Matte) {
    (padded(image, room), matte(image.fact.size(), room))
}

/// The fact of the picture that [`outpaint`] gives.
pub fn outpaint_fact(fact: &ImageFact, room: Room) -> ImageFact {
    let alpha = if fact.alpha == Alpha::Opaque { Alpha::Opaque } else { Alpha::Straight };
    let side = |size: u32, a: u32, b: u32| size.saturating_add(a).saturating_add(b);
    ImageFact {
        width: side(fact.width, room.left, room.right),
        height: side(fact.height, room.top, room.bottom),
        alpha,
        ..*fact
    }
}

fn padded(image: &Image, room: Room) -> Image {
    let fact = outpaint_fact(&image.fact, room);
    let image = image.in_state(fact.alpha);
    let (left, top) = (i64::from(room.left), i64::from(room.top));
    let around = Rect { x: -left, y: -top, width: fact.width, height: fact.height };
    let solid = crop(&image, around, Edge::Clamp);
    let fill = if fact.alpha == Alpha::Opaque { [0.5, 0.5, 0.5, 1.0] } else { [0.5; 4] };
    let inner = Rect { x: left, y: top, width: image.fact.width, height: image.fact.height };
    crate::transform::surround(&solid, inner, fact.alpha, fill)
}

fn matte((width, height): (u32, u32), room: Room) -> Matte {
    let side = |size: u32, a: u32, b: u32| size.saturating_add(a).saturating_add(b);
    let fact =
        MatteFact::new(side(width, room.left, room.right), side(height, room.top, room.bottom));
    let soft = u64::from(room.feather) * 2 < u64::from(width.min(height));
    let feather = if soft { room.feather } else { 0 };
    let mut values = vec![1.0; fact.len()];
    values.par_chunks_mut(fact.width as usize).enumerate().for_each(|(y, row)| {
        let Some(y) = (y as u32).checked_sub(room.top).filter(|y| *y < height) else { return };
        let down = distance(y, height, room.top, room.bottom);
        for (x, value) in row[room.left as usize..][..width as usize].iter_mut().enumerate() {
            let d = down.min(distance(x as u32, width, room.left, room.right));
            *value = if d < feather { ramp(d, feather) } else { 0.0 };
        }
    });
    Matte::new(fact, values)
}

/// From position `i` to the nearer end that has room; the whole side where none has.
fn distance(i: u32, side: u32, start: u32, end: u32) -> u32 {
    let to_start = if start > 0 { i } else { side };
    to_start.min(if end > 0 { side - i } else { side })
}

fn ramp(d: u32, feather: u32) -> f32 {
    let v = f64::from(feather - d) / f64::from(feather);
    (v * v) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_matte_is_one_in_the_room_and_fades_into_the_picture() {
        let image = Image::filled(ImageFact::new(6, 5, Alpha::Opaque), [0.1, 0.2, 0.3, 1.0]);
        let room = Room { left: 1, right: 2, feather: 2, ..Room::default() };
        let (padded, matte) = outpaint(&image, room);
        assert_eq!((padded.fact.size(), padded.fact.alpha), ((9, 5), Alpha::Opaque));
        assert_eq!((padded.pixels[0], padded.pixels[1]), ([0.5, 0.5, 0.5, 1.0], image.pixels[0]));
        // Distances to the left 0 1 2 ..., to the right ... 2 1.
        assert_eq!(matte.values[..9], [1.0, 1.0, 0.25, 0.0, 0.0, 0.0, 0.25, 1.0, 1.0]);
        assert_eq!(matte.values[36..], matte.values[..9]);
    }

    #[test]
    fn a_feather_of_half_the_picture_is_none() {
        let image = Image::filled(ImageFact::new(4, 9, Alpha::Straight), [0.1, 0.2, 0.3, 0.0]);
        let (padded, matte) = outpaint(&image, Room { top: 1, feather: 2, ..Room::default() });
        assert_eq!((padded.pixels[0], padded.pixels[4]), ([0.5; 4], [0.1, 0.2, 0.3, 0.0]));
        assert_eq!(matte.values[..8], [1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0]);
    }
}
