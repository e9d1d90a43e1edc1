//! The built-in node kinds, one file each, in family folders.
