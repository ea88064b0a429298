"""The archives of each task, to be looked for before anything is trained."""

from __future__ import annotations

from nos_sym.surrogate.cifar import DataError
from nos_sym.transfer.data import caltech, cars, cifar, flowers, ptb, tiny_imagenet
from nos_sym.transfer.data.archive import Archive
from nos_sym.transfer.settings import TransferTraining

ARCHIVES: dict[str, tuple[Archive, ...]] = {
    **{name: (each.archive,) for name, each in cifar.SETS.items()},
    "tinyimagenet": (tiny_imagenet.ARCHIVE,),
    "flowers102": (flowers.IMAGES, flowers.LABELS, flowers.SPLIT),
    "cars196": (cars.TRAINING, cars.TEST, cars.DEVKIT, cars.TEST_LABELS),
    "caltech101": (caltech.ARCHIVE,),
    "ptb": (ptb.ARCHIVE,),
    "digits": (),
}
"""Official files by the names of the tasks; none where a package has the data."""


def archives_of(training: TransferTraining) -> tuple[Archive, ...]:
    """Return the files that a training reads: those of its data, and pretrained weights where it has some."""
    found = ARCHIVES[training.task]
    if getattr(training, "pretrained", False):
        from nos_sym.transfer.models.efficientnet import WEIGHTS

        return (*found, WEIGHTS)
    return found


def missing_archives(training: TransferTraining) -> dict[str, str]:
    """Return what is wrong with files that a training reads, by their names, and what to get from where.

    Digests are computed where the settings ask for the official files.
    """
    problems = {}
    for archive in archives_of(training):
        try:
            archive.find(training.data, check=training.check_archives)
        except DataError as error:
            problems[archive.name] = str(error)
    return problems
