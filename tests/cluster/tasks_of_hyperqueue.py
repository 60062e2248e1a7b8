"""HyperQueue: a task for every chunk, on two workers, until none is missing.

The package of PyPI holds server and workers, and no `hq`: its workers are threads of this process,
so that none of them can be killed alone: `hyperqueue.sh` kills tasks, as a worker's end would.

    python3 tests/cluster/tasks_of_hyperqueue.py PROGRAM STUDY FOLDER
"""

import subprocess
import sys

try:
    from hyperqueue import Job, LocalCluster
    from hyperqueue.cluster import WorkerConfig
except ImportError:
    print(f"skipped {sys.argv[0]}: hyperqueue is not installed (pip install hyperqueue)")
    sys.exit(0)

program, study, run = sys.argv[1:]


def chunks(arguments):
    told = subprocess.run([program, "units", *arguments, "--chunk", "1"], check=True, capture_output=True, text=True)
    return told.stdout.splitlines()


with LocalCluster(run + "-server") as cluster:
    for _ in range(2):
        cluster.start_worker(WorkerConfig(cores=1))
    client = cluster.client()
    lines, rounds, failed = chunks([study, "--quick", "--out", run]), 0, 0
    total = len(lines)
    while lines:
        job = Job()
        for line in lines:
            job.program([program, "work", run, line, "--jobs", "1"], stdout=None, stderr=None)
        submitted = client.submit(job)
        done = client.wait_for_jobs([submitted], raise_on_error=False)
        failed += 0 if done else len(client.get_failed_tasks(submitted))
        lines, rounds = chunks(["--missing", run]), rounds + 1
        assert rounds < 200, f"{len(lines)} chunks are still missing"
print(f"  {total} chunks on two workers, {failed} tasks failed, done in {rounds} rounds")
