//! Colours of files to the colours of an image: sRGB-encoded, or linear light with Rec.709
//! primaries.

use std::sync::Arc;

use moxcms::{
    Chromaticity, CicpProfile, ColorPrimaries, ColorProfile, DataColorSpace, Layout, ToneReprCurve,
    TransformF32Executor, TransformOptions,
};
use rayon::prelude::*;

use super::curve::Curve;
use crate::image::{linear_to_srgb, premultiply, srgb_to_linear, unpremultiply};
use crate::{Alpha, Encoding, Pixel};

/// A profile whose result differs by less than this counts as sRGB, and its picture stays
/// untouched: one code of 8 bits, which is what sRGB profiles of different makers differ by.
const SAME_COLOUR: f32 = 1.0 / 255.0;

/// What a picture's samples measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Model {
    /// One channel.
    Grey,
    /// Red, green, blue.
    Rgb,
    /// Amounts of ink.
    Cmyk,
}

/// How the colours of a file become those of an image.
#[derive(Clone)]
pub(super) struct Conversion {
    /// The encoding of the result.
    pub(super) encoding: Encoding,
    step: Step,
}

#[derive(Clone)]
enum Step {
    Nothing,
    Matrix(Arc<MatrixStep>),
    Table(Arc<TransformF32Executor>),
    Ink(Option<Arc<TransformF32Executor>>),
}

/// A curve for each channel, then a matrix between linear primaries.
struct MatrixStep {
    curves: [Curve; 3],
    matrix: [[f32; 3]; 3],
    encoding: Encoding,
}

impl Conversion {
    /// Takes values as they are.
    pub(super) const fn none(encoding: Encoding) -> Self {
        Self { encoding, step: Step::Nothing }
    }

    /// CMYK without a profile: `(1 - ink) * (1 - black)`.
    pub(super) const fn ink() -> Self {
        Self { encoding: Encoding::Srgb, step: Step::Ink(None) }
    }

    /// By an ICC profile; the reason if it does not serve.
    pub(super) fn from_icc(icc: &[u8], model: Model) -> Result<Self, String> {
        let profile = ColorProfile::new_from_slice(icc).map_err(|e| e.to_string())?;
        let space = match profile.color_space {
            DataColorSpace::Gray => Model::Grey,
            DataColorSpace::Rgb => Model::Rgb,
            DataColorSpace::Cmyk => Model::Cmyk,
            _ => return Err("it is of no kind that pictures have".into()),
        };
        if space != model {
            return Err(format!("it is for {space:?}, the picture is {model:?}"));
        }
        Self::from_profile(&profile, model)
    }

    /// Linear or encoded values of other primaries.
    pub(super) fn from_primaries(
        encoding: Encoding,
        gamma: Option<f32>,
        primaries: Option<&Primaries>,
    ) -> Result<Self, String> {
        let mut profile = primaries.unwrap_or(&Primaries::REC709).profile();
        let curve = match (encoding, gamma) {
            (Encoding::Linear, _) => Some(1.0),
            (Encoding::Srgb, gamma) => gamma,
        };
        if let Some(gamma) = curve {
            set_curve(&mut profile, ToneReprCurve::Parametric(vec![gamma]));
        }
        MatrixStep::rgb(&profile, &Primaries::REC709.profile()).map(Self::simplest)
    }

    /// By the code points of ITU-T H.273; the reason if they do not serve.
    pub(super) fn from_code_points(points: CicpProfile) -> Result<Self, String> {
        let profile = ColorProfile::new_from_cicp(points);
        MatrixStep::rgb(&profile, &Primaries::REC709.profile()).map(Self::simplest)
    }

    fn from_profile(profile: &ColorProfile, model: Model) -> Result<Self, String> {
        let has_table = profile.lut_a_to_b_perceptual.is_some()
            || profile.lut_a_to_b_colorimetric.is_some()
            || profile.lut_a_to_b_saturation.is_some();
        match model {
            Model::Cmyk => Ok(Self {
                encoding: Encoding::Srgb,
                step: Step::Ink(Some(table(profile, Layout::Rgba)?)),
            }),
            Model::Rgb if has_table => Ok(Self {
                encoding: Encoding::Srgb,
                step: Step::Table(table(profile, Layout::Rgb)?),
            }),
            Model::Rgb => MatrixStep::rgb(profile, &ColorProfile::new_srgb()).map(Self::simplest),
            Model::Grey => MatrixStep::grey(profile).map(Self::simplest),
        }
    }

