"""The metrics of a running search in the places where people look: TensorBoard and MLflow.

>>> with Display(settings) as shown, tensorboard("runs") as board:
...     evolve(settings, store, executor=InProcess(), listener=Listeners(shown, board))
"""

from nos_sym.search.tracking.open import mlflow, tensorboard
from nos_sym.search.tracking.tracking import Tracking

__all__ = ["Tracking", "mlflow", "tensorboard"]
