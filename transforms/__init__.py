"""Pure text work, one idea a file, with the thin Beam transforms beside it."""
