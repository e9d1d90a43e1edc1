//! Rust types that travel on wires.

use std::sync::Arc;

use pellucid_pixel::{Image, ImageFact, Layers, Matte, MatteFact};

use crate::{
    Clip, ClipFact, Conditioning, ConditioningFact, ControlNet, ControlNetFact, Fact, Latent,
    LatentFact, LayerCodec, LayerCodecFact, LayersFact, Model, ModelFact, SocketType, Table, Vae,
    VaeFact, Value,
};

/// A type that sockets can have, so that node files are free of casts.
pub trait Wire: Sized {
    /// What is known of it before it exists.
    type Fact;
    /// The socket types it accepts, in the order of the manual.
    const TYPES: &'static [SocketType];
    /// The value as this type; `None` when it is of another type.
    fn of(value: &Value) -> Option<Self>;
    /// The fact as this type's; `None` when it is another type's.
    fn fact_of(fact: &Fact) -> Option<Self::Fact>;
    /// The value to put on a wire.
    fn value(self) -> Value;
    /// The fact to put on a wire.
    fn fact(fact: Self::Fact) -> Fact;
}

macro_rules! wire {
    ($ty:ty, $variant:ident, $fact:ty) => {
        impl Wire for $ty {
            type Fact = $fact;
            const TYPES: &'static [SocketType] = &[SocketType::$variant];
            fn of(value: &Value) -> Option<Self> {
                match value {
                    Value::$variant(v) => Some(v.clone()),
                    _ => None,
                }
            }
            fn fact_of(fact: &Fact) -> Option<Self::Fact> {
                match fact {
                    Fact::$variant(f) => Some(f.clone()),
                    _ => None,
                }
            }
            fn value(self) -> Value {
                Value::$variant(self)
            }
            fn fact(fact: Self::Fact) -> Fact {
                Fact::$variant(fact)
            }
        }
    };
    ($ty:ty, $variant:ident) => {
        impl Wire for $ty {
            type Fact = ();
            const TYPES: &'static [SocketType] = &[SocketType::$variant];
            fn of(value: &Value) -> Option<Self> {
                match value {
                    Value::$variant(v) => Some(v.clone()),
                    _ => None,
                }
            }
            fn fact_of(fact: &Fact) -> Option<()> {
                matches!(fact, Fact::$variant).then_some(())
            }
            fn value(self) -> Value {
                Value::$variant(self)
            }
            fn fact((): ()) -> Fact {
                Fact::$variant
            }
        }
    };
}

wire!(Image, Image, ImageFact);
wire!(Matte, Matte, MatteFact);
wire!(Arc<Layers>, Layers, LayersFact);
wire!(f64, Number);
wire!(Arc<Table>, Table);
wire!(Arc<str>, Text);
wire!(Latent, Latent, LatentFact);
wire!(Arc<Conditioning>, Conditioning, ConditioningFact);
wire!(Arc<Model>, Model, ModelFact);
wire!(Arc<Clip>, Clip, ClipFact);
wire!(Arc<Vae>, Vae, VaeFact);
wire!(Arc<LayerCodec>, LayerCodec, LayerCodecFact);
wire!(Arc<ControlNet>, ControlNet, ControlNetFact);

/// An image or a matte, for nodes that treat both alike.
#[derive(Clone, Debug, PartialEq)]
pub enum Raster {
    /// RGBA pictures.
    Image(Image),
    /// Coverage maps.
    Matte(Matte),
}

/// What is known of an image or a matte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RasterFact {
    /// Of an image.
    Image(ImageFact),
    /// Of a matte.
    Matte(MatteFact),
}

impl RasterFact {
    /// Width and height in pixels.
    pub fn size(&self) -> (u32, u32) {
        match self {
            Self::Image(fact) => fact.size(),
            Self::Matte(fact) => fact.size(),
        }
    }

    /// The same fact at another size.
    pub fn sized(self, width: u32, height: u32) -> Self {
        match self {
            Self::Image(fact) => Self::Image(ImageFact { width, height, ..fact }),
            Self::Matte(fact) => Self::Matte(MatteFact { width, height, ..fact }),
        }
    }
}

impl Wire for Raster {
    type Fact = RasterFact;
    const TYPES: &'static [SocketType] = &[SocketType::Image, SocketType::Matte];
    fn of(value: &Value) -> Option<Self> {
        match value {
            Value::Image(image) => Some(Self::Image(image.clone())),
            Value::Matte(matte) => Some(Self::Matte(matte.clone())),
            _ => None,
        }
    }
    fn fact_of(fact: &Fact) -> Option<RasterFact> {
        match fact {
            Fact::Image(fact) => Some(RasterFact::Image(*fact)),
            Fact::Matte(fact) => Some(RasterFact::Matte(*fact)),
            _ => None,
        }
    }
    fn value(self) -> Value {
        match self {
            Self::Image(image) => Value::Image(image),
            Self::Matte(matte) => Value::Matte(matte),
        }
    }
    fn fact(fact: RasterFact) -> Fact {
        match fact {
            RasterFact::Image(fact) => Fact::Image(fact),
            RasterFact::Matte(fact) => Fact::Matte(fact),
        }
    }
}
