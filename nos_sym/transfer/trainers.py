"""The trainers of the transfer experiments, as executors know them: a rendered file in, a result out.

One is for PyTorch and one for TensorFlow; both load their data once per process. Keras runs on one
framework in a process, which is chosen before its first import.
"""

from __future__ import annotations

import os
import sys
import time
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from nos_sym.errors import NosSymError
from nos_sym.search.loading import load_file
from nos_sym.search.results import Trained
from nos_sym.transfer.settings import ImageTraining, TextTraining, TransferTraining

if TYPE_CHECKING:
    from nos_sym.transfer.data.images import ImageData
    from nos_sym.transfer.data.ptb import Corpus


class FrameworkError(NosSymError):
    """Keras runs on another framework than the one that is needed."""


class TransferTorchTrainer:
    """Trains with optimizers of PyTorch; see :class:`~nos_sym.search.trainers.Trainer`."""

    name: ClassVar[str] = "transfer-torch"
    backend: ClassVar[str] = "torch"

    def train(self, source: Path, class_name: str, settings: TransferTraining, seed: int) -> Trained:
        """Return the score of one training of the optimizer in a source file, at one learning rate.

        Raises:
            FrameworkError: Keras, which has the model, runs on another framework.
            LoadError: the file cannot be imported.
            DataError: the data is missing or damaged.
            SettingsError: the device is not there.
        """
        from nos_sym.transfer.training.curve import result_of

        file = load_file(source, class_name)
        begun = time.perf_counter()
        if isinstance(settings, TextTraining):
            from nos_sym.transfer.training.text import train_text

            curve = train_text(file, _corpus(settings.data, settings.check_archives), settings, seed)
        elif settings.model == "resnet9":
            from nos_sym.transfer.training.resnet import train_resnet

            curve = train_resnet(file, _images(*_source_of(settings)), settings, seed)
        else:
            require_keras("torch")
            from nos_sym.transfer.training.keras_torch import train_keras_torch

            data, weights = _images(*_source_of(settings)), weights_of(settings)
            curve = train_keras_torch(file, data, settings, seed, weights)
        return result_of(curve, settings, time.perf_counter() - begun)


class TransferTensorFlowTrainer:
    """Trains EfficientNetV2-Small with optimizers of Keras on TensorFlow."""

    name: ClassVar[str] = "transfer-tensorflow"
    backend: ClassVar[str] = "tensorflow"

    def train(self, source: Path, class_name: str, settings: TransferTraining, seed: int) -> Trained:
        """Return the score of one training of the optimizer in a source file, at one learning rate.

        Raises:
            FrameworkError: the model is one of PyTorch, or Keras runs on another framework.
            LoadError: the file cannot be imported.
            DataError: the data is missing or damaged.
        """
        from nos_sym.transfer.training.curve import result_of

        if not isinstance(settings, ImageTraining) or settings.model != "efficientnetv2-s":
            raise FrameworkError(
                f"the model '{settings.model}' is one of PyTorch; use the trainer 'transfer-torch'"
            )
        require_keras("tensorflow")
        file = load_file(source, class_name)
        from nos_sym.transfer.training.keras_tensorflow import train_keras_tensorflow

        begun = time.perf_counter()
        data, weights = _images(*_source_of(settings)), weights_of(settings)
        curve = train_keras_tensorflow(file, data, settings, seed, weights)
        return result_of(curve, settings, time.perf_counter() - begun)


def require_keras(framework: str) -> None:
    """Have Keras run on a framework in this process.

    Raises:
        FrameworkError: it is imported already and runs on another one.
    """
    if "keras" not in sys.modules:
        os.environ["KERAS_BACKEND"] = framework
        return
    import keras

    found = keras.backend.backend()
    if found != framework:
        raise FrameworkError(
            f"Keras runs on '{found}' in this process; expected '{framework}': set KERAS_BACKEND={framework}"
        )


def weights_of(settings: ImageTraining) -> Path | None:
    """Return the file of the pretrained weights of a training, once it is checked; ``None`` from scratch.

    Raises:
        DataError: it is missing or another file.
    """
    if not settings.pretrained:
        return None
    from nos_sym.transfer.models.efficientnet import WEIGHTS

    return WEIGHTS.find(settings.data, check=settings.check_archives)


def _source_of(settings: ImageTraining) -> tuple[str, Path, int, str, bool]:
    return (
        settings.task,
        settings.data,
        settings.resized or settings.side,
        settings.interpolation,
        settings.check_archives,
    )


@lru_cache(maxsize=1)
def _images(task: str, folder: Path, side: int, interpolation: str, check: bool) -> ImageData:
    from nos_sym.transfer.data.reading import read_images

    return read_images(task, folder, side, interpolation, check=check)


@lru_cache(maxsize=1)
def _corpus(folder: Path, check: bool) -> Corpus:
    from nos_sym.transfer.data.ptb import read_ptb

    return read_ptb(folder, check=check)