    /// Converts pixels in place. Alpha stays.
    pub(super) fn apply(&self, pixels: &mut [Pixel], alpha: Alpha) {
        match &self.step {
            Step::Nothing => {}
            Step::Matrix(matrix) => each(pixels, alpha, |pixel| matrix.pixel(pixel)),
            Step::Table(table) => in_straight_chunks(pixels, alpha, |chunk| {
                through_table(table.as_ref(), chunk, |[r, g, b, _]| [r, g, b]);
            }),
            Step::Ink(None) => each(pixels, Alpha::Opaque, |[c, m, y, k]| {
                [(1.0 - c) * (1.0 - k), (1.0 - m) * (1.0 - k), (1.0 - y) * (1.0 - k), 1.0]
            }),
            Step::Ink(Some(table)) => in_straight_chunks(pixels, Alpha::Opaque, |chunk| {
                through_table(table.as_ref(), chunk, |inks| inks);
                chunk.iter_mut().for_each(|pixel| pixel[3] = 1.0);
            }),
        }
    }

    /// Leaves values alone where the step would hardly move them.
    fn simplest(matrix: MatrixStep) -> Self {
        let encoding = matrix.encoding;
        let step = match matrix.is_identity() {
            true => Step::Nothing,
            false => Step::Matrix(Arc::new(matrix)),
        };
        Self { encoding, step }
    }
}

/// Where the primaries and white lie, as CIE 1931 x and y.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Primaries {
    pub(super) rgb: [[f32; 2]; 3],
    pub(super) white: [f32; 2],
}

impl Primaries {
    /// Rec. ITU-R BT.709, which sRGB shares.
    pub(super) const REC709: Self =
        Self { rgb: [[0.64, 0.33], [0.30, 0.60], [0.15, 0.06]], white: [0.3127, 0.3290] };

    /// A profile of these primaries with the sRGB curve.
    fn profile(&self) -> ColorProfile {
        let xy = |[x, y]: [f32; 2]| Chromaticity::new(x, y);
        let [red, green, blue] = self.rgb.map(xy);
        let mut profile = ColorProfile::new_srgb();
        let white = xy(self.white).to_xyyb();
        profile.update_rgb_colorimetry(white, ColorPrimaries { red, green, blue });
        profile
    }
}

impl MatrixStep {
    /// From a profile's colours to those of a target with the same white.
    fn rgb(profile: &ColorProfile, target: &ColorProfile) -> Result<Self, String> {
        let curve = |curve: &Option<ToneReprCurve>| match curve {
            Some(curve) => Curve::new(curve),
            None => Err("it lacks a curve".into()),
        };
        let red = curve(&profile.red_trc)?;
        let shared = profile.green_trc == profile.red_trc && profile.blue_trc == profile.red_trc;
        let curves = match shared {
            true => [red.clone(), red.clone(), red],
            false => [red, curve(&profile.green_trc)?, curve(&profile.blue_trc)?],
        };
        let matrix = profile.transform_matrix(target).v;
        if !matrix.as_flattened().iter().all(|v| v.is_finite() && v.abs() < 100.0) {
            return Err("its primaries span no colours".into());
        }
        Ok(Self::new(curves, matrix.map(|row| row.map(|v| v as f32))))
    }

    fn grey(profile: &ColorProfile) -> Result<Self, String> {
        let curve = Curve::new(profile.gray_trc.as_ref().ok_or("it lacks a curve")?)?;
        let identity = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
        Ok(Self::new([curve.clone(), curve.clone(), curve], identity))
    }

    fn new(curves: [Curve; 3], matrix: [[f32; 3]; 3]) -> Self {
        let linear = curves.iter().all(Curve::is_linear);
        let encoding = if linear { Encoding::Linear } else { Encoding::Srgb };
        Self { curves, matrix, encoding }
    }

