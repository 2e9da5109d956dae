/// Thousands of small commits in one test, whose durability is not in question.
#pragma once
#include <cstdlib>

namespace stint::test {

/// Keep the stores that this process opens from now on in memory, or from waiting for the disk:
/// else that takes nine tenths of a run. What the environment says already stays.
inline void let_commits_be_quick() {
  ::setenv("TMPDIR", "/dev/shm", 0);
  ::setenv("PGOPTIONS", "-c synchronous_commit=off", 0);
}

}  // namespace stint::test
