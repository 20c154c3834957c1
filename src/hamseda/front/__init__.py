"""Lead into one home: forward its lines and see only their ciphertext (spec/front.md)."""
