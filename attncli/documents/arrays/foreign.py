"""Files of other programs that attncli does not read: the reason, and how to convert them."""

from __future__ import annotations

import re
from pathlib import Path

from attncli.errors import DocumentError
from attncli.records import record

_PICKLED = "opening a pickle can run any program, so it is never opened."

CONVERTED = (".npz", ".safetensors")


@record(frozen=True)
class Foreign:
    """A kind of file: its suffixes and first bytes, the reason not to read it, and the cure.

    In `recipe`, SOURCE stands for the path of the file, and STEM for the path without the suffix.
    """

    suffixes: tuple[str, ...]
    why: str
    recipe: str
    begins: bytes | None = None  # a regular expression

    def refusal(self, file: str) -> DocumentError:
        """Return the error for a file of this kind."""
        path = Path(file)
        suffix = path.suffix or next(iter(self.suffixes), "")
        # A name that a shell or Python could misread is replaced by `model`.
        is_plain = bool(path.name) and re.fullmatch(r"[\w./ -]+", str(path))
        source = path if is_plain else Path(f"model{suffix}")
        stem = str(source.with_suffix(""))
        if suffix in CONVERTED:  # the recipe must not replace the file, whose suffix is wrong
            stem += "_converted"
        recipe = self.recipe.replace("SOURCE", str(source)).replace("STEM", stem)
        return DocumentError(self.why, recipe)


def _python(code: str) -> str:
    return f'Convert it: python -c "{code}"'


def _pytorch(entry: str = "") -> str:
    return _python(
        "import torch; from safetensors.torch import save_file; "
        "save_file({k: v.contiguous().clone() for k, v in torch.load('SOURCE', "
        f"map_location='cpu', weights_only=True){entry}.items()}}, 'STEM.safetensors')"
    )


PYTORCH = Foreign(
    (".pt", ".pth", ".bin"),
    f"it is a PyTorch file, which is a pickle: {_PICKLED}",
    _pytorch(),
    rb"\x80\x02\x8a\nl\xfc\x9cF",  # PyTorch before 1.6; later files are ZIP archives
)

FOREIGN = (
    PYTORCH,
    Foreign(
        (".ckpt",),
        f"it is a checkpoint, which is a pickle: {_PICKLED}",
        _pytorch("['state_dict']"),
    ),
    Foreign(
        (".pkl", ".pickle"),
        f"it is a pickle: {_PICKLED}",
        'Convert it, if you trust whoever wrote it: python -c "import pickle, numpy; '
        "numpy.savez('STEM.npz', **pickle.load(open('SOURCE', 'rb')))\"",
        rb"\x80[\x02-\x05]",
    ),
    Foreign(
        (".xlsb", ".numbers"),
        "it is a workbook in a form that attncli does not read.",
        "Save it as .xlsx, or the sheet as CSV UTF-8.",
    ),
    Foreign(
        (".xls",),
        "it is a workbook of an old Excel, or one with a password, which attncli does not read.",
        "Save it without a password as .xlsx, or the sheet as CSV UTF-8.",
        rb"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
    ),
    Foreign(
        (".keras",),
        "it is a Keras file, which attncli does not read.",
        _python(
            "import keras, numpy; numpy.savez('STEM.npz', **{w.path: w.numpy() "
            "for w in keras.saving.load_model('SOURCE').weights})"
        ),
    ),
    Foreign(
        (".h5", ".hdf5"),
        "it is an HDF5 file, which attncli does not read.",
        _python(
            "import h5py, numpy; found = {}; h5py.File('SOURCE').visititems(lambda name, part: "
            "found.update({name: part[()]}) if hasattr(part, 'dtype') else None); "
            "numpy.savez('STEM.npz', **found)"
        ),
        rb"\x89HDF\r\n",
    ),
    Foreign(
        (".gguf",),
        "it is a GGUF file with quantised numbers, which attncli does not read.",
        _python(
            "import gguf, numpy; numpy.savez('STEM.npz', **{t.name: gguf.dequantize(t.data, "
            "t.tensor_type) for t in gguf.GGUFReader('SOURCE').tensors})"
        ),
        rb"GGUF[\x01-\x09]\x00",
    ),
    Foreign(
        (".onnx",),
        "it is an ONNX file, which attncli does not read.",
        _python(
            "import onnx, numpy; numpy.savez('STEM.npz', **{t.name: onnx.numpy_helper.to_array(t) "
            "for t in onnx.load('SOURCE').graph.initializer})"
        ),
    ),
    Foreign(
        (),
        "it is a pointer of Git LFS, not the file itself.",
        "Fetch the file itself: git lfs pull",
        rb"version https://git-lfs",
    ),
    Foreign(
        (".mat",),
        "it is a MATLAB file, which attncli does not read.",
        _python(
            "import scipy.io, numpy; numpy.savez('STEM.npz', **{k: v for k, v in "
            "scipy.io.loadmat('SOURCE').items() if k[0] != '_'})"
        ),
        rb"MATLAB [57]\.\d MAT-file",
    ),
    Foreign(
        (".parquet",),
        "it is a Parquet file, which attncli does not read.",
        _python(
            "import pandas, numpy; numpy.savez('STEM.npz', "
            "pandas.read_parquet('SOURCE').to_numpy())"
        ),
        rb"PAR1",
    ),
    Foreign(
        (),
        "it is an HTML page, not a file of numbers.",
        "Copy the numbers of its table into a text file.",
        rb"(?i)(\xef\xbb\xbf)?\s*<(!doctype html|html|table|meta)\b",
    ),
    Foreign(
        (),
        "it is a PDF, not a file of numbers.",
        "Copy the numbers into a text file.",
        rb"%PDF-",
    ),
    Foreign(
        (),
        "it is a picture, not a file of numbers.",
        "Type the numbers into a text file, a line per row.",
        rb"\x89PNG|\xff\xd8\xff|GIF8",
    ),
    Foreign(
        (),
        "it is compressed.",
        "Unpack it: gunzip SOURCE",
        rb"\x1f\x8b",
    ),
)


def refuse_foreign(path: str, begins: bytes) -> None:
    """Raise DocumentError if the suffix or the first bytes of a file are those of another program.

    `begins` holds the first bytes.
    """
    suffix = Path(path).suffix.casefold()
    for foreign in FOREIGN:
        if suffix in foreign.suffixes:
            raise foreign.refusal(path)
    for foreign in FOREIGN:
        if foreign.begins and re.match(foreign.begins, begins):
            raise foreign.refusal(path)
