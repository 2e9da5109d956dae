/// What runs on this machine, as /proc tells.
#pragma once
#include <sys/types.h>
#include <string>
#include <vector>

namespace stint::test {

/// The processes that were started with this variable ("NAME=value") and still run. What has ended
/// and is not yet reaped does not count.
std::vector<pid_t> processes_with(const std::string& variable);

/// Whether a process of this id is there; one that has ended and is not yet reaped is.
bool is_there(pid_t process);

/// A variable that no other process has.
std::string unique_variable();

/// The children of a process, ended but unreaped ones included.
std::vector<pid_t> children_of(pid_t parent);

/// How many descriptors a process has open.
std::size_t count_descriptors(const std::string& process = "self");

}  // namespace stint::test
