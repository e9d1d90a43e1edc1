//! Files, sessions, watching, events, writing outputs.
