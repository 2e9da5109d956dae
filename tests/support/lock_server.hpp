/// Where contenders get a lock, and what can befall it: one interface over all backends.
#pragma once
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace stint::test {

/// A place of a lock that goes with this object. What a kind of place cannot suffer throws
/// std::logic_error.
class LockServer {
 public:
  struct Options {
    bool is_lasting = true;  ///< it keeps what it knows over a restart
    bool has_fake_clock = false;
  };

  virtual ~LockServer() = default;

  /// The port of 127.0.0.1 where it answers; 0: there is nothing to speak to but files.
  virtual std::uint16_t port() const { return 0; }
  /// TOML: how a client reaches it, at that port.
  virtual std::string settings(std::uint16_t port) const = 0;
  std::string settings() const { return settings(port()); }

  /// End it as a crash does, and start it again with what it has kept.
  virtual void kill();
  virtual void start();
  virtual void pause();
  virtual void resume();
  virtual void set_clock(std::chrono::seconds ahead);
  virtual void run_faster(std::int64_t millionths);
};

/// Make one for "flock", "sqlite", "postgresql", "redis", "valkey" or "consul". Nothing if what it
/// needs is not there: why, and the way out, is in `missing`; the test fails where it is required.
std::unique_ptr<LockServer> make_lock_server(std::string_view name,
                                             const LockServer::Options& options,
                                             std::string& missing);

}  // namespace stint::test
