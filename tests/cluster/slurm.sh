#!/bin/sh
# Slurm on this node alone: an array of workers and a report that waits for it, tasks killed in
# between, and what failed submitted again.
. "$(dirname "$0")/common.sh"
for needed in munged slurmctld slurmd sbatch; do
    command -v $needed > /dev/null || skip "$needed is not installed (Debian: slurm-wlm, munge)"
done
test "$(id -u)" = 0 || skip "a node of one's own is started as root"
host=$(hostname -s)
export SLURM_CONF="$here/slurm.conf"
mkdir "$here/state" "$here/spool"
cat > "$SLURM_CONF" <<CONF
ClusterName=one
SlurmctldHost=$host
SlurmUser=root
AuthType=auth/munge
StateSaveLocation=$here/state
SlurmdSpoolDir=$here/spool
SlurmctldPidFile=$here/slurmctld.pid
SlurmdPidFile=$here/slurmd.pid
SlurmctldLogFile=$here/slurmctld.log
SlurmdLogFile=$here/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
ReturnToService=2
SchedulerParameters=sched_interval=1,batch_sched_delay=0
NodeName=$host CPUs=2 RealMemory=4000 State=UNKNOWN
PartitionName=all Nodes=$host Default=YES MaxTime=INFINITE State=UP
CONF
# A key and a socket of its own, so that a munged that runs already is left alone.
mkdir -p /run/munge && chown munge: /run/munge
pgrep munged > /dev/null || su -s /bin/sh munge -c munged
slurmctld -D > "$here/slurmctld.out" 2>&1 & controller=$!
slurmd -D > "$here/slurmd.out" 2>&1 & node=$!
trap 'kill $controller $node 2> /dev/null; wait; rm -rf "$here"' EXIT
tries=0
until sinfo -h -o %T 2> /dev/null | grep -q idle; do
    tries=$((tries + 1))
    test $tries -lt 100 || { cat "$here"/slurm*.out "$here"/slurm*.log; exit 1; }
    sleep 0.3
done
whole_run
run="$here/slurm-run" runs=0
submit() { "$program" slurm "$study" --quick --out "$run" --tasks 12 --submit 2>> "$here/log"; }
await() { while squeue -h | grep -q .; do sleep 0.5; done; }
: > "$here/killed"
kill_workers "work $run" "$KILLS" "$here/killed" & killer=$!
trap 'kill $killer $controller $node 2> /dev/null; wait; rm -rf "$here"' EXIT
while test $runs = 0 || test "$(wc -l < "$here/killed")" -lt "$KILLS"; do
    rm -rf "$run"
    runs=$((runs + 1)) submissions=0
    until test -f "$run/verdicts.json"; do
        submissions=$((submissions + 1))
        test $submissions -lt 60 || { cat "$here/log" "$run"/slurm/*.log; exit 1; }
        submit
        await
    done
    same "$run" "Slurm, $(wc -l < "$here/killed") tasks killed in $runs runs, the last of $submissions submissions"
done
