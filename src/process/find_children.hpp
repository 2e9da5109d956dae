/// The children of this process, adopted ones included.
#pragma once
#include <sys/types.h>
#include <vector>

namespace stint {

/// Find all children of this process, ended but unreaped ones included. The process must have one
/// thread only, and reap none meanwhile: then a child that was there at the beginning is found.
std::vector<pid_t> find_children();

/// Find a process and everything below it, as /proc shows it while it is read: for looks that may
/// miss what has just begun.
std::vector<pid_t> find_descendants(pid_t process);

/// Tell whether `process` is `ancestor` or below it now.
bool descends_from(pid_t process, pid_t ancestor);

/// Tell whether anything runs below `process`, or beside it below its parent: what it has started,
/// and what has detached itself from it where its parent adopts that.
bool has_company(pid_t process);

/// The same as `find_children` in two ways; the first gives false where the kernel does not tell.
bool read_children(std::vector<pid_t>& to);
std::vector<pid_t> scan_for_children();

}  // namespace stint
