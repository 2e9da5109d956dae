#include "stint/hooks.hpp"

namespace stint {

std::string FailedAttempt::message() const {
  if (!error.is_object()) return {};
  const auto found = error.find("message");
  return found == error.end() || !found->is_string() ? std::string{} : found->get<std::string>();
}

}  // namespace stint
