"""The rendered files that processes of a distributed training import, by the name of the module."""

from __future__ import annotations

from nos_sym import catalog
from nos_sym.codegen.render import render
from nos_sym.codegen.with_runtime import render_with_runtime
from nos_sym.faces import face_named, rule_of_face
from nos_sym.language.parser import parse
from nos_sym.language.rule import Schedule
from nos_sym.program.lower import lower

FACES = {
    "torch_adam_w": "torch.optim.AdamW",
    "torch_muon": "torch.optim.Muon",
    "averaged": "pytorch_optimizer.ScheduleFreeAdamW",
}
ENTRIES = {
    "opt4": "Opt4",
    "n_adam": "NAdamTorch",
    "a5": "A5",
    "lamb": "LambPO",
    "adafactor": "AdafactorTorch",
    "prodigy": "ProdigyPO",
    "came": "CAME",
}
DROPPED = parse("Dropped = none ~ drop(g, 0.5)")
ROUNDED = parse("Rounded = none ~ v_hat / (sqrt(ema_hat(g^2, 0.999)) + 1e-8)")


def files() -> dict[str, str]:
    """Return the texts of all files."""
    found = {name: render(catalog.entry(entry)) for name, entry in ENTRIES.items()}
    for name, label in FACES.items():
        face = face_named(label)
        found[name] = render(rule_of_face(face), face=face)
    found["dropped"] = render(DROPPED)
    found["rounded"] = render(ROUNDED, low_precision=True)
    face = face_named(FACES["torch_adam_w"])
    short = render_with_runtime(rule_of_face(face), face=face, module="short_adam_w")
    short |= render_with_runtime(catalog.entry("ProdigyPO"), module="short_prodigy")
    short |= render_with_runtime(DROPPED, module="short_dropped")
    return found | {name.removesuffix(".py"): text for name, text in short.items()}


def whole_catalog() -> tuple[dict[str, str], list[tuple[str, str, list[str]]]]:
    """Return the texts of all optimizers, without C; modules, classes and arguments that have no default."""
    found, listed = {}, []
    for entry in catalog.entries():
        if isinstance(entry, Schedule):
            continue
        module = f"rule_{entry.name.lower()}"
        found[module] = render(entry, fused=False)
        listed.append((module, entry.name, ["total_steps"] if lower(entry).needs_total_steps else []))
    return found, listed
