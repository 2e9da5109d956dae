#include "backends/prometheus/textfile_sink.hpp"
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <utility>
#include <fmt/format.h>
#include "backends/prometheus/textfile.hpp"
#include "base/cleanup.hpp"
#include "base/errno_text.hpp"
#include "base/unique_fd.hpp"
#include "stint/error.hpp"

namespace stint::prometheus {
namespace {

constexpr mode_t kMode = 0644;  // node_exporter is another user

constexpr std::string_view kTask = "{task}";

std::string path_of(const BackendOptions& options) {
  std::string path = options.find<std::string>("file").value_or("");
  if (!path.empty()) return path;
  throw ConfigurationError{
      {fmt::format("[{}] names no file: set file, such as /var/lib/node_exporter/{{task}}.prom",
                   options.table)}};
}

// The task that a metric is about; what is about none is about the worker.
std::string task_of(const Metric& metric) {
  const auto tag =
      std::ranges::find(metric.tags, "task", &std::pair<std::string, std::string>::first);
  std::string task = tag == metric.tags.end() ? "worker" : tag->second;
  std::ranges::replace(task, '/', '_');
  return task;
}

bool write_all(int file, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(file, text.data(), text.size());
    if (written < 0) return false;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

class TextfileSink final : public MetricsSink {
 public:
  explicit TextfileSink(std::string path) : path_(std::move(path)) {}

  void push(std::span<const Metric> metrics) override {
    std::map<std::string, Textfile> next;
    for (const Metric& metric : metrics) {
      const std::string path = file_of(metric);
      auto found = next.find(path);
      if (found == next.end()) found = next.emplace(path, known(path)).first;
      found->second.add(metric);
    }
    bool is_some_written = false;
    for (auto& [path, file] : next) {
      replace(path, file.text(), is_some_written);
      known_[path] = std::move(file);  // only now: what is tried again must not count twice
      is_some_written = true;
    }
  }

 private:
  std::string file_of(const Metric& metric) const {
    std::string path = path_;
    const std::string task = task_of(metric);
    for (std::size_t at = path.find(kTask); at != std::string::npos;
         at = path.find(kTask, at + task.size())) {
      path.replace(at, kTask.size(), task);
    }
    return path;
  }

  Textfile known(const std::string& path) const {
    if (const auto found = known_.find(path); found != known_.end()) return found->second;
    std::ifstream file{path, std::ios::binary};
    const std::string text{std::istreambuf_iterator<char>{file}, {}};
    return Textfile::parse(text);
  }

  static void replace(const std::string& path, const std::string& text, bool is_some_written) {
    if (const int error = try_replace(path, text); error != 0) {
      throw Error{
          ErrorCode::kUnavailable,
          fmt::format("the file of metrics \"{}\" cannot be written: {}", path, errno_text(error)),
          Error::Details{.retryable = !is_some_written, .backend = "prometheus"}};
    }
  }

  // Return the number of the error, or 0.
  static int try_replace(const std::string& path, const std::string& text) {
    // Without the ending .prom, which the collector reads, and not that of another process.
    const std::string temporary = fmt::format("{}.{}", path, ::getpid());
    const Cleanup remove{[&] { ::unlink(temporary.c_str()); }};
    UniqueFd file{::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, kMode)};
    if (!file) return errno;
    ::fchmod(file.get(), kMode);  // whatever the mask of the process is
    if (!write_all(file.get(), text)) return errno;
    file.reset();
    return std::rename(temporary.c_str(), path.c_str()) == 0 ? 0 : errno;
  }

  const std::string path_;
  std::map<std::string, Textfile> known_;
};

}  // namespace

std::unique_ptr<MetricsSink> make_sink(const BackendOptions& options) {
  return std::make_unique<TextfileSink>(path_of(options));
}

}  // namespace stint::prometheus
