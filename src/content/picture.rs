//! Pictures: what their header says, whether they may be decoded, and how they fit into a room of
//! cells.
//!
//! Draws nothing and knows no terminal. Start with [`header`], which reads no pixel, and
//! [`Drawn::make`], which is for a job beside the screen. The invariant: nothing is decoded whose
//! header was not read and found to fit [`MOST_PIXELS`] and [`MOST_BYTES`].

mod sixel;
#[cfg(test)]
mod tests;

use std::fmt;
use std::io::Cursor;
use std::sync::Arc;

use image::codecs::png::PngEncoder;
use image::{
    DynamicImage, ExtendedColorType, ImageDecoder, ImageEncoder as _, ImageReader, Limits,
    RgbaImage, imageops,
};
use serde::{Deserialize, Serialize};

use crate::text::units;

/// More pixels are not decoded.
const MOST_PIXELS: u64 = 64_000_000;
/// Nor what takes more memory once it is, for instance with two bytes a colour.
const MOST_BYTES: u64 = 256 << 20;
/// Longest side.
const MOST_SIDE: u32 = 30_000;
/// Pixels that are kept of a picture, and sent to a terminal at most.
const KEPT: u32 = 1_000_000;
/// Rows and columns of cells that can be counted in text.
const MOST_CELLS: u32 = 297;
/// The decoders' own working memory.
const WORKING_BYTES: u64 = 512 << 20;

/// How a terminal takes pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Protocol {
    Kitty,
    KittyBehindTmux,
    Iterm2,
    Sixel,
}

impl Protocol {
    pub fn word(self) -> &'static str {
        match self {
            Self::Kitty => "kitty graphics",
            Self::KittyBehindTmux => "kitty graphics, through tmux",
            Self::Iterm2 => "iTerm2 images",
            Self::Sixel => "sixel",
        }
    }
}

/// What a terminal proved to draw pictures with, and the width and height of a cell in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Graphics {
    pub protocol: Protocol,
    pub cell: (u16, u16),
}

/// What is said about a picture before a pixel is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    pub width: u32,
    pub height: u32,
    /// `RGB, 8 bits`
    pub colours: &'static str,
}

/// Reads the header; the error says in words why there is nothing to draw.
pub(super) fn header(format: &str, bytes: &[u8]) -> Result<Header, String> {
    Ok(facts(&decoder(format, bytes)?))
}

fn decoder<'a>(format: &str, bytes: &'a [u8]) -> Result<impl ImageDecoder + 'a, String> {
    let reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format();
    let reader = reader.map_err(|error| error.to_string())?;
    if reader.format().is_none_or(|format| !format.reading_enabled()) {
        return Err(format!("{format} is not drawn; PNG, JPEG, GIF, WebP and BMP are"));
    }
    let decoder = reader.into_decoder();
    let decoder = decoder.map_err(|error| format!("its header is broken: {error}"))?;
    let (width, height) = decoder.dimensions();
    let pixels = u64::from(width) * u64::from(height);
    let size = || format!("{} × {} pixels", grouped(width), grouped(height));
    if pixels == 0 {
        return Err(format!("{}: nothing to draw", size()));
    }
    if pixels > MOST_PIXELS || width.max(height) > MOST_SIDE {
        let (most, longest) = (MOST_PIXELS / 1_000_000, grouped(MOST_SIDE));
        let limit = format!("up to {most} million, {longest} a side, are decoded");
        return Err(format!("{}: too large; {limit}", size()));
    }
    if decoder.total_bytes() > MOST_BYTES {
        let (has, most) = (units::bytes(decoder.total_bytes()), units::bytes(MOST_BYTES));
        return Err(format!("{} are {has} decoded; up to {most} are drawn", size()));
    }
    Ok(decoder)
}

fn grouped(number: u32) -> String {
    units::grouped(usize::try_from(number).unwrap_or(usize::MAX))
}

