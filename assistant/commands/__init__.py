"""One module a command; `assistant.cli` imports only the one that was asked for."""
