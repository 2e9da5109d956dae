// The demonstration: files in, checksums out, through the queue.
#pragma once
#include <string>
#include <stint/stint.hpp>

/// Enqueue a job for each file below `folder`, run a worker of `slots` slots (0: the number of
/// cores) in this process, and print a summary. Where no store is set, one in a temporary folder is
/// used and removed. `output`, if not empty, is written in the form of `sha256sum`. Returns 1 if
/// any file could not be read.
int demo(stint::Job& job, const stint::Settings& settings, const std::string& folder, int slots,
         const std::string& output);
