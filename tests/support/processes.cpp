#include "support/processes.hpp"
#include <unistd.h>
#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <string_view>

namespace stint::test {
namespace {

namespace fs = std::filesystem;

std::string read(const fs::path& path) {
  std::ifstream file{path, std::ios::binary};
  std::string text;
  std::array<char, 4096> block{};
  // A process that ends meanwhile makes reading fail: that is the end of its file.
  while (file.read(block.data(), block.size()) || file.gcount() > 0) {
    text.append(block.data(), static_cast<std::size_t>(file.gcount()));
  }
  return text;
}

std::vector<pid_t> all_processes() {
  std::vector<pid_t> found;
  for (const auto& entry : fs::directory_iterator{"/proc"}) {
    const std::string name = entry.path().filename().string();
    pid_t pid = 0;
    const char* const end = name.data() + name.size();
    if (std::from_chars(name.data(), end, pid).ptr == end) found.push_back(pid);
  }
  return found;
}

fs::path folder_of(pid_t pid) { return fs::path{"/proc"} / std::to_string(pid); }

}  // namespace

std::vector<pid_t> processes_with(const std::string& variable) {
  std::vector<pid_t> found = all_processes();
  std::erase_if(found, [&](pid_t pid) {
    // Empty for what has ended.
    const std::string variables = '\0' + read(folder_of(pid) / "environ") + '\0';
    return variables.find('\0' + variable + '\0') == std::string::npos;
  });
  return found;
}

bool is_there(pid_t process) { return ::kill(process, 0) == 0; }

std::string unique_variable() {
  static std::atomic<int> count{0};
  return "STINT_TEST_MARK=" + std::to_string(::getpid()) + "-" + std::to_string(++count);
}

std::vector<pid_t> children_of(pid_t parent) {
  std::vector<pid_t> found = all_processes();
  std::erase_if(found, [&](pid_t pid) {
    return read(folder_of(pid) / "status").find("\nPPid:\t" + std::to_string(parent) + "\n") ==
           std::string::npos;
  });
  return found;
}

std::size_t count_descriptors(const std::string& process) {
  const fs::directory_iterator all{fs::path{"/proc"} / process / "fd"};
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

}  // namespace stint::test
