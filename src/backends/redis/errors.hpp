/// Turn what servers and the net report into the library's errors.
#pragma once
#include <string>
#include <string_view>
#include "backends/redis/server.hpp"
#include "stint/error.hpp"

namespace stint::redis {

/// Whether what was sent may have taken effect when no answer came.
enum class Effect : std::uint8_t { kNone, kPossible };

/// Make the error of a server that cannot be reached, or was lost.
Error unreachable_error(const Server& server, std::string_view cause, Effect effect);

/// Make the error of an answer `-NOAUTH ...`. `statement`: the script's or command's name; `key`:
/// on which it worked.
Error refusal_error(const Server& server, std::string_view answer, std::string_view statement,
                    std::string_view key);

}  // namespace stint::redis
