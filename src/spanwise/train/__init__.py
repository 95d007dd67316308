"""Train, distill and feed readers."""
