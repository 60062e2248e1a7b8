"""The command: where it is found, and what its exit codes become."""

import logging
import os
import signal
import stat
import subprocess
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import rtrl_lab
from rtrl_lab import InputError, MachineError


class Finding(unittest.TestCase):
    def test_the_command_can_be_executed(self):
        self.assertTrue(os.access(rtrl_lab.command(), os.X_OK))

    def test_a_name_without_a_program_is_refused(self):
        with mock.patch.dict(os.environ, RTRL_LAB="/no/such/program"):
            with self.assertRaisesRegex(InputError, "RTRL_LAB names /no/such/program"):
                rtrl_lab.command()

    def test_where_there_is_no_command_the_folder_is_named(self):
        with tempfile.TemporaryDirectory() as empty:
            with mock.patch.dict(os.environ, PATH=empty), mock.patch("sysconfig.get_path", return_value=empty):
                os.environ.pop("RTRL_LAB", None)
                with self.assertRaisesRegex(InputError, f"no command rtrl-lab in {empty} or on PATH"):
                    rtrl_lab.command()


class InFolder(unittest.TestCase):
    """Tests in a folder of their own, which is the current one."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.addCleanup(os.chdir, os.getcwd())
        os.chdir(folder.name)


class BadInput(InFolder):
    def refused(self, words, **arguments):
        with self.assertRaises(InputError) as caught:
            rtrl_lab.verify(**arguments)
        self.assertIn(words, str(caught.exception))
        self.assertFalse(str(caught.exception).startswith("error"))

    def test_the_command_says_why(self):
        self.refused("no.toml: the study cannot be read", study="no.toml")
        self.refused("--only: there is no claim `nothing`", only=["nothing"])
        self.refused("--jobs: 0 threads do no work", jobs=0)
        self.refused("invalid value '-1' for '--jobs <N>'", jobs=-1)

    def test_a_study_without_a_file_is_called_the_study(self):
        self.refused("the study:2: study.bogus: unknown key", study="[study]\nbogus = 1")
        self.refused("study.bogus: unknown key", study={"study": {"bogus": 1}})
        self.assertEqual(os.listdir(), [], "the file is taken away")

    def test_a_study_that_cannot_be_written_never_reaches_the_command(self):
        self.refused("study['study']['seed']: builtins.NoneType", study={"study": {"seed": None}})

    def test_an_empty_temporary_folder_is_taken_away(self):
        with mock.patch("tempfile.mkdtemp", return_value=os.path.abspath("run")):
            os.mkdir("run")
            self.refused("cannot be read", study=Path("no.toml"))
        self.assertFalse(os.path.exists("run"))

    def test_analyze_says_which_column_is_missing(self):
        Path("series.csv").write_text("a,b\n" + "1,2\n" * 50)
        with self.assertRaisesRegex(InputError, "nothing, here"):
            rtrl_lab.analyze("series.csv", inputs="nothing, here", target="b")
        with self.assertRaisesRegex(InputError, "dry_run: such a call leaves no verdicts"):
            rtrl_lab.analyze("series.csv", inputs="a", target="b", dry_run=True)


@unittest.skipIf(os.name == "nt", "the stand-in for the command is a shell script")
class ExitCodes(InFolder):
    """A script stands in for the command, so that every exit code can be had."""

    def ending(self, script):
        program = Path("stand-in").resolve()
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
        return mock.patch.dict(os.environ, RTRL_LAB=str(program))

    def listen(self, handler):
        log = logging.getLogger("rtrl_lab")
        self.addCleanup(log.setLevel, log.level)
        self.addCleanup(log.removeHandler, handler)
        log.addHandler(handler)
        log.setLevel("INFO")

    def test_3_is_a_failure_of_the_machine(self):
        with self.ending("echo 'a remark' >&2; echo 'error: the disk is full' >&2; exit 3"):
            with self.assertRaisesRegex(MachineError, r"\Athe disk is full\Z"):
                rtrl_lab.verify(out="run")

    def test_an_end_from_outside_is_told_in_the_command_s_words(self):
        with self.ending("echo 'stopped: 3 units are left' >&2; exit 3"):
            with self.assertRaisesRegex(MachineError, r"\Astopped: 3 units are left\Z"):
                rtrl_lab.verify(out="run")

    def test_a_signal_is_a_failure_of_the_machine(self):
        with self.ending("kill -9 $$"):
            with self.assertRaisesRegex(MachineError, "ended by signal 9"):
                rtrl_lab.verify(out="run")

    def test_a_message_of_several_lines_is_whole(self):
        with self.ending("printf 'a remark\\nerror: one\\n\\n  two\\n' >&2; exit 2"):
            with self.assertRaisesRegex(InputError, r"\Aone\n\n  two\Z"):
                rtrl_lab.verify(out="run")

    def test_remarks_are_logged(self):
        with self.ending("echo 'going on with the run' >&2; exit 0"):
            with self.assertLogs("rtrl_lab", "INFO") as logs, self.assertRaises(InputError):
                rtrl_lab.verify(out="run")
        self.assertEqual(logs.records[0].getMessage(), "going on with the run")

    def test_arguments_are_those_of_the_command(self):
        asked = Path("asked").resolve()
        with self.ending(f'printf "%s\\n" "$@" > {asked}; echo "error: x" >&2; exit 2'):
            with self.assertRaises(InputError):
                rtrl_lab.verify(Path("-a.toml"), out="run", quick=True, only=["a", "b"], force=True, jobs=2)
            self.assertEqual(
                asked.read_text().splitlines(),
                ["verify", "--quick", "--force", "--only=a,b", "--jobs=2", "--out=run", "--", "-a.toml"],
            )
            with self.assertRaises(InputError):
                rtrl_lab.analyze(
                    "a.csv", inputs=["a", 'b,"c'], target="d", out="run", raw=True, horizon=2,
                    scale_rows=None, difference=False, schedule=[0.1, 10, 0.7], time_order="rows",
                )
            self.assertEqual(
                asked.read_text().splitlines(),
                ["analyze", '--inputs="a"', '--inputs="b,""c"', '--target="d"', "--raw", "--horizon=2"]
                + ["--schedule=0.1", "--schedule=10", "--schedule=0.7", "--time-order=rows"]
                + ["--out=run", "--", "a.csv"],
            )

    def test_an_interrupt_ends_the_command(self):
        begun = []

        class Interrupting(logging.Handler):
            def emit(self, record):
                raise KeyboardInterrupt

        class Popen(subprocess.Popen):
            def __init__(self, *arguments, **options):
                super().__init__(*arguments, **options)
                begun.append(self)

        self.listen(Interrupting())
        # Its first line is where the interrupt falls.
        with self.ending("echo 'a remark' >&2; exec sleep 60"), mock.patch("subprocess.Popen", Popen):
            with self.assertRaises(KeyboardInterrupt):
                rtrl_lab.verify(out="run")
        self.assertEqual([process.returncode for process in begun], [-signal.SIGTERM])

    def test_remarks_are_logged_as_they_come(self):
        class Answering(logging.Handler):
            def emit(self, record):
                Path("seen").touch()

        self.listen(Answering())
        # The stand-in waits until its remark is seen, for 20 seconds at most.
        wait = "for i in $(seq 200); do test -e seen && exit 3; sleep 0.1; done; exit 2"
        with self.ending(f"echo 'a remark' >&2; {wait}"), self.assertRaises(MachineError):
            rtrl_lab.verify(out="run")


if __name__ == "__main__":
    unittest.main()
