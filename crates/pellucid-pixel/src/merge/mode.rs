//! The names and formulas of all merge modes.

/// Which rule of alpha a mode follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Family {
    /// `Fs*S + Fb*B`, the same two factors for colour and alpha.
    PorterDuff,
    /// One formula for premultiplied colour and alpha alike.
    Plate,
    /// A curve `M(Cb, Cs)` of straight colours, mixed in where both pictures are present:
    /// `co = (1-ab)*S + (1-as)*B + as*ab*M`, `ao = as + ab - as*ab`.
    Blend,
}

macro_rules! modes {
    (modes { $($family:ident { $($(#[$doc:meta])* $mode:ident $name:literal = $formula:literal;)* })* }
     aliases { $($alias:literal = $target:ident;)* }) => {
        /// A merge mode: Porter–Duff operators, plate arithmetic and blend modes under one
        /// name space.
        ///
        /// In the formulas `S` and `B` are the premultiplied upper picture and backdrop, `as`
        /// and `ab` their alphas, `Cs` and `Cb` their straight colours; `as` and `S` already
        /// carry opacity and mask.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Mode {
            $($($(#[$doc])* #[doc = concat!("\n\n`", $formula, "`")] $mode,)*)*
        }

        impl Mode {
            /// Every mode once, in the order of the manual.
            pub const ALL: &'static [Mode] = &[$($(Mode::$mode,)*)*];

            /// Every accepted name: first each mode's own, then aliases.
            pub const NAMES: &'static [(&'static str, Mode)] =
                &[$($(($name, Mode::$mode),)*)* $(($alias, Mode::$target),)*];

            /// The name written in graphs.
            pub const fn name(self) -> &'static str {
                match self { $($(Mode::$mode => $name,)*)* }
            }

            /// The mathematics in one line, as the manual shows it.
            pub const fn formula(self) -> &'static str {
                match self { $($(Mode::$mode => $formula,)*)* }
            }

            /// Which rule of alpha the mode follows.
            pub const fn family(self) -> Family {
                match self { $($(Mode::$mode => Family::$family,)*)* }
            }
        }
    };
}

modes! {
    modes {
        PorterDuff {
            /// Source-over: the upper picture lies on the backdrop.
            Normal "over" = "S + B*(1-as)";
            /// Nothing remains.
            Clear "clear" = "0";
            /// The upper picture replaces the backdrop.
            Copy "copy" = "S";
            /// The backdrop stays as it is.
            Keep "keep" = "B";
            /// Destination-over: the upper picture slips behind the backdrop.
            Under "under" = "S*(1-ab) + B";
            /// Source-in: the upper picture where the backdrop is.
            In "in" = "S*ab";
            /// Destination-in: the backdrop where the upper picture is.
            Mask "mask" = "B*as";
            /// Source-out: the upper picture held out by the backdrop.
            Out "out" = "S*(1-ab)";
            /// Destination-out: the upper picture cuts a hole into the backdrop.
            Stencil "stencil" = "B*(1-as)";
            /// Source-atop: over, within the backdrop's shape.
            Atop "atop" = "S*ab + B*(1-as)";
            /// Destination-atop: under, within the upper picture's shape.
            DstAtop "dst_atop" = "S*(1-ab) + B*as";
            /// Each picture where the other is not.
            Xor "xor" = "S*(1-ab) + B*(1-as)";
            /// The sum. Limited to 1 in the sRGB encoding, unlimited in linear light.
            Plus "plus" = "S + B";
            /// Over for two shapes that do not overlap: no dark seam between hold-outs.
            DisjointOver "disjoint_over" = "S + B*min(1, (1-as)/ab)";
            /// Over for two shapes of which one covers the other.
            ConjointOver "conjoint_over" = "S + B*max(0, 1-as/ab)";
        }
        Plate {
            /// Over for an upper picture whose straight colour is meant; alpha by the same formula.
            Matte "matte" = "A*as + B*(1-as), A = (Cs, as)";
            /// Upper picture less backdrop.
            Minus "minus" = "S - B";
            /// Backdrop less upper picture.
            From "from" = "B - S";
            /// The larger of each channel.
            Max "max" = "max(S, B)";
            /// The smaller of each channel.
            Min "min" = "min(S, B)";
            /// Length of the two as vectors.
            Hypot "hypot" = "sqrt(S*S + B*B)";
            /// The mean of premultiplied values; the blend mode of straight ones is `average`.
            PlateAverage "plate_average" = "(S + B)/2";
            /// Distance of premultiplied values; the blend mode of straight ones is `difference`.
            PlateDifference "plate_difference" = "|S - B|";
            /// Ratio of premultiplied values; the blend mode of straight ones is `divide`.
            PlateDivide "plate_divide" = "S/B; 0 where B <= 0";
            /// Of premultiplied values; the blend mode of straight ones is `exclusion`.
            PlateExclusion "plate_exclusion" = "S + B - 2*S*B";
            /// Harmonic mean of premultiplied values; the blend mode is `parallel`.
            PlateGeometric "plate_geometric" = "2*S*B/(S + B); 0 where the sum is 0";
            /// Product of premultiplied values; the blend mode of straight ones is `multiply`.
            PlateMultiply "plate_multiply" = "S*B; S where both are below 0";
            /// Of premultiplied values; the blend mode of straight ones is `screen`.
            PlateScreen "plate_screen" = "S + B - S*B if either <= 1, else max(S, B)";
        }
        Blend {
            /// Darkens: the product.
            Multiply "multiply" = "M = Cb*Cs";
            /// Lightens: the product of the complements.
            Screen "screen" = "M = Cb + Cs - Cb*Cs";
            /// Hard light with the pictures swapped.
            Overlay "overlay" = "M = hard_light(Cs, Cb)";
            /// The darker of each channel.
            Darken "darken" = "M = min(Cb, Cs)";
            /// The lighter of each channel.
            Lighten "lighten" = "M = max(Cb, Cs)";
            /// Brightens the backdrop towards the upper colour.
            ColorDodge "color_dodge" = "M = 0 if Cb = 0; 1 if Cs = 1; else min(1, Cb/(1-Cs))";
            /// Darkens the backdrop towards the upper colour.
            ColorBurn "color_burn" = "M = 1 if Cb = 1; 0 if Cs = 0; else 1 - min(1, (1-Cb)/Cs)";
            /// Multiply below middle grey, screen above.
            HardLight "hard_light" = "M = 2*Cb*Cs if Cs <= 1/2, else 1 - 2*(1-Cb)*(1-Cs)";
            /// A gentle hard light (W3C, Photoshop).
            SoftLight "soft_light" = "M = Cb - (1-2Cs)*Cb*(1-Cb) if Cs <= 1/2, else Cb + (2Cs-1)*(D-Cb); D = ((16Cb-12)*Cb+4)*Cb if Cb <= 1/4, else sqrt(Cb)";
            /// Distance of the two colours.
            Difference "difference" = "M = |Cb - Cs|";
            /// A difference of lower contrast.
            Exclusion "exclusion" = "M = Cb + Cs - 2*Cb*Cs";
            /// Darkens by the light that both lack.
            LinearBurn "linear_burn" = "M = max(0, Cb + Cs - 1)";
            /// Adds light ("add").
            LinearDodge "linear_dodge" = "M = min(1, Cb + Cs)";
            /// Linear burn below middle grey, linear dodge above.
            LinearLight "linear_light" = "M = clamp(Cb + 2*Cs - 1)";
            /// Colour burn below middle grey, colour dodge above; the upper extreme wins.
            VividLight "vivid_light" = "M = 0 if Cs = 0; 1 if Cs = 1; 1 - min(1, (1-Cb)/(2Cs)) if Cs <= 1/2; else min(1, Cb/(2(1-Cs)))";
            /// Replaces what is darker or lighter than the upper colour.
            PinLight "pin_light" = "M = min(Cb, 2Cs) if Cs <= 1/2, else max(Cb, 2Cs-1)";
            /// Posterises to the eight corners of the colour cube.
            HardMix "hard_mix" = "M = 1 if Cb + Cs > 1, or = 1 and Cb > 1/2; else 0";
            /// Takes light away.
            Subtract "subtract" = "M = max(0, Cb - Cs)";
            /// Brightens by the ratio.
            Divide "divide" = "M = min(1, Cb/Cs); if Cs = 0: 0 if Cb = 0, else 1";
            /// The difference around middle grey.
            GrainExtract "grain_extract" = "M = clamp(Cb - Cs + 1/2)";
            /// Undoes `grain_extract`.
            GrainMerge "grain_merge" = "M = clamp(Cb + Cs - 1/2)";
            /// The mean of the two colours.
            Average "average" = "M = (Cb + Cs)/2";
            /// Difference from the complement.
            Negation "negation" = "M = 1 - |1 - Cb - Cs|";
            /// Geometric mean of the two colours.
            GeometricMean "geometric_mean" = "M = sqrt(Cb*Cs)";
            /// Harmonic mean of the two colours.
            Parallel "parallel" = "M = 2*Cb*Cs/(Cb + Cs); 0 where the sum is 0";
            /// The backdrop reflected in the upper picture.
            Reflect "reflect" = "M = min(1, Cb*Cb/(1-Cs)); 1 if Cs = 1";
            /// Reflect with the pictures swapped.
            Glow "glow" = "M = min(1, Cs*Cs/(1-Cb)); 1 if Cb = 1";
            /// Pegtop's soft light, which GIMP has under the plain name.
            SoftLightPegtop "soft_light_pegtop" = "M = (1-Cb)*Cb*Cs + Cb*(1 - (1-Cb)*(1-Cs))";
            /// Hue of the upper picture, saturation and luminosity of the backdrop.
            Hue "hue" = "M = SetLum(SetSat(Cs, Sat(Cb)), Lum(Cb))";
            /// Saturation of the upper picture, hue and luminosity of the backdrop.
            Saturation "saturation" = "M = SetLum(SetSat(Cb, Sat(Cs)), Lum(Cb))";
            /// Hue and saturation of the upper picture, luminosity of the backdrop.
            Color "color" = "M = SetLum(Cs, Lum(Cb))";
            /// Luminosity of the upper picture, hue and saturation of the backdrop.
            Luminosity "luminosity" = "M = SetLum(Cb, Lum(Cs))";
            /// The whole colour of smaller luminosity; the backdrop's on a tie.
            DarkerColor "darker_color" = "M = Cs if Lum(Cs) < Lum(Cb), else Cb";
            /// The whole colour of larger luminosity; the backdrop's on a tie.
            LighterColor "lighter_color" = "M = Cs if Lum(Cs) > Lum(Cb), else Cb";
            /// Each pixel wholly one or the other, by chance weighted with the upper alpha.
            Dissolve "dissolve" = "(Cs, 1) where hash(x, y, seed) < as, else B";
        }
    }
    aliases {
        "normal" = Normal;
        "src_over" = Normal;
        "src" = Copy;
        "dst" = Keep;
        "dst_over" = Under;
        "behind" = Under;
        "src_in" = In;
        "dst_in" = Mask;
        "src_out" = Out;
        "dst_out" = Stencil;
        "erase" = Stencil;
        "src_atop" = Atop;
    }
}

impl Mode {
    /// The mode of a name in [`Mode::NAMES`].
    pub fn from_name(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(known, _)| *known == name).map(|(_, mode)| *mode)
    }

    /// True for modes whose clear upper pixel leaves any backdrop as it is, by the default alpha
    /// rule.
    pub const fn ignores_clear_source(self) -> bool {
        match self.family() {
            Family::Blend => true,
            Family::Plate => matches!(self, Self::Matte | Self::From),
            Family::PorterDuff => !matches!(
                self,
                Self::Clear
                    | Self::Copy
                    | Self::In
                    | Self::Mask
                    | Self::Out
                    | Self::DstAtop
                    | Self::DisjointOver
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_unique_snake_case_and_leads_back() {
        for (index, (name, mode)) in Mode::NAMES.iter().enumerate() {
            assert!(name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'), "{name}");
            assert!(Mode::NAMES[..index].iter().all(|(other, _)| other != name), "{name}");
            assert_eq!(Mode::from_name(name), Some(*mode));
        }
        for mode in Mode::ALL {
            assert_eq!(Mode::from_name(mode.name()), Some(*mode));
        }
    }

    #[test]
    fn over_is_the_first_name_and_normal_its_alias() {
        assert_eq!(Mode::NAMES[0], ("over", Mode::Normal));
        assert_eq!(Mode::from_name("normal"), Some(Mode::Normal));
        assert_eq!(Mode::from_name("Normal"), None);
    }
}
