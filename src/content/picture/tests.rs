//! Pictures that are what they say, pictures that are not, and what is made of both.

use std::io::Cursor;

use image::{DynamicImage, ImageFormat, Rgba, RgbaImage};

use super::*;
use crate::content::{Done, Job, Kind, Rendition, prepare};

fn picture(width: u32, height: u32) -> RgbaImage {
    RgbaImage::from_fn(width, height, |x, y| {
        if x < width / 2 {
            Rgba([255, 0, 0, 255])
        } else {
            Rgba([0, 0, u8::try_from(y % 256).unwrap(), 255])
        }
    })
}

fn encoded(pixels: &RgbaImage, format: ImageFormat) -> Vec<u8> {
    let mut out = Cursor::new(Vec::new());
    let image = DynamicImage::ImageRgba8(pixels.clone());
    match format {
        ImageFormat::Jpeg => DynamicImage::ImageRgb8(image.to_rgb8()).write_to(&mut out, format),
        _ => image.write_to(&mut out, format),
    }
    .unwrap();
    out.into_inner()
}

fn room(columns: u16, rows: u16, protocol: Option<Protocol>) -> Room {
    let graphics = protocol.map(|protocol| Graphics { protocol, cell: (10, 20) });
    Room { columns, rows, graphics }
}

/// A PNG of nothing but a header, with a right sum.
fn png_header(width: u32, height: u32) -> Vec<u8> {
    let mut chunk = b"IHDR".to_vec();
    chunk.extend(width.to_be_bytes());
    chunk.extend(height.to_be_bytes());
    chunk.extend([8, 6, 0, 0, 0]);
    let mut sum = u32::MAX;
    for byte in &chunk {
        sum ^= u32::from(*byte);
        for _ in 0..8 {
            sum = if sum & 1 == 1 { sum >> 1 ^ 0xedb8_8320 } else { sum >> 1 };
        }
    }
    let mut out = b"\x89PNG\r\n\x1a\n\0\0\0\x0d".to_vec();
    out.extend(chunk);
    out.extend((!sum).to_be_bytes());
    // The header is followed by data that never comes.
    out.extend(b"\0\0\0\x04IDAT\x78\x9c\x03\0");
    out
}

#[test]
fn every_format_is_known_by_its_bytes_and_described_by_its_header() {
    for (format, word) in [
        (ImageFormat::Png, "PNG"),
        (ImageFormat::Jpeg, "JPEG"),
        (ImageFormat::Gif, "GIF"),
        (ImageFormat::WebP, "WebP"),
        (ImageFormat::Bmp, "BMP"),
    ] {
        let bytes = encoded(&picture(20, 10), format);
        let file = prepare("x", "application/octet-stream", bytes.into());
        assert_eq!((file.kind(), file.format()), (Kind::Image, word));
        assert_eq!(file.first_view(), Rendition::Picture);
        let header = file.picture().unwrap().as_ref().unwrap();
        assert_eq!((header.width, header.height), (20, 10), "{word}");
        let job = Job::Draw { room: room(40, 20, None), before: None };
        let Some(Done::Drawn(_, Ok(drawn))) = job.run(&file, &|| false) else { panic!("{word}") };
        let rows: Vec<_> = drawn.rows().collect();
        assert_eq!((rows.len(), rows[0].len()), (5, 20), "{word}");
        let [red, green, _] = rows[0][2].0.unwrap();
        assert!(red > 200 && green < 60, "{word}: {:?}", rows[0][2]);
    }
}

#[test]
fn what_is_too_large_or_broken_is_refused_by_its_header() {
    let refused = |bytes: &[u8]| header("PNG", bytes).unwrap_err();
    let huge = refused(&png_header(30_000, 30_000));
    assert!(huge.starts_with("30,000 × 30,000 pixels: too large"), "{huge}");
    assert!(refused(&png_header(40_000, 1)).contains("too large"));
    assert!(header("PNG", &png_header(2_000_000_000, 2_000_000_000)).is_err());
    assert!(header("PNG", &png_header(0, 7)).is_err());
    let cut = &encoded(&picture(9, 9), ImageFormat::Png)[..20];
    assert!(refused(cut).starts_with("its header is broken"), "{}", refused(cut));
    assert_eq!(header("PNG", &png_header(8_000, 8_000)).unwrap().width, 8_000);
    let tiff = header("TIFF", b"II*\0\x08\0\0\0").unwrap_err();
    assert!(tiff.starts_with("TIFF is not drawn"), "{tiff}");
    let file = prepare("x.png", "image/png", png_header(30_000, 30_000).into());
    assert_eq!(file.first_view(), Rendition::Picture, "the reason is what is shown");
    assert!(file.fits(Rendition::Hex));
}

