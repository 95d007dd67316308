"""What a training writes: its folder, the model, its record, card and plot."""
