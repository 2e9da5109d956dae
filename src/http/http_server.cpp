#include "http/http_server.hpp"
#include <microhttpd.h>
#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <algorithm>
#include <array>
#include <atomic>
#include <csignal>
#include <exception>
#include <map>
#include <thread>
#include <utility>
#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/unique_fd.hpp"
#include "http/listen.hpp"
#include "stint/error.hpp"

namespace stint {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

// An answer that is not there yet is asked for again so much later.
constexpr milliseconds kAskAgain{10};
constexpr milliseconds kLongestSleep{1000};
// Of the library's memory for a connection: the answer's headers need some, too.
constexpr std::size_t kForAnswer = 1024;

struct StopDaemon {
  void operator()(MHD_Daemon* daemon) const { ::MHD_stop_daemon(daemon); }
};
struct DestroyResponse {
  void operator()(MHD_Response* response) const { ::MHD_destroy_response(response); }
};

/// Every signal is for other threads.
class NoSignals final {
 public:
  NoSignals() {
    sigset_t all;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~NoSignals() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  NoSignals(const NoSignals&) = delete;
  NoSignals& operator=(const NoSignals&) = delete;

 private:
  sigset_t before_{};
};

/// The library's own complaints are about what clients send.
[[gnu::format(printf, 2, 0)]] void note(void* /*self*/, const char* format, va_list arguments) {
  std::array<char, 512> text{};
  const int size = std::vsnprintf(text.data(), text.size(), format, arguments);
  if (size <= 0) return;
  std::string_view line{text.data()};
  while (line.ends_with('\n')) line.remove_suffix(1);
  log_debug("http", "{}", line);
}

MHD_Result send(MHD_Connection* connection, HttpResponse answer) {
  const std::unique_ptr<MHD_Response, DestroyResponse> response{::MHD_create_response_from_buffer(
      answer.body.size(), answer.body.data(), MHD_RESPMEM_MUST_COPY)};
  if (!response) return MHD_NO;
  ::MHD_add_response_header(response.get(), MHD_HTTP_HEADER_CONTENT_TYPE,
                            answer.content_type.c_str());
  ::MHD_add_response_header(response.get(), MHD_HTTP_HEADER_CONNECTION, "close");
  if (answer.status == MHD_HTTP_METHOD_NOT_ALLOWED) {
    ::MHD_add_response_header(response.get(), MHD_HTTP_HEADER_ALLOW, MHD_HTTP_METHOD_GET);
  }
  return ::MHD_queue_response(connection, static_cast<unsigned>(answer.status), response.get());
}

}  // namespace

/// Everything but the constructor and destructor runs on the one thread that drives the library.
class HttpServer::Impl final {
 public:
  Impl(std::string_view address, HttpHandler handler, HttpLimits limits);
  ~Impl();
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  const std::string& address() const { return address_; }

 private:
  struct Visit {
    int socket = -1;
    nanoseconds began{0};
    nanoseconds asked_at{0};  // 0: the request is not read yet
    bool waits = false;
  };

  static MHD_Result on_request(void* self, MHD_Connection* connection, const char* path,
                               const char* method, const char* version, const char* upload,
                               std::size_t* upload_size, void** state);
  static void on_connection(void* self, MHD_Connection* connection, void** state,
                            MHD_ConnectionNotificationCode code);

  MHD_Result answer(MHD_Connection* connection, const char* path, std::string_view method,
                    bool is_first);
  void serve();
  void resume_waiting();
  void close_overdue();
  milliseconds pause();

