// A program whose tasks hang in known places until the file `go` is in the working folder, for the
// tests of looks at stacks.
#include <poll.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/sem.h>
#include <sys/socket.h>
#include <unistd.h>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>
#include <stint/stint.hpp>

using namespace std::chrono_literals;

namespace {

bool may_go() { return std::filesystem::exists("go"); }
void say_begun() { std::ofstream{"begun"} << "begun\n"; }

// --- Places to be found in ----------------------------------------------------------------------

[[gnu::noinline]] void spin_until_told() {
  // The file is looked for now and then only: nearly all of the time is spent right here.
  for (unsigned turns = 1; turns % 200'000'000 != 0 || !may_go(); ++turns) asm volatile("");
}

void spin_deaf() {
  sigset_t all;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_BLOCK, &all, nullptr);
  say_begun();
  spin_until_told();
}

[[gnu::noinline]] void wait_for_the_mutex(std::mutex& mutex) { const std::lock_guard lock{mutex}; }

void deadlock_in_a_second_thread() {
  std::mutex mutex;
  mutex.lock();
  std::thread second{[&] {
    ::pthread_setname_np(::pthread_self(), "second");
    wait_for_the_mutex(mutex);
  }};
  say_begun();
  while (!may_go()) std::this_thread::sleep_for(10ms);
  mutex.unlock();
  second.join();
}

[[gnu::noinline]] void sleep_until_told() {
  while (!may_go()) std::this_thread::sleep_for(10ms);
}

// --- System calls that must not fail ------------------------------------------------------------

constexpr int kMilliseconds = 300;
constexpr timespec kTime{.tv_sec = 0, .tv_nsec = kMilliseconds * 1'000'000L};

int by_nanosleep() { return ::nanosleep(&kTime, nullptr); }
int by_poll() { return ::poll(nullptr, 0, kMilliseconds); }
int by_select() {
  timeval time{.tv_sec = 0, .tv_usec = suseconds_t{kMilliseconds} * 1000};
  return ::select(0, nullptr, nullptr, nullptr, &time);
}
int by_epoll() {
  static const int epoll = ::epoll_create1(EPOLL_CLOEXEC);
  std::array<epoll_event, 1> events{};
  return ::epoll_wait(epoll, events.data(), 1, kMilliseconds);
}
int by_semaphore() {
  static const int semaphore = ::semget(IPC_PRIVATE, 1, 0600);
  sembuf take{.sem_num = 0, .sem_op = -1, .sem_flg = 0};
  return ::semtimedop(semaphore, &take, 1, &kTime);
}
int by_signal_wait() {
  sigset_t one;
  ::sigemptyset(&one);
  ::sigaddset(&one, SIGUSR2);
  return ::sigtimedwait(&one, nullptr, &kTime);
}
int by_receive() {
  static const int socket = [] {
    const int made = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    const timeval time{.tv_sec = 0, .tv_usec = suseconds_t{kMilliseconds} * 1000};
    const sockaddr unnamed{.sa_family = AF_UNIX, .sa_data = {}};
    if (::bind(made, &unnamed, sizeof(sa_family_t)) != 0) throw std::runtime_error{"no address"};
    ::setsockopt(made, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time);
    return made;
  }();
  char byte = 0;
  return static_cast<int>(::recv(socket, &byte, 1, 0));
}

const std::map<std::string, int (*)()> kCalls{
    {"nanosleep", by_nanosleep},  {"poll", by_poll},
    {"select", by_select},        {"epoll_wait", by_epoll},
    {"semtimedop", by_semaphore}, {"sigtimedwait", by_signal_wait},
    {"recv", by_receive}};

// Wait in every one of them at once, again and again; return those that were interrupted.
std::vector<std::string> wait_everywhere() {
  sigset_t one;
  ::sigemptyset(&one);
  ::sigaddset(&one, SIGUSR2);
  ::pthread_sigmask(SIG_BLOCK, &one, nullptr);
  std::mutex mutex;
  std::vector<std::string> interrupted;
  std::vector<std::jthread> threads;
  threads.reserve(kCalls.size());
  for (const auto& one_call : kCalls) {
    threads.emplace_back([&] {
      while (!may_go()) {
        if (one_call.second() >= 0 || errno != EINTR) continue;
        const std::lock_guard lock{mutex};
        interrupted.push_back(one_call.first);
      }
    });
  }
  say_begun();
  threads.clear();
  return interrupted;
}

}  // namespace

STINT_MODULE(s, m) {
  m.task("spin", spin_deaf);
  m.task("deadlock", deadlock_in_a_second_thread);
  m.task("sleep", [] {
    say_begun();
    sleep_until_told();
    return "slept well";
  });
  m.task("wait", wait_everywhere);
}

int main(int argc, char** argv) { return stint::main(argc, argv, {s}); }
