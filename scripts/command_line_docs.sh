#!/usr/bin/env bash
# Print docs/command-line.md from the programs' own help:
#   scripts/command_line_docs.sh build/dev/bin/stint > docs/command-line.md
# A test compares the document with the help.
set -euo pipefail
stint=${1:?"give the program stint"}

mapfile -t commands < <("$stint" help --json | sed -E 's/^\{"name":"([^"]*)".*/\1/')

cat <<'TEXT'
# The command line

`stint`, and every program that calls `stint::main`, has these commands. A program's own tasks are what
`run` and `worker run` work on; the installed `stint` has those that the settings declare
([commands](commands.md)), those of the [module files](modules.md) that it loads, and is for everything else. Commands that
a program's modules declare (`m.command`) stand first in its `--help`; their arguments are options and,
in their order, positional values, and a whole number that they return is the exit code.

Results go to standard output, everything else to standard error. On a terminal results are tables in
colour with relative times, cut to its width; piped, they are plain aligned columns with times in UTC
and nothing cut. `--json` prints one object a line. A job has exactly the fields `id`, `task`, `state`,
`priority`, `args`, `metadata`, `tags`, `attempt`, `run_at`, `created_at`, `started_at`, `finished_at`,
`domain`, `node`, `worker`, `cause`, `error`, `output`; what is not known is `null`. A reader that closes
the pipe ends a command quietly.

On a terminal that is too narrow for a table's columns each row becomes a block of lines, a cell each.

`source <(stint completion bash)` completes commands, options, choices, files, tasks, arguments and job
numbers; the package installs it. `PROGRAM completion bash` is the same for a program of yours, with its
own commands. `man stint`, or `stint help --man | man -l -`, is this page as a manual page, and
`stint help --json` gives it to programs. Help, all these and this page come from one table.

Options may stand anywhere on the line; `--name=value`, `--name value`, `-nvalue` and `-n value` are the
same, an underscore in a long name is a dash, and behind `--` nothing is an option.

| exit code | meaning |
|---|---|
| 0 | done |
| 1 | the job or check failed, or results could not be written (a full disk) |
| 2 | the command line, or data given with it, cannot be meant |
| 3 | there is no such job, task or worker |
| 4 | somebody else's |
| 5 | a right that was held is lost |
| 69 | the store cannot be reached |
| 70 | a defect of Stint |
| 75 | busy, or timed out |
| 78 | the settings, the declared tasks or the store's tables are not right |

TEXT
echo '```'
"$stint" job list --help | sed -n '/^Options of every command$/,/^Examples$/p' | sed '$d' | sed '$d'
echo '```'
for command in "${commands[@]}"; do
  # shellcheck disable=SC2086 # the name is words
  printf '\n## %s\n\n```\n' "$command"
  # shellcheck disable=SC2086
  "$stint" $command --help | awk '
    /^Options of every command$/ {skipping = 1}
    /^Examples$/ {skipping = 0}
    !skipping {print}' | cat -s
  printf '```\n'
done
