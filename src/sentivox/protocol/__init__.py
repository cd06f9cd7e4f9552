"""Everything that crosses the wire, as typed data: events, commands, options, close codes."""
