//! The order of attributes in an EXR header.

/// The file with its header's attributes in the order of their names. The writer keeps some of them
/// in a hash table, whose order differs from run to run. Nothing moves but the attributes, so that
/// all offsets stay right.
pub(super) fn sorted(file: &[u8]) -> Option<Vec<u8>> {
    const START: usize = 8;
    let mut attributes = Vec::new();
    let mut at = START;
    while *file.get(at)? != 0 {
        let end = attribute_end(file, at)?;
        attributes.push(&file[at..end]);
        at = end;
    }
    attributes.sort_by_key(|attribute| attribute.split(|byte| *byte == 0).next());
    Some([&file[..START], &attributes.concat(), &file[at..]].concat())
}

/// Name, type, size and value: where the next attribute begins.
fn attribute_end(file: &[u8], start: usize) -> Option<usize> {
    let after_nul = |from: usize| {
        let nul = file.get(from..)?.iter().position(|byte| *byte == 0)?;
        Some(from + nul + 1)
    };
    let size_at = after_nul(after_nul(start)?)?;
    let size = u32::from_le_bytes(*file.get(size_at..)?.first_chunk()?) as usize;
    let end = size_at.checked_add(4)?.checked_add(size)?;
    (end < file.len()).then_some(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_are_sorted_and_the_rest_stays() {
        let b = b"bb\0string\0\x02\0\0\0xy";
        let a = b"a\0int\0\x04\0\0\0\0\0\0\0";
        let file = [b"\x76\x2f\x31\x01\x02\0\0\0".as_slice(), b, a, b"\0rest"].concat();
        let expected = [b"\x76\x2f\x31\x01\x02\0\0\0".as_slice(), a, b, b"\0rest"].concat();
        assert_eq!(sorted(&file), Some(expected));
        for cut in 0..file.len() - 5 {
            assert_eq!(sorted(&file[..cut]), None);
        }
    }
}