    fn pixel(&self, [r, g, b, a]: Pixel) -> Pixel {
        let light = match self.encoding {
            Encoding::Linear => [r, g, b],
            Encoding::Srgb => [self.curves[0].at(r), self.curves[1].at(g), self.curves[2].at(b)],
        };
        let out = self.matrix.map(|[x, y, z]| x * light[0] + y * light[1] + z * light[2]);
        let [r, g, b] = match self.encoding {
            Encoding::Linear => out,
            Encoding::Srgb => out.map(linear_to_srgb),
        };
        [r, g, b, a]
    }

    fn is_identity(&self) -> bool {
        let lattice = |steps: u32| (0..=steps).map(move |i| i as f32 / steps as f32);
        let near = |[r, g, b]: [f32; 3]| {
            let [x, y, z, _] = self.pixel([r, g, b, 1.0]);
            // What is out of range by a hair is not seen.
            let encoded = |v: f32| match self.encoding {
                Encoding::Linear => linear_to_srgb(v.clamp(0.0, 1.0)),
                Encoding::Srgb => v.clamp(0.0, 1.0),
            };
            [(r, x), (g, y), (b, z)]
                .iter()
                .all(|(v, w)| (encoded(*v) - encoded(*w)).abs() < SAME_COLOUR)
        };
        let greys = lattice(64).map(|v| [v, v, v]);
        let colours = lattice(4)
            .flat_map(|r| lattice(4).flat_map(move |g| lattice(4).map(move |b| [r, g, b])))
            .map(|rgb| match self.encoding {
                Encoding::Linear => rgb.map(srgb_to_linear),
                Encoding::Srgb => rgb,
            });
        greys.chain(colours).all(near)
    }
}

/// Gives all three channels one curve.
pub(super) fn set_curve(profile: &mut ColorProfile, curve: ToneReprCurve) {
    profile.cicp = None;
    profile.red_trc = Some(curve.clone());
    profile.green_trc = Some(curve.clone());
    profile.blue_trc = Some(curve);
}

fn table(profile: &ColorProfile, layout: Layout) -> Result<Arc<TransformF32Executor>, String> {
    let options = TransformOptions { prefer_fixed_point: false, ..TransformOptions::default() };
    profile
        .create_transform_f32(layout, &ColorProfile::new_srgb(), Layout::Rgb, options)
        .map_err(|e| e.to_string())
}

fn each(pixels: &mut [Pixel], alpha: Alpha, convert: impl Fn(Pixel) -> Pixel + Sync) {
    pixels.par_iter_mut().with_min_len(4096).for_each(|pixel| {
        *pixel = match alpha {
            Alpha::Premultiplied => premultiply(convert(unpremultiply(*pixel))),
            Alpha::Straight | Alpha::Opaque => convert(*pixel),
        };
    });
}

fn in_straight_chunks(pixels: &mut [Pixel], alpha: Alpha, convert: impl Fn(&mut [Pixel]) + Sync) {
    let premultiplied = alpha == Alpha::Premultiplied;
    pixels.par_chunks_mut(4096).for_each(|chunk| {
        if premultiplied {
            chunk.iter_mut().for_each(|pixel| *pixel = unpremultiply(*pixel));
        }
        convert(chunk);
        if premultiplied {
            chunk.iter_mut().for_each(|pixel| *pixel = premultiply(*pixel));
        }
    });
}

fn through_table<const N: usize>(
    table: &TransformF32Executor,
    chunk: &mut [Pixel],
    samples: impl Fn(Pixel) -> [f32; N],
) {
    let from: Vec<[f32; N]> =
        chunk.iter().map(|pixel| samples(*pixel).map(|v| v.clamp(0.0, 1.0))).collect();
    let mut to = vec![[0.0; 3]; chunk.len()];
    table
        .transform(from.as_flattened(), to.as_flattened_mut())
        .expect("both buffers have a place for every pixel");
    for (pixel, [r, g, b]) in chunk.iter_mut().zip(to) {
        *pixel = [r, g, b, pixel[3]];
    }
}

#[cfg(test)]
mod tests {
    use moxcms::{LutDataType, LutStore, LutType, LutWarehouse, Matrix3d, ProfileClass};

    use super::*;

