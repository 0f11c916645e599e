"""Time to a certified accuracy: this package against its peers, on the same problems at the same strengths."""
