"""The writer of TOML: what it writes is what was given, and what has no form is refused."""

import unittest

from rtrl_lab import InputError
from rtrl_lab._toml import text_of

try:
    import tomllib
except ImportError:  # before Python 3.11
    tomllib = None

STUDY = {
    "study": {"name": "a \"b\" \\ c\td\ne\x7fé", "seed": 2**63 - 1, "quiet": False},
    "data": {"transition": [[0.8, 0.1], (0, -0.5)], "empty": [], "far": 1e300, "near": 1e-7},
    "case": {
        "linear": {"network": {"hidden": 3, "schedule": {"kind": "constant", "initial": 0.1}}},
        "of two words": {"on": True, "bare": {}},
    },
    "list": [{"a": 1, "b c": [True]}, {}],
}


class Writing(unittest.TestCase):
    def test_the_text_of_a_small_study(self):
        study = {"case": {"tanh": {"network": {"hidden": 8}}}, "top": 1.0}
        self.assertEqual(text_of(study), "top = 1.0\n[case.tanh.network]\nhidden = 8\n")

    def test_values_stand_before_sections(self):
        study = {"study": {"inner": {"b": "x"}, "a": [1, 2.5]}}
        self.assertEqual(text_of(study), '[study]\na = [1, 2.5]\n[study.inner]\nb = "x"\n')

    def test_booleans_are_no_integers(self):
        self.assertEqual(text_of({"a": True, "b": 1}), "a = true\nb = 1\n")

    @unittest.skipIf(tomllib is None, "Python has tomllib from 3.11 on")
    def test_what_is_read_again_is_what_was_given(self):
        read = tomllib.loads(text_of(STUDY))
        given = {**STUDY, "data": {**STUDY["data"], "transition": [[0.8, 0.1], [0, -0.5]]}}
        self.assertEqual(read, given)
        self.assertIs(type(read["data"]["transition"][1][0]), int)

    @unittest.skipIf(tomllib is None, "Python has tomllib from 3.11 on")
    def test_floats_keep_their_bits(self):
        for value in (0.1, 1e16, 5e-324, -0.0, 1.7976931348623157e308, float("inf")):
            self.assertEqual(repr(tomllib.loads(text_of({"x": value}))["x"]), repr(value))

    def test_a_subclass_of_float_is_written_as_the_number_it_is(self):
        class Named(float):
            def __repr__(self):
                return "Named()"

        self.assertEqual(text_of({"x": Named(0.25)}), "x = 0.25\n")


class Refusing(unittest.TestCase):
    def test_what_has_no_form_is_refused_with_its_place(self):
        cases = [
            ({"study": {"seed": None}}, "study['study']['seed']: builtins.NoneType"),
            ({"a": [1, {"b": {1, 2}}]}, "study['a'][1]['b']: builtins.set"),
            ({"a": b"x"}, "builtins.bytes"),
            ({"a": 1j}, "builtins.complex"),
            ({"a": {1: 2}}, "the key 1 is no str"),
            ({"a": [{1: 2}]}, "the key 1 is no str"),
            ({"a": 2**63}, "more than 64 bits"),
            ({"a": "\ud800"}, "no form in UTF-8"),
        ]
        for study, words in cases:
            with self.subTest(study=repr(study)):
                with self.assertRaises(InputError) as caught:
                    text_of(study)
                self.assertIn(words, str(caught.exception))


if __name__ == "__main__":
    unittest.main()
