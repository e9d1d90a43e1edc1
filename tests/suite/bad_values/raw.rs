//! Picture files built byte by byte, to be wrong in ways no encoder is.

/// A PNG file of these chunks.
pub fn png(chunks: &[Vec<u8>]) -> Vec<u8> {
    [b"\x89PNG\r\n\x1a\n".to_vec(), chunks.concat(), chunk(b"IEND", b"")].concat()
}

/// A chunk with its checksum.
pub fn chunk(kind: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let checked = [&kind[..], data].concat();
    let length = (data.len() as u32).to_be_bytes();
    [&length[..], &checked, &crc32(&checked).to_be_bytes()].concat()
}

/// A PNG header: size, bits and colour type.
pub fn ihdr(width: u32, height: u32, bits: u8, colour: u8) -> Vec<u8> {
    let sides = [width.to_be_bytes(), height.to_be_bytes()].concat();
    chunk(b"IHDR", &[&sides[..], &[bits, colour, 0, 0, 0]].concat())
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg())
        })
    })
}

/// `258 * count + 1` zeros, packed by zlib into 13 bits for each 258: a bomb.
pub fn zlib_of_zeros(count: usize) -> Vec<u8> {
    let mut bits = Bits { bytes: vec![0x78, 0x01], used: 8 };
    // A last block of fixed codes: the literal 0, then `258 of what was 1 ago` again and again.
    bits.put(0b011, 3);
    bits.put_code(0b0011_0000, 8);
    for _ in 0..count {
        bits.put_code(0b1100_0101, 8);
        bits.put_code(0, 5);
    }
    bits.put_code(0, 7);
    // Adler-32 of zeros: the sum stays 1, and the sum of sums counts them.
    let sums = ((258 * count + 1) % 65_521) as u32;
    [bits.bytes, (sums << 16 | 1).to_be_bytes().to_vec()].concat()
}

struct Bits {
    bytes: Vec<u8>,
    /// Bits used of the last byte.
    used: u32,
}

impl Bits {
    fn put(&mut self, value: u32, count: u32) {
        for bit in 0..count {
            if self.used == 8 {
                self.bytes.push(0);
                self.used = 0;
            }
            *self.bytes.last_mut().expect("there is a byte") |=
                ((value >> bit & 1) as u8) << self.used;
            self.used += 1;
        }
    }

    /// Huffman codes go in from their highest bit on.
    fn put_code(&mut self, code: u32, count: u32) {
        (0..count).rev().for_each(|bit| self.put(code >> bit & 1, 1));
    }
}

/// A TIFF file, little-endian, of one directory with these tags (type 4, one value each) and four
/// bytes of samples at offset 8.
pub fn tiff(tags: &[(u16, u32)], next: u32) -> Vec<u8> {
    let mut bytes = b"II*\0".to_vec();
    bytes.extend(12u32.to_le_bytes());
    bytes.extend([10, 20, 30, 40]);
    bytes.extend((tags.len() as u16).to_le_bytes());
    for (tag, value) in tags {
        bytes.extend(tag.to_le_bytes());
        bytes.extend(4u16.to_le_bytes());
        bytes.extend(1u32.to_le_bytes());
        bytes.extend(value.to_le_bytes());
    }
    bytes.extend(next.to_le_bytes());
    bytes
}

/// The tags of a sound grey TIFF of this size in one strip of this many bytes.
pub fn grey_tags(width: u32, height: u32, strip: u32) -> Vec<(u16, u32)> {
    vec![
        (256, width),
        (257, height),
        (258, 8),
        (259, 1),
        (262, 1),
        (273, 8),
        (277, 1),
        (278, height),
        (279, strip),
    ]
}

/// A window of an EXR file: left, top, right, bottom, ends included.
pub type Window = [i32; 4];

/// An uncompressed float EXR file of RGBA pixels in rows, with these windows.
pub fn exr(data: Window, display: Window, pixels: &[[f32; 4]]) -> Vec<u8> {
    let mut bytes = 0x0131_2f76u32.to_le_bytes().to_vec();
    bytes.extend(2u32.to_le_bytes());
    let channel = |name: &str| {
        let mut bytes = format!("{name}\0").into_bytes();
        [2i32, 0, 1, 1].iter().for_each(|v| bytes.extend(v.to_le_bytes()));
        bytes
    };
    let channels: Vec<u8> =
        ["A", "B", "G", "R"].iter().flat_map(|name| channel(name)).chain([0]).collect();
    let window = |w: Window| w.iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<u8>>();
    let one = 1f32.to_le_bytes();
    for (name, kind, value) in [
        ("channels", "chlist", channels),
        ("compression", "compression", vec![0]),
        ("dataWindow", "box2i", window(data)),
        ("displayWindow", "box2i", window(display)),
        ("lineOrder", "lineOrder", vec![0]),
        ("pixelAspectRatio", "float", one.to_vec()),
        ("screenWindowCenter", "v2f", vec![0; 8]),
        ("screenWindowWidth", "float", one.to_vec()),
    ] {
        bytes.extend(format!("{name}\0{kind}\0").into_bytes());
        bytes.extend((value.len() as u32).to_le_bytes());
        bytes.extend(value);
    }
    bytes.push(0);
    let width = (i64::from(data[2]) - i64::from(data[0]) + 1).max(1) as usize;
    let rows = pixels.len() / width;
    let row_bytes = width * 16;
    let first = bytes.len() + rows * 8;
    (0..rows).for_each(|row| bytes.extend(((first + row * (row_bytes + 8)) as u64).to_le_bytes()));
    for (row, pixels) in pixels.chunks_exact(width).enumerate() {
        bytes.extend((data[1] + row as i32).to_le_bytes());
        bytes.extend((row_bytes as u32).to_le_bytes());
        for channel in [3, 2, 1, 0] {
            pixels.iter().for_each(|pixel| bytes.extend(pixel[channel].to_le_bytes()));
        }
    }
    bytes
}

/// A WebP file of one chunk.
pub fn webp(kind: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let length = |len: usize| (len as u32).to_le_bytes();
    [b"RIFF", &length(data.len() + 12)[..], b"WEBP", kind, &length(data.len()), data].concat()
}

/// A JPEG file of this size, three channels, and a scan without a byte.
pub fn jpeg_header(width: u16, height: u16) -> Vec<u8> {
    let mut bytes = b"\xff\xd8\xff\xc0\0\x11\x08".to_vec();
    bytes.extend(height.to_be_bytes());
    bytes.extend(width.to_be_bytes());
    bytes.extend([3, 1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0]);
    bytes.extend(b"\xff\xda\0\x0c\x03\x01\0\x02\0\x03\0\0\x3f\0\xff\xd9");
    bytes
}
