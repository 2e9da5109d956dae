#include "process/channel.hpp"
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fmt/format.h>
#include "base/test_point.hpp"
#include "stint/error.hpp"

namespace stint {
namespace {

// A packet must fit into the send buffer of any system; larger ones gain nothing.
constexpr std::size_t kMostPacketBytes = std::size_t{60} << 10;

constexpr std::uint32_t kFirst = 0x31746e73;  // "snt1": begins a message
constexpr std::uint32_t kNext = 0x32746e73;   // "snt2": goes on with it

/// What each packet begins with. Both ends are the same program on the same machine.
struct PacketHead {
  std::uint32_t kind = kFirst;
  std::uint32_t descriptors = 0;  // that come with this packet
  std::uint64_t missing = 0;      // bytes of the message from this packet's text on
};

struct ControlBuffer {
  alignas(cmsghdr) std::array<char, CMSG_SPACE(Channel::kMostDescriptors * sizeof(int))> bytes{};
};

void wait_for(int socket, short events) {
  pollfd entry{.fd = socket, .events = events, .revents = 0};
  while (::poll(&entry, 1, -1) < 0 && errno == EINTR) {
  }
}

/// Send one packet; false: it cannot be sent any more.
bool send_packet(int socket, const PacketHead& head, std::string_view text,
                 const std::vector<int>& descriptors) {
  PacketHead copy = head;
  std::array<iovec, 2> parts{iovec{.iov_base = &copy, .iov_len = sizeof copy},
                             iovec{.iov_base = const_cast<char*>(text.data()),  // only read
                                   .iov_len = text.size()}};
  ControlBuffer control;
  msghdr message{};
  message.msg_iov = parts.data();
  message.msg_iovlen = parts.size();
  if (!descriptors.empty()) {
    const std::size_t bytes = descriptors.size() * sizeof(int);
    message.msg_control = control.bytes.data();
    message.msg_controllen = CMSG_SPACE(bytes);
    cmsghdr* const entry = CMSG_FIRSTHDR(&message);
    entry->cmsg_level = SOL_SOCKET;
    entry->cmsg_type = SCM_RIGHTS;
    entry->cmsg_len = CMSG_LEN(bytes);
    std::memcpy(CMSG_DATA(entry), descriptors.data(), bytes);
  }
  while (::sendmsg(socket, &message, MSG_NOSIGNAL) < 0) {
    if (errno == EAGAIN) {  // somebody has made our end non-blocking
      wait_for(socket, POLLOUT);
    } else if (errno != EINTR) {
      return false;
    }
  }
  return true;
}

/// Take over the descriptors that came with a packet.
std::vector<UniqueFd> take_descriptors(msghdr& message) {
  std::vector<UniqueFd> taken;
  for (cmsghdr* entry = CMSG_FIRSTHDR(&message); entry != nullptr;
       entry = CMSG_NXTHDR(&message, entry)) {
    if (entry->cmsg_level != SOL_SOCKET || entry->cmsg_type != SCM_RIGHTS) continue;
    const std::size_t count = (entry->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t at = 0; at < count; ++at) {
      int descriptor = -1;
      std::memcpy(&descriptor, CMSG_DATA(entry) + at * sizeof(int), sizeof descriptor);
      taken.emplace_back(descriptor);
    }
  }
  return taken;
}

/// Tell an empty packet, which no Channel sends, from the end: recvmsg gives 0 for both.
bool is_hung_up(int socket) {
  pollfd entry{.fd = socket, .events = POLLRDHUP, .revents = 0};
  return ::poll(&entry, 1, 0) > 0 && (entry.revents & (POLLRDHUP | POLLHUP)) != 0;
}

}  // namespace

Channel::Channel(UniqueFd socket)
    : socket_(std::move(socket)),
      packet_(std::make_unique_for_overwrite<char[]>(sizeof(PacketHead) + kMostPacketBytes)) {}

std::pair<UniqueFd, UniqueFd> Channel::make_pair() {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    throw Error{ErrorCode::kUnavailable,
                fmt::format("cannot make a socket pair: {}", std::strerror(errno)),
                {.retryable = true}};
  }
  return {UniqueFd{ends[0]}, UniqueFd{ends[1]}};
}

bool Channel::send(std::string_view message, const std::vector<int>& descriptors) {
  if (message.size() > kMostBytes || descriptors.size() > kMostDescriptors) return false;
  STINT_TEST_POINT("channel.before_send");
  const MutexLock lock{sending_};
  PacketHead head{.descriptors = static_cast<std::uint32_t>(descriptors.size())};
  std::size_t at = 0;
  do {
    head.missing = message.size() - at;
    const std::string_view text = message.substr(at, kMostPacketBytes);
    if (!send_packet(socket_.get(), head, text, at == 0 ? descriptors : std::vector<int>{})) {
      // Half a message would make garbage of the next one.
      if (at != 0) ::shutdown(socket_.get(), SHUT_RDWR);
      return false;
    }
    at += text.size();
    head = {.kind = kNext};
    STINT_TEST_POINT("channel.after_packet");
  } while (at < message.size());
  return true;
}

void Channel::stop_sending() { ::shutdown(socket_.get(), SHUT_WR); }

Received Channel::receive(ChannelMessage& to) {
  while (!is_garbage_) {
    iovec part{.iov_base = packet_.get(), .iov_len = sizeof(PacketHead) + kMostPacketBytes};
    ControlBuffer control;
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.bytes.data();
    message.msg_controllen = control.bytes.size();
    const ssize_t size = ::recvmsg(socket_.get(), &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (size < 0) {
      // ECONNRESET comes once, before what the peer had sent, if it left something unread.
      if (errno == EINTR || errno == ECONNRESET) continue;
      return errno == EAGAIN ? Received::kNothing : Received::kClosed;
    }
    std::vector<UniqueFd> descriptors = take_descriptors(message);
    if (size == 0 && descriptors.empty() && is_hung_up(socket_.get())) return Received::kClosed;
    if ((message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0) {
      is_garbage_ = true;
      break;
    }
    const Received found =
        receive_packet(to, static_cast<std::size_t>(size), std::move(descriptors));
    if (found == Received::kMessage) STINT_TEST_POINT("channel.after_receive");
    if (found != Received::kNothing) return found;
  }
  partial_ = {};
  return Received::kGarbage;
}

Received Channel::receive_packet(ChannelMessage& to, std::size_t size,
                                 std::vector<UniqueFd> descriptors) {
  PacketHead head;
  is_garbage_ = true;  // until it has proved to be none
  if (size < sizeof head) return Received::kNothing;
  std::memcpy(&head, packet_.get(), sizeof head);
  const std::string_view text{packet_.get() + sizeof head, size - sizeof head};
  const bool is_first = missing_ == 0;
  if (head.kind != (is_first ? kFirst : kNext) || head.descriptors != descriptors.size() ||
      head.missing > kMostBytes || (!is_first && head.missing != missing_) ||
      text.size() != std::min<std::size_t>(head.missing, kMostPacketBytes)) {
    return Received::kNothing;
  }
  is_garbage_ = false;
  partial_.text += text;
  if (is_first) partial_.descriptors = std::move(descriptors);
  missing_ = head.missing - text.size();
  if (missing_ != 0) return Received::kNothing;
  to = std::exchange(partial_, {});
  return Received::kMessage;
}

Received Channel::wait(ChannelMessage& to) {
  for (;;) {
    const Received found = receive(to);
    if (found != Received::kNothing) return found;
    wait_for(socket_.get(), POLLIN);
  }
}

}  // namespace stint
