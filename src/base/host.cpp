#include "base/host.hpp"
#include <pwd.h>
#include <sys/types.h>
#include <unistd.h>
#include <array>
#include <vector>

namespace stint {

std::string host_name() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0) return {};
  return name.data();
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
