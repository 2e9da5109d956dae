/// A connection that is made when it is needed, and made anew when it was lost.
#pragma once
#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>
#include "backends/redis/link.hpp"
#include "base/lua_file.hpp"

namespace stint::redis {

/// What a server says of itself when it is greeted.
struct Greeting {
  /// How long it had been up; nothing where the user may not ask.
  std::optional<std::chrono::seconds> uptime = {};
  bool evicts = false;           ///< it may drop keys when its memory is full
  bool has_append_file = false;  ///< it keeps its state over restarts
  std::string version = {};      ///< "7.0.15"
};

/// Give user and password, choose the database, and see that the server can be used. Throws Error.
Greeting greet(Link& link, const Server& server, std::chrono::nanoseconds deadline);

/// Run scripts. Each call takes no longer than the server's timeout. Throws Error. Not thread-safe.
class Session final {
 public:
  explicit Session(Server server);

  /// One call of a script.
  struct Call {
    const LuaFile* script;
    std::vector<std::string_view> keys;
    std::vector<std::string_view> arguments = {};
    Effect effect = Effect::kPossible;
  };

  /// Whether the server is known to have been up for so long. Connects if need be.
  bool has_been_up_for(std::chrono::nanoseconds duration);
  /// The answer is no error.
  Reply run(const Call& call);
  /// Return how many replicas have everything that was written; wait for `wanted` at most for half
  /// of the server's timeout.
  int wait_for_replicas(int wanted);

  const Server& server() const { return server_; }

 private:
  std::chrono::nanoseconds next_deadline() const;
  /// A link that works as far as one can see without asking.
  Link& link(std::chrono::nanoseconds deadline);
  Reply exchange(std::span<const std::string_view> words, std::chrono::nanoseconds deadline,
                 Effect effect);
  void note(const Greeting& greeting);

  const Server server_;
  std::unique_ptr<Link> link_;
  std::optional<std::chrono::nanoseconds> up_since_;  // of this link's server, on our boot clock
  bool is_noted_ = false;
};

}  // namespace stint::redis
