// Tasks that a runner runs, with a journal of what they do, and backends of the program's own: one
// keeps the stamps in files of the working folder, one writes metrics into a file there, one grants
// a lock whose lease ends when a file says so.
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <stint/stint.hpp>

using namespace std::chrono_literals;
using stint::arg;

namespace {

namespace fs = std::filesystem;

void note(const std::string& line) {
  const int file = ::open("journal", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  const std::string text = line + "\n";
  static_cast<void>(::write(file, text.data(), text.size()) < 0);
  ::close(file);
}

void tell(stint::Job& job, const std::string& what) {
  note(fmt::format("{} {} {}", what, job.fencing_token(), ::getpid()));
}

// Begins, takes `pause`, ends: two of these must never overlap.
void work(stint::Job& job, std::chrono::milliseconds pause) {
  tell(job, "begin");
  job.sleep_for(pause);
  tell(job, "end");
}

void fail(stint::Job& job) {
  tell(job, "begin");
  throw std::runtime_error{"no luck"};
}

// Hears no signal and looks at no stop, and has a process that has left its session.
void be_deaf(stint::Job& job) {
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) std::signal(signal, SIG_IGN);
  if (std::system("setsid sh -c 'echo daemon 0 $$ >> journal; exec sleep 1000' &") != 0) return;
  tell(job, "begin");
  for (;;) ::pause();
}

void leave_a_daemon(stint::Job& job) {
  if (std::system("setsid sh -c 'echo daemon 0 $$ >> journal; exec sleep 1000' &") != 0) return;
  while (!fs::exists("journal")) job.sleep_for(1ms);
  tell(job, "end");
}

void report(stint::Job& job) {
  job.liveness().write();
  job.metrics().push("rows", 3, {{"table", "orders"}});
  job.extend_lock();
  try {
    job.metrics().push("rows", 3, {{"status", "mine"}});
  } catch (const stint::Error& error) {
    std::cout << error.what() << '\n';
  }
}

// A stamp's age is that of its file.
class Stamps final : public stint::LivenessBackend {
 public:
  explicit Stamps(const stint::BackendOptions& options) : task_(options.task) {}
  void write(stint::LivenessKind kind, const stint::LivenessStamp& stamp) override {
    if (fs::exists("liveness.broken")) {
      throw stint::Error{stint::ErrorCode::kUnavailable, "the stamps' disk is gone"};
    }
    std::ofstream{path(kind) + ".new"} << stint::json(stamp).dump();
    fs::rename(path(kind) + ".new", path(kind));
  }
  stint::LivenessRecord read() override {
    return {.success = read(stint::LivenessKind::kSuccess),
            .sign_of_life = read(stint::LivenessKind::kSignOfLife)};
  }

 private:
  std::string path(stint::LivenessKind kind) const {
    return task_ + (kind == stint::LivenessKind::kSuccess ? ".success" : ".sign");
  }
  std::optional<stint::LivenessStamp> read(stint::LivenessKind kind) const {
    std::ifstream file{path(kind)};
    if (!file) return std::nullopt;
    auto stamp = stint::json::parse(file).get<stint::LivenessStamp>();
    struct stat status{};
    ::stat(path(kind).c_str(), &status);
    stamp.age = std::max(std::chrono::nanoseconds{0},
                         std::chrono::nanoseconds{std::chrono::seconds{std::time(nullptr)} -
                                                  std::chrono::seconds{status.st_mtim.tv_sec}});
    return stamp;
  }

  const std::string task_;
};

class Lines final : public stint::MetricsSink {
 public:
  void push(std::span<const stint::Metric> metrics) override {
    std::ofstream file{"metrics", std::ios::app};
    for (const stint::Metric& metric : metrics) {
      file << metric.name;
      for (const auto& [tag, value] : metric.tags) file << ' ' << tag << '=' << value;
      file << ' ' << metric.value << '\n';
    }
  }
};

// Is always free, and renewed until the file `cut` exists; then its server does not answer.
class CutLock final : public stint::LockBackend {
 public:
  stint::LockTraits traits() const override { return {.name = "cut", .is_observed = false}; }
  stint::LockAttempt acquire(const stint::LockRequest& request) override {
    answer();
    owner_ = request.owner;
    return {.is_acquired = true, .token = ++token_};
  }
  bool renew(const stint::LockHold&) override {
    answer();
    return true;
  }
  bool release(const stint::LockHold&) override {
    answer();
    owner_.reset();
    return true;
  }
  stint::LockRecord read() override {
    answer();
    return {.owner = owner_, .token = token_};
  }
  void force_release(std::string_view) override {}
  void wait(std::chrono::nanoseconds timeout) override {
    // The watcher's look at its own stop comes between two of these.
    const auto most = std::min<std::chrono::nanoseconds>(timeout, 50ms);
    ::poll(nullptr, 0,
           static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(most).count()));
  }
  void interrupt() noexcept override {}

 private:
  static void answer() {
    if (!fs::exists("cut")) return;
    throw stint::Error{
        stint::ErrorCode::kUnavailable, "the lock's server is cut off", {.retryable = true}};
  }
  std::optional<stint::LockOwner> owner_;
  std::int64_t token_ = 0;
};

}  // namespace

STINT_MODULE(r, m) {
  m.task("work", work, {arg("pause") = 0ms});
  m.task("fail", fail);
  m.task("deaf", be_deaf);
  m.task("daemon", leave_a_daemon);
  m.task("report", report);
  m.setting<std::chrono::milliseconds>("one_instance.cut.ttl").help("its lease");
  m.backend("notes",
            [](const stint::BackendOptions& options) { return std::make_unique<Stamps>(options); });
  m.backend("notes", [](const stint::BackendOptions&) { return std::make_unique<Lines>(); });
  m.backend("cut", [](const stint::BackendOptions&) { return std::make_unique<CutLock>(); });
}

int main(int argc, char** argv) { return stint::main(argc, argv, {r}); }
