#include "process/find_children.hpp"
#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include "base/unique_fd.hpp"

namespace stint {
namespace {

/// Read a file of /proc as a whole; false: it cannot be opened, or its process has gone.
bool read_file(int folder, const char* path, std::string& to) {
  const UniqueFd file{::openat(folder, path, O_RDONLY | O_CLOEXEC)};
  if (!file) return false;
  to.clear();
  std::array<char, 4096> chunk{};
  for (;;) {
    const ssize_t size = ::read(file.get(), chunk.data(), chunk.size());
    if (size == 0) return true;
    if (size > 0) {
      to.append(chunk.data(), static_cast<std::size_t>(size));
    } else if (errno != EINTR) {
      return false;
    }
  }
}

bool parse(std::string_view text, pid_t& to) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), to);
  return error == std::errc{} && end == text.data() + text.size();
}

/// The parent in "pid (name) state parent ...": the name may hold anything.
pid_t parent_of(std::string_view stat) {
  const std::size_t end = stat.rfind(") ");
  if (end == std::string_view::npos || stat.size() < end + 4) return -1;
  const std::string_view rest = stat.substr(end + 4);
  pid_t parent = -1;
  return parse(rest.substr(0, rest.find(' ')), parent) ? parent : -1;
}

struct CloseFolder {
  void operator()(DIR* folder) const { ::closedir(folder); }
};

/// All processes that there are, each with its parent.
std::vector<std::pair<pid_t, pid_t>> scan_processes() {
  std::vector<std::pair<pid_t, pid_t>> processes;
  const std::unique_ptr<DIR, CloseFolder> folder{::opendir("/proc")};
  if (!folder) return processes;
  std::string stat;
  while (const dirent* const entry = ::readdir(folder.get())) {
    pid_t pid = -1;
    if (!parse(entry->d_name, pid)) continue;
    const std::string path = std::string{entry->d_name} + "/stat";
    if (!read_file(::dirfd(folder.get()), path.c_str(), stat)) continue;
    processes.emplace_back(pid, parent_of(stat));
  }
  return processes;
}

/// Count the children of all threads; -1: the kernel does not tell.
int count_children(pid_t process) {
  const std::string folder = "/proc/" + std::to_string(process) + "/task";
  const std::unique_ptr<DIR, CloseFolder> tasks{::opendir(folder.c_str())};
  if (!tasks) return -1;
  int count = 0;
  std::string text;
  while (const dirent* const entry = ::readdir(tasks.get())) {
    pid_t task = -1;
    if (!parse(entry->d_name, task)) continue;
    const std::string path = std::string{entry->d_name} + "/children";
    if (!read_file(::dirfd(tasks.get()), path.c_str(), text)) {
      if (errno == ENOENT && ::faccessat(::dirfd(tasks.get()), entry->d_name, F_OK, 0) != 0) {
        continue;  // the thread has ended
      }
      return -1;
    }
    count += static_cast<int>(std::ranges::count(text, ' '));
  }
  return count;
}

}  // namespace

bool read_children(std::vector<pid_t>& to) {
  std::string text;
  const std::string path = "/proc/self/task/" + std::to_string(::getpid()) + "/children";
  if (!read_file(AT_FDCWD, path.c_str(), text)) return false;
  to.clear();
  std::string_view rest = text;
  for (std::size_t end = rest.find(' '); end != std::string_view::npos; end = rest.find(' ')) {
    pid_t child = -1;
    if (parse(rest.substr(0, end), child)) to.push_back(child);
    rest.remove_prefix(end + 1);
  }
  return true;
}

std::vector<pid_t> scan_for_children() {
  std::vector<pid_t> children;
  for (const auto& [pid, parent] : scan_processes()) {
    if (parent == ::getpid()) children.push_back(pid);
  }
  return children;
}

std::vector<pid_t> find_descendants(pid_t process) {
  std::multimap<pid_t, pid_t> children;
  for (const auto& [pid, parent] : scan_processes()) children.emplace(parent, pid);
  std::vector<pid_t> found{process};
  // A parent comes before its children; numbers are unique within one look, or nearly: bounded.
  for (std::size_t i = 0; i < found.size() && found.size() <= children.size(); ++i) {
    const auto [begin, end] = children.equal_range(found[i]);
    for (auto one = begin; one != end; ++one) found.push_back(one->second);
  }
  return found;
}

bool descends_from(pid_t process, pid_t ancestor) {
  std::string stat;
  // Bounded: a number on the way may pass to another process while we climb.
  for (int steps = 0; process > 0 && steps < 1000; ++steps) {
    if (process == ancestor) return true;
    if (!read_file(AT_FDCWD, ("/proc/" + std::to_string(process) + "/stat").c_str(), stat)) break;
    process = parent_of(stat);
  }
  return false;
}

bool has_company(pid_t process) {
  std::string stat;
  if (!read_file(AT_FDCWD, ("/proc/" + std::to_string(process) + "/stat").c_str(), stat)) {
    return true;  // it is gone: what it has left may be there
  }
  const pid_t parent = parent_of(stat);
  const int below = count_children(process);
  if (below > 0) return true;
  const int beside = count_children(parent);
  if (below == 0 && beside >= 0) return beside > 1;
  return find_descendants(parent).size() > 2;
}

std::vector<pid_t> find_children() {
  std::vector<pid_t> children;
  return read_children(children) ? children : scan_for_children();
}

}  // namespace stint