    /// A table of two nodes an axis: paper is white, the last channel alone takes light away.
    fn table_profile(model: Model) -> ColorProfile {
        let (inputs, space) = match model {
            Model::Cmyk => (4u8, DataColorSpace::Cmyk),
            _ => (3, DataColorSpace::Rgb),
        };
        // Lab of 16 bits in the older encoding: 100 is 0xff00, no hue is 0x8000.
        let nodes = (0..1u32 << inputs).flat_map(|node| {
            let light = if (node & 1 == 1) == (model == Model::Cmyk) { 0 } else { 0xff00 };
            [light, 0x8000, 0x8000]
        });
        let line = |channels: u8| (0..channels).flat_map(|_| [0, 0xffff]).collect();
        let mut profile = ColorProfile::new_srgb();
        profile.cicp = None;
        profile.color_space = space;
        profile.pcs = DataColorSpace::Lab;
        profile.profile_class = ProfileClass::OutputDevice;
        profile.lut_a_to_b_perceptual = Some(LutWarehouse::Lut(LutDataType {
            num_input_channels: inputs,
            num_output_channels: 3,
            num_clut_grid_points: 2,
            matrix: Matrix3d::IDENTITY,
            num_input_table_entries: 2,
            num_output_table_entries: 2,
            input_table: LutStore::Store16(line(inputs)),
            clut_table: LutStore::Store16(nodes.collect()),
            output_table: LutStore::Store16(line(3)),
            lut_type: LutType::Lut16,
        }));
        profile
    }

    #[test]
    fn tables_of_ink_and_of_light_are_followed() {
        // Lightness 50 is 0.184 of the light, code 119 of 255; the tables have 14 bits.
        let half = 119.0 / 255.0;
        for model in [Model::Cmyk, Model::Rgb] {
            let conversion = Conversion::from_profile(&table_profile(model), model).unwrap();
            assert_eq!(conversion.encoding, Encoding::Srgb);
            let last = |v: f32| {
                if model == Model::Cmyk { [0.0, 0.0, 0.0, 1.0 - v] } else { [0.0, 0.0, v, 0.25] }
            };
            let mut pixels = [last(0.0), last(0.5), last(1.0)];
            conversion.apply(&mut pixels, Alpha::Straight);
            let alpha = if model == Model::Cmyk { 1.0 } else { 0.25 };
            for (pixel, v) in pixels.iter().zip([0.0, half, 1.0]) {
                for (got, expected) in pixel.iter().zip([v, v, v, alpha]) {
                    assert!((got - expected).abs() < 0.004, "{model:?} {pixel:?} {v}");
                }
            }
        }
    }

    #[test]
    fn premultiplied_colour_is_converted_as_if_it_were_straight() {
        let profile = ColorProfile::new_display_p3().encode().unwrap();
        let conversion = Conversion::from_icc(&profile, Model::Rgb).unwrap();
        let mut straight = [[0.9, 0.4, 0.1, 0.5], [0.3, 0.2, 0.7, 0.0]];
        let mut multiplied = straight.map(premultiply);
        conversion.apply(&mut straight, Alpha::Straight);
        conversion.apply(&mut multiplied, Alpha::Premultiplied);
        for (s, m) in straight.iter().zip(multiplied) {
            for (s, m) in premultiply(*s).iter().zip(m) {
                assert!((s - m).abs() < 1e-6);
            }
        }
    }

    #[test]
    fn profiles_of_the_wrong_kind_are_refused_in_words() {
        let grey = ColorProfile::new_gray_with_gamma(2.2).encode().unwrap();
        let srgb = ColorProfile::new_srgb().encode().unwrap();
        assert!(Conversion::from_icc(&grey, Model::Rgb).is_err());
        assert!(Conversion::from_icc(&srgb, Model::Grey).is_err());
        assert!(Conversion::from_icc(&srgb, Model::Cmyk).is_err());
        assert!(Conversion::from_icc(&srgb[..100], Model::Rgb).is_err());
        assert!(Conversion::from_icc(b"", Model::Rgb).is_err());
        let mut value = [[0.5, 0.5, 0.5, 1.0]];
        Conversion::from_icc(&grey, Model::Grey).unwrap().apply(&mut value, Alpha::Opaque);
        // Gamma is stored in steps of 1/256.
        assert!((value[0][1] - linear_to_srgb(0.5f32.powf(2.2))).abs() < 1e-3);
    }
}
