//! Smooth noise.

/// Value noise of one octave, 0 to 1, about one feature per unit.
pub(super) fn noise(seed: u64, x: f32, y: f32) -> f32 {
    let (left, top) = (x.floor(), y.floor());
    let (fx, fy) = (fade(x - left), fade(y - top));
    let corner = |dx: i64, dy: i64| lattice(seed, left as i64 + dx, top as i64 + dy);
    let upper = corner(0, 0) + (corner(1, 0) - corner(0, 0)) * fx;
    let lower = corner(0, 1) + (corner(1, 1) - corner(0, 1)) * fx;
    upper + (lower - upper) * fy
}

/// Octaves of noise, each half as strong and twice as fine; 0 to 1, about 0.5 on average.
pub(super) fn cloudy(seed: u64, x: f32, y: f32, octaves: u32) -> f32 {
    let (mut sum, mut most, mut strength, mut scale) = (0.0, 0.0, 1.0, 1.0);
    for octave in 0..octaves {
        sum += strength * noise(seed.wrapping_add(u64::from(octave) * 977), x * scale, y * scale);
        most += strength;
        strength *= 0.5;
        scale *= 2.03;
    }
    sum / most
}

fn fade(t: f32) -> f32 {
    t * t * (3.0 - 2.0 * t)
}

fn lattice(seed: u64, x: i64, y: i64) -> f32 {
    let place = (x as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15)
        ^ (y as u64).wrapping_mul(0xc2b2_ae3d_27d4_eb4f);
    let z = seed ^ place;
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((z ^ (z >> 31)) >> 40) as f32 / (1u32 << 24) as f32
}
