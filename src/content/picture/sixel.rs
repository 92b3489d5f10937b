//! Pixels as sixels: bands of six rows, in each band a run of characters for each colour.
//!
//! The palette is a fixed cube, so that a picture takes one pass and two of them share their
//! colours.

use std::io::Write as _;

use image::RgbaImage;

/// Steps of red, green and blue.
const STEPS: [usize; 3] = [6, 7, 6];
/// Shifts of the pixels before they are rounded, so that what lies between two colours is mixed of
/// both; in 64ths of a step.
const DITHER: [[i32; 4]; 4] = [[0, 32, 8, 40], [48, 16, 56, 24], [12, 44, 4, 36], [60, 28, 52, 20]];

/// What stands between the introduction of a sixel sequence and its end.
pub(super) fn encode(pixels: &RgbaImage) -> Vec<u8> {
    let (width, height) = pixels.dimensions();
    let mut out = Vec::new();
    // Writing to memory cannot fail.
    drop(write!(out, "\"1;1;{width};{height}"));
    let colours = STEPS.iter().product();
    let columns = usize::try_from(width).unwrap_or_default();
    let mut defined = vec![false; colours];
    for top in (0..height).step_by(6) {
        // Six bits for each column of each colour that is in the band.
        let mut bands: Vec<Vec<u8>> = vec![Vec::new(); colours];
        for y in top..(top + 6).min(height) {
            for (x, at) in (0..width).zip(0..columns) {
                let Some(colour) = colour(pixels.get_pixel(x, y).0, x, y) else { continue };
                let band = &mut bands[colour];
                band.resize(columns, 0);
                band[at] |= 1 << (y - top);
            }
        }
        let mut first = true;
        for (colour, band) in bands.iter().enumerate().filter(|(_, band)| !band.is_empty()) {
            if !std::mem::replace(&mut first, false) {
                out.push(b'$');
            }
            if !std::mem::replace(&mut defined[colour], true) {
                let [red, green, blue] = percent(colour);
                drop(write!(out, "#{colour};2;{red};{green};{blue}"));
            }
            drop(write!(out, "#{colour}"));
            runs(band, &mut out);
        }
        out.push(b'-');
    }
    out
}

/// `None` where it is transparent.
fn colour([red, green, blue, alpha]: [u8; 4], x: u32, y: u32) -> Option<usize> {
    if alpha < 128 {
        return None;
    }
    let shift = DITHER[usize::try_from(y % 4).ok()?][usize::try_from(x % 4).ok()?];
    let step = |value: u8, steps: usize| {
        let last = i32::try_from(steps - 1).unwrap_or(1);
        // In 64ths of a step; rounded by the shift instead of by one half.
        let fine = i32::from(value) * last * 64 / 255 + shift;
        usize::try_from((fine / 64).min(last)).unwrap_or_default()
    };
    let [reds, greens, blues] = STEPS;
    Some((step(red, reds) * greens + step(green, greens)) * blues + step(blue, blues))
}

fn percent(colour: usize) -> [usize; 3] {
    let [reds, greens, blues] = STEPS;
    let step = |at: usize, steps: usize| (at * 100 + (steps - 1) / 2) / (steps - 1);
    [
        step(colour / (greens * blues), reds),
        step(colour / blues % greens, greens),
        step(colour % blues, blues),
    ]
}

/// Columns of one colour; what is alike is counted, what is empty at the end left out.
fn runs(band: &[u8], out: &mut Vec<u8>) {
    let end = band.iter().rposition(|bits| *bits != 0).map_or(0, |last| last + 1);
    for run in band[..end].chunk_by(|one, other| one == other) {
        let sixel = b'?' + run[0];
        if run.len() > 3 {
            drop(write!(out, "!{}", run.len()));
            out.push(sixel);
        } else {
            out.extend(std::iter::repeat_n(sixel, run.len()));
        }
    }
}
