#include "process/memory_group.hpp"
#include <sys/stat.h>
#include <unistd.h>
#include <algorithm>
#include <atomic>
#include <charconv>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>
#include <fmt/format.h>

namespace stint {
namespace {

constexpr std::string_view kNames = "stint-";

std::string read_file(const std::string& path) {
  std::ifstream file{path};
  return {std::istreambuf_iterator<char>{file}, {}};
}

bool write_file(const std::string& path, std::string_view text) {
  std::ofstream file{path};
  file << text << std::flush;
  return file.good();
}

std::vector<std::string> words_of(const std::string& line, char separator) {
  std::vector<std::string> words;
  std::istringstream stream{line};
  for (std::string word; std::getline(stream, word, separator);) words.push_back(word);
  return words;
}

bool contains(const std::vector<std::string>& words, std::string_view word) {
  return std::ranges::find(words, word) != words.end();
}

/// The path of this process's group in the hierarchy with the memory controller, and which kind.
struct OwnGroup {
  std::string path = {};
  bool is_v2 = false;
};

OwnGroup own_group(const std::string& groups) {
  OwnGroup unified;
  std::istringstream lines{groups};
  for (std::string line; std::getline(lines, line);) {
    // "4:memory:/path", "0::/path"
    const std::size_t first = line.find(':');
    const std::size_t second = first == std::string::npos ? first : line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    const std::string path = line.substr(second + 1);
    if (contains(words_of(controllers, ','), "memory")) return {path, false};
    if (controllers.empty()) unified = {path, true};
  }
  return unified;
}

/// Remove what workers have left that were killed.
void remove_left_groups(const std::string& directory) {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator{directory, error}) {
    const std::string name = entry.path().filename();
    if (!name.starts_with(kNames)) continue;
    pid_t owner = 0;
    std::from_chars(name.data() + kNames.size(), name.data() + name.size(), owner);
    if (owner > 0 && ::kill(owner, 0) != 0 && errno == ESRCH) ::rmdir(entry.path().c_str());
  }
}

/// The number behind a name in a file of lines "name number".
std::int64_t find_number(const std::string& text, std::string_view name) {
  std::istringstream words{text};
  std::string word;
  for (std::int64_t number = 0; words >> word >> number;) {
    if (word == name) return number;
  }
  return 0;
}

}  // namespace

MemoryController find_memory_controller(const std::string& groups, const std::string& mounts) {
  const OwnGroup own = own_group(groups);
  if (own.path.empty()) return {};
  std::istringstream lines{mounts};
  for (std::string line; std::getline(lines, line);) {
    // "36 25 0:31 ROOT DIRECTORY rw,relatime ... - cgroup SOURCE rw,memory"
    const std::vector<std::string> words = words_of(line, ' ');
    const auto dash = std::ranges::find(words, "-");
    if (words.size() < 6 || words.end() - dash < 4) continue;
    const bool is_fitting = own.is_v2
                                ? dash[1] == "cgroup2"
                                : dash[1] == "cgroup" && contains(words_of(dash[3], ','), "memory");
    if (!is_fitting) continue;
    std::string path = own.path;
    // In a container the mount may begin further down than the paths do.
    if (const std::string& root = words[3]; root != "/" && path.starts_with(root)) {
      path.erase(0, root.size());
    }
    return {words[4] + (path == "/" ? "" : path), own.is_v2};
  }
  return {};
}

std::unique_ptr<MemoryGroup> MemoryGroup::make() {
  static std::atomic<int> made{0};
  const auto [parent, is_v2] =
      find_memory_controller(read_file("/proc/self/cgroup"), read_file("/proc/self/mountinfo"));
  if (parent.empty()) return nullptr;
  const int number = made++;
  if (number == 0) remove_left_groups(parent);
  const std::string directory = fmt::format("{}/{}{}-{}", parent, kNames, ::getpid(), number);
  if (::mkdir(directory.c_str(), 0755) != 0) return nullptr;
  std::unique_ptr<MemoryGroup> group{new MemoryGroup{directory, is_v2}};
  // Without the controller it would be a group that bounds nothing.
  if (!group->limit(0)) return nullptr;
  return group;
}

MemoryGroup::MemoryGroup(std::string directory, bool is_v2)
    : directory_(std::move(directory)), is_v2_(is_v2) {}

MemoryGroup::~MemoryGroup() { ::rmdir(directory_.c_str()); }

bool MemoryGroup::limit(std::int64_t bytes) {
  if (is_v2_) {
    return write_file(directory_ + "/memory.max", bytes > 0 ? std::to_string(bytes) : "max");
  }
  return write_file(directory_ + "/memory.limit_in_bytes",
                    bytes > 0 ? std::to_string(bytes) : "-1");
}

bool MemoryGroup::add(pid_t process) {
  return write_file(directory_ + "/cgroup.procs", std::to_string(process));
}

std::int64_t MemoryGroup::used() const {
  std::ifstream file{directory_ + (is_v2_ ? "/memory.current" : "/memory.usage_in_bytes")};
  std::int64_t bytes = 0;
  file >> bytes;
  return bytes;
}

std::int64_t MemoryGroup::kills() const {
  return find_number(read_file(directory_ + (is_v2_ ? "/memory.events" : "/memory.oom_control")),
                     "oom_kill");
}

}  // namespace stint
