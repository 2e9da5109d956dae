// `stint::testing::Workers`: worker processes, their keeper and their store, for one test.
#include <fcntl.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>
#include <fmt/format.h>
#include "app/client_impl.hpp"
#include "app/environment.hpp"
#include "app/test_worker.hpp"
#include "app/unfinished_jobs.hpp"
#include "base/clock.hpp"
#include "base/mutex.hpp"
#include "base/unique_fd.hpp"
#include "core/store.hpp"
#include "process/keeper.hpp"
#include "runtime/slot_program.hpp"
#include "stint/error.hpp"
#include "stint/settings.hpp"
#include "stint/testing.hpp"

extern char** environ;  // NOLINT: POSIX's own

namespace stint::testing {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;

constexpr nanoseconds kLongestStart = std::chrono::seconds{30};
constexpr nanoseconds kLongestKill = std::chrono::seconds{10};
constexpr milliseconds kPause{2};

/// Look at `condition` until it holds; false once `limit` has passed.
template <typename Condition>
bool wait_until(Condition&& condition, nanoseconds limit) {
  const nanoseconds end = real_clock().boot_now() + limit;
  Mutex mutex;
  CondVar nobody_signals;
  while (!condition()) {
    if (real_clock().boot_now() >= end) return false;
    MutexLock lock{mutex};
    nobody_signals.wait_for(lock, kPause);
  }
  return true;
}

class Folder final {
 public:
  Folder() {
    std::string name = (fs::temp_directory_path() / "stint-test-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) {
      throw Error{ErrorCode::kUnavailable,
                  fmt::format("cannot make a folder {}: {}", name, std::strerror(errno))};
    }
    path_ = name;
  }
  ~Folder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

/// This process's environment without any setting, and what the test says.
std::vector<std::string> environment_of(const std::string& store, const std::string& settings) {
  std::vector<std::string> variables;
  for (char** one = ::environ; *one != nullptr; ++one) {
    if (!std::string_view{*one}.starts_with("STINT_")) variables.emplace_back(*one);
  }
  variables.push_back("STINT_STORE=" + store);
  variables.push_back("STINT_SETTINGS=" + settings);
  return variables;
}

Settings load(const WorkersOptions& options, std::initializer_list<ModuleDefinition> modules) {
  return load_settings({.toml = options.settings, .use_environment = false}, modules);
}

}  // namespace

class Workers::Impl final {
 public:
  Impl(std::initializer_list<ModuleDefinition> modules, const WorkersOptions& options)
      : options_(options),
        store_url_(options.store.empty() ? "sqlite:" + (folder_.path() / "jobs.db").string()
                                         : options.store),
        environment_(std::make_shared<Environment>(
            load(options, modules),
            std::span<const ModuleDefinition>{modules.begin(), modules.size()}, store_url_)),
        workers_(static_cast<std::size_t>(std::max(0, options.count))) {
    if (options.count < 1 || options.slots < 1) {
      throw Error{ErrorCode::kUsage, "a test needs one worker and one slot at least"};
    }
    if (options.program.empty() && !is_able_to_be_slot()) {
      throw Error{ErrorCode::kUsage,
                  "workers for a test are this program again: its main must begin with "
                  "stint::serve_slot(argc, argv, {modules...})"};
    }
    std::ofstream{settings_file()} << options.settings;
    // Before the workers, which would otherwise all make it at once.
    static_cast<void>(environment_->store());
    for (One& one : workers_) start(one);
    for (const One& one : workers_) wait_ready(one);
  }

  Client client() { return Client{std::make_shared<detail::ClientImpl>(environment_)}; }
  const std::string& store_url() const { return store_url_; }

  bool wait_idle(nanoseconds timeout) {
    bool is_idle = false;
    const bool is_over = wait_until(
        [&] {
          is_idle = !has_work();
          return is_idle ||
                 std::ranges::none_of(workers_, [](const One& one) { return runs(one); });
        },
        timeout);
    return is_over && is_idle;
  }

  void kill(int worker) { kill(at(worker)); }

  void restart(int worker) {
    One& one = at(worker);
    kill(one);
    start(one);
    wait_ready(one);
  }

  bool stop(nanoseconds timeout) {
    for (const One& one : workers_) {
      if (one.process) one.process->signal_group(SIGTERM);
    }
    const auto have_ended = [this] {
      return std::ranges::none_of(workers_, [](const One& one) { return runs(one); });
    };
    if (!wait_until(have_ended, timeout)) return false;
    return std::ranges::all_of(workers_, [](const One& one) {
      if (!one.process) return true;
      const ExitStatus status = one.process->status().value_or(ExitStatus{});
      return one.is_killed || (status.signal == 0 && status.code == 0);
    });
  }

