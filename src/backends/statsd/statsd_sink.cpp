#include "backends/statsd/statsd_sink.hpp"
#include <netdb.h>
#include <sys/socket.h>
#include <cerrno>
#include <string>
#include <utility>
#include <fmt/format.h>
#include "backends/statsd/statsd_packets.hpp"
#include "base/errno_text.hpp"
#include "base/unique_fd.hpp"
#include "stint/error.hpp"

namespace stint::statsd {
namespace {

// What passes an Ethernet in one piece, with headers of IP and UDP.
constexpr std::size_t kLargestPacket = 1432;

struct FreeAddresses {
  void operator()(addrinfo* list) const { ::freeaddrinfo(list); }
};

class StatsdSink final : public MetricsSink {
 public:
  explicit StatsdSink(const BackendOptions& options)
      : host_(options.get<std::string>("host")),
        port_(std::to_string(options.get<int>("port"))),
        prefix_(options.find<std::string>("prefix").value_or("")),
        style_(options.get<std::string>("tags") == "dogstatsd" ? TagStyle::kDogstatsd
                                                               : TagStyle::kNone) {}

  void push(std::span<const Metric> metrics) override {
    if (!socket_) connect();
    for (const std::string& packet : packets_of(metrics, prefix_, style_, kLargestPacket)) {
      if (::send(socket_.get(), packet.data(), packet.size(), MSG_NOSIGNAL | MSG_DONTWAIT) < 0) {
        const int error = errno;
        socket_.reset();  // the name may belong to another address by then
        fail(errno_text(error));
      }
    }
  }

 private:
  void connect() {
    addrinfo hints{};
    hints.ai_socktype = SOCK_DGRAM;
    hints.ai_flags = AI_NUMERICSERV;
    addrinfo* found = nullptr;
    if (const int code = ::getaddrinfo(host_.c_str(), port_.c_str(), &hints, &found); code != 0) {
      fail(::gai_strerror(code));
    }
    const std::unique_ptr<addrinfo, FreeAddresses> list{found};
    UniqueFd socket{::socket(list->ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
    if (!socket || ::connect(socket.get(), list->ai_addr, list->ai_addrlen) != 0) {
      fail(errno_text(errno));
    }
    socket_ = std::move(socket);
  }

  // Nothing is sent twice: a counter that arrived would count twice.
  [[noreturn]] void fail(const std::string& cause) const {
    throw Error{ErrorCode::kUnavailable,
                fmt::format("StatsD at {}:{} does not take metrics: {}", host_, port_, cause),
                Error::Details{.backend = "statsd"}};
  }

  const std::string host_;
  const std::string port_;
  const std::string prefix_;
  const TagStyle style_;
  UniqueFd socket_;
};

}  // namespace

std::unique_ptr<MetricsSink> make_sink(const BackendOptions& options) {
  return std::make_unique<StatsdSink>(options);
}

}  // namespace stint::statsd
