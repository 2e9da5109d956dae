/// What a worker tells over HTTP: `/metrics`, `/healthz`, `/readyz`.
#pragma once
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include "app/service_watch.hpp"
#include "app/status_cache.hpp"
#include "core/store.hpp"
#include "http/http_server.hpp"
#include "runtime/job_worker.hpp"

namespace stint {

/// Serve from construction to destruction, on threads of its own: the worker never waits for it.
class WorkerHttp final {
 public:
  /// `worker` must outlive this. `/healthz` fails once a loop of it is later than `longest_turn`.
  /// Throws ConfigurationError naming the address if it cannot be used.
  WorkerHttp(std::string_view address, JobWorker& worker, std::shared_ptr<Store> store,
             std::chrono::nanoseconds longest_turn = kLongestTurn);

  /// Where it listens, with the port that was chosen.
  const std::string& address() const { return server_.address(); }

 private:
  std::optional<HttpResponse> answer(const HttpRequest& request);
  std::optional<HttpResponse> metrics(std::chrono::nanoseconds waited);
  HttpResponse health() const;
  HttpResponse readiness();

  JobWorker& worker_;
  const std::chrono::nanoseconds longest_turn_;
  const std::shared_ptr<Store> store_;
  StatusCache status_;
  HttpServer server_;  // the last member: it calls the others
};

}  // namespace stint
