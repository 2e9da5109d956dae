// Asks for a lock again and again, and while it holds it has effects on a shared file, whatever
// happens: lock_contender SETTINGS FOLDER TTL_MS LOCK_DELAY_MS LONGEST_HOLD_MS SEED. The resource,
// the journal and the log are files of the folder. A longest hold of 0: until it is lost. SIGTERM:
// release and end.
#include <pthread.h>
#include <sys/prctl.h>
#include <unistd.h>
#include <atomic>
#include <chrono>
#include <csignal>
#include <fstream>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <stop_token>
#include <string>
#include <thread>
#include "app/role_backends.hpp"
#include "base/boot_timer.hpp"
#include "base/clock.hpp"
#include "base/log.hpp"
#include "core/lease_times.hpp"
#include "stint/error.hpp"
#include "stint/log.hpp"
#include "stint/one_instance_lock.hpp"
#include "stint/settings.hpp"
#include "support/fenced_file.hpp"
#include "support/lock_journal.hpp"

namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using stint::test::LockEvent;

constexpr milliseconds kBetweenEffects{3};

struct Words {
  std::string settings;
  std::string folder;
  milliseconds ttl;
  milliseconds lock_delay;
  milliseconds longest_hold;
  std::uint64_t seed;
};

class Contender final {
 public:
  explicit Contender(const Words& words)
      : words_(words),
        journal_(words.folder + "/journal"),
        resource_(words.folder + "/resource"),
        random_(words.seed) {
    const stint::Settings settings = stint::load_settings(
        {.file = words.settings, .environment = std::map<std::string, std::string>{}});
    stint::DescribedLock described = stint::open_lock(settings, {}, "contended.lock");
    stint::LockOptions& options = described.options;
    options.ttl = words.ttl;
    options.lock_delay = words.lock_delay;
    const auto skew = stint::lease_times(options.ttl, options.lock_delay, options.timeout).skew;
    options.on_kill_at = [this, skew](nanoseconds kill_at) {
      until_ = kill_at + skew;
      journal_.write({.kind = LockEvent::Kind::kRenewed, .value = until_.load().count()});
    };
    lock_ = std::make_unique<stint::OneInstanceLock>(std::move(described.backend), options);
  }

  void run(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      journal_.write({.kind = LockEvent::Kind::kAsks});
      const stint::LockResult result = lock_->acquire(std::chrono::hours{1}, stop);
      if (!result) continue;
      journal_.write({.kind = LockEvent::Kind::kHolds, .token = result.token});
      if (until_.load() > nanoseconds{0}) {
        // That of the first request was written before anybody knew of the holding.
        journal_.write({.kind = LockEvent::Kind::kRenewed, .value = until_.load().count()});
      }
      work(result.token, stop);
      journal_.write({.kind = LockEvent::Kind::kReleases, .token = result.token});
      try {
        lock_->release();
      } catch (const stint::Error& error) {
        stint::log_info("contender", "{}", error.what());
      }
    }
  }

 private:
  // It never asks whether it may go on: whoever runs it has to see to that.
  void work(std::int64_t token, const std::stop_token& stop) {
    const bool is_endless = words_.longest_hold == milliseconds{0};
    const auto hold = std::uniform_int_distribution<milliseconds::rep>{
        words_.longest_hold.count() / 4, words_.longest_hold.count()}(random_);
    const nanoseconds end = stint::test::true_boot_now() + milliseconds{hold};
    while (!stop.stop_requested() && (is_endless || stint::test::true_boot_now() < end)) {
      const auto [is_accepted, at] = resource_.affect(token);
      journal_.write({.kind = is_accepted ? LockEvent::Kind::kAccepted : LockEvent::Kind::kRefused,
                      .token = token,
                      .at = at});
      pause_.wait_until(stint::real_clock().boot_now() + kBetweenEffects);
    }
  }

  const Words words_;
  stint::test::LockJournalWriter journal_;
  stint::test::FencedFile resource_;
  std::mt19937_64 random_;
  std::atomic<nanoseconds> until_{nanoseconds{0}};
  stint::BootTimer pause_;
  std::unique_ptr<stint::OneInstanceLock> lock_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 7) return 2;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  sigset_t terminate;
  ::sigemptyset(&terminate);
  ::sigaddset(&terminate, SIGTERM);
  ::pthread_sigmask(SIG_BLOCK, &terminate, nullptr);  // before there are threads
  const Words words{.settings = argv[1],
                    .folder = argv[2],
                    .ttl = milliseconds{std::stoi(argv[3])},
                    .lock_delay = milliseconds{std::stoi(argv[4])},
                    .longest_hold = milliseconds{std::stoi(argv[5])},
                    .seed = std::stoull(argv[6])};
  std::ofstream log{words.folder + "/log", std::ios::app};
  std::mutex mutex;
  stint::set_log_sink([&](const stint::LogLine& line) {
    const std::lock_guard guard{mutex};
    log << stint::test::true_boot_now().count() << ' ' << ::getpid() << ' ' << line.text << '\n'
        << std::flush;
  });
  std::stop_source stop;
  std::thread{[&] {
    int signal = 0;
    ::sigwait(&terminate, &signal);
    stop.request_stop();
  }}.detach();
  try {
    Contender{words}.run(stop.get_token());
  } catch (const std::exception& error) {
    log << ::getpid() << " failed: " << error.what() << '\n' << std::flush;
    return 1;
  }
  ::_exit(0);  // the thread that waits for a signal may still be there
}
