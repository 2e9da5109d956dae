/// Messages between two processes over a SEQPACKET socket pair.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>
#include "base/mutex.hpp"
#include "base/unique_fd.hpp"

namespace stint {

/// What a look for a message found.
enum class Received : std::uint8_t {
  kMessage,
  kNothing,  ///< no whole message yet
  kClosed,   ///< the peer has closed its end or is dead
  kGarbage,  ///< the peer sent what is no message: it must not be listened to any more
};

/// A message and the descriptors that came with it.
struct ChannelMessage {
  std::string text;
  std::vector<UniqueFd> descriptors = {};
};

/// Own one end. Messages are whole, of any size up to a limit, and stay in order. Any thread may
/// send; one thread at a time receives. Nothing here throws but the constructor.
class Channel final {
 public:
  /// Larger messages are garbage.
  static constexpr std::size_t kMostBytes = std::size_t{256} << 20;
  static constexpr std::size_t kMostDescriptors = 64;

  /// Take over one end of a socket pair.
  explicit Channel(UniqueFd socket);
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;

  /// Make a pair of sockets, both closed on exec. Throws Error kUnavailable when there are no
  /// descriptors left.
  static std::pair<UniqueFd, UniqueFd> make_pair();

  /// Send a message; the descriptors are duplicated into the peer. Waits while the peer does not
  /// read. False: the peer is gone (no signal is raised), or the message is beyond the limits above
  /// (then nothing was sent).
  bool send(std::string_view message, const std::vector<int>& descriptors = {});

  /// Take the next whole message if there is one, without waiting. Descriptors received are closed
  /// on exec. After kGarbage it stays with kGarbage.
  Received receive(ChannelMessage& to);
  /// The same, waiting for it. Never kNothing.
  Received wait(ChannelMessage& to);

  /// Send no more: the peer finds kClosed after what was sent before, and may still send.
  void stop_sending();

  /// For poll(): readable when `receive` may find something.
  int descriptor() const { return socket_.get(); }

 private:
  Received receive_packet(ChannelMessage& to, std::size_t size, std::vector<UniqueFd> descriptors);

  const UniqueFd socket_;
  Mutex sending_;  // a message's packets stay together
  // Of the receiving thread alone.
  ChannelMessage partial_;
  std::size_t missing_ = 0;         // bytes of `partial_` that have not come yet; 0: none begun
  bool is_garbage_ = false;         // for good
  std::unique_ptr<char[]> packet_;  // what is received into
};

}  // namespace stint
