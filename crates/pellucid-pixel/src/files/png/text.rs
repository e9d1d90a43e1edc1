//! Texts in PNG files: tEXt, zTXt and iTXt.

use png::text_metadata::{EncodableTextChunk, ITXtChunk, TEXtChunk};

use super::super::Format;

/// Texts longer than this, in bytes, are packed.
const PACKED_FROM: usize = 1024;

/// The longest text that is unpacked, in bytes.
const TEXT_BYTES: usize = 16 << 20;
/// All texts of a file together, in bytes.
const ALL_BYTES: usize = 64 << 20;

/// The texts of a PNG file with their keys, in the order of the file.
///
/// Texts whose checksum is wrong, that do not unpack, or that are larger than 16 MiB (64 MiB for
/// all of them) are left out; so is everything after the place where a damaged file breaks off.
pub fn read_png_text(bytes: &[u8]) -> Vec<(String, String)> {
    if Format::sniff(bytes) != Some(Format::Png) {
        return Vec::new();
    }
    let mut texts = Vec::new();
    let mut left = ALL_BYTES;
    let mut rest = &bytes[8..];
    while let Some((kind, data, after)) = next_chunk(rest) {
        rest = after;
        let text = match &kind {
            b"tEXt" => plain(data),
            b"zTXt" => packed(data, left.min(TEXT_BYTES)),
            b"iTXt" => international(data, left.min(TEXT_BYTES)),
            _ => None,
        };
        if let Some((key, text)) = text.filter(|(key, text)| key.len() + text.len() <= left) {
            left -= key.len() + text.len();
            texts.push((key, text));
        }
    }
    texts
}

/// The bytes of a PNG file with more texts before its pixels; `None` for bytes of another format
/// or a text that cannot be stored. Texts over 1 KiB are packed.
pub fn with_png_text(bytes: &[u8], texts: &[(String, String)]) -> Option<Vec<u8>> {
    if Format::sniff(bytes) != Some(Format::Png) {
        return None;
    }
    let mut rest = &bytes[8..];
    let mut at = 8;
    loop {
        let (kind, _, after) = next_chunk(rest)?;
        if &kind == b"IDAT" {
            break;
        }
        at = bytes.len() - after.len();
        rest = after;
    }
    let mut out = bytes[..at].to_vec();
    for (key, text) in texts {
        let mut chunk = ITXtChunk::new(key.clone(), text.clone());
        if text.len() > PACKED_FROM {
            chunk.compress_text().ok()?;
        }
        chunk.encode(&mut out).ok()?;
    }
    out.extend(&bytes[at..]);
    Some(out)
}

/// As [`with_png_text`], as plain tEXt whatever the length, for programs that read nothing else.
/// `None` for texts that are not ASCII, too.
pub fn with_png_plain_text(bytes: &[u8], texts: &[(String, String)]) -> Option<Vec<u8>> {
    let mut out = with_png_text(bytes, &[])?;
    let mut chunks = Vec::new();
    for (key, text) in texts {
        if !key.is_ascii() || !text.is_ascii() || text.contains('\0') {
            return None;
        }
        TEXtChunk::new(key.clone(), text.clone()).encode(&mut chunks).ok()?;
    }
    let head = PNG_HEAD.min(out.len());
    out.splice(head..head, chunks);
    Some(out)
}

/// Length of the signature and the first chunk, IHDR, behind which texts may stand.
const PNG_HEAD: usize = 8 + 25;

