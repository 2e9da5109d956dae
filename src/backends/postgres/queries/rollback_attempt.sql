-- Undo what the task has written.
rollback
