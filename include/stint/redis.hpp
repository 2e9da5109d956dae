/// What only locks in Redis or Valkey have: scripts by which effects there are fenced.
#pragma once
#include <string>
#include <string_view>

namespace stint::redis {

/// The key under which a lock is kept: of "stint/billing.close" it is
/// "stint:lock:{stint/billing.close}". Whoever is told of a release or a takeover listens on the
/// channel of this name with ":wake" behind it.
std::string lock_key(std::string_view name);

/// Lua that fails (`FENCED ...`) unless a token is the newest that the lock has given out. KEYS[1]:
/// `lock_key(name)`; ARGV[1]: the token. A script by itself: what is done after it may come too
/// late.
std::string_view fence_assert_script();

/// Lua that does what `fence_assert_script` does and then `body`, in one script: no other runs
/// meanwhile, so what `body` does is done by the newest holder or not at all. For the server that
/// has the lock. `body` finds its own keys and arguments from KEYS[2] and ARGV[2] on.
std::string fenced_script(std::string_view body);

/// Lua that sets a value unless somebody with a larger token has: on any server, also one that
/// knows nothing of the lock. KEYS[1]: the value's; KEYS[2]: where the largest token is kept; ARGV:
/// the token, the value, and for how many ms it is kept (may be left out). Fails with `FENCED ...`.
std::string_view fence_set_script();

}  // namespace stint::redis
