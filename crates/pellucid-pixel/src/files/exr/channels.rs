//! Which channels of an EXR file make the picture.

use exr::meta::attribute::SampleType;
use exr::meta::header::Header;

/// The channels of one part that make the picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Chosen {
    /// The part's place among the file's headers.
    pub(super) part: usize,
    /// For each channel of the part, the places of a pixel that it fills.
    pub(super) places: Vec<&'static [usize]>,
    /// True where one of them is alpha.
    pub(super) has_alpha: bool,
    /// Bits of the widest of them.
    pub(super) bits: u32,
    /// The layer's name; empty for the merged picture.
    pub(super) layer: String,
}

/// Colour without a layer's name (the merged picture) in the first part that has it, else the first
/// named layer that has colour.
pub(super) fn choose(headers: &[Header]) -> Option<Chosen> {
    let merged = headers.iter().enumerate().find_map(|(part, header)| layer(part, header, ""));
    merged.or_else(|| {
        headers.iter().enumerate().find_map(|(part, header)| {
            names(header)
                .filter_map(|name| name.rsplit_once('.').map(|(layer, _)| layer.to_owned()))
                .find_map(|name| layer(part, header, &name))
        })
    })
}

fn layer(part: usize, header: &Header, layer: &str) -> Option<Chosen> {
    let places = |own: &str| -> &'static [usize] {
        match own {
            "R" | "r" | "red" => &[0],
            "G" | "g" | "green" => &[1],
            "B" | "b" | "blue" => &[2],
            "A" | "a" | "alpha" => &[3],
            "Y" | "y" => &[0, 1, 2],
            _ => &[],
        }
    };
    let own: Vec<Option<String>> =
        names(header).map(|name| own_name(&name, layer).map(str::to_owned)).collect();
    let has = |place: usize, wide: bool| {
        own.iter().flatten().any(|own| {
            let places = places(own);
            places.contains(&place) && (places.len() > 1) == wide
        })
    };
    let rgb = (0..3).any(|place| has(place, false));
    if !rgb && !has(0, true) {
        return None;
    }
    // Brightness beside full colour adds nothing.
    let wanted = |own: &String| match places(own) {
        [_, _, _] if rgb => &[],
        places => places,
    };
    let places: Vec<&'static [usize]> =
        own.iter().map(|own| own.as_ref().map_or(&[][..], wanted)).collect();
    let bits = header.channels.list.iter().zip(&places).filter(|(_, places)| !places.is_empty());
    let bits = bits.map(|(channel, _)| match channel.sample_type {
        SampleType::F16 => 16,
        SampleType::F32 | SampleType::U32 => 32,
    });
    let bits = bits.max()?;
    Some(Chosen { part, places, has_alpha: has(3, false), bits, layer: layer.to_owned() })
}

fn names(header: &Header) -> impl Iterator<Item = String> + '_ {
    header.channels.list.iter().map(|channel| channel.name.to_string())
}

/// The channel's name within a layer, if it belongs there.
fn own_name<'a>(name: &'a str, layer: &str) -> Option<&'a str> {
    match layer.is_empty() {
        true => (!name.contains('.')).then_some(name),
        false => {
            let own = name.strip_prefix(layer)?.strip_prefix('.')?;
            (!own.contains('.')).then_some(own)
        }
    }
}
