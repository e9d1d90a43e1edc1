//! Oklab, a perceptual colour space (Björn Ottosson, 2020, with the matrices of 2021-01-25).

use super::Colour;

/// Linear Rec. 709 light to Oklab: lightness 0 to 1, green to red, blue to yellow.
pub fn light_to_oklab([r, g, b]: Colour) -> Colour {
    let l = (0.412_221_46 * r + 0.536_332_55 * g + 0.051_445_995 * b).cbrt();
    let m = (0.211_903_5 * r + 0.680_699_5 * g + 0.107_396_96 * b).cbrt();
    let s = (0.088_302_46 * r + 0.281_718_85 * g + 0.629_978_7 * b).cbrt();
    [
        0.210_454_26 * l + 0.793_617_8 * m - 0.004_072_047 * s,
        1.977_998_5 * l - 2.428_592_2 * m + 0.450_593_7 * s,
        0.025_904_037 * l + 0.782_771_77 * m - 0.808_675_77 * s,
    ]
}

/// Oklab to linear Rec. 709 light, which may lie outside 0 to 1.
pub fn oklab_to_light([lightness, a, b]: Colour) -> Colour {
    let l = (lightness + 0.396_337_78 * a + 0.215_803_76 * b).powi(3);
    let m = (lightness - 0.105_561_346 * a - 0.063_854_17 * b).powi(3);
    let s = (lightness - 0.089_484_18 * a - 1.291_485_5 * b).powi(3);
    [
        4.076_741_7 * l - 3.307_711_6 * m + 0.230_969_94 * s,
        -1.268_438 * l + 2.609_757_4 * m - 0.341_319_38 * s,
        -0.004_196_086 * l - 0.703_418_6 * m + 1.707_614_7 * s,
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_is_light_and_red_is_where_its_author_puts_it() {
        let close = |got: Colour, wanted: Colour, tolerance: f32| {
            (0..3).all(|c| (got[c] - wanted[c]).abs() < tolerance)
        };
        assert!(close(light_to_oklab([1.0; 3]), [1.0, 0.0, 0.0], 1e-6));
        // Published to three decimals: sRGB red is L 0.628, a 0.225, b 0.126.
        assert!(close(light_to_oklab([1.0, 0.0, 0.0]), [0.628, 0.225, 0.126], 6e-4));
    }

    #[test]
    fn there_and_back_is_the_same_colour() {
        for i in 0..125 {
            let light = [i % 5, i / 5 % 5, i / 25].map(|v| v as f32 / 4.0);
            let back = oklab_to_light(light_to_oklab(light));
            // Coefficients of up to 4 on f32 rounding, and inverses given to eight digits.
            assert!((0..3).all(|c| (back[c] - light[c]).abs() < 4e-6), "{light:?} {back:?}");
        }
    }
}
