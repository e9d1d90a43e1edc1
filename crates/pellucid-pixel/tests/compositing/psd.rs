//! The little of PSD that the reference documents need: 8-bit RGBA layers in PackBits, groups
//! in section dividers. Test code, trusting its input.

use pellucid_pixel::{Alpha, Image, ImageFact, Layer, LayerContent, Layers, Mode, Pixel};

struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn take(&mut self, len: usize) -> &'a [u8] {
        let (head, rest) = self.0.split_at(len);
        self.0 = rest;
        head
    }

    fn u16(&mut self) -> u16 {
        u16::from_be_bytes(self.take(2).try_into().unwrap())
    }

    fn u32(&mut self) -> u32 {
        u32::from_be_bytes(self.take(4).try_into().unwrap())
    }

    fn i32(&mut self) -> i32 {
        self.u32() as i32
    }
}

struct Record<'a> {
    top: i32,
    left: i32,
    size: (u32, u32),
    channels: Vec<(i16, usize)>,
    mode: &'a [u8],
    opacity: u8,
    clipped: bool,
    visible: bool,
    section: Option<(u32, &'a [u8])>,
}

/// The layers of a document.
pub fn layers(file: &[u8]) -> Layers {
    let mut file = Bytes(file);
    let header = file.take(26);
    let size = |at: usize| u32::from_be_bytes(header[at..at + 4].try_into().unwrap());
    let (height, width) = (size(14), size(18));
    for _ in 0..2 {
        let len = file.u32() as usize;
        file.take(len);
    }
    file.take(8);
    let count = (file.u16() as i16).unsigned_abs();
    let records: Vec<_> = (0..count).map(|_| record(&mut file)).collect();
    let mut open: Vec<Vec<Layer>> = vec![Vec::new()];
    for record in records {
        let pixels = pixels(&record, &mut file);
        match record.section {
            Some((3, _)) => open.push(Vec::new()),
            Some((_, mode)) => {
                let children = open.pop().unwrap();
                let isolated = mode != b"pass";
                let content = LayerContent::Group { layers: children, isolated };
                open.last_mut().unwrap().push(layer(&record, content));
            }
            None => {
                let fact = ImageFact::new(record.size.0, record.size.1, Alpha::Straight);
                let image = Image::new(fact, pixels);
                let content = LayerContent::Image { image, x: record.left, y: record.top };
                open.last_mut().unwrap().push(layer(&record, content));
            }
        }
    }
    Layers { width, height, layers: open.pop().unwrap() }
}

fn layer(record: &Record, content: LayerContent) -> Layer {
    let mode = match record.mode {
        b"norm" | b"pass" => Mode::Normal,
        b"mul " => Mode::Multiply,
        b"scrn" => Mode::Screen,
        b"over" => Mode::Overlay,
        other => panic!("blend key {other:?}"),
    };
    Layer {
        name: String::new(),
        content,
        mode,
        opacity: f32::from(record.opacity) / 255.0,
        visible: record.visible,
        clipped: record.clipped,
        mask: None,
    }
}

fn record<'a>(file: &mut Bytes<'a>) -> Record<'a> {
    let [top, left, bottom, right] = [(); 4].map(|()| file.i32());
    let count = file.u16();
    let channels = (0..count).map(|_| (file.u16() as i16, file.u32() as usize)).collect();
    file.take(4);
    let mode = file.take(4);
    let [opacity, clipping, flags, _] = file.take(4) else { unreachable!() };
    let len = file.u32() as usize;
    let mut extra = Bytes(file.take(len));
    for _ in 0..2 {
        let len = extra.u32() as usize;
        extra.take(len);
    }
    let name = usize::from(extra.0[0]) + 1;
    extra.take(name.next_multiple_of(4));
    let mut section = None;
    while extra.0.len() >= 12 {
        let key = &extra.take(8)[4..];
        let len = extra.u32() as usize;
        let data = extra.take(len);
        if key == b"lsct" {
            let kind = u32::from_be_bytes(data[..4].try_into().unwrap());
            section = Some((kind, data.get(8..12).unwrap_or(b"norm")));
        }
    }
    Record {
        top,
        left,
        size: ((right - left) as u32, (bottom - top) as u32),
        channels,
        mode,
        opacity: *opacity,
        clipped: *clipping == 1,
        visible: flags & 2 == 0,
        section,
    }
}

fn pixels(record: &Record, file: &mut Bytes) -> Vec<Pixel> {
    let (width, height) = (record.size.0 as usize, record.size.1 as usize);
    let mut pixels = vec![[0.0, 0.0, 0.0, 1.0]; width * height];
    for (id, len) in &record.channels {
        let mut data = Bytes(file.take(*len));
        let compression = data.u16();
        if width * height == 0 {
            continue;
        }
        let values = match compression {
            0 => data.0.to_vec(),
            1 => {
                data.take(height * 2);
                pack_bits(data.0)
            }
            other => panic!("compression {other}"),
        };
        let channel = if *id == -1 { 3 } else { *id as usize };
        for (pixel, value) in pixels.iter_mut().zip(values) {
            pixel[channel] = f32::from(value) / 255.0;
        }
    }
    pixels
}

fn pack_bits(data: &[u8]) -> Vec<u8> {
    let mut data = Bytes(data);
    let mut values = Vec::new();
    while !data.0.is_empty() {
        match data.take(1)[0] as i8 {
            n @ 0.. => values.extend_from_slice(data.take(n as usize + 1)),
            -128 => {}
            n => values.extend(std::iter::repeat_n(data.take(1)[0], (1 - isize::from(n)) as usize)),
        }
    }
    values
}
