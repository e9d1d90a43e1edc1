//! One example: a layer, surroundings, both together, and what they are called.

use super::background::Place;
use super::canvas::Canvas;
use super::colour::Colour;
use super::pair::blend;
use super::thing::{Look, Thing};
use crate::random::Random;

/// Everything a training step can want to see of one example.
#[derive(Clone, Debug)]
pub struct Example {
    /// What the layer shows.
    pub thing: Thing,
    /// How it is drawn.
    pub look: Look,
    /// Where it is.
    pub place: Place,
    /// The layer.
    pub foreground: Canvas,
    /// The surroundings, opaque.
    pub background: Canvas,
    /// The layer in its surroundings, opaque.
    pub blend: Canvas,
    /// The caption of the layer.
    pub of_foreground: String,
    /// The caption of the surroundings.
    pub of_background: String,
    /// The caption of both together.
    pub of_blend: String,
}

/// Which combinations of thing and colour are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Split {
    /// Those that are trained on.
    Training,
    /// Those that are kept to be measured with.
    HeldOut,
}

/// Whether a combination is kept from training: one in eleven, no thing and no colour wholly.
pub fn is_held_out(thing: Thing, colour: Colour) -> bool {
    thing.has_colour() && (thing as usize * 7 + colour as usize * 3).is_multiple_of(11)
}

/// Example `index` of a seed; the same arguments give the same pixels.
pub fn example(seed: u64, index: u64, size: usize, split: Split) -> Example {
    let random = &mut Random::new(seed, &[0x6578, index]);
    let (thing, colour) = combination(split, random);
    let place = *random.pick(&Place::ALL);
    let ground = *random.pick(&Colour::ALL);
    let look = look(thing, colour, random);
    let mut foreground = thing.draw(&look, size, random);
    let background = place.draw(ground, size, random);
    let mut look = look;
    if random.chance(0.5) && thing != Thing::Shadow {
        foreground = foreground.mirrored();
        look.centre[0] = -look.centre[0];
    }
    let blend = blend((thing, &look), &foreground, place, &background);
    let of_foreground = caption(thing, &look);
    Example {
        of_blend: format!("{of_foreground} {}", place.phrase(ground)),
        of_background: place.noun(ground),
        of_foreground,
        thing,
        look,
        place,
        foreground,
        background,
        blend,
    }
}

/// "a glowing blue flame".
pub fn caption(thing: Thing, look: &Look) -> String {
    let mut words = Vec::new();
    words.extend(look.manner.map(|manner| thing.manners()[manner]));
    words.extend(thing.has_colour().then(|| look.colour.name()));
    words.push(thing.noun());
    let phrase = words.join(" ");
    if thing.is_mass() {
        return phrase;
    }
    let vowel = phrase.starts_with(['a', 'e', 'i', 'o', 'u']);
    format!("{} {phrase}", if vowel { "an" } else { "a" })
}

fn combination(split: Split, random: &mut Random) -> (Thing, Colour) {
    loop {
        let (thing, colour) = (*random.pick(&Thing::ALL), *random.pick(&Colour::ALL));
        if is_held_out(thing, colour) == (split == Split::HeldOut) {
            return (thing, colour);
        }
    }
}

fn look(thing: Thing, colour: Colour, random: &mut Random) -> Look {
    let manner = random.chance(0.7).then(|| random.below(2));
    let turn = match thing {
        Thing::Leaf | Thing::Feather | Thing::Gem => random.between(-1.0, 1.0),
        Thing::Star | Thing::Net | Thing::Lace => random.between(-0.35, 0.35),
        Thing::Smoke | Thing::Fog | Thing::Cloud | Thing::Shadow => 0.0,
        _ => random.between(-0.12, 0.12),
    };
    let scale = random.between(0.52, 0.8);
    // Nothing touches the border.
    let room = 0.95 - scale;
    let centre = [random.between(-1.0, 1.0) * room, random.between(-0.6, 1.0) * room];
    Look { colour, manner, scale, centre, turn }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_pixels() {
        let (a, b) = (example(3, 8, 48, Split::Training), example(3, 8, 48, Split::Training));
        assert_eq!((a.foreground, a.blend, a.of_blend), (b.foreground, b.blend, b.of_blend));
        let other = example(3, 9, 48, Split::Training);
        assert_ne!(b.background, other.background);
    }

    #[test]
    fn held_out_combinations_are_never_trained_on() {
        for index in 0..300 {
            for split in [Split::Training, Split::HeldOut] {
                let random = &mut Random::new(1, &[index]);
                let (thing, colour) = combination(split, random);
                assert_eq!(is_held_out(thing, colour), split == Split::HeldOut);
            }
        }
        for thing in Thing::ALL.into_iter().filter(|thing| thing.has_colour()) {
            let held = Colour::ALL.into_iter().filter(|&colour| is_held_out(thing, colour)).count();
            assert!(held <= 2, "{held} colours of {thing:?} are kept");
        }
    }

    #[test]
    fn layers_are_sound_and_show_something() {
        for thing in Thing::ALL {
            let random = &mut Random::new(4, &[thing as u64]);
            let look = look(thing, Colour::Teal, random);
            let layer = thing.draw(&look, 64, random);
            let mut covered = 0;
            for [r, g, b, a] in &layer.pixels {
                assert!(
                    (0.0..=1.0).contains(a) && [r, g, b].into_iter().all(|c| c <= a && *c >= 0.0)
                );
                covered += usize::from(*a > 0.1);
            }
            // At least a fiftieth of the picture, and never all of it.
            let share = covered as f32 / layer.pixels.len() as f32;
            assert!((0.02..0.95).contains(&share), "{thing:?} covers {share}");
        }
    }

    #[test]
    fn captions_compose() {
        let look = |manner| Look {
            colour: Colour::Orange,
            manner,
            scale: 0.5,
            centre: [0.0; 2],
            turn: 0.0,
        };
        assert_eq!(caption(Thing::Flame, &look(Some(0))), "a glowing orange flame");
        assert_eq!(caption(Thing::Star, &look(None)), "an orange star");
        assert_eq!(caption(Thing::Smoke, &look(Some(1))), "thick orange smoke");
        assert_eq!(caption(Thing::Shadow, &look(None)), "a shadow");
    }
}
