"""Seeds of the fuzz corpora, from files of the project; the standard library is enough.

Usage: python3 fuzz/seeds.py CORPUS RUN    (RUN: a folder that `rtrl-lab verify` has written)
"""
import json
import pathlib
import re
import struct
import sys
import zipfile

corpus, run = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
project = pathlib.Path(__file__).resolve().parent.parent


def seed(target, name, content):
    folder = corpus / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"seed-{name}").write_bytes(content)


def npy(shape, kind="<f8", order="False", version=1):
    header = f"{{'descr': '{kind}', 'fortran_order': {order}, 'shape': {shape}, }}"
    lead = 6 + 2 + (2 if version == 1 else 4)
    header += " " * (-(lead + len(header) + 1) % 64) + "\n"
    count = 1
    for size in shape:
        count *= size
    length = struct.pack("<H" if version == 1 else "<I", len(header))
    return b"\x93NUMPY" + bytes([version, 0]) + length + header.encode("latin1") + bytes(range(256)) [: 8 * count].ljust(int(kind[2:]) * count, b"\0")


def small(study):
    """A study with few units and seeds: networks of 64 units in ten seeds take a second each to draw, and teach a fuzzer nothing."""
    few = lambda line: re.sub(r"\d+", lambda number: str(min(int(number[0]), 4)), line[0])
    return re.sub(r"(?m)^(hidden|seeds) *= *.*$", few, study).encode()


for study in sorted(project.glob("experiments/**/*.toml")):
    seed("study", study.stem, small(study.read_text()))
for index, study in enumerate(sorted((project / "tests").glob("**/*.toml"))):
    seed("study", f"test-{index}", study.read_bytes())
rows = "".join(f'{t * 7 % 11},"{t * t % 17 / 4}",x\n' for t in range(30))
seed("csv", "plain", f'\0a,b,"c, d"\n{rows}'.encode())
seed("csv", "semicolons", b"\1" + "a;b\n1,5;2\n;3\nNA;4\n".encode("utf-16"))
seed("csv", "separator", b"\2sep=|\na|b\n1|2\n")
for name, content in {
    "matrix": npy((4, 3)),
    "single": npy((7,), "<f4"),
    "fortran": npy((2, 3), "<f8", "True"),
    "integers": npy((2, 2, 2), "<i4", version=2),
    "big": npy((3,), ">f8"),
    "scalar": npy(()),
}.items():
    seed("npy", name, content)
for method, name in [(zipfile.ZIP_STORED, "stored"), (zipfile.ZIP_DEFLATED, "deflated")]:
    path = corpus / "npz"
    path.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path / f"seed-{name}", "w", method) as archive:
        for array, shape in {"B": (2, 2), "W": (2, 1), "b": (2,), "C": (1, 2), "c": (1,)}.items():
            archive.writestr(f"{array}.npy", npy(shape))
arrays = {"rnn.weight_ih_l0": [2, 1], "rnn.weight_hh_l0": [2, 2], "rnn.bias_ih_l0": [2], "rnn.bias_hh_l0": [2], "out.weight": [1, 2], "out.bias": [1]}
header, offset = {}, 0
for name, shape in arrays.items():
    size = 4 * shape[0] * (shape[1] if len(shape) > 1 else 1)
    header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [offset, offset + size]}
    offset += size
text = json.dumps(header).encode()
seed("safetensors", "network", struct.pack("<Q", len(text)) + text + bytes(offset))
record = sorted(run.glob("records/cases/tanh/hidden_contraction/pairs-*.json"))[0].read_bytes()
seed("records", "stored", record[:4000])
seed("records", "whole", record)
seed("records", "small", b'{"series":{"distance_hidden":{"rows":2,"columns":2,"values":[1.0,0.5,"NaN","inf"]}}}')
verdicts = json.loads((run / "verdicts.json").read_text())
seed("verdicts", "one", json.dumps(verdicts["claims"][0]).encode())
seed("verdicts", "file", json.dumps({**verdicts, "claims": verdicts["claims"][:1]}).encode())
manifest = json.loads((run / "manifest.json").read_text())
seed("manifest", "whole", json.dumps(manifest).encode())
small = {**manifest, "study_text": '[study]\nname = "s"\nseed = 1\n[data]\nkind = "var"\ntransition = [[0.5]]\ntarget = [1.0]\n[network]\nhidden = 2\n', "study": {}}
seed("manifest", "small", json.dumps(small).encode())
seed("manifest", "chunk", b"d3a0f37a53ccc837:cases/a%20b/staleness/pairs-0000..0015,violations/staleness/pairs-0003\t1.5 s\t3 MB")
