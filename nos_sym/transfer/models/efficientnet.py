"""EfficientNetV2-Small as Keras has it, from scratch or with its ImageNet weights from a local file.

With 10 classes it has 20,344,170 parameters, the statistics of normalization included: the "20.3M" of
Morgan and Hougen 2024. Source: Tan and Le 2021, *EfficientNetV2*; ``keras.applications.EfficientNetV2S``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nos_sym.errors import quoted_path
from nos_sym.surrogate.cifar import DataError
from nos_sym.transfer.data.archive import Archive

WEIGHTS = Archive(
    "efficientnetv2-s_notop.h5",
    "af0682fb74e8c54910f2d4393339c070",
    "82 MB",
    "https://storage.googleapis.com/tensorflow/keras-applications/efficientnet_v2/efficientnetv2-s_notop.h5",
)
"""Keras' file of the ImageNet-1k weights without the last layer, with the digest that Keras checks."""


def build_efficientnet(classes: int, side: int, dropout: float, weights: Path | None, precision: str) -> Any:
    """Return a Keras model from images in bytes, shape ``(batch, side, side, 3)``, to logits.

    Scaling to [-1, 1] is its first layer. It runs on the framework on which Keras runs.

    Args:
        classes: length of the output.
        side: height and width of the images.
        dropout: share of the pooled features that are dropped in training, before the last layer.
        weights: file of the pretrained weights of all layers but the last, checked before; ``None`` begins
            with Keras' random ones.
        precision: ``float32``, or ``bfloat16`` for mixed precision.

    Raises:
        DataError: the file is damaged or holds the weights of another network.
    """
    import keras

    policy = "mixed_bfloat16" if precision == "bfloat16" else "float32"
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        base = keras.applications.EfficientNetV2S(
            include_top=False,
            weights=None if weights is None else str(weights),
            input_shape=(side, side, 3),
            pooling="avg",
        )
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        if weights is None:
            raise
        reason = " ".join(str(error).split())[:200]
        what = f"{quoted_path(weights)} holds no weights of EfficientNetV2-Small"
        raise DataError(f"{what}: {reason}; {WEIGHTS.advice(weights.parent)}") from None
    finally:
        keras.config.set_dtype_policy(before)
    features = keras.layers.Dropout(dropout)(base.output)
    logits = keras.layers.Dense(classes, dtype="float32", name="predictions")(features)
    return keras.Model(base.input, logits, name="efficientnetv2-s")
