//! What a layer can show, and how each is drawn.

mod fire;
mod foliage;
mod glass;
mod light;
mod mesh;
mod solid;
mod strands;
mod vapour;

use super::canvas::Canvas;
use super::colour::Colour;
use crate::random::Random;

/// A kind of thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the names are the documentation")]
pub enum Thing {
    Ball,
    Star,
    Heart,
    Gem,
    Mushroom,
    Bottle,
    Goblet,
    Bubble,
    Flame,
    Embers,
    Smoke,
    Cloud,
    Fog,
    Hair,
    Fur,
    Leaf,
    Feather,
    Orb,
    Sparks,
    Net,
    Lace,
    Shadow,
}

/// What distinguishes one drawing of a thing from another.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    /// Its colour; shadows ignore it.
    pub colour: Colour,
    /// Which of the thing's two adjectives holds, if one does.
    pub manner: Option<usize>,
    /// Half its extent, as part of half the picture.
    pub scale: f32,
    /// Where its middle is, -1 to 1.
    pub centre: [f32; 2],
    /// How far it is turned, in radians.
    pub turn: f32,
}

impl Thing {
    /// All of them.
    pub const ALL: [Self; 22] = [
        Self::Ball,
        Self::Star,
        Self::Heart,
        Self::Gem,
        Self::Mushroom,
        Self::Bottle,
        Self::Goblet,
        Self::Bubble,
        Self::Flame,
        Self::Embers,
        Self::Smoke,
        Self::Cloud,
        Self::Fog,
        Self::Hair,
        Self::Fur,
        Self::Leaf,
        Self::Feather,
        Self::Orb,
        Self::Sparks,
        Self::Net,
        Self::Lace,
        Self::Shadow,
    ];

    /// The noun in captions, the article left out, and what stands before the colour.
    pub fn noun(self) -> &'static str {
        match self {
            Self::Ball => "ball",
            Self::Star => "star",
            Self::Heart => "heart",
            Self::Gem => "gem",
            Self::Mushroom => "mushroom",
            Self::Bottle => "glass bottle",
            Self::Goblet => "wine glass",
            Self::Bubble => "soap bubble",
            Self::Flame => "flame",
            Self::Embers => "embers",
            Self::Smoke => "smoke",
            Self::Cloud => "cloud",
            Self::Fog => "fog",
            Self::Hair => "lock of hair",
            Self::Fur => "tuft of fur",
            Self::Leaf => "leaf",
            Self::Feather => "feather",
            Self::Orb => "orb",
            Self::Sparks => "sparks",
            Self::Net => "net",
            Self::Lace => "lace doily",
            Self::Shadow => "shadow",
        }
    }

    /// The two adjectives that change how it looks.
    pub fn manners(self) -> [&'static str; 2] {
        match self {
            Self::Ball | Self::Star | Self::Heart => ["shiny", "wooden"],
            Self::Gem => ["cut", "dark"],
            Self::Mushroom => ["spotted", "plain"],
            Self::Bottle => ["tall", "round"],
            Self::Goblet => ["full", "empty"],
            Self::Bubble => ["single", "double"],
            Self::Flame => ["glowing", "flickering"],
            Self::Embers | Self::Sparks => ["glowing", "scattered"],
            Self::Smoke | Self::Fog => ["thin", "thick"],
            Self::Cloud => ["fluffy", "flat"],
            Self::Hair => ["straight", "curly"],
            Self::Fur => ["soft", "spiky"],
            Self::Leaf => ["broad", "narrow"],
            Self::Feather => ["broad", "narrow"],
            Self::Orb => ["glowing", "bright"],
            Self::Net => ["coarse", "fine"],
            Self::Lace => ["coarse", "fine"],
            Self::Shadow => ["soft", "dark"],
        }
    }

    /// Whether captions name it without an article.
    pub fn is_mass(self) -> bool {
        matches!(self, Self::Embers | Self::Smoke | Self::Fog | Self::Sparks)
    }

    /// Whether captions name its colour.
    pub fn has_colour(self) -> bool {
        self != Self::Shadow
    }

    /// Whether it stands or lies on the ground and throws a shadow there.
    pub fn is_grounded(self) -> bool {
        matches!(
            self,
            Self::Ball
                | Self::Star
                | Self::Heart
                | Self::Gem
                | Self::Mushroom
                | Self::Bottle
                | Self::Goblet
                | Self::Fur
                | Self::Leaf
                | Self::Feather
                | Self::Lace
        )
    }

    /// Whether it gives light.
    pub fn glows(self) -> bool {
        matches!(self, Self::Flame | Self::Embers | Self::Orb | Self::Sparks)
    }

    /// Draws it on a clear canvas; alpha is what it would be in a photograph.
    pub fn draw(self, look: &Look, size: usize, random: &mut Random) -> Canvas {
        let canvas = match self {
            Self::Ball | Self::Star | Self::Heart | Self::Gem => {
                solid::draw(self, look, size, random)
            }
            Self::Mushroom => solid::mushroom(look, size, random),
            Self::Bottle => glass::bottle(look, size, random),
            Self::Goblet => glass::goblet(look, size, random),
            Self::Bubble => glass::bubbles(look, size, random),
            Self::Flame => fire::flame(look, size, random),
            Self::Embers => fire::embers(look, size, random),
            Self::Smoke => vapour::smoke(look, size, random),
            Self::Cloud => vapour::cloud(look, size, random),
            Self::Fog => vapour::fog(look, size, random),
            Self::Hair => strands::hair(look, size, random),
            Self::Fur => strands::fur(look, size, random),
            Self::Leaf => foliage::leaf(look, size, random),
            Self::Feather => foliage::feather(look, size, random),
            Self::Orb => light::orb(look, size, random),
            Self::Sparks => light::sparks(look, size, random),
            Self::Net => mesh::net(look, size, random),
            Self::Lace => mesh::lace(look, size, random),
            Self::Shadow => light::shadow(look, size, random),
        };
        canvas.sound()
    }
}

impl Look {
    /// From the picture's coordinates to the thing's: middle at 0, about -1 to 1.
    fn local(&self, [x, y]: [f32; 2]) -> [f32; 2] {
        let (x, y) = ((x - self.centre[0]) / self.scale, (y - self.centre[1]) / self.scale);
        let (sin, cos) = self.turn.sin_cos();
        [x * cos + y * sin, y * cos - x * sin]
    }

    /// From the thing's coordinates to the picture's.
    fn global(&self, [x, y]: [f32; 2]) -> [f32; 2] {
        let (sin, cos) = self.turn.sin_cos();
        let turned = [x * cos - y * sin, x * sin + y * cos];
        std::array::from_fn(|axis| turned[axis] * self.scale + self.centre[axis])
    }

    /// A pixel's width in the thing's coordinates.
    fn pixel(&self, size: usize) -> f32 {
        2.0 / size as f32 / self.scale
    }

    fn is(&self, manner: usize) -> bool {
        self.manner == Some(manner)
    }
}
