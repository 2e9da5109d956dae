/// Split JSON with Bytes in it into text and attachments, and join them again.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>
#include "stint/json.hpp"

namespace stint {

/// How much a job may carry; from the settings `limits.max_json` and `limits.max_bytes`.
struct PayloadLimits {
  std::int64_t json_bytes = std::int64_t{1} << 20;         ///< of the text, 1 MiB
  std::int64_t attachment_bytes = std::int64_t{64} << 20;  ///< of all Bytes together, 64 MiB
};

/// JSON as a store takes it.
struct Payload {
  std::string text;
  std::vector<std::string> attachments = {};
};

/// Take the binary values out of `value`, leaving {"$stint.bytes": index, "size": n}, and write it
/// as text. Throws Error kInvalid naming `what` and the limit: too large, invalid UTF-8, NUL, NaN
/// or infinity, an integer beyond 64 bits, a key "$stint.bytes" of the user's own.
Payload pack_payload(const json& value, const PayloadLimits& limits, std::string_view what);

/// The reverse of `pack_payload`; `text` comes from a store and is trusted to be JSON.
json unpack_payload(std::string_view text, std::vector<std::string> attachments);

}  // namespace stint
