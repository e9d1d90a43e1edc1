//! Loss curves as a picture: every quantity against the step, each on a scale of its own.

use crate::data::sheet::Sheet;

const WIDTH: usize = 960;
const HEIGHT: usize = 150;
const MARGIN: usize = 8;
const PAPER: [f32; 4] = [0.98, 0.98, 0.97, 1.0];
const GRID: [f32; 4] = [0.86, 0.86, 0.85, 1.0];
const COLOURS: [[f32; 4]; 6] = [
    [0.12, 0.38, 0.72, 1.0],
    [0.80, 0.36, 0.10, 1.0],
    [0.14, 0.55, 0.30, 1.0],
    [0.62, 0.16, 0.46, 1.0],
    [0.45, 0.40, 0.10, 1.0],
    [0.10, 0.50, 0.55, 1.0],
];

/// One panel below the other for each column of `rows`; a column that is positive throughout is drawn on a
/// logarithmic scale. The line is the mean of the steps that fall on one pixel.
pub fn curves(rows: &[(u64, Vec<f32>)], columns: usize) -> Sheet {
    let columns = columns.max(1);
    let height = columns * (HEIGHT + MARGIN) + MARGIN;
    let width = WIDTH + 2 * MARGIN;
    let mut sheet = Sheet { width, height, pixels: vec![PAPER; width * height] };
    for column in 0..columns {
        let values: Vec<f32> =
            rows.iter().map(|(_, row)| row.get(column).copied().unwrap_or(f32::NAN)).collect();
        panel(&mut sheet, MARGIN + column * (HEIGHT + MARGIN), &values, COLOURS[column % 6]);
    }
    sheet
}

fn panel(sheet: &mut Sheet, top: usize, values: &[f32], colour: [f32; 4]) {
    for line in 0..=4 {
        for x in 0..WIDTH {
            set(sheet, x + MARGIN, top + line * (HEIGHT - 1) / 4, GRID);
        }
    }
    let positive = values.iter().all(|v| *v > 0.0);
    let scaled = |v: f32| if positive { v.max(1e-12).ln() } else { v };
    let means = means(values);
    let shown: Vec<Option<f32>> = means.into_iter().map(|mean| mean.map(scaled)).collect();
    let known = shown.iter().flatten().copied();
    let (low, high) = known.fold((f32::MAX, f32::MIN), |(l, h), v| (l.min(v), h.max(v)));
    let range = (high - low).max(1e-6);
    let mut before: Option<usize> = None;
    for (x, value) in shown.into_iter().enumerate() {
        let Some(value) = value else { continue };
        let y = ((high - value) / range * (HEIGHT - 1) as f32).round() as usize;
        let (from, to) = before.map_or((y, y), |before| (before.min(y), before.max(y)));
        for y in from..=to {
            set(sheet, x + MARGIN, top + y, colour);
            set(sheet, x + MARGIN + 1, top + y, colour);
        }
        before = Some(y);
    }
}

/// The mean of the values that fall on each pixel, those that are numbers.
fn means(values: &[f32]) -> Vec<Option<f32>> {
    let mut sums = vec![(0f64, 0u32); WIDTH];
    for (index, value) in values.iter().enumerate().filter(|(_, value)| value.is_finite()) {
        let x = index * WIDTH / values.len();
        sums[x].0 += f64::from(*value);
        sums[x].1 += 1;
    }
    sums.into_iter()
        .map(|(sum, count)| (count > 0).then(|| (sum / f64::from(count)) as f32))
        .collect()
}

fn set(sheet: &mut Sheet, x: usize, y: usize, colour: [f32; 4]) {
    let width = sheet.width;
    if let Some(pixel) = sheet.pixels.get_mut(y * width + x) {
        *pixel = colour;
    }
}
