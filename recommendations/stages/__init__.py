"""One stage a file, one function of the file's name: (batch, context) → batch."""
