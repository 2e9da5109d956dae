#include "backends/consul/sessions.hpp"
#include <utility>
#include "base/log.hpp"
#include "stint/error.hpp"

namespace stint::consul {
namespace {

constexpr const char* kSessionLogger = "lock.consul";

}  // namespace

std::string Sessions::make(const std::string& name, std::chrono::milliseconds ttl,
                           std::chrono::milliseconds lock_delay) {
  try {
    return client_.create_session(name, ttl, lock_delay);
  } catch (const Error& error) {
    if (!error.outcome_unknown()) throw;
    unknown_names_.push_back(name);
    throw Error{error.code(), error.what(),
                Error::Details{.retryable = error.retryable(),
                               .backend = error.backend(),
                               .native_code = error.native_code()}};
  }
}

void Sessions::destroy(std::string id) noexcept {
  litter_.push_back(std::move(id));
  tidy();
}

void Sessions::tidy() noexcept {
  try {
    while (!unknown_names_.empty()) {
      for (std::string& id : client_.sessions_named(unknown_names_.back())) {
        litter_.push_back(std::move(id));
      }
      unknown_names_.pop_back();
    }
    while (!litter_.empty()) {
      client_.destroy_session(litter_.back());
      litter_.pop_back();
    }
  } catch (const std::exception& error) {
    log_debug(kSessionLogger, "a session was not destroyed yet: {}", error.what());
  }
}

}  // namespace stint::consul