fn facts(decoder: &impl ImageDecoder) -> Header {
    use ExtendedColorType as Type;
    let (width, height) = decoder.dimensions();
    let colours = match decoder.original_color_type() {
        Type::A8 => "alpha, 8 bits",
        Type::L1 => "black and white",
        Type::L2 => "grey, 2 bits",
        Type::L4 => "grey, 4 bits",
        Type::L8 => "grey, 8 bits",
        Type::L16 => "grey, 16 bits",
        Type::La1 | Type::La2 | Type::La4 | Type::La8 => "grey with alpha, 8 bits",
        Type::La16 => "grey with alpha, 16 bits",
        Type::Rgb8 | Type::Bgr8 => "RGB, 8 bits",
        Type::Rgba8 | Type::Bgra8 => "RGBA, 8 bits",
        Type::Rgb16 => "RGB, 16 bits",
        Type::Rgba16 => "RGBA, 16 bits",
        Type::Cmyk8 | Type::Cmyk16 => "CMYK",
        _ => "other colours",
    };
    Header { width, height, colours }
}

/// Pixels with red, green, blue and alpha.
#[derive(Clone, PartialEq)]
pub struct Picture {
    pixels: RgbaImage,
    /// Width and height before it was made small enough to be kept.
    size: (u32, u32),
}

impl fmt::Debug for Picture {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Picture({:?} of {:?})", self.pixels.dimensions(), self.size)
    }
}

impl Picture {
    /// Decodes what [`header`] let pass; of what moves, the first frame. The way up that a camera
    /// noted is kept.
    fn decode(format: &str, bytes: &[u8]) -> Result<Self, String> {
        let broken = |error: image::ImageError| format!("it is broken: {error}");
        let mut decoder = decoder(format, bytes)?;
        let mut limits = Limits::no_limits();
        limits.max_alloc = Some(WORKING_BYTES);
        decoder.set_limits(limits).map_err(broken)?;
        let turned = decoder.orientation().ok();
        let mut image = DynamicImage::from_decoder(decoder).map_err(broken)?;
        let (width, height) = fit((image.width(), image.height()), KEPT);
        let mut size = (image.width(), image.height());
        if (width, height) != size {
            image = image.thumbnail_exact(width, height);
        }
        if let Some(turned) = turned {
            let before = image.width();
            image.apply_orientation(turned);
            if image.width() != before {
                size = (size.1, size.0);
            }
        }
        Ok(Self { pixels: image.into_rgba8(), size })
    }

    fn scaled(&self, width: u32, height: u32) -> RgbaImage {
        if (width, height) == self.pixels.dimensions() {
            return self.pixels.clone();
        }
        imageops::thumbnail(&self.pixels, width.max(1), height.max(1))
    }
}

/// The size in the same proportions that has no more than `most` pixels.
fn fit((width, height): (u32, u32), most: u32) -> (u32, u32) {
    let pixels = f64::from(width) * f64::from(height);
    scale((width, height), (f64::from(most) / pixels).sqrt())
}

/// Makes a size smaller, never larger and never nothing.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "no longer than the side that it is made from"
)]
fn scale((width, height): (u32, u32), by: f64) -> (u32, u32) {
    let by = by.min(1.0);
    let side = |side: u32| ((f64::from(side) * by).round() as u32).max(1);
    (side(width), side(height))
}

/// Where a picture has to fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    pub columns: u16,
    pub rows: u16,
    pub graphics: Option<Graphics>,
}

/// What is sent to a terminal with graphics. Equal only to itself: it is compared with each frame.
#[derive(Debug, Clone)]
pub struct Payload {
    pub protocol: Protocol,
    pub columns: u16,
    pub rows: u16,
    /// A PNG, or the inside of a sixel sequence.
    pub data: Arc<[u8]>,
}

impl PartialEq for Payload {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.data, &other.data)
    }
}

