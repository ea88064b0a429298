"""The data sheet of an optimizer: lines, each with the proof or the measurement that it rests on."""
