//! `kubernetes`: a study as an indexed job.

use super::Failure;
use super::slurm::quoted;
use super::tasks::{Tasks, asked_memory, asked_seconds, largest, listed, longest, tasks};
use super::told::answer;
use super::verify::Begun;
use crate::study::PlannedChunk;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

#[derive(clap::Args)]
#[command(after_help = "Examples:\n  rtrl-lab kubernetes mine.toml --image registry/rtrl-lab --volume runs --tasks 50")]
pub(super) struct Options {
    /// The study; without one, the built-in study
    pub study: Option<PathBuf>,
    /// Indexes of the job at most; a unit of work is never divided
    #[arg(long, value_name = "N", default_value_t = 100)]
    pub tasks: usize,
    /// Pods at the same time
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub parallelism: usize,
    /// Image of a container with `rtrl-lab` on its path
    #[arg(long, value_name = "IMAGE")]
    pub image: String,
    /// Claim of the volume that holds the run folder
    #[arg(long, value_name = "NAME")]
    pub volume: String,
    /// The run folder within that volume [default: the name of the run folder]
    #[arg(long, value_name = "PATH")]
    pub path: Option<String>,
    #[command(flatten)]
    pub begun: Begun,
}

const FOLDER: &str = "kubernetes";
/// Where the volume is seen by a pod.
const MOUNT: &str = "/volume";
/// Times that an index is tried again.
const RETRIES: u8 = 6;

/// Runs `kubernetes`.
pub(super) fn run(options: &Options) -> Result<u8, Failure> {
    let (prepared, root, chunks) = match tasks(options.study.as_deref(), options.tasks, &options.begun)? {
        Tasks::Cut { prepared, root, chunks } => (prepared, root, chunks),
        Tasks::None(code) => return Ok(code),
    };
    let text = serde_json::to_string_pretty(&job(&root, &chunks, options)).map_err(|error| Failure::Machine(error.to_string()))?;
    let directory = prepared.directory(&root);
    directory.write(&format!("{FOLDER}/chunks.txt"), listed(&chunks).as_bytes())?;
    directory.write(&format!("{FOLDER}/job.json"), text.as_bytes())?;
    let place = root.join(FOLDER).join("job.json");
    if options.begun.json {
        answer(text)?
    } else {
        answer(format!("kubectl create -f {}", quoted(&place)))?
    }
    Ok(0)
}

/// The job. An index whose chunk is not what it should be (exit code 2) fails at once; one whose
/// machine failed or that was told to end is tried again.
fn job(root: &Path, chunks: &[PlannedChunk], options: &Options) -> Value {
    let name = root.file_name().map_or_else(|| "run".into(), |name| name.to_string_lossy().into_owned());
    let folder = format!("{MOUNT}/{}", options.path.as_ref().unwrap_or(&name).trim_matches('/'));
    let label: String = name.to_ascii_lowercase().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).take(40).collect();
    let bytes = asked_memory(largest(chunks));
    let memory = format!("{:.0}M", (bytes / 1e6).ceil());
    let script =
        format!("chunk=$(sed -n \"$((JOB_COMPLETION_INDEX + 1))p\" \"$0/{FOLDER}/chunks.txt\") && exec rtrl-lab work \"$0\" \"$chunk\" --jobs 1");
    let fails = json!({ "action": "FailIndex", "onExitCodes": { "operator": "In", "values": [2] } });
    let container = json!({
        "name": "work",
        "image": options.image,
        "command": ["sh", "-c", script, folder],
        "resources": { "requests": { "cpu": "1", "memory": memory }, "limits": { "memory": memory } },
        "volumeMounts": [{ "name": "runs", "mountPath": MOUNT }],
    });
    let pod = json!({
        "restartPolicy": "Never",
        "activeDeadlineSeconds": asked_seconds(longest(chunks)).ceil(),
        "containers": [container],
        "volumes": [{ "name": "runs", "persistentVolumeClaim": { "claimName": options.volume } }],
    });
    json!({
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": { "generateName": format!("rtrl-lab-{label}-") },
        "spec": {
            "completionMode": "Indexed",
            "completions": chunks.len(),
            "parallelism": options.parallelism.max(1),
            "backoffLimitPerIndex": RETRIES,
            "podFailurePolicy": { "rules": [fails] },
            "template": { "spec": pod },
        },
    })
}
