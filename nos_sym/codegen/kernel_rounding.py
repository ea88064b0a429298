"""The C of weights and states of 16 bits compensated or rounded by chance, in files that offer it."""

from __future__ import annotations

KEPT = "nos_kept"
"""The array of what the rounding of a weight lost, or the key of its noise; it has a place in each row."""


def declared(place: int, *, writes: bool) -> list[str]:
    """Return the declarations of a loop: of what stands at a place of the row."""
    constant = "" if writes else "const "
    compensated = f"{constant}weight_t *restrict {KEPT} = (weight_t *)tensor[{place}];"
    key = [f"const uint32_t *{KEPT} = (const uint32_t *)tensor[{place}];"]
    key.append(f"const uint32_t nos_x = {KEPT}[0], nos_y = {KEPT}[1], nos_z = {KEPT}[2];")
    return ["#if ROUNDING == 1", compensated, *(["#elif ROUNDING == 2", *key] if writes else []), "#endif"]


def stored(moved: str) -> list[str]:
    """Return the statements that write a new weight, the tensor of number 0."""
    return [f"const real nos_new = {moved};", "weights[i] = STORE_BY(nos_new, 0u);", "KEEP(i, nos_new);"]


def stored_state(name: str, index: int, new: str) -> str:
    """Return the statement that writes a new state."""
    return f"{name}_all[i] = STORE_STATE_BY({new}, {index + 1}u);"


def part_of_memory(place: int) -> str:
    """Return the row of what is written of a tensor that tells of a compensation."""
    return f"#if ROUNDING == 1\n    {{{place}, sizeof(weight_t), 1}},\n#endif\n"