#[test]
fn pixels_that_are_missing_are_a_reason_and_no_crash() {
    let whole = encoded(&picture(64, 64), ImageFormat::Png);
    for end in [whole.len() / 2, whole.len() - 20] {
        let mut bytes = whole[..end].to_vec();
        bytes.extend([0xff; 7]);
        if header("PNG", &bytes).is_ok() {
            let made = Drawn::make(None, "PNG", &bytes, room(9, 9, None));
            assert!(made.unwrap_err().starts_with("it is broken"));
        }
    }
    let made = Drawn::make(None, "PNG", &png_header(50, 50), room(9, 9, None));
    assert!(made.is_err());
}

#[test]
fn a_picture_fits_its_room_in_its_own_proportions_and_is_never_magnified() {
    let bytes = encoded(&picture(400, 100), ImageFormat::Png);
    let made = |room| Drawn::make(None, "PNG", &bytes, room).unwrap();
    let size = |drawn: &Drawn| (drawn.rows().next().unwrap().len(), drawn.rows().count());
    assert_eq!(size(&made(room(40, 40, None))), (40, 5));
    assert_eq!(size(&made(room(400, 3, None))), (24, 3));
    assert_eq!(size(&made(room(900, 900, None))), (400, 50));
    let payload = |columns, rows, protocol| {
        made(room(columns, rows, Some(protocol))).payload().unwrap().clone()
    };
    let sent = payload(20, 20, Protocol::Kitty);
    assert_eq!((sent.columns, sent.rows), (20, 3), "200 by 50 pixels");
    let decoded = image::load_from_memory(&sent.data).unwrap().to_rgba8();
    assert_eq!(decoded.dimensions(), (200, 50));
    assert_eq!(decoded.get_pixel(10, 10).0, [255, 0, 0, 255]);
    assert_eq!(payload(99, 99, Protocol::Iterm2).columns, 40, "as large as it is");
    assert_ne!(sent, payload(20, 20, Protocol::Kitty), "made anew is sent anew");
}

#[test]
fn another_room_decodes_nothing_again() {
    let bytes = encoded(&picture(30, 30), ImageFormat::Png);
    let first = Drawn::make(None, "PNG", &bytes, room(10, 10, None)).unwrap();
    let again = Drawn::make(Some(Arc::clone(first.picture())), "PNG", b"", room(5, 9, None));
    assert_eq!(again.unwrap().rows().next().unwrap().len(), 5);
}

/// What a terminal makes of sixels.
fn show(data: &[u8]) -> (usize, usize, Vec<Vec<Option<[u8; 3]>>>) {
    let numbers = |at: &mut usize| {
        let mut out = Vec::new();
        loop {
            let mut number = 0;
            while let Some(digit) = data.get(*at).filter(|byte| byte.is_ascii_digit()) {
                number = number * 10 + usize::from(digit - b'0');
                *at += 1;
            }
            out.push(number);
            if data.get(*at) != Some(&b';') {
                return out;
            }
            *at += 1;
        }
    };
    let mut at = 1;
    assert_eq!(data[0], b'"');
    let raster = numbers(&mut at);
    let (width, height) = (raster[2], raster[3]);
    let mut shown = vec![vec![None; width]; height];
    let mut palette = std::collections::HashMap::new();
    let (mut x, mut top, mut colour) = (0, 0, 0);
    while let Some(byte) = data.get(at) {
        at += 1;
        let mut count = 1;
        let mut sixel = *byte;
        match byte {
            b'$' => x = 0,
            b'-' => (x, top) = (0, top + 6),
            b'#' => {
                let said = numbers(&mut at);
                colour = said[0];
                if let [_, 2, red, green, blue] = said[..] {
                    palette.insert(
                        colour,
                        [red, green, blue].map(|part| u8::try_from(part * 255 / 100).unwrap()),
                    );
                }
            }
            b'!' => {
                count = numbers(&mut at)[0];
                sixel = data[at];
                at += 1;
            }
            _ => {}
        }
        if (b'?'..=b'~').contains(&sixel) {
            for _ in 0..count {
                for bit in (0..6).filter(|bit| (sixel - b'?') >> bit & 1 == 1) {
                    shown[top + bit][x] = Some(palette[&colour]);
                }
                x += 1;
            }
        }
    }
    (width, height, shown)
}

#[test]
fn sixels_show_what_they_were_made_from() {
    let mut pixels = picture(20, 15);
    pixels.put_pixel(3, 3, Rgba([9, 9, 9, 0]));
    let (width, height, shown) = show(&sixel::encode(&pixels));
    assert_eq!((width, height), (20, 15));
    for (x, y, pixel) in pixels.enumerate_pixels() {
        let seen = shown[usize::try_from(y).unwrap()][usize::try_from(x).unwrap()];
        if (x, y) == (3, 3) {
            assert_eq!(seen, None, "what is transparent stays");
            continue;
        }
        let seen = seen.unwrap_or_else(|| panic!("nothing at {x}, {y}"));
        for (seen, was) in seen.iter().zip(pixel.0) {
            assert!(seen.abs_diff(was) <= 52, "{seen} for {was} at {x}, {y}");
        }
    }
}
