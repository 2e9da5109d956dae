/// Fork and execute: what happens between the two.
#pragma once
#include <sys/types.h>
#include <vector>
#include "base/unique_fd.hpp"
#include "process/keeper_messages.hpp"

namespace stint {

/// Why a program could not be executed.
struct SpawnFailure {
  SpawnStep step = SpawnStep::kStart;
  int error = 0;  ///< errno
};

/// A child that is about to execute its program.
struct SpawnedChild {
  pid_t pid = -1;    ///< -1: there is none, `failure` says why
  UniqueFd outcome;  ///< ends without a word once the program runs; else a SpawnFailure comes first
  SpawnFailure failure = {};
};

/// Start a program in a process group of its own, as a subreaper, with default signal dispositions
/// and an empty mask; it dies with the calling process. `descriptors` become `request.targets`;
/// `null` is an open /dev/null. Does not wait for the program to run. The calling process should
/// have no other threads: the child is to die with the *thread* that forked it.
SpawnedChild spawn_child(const SpawnRequest& request, const std::vector<UniqueFd>& descriptors,
                         int null);

/// Read what a child's `outcome` has to say, without waiting. True: it has spoken, or runs.
bool read_outcome(int outcome, SpawnFailure& failure);

}  // namespace stint