/// Two pixels above each other; `None` where nothing covers the screen.
pub type Halves = (Option<[u8; 3]>, Option<[u8; 3]>);

/// A picture as it fits into its room.
#[derive(Debug, Clone, PartialEq)]
pub struct Drawn {
    picture: Arc<Picture>,
    halves: RgbaImage,
    payload: Option<Payload>,
}

impl Drawn {
    /// Decodes the file, or takes what was decoded of it `before`, and makes it fit.
    pub fn make(
        before: Option<Arc<Picture>>,
        format: &str,
        bytes: &[u8],
        room: Room,
    ) -> Result<Self, String> {
        let decoded = || Picture::decode(format, bytes).map(Arc::new);
        let picture = before.map_or_else(decoded, Ok)?;
        let (columns, rows) = (u32::from(room.columns.max(1)), u32::from(room.rows.max(1)));
        let (width, height) = within(picture.size, (columns, rows * 2));
        let halves = picture.scaled(width, height);
        let payload = room.graphics.and_then(|graphics| payload(&picture, room, graphics));
        Ok(Self { picture, halves, payload })
    }

    /// What was decoded, to fit it into another room.
    pub fn picture(&self) -> &Arc<Picture> {
        &self.picture
    }

    pub fn payload(&self) -> Option<&Payload> {
        self.payload.as_ref()
    }

    /// Rows of half blocks.
    pub fn rows(&self) -> impl Iterator<Item = Vec<Halves>> {
        let (width, height) = self.halves.dimensions();
        let pixel = move |x, y| {
            let [red, green, blue, alpha] = self.halves.get_pixel_checked(x, y)?.0;
            (alpha >= 128).then_some([red, green, blue])
        };
        (0..height.div_ceil(2))
            .map(move |y| (0..width).map(|x| (pixel(x, 2 * y), pixel(x, 2 * y + 1))).collect())
    }
}

/// The largest size in the same proportions that fits, and is not larger than it is.
fn within((width, height): (u32, u32), (most_wide, most_high): (u32, u32)) -> (u32, u32) {
    let by =
        f64::min(f64::from(most_wide) / f64::from(width), f64::from(most_high) / f64::from(height));
    let (wide, high) = scale((width, height), by);
    (wide.min(most_wide), high.min(most_high))
}

fn payload(picture: &Picture, room: Room, graphics: Graphics) -> Option<Payload> {
    let (across, down) = (u32::from(graphics.cell.0.max(1)), u32::from(graphics.cell.1.max(1)));
    let most = if graphics.protocol == Protocol::KittyBehindTmux { MOST_CELLS } else { u32::MAX };
    let most = |cells: u16| u32::from(cells).min(most);
    let space = (most(room.columns) * across, most(room.rows) * down);
    // A sixel picture is as large as it is; elsewhere the terminal makes it larger again.
    let whole = graphics.protocol != Protocol::Sixel;
    let size = if whole { picture.size } else { picture.pixels.dimensions() };
    let (width, height) = within(size, space);
    let cells = |pixels: u32, cell: u32| u16::try_from(pixels.div_ceil(cell)).ok();
    let (columns, rows) = (cells(width, across)?, cells(height, down)?);
    let kept = picture.pixels.dimensions();
    let pixels = picture.scaled(width.min(kept.0), height.min(kept.1));
    let data = match graphics.protocol {
        Protocol::Sixel => sixel::encode(&pixels),
        Protocol::Kitty | Protocol::KittyBehindTmux | Protocol::Iterm2 => png(&pixels)?,
    };
    Some(Payload { protocol: graphics.protocol, columns, rows, data: data.into() })
}

fn png(pixels: &RgbaImage) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    let (width, height) = pixels.dimensions();
    // Writing to memory cannot fail, and the size is one that it takes.
    PngEncoder::new(&mut out)
        .write_image(pixels.as_raw(), width, height, ExtendedColorType::Rgba8)
        .ok()?;
    Some(out)
}
