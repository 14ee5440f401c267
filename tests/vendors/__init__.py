"""Local servers that behave like each CRM, written from what the vendors publish; real HTTP over a socket."""
