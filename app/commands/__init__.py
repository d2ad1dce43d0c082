"""One file a command, each with one function of the command's name and heavy imports inside that function."""
