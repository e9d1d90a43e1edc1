//! Picture formats and how to tell them apart.

/// A format of picture files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Format {
    /// Portable Network Graphics, 8 or 16 bits.
    Png,
    /// JPEG, lossy, no alpha.
    Jpeg,
    /// WebP; written lossless, 8 bits.
    Webp,
    /// TIFF, 8 or 16 bits or 32-bit float.
    Tiff,
    /// OpenEXR: linear light, premultiplied, half or float.
    Exr,
}

/// All formats, in the order of their names in messages.
pub const FORMATS: [Format; 5] =
    [Format::Png, Format::Jpeg, Format::Webp, Format::Tiff, Format::Exr];

/// The longest signature, in bytes.
pub(super) const SIGNATURE_LEN: usize = 12;

impl Format {
    /// The format that a file name's extension stands for; no dot, any case.
    pub fn from_extension(extension: &str) -> Option<Self> {
        match extension.to_ascii_lowercase().as_str() {
            "png" => Some(Self::Png),
            "jpg" | "jpeg" => Some(Self::Jpeg),
            "webp" => Some(Self::Webp),
            "tif" | "tiff" => Some(Self::Tiff),
            "exr" => Some(Self::Exr),
            _ => None,
        }
    }

    /// The format that the first bytes of a file stand for; 12 bytes are enough.
    pub fn sniff(bytes: &[u8]) -> Option<Self> {
        match bytes {
            [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Some(Self::Png),
            [0xff, 0xd8, 0xff, ..] => Some(Self::Jpeg),
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some(Self::Webp),
            [b'I', b'I', 42 | 43, 0, ..] | [b'M', b'M', 0, 42 | 43, ..] => Some(Self::Tiff),
            [0x76, 0x2f, 0x31, 0x01, ..] => Some(Self::Exr),
            _ => None,
        }
    }

    /// The name used in messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Png => "PNG",
            Self::Jpeg => "JPEG",
            Self::Webp => "WebP",
            Self::Tiff => "TIFF",
            Self::Exr => "EXR",
        }
    }

    /// True where a file can carry alpha.
    pub fn holds_alpha(self) -> bool {
        self != Self::Jpeg
    }

    /// True where a file can carry float samples.
    pub fn holds_float(self) -> bool {
        matches!(self, Self::Tiff | Self::Exr)
    }

    /// True where [`encode`](super::encode) can store texts beside the picture.
    pub fn holds_text(self) -> bool {
        matches!(self, Self::Png | Self::Exr)
    }

    /// Bits per sample that [`encode`](super::encode) can write, the default first.
    pub fn bits(self) -> &'static [u32] {
        match self {
            Self::Png => &[8, 16],
            Self::Jpeg | Self::Webp => &[8],
            Self::Tiff => &[8, 16, 32],
            Self::Exr => &[16, 32],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extensions_are_read_in_any_case() {
        for (extension, format) in [
            ("png", Format::Png),
            ("JPG", Format::Jpeg),
            ("Jpeg", Format::Jpeg),
            ("webp", Format::Webp),
            ("TIF", Format::Tiff),
            ("tiff", Format::Tiff),
            ("exr", Format::Exr),
        ] {
            assert_eq!(Format::from_extension(extension), Some(format));
        }
        assert_eq!(Format::from_extension("gif"), None);
        assert_eq!(Format::from_extension(".png"), None);
    }

    #[test]
    fn signatures_decide() {
        assert_eq!(Format::sniff(b"\x89PNG\r\n\x1a\n"), Some(Format::Png));
        assert_eq!(Format::sniff(b"\xff\xd8\xff\xe0"), Some(Format::Jpeg));
        assert_eq!(Format::sniff(b"RIFF\0\0\0\0WEBPVP8L"), Some(Format::Webp));
        assert_eq!(Format::sniff(b"RIFF\0\0\0\0WAVEfmt "), None);
        assert_eq!(Format::sniff(b"MM\0*"), Some(Format::Tiff));
        assert_eq!(Format::sniff(b"II+\0"), Some(Format::Tiff));
        assert_eq!(Format::sniff(b"\x76\x2f\x31\x01"), Some(Format::Exr));
        assert_eq!(Format::sniff(b""), None);
    }
}
