//! Two pictures side by side.

use crate::frames::image_frame;
use crate::{Alpha, Image, ImageFact, Pixel};

/// On which side of the first picture the second one lies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Neighbour {
    /// On its right.
    #[default]
    Right,
    /// Below it.
    Down,
    /// On its left.
    Left,
    /// Above it.
    Up,
}

impl Neighbour {
    /// The names used in graphs, default first.
    pub const NAMES: &'static [(&'static str, Self)] =
        &[("right", Self::Right), ("down", Self::Down), ("left", Self::Left), ("up", Self::Up)];

    /// True for right and left.
    pub fn is_beside(self) -> bool {
        matches!(self, Self::Right | Self::Left)
    }
}

/// How two pictures are put side by side.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Stitch {
    /// Where the second one lies.
    pub side: Neighbour,
    /// Pixels between the two.
    pub gap: u32,
    /// The straight colour between the two, encoded as the first picture.
    pub gap_colour: Pixel,
    /// The straight colour on both sides of the picture that is smaller across.
    pub padding: Pixel,
}

/// Puts two pictures side by side, the smaller one in the middle. The shorter batch goes on with
/// its last picture. The fact of the result is that of [`stitch_fact`].
pub fn stitch(a: &Image, b: &Image, how: Stitch) -> Image {
    let fact = stitch_fact(&a.fact, &b.fact, how);
    let b = b.encoded(a.fact.encoding).in_state(fact.alpha);
    let a = a.in_state(fact.alpha);
    let [at_a, at_gap, at_b] = places(&a.fact, &b.fact, how);
    let mut pixels = Vec::with_capacity(fact.len());
    for index in 0..fact.batch {
        let mut frame = vec![how.padding; fact.frame_len()];
        fill(&mut frame, fact.width, at_gap, |_| how.gap_colour);
        fill(&mut frame, fact.width, at_a, |i| image_frame(&a, index)[i]);
        fill(&mut frame, fact.width, at_b, |i| image_frame(&b, index)[i]);
        pixels.append(&mut frame);
    }
    Image::new(fact, pixels)
}

/// What [`stitch`] gives: in the encoding of the first picture, opaque where both pictures and the
/// colours that are seen are, else straight.
pub fn stitch_fact(a: &ImageFact, b: &ImageFact, how: Stitch) -> ImageFact {
    let beside = how.side.is_beside();
    let across = |fact: &ImageFact| if beside { fact.height } else { fact.width };
    let along = |fact: &ImageFact| if beside { fact.width } else { fact.height };
    let long = along(a).saturating_add(how.gap).saturating_add(along(b));
    let wide = across(a).max(across(b));
    let solid = [a, b].iter().all(|fact| fact.alpha == Alpha::Opaque)
        && (across(a) == across(b) || how.padding[3] == 1.0)
        && (how.gap == 0 || how.gap_colour[3] == 1.0);
    let (width, height) = if beside { (long, wide) } else { (wide, long) };
    let alpha = if solid { Alpha::Opaque } else { Alpha::Straight };
    ImageFact { width, height, batch: a.batch.max(b.batch), alpha, ..*a }
}

/// x, y, width and height.
type Place = [u32; 4];

/// Where the first picture, the gap and the second picture lie.
fn places(a: &ImageFact, b: &ImageFact, how: Stitch) -> [Place; 3] {
    let beside = how.side.is_beside();
    let size = |fact: &ImageFact| {
        if beside { (fact.width, fact.height) } else { (fact.height, fact.width) }
    };
    let ((along_a, across_a), (along_b, across_b)) = (size(a), size(b));
    let across = across_a.max(across_b);
    let a_first = matches!(how.side, Neighbour::Right | Neighbour::Down);
    let first = if a_first { along_a } else { along_b };
    let (a_at, b_at) = if a_first { (0, first + how.gap) } else { (first + how.gap, 0) };
    let place = |start: u32, along: u32, own: u32| {
        let centred = (across - own) / 2;
        if beside { [start, centred, along, own] } else { [centred, start, own, along] }
    };
    [place(a_at, along_a, across_a), place(first, how.gap, across), place(b_at, along_b, across_b)]
}

fn fill(frame: &mut [Pixel], across: u32, [x, y, w, h]: Place, pixel: impl Fn(usize) -> Pixel) {
    for row in 0..h as usize {
        let start = (y as usize + row) * across as usize + x as usize;
        for (column, out) in frame[start..][..w as usize].iter_mut().enumerate() {
            *out = pixel(row * w as usize + column);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(values: &[f32]) -> Image {
        let fact = ImageFact::new(1, values.len() as u32, Alpha::Opaque);
        Image::new(fact, values.iter().map(|v| [*v, *v, *v, 1.0]).collect())
    }

    fn reds(image: &Image) -> Vec<f32> {
        image.pixels.iter().map(|pixel| pixel[0]).collect()
    }

    #[test]
    fn pictures_lie_on_the_side_they_are_told_to() {
        let (a, b) = (column(&[0.1]), column(&[0.2]));
        let how = Stitch { gap: 1, gap_colour: [0.9, 0.0, 0.0, 1.0], ..Stitch::default() };
        for (side, want, size) in [
            (Neighbour::Right, [0.1, 0.9, 0.2], (3, 1)),
            (Neighbour::Left, [0.2, 0.9, 0.1], (3, 1)),
            (Neighbour::Down, [0.1, 0.9, 0.2], (1, 3)),
            (Neighbour::Up, [0.2, 0.9, 0.1], (1, 3)),
        ] {
            let got = stitch(&a, &b, Stitch { side, ..how });
            assert_eq!((reds(&got), got.fact.size()), (want.to_vec(), size), "{side:?}");
            assert_eq!(got.fact.alpha, Alpha::Opaque);
        }
    }

    #[test]
    fn the_smaller_one_lies_in_the_middle_nearer_the_start() {
        let how = Stitch { padding: [0.5, 0.5, 0.5, 0.0], ..Stitch::default() };
        let got = stitch(&column(&[0.1]), &column(&[0.2, 0.3, 0.4, 0.6]), how);
        assert_eq!(reds(&got), [0.5, 0.2, 0.1, 0.3, 0.5, 0.4, 0.5, 0.6]);
        assert_eq!((got.fact.alpha, got.pixels[0][3]), (Alpha::Straight, 0.0));
    }

    #[test]
    fn the_shorter_batch_goes_on_with_its_last_picture() {
        let batch = |values: &[f32]| {
            let fact = ImageFact { batch: values.len() as u32, ..column(&[0.0]).fact };
            Image::new(fact, values.iter().map(|v| [*v, *v, *v, 1.0]).collect())
        };
        let got = stitch(&batch(&[0.1, 0.2]), &batch(&[0.3, 0.4, 0.5]), Stitch::default());
        assert_eq!(reds(&got), [0.1, 0.3, 0.2, 0.4, 0.2, 0.5]);
    }
}
