#include "app/worker_http.hpp"
#include <utility>
#include "app/prometheus_text.hpp"
#include "app/worker_metrics_text.hpp"
#include "base/clock.hpp"
#include "base/version.hpp"

namespace stint {
namespace {

// A scrape waits so long for the store, then goes on with what was read before.
constexpr std::chrono::seconds kPatience{2};

}  // namespace

WorkerHttp::WorkerHttp(std::string_view address, JobWorker& worker, std::shared_ptr<Store> store,
                       std::chrono::nanoseconds longest_turn)
    : worker_(worker),
      longest_turn_(longest_turn),
      store_(std::move(store)),
      status_([this] { return store_->status(); }, real_clock()),
      server_(address, [this](const HttpRequest& request) { return answer(request); }) {}

std::optional<HttpResponse> WorkerHttp::answer(const HttpRequest& request) {
  if (request.path == "/metrics") return metrics(request.waited);
  if (request.path == "/healthz") return health();
  if (request.path == "/readyz") return readiness();
  return HttpResponse{.status = 404, .body = "there are /metrics, /healthz and /readyz\n"};
}

std::optional<HttpResponse> WorkerHttp::metrics(std::chrono::nanoseconds waited) {
  std::shared_ptr<const StatusCache::Entry> entry = status_.fresh();
  if (!entry && waited < kPatience) return std::nullopt;
  if (!entry) entry = status_.latest();
  StoreView store;
  if (entry && entry->status) {
    store = {.status = &*entry->status, .age = real_clock().boot_now() - entry->read_at};
  }
  const WorkerView worker{.metrics = worker_.metrics(),
                          .id = worker_.id(),
                          .version = version(),
                          .slots = worker_.slots(),
                          .running = worker_.running(),
                          .is_ready = worker_.unready_reason().empty()};
  return HttpResponse{.body = worker_metrics_text(worker, store),
                      .content_type = std::string{kPrometheusContentType}};
}

HttpResponse WorkerHttp::health() const {
  const std::string hang = worker_.hang(longest_turn_);
  if (hang.empty()) return {.body = "ok\n"};
  return {.status = 503, .body = hang + "\n"};
}

HttpResponse WorkerHttp::readiness() {
  const std::string reason = worker_.unready_reason();
  if (reason.empty()) return {.body = "ready\n"};
  return {.status = 503, .body = reason + "\n"};
}

}  // namespace stint
