-- Commit what the task has written together with its job's completion.
commit
