#include "base/host.hpp"
#include <pwd.h>
#include <sys/types.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <sstream>
#include <vector>

namespace stint {

std::string host_name() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0) return {};
  return name.data();
}

std::string full_host_name() {
  std::string name = host_name();
  if (name.find('.') != std::string::npos) return name;
  std::ifstream hosts{"/etc/hosts"};
  for (std::string line; std::getline(hosts, line);) {
    std::istringstream words{line.substr(0, line.find('#'))};
    std::string address;
    words >> address;
    const std::vector<std::string> names{std::istream_iterator<std::string>{words}, {}};
    if (std::ranges::find(names, name) == names.end()) continue;
    const auto full = std::ranges::find_if(
        names, [&](const std::string& other) { return other.starts_with(name + "."); });
    if (full != names.end()) return *full;
  }
  return name;
}

std::string boot_id() {
  std::ifstream file{"/proc/sys/kernel/random/boot_id"};
  std::string id;
  std::getline(file, id);
  return id;
}

std::string user_name() {
  const uid_t user = ::geteuid();
  std::vector<char> text(4096);
  passwd entry{};
  passwd* found = nullptr;
  if (::getpwuid_r(user, &entry, text.data(), text.size(), &found) == 0 && found != nullptr) {
    return entry.pw_name;
  }
  return std::to_string(user);
}

}  // namespace stint