/// The next chunk's type, its data (empty where no text is expected or its checksum is wrong), and
/// what follows.
fn next_chunk(bytes: &[u8]) -> Option<([u8; 4], &[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    let length = u32::from_be_bytes(*length) as usize;
    let checked = rest.get(..length.checked_add(4)?)?;
    let (checksum, after) = rest[checked.len()..].split_first_chunk::<4>()?;
    let (kind, data) = checked.split_first_chunk::<4>()?;
    let is_text = matches!(kind, b"tEXt" | b"zTXt" | b"iTXt");
    let sound = is_text && crc32(checked) == u32::from_be_bytes(*checksum);
    Some((*kind, if sound { data } else { &[] }, after))
}

fn plain(data: &[u8]) -> Option<(String, String)> {
    let (key, text) = at_nul(data)?;
    Some((latin1(key), latin1(text)))
}

fn packed(data: &[u8], limit: usize) -> Option<(String, String)> {
    let (key, rest) = at_nul(data)?;
    let (0, text) = rest.split_first()? else { return None };
    // A Latin-1 character may become two bytes.
    Some((latin1(key), latin1(&unpacked(text, limit / 2)?)))
}

fn international(data: &[u8], limit: usize) -> Option<(String, String)> {
    let (key, rest) = at_nul(data)?;
    let ([compressed, method], rest) = rest.split_first_chunk::<2>()?;
    let (_language, rest) = at_nul(rest)?;
    let (_translated_key, text) = at_nul(rest)?;
    let text = match (compressed, method) {
        (0, _) => text.to_vec(),
        (1, 0) => unpacked(text, limit)?,
        _ => return None,
    };
    Some((latin1(key), String::from_utf8(text).ok()?))
}

fn unpacked(bytes: &[u8], limit: usize) -> Option<Vec<u8>> {
    fdeflate::decompress_to_vec_bounded(bytes, limit).ok()
}

fn at_nul(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let nul = bytes.iter().position(|byte| *byte == 0)?;
    Some((&bytes[..nul], &bytes[nul + 1..]))
}

fn latin1(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| char::from(*byte)).collect()
}

/// The checksum of PNG chunks (ISO 3309).
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg())
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chunk(kind: &[u8; 4], data: &[u8]) -> Vec<u8> {
        let checked = [&kind[..], data].concat();
        let length = (data.len() as u32).to_be_bytes();
        [&length[..], &checked, &crc32(&checked).to_be_bytes()].concat()
    }

    fn file(chunks: &[Vec<u8>]) -> Vec<u8> {
        [b"\x89PNG\r\n\x1a\n".to_vec(), chunks.concat()].concat()
    }

    #[test]
    fn the_three_kinds_of_text_are_read_in_order() {
        let packed = fdeflate::compress_to_vec(b"caf\xe9");
        let utf8 = fdeflate::compress_to_vec("水".as_bytes());
        let bytes = file(&[
            chunk(b"tEXt", b"Title\0fa\xe7ade"),
            chunk(b"IDAT", b"whatever"),
            chunk(b"zTXt", &[b"Place\0\0".as_slice(), &packed].concat()),
            chunk(b"iTXt", &[b"workflow\0\x01\0en\0Arbeit\0".as_slice(), &utf8].concat()),
            chunk(b"iTXt", "prompt\0\0\0\0\0a fox ☂".as_bytes()),
        ]);
        let expected =
            [("Title", "façade"), ("Place", "café"), ("workflow", "水"), ("prompt", "a fox ☂")];
        assert_eq!(read_png_text(&bytes), expected.map(|(k, v)| (k.into(), v.into())));
    }

    #[test]
    fn bombs_and_broken_texts_are_left_out() {
        let bomb = fdeflate::compress_to_vec(&vec![b'a'; TEXT_BYTES + 1]);
        let mut wrong = chunk(b"tEXt", b"Title\0x");
        *wrong.last_mut().unwrap() ^= 1;
        let bytes = file(&[
            chunk(b"zTXt", &[b"bomb\0\0".as_slice(), &bomb].concat()),
            chunk(b"iTXt", &[b"bomb\0\x01\0\0\0".as_slice(), &bomb].concat()),
            wrong,
            chunk(b"zTXt", b"Place\0\x01xyz"),
            chunk(b"iTXt", b"workflow\0\x01\0\0\0not deflate"),
            chunk(b"iTXt", b"workflow\0\0\0\0\0\xff\xfe"),
            chunk(b"tEXt", b"last\0one"),
        ]);
        assert_eq!(read_png_text(&bytes), [("last".into(), "one".into())]);
    }

    #[test]
    fn a_file_cut_anywhere_gives_what_lies_before_the_cut() {
        let whole = file(&[chunk(b"tEXt", b"a\0b"), chunk(b"tEXt", b"c\0d")]);
        let counts: Vec<usize> =
            (0..=whole.len()).map(|cut| read_png_text(&whole[..cut]).len()).collect();
        assert!(counts.is_sorted());
        assert_eq!(counts.last(), Some(&2));
        assert_eq!(read_png_text(b"\xff\xd8\xff no PNG at all"), []);
    }
}
