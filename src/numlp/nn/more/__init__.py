"""The parts of the engine beyond its core: one idea a file, none needed to follow a step."""
