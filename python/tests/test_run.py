"""A run: what is read of its files, and how a folder without one is refused."""

import json
import os
import shutil
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import rtrl_lab
from rtrl_lab import InputError

LINEAR = {
    "study": {"name": "small", "seed": 3},
    "data": {
        "kind": "var",
        "transition": [[0.8, 0.1], [0.0, 0.5]],
        "inputs": [0],
        "target": [0.3, -1.0],
        "target_noise": 0.1,
    },
    "network": {"activation": "identity", "hidden": 3, "recurrent_norm": 0.6},
}
ONLY = ["data_ergodicity", "hidden_contraction"]


class OfASmallStudy(unittest.TestCase):
    """One quick run that the tests share, and a copy of it for those that break it."""

    @classmethod
    def setUpClass(cls):
        cls.scratch = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.scratch.cleanup)
        cls.folder = Path(cls.scratch.name, "run")
        cls.addClassCleanup(os.chdir, os.getcwd())
        os.chdir(cls.scratch.name)
        cls.run_of_dict = rtrl_lab.verify(LINEAR, out=cls.folder, quick=True, only=ONLY)

    def copy(self):
        copy = Path(self.scratch.name, self.id())
        shutil.copytree(self.folder, copy)
        return copy

    def test_verdicts_are_those_of_the_file(self):
        run = rtrl_lab.open(self.folder)
        claims = json.loads((self.folder / "verdicts.json").read_text())["claims"]
        self.assertEqual([verdict.id for verdict in run.verdicts], ONLY)
        self.assertEqual(run.verdicts, self.run_of_dict.verdicts)
        self.assertTrue(run.as_expected)
        self.assertEqual(run.study, "small")
        for verdict, claim in zip(run.verdicts, claims):
            self.assertEqual(verdict.verdict, claim["verdict"])
            self.assertEqual(verdict.reason, claim["reason"])
            self.assertEqual(vars(verdict.estimate), claim["estimate"])
        # The slower eigenvalue of the data is 0.8.
        rate = run.verdicts[0].estimate
        self.assertTrue(rate.lower <= 0.8 <= rate.upper, rate)

    def test_a_verdict_cannot_be_changed(self):
        with self.assertRaises(AttributeError):
            self.run_of_dict.verdicts[0].verdict = "contradicted"

    def test_measurements_are_numbers_with_intervals(self):
        rows = self.run_of_dict.measurements()
        lines = (self.folder / "measurements.csv").read_text().splitlines()
        self.assertEqual(len(rows), len(lines) - 1)
        self.assertEqual(",".join(rows[0]), lines[0])
        rate = next(row for row in rows if (row["claim"], row["quantity"]) == (ONLY[0], "rate"))
        estimate = self.run_of_dict.verdicts[0].estimate
        self.assertEqual((rate["value"], rate["lower"]), (estimate.value, estimate.lower))
        self.assertEqual((rate["index"], rate["undefined"]), (None, None))

    def test_figures_are_rows(self):
        name = self.run_of_dict.verdicts[0].figures[0]
        rows = self.run_of_dict.figure(name)
        points = [row for row in rows if row["form"] == "line"]
        self.assertGreater(len(points), 100)
        self.assertTrue(all(isinstance(row["y"], float) and row["lower"] is None for row in points))
        with self.assertRaisesRegex(InputError, f"no figure 'x'; it has .*{name}"):
            self.run_of_dict.figure("x")

    def test_the_page_is_there(self):
        self.assertTrue(self.run_of_dict.page.is_file())

    def test_a_run_that_is_finished_is_read_again(self):
        verdicts = self.folder / "verdicts.json"
        before = verdicts.stat().st_mtime_ns
        again = rtrl_lab.verify(LINEAR, out=self.folder, quick=True, only=ONLY)
        self.assertEqual(again.verdicts, self.run_of_dict.verdicts)
        self.assertEqual(verdicts.stat().st_mtime_ns, before)

    def test_a_folder_of_another_run_is_refused(self):
        with self.assertRaisesRegex(InputError, "holds another run"):
            rtrl_lab.verify(LINEAR, out=self.folder, quick=True, only=ONLY[0])

    def test_a_verdict_that_is_not_as_expected_is_no_exception(self):
        study = {**LINEAR, "claims": {ONLY[0]: {"expect": "contradicted"}}}
        with mock.patch("tempfile.mkdtemp", return_value=self.scratch.name + "/fresh"):
            run = rtrl_lab.verify(study, quick=True, only=ONLY[0])
        self.assertEqual(str(run.folder), self.scratch.name + "/fresh")
        self.assertFalse(run.as_expected)
        self.assertEqual((run.verdicts[0].verdict, run.verdicts[0].expected), ("supported", "contradicted"))

    def test_data_of_a_dict_are_relative_to_the_current_folder(self):
        Path("series.csv").write_text("a\n" + "".join(f"{(7 * t * t) % 101}\n" for t in range(200)))
        data = {"kind": "recorded", "file": "series.csv", "input_columns": ["a"], "target_columns": ["a"]}
        study = {"study": {"name": "of-a-file", "seed": 1}, "data": data, "network": {"hidden": 2}}
        run = rtrl_lab.verify(study, out="of-a-file", quick=True, only=ONLY[1])
        self.assertEqual([verdict.id for verdict in run.verdicts], [ONLY[1]])
        analyzed = rtrl_lab.analyze(
            "series.csv", inputs="a", target=["a"], out="analyzed", quick=True, only=ONLY[1], hidden=2
        )
        self.assertTrue(next(iter(analyzed.answers.values()))[0]["answer"])

    def test_a_folder_without_a_run_is_refused(self):
        with self.assertRaisesRegex(InputError, "there is no such folder"):
            rtrl_lab.open("no-such-folder")
        with tempfile.TemporaryDirectory() as empty:
            with self.assertRaisesRegex(InputError, "this folder holds no run"):
                rtrl_lab.open(empty)

    def test_a_run_that_is_not_finished_is_refused(self):
        copy = self.copy()
        (copy / "verdicts.json").unlink()
        with self.assertRaisesRegex(InputError, "not finished"):
            rtrl_lab.open(copy)

    def test_verdicts_of_another_form_are_refused(self):
        copy = self.copy()
        document = json.loads((copy / "verdicts.json").read_text())
        broken = [
            ({**document, "schema_version": 2}, "form 2"),
            ([], "form None"),
            ({**document, "claims": [{"id": "x"}]}, "another form"),
        ]
        for content, words in broken:
            (copy / "verdicts.json").write_text(json.dumps(content))
            with self.assertRaisesRegex(InputError, words):
                rtrl_lab.open(copy)
        (copy / "verdicts.json").write_text("{")
        with self.assertRaisesRegex(InputError, "cannot be read"):
            rtrl_lab.open(copy)

    def test_an_estimate_that_is_missing_is_none(self):
        copy = self.copy()
        document = json.loads((copy / "verdicts.json").read_text())
        document["claims"][0]["estimate"] = None
        (copy / "verdicts.json").write_text(json.dumps(document))
        self.assertIsNone(rtrl_lab.open(copy).verdicts[0].estimate)

    def test_without_pandas_a_frame_says_what_is_needed(self):
        with mock.patch.dict(sys.modules, pandas=None):
            with self.assertRaisesRegex(ImportError, "pip install pandas"):
                self.run_of_dict.frame()

    def test_a_frame_of_another_kind_is_refused(self):
        with self.assertRaisesRegex(InputError, "no frame 'x'"):
            self.run_of_dict.frame("x")

    def test_frames_hold_what_the_lists_hold(self):
        try:
            import pandas  # noqa: F401
        except ImportError:
            self.skipTest("pandas is not installed")
        numbers, verdicts = (self.run_of_dict.frame(kind) for kind in ("measurements", "verdicts"))
        self.assertEqual(len(numbers), len(self.run_of_dict.measurements()))
        self.assertEqual(numbers["value"].dtype, float)
        self.assertEqual(list(verdicts["claim"]), ONLY)
        both = verdicts.merge(numbers[numbers["quantity"] == "rate"], on=["case", "claim"])
        self.assertEqual(list(both["value_x"]), list(both["value_y"]))


if __name__ == "__main__":
    unittest.main()
