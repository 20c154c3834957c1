"""Decide about sound with numbers alone: no codec, no device, no clock (spec/media.md)."""
