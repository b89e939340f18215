"""Nodes of ONNX as documents for attncli.

Source: the operator `Attention`, opsets 23 to 25, and `RotaryEmbedding`, opset 23, in the
specification of ONNX (docs/Operators.md). Needs the package `onnx`, as the scripts here do.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray

Arrays = dict[str, NDArray[Any]]

MATRICES = {
    "Q": "Q",
    "K": "K",
    "V": "V",
    "past_key": "K_past",
    "past_value": "V_past",
    "nonpad_kv_seqlen": "cache_lens",
}
CHOICES = {
    "scale": "scale",
    "softcap": "softcap",
    "q_num_heads": "heads",
    "kv_num_heads": "kv_heads",
}
RESULTS = {"Y": "output", "present_key": "K_present", "present_value": "V_present"}
INPUTS = ("Q", "K", "V", "attn_mask", "past_key", "past_value", "nonpad_kv_seqlen")
OUTPUTS = ("Y", "present_key", "present_value", "qk_matmul_output")


def attention_document(node: Any, arrays: list[NDArray[Any]]) -> dict[str, Any]:
    """The document that states what an Attention node calculates from these inputs.

    `arrays` are the inputs of the node that are there, in its order. A mask of numbers that are
    all 0 and 1 needs a word that they are added. bfloat16 is calculated in float32.
    """
    given = iter(arrays)
    inputs = {slot: next(given) for slot, name in zip(INPUTS, node.input, strict=False) if name}
    choices = attributes(node)
    document: dict[str, Any] = {
        ours: values(inputs[theirs]) for theirs, ours in MATRICES.items() if theirs in inputs
    }
    document |= {ours: choices[theirs] for theirs, ours in CHOICES.items() if theirs in choices}
    document["dtype"] = precision(inputs["Q"].dtype.name)
    if choices.get("softmax_precision"):
        word = onnx.helper.tensor_dtype_to_np_dtype(choices["softmax_precision"]).name
        document["softmax_dtype"] = precision(word)
    return {**document, **masks(inputs, choices)}


def attributes(node: Any) -> dict[str, Any]:
    """The attributes of a node by name."""
    return {each.name: onnx.helper.get_attribute_value(each) for each in node.attribute}


def precision(word: str) -> str:
    """The dtype to calculate in: that of ONNX, and float32 for bfloat16, which numpy has not."""
    return "float32" if word == "bfloat16" else word


def values(array: NDArray[Any]) -> NDArray[Any]:
    """What numpy can write: bfloat16 as the same numbers in float32."""
    return array.astype(np.float32) if array.dtype.name == "bfloat16" else array


def masks(inputs: Arrays, choices: dict[str, Any]) -> dict[str, Any]:
    """All that restricts the keys, and the choices that the mask's own form needs."""
    restrictions: list[Any] = []
    needs: dict[str, Any] = {}
    mask = inputs.get("attn_mask")
    if mask is not None:
        mask = values(mask)
        restrictions.append(mask)
        if mask.dtype != np.bool_ and np.isin(mask, (0, 1)).all():
            needs["mask_kind"] = "add"
        if mask.shape[-1] < number_of_keys(inputs) and "nonpad_kv_seqlen" not in inputs:
            needs["convention"] = "onnx"
    if choices.get("is_causal"):
        restrictions.append("causal")
    left, right = choices.get("left_window_size", -1), choices.get("right_window_size", -1)
    if (left, right) != (-1, -1):
        restrictions.append({"window": [left, right]})
    if len(restrictions) == 1:
        return {"mask": restrictions[0], **needs}
    return {"masks": restrictions, **needs} if restrictions else {}


def number_of_keys(inputs: Arrays) -> int:
    """The keys of the past and the present."""
    past = inputs["past_key"].shape[-2] if "past_key" in inputs else 0
    return int(past + inputs["K"].shape[-2])


def attention_results(
    node: Any, document: dict[str, Any], arrays: list[NDArray[Any]]
) -> dict[str, NDArray[Any]]:
    """The outputs of an Attention node under the names of our steps."""
    given = iter(arrays)
    outputs = {slot: next(given) for slot, name in zip(OUTPUTS, node.output, strict=False) if name}
    results = {RESULTS[slot]: values(array) for slot, array in outputs.items() if slot in RESULTS}
    if "qk_matmul_output" in outputs:
        mode = attributes(node).get("qk_matmul_output_mode", 0)
        results[captured(mode, document)] = values(outputs["qk_matmul_output"])
    return results


def captured(mode: int, document: dict[str, Any]) -> str:
    """The step that `qk_matmul_output` shows: a step that is left out equals the one before it.

    The numbers are those since onnx 1.22: 1 is after the soft cap, 2 after the mask. Older
    versions had them the other way round.
    """
    if mode == 3:
        return "weights"
    d_k = np.shape(document["Q"])[-1] // document.get("heads", 1)
    steps = {
        "scores": True,
        "scaled": document.get("scale", d_k**-0.5) != 1,
        "capped": bool(document.get("softcap")),
        "masked": bool({"mask", "masks", "cache_lens"} & document.keys()),
    }
    last = ("scaled", "capped", "masked")[mode]
    names = list(steps)[: list(steps).index(last) + 1]
    return [name for name in names if steps[name]][-1]