  bool is_running(int worker) { return runs(at(worker)); }

  std::string report() {
    std::string text;
    try {
      text += describe_unfinished(environment_->store());
    } catch (const Error& error) {
      text += fmt::format("the store cannot be read: {}\n", error.what());
    }
    for (std::size_t i = 0; i < workers_.size(); ++i) {
      text += fmt::format("worker {} {}; it wrote:\n{}", i,
                          runs(workers_[i]) ? "runs" : "has ended", written(workers_[i]));
    }
    return text;
  }

 private:
  struct One {
    std::unique_ptr<ChildProcess> process = {};
    bool is_killed = false;
    fs::path output = {};
  };

  static bool runs(const One& one) { return one.process && !one.process->status(); }

  std::string settings_file() const { return (folder_.path() / "stint.toml").string(); }

  One& at(int worker) {
    if (worker < 0 || static_cast<std::size_t>(worker) >= workers_.size()) {
      throw Error{ErrorCode::kUsage, fmt::format("there is no worker {}: they are 0 to {}", worker,
                                                 workers_.size() - 1)};
    }
    return workers_[static_cast<std::size_t>(worker)];
  }

  void start(One& one) {
    one.output = folder_.path() / fmt::format("worker-{}.log", &one - workers_.data());
    const UniqueFd output{
        ::open(one.output.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)};
    SpawnOptions program;
    program.arguments = {options_.program};
    if (options_.program.empty()) {
      program.executable = "/proc/self/exe";
      program.arguments = {"stint-worker", std::string{kTestWorkerOption}};
    }
    const std::string_view isolation =
        options_.isolation == Isolation::kProcess ? "process" : "thread";
    for (std::string word :
         {std::string{"worker"}, std::string{"run"}, std::string{"--slots"},
          std::to_string(options_.slots), std::string{"--isolation"}, std::string{isolation}}) {
      program.arguments.push_back(std::move(word));
    }
    program.environment = environment_of(store_url_, settings_file());
    if (output) {
      program.descriptors = {{STDOUT_FILENO, output.get()}, {STDERR_FILENO, output.get()}};
    }
    one.is_killed = false;
    one.process = keeper_.spawn(program);
  }

  void wait_ready(const One& one) {
    const auto is_ready = [&] {
      const std::vector<WorkerRecord> alive = environment_->store().list_workers(true);
      return std::ranges::any_of(
          alive, [&](const WorkerRecord& worker) { return worker.info.pid == one.process->pid(); });
    };
    if (wait_until([&] { return !runs(one) || is_ready(); }, kLongestStart) && runs(one)) return;
    throw Error{ErrorCode::kUnavailable,
                fmt::format("a worker {}; it wrote:\n{}",
                            runs(one) ? "does not get ready" : "has ended", written(one))};
  }

  static void kill(One& one) {
    if (!runs(one)) return;
    one.is_killed = true;
    one.process->kill();
    one.process->wait(kLongestKill);
  }

  bool has_work() {
    const StoreStatus status = environment_->store().status();
    return std::ranges::any_of(status.counts, [](const StoreStatus::Count& count) {
      return count.jobs > 0 &&
             (count.state == JobState::kQueued || count.state == JobState::kRunning ||
              count.state == JobState::kAborting);
    });
  }

  static std::string written(const One& one) {
    std::ifstream file{one.output};
    return std::string{std::istreambuf_iterator<char>{file}, {}};
  }

  const WorkersOptions options_;
  const Folder folder_;
  const std::string store_url_;
  const std::shared_ptr<Environment> environment_;
  Keeper keeper_;  // ends the workers before the folder goes
  std::vector<One> workers_;
};

Workers::Workers(std::initializer_list<ModuleDefinition> modules, const WorkersOptions& options)
    : impl_(std::make_unique<Impl>(modules, options)) {}
Workers::~Workers() = default;

Client Workers::client() { return impl_->client(); }
const std::string& Workers::store_url() const { return impl_->store_url(); }
bool Workers::wait_idle(milliseconds timeout) { return impl_->wait_idle(timeout); }
void Workers::kill(int worker) { impl_->kill(worker); }
void Workers::restart(int worker) { impl_->restart(worker); }
bool Workers::stop(milliseconds timeout) { return impl_->stop(timeout); }
bool Workers::is_running(int worker) const { return impl_->is_running(worker); }
std::string Workers::report() { return impl_->report(); }

}  // namespace stint::testing
