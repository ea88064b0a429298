"""Tasks besides images: data, a model, a loss and a metric each, trained under one protocol."""
