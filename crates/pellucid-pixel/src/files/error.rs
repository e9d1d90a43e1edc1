//! What can be wrong with a picture file.

use std::fmt;

use super::Format;

/// Why a picture could not be read or written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PictureError {
    /// The format of the file, where its first bytes tell.
    pub format: Option<Format>,
    /// What is wrong.
    pub fault: Fault,
}

/// What is wrong with a picture file, or with a request to write one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The file has no bytes.
    Empty,
    /// The first bytes are those of no format that is read here.
    Unknown,
    /// The file breaks the rules of its format or ends early.
    Damaged(String),
    /// The file is sound but uses a feature that is not read here.
    Unsupported(String),
    /// A side is 0 pixels long.
    NoPixels {
        /// Width in the header.
        width: u64,
        /// Height in the header.
        height: u64,
    },
    /// The picture is larger than the limits allow.
    TooLarge {
        /// Width in the header.
        width: u64,
        /// Height in the header.
        height: u64,
        /// The limit that is exceeded, in words.
        limit: String,
    },
    /// The bytes could not be got from where they lie.
    Io(String),
    /// The format has no alpha channel, the image has one.
    HoldsNoAlpha,
    /// The format has no such sample depth.
    HoldsNotBits {
        /// Bits per sample that were asked for.
        asked: u32,
        /// Bits per sample that the format has here.
        held: &'static [u32],
    },
    /// The format holds no texts, or not this one.
    HoldsNotText {
        /// The key of the text.
        key: String,
        /// Why.
        why: String,
    },
    /// A file holds one picture, the image holds another number of them.
    Batch {
        /// Pictures in the image.
        pictures: u32,
    },
    /// The format has no room for such sides.
    HoldsNotSize {
        /// Width of the image.
        width: u32,
        /// Height of the image.
        height: u32,
        /// The longest side that the format holds.
        side: u32,
    },
    /// The encoder failed for a reason of its own.
    Encoder(String),
}

impl PictureError {
    /// What would have been accepted, where that can be said.
    pub fn wanted(&self) -> Option<String> {
        match &self.fault {
            Fault::Empty | Fault::Unknown => Some("a PNG, JPEG, WebP, TIFF or EXR file".into()),
            Fault::NoPixels { .. } => Some("sides of 1 pixel or more".into()),
            Fault::TooLarge { limit, .. } => Some(limit.clone()),
            Fault::HoldsNoAlpha => Some("an opaque image".into()),
            Fault::HoldsNotBits { held, .. } => {
                let held: Vec<String> = held.iter().map(u32::to_string).collect();
                Some(format!("{} bits", held.join(" or ")))
            }
            Fault::Batch { .. } => Some("one picture".into()),
            Fault::HoldsNotSize { side, .. } => Some(format!("sides up to {side} pixels")),
            _ => None,
        }
    }

    /// What can be done about it, where something can.
    pub fn hint(&self) -> Option<&'static str> {
        match &self.fault {
            Fault::Empty | Fault::Damaged(_) => Some("save or copy the file again"),
            Fault::Unknown => Some("convert the file to PNG"),
            Fault::Unsupported(_) => Some("save it in a plainer form, such as 8-bit PNG"),
            Fault::TooLarge { .. } => Some("scale the picture down"),
            Fault::HoldsNoAlpha => {
                Some("write PNG, WebP, TIFF or EXR, or put a background colour under the picture")
            }
            Fault::HoldsNotText { .. } => Some("write PNG or EXR to keep texts with the picture"),
            Fault::Batch { .. } => Some("pick one picture of the batch"),
            Fault::HoldsNotSize { .. } => Some("write PNG, TIFF or EXR"),
            _ => None,
        }
    }
}

impl fmt::Display for PictureError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.format {
            Some(format) => write!(f, "{} file: ", format.name())?,
            None => write!(f, "picture file: ")?,
        }
        write!(f, "{}", self.fault)?;
        match self.wanted() {
            Some(wanted) => write!(f, "; wanted: {wanted}"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => write!(f, "the file is empty"),
            Self::Unknown => write!(f, "the first bytes are those of no known format"),
            Self::Damaged(detail) => write!(f, "damaged or cut short ({detail})"),
            Self::Unsupported(detail) => write!(f, "{detail} is not supported"),
            Self::NoPixels { width, height } => write!(f, "{width} x {height} has no pixels"),
            Self::TooLarge { width, height, .. } => {
                write!(f, "{width} x {height} pixels are too many")
            }
            Self::Io(detail) => write!(f, "cannot be read ({detail})"),
            Self::HoldsNoAlpha => write!(f, "the format has no alpha channel, the image has one"),
            Self::HoldsNotBits { asked, .. } => write!(f, "no samples of {asked} bits"),
            Self::HoldsNotText { key, why } => write!(f, "cannot hold the text `{key}`: {why}"),
            Self::Batch { pictures } => write!(f, "cannot hold {pictures} pictures"),
            Self::HoldsNotSize { width, height, .. } => {
                write!(f, "cannot hold {width} x {height} pixels")
            }
            Self::Encoder(detail) => write!(f, "the encoder failed ({detail})"),
        }
    }
}

impl std::error::Error for PictureError {}

impl From<std::io::Error> for Fault {
    fn from(error: std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::UnexpectedEof => Self::Damaged("the file ends early".into()),
            _ => Self::Io(error.to_string()),
        }
    }
}
