"""Take keys and bytes in and give bytes out; nothing here knows a socket or a clock."""
