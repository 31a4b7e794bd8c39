"""Training of the guided decoder: pairs rendered on the fly, losses, the trainer."""
