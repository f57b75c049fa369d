"""Times, dates and numbers as a reply says them, one module a language with the same functions."""
