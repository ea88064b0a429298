"""The Keras backend: rendered files use ``keras.ops`` and run on every backend of Keras 3."""
