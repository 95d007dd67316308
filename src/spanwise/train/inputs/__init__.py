"""What a model is trained on: files of questions, cut into windows, put into batches."""
