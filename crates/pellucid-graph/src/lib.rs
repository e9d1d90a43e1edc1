//! From document to checked graph to values: kinds, resolve, keys, cache, evaluate.
