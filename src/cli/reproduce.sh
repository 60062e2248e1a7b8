#!/bin/sh
# Makes every record of this run again and compares its bits, and every file of the report from the
# records. Takes as long as the run did. RTRL_LAB names another program than the one on the path.
# Data files are looked for where the run found them; `--base FOLDER` names another folder.
cd "$(dirname "$0")" && exec "${RTRL_LAB:-rtrl-lab}" check . --every 1 "$@"
