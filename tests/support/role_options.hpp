/// The options of a lock or of liveness stamps in a database, for tests.
#pragma once
#include <chrono>
#include <string>
#include "stint/lock_backend.hpp"
#include "stint/settings.hpp"

namespace stint::test {

/// As the settings would give them to the backend of this table, "one_instance.postgresql".
inline BackendOptions role_options(const std::string& table, const std::string& url,
                                   const std::string& key = "stint/a.b",
                                   std::chrono::milliseconds timeout = std::chrono::seconds{1}) {
  return {.settings = load_settings(LoadOptions{.toml = "[" + table + "]\nurl = \"" + url + "\"\n",
                                                .use_environment = false}),
          .table = table,
          .key = key,
          .timeout = timeout};
}

inline LockRequest role_request(std::chrono::milliseconds ttl = std::chrono::seconds{30},
                                std::chrono::milliseconds lock_delay = std::chrono::seconds{12}) {
  return {.owner = this_process_as_owner("t.run"), .ttl = ttl, .lock_delay = lock_delay};
}

inline LockHold role_hold(const LockRequest& request, const LockAttempt& attempt) {
  return {.owner_id = request.owner.id, .token = attempt.token, .ttl = request.ttl};
}

}  // namespace stint::test
