"""Keep sealed envelopes until their owner fetches them."""
