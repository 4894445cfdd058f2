"""From probabilities to answers: mixing, temperature, thresholds, prediction sets."""
