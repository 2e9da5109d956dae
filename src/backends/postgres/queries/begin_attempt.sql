-- Begin the transaction of an attempt, in which its task writes and its job is completed.
begin isolation level read committed read write
