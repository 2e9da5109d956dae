#include "base/user_folder.hpp"
#include <cstdlib>

namespace stint {
namespace {

std::string_view variable_of(const char* name) {
  const char* const value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe)
  return value == nullptr ? std::string_view{} : std::string_view{value};
}

}  // namespace

std::string user_folder(std::string_view variable, std::string_view home,
                        std::string_view below_home) {
  if (variable.starts_with('/')) return std::string{variable};
  if (!home.starts_with('/')) return {};
  return std::string{home} + "/" + std::string{below_home};
}

std::string state_folder() {
  return user_folder(variable_of("XDG_STATE_HOME"), variable_of("HOME"), ".local/state");
}

}  // namespace stint
