/// What Consul answers, read with suspicion. Pure.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>
#include "http/http_client.hpp"
#include "stint/lock_backend.hpp"

namespace stint::consul {

/// A key and its value.
struct Entry {
  std::string value = {};
  std::string session = {};  ///< who holds it as a lock; empty: nobody
  std::uint64_t flags = 0;
  std::int64_t modify_index = 0;  ///< grows with every write of the whole server
};

/// What was seen of a key.
struct Look {
  std::optional<Entry> entry = {};  ///< nothing: there is no such key
  std::int64_t index = 0;           ///< a blocking query that begins here misses nothing
};

/// What became of a transaction that locks a key.
struct LockAnswer {
  enum class What : std::uint8_t {
    kLocked,
    kHeld,       ///< by another session
    kDelayed,    ///< the last holder was lost: nobody gets it for a while
    kChanged,    ///< somebody has written the key since it was looked at
    kNoSession,  ///< the session has ended
    kRefused,    ///< by the ACL
  };
  What what = What::kHeld;
  std::int64_t token = 0;  ///< if locked
  std::string text = {};   ///< else what Consul says
};

// Each throws Error kUnavailable, retryable, for an answer that makes no sense: it was cut, or
// somebody else than Consul gave it. That of `read_lock_answer` has an unknown outcome.

/// The answer to GET of a key, of status 200 or 404.
Look read_look(const HttpClient::Response& response, std::string_view key);
/// The id of a session that was made.
std::string read_session_id(const HttpClient::Response& response);
/// The ids of all sessions of this name.
std::vector<std::string> read_sessions_named(const HttpClient::Response& response,
                                             std::string_view name);
/// The names of the nodes that offer a service.
std::vector<std::string> read_nodes(const HttpClient::Response& response);
/// "true" or "false".
bool read_flag(const HttpClient::Response& response);
/// The answer to a transaction, of status 200 or 409.
LockAnswer read_lock_answer(const HttpClient::Response& response, std::string_view key,
                            std::string_view session);

/// Tell whether a text of Consul's has these words somewhere.
inline bool has_part(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

/// Tell who holds a key: from the value, whoever wrote it. Without an id there, that is the
/// session's.
LockOwner owner_of(const Entry& entry);
/// Whether a key that nobody holds may be taken: its value is nothing or one JSON object, as locks
/// have, and it has no flags.
bool may_be_locked(const Entry& entry);

}  // namespace stint::consul