  const HttpHandler handler_;
  const HttpLimits limits_;
  const Clock& clock_ = real_clock();
  std::string address_;
  UniqueFd stop_;  // an eventfd
  std::atomic<bool> is_stopping_{false};
  std::map<MHD_Connection*, Visit> visits_;
  bool has_room_ = false;  // since a moment: the library hears of new clients in its next run
  std::unique_ptr<MHD_Daemon, StopDaemon> daemon_;
  std::thread thread_;
};

HttpServer::Impl::Impl(std::string_view address, HttpHandler handler, HttpLimits limits)
    : handler_(std::move(handler)), limits_(limits) {
  Listener listener = listen_at(address);
  address_ = std::move(listener.address);
  stop_.reset(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  const auto idle = std::chrono::ceil<std::chrono::seconds>(limits_.idle).count();
  const int socket = listener.socket.get();
  // One thread of ours drives it: the library's own would leave no place to bound a connection's
  // whole time.
  daemon_.reset(::MHD_start_daemon(
      static_cast<unsigned>(MHD_USE_EPOLL) | static_cast<unsigned>(MHD_ALLOW_SUSPEND_RESUME) |
          static_cast<unsigned>(MHD_USE_ERROR_LOG),
      0, nullptr, nullptr, &Impl::on_request, this,  //
      MHD_OPTION_EXTERNAL_LOGGER, &note, nullptr,    // first: it holds for the others
      MHD_OPTION_LISTEN_SOCKET, socket,              //
      MHD_OPTION_NOTIFY_CONNECTION, &Impl::on_connection, this, MHD_OPTION_CONNECTION_LIMIT,
      limits_.connections,  //
      MHD_OPTION_CONNECTION_TIMEOUT, static_cast<unsigned>(idle),
      MHD_OPTION_CONNECTION_MEMORY_LIMIT, limits_.request_bytes + kForAnswer,
      MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_END));
  if (!stop_ || !daemon_) throw Error{ErrorCode::kUnavailable, "the HTTP server cannot be started"};
  std::ignore = listener.socket.release();  // it is the library's now, and closed with it
  const NoSignals no_signals;
  thread_ = std::thread{[this] { serve(); }};
}

HttpServer::Impl::~Impl() {
  is_stopping_ = true;
  ::eventfd_write(stop_.get(), 1);
  thread_.join();
}

void HttpServer::Impl::serve() {
  ::pthread_setname_np(::pthread_self(), "stint-http");
  const MHD_DaemonInfo* info = ::MHD_get_daemon_info(daemon_.get(), MHD_DAEMON_INFO_EPOLL_FD);
  std::array<pollfd, 2> watched{pollfd{info->epoll_fd, POLLIN, 0}, pollfd{stop_.get(), POLLIN, 0}};
  while (!is_stopping_) {
    ::poll(watched.data(), watched.size(), static_cast<int>(pause().count()));
    resume_waiting();
    close_overdue();
    ::MHD_run(daemon_.get());
  }
  resume_waiting();  // the library does not end while a connection is suspended
  ::MHD_run(daemon_.get());
  daemon_.reset();
}

milliseconds HttpServer::Impl::pause() {
  if (std::exchange(has_room_, false)) return milliseconds{0};
  milliseconds pause = kLongestSleep;
  MHD_UNSIGNED_LONG_LONG library = 0;
  if (::MHD_get_timeout(daemon_.get(), &library) == MHD_YES) {
    pause = std::min(pause, milliseconds{static_cast<std::int64_t>(library)});
  }
  const nanoseconds now = clock_.boot_now();
  for (const auto& [connection, visit] : visits_) {
    if (visit.waits) pause = std::min(pause, kAskAgain);
    const auto left = std::chrono::ceil<milliseconds>(visit.began + limits_.connection - now);
    pause = std::clamp(left, milliseconds{0}, pause);
  }
  return pause;
}

void HttpServer::Impl::resume_waiting() {
  for (auto& [connection, visit] : visits_) {
    if (std::exchange(visit.waits, false)) ::MHD_resume_connection(connection);
  }
}

/// The library bounds how long a client may be silent; one that sends a byte now and then it would
/// hear for hours.
void HttpServer::Impl::close_overdue() {
  const nanoseconds now = clock_.boot_now();
  for (const auto& [connection, visit] : visits_) {
    if (now - visit.began >= limits_.connection) ::shutdown(visit.socket, SHUT_RDWR);
  }
}

void HttpServer::Impl::on_connection(void* self, MHD_Connection* connection, void** /*state*/,
                                     MHD_ConnectionNotificationCode code) {
  auto& server = *static_cast<Impl*>(self);
  if (code == MHD_CONNECTION_NOTIFY_CLOSED) {
    server.visits_.erase(connection);
    server.has_room_ = true;
    return;
  }
  const MHD_ConnectionInfo* info =
      ::MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
  server.visits_[connection] = {.socket = info->connect_fd, .began = server.clock_.boot_now()};
}

MHD_Result HttpServer::Impl::on_request(void* self, MHD_Connection* connection, const char* path,
                                        const char* method, const char* /*version*/,
                                        const char* /*upload*/, std::size_t* /*upload_size*/,
                                        void** state) {
  auto& server = *static_cast<Impl*>(self);
  const bool is_first = std::exchange(*state, self) == nullptr;
  try {
    return server.answer(connection, path, method, is_first);
  } catch (const std::exception& error) {
    log_error("http", "{} {}: {}", method, path, error.what());
    return send(connection, {.status = MHD_HTTP_INTERNAL_SERVER_ERROR, .body = "error\n"});
  } catch (...) {
    return send(connection, {.status = MHD_HTTP_INTERNAL_SERVER_ERROR, .body = "error\n"});
  }
}

MHD_Result HttpServer::Impl::answer(MHD_Connection* connection, const char* path,
                                    std::string_view method, bool is_first) {
  if (method != MHD_HTTP_METHOD_GET) {
    return send(connection, {.status = MHD_HTTP_METHOD_NOT_ALLOWED, .body = "only GET\n"});
  }
  // The first call has only the headers; an answer now would cut the connection off.
  if (is_first) return MHD_YES;
  Visit& visit = visits_.at(connection);
  const nanoseconds now = clock_.boot_now();
  if (visit.asked_at.count() == 0) visit.asked_at = now;
  std::optional<HttpResponse> response = handler_({.path = path, .waited = now - visit.asked_at});
  if (response) return send(connection, *std::move(response));
  if (is_stopping_) return MHD_NO;
  ::MHD_suspend_connection(connection);
  visit.waits = true;
  return MHD_YES;
}

HttpServer::HttpServer(std::string_view address, HttpHandler handler, HttpLimits limits)
    : impl_(std::make_unique<Impl>(address, std::move(handler), limits)) {}

HttpServer::~HttpServer() = default;

const std::string& HttpServer::address() const { return impl_->address(); }

}  // namespace stint
