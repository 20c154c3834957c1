"""Place end-to-end encrypted voice calls over one WebSocket line to a self-hosted home."""

__version__ = "0.1.0"
