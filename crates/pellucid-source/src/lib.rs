//! Text, spans, JSON with places, diagnostics and how they print.
